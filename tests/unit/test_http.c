/* SPDX-License-Identifier: BSD-2-Clause */
/* The `http` matcher, and HTTP/2 requests as it reads them. */
#include <config.h>

#include "daemon/wire/http2.h"
#include "tests/unit/matcher_support.h"

#define HTTP "{'http': [{}]}"
#define HTTP_OF(set) "{'http': [" set "]}"

/* Where a client's head ends; beyond it there may be a body. */
static const struct {
	const char *flight;
	size_t head;
	const char *host, *set, *other;
} clients[] = {
    {"http_curl", 93, "www.example.com",
	"{'host': ['www.example.com'], 'path': ['/index.html'], 'query': {'a': ['b']}}",
	"{'path': ['/other']}"},
    {"http_curl_10", 79, "www.example.com", "{'protocol': 'http/1.0'}",
	"{'protocol': 'http/1.1+'}"},
    {"http_curl_post", 157, "www.example.com:8080",
	"{'method': ['POST'], 'host': ['www.example.com'], 'header': {'Content-Length': ['3']}}",
	"{'method': ['GET']}"},
    {"http_curl_upgrade", 172, "www.example.com",
	"{'header': {'Upgrade': ['h2c']}, 'protocol': 'http/1.1'}", "{'protocol': 'http/2'}"},
    {"http2_curl", 113, "www.example.com",
	"{'host': ['*.example.com'], 'path': ['/path'], 'query': {'q': ['1']}, "
	"'protocol': 'http/2', 'header': {'User-Agent': ['curl/*']}}",
	"{'host': ['example.com']}"},
    {"http2_curl_post", 126, "www.example.com", "{'method': ['POST'], 'protocol': 'grpc'}",
	"{'method': ['GET']}"},
    {"http2_nghttp", 174, "www.example.com",
	"{'path_regexp': {'pattern': '^/from/'}, 'header_regexp': {'user-agent': {'pattern': "
	"'^nghttp2/'}}}",
	"{'path_regexp': {'pattern': '^/to/'}}"},
    {"http2_nghttp_padded", 210, "www.example.com", "{'path': ['/padded'], 'protocol': 'http/2+'}",
	"{'protocol': 'https'}"},
};

START_TEST(test_clients)
{
	struct span flight = support_flight(clients[_i].flight);

	support_cuts(HTTP, flight, clients[_i].head, MATCH_YES);
	support_fact("l4.http.host", clients[_i].host);
	support_cuts("{'http': []}", flight, clients[_i].head, MATCH_YES);
	support_cuts("{'http': null}", flight, clients[_i].head, MATCH_YES);
	support_cuts(arena_printf(arena, HTTP_OF("%s"), clients[_i].set), flight, clients[_i].head,
	    MATCH_YES);
	support_cuts(arena_printf(arena, HTTP_OF("%s"), clients[_i].other), flight,
	    clients[_i].head, MATCH_NO);
	support_cuts(arena_printf(arena, HTTP_OF("%s, %s"), clients[_i].other, clients[_i].set),
	    flight, clients[_i].head, MATCH_YES);
	support_cuts(arena_printf(arena, HTTP_OF("{'not': [%s]}"), clients[_i].other), flight,
	    clients[_i].head, MATCH_YES);
	support_cuts("{'not': [" HTTP "]}", flight, clients[_i].head, MATCH_NO);
	ck_assert_int_eq(support_verdict(HTTP, flight, true), MATCH_NO);
}
END_TEST

/* Which byte says that it is no request. */
static const struct {
	const char *bytes;
	size_t decided;
} others[] = {
    {"\x16\x03\x01", 1},
    {"GET\r\n", 4},
    {"GET / HTTP/x", 12},
    {"GET / HTTQ/1.1\r\n", 10},
    {"SSH-2.0-OpenSSH_9.2\r\n", 20},
    {"GET / HTTP/1.1\r\nHost : a\r\n", 26},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", 34},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r", 24},
    {"PRI * HTTP/2.0\r\nHost: a\r\n\r\n", 17},
    {"PRINT / HTTP/9.9\r\n", 18},
};

START_TEST(test_others)
{
	support_cuts(HTTP, span_str(others[_i].bytes), others[_i].decided, MATCH_NO);
}
END_TEST

START_TEST(test_facts)
{
	const char *from = "{'http': [{'remote_ip': {'ranges': ['10.0.0.0/8']}, 'client_ip': "
			   "{'ranges': ['10.1.2.3']}}]}";
	struct span flight = support_flight("http_curl");

	ck_assert_int_eq(support_verdict(from, flight, false), MATCH_YES);
	ck_assert_int_eq(
	    support_verdict("{'http': [{'protocol': 'http'}]}", flight, false), MATCH_YES);
	facts_set(&facts, "l4.tls.cipher_suite", span_str("TLS_AES_128_GCM_SHA256"));
	ck_assert_int_eq(
	    support_verdict("{'http': [{'protocol': 'https'}]}", flight, false), MATCH_YES);
	ck_assert_int_eq(
	    support_verdict("{'http': [{'protocol': 'http'}]}", flight, false), MATCH_NO);
}
END_TEST

static const struct {
	const char *set;
	enum match_verdict verdict;
} vars[] = {
    {"{'vars': {}}", MATCH_YES},
    {"{'vars': {'{http.request.method}': ['POST', 'GET']}}", MATCH_YES},
    {"{'vars': {'{http.request.method}': ['POST']}}", MATCH_NO},
    {"{'vars': {'{http.request.method}': ['POST'], 'client_ip': ['10.1.2.3']}}", MATCH_YES},
    {"{'vars': {'client_ip': ['{l4.conn.remote_ip}']}}", MATCH_YES},
    {"{'vars': {'nothing': ['']}}", MATCH_YES},
    {"{'vars': {'{nothing}': ['x']}}", MATCH_NO},
    {"{'vars': {'{http.request.host}{http.request.method}': ['']}}", MATCH_YES},
    {"{'vars_regexp': {}}", MATCH_NO},
    {"{'vars_regexp': {'{http.request.uri.path}': {'pattern': '[.]html$'}}}", MATCH_YES},
    {"{'vars_regexp': {'{http.request.uri.path}': {'pattern': '^$'}, 'nothing': {'pattern': "
     "'^$'}}}",
	MATCH_YES},
    {"{'vars_regexp': {'{http.request.uri.path}': {'pattern': '^$'}}}", MATCH_NO},
    {"{'vars_regexp': {'{http.request.uri.path}': {'name': 'n', 'pattern': '/([a-z]+)'}}, 'vars': "
     "{'{http.regexp.n.1}': ['index']}}",
	MATCH_YES},
};

START_TEST(test_vars)
{
	ck_assert_msg(support_verdict(arena_printf(arena, HTTP_OF("%s"), vars[_i].set),
			  support_flight("http_curl"), false) == vars[_i].verdict,
	    "%s", vars[_i].set);
}
END_TEST

/* A request belongs to its bytes: where they change it is read again, whatever their length. */
START_TEST(test_changed_bytes)
{
	struct match_input in = {.phase = MATCH_LIVE, .facts = &facts, .cache = &cache};
	struct matcher_set set = support_set("{'http': [{'host': ['b']}]}");

	in.bytes = span_str("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	ck_assert_int_eq(matcher_set_match(&set, &in), MATCH_NO);
	match_cache_clear(&cache);
	in.bytes = span_str("GET / HTTP/1.1\r\nHost: b\r\n\r\n");
	ck_assert_int_eq(matcher_set_match(&set, &in), MATCH_YES);
	in.bytes = span_str("GET / HTTP/1.1\r\nHost: b\r\n\r\nmore");
	ck_assert_int_eq(matcher_set_match(&set, &in), MATCH_YES);
	ck_assert_int_eq(matcher_set_match(&set, &in), MATCH_YES);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("http", "[{}]");
	support_adapt("http {\n}", "[{}]");
	support_adapt("http host a b", "[{'host': ['a', 'b']}]");
	support_adapt(
	    "http {\nhost a\nhost b\nmethod GET\n}", "[{'host': ['a', 'b'], 'method': ['GET']}]");
	support_adapt("http not path /a*", "[{'not': [{'path': ['/a*']}]}]");
	support_adapt("http path_regexp ^/x", "[{'path_regexp': {'pattern': '^/x'}}]");
	support_adapt("http {\nvars {l4.http.host} a b\nvars_regexp n {x} b\n}",
	    "[{'vars': {'{l4.http.host}': ['a', 'b']}, 'vars_regexp': {'{x}': {'name': 'n', "
	    "'pattern': 'b'}}}]");
	support_adapt("http hosts a", NULL);
	support_adapt("http {\nhttp\n}", NULL);
	support_refused("{'http': {}}", "http: ");
	support_refused("{'http': [{'hots': ['a']}]}",
	    "http[0].hots: unknown HTTP matcher 'hots', did you mean 'host'?");
	support_refused("{'http': [{'vars': {'a': 'b'}}]}", "http[0].vars.a: ");
	support_refused("{'http': [{'vars_regexp': {'a': {'pattern': '('}}}]}",
	    "http[0].vars_regexp.a.pattern: ");
	ck_assert(support_set(HTTP).bytes);
}
END_TEST

/* ---- HTTP/2, made by hand ------------------------------------------------------------------ */

/* Frames behind the preface, as they are put together. */
static struct buf wire;

static void frames_setup(void)
{
	support_setup();
	buf_append_str(&wire, HTTP2_PREFACE);
}

static void frames_teardown(void)
{
	buf_fini(&wire);
	support_teardown();
}

static void frame(uint8_t type, uint8_t flags, uint32_t stream, const void *payload, size_t n)
{
	const uint8_t header[] = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, type, flags,
	    (uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8),
	    (uint8_t)stream};

	buf_append(&wire, header, sizeof(header));
	buf_append(&wire, payload, n);
}

/* "name: value" lines as literals without indexing (RFC 7541 section 6.2.2). */
static void fields(struct buf *block, const char *lines)
{
	while (*lines != '\0') {
		const char *colon = strchr(lines + 1, ':'), *end = strchr(lines, '\n');
		size_t name = (size_t)(colon - lines), value = (size_t)(end - colon) - 2;

		ck_assert(name < 127 && value < 127);
		buf_append(block, (uint8_t[]){0, (uint8_t)name}, 2);
		buf_append(block, lines, name);
		buf_append(block, (uint8_t[]){(uint8_t)value}, 1);
		buf_append(block, colon + 2, value);
		lines = end + 1;
	}
}

static enum wire_verdict parse(struct http2_head *head)
{
	static struct buf decoded;

	buf_fini(&decoded);
	arena_release(arena, (void (*)(void *))buf_fini, &decoded);
	return http2_parse(buf_span(&wire), &decoded, head);
}

#define GET ":method: GET\n:scheme: http\n:path: /a?b\n"

static const struct {
	const char *lines;
	enum wire_verdict verdict;
} requests[] = {
    {GET ":authority: h\n", WIRE_YES},
    {GET "host: h\n", WIRE_YES},
    {GET ":authority: h\nhost: H\nx-a: b\n", WIRE_YES},
    {GET ":authority: h\nhost: g\n", WIRE_NO},
    {GET "host: h\nhost: g\n", WIRE_NO},
    {GET ":authority: h h\n", WIRE_NO},
    {GET ":method: GET\n", WIRE_NO},
    {GET ":status: 200\n", WIRE_NO},
    {GET "x: y\n:authority: h\n", WIRE_NO},
    {GET "X: y\n", WIRE_NO},
    {GET "connection: close\n", WIRE_NO},
    {GET "transfer-encoding: chunked\n", WIRE_NO},
    {GET "a b: c\n", WIRE_NO},
    {":method: GET\n:scheme: http\n", WIRE_NO},
    {":method: GET\n:path: /\n", WIRE_NO},
    {":scheme: http\n:path: /\n", WIRE_NO},
    {":method: G T\n:scheme: http\n:path: /\n", WIRE_NO},
    {":method: GET\n:scheme: http\n:path: a\n", WIRE_NO},
    {":method: GET\n:scheme: http\n:path: /%zz\n", WIRE_NO},
    {":method: GET\n:scheme: http\n:path: *\n", WIRE_NO},
    {":method: OPTIONS\n:scheme: http\n:path: *\n", WIRE_YES},
    {":method: CONNECT\n:authority: h:1\n", WIRE_YES},
    {":method: CONNECT\n:authority: h:1\n:path: /\n", WIRE_NO},
    {":method: CONNECT\n:protocol: websocket\n:scheme: http\n:path: /\n:authority: h\n", WIRE_YES},
    {GET ":protocol: websocket\n:authority: h\n", WIRE_NO},
    {"", WIRE_NO},
};

START_TEST(test_requests)
{
	struct buf block = {0};
	struct http2_head head;

	buf_reserve(&block, 1);
	fields(&block, requests[_i].lines);
	frame(4, 0, 0, "", 0);
	frame(1, 4, 1, buf_span(&block).p, buf_len(&block));
	ck_assert_msg(parse(&head) == requests[_i].verdict, "%s", requests[_i].lines);
	buf_fini(&block);
}
END_TEST

/* The fields may be cut into frames anywhere. */
START_TEST(test_continuation)
{
	struct buf block = {0};
	struct http2_head head;
	struct span all, name, value;
	size_t i;

	fields(&block, GET ":authority: h\nx-a: b\nx-c: d\n");
	all = buf_span(&block);
	for (i = 0; i <= all.n; i++) {
		buf_clear(&wire);
		buf_append_str(&wire, HTTP2_PREFACE);
		frame(4, 0, 0, "", 0);
		frame(1, 0, 3, all.p, i);
		ck_assert_int_eq(parse(&head), WIRE_MORE);
		frame(9, 0, 3, all.p + i, (all.n - i) / 2);
		ck_assert_int_eq(parse(&head), WIRE_MORE);
		frame(9, 4, 3, all.p + i + (all.n - i) / 2, all.n - i - (all.n - i) / 2);
		ck_assert_int_eq(parse(&head), WIRE_YES);
		ck_assert(span_eq_str(head.path, "/a?b") && span_eq_str(head.authority, "h"));
		ck_assert(http2_next_field(&head.fields, &name, &value));
		ck_assert(span_eq_str(name, "x-a") && span_eq_str(value, "b"));
		ck_assert(http2_next_field(&head.fields, &name, &value));
		ck_assert(!http2_next_field(&head.fields, &name, &value));
	}
	buf_fini(&block);
}
END_TEST

/* Frames that cannot stand there, in front of a request that could. */
static const struct {
	bool settings; /* comes first */
	uint8_t type, flags;
	uint32_t stream;
	size_t length;
	enum wire_verdict verdict;
} before[] = {
    {true, 4, 0, 0, 6, WIRE_YES},
    {true, 2, 0, 3, 5, WIRE_YES},
    {true, 6, 0, 0, 8, WIRE_YES},
    {true, 8, 0, 0, 4, WIRE_YES},
    {true, 16, 0, 0, 7, WIRE_YES},
    {true, 255, 255, 1, 0, WIRE_YES},
    {false, 8, 0, 0, 4, WIRE_NO},
    {false, 4, 1, 0, 0, WIRE_NO},
    {false, 4, 0, 1, 0, WIRE_NO},
    {false, 4, 0, 0, 5, WIRE_NO},
    {true, 0, 0, 1, 4, WIRE_NO},
    {true, 1, 4, 2, 4, WIRE_NO},
    {true, 1, 4, 0, 4, WIRE_NO},
    {true, 3, 0, 1, 4, WIRE_NO},
    {true, 5, 0, 1, 4, WIRE_NO},
    {true, 7, 0, 0, 8, WIRE_NO},
    {true, 9, 4, 1, 4, WIRE_NO},
    {true, 2, 0, 0, 5, WIRE_NO},
    {true, 2, 0, 3, 4, WIRE_NO},
    {true, 6, 0, 0, 7, WIRE_NO},
    {true, 16, 0, 0, 16385, WIRE_NO},
    {true, 1, 4 | 8, 1, 0, WIRE_NO},
    {true, 1, 4 | 32, 1, 4, WIRE_NO},
};

START_TEST(test_frames_before)
{
	static const uint8_t zeros[20000];
	struct buf block = {0};
	struct http2_head head;

	if (before[_i].settings)
		frame(4, 0, 0, "", 0);
	frame(before[_i].type, before[_i].flags, before[_i].stream, zeros, before[_i].length);
	fields(&block, GET ":authority: h\n");
	frame(1, 4, 1, buf_span(&block).p, buf_len(&block));
	ck_assert_int_eq(parse(&head), before[_i].verdict);
	buf_fini(&block);
}
END_TEST

/* However a client goes on and on, there is an end. */
START_TEST(test_bounds)
{
	uint8_t index[1000];
	char value[121], line[200];
	struct buf block = {0};
	struct http2_head head;
	int i;

	frame(4, 0, 0, "", 0);
	for (i = 0; i < HTTP2_FRAMES_MAX; i++)
		frame(6, 0, 0, "12345678", 8);
	ck_assert_int_eq(parse(&head), WIRE_NO);

	buf_clear(&wire);
	buf_append_str(&wire, HTTP2_PREFACE);
	frame(4, 0, 0, "", 0);
	frame(1, 0, 1, "", 0);
	for (i = 0; i <= HTTP2_FRAMES_MAX; i++)
		frame(9, 0, 1, "", 0);
	ck_assert_int_eq(parse(&head), WIRE_NO);

	/* One field in the table, named again and again. */
	buf_clear(&wire);
	buf_append_str(&wire, HTTP2_PREFACE);
	frame(4, 0, 0, "", 0);
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	snprintf(line, sizeof(line), "x-long: %s\n", value);
	fields(&block, line);
	block.data[block.start] = 0x40; /* a literal that goes into the table */
	memset(index, 0xbe, sizeof(index));
	buf_append(&block, index, sizeof(index));
	frame(1, 4, 1, buf_span(&block).p, buf_len(&block));
	ck_assert_int_eq(parse(&head), WIRE_NO);
	buf_fini(&block);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http");
	TCase *tc = tcase_create("matcher"), *h2 = tcase_create("http2");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_clients, clients);
	SUPPORT_LOOP(tc, test_others, others);
	tcase_add_test(tc, test_facts);
	SUPPORT_LOOP(tc, test_vars, vars);
	tcase_add_test(tc, test_changed_bytes);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(h2, frames_setup, frames_teardown);
	SUPPORT_LOOP(h2, test_requests, requests);
	tcase_add_test(h2, test_continuation);
	SUPPORT_LOOP(h2, test_frames_before, before);
	tcase_add_test(h2, test_bounds);
	suite_add_tcase(suite, h2);
	return support_run(suite);
}
