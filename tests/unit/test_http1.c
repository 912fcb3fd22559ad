/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/wire/http1.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SIZE_MAX_HEAD 16384

/* ---- helpers ------------------------------------------------------------------------------- */

/* An exact copy on the heap, so that a sanitizer sees every byte read beyond the end. */
static uint8_t *copy_of(struct span bytes)
{
	uint8_t *copy = malloc(bytes.n > 0 ? bytes.n : 1);

	if (bytes.n > 0)
		memcpy(copy, bytes.p, bytes.n);
	return copy;
}

static enum http1_result verdict(struct span bytes, unsigned *status)
{
	uint8_t *copy = copy_of(bytes);
	struct http1_head head;
	enum http1_result result = http1_parse(span_of(copy, bytes.n), SIZE_MAX_HEAD, &head);

	*status = head.status;
	free(copy);
	return result;
}

static const char *text_of(struct span s)
{
	static char text[4][256];
	static unsigned at;

	at = (at + 1) % 4;
	snprintf(text[at], sizeof(text[at]), "%.*s", (int)s.n, s.n > 0 ? (const char *)s.p : "");
	return text[at];
}

/* ---- heads that are accepted ---------------------------------------------------------------- */

static const struct good {
	const char *bytes;
	const char *method, *host, *path, *query; /* query NULL: none */
	unsigned minor;
	bool keep_alive, chunked, expect;
	uint64_t length;
} good[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "a", "/", NULL, 1, true, false, false, 0},
    {"GET / HTTP/1.1\nHost:a\n\n", "GET", "a", "/", NULL, 1, true, false, false, 0},
    {"GET / HTTP/1.0\r\n\r\n", "GET", "", "/", NULL, 0, false, false, false, 0},
    {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET", "", "/", NULL, 0, true, false,
	false, 0},
    {"GET /a?b=c?d HTTP/1.1\r\nHost: x.example:8080\r\n\r\n", "GET", "x.example:8080", "/a",
	"b=c?d", 1, true, false, false, 0},
    {"GET /? HTTP/1.1\r\nhOsT:\t x \t\r\n\r\n", "GET", "x", "/", "", 1, true, false, false, 0},
    {"GET http://x.example/p?q HTTP/1.1\r\nHost: other\r\n\r\n", "GET", "x.example", "/p", "q", 1,
	true, false, false, 0},
    {"GET http://[::1]:80 HTTP/1.1\r\nHost:\r\n\r\n", "GET", "[::1]:80", "", NULL, 1, true, false,
	false, 0},
    {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS", "a", "*", NULL, 1, true, false, false, 0},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "CONNECT", "a:443", "", NULL, 1, true, false,
	false, 0},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n", "POST", "a", "/", NULL, 1, true,
	false, false, 12},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nExpect: 100-Continue\r\n\r\n",
	"POST", "a", "/", NULL, 1, true, true, true, 0},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x , ,Close\r\n\r\n", "GET", "a", "/", NULL, 1, false,
	false, false, 0},
    {"GET / HTTP/1.7\r\nHost: a\r\nX-1: \x80\xff\r\nX-2:\r\n\r\n", "GET", "a", "/", NULL, 1, true,
	false, false, 0},
    {"!#$%&'*+-.^_`|~09 /%41%7a%C3%a4\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", "!#$%&'*+-.^_`|~09",
	"a", "/%41%7a%C3%a4\xc3\xa4", NULL, 1, true, false, false, 0},
};

START_TEST(test_good)
{
	const struct good *g = &good[_i];
	struct http1_head head;
	enum http1_result result = http1_parse(span_str(g->bytes), SIZE_MAX_HEAD, &head);

	ck_assert_int_eq(result, HTTP1_OK);
	ck_assert_str_eq(text_of(head.method), g->method);
	ck_assert_str_eq(text_of(head.host), g->host);
	ck_assert_str_eq(text_of(head.path), g->path);
	ck_assert(head.has_query == (g->query != NULL));
	ck_assert_str_eq(text_of(head.query), g->query != NULL ? g->query : "");
	ck_assert_uint_eq(head.minor, g->minor);
	ck_assert(head.keep_alive == g->keep_alive);
	ck_assert(head.chunked == g->chunked);
	ck_assert(head.expect_continue == g->expect);
	ck_assert_uint_eq(head.content_length, g->length);
	ck_assert_uint_eq(head.length, strlen(g->bytes));
}
END_TEST

START_TEST(test_good_cut)
{
	struct span whole = span_str(good[_i].bytes);
	unsigned status;
	size_t n;

	for (n = 0; n < whole.n; n++)
		ck_assert_msg(verdict(span_of(whole.p, n), &status) == HTTP1_MORE, "at %zu of %s",
		    n, good[_i].bytes);
	ck_assert_int_eq(verdict(whole, &status), HTTP1_OK);
}
END_TEST

/* What follows a head is not looked at. */
START_TEST(test_trailing)
{
	static const char bytes[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n\001junk";
	struct http1_head head;

	ck_assert_int_eq(http1_parse(span_str(bytes), SIZE_MAX_HEAD, &head), HTTP1_OK);
	ck_assert_uint_eq(head.length, 27);
}
END_TEST

/* ---- heads that are refused ----------------------------------------------------------------- */

/* The verdict is given with the byte after "|", and not before. */
static const struct refused {
	const char *bytes;
	enum http1_result result;
	unsigned status;
} refused[] = {
    /* what cannot be HTTP */
    {"|\x16\x03\x01", HTTP1_NO, 0},
    {"| GET / HTTP/1.1\r\n", HTTP1_NO, 0},
    {"|\r\nGET / HTTP/1.1\r\n", HTTP1_NO, 0},
    {"SSH-2.0-OpenSSH|\r\n", HTTP1_NO, 0},
    {"GET|\r\n", HTTP1_NO, 0},
    {"GET HTTP/1.1|\r\n", HTTP1_NO, 0},
    {"GET | / HTTP/1.1\r\n", HTTP1_NO, 0},
    {"GET |\"/ HTTP/1.1\r\n", HTTP1_NO, 0},
    {"GET /|\r\n", HTTP1_NO, 0},
    {"GET /|\x7f HTTP/1.1\r\n", HTTP1_NO, 0},
    {"GET / |\tHTTP/1.1\r\n", HTTP1_NO, 0},
    {"GET / |http/1.1\r\n", HTTP1_NO, 0},
    {"GET / HTTP/|x.1\r\n", HTTP1_NO, 0},
    {"GET / HTTP/1|/1\r\n", HTTP1_NO, 0},
    {"GET / HTTP/1.1|1\r\n", HTTP1_NO, 0},
    {"GET / HTTP/1.1\r|\r\n", HTTP1_NO, 0},
    {"EHLO mail.example.com|\r\n", HTTP1_NO, 0},
    {"PRI * HTTP/2.0\r|\n\r\nSM\r\n\r\n", HTTP1_BAD, 505},
    {"GET / HTTP/0.9\r|\n", HTTP1_BAD, 505},
    /* methods and targets */
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF|GH", HTTP1_BAD, 405},
    {"GET * HTTP/1.1\r|\n", HTTP1_BAD, 400},
    {"OPTIONS *a HTTP/1.1\r|\n", HTTP1_BAD, 400},
    {"GET a.example HTTP/1.1\r|\n", HTTP1_BAD, 400},
    {"GET http:/x HTTP/1.1\r|\n", HTTP1_BAD, 400},
    {"GET http:///x HTTP/1.1\r|\n", HTTP1_BAD, 400},
    {"GET http://u@x/ HTTP/1.1\r|\n", HTTP1_BAD, 400},
    {"CONNECT /x HTTP/1.1\r|\n", HTTP1_BAD, 400},
    {"GET /% HTTP/1.1\r|\n", HTTP1_BAD, 400},
    {"GET /%4 HTTP/1.1\r|\n", HTTP1_BAD, 400},
    {"GET /%4g HTTP/1.1\r|\n", HTTP1_BAD, 400},
    /* lines */
    {"GET / HTTP/1.1\r\nHost : a\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\n Host: a\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost: a\r\n\tb\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\n: a\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nX: a\rb\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nX: a\r\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nX: a\x01\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nX\x80: a\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\n(x): a\r|\n", HTTP1_BAD, 400},
    /* Host */
    {"GET / HTTP/1.1\r\n\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost: a b\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost: a/b\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost: u@a\r|\n", HTTP1_BAD, 400},
    {"GET http://a/ HTTP/1.1\r\n\r|\n", HTTP1_BAD, 400},
    /* bodies */
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r|\n",
	HTTP1_BAD, 400},
    {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r|\n", HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r|\n", HTTP1_BAD, 501},
    {"GET / HTTP/1.1\r\nTransfer-Encoding: \x0b"
     "chunked\r|\n",
	HTTP1_BAD, 400},
    {"GET / HTTP/1.1\r\nTransfer-Encoding: xchunked\r|\n", HTTP1_BAD, 501},
    {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r|\n", HTTP1_BAD,
	400},
    {"GET / HTTP/1.1\r\nExpect: a-lot\r|\n", HTTP1_BAD, 417},
};

START_TEST(test_refused)
{
	const struct refused *r = &refused[_i];
	size_t at = strcspn(r->bytes, "|"), n;
	struct buf bytes = {0};
	unsigned status;

	buf_append(&bytes, r->bytes, at);
	buf_append_str(&bytes, r->bytes + at + 1);
	for (n = 0; n <= buf_len(&bytes); n++) {
		enum http1_result result = verdict(span_of(bytes.data, n), &status);

		ck_assert_msg(result == (n <= at ? HTTP1_MORE : r->result), "%zu bytes of %s: %d",
		    n, r->bytes, result);
		if (n > at)
			ck_assert_uint_eq(status, r->status);
	}
	buf_fini(&bytes);
}
END_TEST

START_TEST(test_nul)
{
	static const char in_value[] = "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n";
	static const char in_target[] = "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n";
	unsigned status;

	ck_assert_int_eq(verdict(span_of(in_value, sizeof(in_value) - 1), &status), HTTP1_BAD);
	ck_assert_int_eq(verdict(span_of(in_target, sizeof(in_target) - 1), &status), HTTP1_NO);
}
END_TEST

/* ---- limits -------------------------------------------------------------------------------- */

START_TEST(test_size)
{
	struct buf bytes = {0};
	struct http1_head head;

	buf_append_str(&bytes, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	while (buf_len(&bytes) < 996)
		buf_append_str(&bytes, "x");
	ck_assert_int_eq(http1_parse(buf_span(&bytes), 1000, &head), HTTP1_MORE);
	buf_append_str(&bytes, "\r\n\r\n");
	ck_assert_int_eq(http1_parse(buf_span(&bytes), 1000, &head), HTTP1_OK);
	ck_assert_int_eq(http1_parse(buf_span(&bytes), 999, &head), HTTP1_BAD);
	ck_assert_uint_eq(head.status, 431);
	ck_assert_int_eq(http1_parse(span_of(bytes.data, 500), 500, &head), HTTP1_BAD);
	ck_assert_uint_eq(head.status, 431);
	buf_fini(&bytes);
}
END_TEST

START_TEST(test_count)
{
	struct buf bytes = {0};
	struct http1_head head;
	int i;

	buf_append_str(&bytes, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (i = 1; i < HTTP1_HEADERS_MAX; i++)
		buf_printf(&bytes, "X-%d: y\r\n", i);
	buf_append_str(&bytes, "\r\n");
	ck_assert_int_eq(http1_parse(buf_span(&bytes), 65536, &head), HTTP1_OK);
	bytes.end -= 2;
	buf_append_str(&bytes, "X: y\r\n");
	ck_assert_int_eq(http1_parse(buf_span(&bytes), 65536, &head), HTTP1_BAD);
	ck_assert_uint_eq(head.status, 431);
	buf_fini(&bytes);
}
END_TEST

/* ---- reading headers ------------------------------------------------------------------------ */

START_TEST(test_headers)
{
	static const char bytes[] = "GET / HTTP/1.1\r\nHost: a\r\nAccept:  text/html , */* \r\n"
				    "X-Empty:\r\naccept: second\r\n\r\n";
	static const char *const expected[] = {
	    "Host", "a", "Accept", "text/html , */*", "X-Empty", "", "accept", "second"};
	struct http1_head head;
	struct span list, name, value;
	size_t i = 0;

	ck_assert_int_eq(http1_parse(span_str(bytes), SIZE_MAX_HEAD, &head), HTTP1_OK);
	for (list = head.headers; http1_next_header(&list, &name, &value); i += 2) {
		ck_assert_uint_lt(i, COUNT(expected));
		ck_assert_str_eq(text_of(name), expected[i]);
		ck_assert_str_eq(text_of(value), expected[i + 1]);
	}
	ck_assert_uint_eq(i, COUNT(expected));
	ck_assert(http1_header(&head, "ACCEPT", &value));
	ck_assert_str_eq(text_of(value), "text/html , */*");
	ck_assert(http1_next_element(&value, &name));
	ck_assert_str_eq(text_of(name), "text/html");
	ck_assert(http1_next_element(&value, &name));
	ck_assert_str_eq(text_of(name), "*/*");
	ck_assert(!http1_next_element(&value, &name));
	ck_assert(!http1_header(&head, "X-None", &value));
}
END_TEST

START_TEST(test_split_host)
{
	static const char *const hosts[][3] = {
	    {"a.example", "a.example", ""},
	    {"a.example:80", "a.example", "80"},
	    {"a.example:", "a.example", ""},
	    {"[::1]", "::1", ""},
	    {"[::1]:443", "::1", "443"},
	    {"::1", "::1", ""},
	    {"", "", ""},
	    {":80", "", "80"},
	    {"]", "]", ""},
	    {"[]", "", ""},
	};
	struct span name, port;
	size_t i;

	for (i = 0; i < COUNT(hosts); i++) {
		http1_split_host(span_str(hosts[i][0]), &name, &port);
		ck_assert_str_eq(text_of(name), hosts[i][1]);
		ck_assert_str_eq(text_of(port), hosts[i][2]);
	}
}
END_TEST

/* ---- bodies -------------------------------------------------------------------------------- */

/* How many bytes of a chunked body were taken, in pieces of at most step; -1: refused. */
static long skip_chunked(struct span bytes, size_t step)
{
	struct http1_body body = {.chunked = true};
	size_t taken = 0;

	for (;;) {
		size_t n = bytes.n - taken < step ? bytes.n - taken : step;
		uint8_t *copy = copy_of(span_of(bytes.p + taken, n));
		struct span piece = span_of(copy, n);
		enum http1_body_result result = http1_body_skip(&body, &piece);

		taken += n - piece.n;
		free(copy);
		if (result == HTTP1_BODY_END)
			return (long)taken;
		if (result == HTTP1_BODY_BAD)
			return -1;
		ck_assert_uint_eq(piece.n, 0);
		if (taken == bytes.n)
			return -2;
	}
}

static const struct chunked {
	const char *bytes;
	long taken; /* -1: refused */
} chunked[] = {
    {"0\r\n\r\nGET", 5},
    {"5\r\nhello\r\n0\r\n\r\n", 15},
    {"005;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\nX", 27},
    {"A \r\n0123456789\r\n1\r\nx\r\n000\r\n\r\n", 29},
    {"0\r\nX-Trailer: a\r\nY: b\r\n\r\nrest", 25},
    {"0\n\r\n", -1},
    {"5\nhello\r\n0\r\n\r\n", -1},
    {"5\r\nhello0\r\n\r\n", -1},
    {"5\r\nhello\n0\r\n\r\n", -1},
    {"5;a\nb\r\nhello\r\n0\r\n\r\n", -1},
    {"\r\n", -1},
    {"-5\r\n", -1},
    {"g\r\n", -1},
    {"5\r\r\n", -1},
    {"0\r\nX: y\nZ\r\n\r\n", -1},
    {"0\r\n\n", -1},
    {"0\r\n\r\r", -1},
    {"10000000000000000\r\n", -1},
    {"ffffffffffffffff\r\n", -1},
};

START_TEST(test_chunked)
{
	const struct chunked *c = &chunked[_i];
	struct span whole = span_str(c->bytes);
	size_t n;

	for (n = 1; n <= whole.n; n++)
		ck_assert_msg(skip_chunked(whole, n) == c->taken, "steps of %zu: %s: %ld", n,
		    c->bytes, skip_chunked(whole, n));
	for (n = 0; c->taken >= 0 && n < (size_t)c->taken; n++)
		ck_assert_int_eq(skip_chunked(span_of(whole.p, n), 64), -2);
}
END_TEST

START_TEST(test_chunked_limits)
{
	struct buf bytes = {0};
	int i;

	buf_append_str(&bytes, "5;");
	for (i = 0; i < 300; i++)
		buf_append_str(&bytes, "x");
	ck_assert_int_eq(skip_chunked(buf_span(&bytes), 64), -1);
	buf_clear(&bytes);
	buf_append_str(&bytes, "0\r\n");
	for (i = 0; i < 1000; i++)
		buf_append_str(&bytes, "X: y\r\n");
	ck_assert_int_eq(skip_chunked(buf_span(&bytes), 64), -1);
	buf_fini(&bytes);
}
END_TEST

START_TEST(test_length)
{
	struct http1_head head = {.content_length = 10};
	struct http1_body body = http1_body_of(&head);
	struct span bytes = span_str("012345");

	ck_assert_int_eq(http1_body_skip(&body, &bytes), HTTP1_BODY_MORE);
	ck_assert_uint_eq(bytes.n, 0);
	bytes = span_str("6789GET");
	ck_assert_int_eq(http1_body_skip(&body, &bytes), HTTP1_BODY_END);
	ck_assert_str_eq(text_of(bytes), "GET");
	ck_assert_int_eq(http1_body_skip(&body, &bytes), HTTP1_BODY_END);
	ck_assert_str_eq(text_of(bytes), "GET");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http1");
	TCase *tc = tcase_create("http1");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_good, 0, COUNT(good));
	tcase_add_loop_test(tc, test_good_cut, 0, COUNT(good));
	tcase_add_test(tc, test_trailing);
	tcase_add_loop_test(tc, test_refused, 0, COUNT(refused));
	tcase_add_test(tc, test_nul);
	tcase_add_test(tc, test_size);
	tcase_add_test(tc, test_count);
	tcase_add_test(tc, test_headers);
	tcase_add_test(tc, test_split_host);
	tcase_add_loop_test(tc, test_chunked, 0, COUNT(chunked));
	tcase_add_test(tc, test_chunked_limits);
	tcase_add_test(tc, test_length);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
