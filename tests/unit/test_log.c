/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/log.h"

#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int ends[2]; /* of a pipe: the log writes to the second */
static char got[1 << 16];
static size_t got_length;

static void setup(void)
{
	ck_assert_int_ne(pipe(ends), -1);
	got_length = 0;
	log_init(LOG_TEXT, LOG_DEBUG, ends[1]);
}

static void teardown(void)
{
	log_stop();
	log_init(LOG_TEXT, LOG_INFO, STDERR_FILENO);
	close(ends[0]);
	close(ends[1]);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool readable(int ms)
{
	struct pollfd fd = {.fd = ends[0], .events = POLLIN};

	return poll(&fd, 1, ms) == 1;
}

/* Appends one read() to what was got. */
static void get_more(void)
{
	ssize_t n;

	ck_assert_msg(readable(10000), "no line came");
	n = read(ends[0], got + got_length, sizeof(got) - 1 - got_length);
	ck_assert_int_gt(n, 0);
	got_length += (size_t)n;
	got[got_length] = '\0';
}

/* One line, without its time and its newline. Lines are written at once here. */
static const char *line(void)
{
	got_length = 0;
	get_more();
	ck_assert_int_eq(got[got_length - 1], '\n');
	got[got_length - 1] = '\0';
	ck_assert_uint_gt(got_length, 26);
	return got + 25;
}

static json_t *json_line(void)
{
	json_error_t fault;
	json_t *value;

	line();
	value = json_loads(got, JSON_REJECT_DUPLICATES, &fault);
	ck_assert_msg(value != NULL, "%s: %s", fault.text, got);
	return value;
}

START_TEST(test_text)
{
	struct log_line l;
	int year, month, day, hour, minute, second, ms;

	log_msg(LOG_INFO, "core", "started %d workers", 2);
	ck_assert_str_eq(line(), "info  core: started 2 workers");
	ck_assert_int_eq(sscanf(got, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ ", &year, &month, &day, &hour,
			     &minute, &second, &ms),
	    7);
	ck_assert_int_eq(got[24], ' ');

	log_begin(&l, LOG_WARN, "tls", "refused");
	log_str(&l, "plain", "a.b:c/[d]{e}");
	log_str(&l, "empty", "");
	log_str(&l, "space", "a b");
	log_str(&l, "equals", "a=b");
	log_u64(&l, "zero", 0);
	log_u64(&l, "most", UINT64_MAX);
	log_seconds(&l, "age", INT64_C(12345678901));
	log_seconds(&l, "tiny", 400000);
	log_seconds(&l, "before", -INT64_C(1500000000));
	log_seconds(&l, "least", INT64_MIN);
	log_end(&l);
	ck_assert_str_eq(line(),
	    "warn  tls: refused plain=a.b:c/[d]{e} empty=\"\" space=\"a b\" equals=\"a=b\" zero=0 "
	    "most=18446744073709551615 age=12.346 tiny=0.000 before=-1.500 least=-9223372036.855");
}
END_TEST

/* Bytes from outside, and how each form shows them. */
static const struct {
	const char *bytes, *text, *decoded;
} escapes[] = {
    {"a\"b", "\"a\\\"b\"", "a\"b"},
    {"a\\b", "\"a\\\\b\"", "a\\b"},
    {"a\nb\r\t", "\"a\\nb\\r\\t\"", "a\nb\r\t"},
    {"\x1b[31m", "\"\\u001b[31m\"", "\x1b[31m"},
    {"\x7f", "\"\\u007f\"", "\x7f"},
    {"\xc3\xa4", "\"\xc3\xa4\"", "\xc3\xa4"},
    {"\xf0\x9f\x9a\x82", "\"\xf0\x9f\x9a\x82\"", "\xf0\x9f\x9a\x82"},
    {"\xc2\x9b", "\"\\u009b\"", "\xc2\x9b"},                    /* C1 control */
    {"\xe2\x80\xae", "\"\\u202e\"", "\xe2\x80\xae"},            /* right to left */
    {"\xff", "\"\\xff\"", "\xef\xbf\xbd"},                      /* never in UTF-8 */
    {"\x80x", "\"\\x80x\"", "\xef\xbf\xbdx"},                   /* no head */
    {"\xc0\xaf", "\"\\xc0\\xaf\"", "\xef\xbf\xbd\xef\xbf\xbd"}, /* overlong */
    {"\xe0\x80\x80", "\"\\xe0\\x80\\x80\"", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xed\xa0\x80", "\"\\xed\\xa0\\x80\"", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* surrogate */
    {"\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\"",
	"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xe2\x82", "\"\\xe2\\x82\"", "\xef\xbf\xbd\xef\xbf\xbd"}, /* cut */
    {"\xc3(", "\"\\xc3(\"", "\xef\xbf\xbd("},
};
#define ESCAPES (sizeof(escapes) / sizeof(escapes[0]))

START_TEST(test_escapes_in_text)
{
	char wanted[128];
	struct log_line l;
	size_t i;

	for (i = 0; i < ESCAPES; i++) {
		log_begin(&l, LOG_INFO, "core", "m");
		log_str(&l, "k", escapes[i].bytes);
		log_end(&l);
		snprintf(wanted, sizeof(wanted), "info  core: m k=%s", escapes[i].text);
		ck_assert_str_eq(line(), wanted);
	}
	log_begin(&l, LOG_INFO, "core", "m");
	log_bytes(&l, "k", span_of("a\0b", 3));
	log_bytes(&l, "none", span_of(NULL, 0));
	log_end(&l);
	ck_assert_str_eq(line(), "info  core: m k=\"a\\u0000b\" none=\"\"");
	log_msg(LOG_INFO, "core", "one\ninfo  core: two \xff");
	ck_assert_str_eq(line(), "info  core: one\\ninfo  core: two \\xff");
}
END_TEST

START_TEST(test_json)
{
	struct log_line l;
	json_t *value;
	size_t i;

	log_init(LOG_JSON, LOG_INFO, ends[1]);
	log_begin(&l, LOG_ERROR, "control", "say \"hi\"\n");
	for (i = 0; i < ESCAPES; i++) {
		char key[8];

		snprintf(key, sizeof(key), "k%zu", i);
		log_str(&l, key, escapes[i].bytes);
	}
	log_u64(&l, "n", 42);
	log_seconds(&l, "s", 1500000000);
	log_end(&l);
	value = json_line();
	ck_assert_str_eq(json_string_value(json_object_get(value, "level")), "error");
	ck_assert_str_eq(json_string_value(json_object_get(value, "subsystem")), "control");
	ck_assert_str_eq(json_string_value(json_object_get(value, "msg")), "say \"hi\"\n");
	ck_assert_uint_eq(strlen(json_string_value(json_object_get(value, "ts"))), 24);
	ck_assert_int_eq(json_integer_value(json_object_get(value, "n")), 42);
	ck_assert_double_eq(json_real_value(json_object_get(value, "s")), 1.5);
	for (i = 0; i < ESCAPES; i++) {
		char key[8];

		snprintf(key, sizeof(key), "k%zu", i);
		ck_assert_str_eq(
		    json_string_value(json_object_get(value, key)), escapes[i].decoded);
	}
	json_decref(value);
}
END_TEST

/* Messages up to here, and from there on, put the cut at every place of a value, a key, a number.
 */
#define LENGTH_SHORT 40
#define LENGTH_MIN 1850
#define LENGTH_MAX 2060

static size_t next_length(size_t length)
{
	return length + 1 == LENGTH_SHORT ? LENGTH_MIN : length + 1;
}

/* A line with a message of some length, and then fields that need escapes. */
static void log_long(size_t length, const char *pattern)
{
	static char message[5000], bytes[5000];
	struct log_line l;
	size_t i, n = strlen(pattern);

	memset(message, 'm', length);
	message[length] = '\0';
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = pattern[i % n];
	log_begin(&l, LOG_INFO, "core", message);
	log_bytes(&l, "bytes", span_of(bytes, 3000));
	log_str(&l, "after", "x y");
	log_u64(&l, "number", 1234567);
	log_seconds(&l, "time", -INT64_C(1234567000000));
	log_end(&l);
}

/* Wherever a line is cut it is whole JSON, and says that it was cut. */
START_TEST(test_cut_json)
{
	static const char *const patterns[] = {"a", "\n", "\x01", "\xff", "\xc3\xa4", "\"a\\"};
	size_t length, i;
	json_t *value;

	log_init(LOG_JSON, LOG_INFO, ends[1]);
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		for (length = 0; length < LENGTH_MAX; length = next_length(length)) {
			log_long(length, patterns[i]);
			value = json_line();
			ck_assert(json_is_true(json_object_get(value, "cut")));
			ck_assert_uint_le(got_length, 2048);
			json_decref(value);
		}
	}
}
END_TEST

/* In text every backslash starts a whole escape, and quotes are closed. */
static void check_escapes(const char *p)
{
	static const char hex[] = "0123456789abcdef";
	bool quoted = false;

	for (; *p != '\0'; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (*p != '\\')
			continue;
		p++;
		if (*p == 'x') {
			ck_assert_uint_ge(strspn(p + 1, hex), 2);
			p += 2;
		} else if (*p == 'u') {
			ck_assert_uint_ge(strspn(p + 1, hex), 4);
			p += 4;
		} else {
			ck_assert_msg(*p != '\0' && strchr("nrt\"\\", *p) != NULL, "cut escape");
		}
	}
	ck_assert(!quoted);
}

START_TEST(test_cut_text)
{
	static const char *const patterns[] = {"a", " ", "\n", "\x01", "\xff", "\"a\\"};
	size_t length, i;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		for (length = 0; length < LENGTH_MAX; length = next_length(length)) {
			log_long(length, patterns[i]);
			check_escapes(line());
			ck_assert_uint_le(got_length, 2048);
			ck_assert_str_eq(got + got_length - 1 - strlen(" cut=true"), " cut=true");
		}
	}
}
END_TEST

START_TEST(test_levels)
{
	struct log_line l;

	log_set_level(LOG_WARN);
	ck_assert(!log_enabled(LOG_INFO, "core"));
	ck_assert(log_enabled(LOG_WARN, "core"));
	log_msg(LOG_INFO, "core", "unwanted");
	log_begin(&l, LOG_DEBUG, "core", "unwanted");
	log_str(&l, "k", "v");
	log_u64(&l, "n", 1);
	log_seconds(&l, "s", 1);
	log_end(&l);
	ck_assert(!readable(0));
	log_msg(LOG_ERROR, "core", "wanted");
	ck_assert_str_eq(line(), "error core: wanted");
	log_set_level_of(0, LOG_DEBUG);
	ck_assert_str_eq(log_subsystems[0], "access");
	ck_assert(log_enabled(LOG_DEBUG, "access") && !log_enabled(LOG_INFO, "core"));
	log_msg(LOG_DEBUG, "core", "unwanted");
	log_msg(LOG_DEBUG, "access", "wanted");
	ck_assert_str_eq(line(), "debug access: wanted");
	log_set_level_of(0, LOG_ERROR);
	ck_assert(!log_enabled(LOG_WARN, "access") && log_enabled(LOG_WARN, "core"));
	ck_assert(!log_enabled(LOG_INFO, "core"));
	ck_assert(log_enabled(LOG_WARN, "one that has no name in the list"));
	ck_assert_int_eq(log_level_of(0), LOG_ERROR);
	ck_assert_str_eq(log_level_name(LOG_ERROR), "error");
	ck_assert_int_eq(log_level_parse("debug"), LOG_DEBUG);
	ck_assert_int_eq(log_level_parse("error"), LOG_ERROR);
	ck_assert_int_eq(log_level_parse("Warn"), -1);
	ck_assert_int_eq(log_level_parse(""), -1);
}
END_TEST

static size_t count_lines(void)
{
	size_t i, lines = 0;

	for (i = 0; i < got_length; i++)
		lines += got[i] == '\n';
	return lines;
}

/* Lines of a busy time go out in few writes, in order. Each write is one packet here. */
START_TEST(test_gather)
{
	const struct timespec pause = {.tv_nsec = 50000};
	int i, writes = 0, number, at = 0;

	close(ends[0]);
	close(ends[1]);
	ck_assert_int_ne(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), -1);
	log_init(LOG_TEXT, LOG_DEBUG, ends[1]);
	log_start();
	log_msg(LOG_WARN, "core", "a line that does not wait has no effect on later ones");
	line();
	got_length = 0;
	for (i = 0; i < 200; i++) {
		log_msg(LOG_INFO, "core", "line %d", i);
		nanosleep(&pause, NULL);
	}
	while (count_lines() < 200) {
		get_more();
		writes++;
	}
	ck_assert_int_le(writes, 60);
	for (i = 0; i < 200; i++) {
		ck_assert_int_eq(sscanf(got + at, "%*s info core: line %d\n", &number), 1);
		ck_assert_int_eq(number, i);
		at = (int)(strchr(got + at, '\n') - got) + 1;
	}
}
END_TEST

/* The best of some tries, so that a busy machine does not matter. */
START_TEST(test_warnings_go_at_once)
{
	double least = 1, from;
	int i;

	log_start();
	for (i = 0; i < 30; i++) {
		from = now();
		log_msg(LOG_INFO, "core", "this may wait");
		poll(NULL, 0, 2); /* so that the writer waits for more */
		log_msg(LOG_WARN, "core", "hear this");
		line();
		if (now() - from < least)
			least = now() - from;
	}
	ck_assert_double_lt(least, 0.015);
}
END_TEST

START_TEST(test_stop_writes_what_is_left)
{
	int i;

	log_start();
	for (i = 0; i < 100; i++)
		log_msg(LOG_INFO, "core", "line %d", i);
	log_stop();
	ck_assert(readable(0));
	while (readable(0))
		get_more();
	ck_assert_uint_eq(count_lines(), 100);
	log_start();
	log_msg(LOG_INFO, "core", "again");
	log_stop();
	ck_assert_str_eq(line(), "info  core: again");
}
END_TEST

/* A reader that lags behind gets every line whole while the ring goes round. */
START_TEST(test_lagging_reader)
{
	const unsigned round_lines = 2600, total = 20 * round_lines;
	unsigned logged = 0, seen = 0, number, i;
	FILE *reader = fdopen(dup(ends[0]), "r");
	char text[128], shown[128];

	ck_assert_ptr_nonnull(reader);
	log_start();
	while (seen < total) {
		for (i = 0; logged < total && i < round_lines; i++)
			log_msg(LOG_INFO, "core", "line %08u %050d %08u", logged + i, 0,
			    logged + i + 1);
		logged += i;
		/* Two rounds stay behind, about 560 KiB. */
		while (seen + (logged < total ? 2 * round_lines : 0) < logged) {
			ck_assert_ptr_nonnull(fgets(text, sizeof(text), reader));
			ck_assert_int_eq(sscanf(text, "%*s info core: line %u", &number), 1);
			ck_assert_uint_eq(number, seen++);
			snprintf(shown, sizeof(shown), "line %08u %050d %08u\n", number, 0, seen);
			ck_assert_str_eq(strstr(text, "line "), shown);
		}
	}
	fclose(reader);
}
END_TEST

/* Reads until the log says that lines were lost; true: it did. */
static bool hear_of_lost_lines(void)
{
	const size_t kept = 64; /* the words may come in two pieces */

	while (readable(3000)) {
		if (got_length > kept) {
			memmove(got, got + got_length - kept, kept);
			got_length = kept;
		}
		get_more();
		if (strstr(got, "lines were lost") != NULL)
			return true;
	}
	return false;
}

/* Nobody reads: callers go on all the same, stopping is bounded, the loss is told later. */
START_TEST(test_blocked)
{
	double from = now();
	int i;

	log_start();
	for (i = 0; i < 40000; i++)
		log_msg(LOG_INFO, "core", "a line of some length, number %d, into a full pipe", i);
	ck_assert_double_lt(now() - from, 8);
	from = now();
	log_stop();
	ck_assert_double_lt(now() - from, 4);
	ck_assert_double_gt(now() - from, 1);
	from = now();
	log_msg(LOG_ERROR, "core", "not waited for");
	ck_assert_double_lt(now() - from, 1);
	log_start();
	ck_assert(hear_of_lost_lines());
}
END_TEST

/* The reader is gone: no signal, no spinning, and the loss is told to the next reader. */
START_TEST(test_broken_pipe)
{
	struct timespec before, after;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int i;

	ck_assert_int_ne(dup2(null, ends[0]), -1);
	close(null);
	log_start();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	for (i = 0; i < 10; i++) {
		log_msg(LOG_WARN, "core", "to nobody");
		poll(NULL, 0, 20);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	ck_assert_int_lt(
	    (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000,
	    150);
	log_stop();
	close(ends[0]);
	close(ends[1]);
	ck_assert_int_ne(pipe(ends), -1);
	log_init(LOG_TEXT, LOG_INFO, ends[1]);
	log_start();
	log_msg(LOG_INFO, "core", "somebody reads again");
	ck_assert(hear_of_lost_lines());
}
END_TEST

static void *log_some(void *name)
{
	int i;

	for (i = 0; i < 100; i++)
		log_msg(i % 10 == 0 ? LOG_WARN : LOG_INFO, "core", "%s %d", (const char *)name, i);
	return NULL;
}

START_TEST(test_threads)
{
	static char names[4][8] = {"a", "b", "c", "d"};
	pthread_t threads[4];
	size_t i, at = 0;
	int next[4] = {0}, number;
	char name;

	log_start();
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, log_some, names[i]), 0);
	while (count_lines() < 400)
		get_more();
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < 400; i++) {
		ck_assert_int_eq(sscanf(got + at, "%*s %*s core: %c %d\n", &name, &number), 2);
		ck_assert_int_eq(number, next[name - 'a']++);
		at = (size_t)(strchr(got + at, '\n') - got) + 1;
	}
}
END_TEST

/* Not asserted: what the line of a connection's end costs its worker. */
START_TEST(test_cost)
{
	const uint64_t rounds = 100000;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct log_line l;
	double from;
	uint64_t i;

	log_init(LOG_TEXT, LOG_INFO, null);
	log_start();
	from = now();
	for (i = 0; i < rounds; i++) {
		log_begin(&l, LOG_INFO, "core", "connection closed");
		log_u64(&l, "id", i);
		log_str(&l, "src", "127.0.0.1:12345");
		log_str(&l, "reason", "client_closed");
		log_u64(&l, "in", 12345);
		log_u64(&l, "out", 1234567);
		log_seconds(&l, "age", 12345678901);
		log_end(&l);
	}
	printf("a line with six fields: %.0f ns\n", (now() - from) * 1e9 / (double)rounds);
	log_stop();
	close(null);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *tests = tcase_create("log");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_text);
	tcase_add_test(tests, test_escapes_in_text);
	tcase_add_test(tests, test_json);
	tcase_add_test(tests, test_cut_json);
	tcase_add_test(tests, test_cut_text);
	tcase_add_test(tests, test_levels);
	tcase_add_test(tests, test_gather);
	tcase_add_test(tests, test_warnings_go_at_once);
	tcase_add_test(tests, test_stop_writes_what_is_left);
	tcase_add_test(tests, test_lagging_reader);
	tcase_add_test(tests, test_blocked);
	tcase_add_test(tests, test_broken_pipe);
	tcase_add_test(tests, test_threads);
	tcase_add_test(tests, test_cost);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
