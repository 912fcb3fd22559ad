/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/state/state.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char base[64], folder[96];
static struct error err;

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void setup(void)
{
	strcpy(base, "/tmp/test_state.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	snprintf(folder, sizeof(folder), "%s/deep/er", base);
	memset(&err, 0, sizeof(err));
}

static void teardown(void)
{
	nftw(base, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static struct state *must_open(void)
{
	struct state *state = state_open(folder, &err);

	ck_assert_msg(state != NULL, "%s", err.message);
	return state;
}

static void must_write(struct state *state, const char *name, const char *text)
{
	ck_assert_msg(state_write(state, name, span_str(text), &err) == 0, "%s", err.message);
}

static void must_hold(struct state *state, const char *name, const char *text)
{
	struct buf b = {0};

	ck_assert_msg(state_read(state, name, 1000, &b, &err) == 0, "%s", err.message);
	ck_assert_str_eq(buf_str(&b), text);
	buf_fini(&b);
}

START_TEST(test_write_read)
{
	struct state *state = must_open();
	char path[160];
	struct stat st;

	must_write(state, "pki/local/root.pem", "one");
	must_hold(state, "pki/local/root.pem", "one");
	must_write(state, "pki/local/root.pem", "two and longer");
	must_hold(state, "pki/local/root.pem", "two and longer");
	must_write(state, "pki/local/root.pem", "");
	must_hold(state, "pki/local/root.pem", "");

	snprintf(path, sizeof(path), "%s/pki/local/root.pem", folder);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/pki/local", folder);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	state_close(state);

	state = must_open();
	must_hold(state, "pki/local/root.pem", "");
	state_close(state);
}
END_TEST

START_TEST(test_limits)
{
	struct state *state = must_open();
	struct buf b = {0};

	must_write(state, "a", "12345");
	ck_assert_int_eq(state_read(state, "a", 5, &b, &err), 0);
	ck_assert_int_eq(state_read(state, "a", 4, &b, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_int_eq(state_read(state, "b", 4, &b, &err), -1);
	ck_assert_int_eq(err.code, ERROR_NOT_FOUND);
	ck_assert_int_eq(state_read(state, "no/such", 4, &b, &err), -1);
	ck_assert_int_eq(err.code, ERROR_NOT_FOUND);
	buf_fini(&b);
	state_close(state);
}
END_TEST

START_TEST(test_names)
{
	static const char *const bad[] = {
	    "", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", ".hidden", "a/.b", NULL};
	struct state *state = must_open();
	char long_name[400], out[64];
	size_t i;

	for (i = 0; bad[i] != NULL; i++) {
		ck_assert_int_eq(state_write(state, bad[i], span_str("x"), &err), -1);
		ck_assert_int_eq(err.code, ERROR_INVALID);
	}
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	ck_assert_int_eq(state_write(state, long_name, span_str("x"), &err), -1);

	ck_assert(state_part("*.Example.com", out, sizeof(out)));
	ck_assert_str_eq(out, "%2a.Example.com");
	ck_assert(state_part("::1", out, sizeof(out)));
	ck_assert_str_eq(out, "%3a%3a1");
	ck_assert(state_part("../x", out, sizeof(out)));
	ck_assert_str_eq(out, "%2e.%2fx");
	ck_assert(!state_part("", out, sizeof(out)));
	ck_assert(!state_part(long_name, out, sizeof(out)));
	state_close(state);
}
END_TEST

START_TEST(test_symlink_is_not_followed)
{
	struct state *state = must_open();
	char link[160], target[160];
	struct stat st;

	snprintf(link, sizeof(link), "%s/out", folder);
	snprintf(target, sizeof(target), "%s/elsewhere", base);
	ck_assert_int_eq(mkdir(target, 0700), 0);
	ck_assert_int_eq(symlink(target, link), 0);
	ck_assert_int_eq(state_write(state, "out/file", span_str("x"), &err), -1);
	snprintf(target, sizeof(target), "%s/elsewhere/file", base);
	ck_assert_int_eq(stat(target, &st), -1);
	state_close(state);
}
END_TEST

START_TEST(test_lock)
{
	struct state *state = must_open(), *second;
	char pid[32];
	int status;
	pid_t child;

	second = state_open(folder, &err);
	ck_assert_ptr_null(second);
	ck_assert_int_eq(err.code, ERROR_IN_USE);
	ck_assert_ptr_nonnull(strstr(err.message, folder));
	snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	ck_assert_ptr_nonnull(strstr(err.message, pid));

	child = fork();
	if (child == 0)
		_exit(state_open(folder, &err) == NULL && err.code == ERROR_IN_USE ? 0 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	state_close(state);
	state_close(must_open());
}
END_TEST

START_TEST(test_folder_of_others)
{
	state_close(must_open());
	ck_assert_int_eq(chmod(folder, 0777), 0);
	ck_assert_ptr_null(state_open(folder, &err));
	ck_assert_int_eq(err.code, ERROR_DENIED);
	ck_assert_ptr_nonnull(strstr(err.message, "777"));
}
END_TEST

/* A writer killed at any moment leaves the old contents or the new, and no rubbish in the way. */
START_TEST(test_killed_writer)
{
	char text[2000];
	struct state *state;
	struct buf b = {0};
	size_t i, n;
	pid_t child;
	int round;

	for (round = 0; round < 20; round++) {
		child = fork();
		if (child == 0) {
			state = state_open(folder, &err);
			if (state == NULL)
				_exit(1);
			for (i = 0;; i++) {
				memset(text, 'a' + (int)(i % 26), sizeof(text));
				state_write(state, "file", span_of(text, sizeof(text)), &err);
			}
		}
		usleep(3000 + round * 500);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		state = must_open();
		buf_clear(&b);
		if (state_read(state, "file", sizeof(text), &b, &err) == 0) {
			ck_assert_uint_eq(buf_len(&b), sizeof(text));
			for (n = 1; n < buf_len(&b); n++)
				ck_assert_uint_eq(b.data[b.start + n], b.data[b.start]);
		} else {
			ck_assert_int_eq(err.code, ERROR_NOT_FOUND);
		}
		must_write(state, "other", "x");
		state_close(state);
	}
	buf_fini(&b);
}
END_TEST

static int count_files(void *arg, const char *file, struct error *e)
{
	int *count = arg;

	(void)e;
	ck_assert(strcmp(file, "one") == 0 || strcmp(file, "two") == 0);
	++*count;
	return 0;
}

START_TEST(test_list_remove)
{
	struct state *state = must_open();
	int count = 0;

	must_write(state, "set/one", "1");
	must_write(state, "set/two", "2");
	must_write(state, "set/inner/three", "3");
	ck_assert_int_eq(state_list(state, "set", count_files, &count, &err), 0);
	ck_assert_int_eq(count, 2);
	ck_assert_int_eq(state_list(state, "none", count_files, &count, &err), 0);
	ck_assert_int_eq(state_remove(state, "set/one", &err), 0);
	ck_assert_int_eq(state_remove(state, "set/one", &err), 0);
	ck_assert_int_eq(state_remove(state, "gone/one", &err), 0);
	ck_assert_int_eq(state_list(state, "set", count_files, &count, &err), 0);
	ck_assert_int_eq(count, 3);
	state_close(state);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("state");
	TCase *tc = tcase_create("state");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_write_read);
	tcase_add_test(tc, test_limits);
	tcase_add_test(tc, test_names);
	tcase_add_test(tc, test_symlink_is_not_followed);
	tcase_add_test(tc, test_lock);
	tcase_add_test(tc, test_folder_of_others);
	tcase_add_test(tc, test_killed_writer);
	tcase_add_test(tc, test_list_remove);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
