/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/2 sessions: requests and answers, what is refused, and frames that are cut and damaged. */
#include <config.h>

#include <check.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <nghttp2/nghttp2.h>

#include "daemon/http/h2_session.h"
#include "daemon/wire/http2.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OUT_MOST (64u << 10)

enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION };

static const struct http_server server = {.tls = true, .max_header_bytes = 1024};
static struct arena *arena;
static struct facts facts;
static struct h2_session *session;
static struct buf out;
static ev_tstamp now;

static void setup(void)
{
	arena = arena_new(256);
	facts = (struct facts){.arena = arena, .fd = -1};
	session = h2_session_new(&server, &facts);
	ck_assert_ptr_nonnull(session);
	now = 1;
}

static void teardown(void)
{
	h2_session_free(session);
	buf_fini(&out);
	arena_free(arena);
}

/* ---- frames -------------------------------------------------------------------------------- */

static void put(struct buf *b, uint8_t type, uint8_t flags, uint32_t stream, struct span payload)
{
	uint8_t head[9] = {
	    (uint8_t)(payload.n >> 16),
	    (uint8_t)(payload.n >> 8),
	    (uint8_t)payload.n,
	    type,
	    flags,
	    (uint8_t)(stream >> 24),
	    (uint8_t)(stream >> 16),
	    (uint8_t)(stream >> 8),
	    (uint8_t)stream,
	};

	buf_append(b, head, sizeof(head));
	buf_append(b, payload.p, payload.n);
}

static void begin(struct buf *b)
{
	buf_append_str(b, HTTP2_PREFACE);
	put(b, SETTINGS, 0, 0, span_of(NULL, 0));
}

/* "GET https://a/" (0x82: POST with 0x83), and fields without a table. */
static void put_request(struct buf *b, uint32_t stream, uint8_t flags, uint8_t method,
    const char *name, const char *value)
{
	struct buf head = {0};
	uint8_t literal[2] = {0x00, (uint8_t)strlen(name)}, length = (uint8_t)strlen(value);

	buf_append(&head, &method, 1);
	buf_append(&head,
	    "\x87\x84\x41\x01"
	    "a",
	    5);
	if (*name != '\0') {
		buf_append(&head, literal, 2);
		buf_append_str(&head, name);
		buf_append(&head, &length, 1);
		buf_append_str(&head, value);
	}
	put(b, HEADERS, (uint8_t)(flags | 0x04), stream, buf_span(&head));
	buf_fini(&head);
}

static bool take(struct buf *b)
{
	bool goes_on = h2_session_take(session, buf_span(b), now);

	buf_fini(b);
	return goes_on && h2_session_give(session, &out, OUT_MOST);
}

/* How many frames of type there are in out; *last is the last one's payload. */
static unsigned frames(uint8_t type, struct span *last)
{
	struct span s = buf_span(&out), payload;
	uint8_t t, flags;
	uint32_t length, stream;
	unsigned count = 0;

	while (span_u24(&s, &length) && span_u8(&s, &t) && span_u8(&s, &flags) &&
	       span_u32(&s, &stream) && span_take(&s, length, &payload)) {
		if (t != type)
			continue;
		*last = payload;
		count++;
	}
	return count;
}

/* The status of the last answer, which is the first that this inflater sees. */
static int status(void)
{
	nghttp2_hd_inflater *inflater;
	nghttp2_nv nv;
	struct span head;
	int flags = 0, found = 0;
	ssize_t n;

	ck_assert_uint_ge(frames(HEADERS, &head), 1);
	nghttp2_hd_inflate_new(&inflater);
	while (head.n > 0 && !(flags & NGHTTP2_HD_INFLATE_FINAL)) {
		n = nghttp2_hd_inflate_hd2(inflater, &nv, &flags, head.p, head.n, 1);
		ck_assert_int_ge(n, 0);
		span_skip(&head, (size_t)n);
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) && nv.namelen == 7)
			found = atoi((const char *)nv.value);
	}
	nghttp2_hd_inflate_del(inflater);
	return found;
}

static uint32_t code_of(struct span payload, size_t skip)
{
	uint32_t code = UINT32_MAX;

	span_skip(&payload, skip);
	span_u32(&payload, &code);
	return code;
}

/* ---- requests ------------------------------------------------------------------------------ */

START_TEST(test_request)
{
	struct buf b = {0};
	struct span last;

	begin(&b);
	put_request(&b, 1, 0x01, 0x82, "", "");
	ck_assert(take(&b));
	ck_assert_int_eq(status(), 200);
	ck_assert_uint_eq(frames(RST_STREAM, &last), 0);
	ck_assert_uint_eq(h2_session_waits(session).streams, 0);
	ck_assert(h2_session_waits(session).begun);
	ck_assert(!h2_session_is_over(session));
	h2_session_leave(session);
	ck_assert(h2_session_give(session, &out, OUT_MOST));
	ck_assert_uint_eq(frames(GOAWAY, &last), 1);
	ck_assert_uint_eq(code_of(last, 0), 1);
	ck_assert(h2_session_is_over(session));
}
END_TEST

/* What it waits for, while a body is on its way. */
START_TEST(test_waits)
{
	struct buf b = {0};
	struct h2_waits before, after;
	struct span last;

	begin(&b);
	put_request(&b, 1, 0, 0x83, "", "");
	ck_assert(take(&b));
	before = h2_session_waits(session);
	ck_assert_uint_eq(before.streams, 1);
	ck_assert(before.request_since == now && before.head_since == 0);
	ck_assert(!before.begun);
	put(&b, DATA, 0, 1, span_str("some"));
	ck_assert(take(&b));
	after = h2_session_waits(session);
	ck_assert_uint_gt(after.received, before.received);
	h2_session_leave(session);
	ck_assert(h2_session_give(session, &out, OUT_MOST));
	ck_assert(!h2_session_is_over(session));
	put(&b, DATA, 0x01, 1, span_str("more"));
	ck_assert(take(&b));
	ck_assert_int_eq(status(), 200);
	ck_assert(h2_session_is_over(session));
	ck_assert_uint_eq(frames(RST_STREAM, &last), 0);
}
END_TEST

static const struct {
	uint8_t method;
	const char *name, *value;
	int status;
} heads[] = {
    {0x82, "host", "a", 200},
    {0x82, "host", "A", 200},
    {0x82, "host", "b", 400},
    {0x82, "cookie", "a=1", 200},
    {0x83, "expect", "100-continue", 200},
};

START_TEST(test_heads)
{
	struct buf b = {0};

	begin(&b);
	put_request(&b, 1, 0x01, heads[_i].method, heads[_i].name, heads[_i].value);
	ck_assert(take(&b));
	ck_assert_int_eq(status(), heads[_i].status);
}
END_TEST

START_TEST(test_large_head)
{
	struct buf b = {0}, head = {0};
	int i;

	begin(&b);
	buf_append(&head,
	    "\x82\x87\x84\x41\x01"
	    "a",
	    6);
	for (i = 0; i < 200; i++)
		buf_append(&head, "\x00\x01x\x01y", 5);
	put(&b, HEADERS, 0x05, 1, buf_span(&head));
	buf_fini(&head);
	ck_assert(take(&b));
	ck_assert_int_eq(status(), 431);
}
END_TEST

START_TEST(test_many_streams)
{
	struct buf b = {0};
	struct span last;
	uint32_t i;

	begin(&b);
	for (i = 0; i < H2_STREAMS_MAX + 5; i++)
		put_request(&b, 2 * i + 1, 0, 0x83, "", "");
	ck_assert(take(&b));
	ck_assert_uint_eq(h2_session_waits(session).streams, H2_STREAMS_MAX);
	ck_assert_uint_eq(frames(RST_STREAM, &last), 5);
	ck_assert_uint_eq(code_of(last, 0), NGHTTP2_REFUSED_STREAM);
}
END_TEST

/* Requests with long heads, whose answers nobody reads, keep no more than is still to be sent. */
START_TEST(test_unread_answers)
{
	static const char routes[] =
	    "[{\"handle\": [{\"handler\": \"static_response\", \"body\": \"here\"}]}]";
	static const uint8_t no_window[] = {0, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0, 0, 0, 0};
	struct http_server busy = {.tls = true, .max_header_bytes = 16384};
	struct load load = {.arena = arena};
	struct buf b = {0}, head = {0};
	json_t *json = json_loads(routes, 0, NULL);
	struct jnode node = jnode_root(json);
	struct error err;
	size_t before;
	uint32_t i;

	ck_assert_int_eq(http_routes_load(&load, &node, &busy.routes, &err), 0);
	json_decref(json);
	h2_session_free(session);
	session = h2_session_new(&busy, &facts);
	buf_append_str(&b, HTTP2_PREFACE);
	put(&b, SETTINGS, 0, 0, span_of(no_window, sizeof(no_window)));
	ck_assert(take(&b));
	buf_append(&head,
	    "\x82\x87\x84\x41\x01"
	    "a",
	    6);
	for (i = 0; i < 120; i++) {
		buf_append(&head, "\x00\x01x\x64", 4);
		memset(buf_reserve(&head, 100), 'y', 100);
		buf_commit(&head, 100);
	}
	before = mallinfo2().uordblks;
	for (i = 0; i < H2_STREAMS_MAX; i++) {
		put(&b, HEADERS, 0x05, 2 * i + 1, buf_span(&head));
		ck_assert(take(&b));
	}
	buf_fini(&head);
	ck_assert_uint_eq(h2_session_waits(session).streams, H2_STREAMS_MAX);
	ck_assert_uint_lt(mallinfo2().uordblks - before, H2_STREAMS_MAX * 6000);
	h2_session_free(session);
	session = h2_session_new(&server, &facts);
}
END_TEST

/* ---- wearing it out ------------------------------------------------------------------------ */

static void put_nothing(struct buf *b, uint8_t kind, uint32_t i)
{
	switch (kind) {
	case PING:
		put(b, PING, 0, 0, span_str("12345678"));
		break;
	case RST_STREAM:
		put_request(b, 2 * i + 3, 0x01, 0x82, "", "");
		put(b, RST_STREAM, 0, 2 * i + 3, span_of((const uint8_t *)"\0\0\0\x08", 4));
		break;
	case PRIORITY:
		put(b, PRIORITY, 0, 1, span_of((const uint8_t *)"\0\0\0\0\x08", 5));
		break;
	default:
		put(b, kind, 0, kind == DATA ? 1 : 0, span_of(NULL, 0));
	}
}

/* Frames that cost the client nothing: it is told to be calm, or cut off, before 700 of them. */
START_TEST(test_flood)
{
	static const uint8_t kinds[] = {DATA, PING, SETTINGS, RST_STREAM, PRIORITY};
	struct buf b = {0};
	struct span last;
	bool goes_on = true;
	uint32_t i;

	begin(&b);
	put_request(&b, 1, 0, 0x83, "", "");
	ck_assert(take(&b));
	for (i = 0; i < 700 && goes_on && !h2_session_is_over(session); i++) {
		put_nothing(&b, kinds[_i], i);
		goes_on = take(&b);
		ck_assert_uint_lt(buf_len(&out), OUT_MOST + 32768);
	}
	ck_assert_uint_lt(i, 700);
	if (goes_on) {
		ck_assert_uint_eq(frames(GOAWAY, &last), 1);
		ck_assert_uint_eq(code_of(last, 4), NGHTTP2_ENHANCE_YOUR_CALM);
	}
}
END_TEST

/* The same, slowly, is borne. */
START_TEST(test_slow_pings)
{
	struct buf b = {0};
	struct span last;
	uint32_t i;

	begin(&b);
	for (i = 0; i < 3000; i++) {
		put_nothing(&b, PING, i);
		ck_assert(take(&b));
		now += 0.05;
		buf_clear(&out);
	}
	ck_assert_uint_eq(frames(GOAWAY, &last), 0);
	ck_assert(!h2_session_is_over(session));
}
END_TEST

/* ---- damage -------------------------------------------------------------------------------- */

static void put_all_kinds(struct buf *b)
{
	begin(b);
	put(b, SETTINGS, 0, 0, span_of((const uint8_t *)"\0\4\0\0\0\1", 6));
	put_request(b, 1, 0x01, 0x82, "x-name", "value");
	put_request(b, 3, 0x00, 0x83, "content-length", "4");
	put(b, DATA, 0x08, 3, span_of((const uint8_t *)"\2ab\0\0", 5));
	put(b, DATA, 0x01, 3, span_str("cd"));
	put(b, HEADERS, 0x01, 5, span_of((const uint8_t *)"\x82\x87\x84", 3));
	put(b, CONTINUATION, 0x04, 5,
	    span_of((const uint8_t *)"\x41\x01"
				     "a",
		3));
	put(b, PRIORITY, 0, 7, span_of((const uint8_t *)"\0\0\0\0\x08", 5));
	put(b, WINDOW, 0, 0, span_of((const uint8_t *)"\0\0\1\0", 4));
	put(b, PING, 0, 0, span_str("12345678"));
	put(b, RST_STREAM, 0, 5, span_of((const uint8_t *)"\0\0\0\x08", 4));
}

/* Takes bytes in two pieces. */
static bool take_cut(struct span bytes, size_t at)
{
	struct span first;

	span_take(&bytes, at, &first);
	return h2_session_take(session, first, now) && h2_session_give(session, &out, OUT_MOST) &&
	       h2_session_take(session, bytes, now) && h2_session_give(session, &out, OUT_MOST);
}

START_TEST(test_cut)
{
	struct buf b = {0};
	struct span last;
	size_t i, n;

	put_all_kinds(&b);
	n = buf_len(&b);
	for (i = 0; i <= n; i++) {
		ck_assert(take_cut(buf_span(&b), i));
		ck_assert_uint_ge(frames(HEADERS, &last), 2);
		teardown();
		setup();
	}
	buf_fini(&b);
}
END_TEST

/* Every byte wrong in several ways: refused or not, nothing grows. */
START_TEST(test_damaged)
{
	static const uint8_t wrong[] = {0x01, 0x80, 0xff, 0x7f, 0x10};
	struct buf b = {0};
	size_t i, k, n, refused = 0;

	put_all_kinds(&b);
	n = buf_len(&b);
	for (i = 0; i < n; i++) {
		for (k = 0; k < COUNT(wrong); k++) {
			b.data[b.start + i] ^= wrong[k];
			refused += !take_cut(buf_span(&b), i) || h2_session_is_over(session);
			ck_assert_uint_lt(buf_len(&out), OUT_MOST);
			ck_assert_uint_le(h2_session_waits(session).streams, H2_STREAMS_MAX);
			b.data[b.start + i] ^= wrong[k];
			teardown();
			setup();
		}
	}
	ck_assert_uint_gt(refused, n / 2);
	buf_fini(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("h2_session");
	TCase *tc = tcase_create("sessions");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_request);
	tcase_add_test(tc, test_waits);
	tcase_add_loop_test(tc, test_heads, 0, COUNT(heads));
	tcase_add_test(tc, test_large_head);
	tcase_add_test(tc, test_many_streams);
	tcase_add_test(tc, test_unread_answers);
	tcase_add_loop_test(tc, test_flood, 0, 5);
	tcase_add_test(tc, test_slow_pings);
	tcase_add_test(tc, test_cut);
	tcase_add_test(tc, test_damaged);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
