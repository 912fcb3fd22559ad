/* SPDX-License-Identifier: BSD-2-Clause */
/* What a command line may go on with. */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "ctl/complete.h"

static enum complete_kind asked;
static char asked_within[64];

/* A daemon with three of everything, one of them with a blank in its name. */
static void names(struct completion *c, enum complete_kind kind, const char *within)
{
	asked = kind;
	snprintf(asked_within, sizeof(asked_within), "%s", within != NULL ? within : "");
	complete_add(c, "web", "443");
	complete_add(c, "we b", NULL);
	complete_add(c, "#12", NULL);
}

#define WORDS_MAX 16

/* words: separated by blanks, the last one is at the cursor. */
static void begin(struct completion *c, const char *words, complete_source *source)
{
	static char line[256];
	const char *list[WORDS_MAX];
	char *rest = line;
	int count = 0;

	asked = COMPLETE_NONE;
	snprintf(line, sizeof(line), "%s", words);
	while (rest != NULL)
		list[count++] = strsep(&rest, " ");
	complete(c, count, list, source);
}

/* want: the candidates, each followed by a comma. */
static void expect(const char *words, const char *want)
{
	struct completion c;
	struct buf got = {0};
	size_t i;

	begin(&c, words, names);
	for (i = 0; i < c.count; i++)
		buf_printf(&got, "%s,", c.items[i].text);
	ck_assert_msg(strcmp(buf_str(&got), want) == 0, "'%s' gives '%s', not '%s'", words,
	    buf_str(&got), want);
	buf_fini(&got);
	complete_fini(&c);
}

static void expect_kind(const char *words, enum complete_kind kind, const char *within)
{
	expect(words, kind != COMPLETE_NONE ? "web,we b,#12," : "");
	ck_assert_msg(asked == kind, "'%s' asks for %d, not %d", words, asked, kind);
	if (kind != COMPLETE_NONE)
		ck_assert_str_eq(asked_within, within);
}

static bool files(const char *words)
{
	struct completion c;
	bool yes;

	begin(&c, words, names);
	yes = c.files;
	complete_fini(&c);
	return yes;
}

START_TEST(words_of_the_protocol)
{
	expect("log level tee d", "debug,default,");
	expect("stats ", "daemon,listener,server,route,upstream,");
	expect("monitor listener.",
	    "listener.opened,listener.closed,listener.paused,listener.resumed,");
	expect("monitor config conn.o", "conn.open,");
	expect("acme challenge add ", "http-01,tls-alpn-01,");
}
END_TEST

START_TEST(objects_and_verbs)
{
	expect("ro", "route,");
	expect("li", "listener,");
	expect("nothing", "");
	expect("upstream h", "health,");
	expect("route e", "enable,");
	expect("nothing l", "");
	expect("ping l", "");
	expect("-j -o json ro", "route,");
	expect("-s /a/path ro", "route,");
	expect("--socket=/a/path ro", "route,");
	expect("-- ro", "route,");
	expect("help ro", "route,");
	expect("help cert sh", "show,");
}
END_TEST

START_TEST(options)
{
	expect("--so", "--socket,");
	expect("--sa", ""); /* not common, and no command is known */
	expect("route rm --s", "--socket,--save,");
	expect("route rm --ex", "--existing,");
	expect("route ls --ex", "");
	expect("route rm --existing ", "keep,drain,kill,");
	expect("route rm --existing d", "drain,");
	expect("route rm --existing=k", "--existing=keep,--existing=kill,");
	expect("-o j", "json,jsonl,");
	expect("-jo j", "json,jsonl,");
	expect("-oj", "");
	expect("route test --state e", "ended,");
	expect("route rm -- --s", "");
	expect("--nosuch=", "");
	expect("--json=", "");
}
END_TEST

START_TEST(live_names)
{
	expect_kind("route rm ", COMPLETE_ROUTE, "");
	expect_kind("route rm one two ", COMPLETE_ROUTE, "");
	expect_kind("-n route rm --existing kill ", COMPLETE_ROUTE, "");
	expect_kind("conn show ", COMPLETE_CONN, "");
	expect_kind("conn show 1 ", COMPLETE_NONE, NULL);
	expect_kind("upstream rm ", COMPLETE_PROXY, "");
	expect_kind("upstream rm web ", COMPLETE_UPSTREAM, "web");
	expect_kind("upstream rm web one ", COMPLETE_UPSTREAM, "web");
	expect_kind("upstream add ", COMPLETE_PROXY, "");
	expect_kind("upstream add web ", COMPLETE_NONE, NULL);
	expect_kind("listener pause ", COMPLETE_LISTENER, "");
	expect_kind("listener add ", COMPLETE_NONE, NULL);
	expect_kind("server add ", COMPLETE_NONE, NULL);
	expect_kind("server show ", COMPLETE_SERVER, "");
	expect_kind("cert renew ", COMPLETE_CERT, "");
	expect_kind("route mv web --before ", COMPLETE_ROUTE, "");
	expect_kind("route add --server ", COMPLETE_SERVER, "");
	expect_kind("route add --wrapper ", COMPLETE_WRAPPER, "");
	expect_kind("call ", COMPLETE_METHOD, "");
	expect_kind("call ping ", COMPLETE_NONE, NULL);
	expect_kind("config rollback ", COMPLETE_REVISION, "");
	expect_kind("config diff 3 ", COMPLETE_REVISION, "");
	expect("config diff ", "file,saved,web,we b,#12,");
	ck_assert_int_eq(asked, COMPLETE_REVISION);
	expect("log level ", "debug,info,warn,error,default,web,we b,#12,");
	ck_assert_int_eq(asked, COMPLETE_SUBSYSTEM);
	expect_kind("conn ls --after ", COMPLETE_CONN, "");
	expect_kind("route mv web --after ", COMPLETE_ROUTE, "");
	expect("route show we", "web,we b,");
	expect("route mv a --before=w", "--before=web,--before=we b,");
	expect("upstream health web web u", "up,");
	expect("acme challenge d", "del,");
	expect("config diff f", "file,");
}
END_TEST

START_TEST(file_names)
{
	ck_assert(files("route add "));
	ck_assert(files("route replace web "));
	ck_assert(files("config apply -f "));
	ck_assert(files("cert set name "));
	ck_assert(files("-s "));
	ck_assert(!files("route replace "));
	ck_assert(!files("route rm "));
	ck_assert(!files(""));
}
END_TEST

START_TEST(without_a_daemon)
{
	struct completion c;

	begin(&c, "route rm ", NULL);
	ck_assert_uint_eq(c.count, 0);
	complete_fini(&c);
	begin(&c, "-s /nonexistent/socket route rm ", complete_live);
	ck_assert_str_eq(c.socket, "/nonexistent/socket");
	ck_assert_uint_eq(c.count, 0);
	complete_fini(&c);
}
END_TEST

/* Many names cost neither time nor memory. */
static void many(struct completion *c, enum complete_kind kind, const char *within)
{
	char text[32];
	int i;

	(void)kind;
	(void)within;
	for (i = 0; i < 5 * COMPLETE_MAX; i++) {
		snprintf(text, sizeof(text), "route-%d", i);
		complete_add(c, text, NULL);
	}
}

START_TEST(limit)
{
	struct completion c;

	begin(&c, "route rm r", many);
	ck_assert_uint_eq(c.count, COMPLETE_MAX);
	complete_fini(&c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("complete");
	TCase *test = tcase_create("complete");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, test);
	tcase_add_test(test, objects_and_verbs);
	tcase_add_test(test, words_of_the_protocol);
	tcase_add_test(test, options);
	tcase_add_test(test, live_names);
	tcase_add_test(test, file_names);
	tcase_add_test(test, without_a_daemon);
	tcase_add_test(test, limit);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
