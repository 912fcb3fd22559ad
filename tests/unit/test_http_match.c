/* SPDX-License-Identifier: BSD-2-Clause */
/* Matchers of requests, their texts with placeholders, and what they make of paths. */
#include <config.h>

#include <check.h>
#include <string.h>

#include "daemon/http/matcher.h"
#include "daemon/http/path.h"
#include "daemon/http/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct arena *arena;
static struct http_request request;

static void make_request(const char *bytes, bool tls)
{
	struct facts facts = {0};
	struct http1_head head;

	netaddr_parse_ip("192.0.2.7", &facts.src);
	facts.src.port = 4711;
	facts.dst = facts.src;
	facts.dst.port = 80;
	facts.fd = -1;
	ck_assert_int_eq(http1_parse(span_str(bytes), 65536, &head), HTTP1_OK);
	http_request_init(&request, arena, &head, &facts, tls);
}

static void setup(void)
{
	arena = arena_new(4096);
}

static void teardown(void)
{
	arena_free(arena);
}

/* ---- matchers ------------------------------------------------------------------------------ */

static const char plain[] = "GET /Some//Path/./x%2Fy%20z?a=1&b=two%20words&a=2 HTTP/1.1\r\n"
			    "Host: www.Example.com:8080\r\nX-One: first\r\nx-one: second\r\n"
			    "X-Empty:\r\nCookie: k=v; other=w\r\n\r\n";
static const char grpc[] = "POST / HTTP/1.0\r\nContent-Type: application/grpc+proto\r\n\r\n";
static const char v6[] = "GET http://[2001:DB8::1]:80/ HTTP/1.1\r\nHost: x\r\n\r\n";
static const char odd[] = "GET /?a=1&b;c&d=%4 HTTP/1.1\r\nHost: x\r\n\r\n";
static const char bare[] = "GET /? HTTP/1.1\r\nHost: x\r\n\r\n";

static const struct match_case {
	const char *request, *sets;
	bool yes;
} match_cases[] = {
    {plain, "[]", true},
    {plain, "[{}]", true},
    /* host */
    {plain, "[{\"host\": [\"a\", \"WWW.example.com\"]}]", true},
    {plain, "[{\"host\": [\"example.com\"]}]", false},
    {plain, "[{\"host\": [\"*.example.com\"]}]", true},
    {plain, "[{\"host\": [\"*.*.COM\"]}]", true},
    {plain, "[{\"host\": [\"*.com\"]}]", false},
    {plain, "[{\"host\": [\"*.*.*.com\"]}]", false},
    {plain, "[{\"host\": [\"*\"]}]", false},
    {plain, "[{\"host\": [\"w*.example.com\"]}]", false},
    {plain, "[{\"host\": [\"www.{http.request.host.labels.1}.com\"]}]", true},
    {plain, "[{\"host\": [\"\"]}]", false},
    {v6, "[{\"host\": [\"2001:db8::1\"]}]", true},
    {v6, "[{\"host\": [\"x\"]}]", false},
    {grpc, "[{\"host\": [\"x\"]}]", false},
    /* method, protocol */
    {plain, "[{\"method\": [\"post\", \"get\"]}]", true},
    {plain, "[{\"method\": [\"POST\"]}]", false},
    {plain, "[{\"protocol\": \"http\"}]", true},
    {plain, "[{\"protocol\": \"https\"}]", false},
    {plain, "[{\"protocol\": \"http/1.1\"}]", true},
    {plain, "[{\"protocol\": \"http/1.0+\"}]", true},
    {plain, "[{\"protocol\": \"http/2+\"}]", false},
    {grpc, "[{\"protocol\": \"http/1.1+\"}]", false},
    {grpc, "[{\"protocol\": \"http/1.0\"}]", true},
    {grpc, "[{\"protocol\": \"grpc\"}]", true},
    {plain, "[{\"protocol\": \"grpc\"}]", false},
    /* path: /some/path/x/y z */
    {plain, "[{\"path\": [\"/some/PATH/x/y z\"]}]", true},
    {plain, "[{\"path\": [\"/some//path/x/y z\"]}]", true},
    {plain, "[{\"path\": [\"/some/path\"]}]", false},
    {plain, "[{\"path\": [\"/some/*\"]}]", true},
    {plain, "[{\"path\": [\"/other\", \"*\"]}]", true},
    {plain, "[{\"path\": [\"* z\"]}]", true},
    {plain, "[{\"path\": [\"*ath/x*\"]}]", true},
    {plain, "[{\"path\": [\"*bath*\"]}]", false},
    {plain, "[{\"path\": [\"/*/path/?/*\"]}]", true},
    {plain, "[{\"path\": [\"/*/x/*\"]}]", false},
    {plain, "[{\"path\": [\"/some/path/x%2fy z\"]}]", true},
    {plain, "[{\"path\": [\"/some/path/x%2Fy%20z\"]}]", true},
    {plain, "[{\"path\": [\"/some/path/x%3fy z\"]}]", false},
    {plain, "[{\"path\": [\"/some/path/%*\"]}]", true},
    {plain, "[{\"path\": [\"/%*/path/%*\"]}]", true},
    {plain, "[{\"path\": [\"/some/{http.request.uri.path.2}/*\"]}]", true},
    {plain, "[{\"path_regexp\": {\"name\": \"p\", \"pattern\": \"^/Some/(?P<dir>[a-zA-Z]+)/\"}}]",
	true},
    {plain, "[{\"path_regexp\": {\"pattern\": \"//\"}}]", false},
    /* query */
    {plain, "[{\"query\": {\"a\": [\"1\"]}}]", true},
    {plain, "[{\"query\": {\"a\": [\"3\"]}}]", false},
    {plain, "[{\"query\": {\"a\": [\"*\"], \"b\": [\"x\", \"two words\"]}}]", true},
    {plain, "[{\"query\": {\"a\": [\"*\"], \"c\": [\"*\"]}}]", false},
    {plain, "[{\"query\": {}}]", false},
    {bare, "[{\"query\": {}}]", true},
    {odd, "[{\"query\": {\"a\": [\"1\"]}}]", false},
    /* header */
    {plain, "[{\"header\": {\"x-ONE\": [\"second\"]}}]", true},
    {plain, "[{\"header\": {\"X-One\": [\"Second\"]}}]", false},
    {plain, "[{\"header\": {\"X-One\": [\"fi*\"]}}]", true},
    {plain, "[{\"header\": {\"X-One\": [\"*rst\"]}}]", true},
    {plain, "[{\"header\": {\"X-One\": [\"*eco*\"]}}]", true},
    {plain, "[{\"header\": {\"X-One\": [\"*x*\"]}}]", false},
    {plain, "[{\"header\": {\"X-Empty\": [\"*\"]}}]", true},
    {plain, "[{\"header\": {\"X-One\": []}}]", true},
    {plain, "[{\"header\": {\"X-None\": []}}]", false},
    {plain, "[{\"header\": {\"X-None\": null}}]", true},
    {plain, "[{\"header\": {\"X-One\": null}}]", false},
    {plain, "[{\"header\": {\"X-One\": [\"first\"], \"X-None\": [\"a\"]}}]", false},
    {plain, "[{\"header\": {\"Host\": [\"www.Example.com:8080\"]}}]", true},
    {plain, "[{\"header_regexp\": {\"X-One\": {\"pattern\": \"^s\"}}}]", true},
    {plain, "[{\"header_regexp\": {\"X-One\": {\"pattern\": \"^x\"}}}]", false},
    {plain, "[{\"header_regexp\": {\"X-None\": {\"pattern\": \"\"}}}]", false},
    /* addresses */
    {plain, "[{\"remote_ip\": {\"ranges\": [\"192.0.2.0/24\"]}}]", true},
    {plain, "[{\"client_ip\": {\"ranges\": [\"private_ranges\"]}}]", false},
    /* sets */
    {plain, "[{\"host\": [\"x\"]}, {\"method\": [\"GET\"]}]", true},
    {plain, "[{\"host\": [\"x\"], \"method\": [\"GET\"]}]", false},
    {plain, "[{\"not\": [{\"host\": [\"x\"]}, {\"method\": [\"GET\"]}]}]", false},
    {plain, "[{\"not\": [{\"host\": [\"x\"], \"method\": [\"GET\"]}]}]", true},
    {plain, "[{\"not\": []}]", true},
};

START_TEST(test_match)
{
	const struct match_case *c = &match_cases[_i];
	struct load load = {.arena = arena};
	struct http_matcher_sets sets = {0};
	struct error err;
	json_t *json = json_loads(c->sets, 0, NULL);
	struct jnode node = jnode_root(json);

	ck_assert_ptr_nonnull(json);
	ck_assert_msg(http_matcher_sets_load(&load, &node, &sets, &err) == 0, "%s: %s: %s", c->sets,
	    err.path, err.message);
	json_decref(json); /* nothing of it is kept */
	make_request(c->request, false);
	ck_assert_msg(http_matcher_sets_match(&sets, &request) == c->yes, "%s", c->sets);
}
END_TEST

static const struct bad_case {
	const char *sets, *path, *message;
} bad_cases[] = {
    {"{}", "", "must be an array"},
    {"[[]]", "[0]", "must be an object"},
    {"[{\"hosts\": []}]", "[0].hosts", "unknown HTTP matcher 'hosts', did you mean 'host'?"},
    {"[{}, {\"zzz\": []}]", "[1].zzz", "unknown HTTP matcher 'zzz'"},
    {"[{\"host\": \"x\"}]", "[0].host", "must be an array"},
    {"[{\"host\": [\"a\", 1]}]", "[0].host[1]", "must be a string"},
    {"[{\"host\": [\"a\", \"A\"]}]", "[0].host", "host 'a' stands twice"},
    {"[{\"host\": [\"\xc3\xa4.example\"]}]", "[0].host[0]", "xn--"},
    {"[{\"protocol\": \"https/1.1\"}]", "[0].protocol", "did you mean 'http/1.1'?"},
    {"[{\"path_regexp\": {\"pattern\": \"(\"}}]", "[0].path_regexp.pattern", "("},
    {"[{\"header_regexp\": {\"X\": {\"patern\": \"\"}}}]", "[0].header_regexp.X",
	"did you mean 'pattern'?"},
    {"[{\"remote_ip\": {\"ranges\": [\"1.2.3\"]}}]", "[0].remote_ip.ranges[0]", "1.2.3"},
    {"[{\"not\": [{\"path\": [null]}]}]", "[0].not[0].path[0]", "must be a string"},
};

START_TEST(test_bad)
{
	const struct bad_case *c = &bad_cases[_i];
	struct load load = {.arena = arena};
	struct http_matcher_sets sets = {0};
	struct error err = {0};
	json_t *json = json_loads(c->sets, 0, NULL);
	struct jnode node = jnode_root(json);

	ck_assert_msg(http_matcher_sets_load(&load, &node, &sets, &err) == -1, "%s", c->sets);
	ck_assert_str_eq(err.path, c->path);
	ck_assert_msg(strstr(err.message, c->message) != NULL, "%s", err.message);
	json_decref(json);
}
END_TEST

/* Ten thousand names are found as fast as ten, and none of them by its neighbour. */
START_TEST(test_many_hosts)
{
	struct load load = {.arena = arena};
	struct http_matcher_sets sets = {0};
	struct error err;
	json_t *names = json_array(), *json = json_pack("[{s:o}]", "host", names);
	struct jnode node = jnode_root(json);
	char text[96];
	int i;

	for (i = 0; i < 10000; i++)
		json_array_append_new(names, json_sprintf("host%d.example.com", i * 2));
	ck_assert_int_eq(http_matcher_sets_load(&load, &node, &sets, &err), 0);
	json_decref(json);
	for (i = 0; i < 20002; i++) {
		snprintf(
		    text, sizeof(text), "GET / HTTP/1.1\r\nHost: HOST%d.example.com\r\n\r\n", i);
		make_request(text, false);
		ck_assert(http_matcher_sets_match(&sets, &request) == (i % 2 == 0 && i < 20000));
	}
}
END_TEST

/* However many matchers look at a long path and a long host, they are worked on once. */
START_TEST(test_many_looks)
{
	static const char *const patterns[] = {"/a*", "/b", "*c", "*d*", "/e/*/f", "//g", "/%2fh*"};
	struct http_matcher_sets sets = {0};
	struct load load = {.arena = arena};
	struct buf bytes = {0};
	json_t *all = json_array();
	struct jnode node;
	struct error err;
	size_t size;
	int i;

	for (i = 0; i < 2000; i++)
		json_array_append_new(all, i % 2 == 0
					       ? json_pack("{s:[s]}", "path", patterns[i / 2 % 7])
					       : json_pack("{s:[s]}", "host", "example.com"));
	node = jnode_root(all);
	ck_assert_int_eq(http_matcher_sets_load(&load, &node, &sets, &err), 0);
	json_decref(all);
	buf_append_str(&bytes, "GET /");
	for (i = 0; i < 4000; i++)
		buf_append_str(&bytes, "%42");
	buf_append_str(&bytes, " HTTP/1.1\r\nHost: ");
	for (i = 0; i < 8000; i++)
		buf_append_str(&bytes, "H");
	buf_append_str(&bytes, "\r\n\r\n");
	make_request(buf_str(&bytes), false);
	size = arena_size(arena);
	ck_assert(!http_matcher_sets_match(&sets, &request));
	ck_assert_uint_lt(arena_size(arena) - size, 256 * 1024);
	buf_fini(&bytes);
}
END_TEST

/* ---- texts --------------------------------------------------------------------------------- */

static const struct text_case {
	const char *text, *drop, *keep; /* keep NULL: as drop */
} text_cases[] = {
    {"", "", NULL},
    {"plain", "plain", NULL},
    {"{", "{", NULL},
    {"}{}", "}{}", NULL},
    {"{\"a\": 1}", "{\"a\": 1}", NULL},
    {"a{nope}b", "ab", "a{nope}b"},
    {"\\{http.request.method\\}", "{http.request.method}", NULL},
    {"{http.request.method}", "GET", NULL},
    {"{http.request.scheme}://{http.request.hostport}{http.request.uri}",
	"https://www.Example.com:8080/Some//Path/./x%2Fy%20z?a=1&b=two%20words&a=2", NULL},
    {"{http.request.host}:{http.request.port}", "www.Example.com:8080", NULL},
    {"{http.request.host.labels.0}.{http.request.host.labels.2}.{http.request.host.labels.3}",
	"com.www.", NULL},
    {"{http.request.host.labels.x}", "", "{http.request.host.labels.x}"},
    {"{http.request.proto} {http.request.proto_name}", "HTTP/1.1 HTTP/1.1", NULL},
    {"{http.request.uri.path}", "/Some//Path/./x/y z", NULL},
    {"{http.request.uri.path.dir}|{http.request.uri.path.file}", "/Some//Path/./x/|y z", NULL},
    {"{http.request.uri.path.0}|{http.request.uri.path.2}|{http.request.uri.path.9}", "Some|Path|",
	NULL},
    {"{http.request.uri.path.file.base}|{http.request.uri.path.file.ext}", "y z|", NULL},
    {"{http.request.uri.path_escaped}|{http.request.uri.query_escaped}",
	"%2FSome%2F%2FPath%2F.%2Fx%2Fy+z|a%3D1%26b%3Dtwo%2520words%26a%3D2", NULL},
    {"{http.request.uri_escaped}",
	"%2FSome%2F%2FPath%2F.%2Fx%252Fy%2520z%3Fa%3D1%26b%3Dtwo%2520words%26a%3D2", NULL},
    {"{http.request.uri.query}", "a=1&b=two%20words&a=2", NULL},
    {"{http.request.uri.prefixed_query}", "?a=1&b=two%20words&a=2", NULL},
    {"{http.request.uri.query.b}|{http.request.uri.query.a}|{http.request.uri.query.z}",
	"two words|1,2|", NULL},
    {"{http.request.header.X-One}|{http.request.header.x-empty}|{http.request.header.No}",
	"first,second||", NULL},
    {"{http.request.cookie.OTHER}|{http.request.cookie.k}|{http.request.cookie.o}", "w|v|",
	"w|v|{http.request.cookie.o}"},
    {"{http.request.remote} {http.request.remote.host} {http.request.remote.port}",
	"192.0.2.7:4711 192.0.2.7 4711", NULL},
    {"{http.request.remote.host/24}|{http.request.remote.host/8,64}|{http.request.remote.host/x}",
	"192.0.2.0/24|192.0.0.0/8|", NULL},
    {"{http.vars.client_ip}|{http.vars.other}", "192.0.2.7|", NULL},
    {"{http.request.local.port} {l4.conn.remote_ip}", "80 192.0.2.7", NULL},
    {"{http.regexp.p.1}", "", "{http.regexp.p.1}"},
    {"{http.request.tls.version}", "", "{http.request.tls.version}"},
    {"{env.TEST_HTTP_MATCH}", "from the environment", NULL},
};

static void expect_text(const char *text, enum http_text_unknown unknown, const char *expected)
{
	struct span result = http_text_of(http_text_new(arena, text, unknown), &request);

	ck_assert_msg(span_eq_str(result, expected), "%s: %.*s", text, (int)result.n, result.p);
}

START_TEST(test_text)
{
	const struct text_case *c = &text_cases[_i];

	setenv("TEST_HTTP_MATCH", "from the environment", 1);
	make_request(plain, true);
	expect_text(c->text, HTTP_TEXT_DROP, c->drop);
	expect_text(c->text, HTTP_TEXT_KEEP, c->keep != NULL ? c->keep : c->drop);
}
END_TEST

START_TEST(test_captures)
{
	struct load load = {.arena = arena};
	struct http_matcher_sets sets = {0};
	struct error err;
	json_t *json = json_pack(
	    "[{s:{s:s, s:s}}]", "path_regexp", "name", "p", "pattern", "^/(\\w+)/(?P<second>\\w+)");
	struct jnode node = jnode_root(json);

	ck_assert_int_eq(http_matcher_sets_load(&load, &node, &sets, &err), 0);
	json_decref(json);
	make_request(plain, true);
	ck_assert(http_matcher_sets_match(&sets, &request));
	expect_text("{http.regexp.p.1}/{http.regexp.second}/{http.regexp.p.second}", HTTP_TEXT_DROP,
	    "Some/Path/Path");
}
END_TEST

/* ---- paths --------------------------------------------------------------------------------- */

static const struct clean_case {
	const char *path, *merged, *kept; /* kept NULL: as merged */
} clean_cases[] = {
    {"", ".", NULL},
    {"/", "/", NULL},
    {"*", "*", NULL},
    {"/a", "/a", NULL},
    {"/a/", "/a/", NULL},
    {"//", "/", "//"},
    {"/a//b", "/a/b", "/a//b"},
    {"/a//", "/a/", "/a//"},
    {"/a/./b/.", "/a/b", NULL},
    {"/a/../b", "/b", NULL},
    {"/../../b", "/b", NULL},
    {"/a/b/../../..", "/", NULL},
    {"/a//../b", "/b", "/a/b"},
    {"/./", "/", NULL},
    {"a/../..", "..", NULL},
    {"../a/../../b", "../../b", NULL},
    {"/..a/...", "/..a/...", NULL},
};

START_TEST(test_clean)
{
	const struct clean_case *c = &clean_cases[_i];
	struct span merged = http_path_clean(arena, span_str(c->path), true);
	struct span kept = http_path_clean(arena, span_str(c->path), false);

	ck_assert_msg(span_eq_str(merged, c->merged), "%s: %.*s", c->path, (int)merged.n, merged.p);
	ck_assert_msg(span_eq_str(kept, c->kept != NULL ? c->kept : c->merged), "%s: %.*s", c->path,
	    (int)kept.n, kept.p);
}
END_TEST

static const struct glob_case {
	const char *pattern, *text;
	bool yes;
} glob_cases[] = {
    {"", "", true},
    {"", "a", false},
    {"*", "", true},
    {"*", "abc", true},
    {"*", "a/c", false},
    {"a*c*e", "abcde", true},
    {"a*c*e", "abcdef", false},
    {"a*bc", "ababbc", true},
    {"*a*/b", "xax/b", true},
    {"*a*/b", "x/a/b", false},
    {"/*/x", "//x", true},
    {"?", "/", false},
    {"?", "\xc3\xa4", true},
    {"?x", "\xc3\xa4x", true},
    {"a?", "a", false},
    {"[a-c]x", "bx", true},
    {"[a-c]x", "dx", false},
    {"[^a-c]x", "dx", true},
    {"[^a]", "/", false},
    {"[\\]]", "]", true},
    {"[]a]", "]", false},
    {"[a-]", "a", false},
    {"[a", "a", false},
    {"[", "a", false},
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"\\", "\\", false},
    {"*[", "abc", false},
};

START_TEST(test_glob)
{
	const struct glob_case *c = &glob_cases[_i];

	ck_assert_msg(http_path_glob(span_str(c->pattern), span_str(c->text)) == c->yes, "%s on %s",
	    c->pattern, c->text);
}
END_TEST

/* A pattern of many stars costs no more than its length times that of the text. */
START_TEST(test_glob_cost)
{
	char pattern[512], text[8192];
	size_t i;

	for (i = 0; i + 2 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 2);
	strcpy(pattern + i, "b");
	memset(text, 'a', sizeof(text));
	ck_assert(!http_path_glob(span_str(pattern), span_of(text, sizeof(text))));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_match");
	TCase *tc = tcase_create("http_match");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_match, 0, COUNT(match_cases));
	tcase_add_loop_test(tc, test_bad, 0, COUNT(bad_cases));
	tcase_add_test(tc, test_many_hosts);
	tcase_add_test(tc, test_many_looks);
	tcase_add_loop_test(tc, test_text, 0, COUNT(text_cases));
	tcase_add_test(tc, test_captures);
	tcase_add_loop_test(tc, test_clean, 0, COUNT(clean_cases));
	tcase_add_loop_test(tc, test_glob, 0, COUNT(glob_cases));
	tcase_add_test(tc, test_glob_cost);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
