/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/replacer.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct arena *arena;
static struct facts facts;

static void setup(void)
{
	setenv("PM_TEST", "some thing", 1);
	setenv("PM_BRACES", "{l4.conn.id}", 1);
	unsetenv("PM_NONE");
	setenv("TZ", "UTC", 1);
	tzset();
	arena = arena_new(256);
	facts = (struct facts){.arena = arena, .id = 42, .fd = -1, .server = "srv0"};
	facts.start_ns = INT64_C(1700000000) * 1000000000 + 120000000;
	netaddr_parse_ip("10.0.0.1", &facts.remote);
	facts.remote.port = 4000;
	netaddr_parse_ip("2001:db8::7", &facts.src);
	facts.src.port = 5000;
	netaddr_parse_ip("127.0.0.1", &facts.local);
	facts.local.port = 993;
	facts_set(&facts, "l4.tls.server_name", span_str("a.example"));
	facts_set(&facts, "l4.vars.empty", span_str(""));
	facts_set(&facts, "l4.vars.nul", span_of("a\0b", 3));
}

static void teardown(void)
{
	arena_free(arena);
}

static void expands(const char *text, const char *want)
{
	struct buf out = {0};

	template_expand(template_new(arena, text), &facts, &out);
	ck_assert_str_eq(buf_str(&out), want);
	buf_fini(&out);
}

static const struct {
	const char *text, *want;
} expansions[] = {
    {"", ""},
    {"plain", "plain"},
    {"{l4.conn.remote_addr}", "10.0.0.1:4000"},
    {"{l4.conn.local_addr}", "127.0.0.1:993"},
    {"{l4.conn.remote_ip}|{l4.conn.remote_port}", "2001:db8::7|5000"},
    {"{l4.conn.local_ip}|{l4.conn.local_port}", "127.0.0.1|993"},
    {"{l4.conn.id}{l4.conn.server}{l4.conn.route}", "42srv0"},
    {"{l4.conn.wrap_time}", "2023-11-14 22:13:20.12 +0000 UTC"},
    {"x{l4.tls.server_name}:443", "xa.example:443"},
    {"<{l4.vars.empty}{l4.nothing}>", "<>"},
    {"{env.PM_TEST}-{env.PM_NONE}-", "some thing--"},
    {"{env.PM_BRACES}", "{l4.conn.id}"},
    {"\\{l4.conn.id\\}", "{l4.conn.id}"},
    {"\\{{l4.conn.id}\\}", "{42}"},
    {"a\\b\\", "a\\b\\"},
    {"{", "{"},
    {"}", "}"},
    {"{}", "{}"},
    {"a{b", "a{b"},
    {"a}b{c}d", "a}bd"},
    {"{a{l4.conn.id}}", "{a42}"},
    {"{\"id\": {l4.conn.id}, \"b\": {}}", "{\"id\": 42, \"b\": {}}"},
    {"{ l4.conn.id }", "{ l4.conn.id }"},
    {"{system.slash}{system.os}", "/linux"},
};

START_TEST(test_expand)
{
	expands(expansions[_i].text, expansions[_i].want);
}
END_TEST

START_TEST(test_nul_in_value)
{
	struct buf out = {0};

	template_expand(template_new(arena, "<{l4.vars.nul}>"), &facts, &out);
	ck_assert(span_eq(buf_span(&out), span_of("<a\0b>", 5)));
	buf_fini(&out);
}
END_TEST

START_TEST(test_constant)
{
	struct template *t = template_new(arena, "a{env.PM_TEST}\\{");

	ck_assert(template_constant(t));
	ck_assert_str_eq(template_text(t), "asome thing{");
	ck_assert(template_constant(template_new(arena, "")));
	ck_assert(!template_constant(template_new(arena, "{time.now.unix}")));
	ck_assert(!template_constant(template_new(arena, "{l4.vars.x}")));
	ck_assert_ptr_null(template_text(template_new(arena, "{l4.vars.x}")));
}
END_TEST

static const struct {
	const char *text, *want;
} at_load[] = {
    {"{env.PM_TEST}", "some thing"},
    {"{l4.tls.server_name}:443", "{l4.tls.server_name}:443"},
    {"{env.PM_NONE}{unknown}\\{x\\}", "{unknown}{x}"},
    {"no braces \\", "no braces \\"},
    {"{\"a\":1}", "{\"a\":1}"},
};

START_TEST(test_at_load)
{
	ck_assert_str_eq(replace_at_load(arena, at_load[_i].text), at_load[_i].want);
}
END_TEST

/* {file.PATH} of a file that holds these bytes. */
static const char *of_file(struct span bytes)
{
	char path[] = "/tmp/test_replacer.XXXXXX", text[64];
	const char *result;
	int fd = mkstemp(path);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
	close(fd);
	snprintf(text, sizeof(text), "<{file.%s}>", path);
	result = template_text(template_new(arena, text));
	ck_assert_str_eq(replace_at_load(arena, text), result);
	unlink(path);
	return result;
}

START_TEST(test_file)
{
	static uint8_t large[(1 << 20) + 1];
	int fifo;

	ck_assert_str_eq(of_file(span_str("one")), "<one>");
	ck_assert_str_eq(of_file(span_str("{l4.conn.id}\n\n")), "<{l4.conn.id}\n>");
	ck_assert_str_eq(of_file(span_str("two\r\n")), "<two>");
	ck_assert_str_eq(of_file(span_str("\n")), "<>");
	ck_assert_str_eq(of_file(span_of("a\0b", 3)), "<>");
	ck_assert_str_eq(of_file(span_of(NULL, 0)), "<>");
	memset(large, 'x', sizeof(large));
	ck_assert_uint_eq(strlen(of_file(span_of(large, sizeof(large) - 1))), sizeof(large) + 1);
	ck_assert_str_eq(of_file(span_of(large, sizeof(large))), "<>");
	/* Nothing to wait for, nor to be led to. */
	fifo = mkfifo("/tmp/test_replacer.fifo", 0600);
	ck_assert_str_eq(replace_at_load(arena, "<{file./tmp/test_replacer.fifo}>"), "<>");
	unlink("/tmp/test_replacer.fifo");
	ck_assert_int_eq(fifo, 0);
	ck_assert_str_eq(replace_at_load(arena, "<{file./dev/zero}{file./}{file.}>"), "<>");
}
END_TEST

START_TEST(test_clock)
{
	struct buf out = {0};
	struct tm tm;
	long long seconds;
	char year[16];
	time_t at = time(NULL);

	gmtime_r(&at, &tm);
	strftime(year, sizeof(year), "%Y", &tm);
	ck_assert_str_eq(replace_at_load(arena, "{time.now.year}"), year);
	seconds = atoll(replace_at_load(arena, "{time.now.unix}"));
	ck_assert(seconds >= at && seconds <= at + 60);
	seconds = atoll(replace_at_load(arena, "{time.now.unix_ms}"));
	ck_assert(seconds / 1000 >= at && seconds / 1000 <= at + 60);
	template_expand(template_new(arena, "{time.now.http}"), NULL, &out);
	ck_assert_ptr_nonnull(strptime(buf_str(&out), "%a, %d %b %Y %H:%M:%S GMT", &tm));
	buf_clear(&out);
	template_expand(template_new(arena, "{time.now.common_log}"), NULL, &out);
	ck_assert_ptr_nonnull(strptime(buf_str(&out), "%d/%b/%Y:%H:%M:%S +0000", &tm));
	buf_clear(&out);
	template_expand(template_new(arena, "{time.now}"), NULL, &out);
	ck_assert_ptr_nonnull(strstr(buf_str(&out), " +0000 UTC"));
	ck_assert_ptr_nonnull(strptime(buf_str(&out), "%Y-%m-%d %H:%M:%S", &tm));
	buf_fini(&out);
}
END_TEST

START_TEST(test_without_facts)
{
	struct buf out = {0};

	template_expand(template_new(arena, "a{l4.conn.id}{l4.vars.x}b"), NULL, &out);
	ck_assert_str_eq(buf_str(&out), "ab");
	buf_fini(&out);
}
END_TEST

START_TEST(test_hostname)
{
	char name[256];

	ck_assert_int_eq(gethostname(name, sizeof(name)), 0);
	expands("{system.hostname}", name);
}
END_TEST

/* Every piece of an awkward text: nothing is read past its end. */
START_TEST(test_every_length)
{
	const char *text = "\\{a{env.X}{{l4.conn.id}\\}}{\\{x}";
	struct buf out = {0};
	size_t n;

	for (n = 0; n <= strlen(text); n++) {
		char *cut = strndup(text, n);

		template_expand(template_new(arena, cut), &facts, &out);
		replace_at_load(arena, cut);
		free(cut);
	}
	buf_fini(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replacer");
	TCase *tc = tcase_create("replacer");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_expand, 0, COUNT(expansions));
	tcase_add_test(tc, test_nul_in_value);
	tcase_add_test(tc, test_constant);
	tcase_add_loop_test(tc, test_at_load, 0, COUNT(at_load));
	tcase_add_test(tc, test_file);
	tcase_add_test(tc, test_clock);
	tcase_add_test(tc, test_without_facts);
	tcase_add_test(tc, test_hostname);
	tcase_add_test(tc, test_every_length);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
