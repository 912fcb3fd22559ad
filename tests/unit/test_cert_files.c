/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates in files that change while they are served, and those that are replaced by hand. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/core/file_watch.h"
#include "daemon/tls/cert_files.h"
#include "daemon/tls/replace.h"
#include "tests/unit/tls_support.h"

static char folder[64];
static struct ev_loop *loop;
static struct cert_files *files;
static struct error err;

/* A certificate and its key as text. */
struct made {
	struct buf chain, key;
};

static void setup(void)
{
	log_init(LOG_TEXT, LOG_ERROR, STDERR_FILENO);
	strcpy(folder, "/tmp/pointsman-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	files = cert_files_new(loop);
}

static void teardown(void)
{
	char command[128];

	cert_files_free(files);
	file_watch_stop();
	ev_loop_destroy(loop);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

static void make(struct made *out, const char *name, const char *serial)
{
	struct make m = {.names = {name}, .serial = serial};
	gnutls_datum_t pem;
	gnutls_x509_privkey_t plain;
	struct key *key;

	*out = (struct made){0};
	make_pem(&m, &key, &out->chain);
	ck_assert_int_eq(gnutls_privkey_export_x509(key_handle(key), &plain), 0);
	ck_assert_int_eq(gnutls_x509_privkey_export2(plain, GNUTLS_X509_FMT_PEM, &pem), 0);
	buf_append(&out->key, pem.data, pem.size);
	gnutls_free(pem.data);
	gnutls_x509_privkey_deinit(plain);
	key_unref(key);
}

static void made_fini(struct made *m)
{
	buf_fini(&m->chain);
	buf_fini(&m->key);
}

static const char *path_of(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, struct buf *a, struct buf *b)
{
	FILE *file = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(file);
	fwrite(buf_span(a).p, 1, buf_len(a), file);
	if (b != NULL)
		fwrite(buf_span(b).p, 1, buf_len(b), file);
	ck_assert_int_eq(fclose(file), 0);
}

/* The serial number that name is served with; "": none. */
static const char *served(const char *name)
{
	struct store_query q = {.server_name = span_str(name), .now = time(NULL)};
	static char serial[32];
	struct store_found found;
	int i;

	strcpy(serial, "");
	store_find(&q, &found);
	for (i = 0; i < CERT_KINDS; i++)
		if (found.cert[i] != NULL)
			snprintf(serial, sizeof(serial), "%s", found.cert[i]->serial);
	store_release(&found);
	return serial;
}

static void on_time(struct ev_loop *l, ev_timer *timer, int events)
{
	(void)events;
	(void)timer;
	ev_break(l, EVBREAK_ALL);
}

static void run_for(ev_tstamp seconds)
{
	ev_timer timer;

	ev_timer_init(&timer, on_time, seconds, 0.);
	ev_now_update(loop);
	ev_timer_start(loop, &timer);
	ev_run(loop, 0);
	ev_timer_stop(loop, &timer);
}

/* Lets the loop go round until name is served so; 5 seconds at the most. */
static void wait_served(const char *name, const char *serial)
{
	int i;

	for (i = 0; i < 250 && strcmp(served(name), serial) != 0; i++)
		run_for(0.02);
	ck_assert_str_eq(served(name), serial);
}

static void load_pair(void)
{
	static const struct strings none = {0};

	ck_assert_msg(
	    cert_files_add_pair(files, path_of("c.crt"), path_of("c.key"), &none, &err) == 0, "%s",
	    err.message);
	store_commit();
}

START_TEST(test_pair)
{
	struct made one, two;

	make(&one, "a.example", "\001");
	make(&two, "a.example", "\002");
	write_file("c.crt", &one.chain, NULL);
	write_file("c.key", &one.key, NULL);
	load_pair();
	ck_assert_str_eq(served("a.example"), "1");
	/* What does not fit is not taken, however long that lasts. */
	write_file("c.crt", &two.chain, NULL);
	run_for(0.3);
	ck_assert_str_eq(served("a.example"), "1");
	write_file("c.key", &two.key, NULL);
	wait_served("a.example", "2");
	/* The other way round, each by a rename. */
	write_file("new", &one.key, NULL);
	ck_assert_int_eq(rename(path_of("new"), path_of("c.key")), 0);
	run_for(0.3);
	ck_assert_str_eq(served("a.example"), "2");
	write_file("new", &one.chain, NULL);
	ck_assert_int_eq(rename(path_of("new"), path_of("c.crt")), 0);
	wait_served("a.example", "1");
	ck_assert_int_eq(unlink(path_of("c.crt")), 0);
	run_for(0.3);
	ck_assert_str_eq(served("a.example"), "1");
	made_fini(&one);
	made_fini(&two);
}
END_TEST

START_TEST(test_folder)
{
	struct made one, two;

	make(&one, "a.example", "\001");
	make(&two, "b.example", "\002");
	write_file("a.pem", &one.chain, &one.key);
	ck_assert_int_eq(cert_files_add_folder(files, folder, &err), 0);
	store_commit();
	ck_assert_str_eq(served("a.example"), "1");
	/* One that comes in a folder that comes. */
	ck_assert_int_eq(mkdir(path_of("sub"), 0700), 0);
	run_for(0.2);
	write_file("sub/b.pem", &two.chain, &two.key);
	wait_served("b.example", "2");
	/* One that is damaged keeps what it had, one that goes is gone. */
	write_file("a.pem", &one.chain, NULL);
	run_for(0.3);
	ck_assert_str_eq(served("a.example"), "1");
	ck_assert_int_eq(unlink(path_of("sub/b.pem")), 0);
	ck_assert_int_eq(rmdir(path_of("sub")), 0);
	wait_served("b.example", "");
	ck_assert_str_eq(served("a.example"), "1");
	made_fini(&one);
	made_fini(&two);
}
END_TEST

static int replace(const char *name, struct made *chain, struct made *key)
{
	return tls_replace(name, buf_span(&chain->chain), buf_span(&key->key), &err);
}

START_TEST(test_replaced)
{
	struct cert_files *again;
	struct made one, two, three, other;

	make(&one, "a.example", "\001");
	make(&two, "a.example", "\002");
	make(&three, "a.example", "\003");
	make(&other, "b.example", "\004");
	write_file("c.crt", &one.chain, NULL);
	write_file("c.key", &one.key, NULL);
	load_pair();
	ck_assert_int_eq(replace("b.example", &other, &other), -1);
	ck_assert_int_eq(err.code, ERROR_NOT_FOUND);
	ck_assert_int_eq(replace("a.example", &other, &other), -1);
	ck_assert_int_eq(replace("a.example", &two, &one), -1);
	ck_assert_int_eq(err.code, ERROR_INVALID);
	ck_assert_str_eq(served("a.example"), "1");
	ck_assert_int_eq(replace("a.example", &two, &two), 0);
	ck_assert_str_eq(served("a.example"), "2");
	ck_assert_int_eq(replace("a.example", &three, &three), 0);
	ck_assert_str_eq(served("a.example"), "3");
	/* A document that is loaded again changes nothing. */
	again = files;
	files = cert_files_new(loop);
	load_pair();
	cert_files_free(again);
	ck_assert_str_eq(served("a.example"), "3");
	/* Files that change do, and the old ones do not bring it back. */
	write_file("c.crt", &two.chain, NULL);
	write_file("c.key", &two.key, NULL);
	wait_served("a.example", "2");
	write_file("c.crt", &one.chain, NULL);
	write_file("c.key", &one.key, NULL);
	wait_served("a.example", "1");
	made_fini(&one);
	made_fini(&two);
	made_fini(&three);
	made_fini(&other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cert_files");
	TCase *tc = tcase_create("changes");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_pair);
	tcase_add_test(tc, test_folder);
	tcase_add_test(tc, test_replaced);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
