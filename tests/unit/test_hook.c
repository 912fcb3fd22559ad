/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/hook.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct error err;
static char said[512];
static int calls;

static void done(void *arg, const char *failure)
{
	ck_assert_ptr_eq(arg, said);
	snprintf(said, sizeof(said), "%s", failure != NULL ? failure : "fine");
	calls++;
	ev_break(EV_DEFAULT_UC_ EVBREAK_ALL);
}

/* What becomes of a shell's script. */
static const char *run(const char *script)
{
	const char *argv[] = {"/bin/sh", "-c", script, "sh", "one word", NULL};

	said[0] = '\0';
	ck_assert_msg(hook_start(EV_DEFAULT, argv, done, said, &err) != NULL, "%s", err.message);
	ev_run(EV_DEFAULT_UC_ 0);
	return said;
}

START_TEST(test_ends)
{
	ck_assert_str_eq(run("test \"$1\" = 'one word'"), "fine");
	ck_assert_str_eq(run("exit 3"), "ended with status 3");
	ck_assert_str_eq(
	    run("echo first; echo; echo the last >&2; exit 1"), "ended with status 1: the last");
	ck_assert_str_eq(run("kill -TERM $$"), "was ended by signal 15");
	/* Nothing to read, no descriptor of ours, ordinary signals. */
	ck_assert_str_eq(
	    run("read x; test $? != 0 && test \"$(ls /proc/self/fd | wc -l)\" -le 4"), "fine");
}
END_TEST

/* However much it writes, it is not held up, and the message stays short and printable. */
START_TEST(test_much_output)
{
	const char *text =
	    run("head -c 300000 /dev/zero | tr '\\0' x; printf '\\n\\033[31mred%0400d' 7; exit 1");

	ck_assert_uint_lt(strlen(text), 300);
	ck_assert_ptr_nonnull(strstr(text, "ended with status 1: "));
	ck_assert_ptr_null(strchr(text, '\033'));
	/* Nor does any of its writes fail: what it writes to is an ordinary pipe. */
	ck_assert_str_eq(run("head -c 3000000 /dev/zero"), "fine");
}
END_TEST

/* What it leaves behind holds its output open: its own end counts. */
START_TEST(test_left_behind)
{
	ck_assert_str_eq(run("sleep 20 & exit 0"), "fine");
	ck_assert_str_eq(
	    run("(trap '' TERM; sleep 20) & echo over; exit 4"), "ended with status 4: over");
}
END_TEST

START_TEST(test_cannot_start)
{
	const char *argv[] = {"/nonexistent/hook", NULL};

	ck_assert_ptr_null(hook_start(EV_DEFAULT, argv, done, said, &err));
	ck_assert_ptr_nonnull(strstr(err.message, "cannot run '/nonexistent/hook'"));
}
END_TEST

static void stop_waiting(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)w;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* The whole group goes: what it has started, too. Nobody is told. */
START_TEST(test_cancel)
{
	char file[] = "/tmp/test_hook.XXXXXX", script[128];
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	int fd = mkstemp(file), child = 0, i;
	struct hook *h;
	ev_timer timer;
	FILE *f;

	snprintf(script, sizeof(script), "sleep 60 & echo $! >%s; wait", file);
	calls = 0;
	h = hook_start(EV_DEFAULT, argv, done, said, &err);
	for (i = 0; i < 200 && child == 0; i++) {
		usleep(20000);
		f = fopen(file, "r");
		if (fscanf(f, "%d", &child) != 1)
			child = 0;
		fclose(f);
	}
	ck_assert_int_gt(child, 0);
	hook_cancel(h);
	ev_timer_init(&timer, stop_waiting, 0.3, 0.);
	ev_timer_start(EV_DEFAULT_UC_ & timer);
	ev_run(EV_DEFAULT_UC_ 0);
	ck_assert_int_eq(calls, 0);
	for (i = 0; i < 200 && kill(child, 0) == 0; i++)
		usleep(20000);
	ck_assert_int_lt(i, 200);
	close(fd);
	unlink(file);
}
END_TEST

START_TEST(test_stop)
{
	const char *argv[] = {"/bin/sleep", "60", NULL};

	calls = 0;
	ck_assert_ptr_nonnull(hook_start(EV_DEFAULT, argv, done, said, &err));
	ck_assert_ptr_nonnull(hook_start(EV_DEFAULT, argv, done, said, &err));
	hooks_stop();
	ck_assert_int_eq(calls, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hook");
	TCase *tc = tcase_create("hook");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, test_ends);
	tcase_add_test(tc, test_much_output);
	tcase_add_test(tc, test_left_behind);
	tcase_add_test(tc, test_cannot_start);
	tcase_add_test(tc, test_cancel);
	tcase_add_test(tc, test_stop);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
