/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdicts of the matchers, on JSON and on bytes as they come; and what their Caddyfile forms
 * become.
 */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/input/blocks.h"
#include "daemon/matchers/matchers_tbl.h"
#include "daemon/tls/hello_match.h"
#include "tests/unit/hello_samples.h"

#define MATCHER_EXTERN(name) extern const struct matcher_type matcher_##name;
MATCHERS(MATCHER_EXTERN)
#define MATCHER_ENTRY(name) &matcher_##name,
static const struct matcher_type *const types[] = {MATCHERS(MATCHER_ENTRY) NULL};

static struct arena *arena;
static struct facts facts;
static struct match_cache cache;

static void setup(void)
{
	matcher_types_set(types);
	arena = arena_new(4096);
	cache = (struct match_cache){0};
	facts = (struct facts){.fd = -1, .arena = arena};
	ck_assert(netaddr_parse_ip("10.1.2.3", &facts.src));
	ck_assert(netaddr_parse_ip("192.168.0.1", &facts.local));
}

static void teardown(void)
{
	match_cache_fini(&cache);
	arena_free(arena);
}

/* A set from JSON, with ' for ". */
static int load_set(const char *text, struct matcher_set *set, struct error *err)
{
	struct load load = {.arena = arena};
	char *copy = strdup(text), *quote;
	struct jnode node;
	json_t *json;
	int result;

	while ((quote = strchr(copy, '\'')) != NULL)
		*quote = '"';
	json = json_loads(copy, 0, NULL);
	ck_assert_msg(json != NULL, "%s", copy);
	node = jnode_root(json);
	result = matcher_set_load(&load, &node, set, err);
	json_decref(json);
	free(copy);
	return result;
}

static enum match_verdict verdict(const char *text, struct span bytes, enum match_phase phase)
{
	struct match_input in = {.bytes = bytes, .phase = phase, .facts = &facts, .cache = &cache};
	struct matcher_set set;
	struct error err;

	ck_assert_msg(load_set(text, &set, &err) == 0, "%s: %s: %s", text, err.path, err.message);
	match_cache_clear(&cache);
	return matcher_set_match(&set, &in);
}

static struct span sample(size_t i)
{
	const char *hex = hello_samples[i].hex;
	size_t n = strlen(hex) / 2, k;
	uint8_t *out = arena_alloc(arena, n);

	for (k = 0; k < n; k++)
		ck_assert_int_eq(sscanf(hex + 2 * k, "%2hhx", &out[k]), 1);
	return span_of(out, n);
}

/* --- by facts -------------------------------------------------------------------------------- */

static const struct {
	const char *set;
	enum match_verdict verdict;
} by_facts[] = {
    {"{}", MATCH_YES},
    {"{'remote_ip': {'ranges': ['10.0.0.0/8']}}", MATCH_YES},
    {"{'remote_ip': {'ranges': ['1.1.1.1', '10.1.2.3']}}", MATCH_YES},
    {"{'remote_ip': {'ranges': ['private_ranges']}}", MATCH_YES},
    {"{'remote_ip': {'ranges': ['11.0.0.0/8', '::/0']}}", MATCH_NO},
    {"{'remote_ip': {'ranges': []}}", MATCH_NO},
    {"{'remote_ip': {}}", MATCH_NO},
    {"{'local_ip': {'ranges': ['192.168.0.0/24']}}", MATCH_YES},
    {"{'local_ip': {'ranges': ['10.0.0.0/8']}}", MATCH_NO},
    {"{'@id': 'x', 'remote_ip': {'ranges': ['10.0.0.0/8']}, 'local_ip': {'ranges': "
     "['192.168.0.1']}}",
	MATCH_YES},
    {"{'remote_ip': {'ranges': ['10.0.0.0/8']}, 'local_ip': {'ranges': ['1.1.1.1']}}", MATCH_NO},
    {"{'not': [{'remote_ip': {'ranges': ['10.0.0.0/8']}}]}", MATCH_NO},
    {"{'not': [{'remote_ip': {'ranges': ['11.0.0.0/8']}}]}", MATCH_YES},
    {"{'not': [{'remote_ip': {'ranges': ['11.0.0.0/8']}}, {'local_ip': {'ranges': "
     "['192.168.0.1']}}]}",
	MATCH_NO},
    {"{'not': [{'remote_ip': {'ranges': ['10.0.0.0/8']}, 'local_ip': {'ranges': ['1.1.1.1']}}]}",
	MATCH_YES},
    {"{'not': []}", MATCH_YES},
    {"{'not': [{}]}", MATCH_NO},
    {"{'not': [{'not': [{'remote_ip': {'ranges': ['10.0.0.0/8']}}]}]}", MATCH_YES},
};

START_TEST(test_by_facts)
{
	struct matcher_set set;
	struct error err;
	int phase;

	for (phase = MATCH_LIVE; phase <= MATCH_SILENT; phase++)
		ck_assert_msg(
		    verdict(by_facts[_i].set, span_str(""), phase) == by_facts[_i].verdict, "%s",
		    by_facts[_i].set);
	ck_assert_int_eq(load_set(by_facts[_i].set, &set, &err), 0);
	ck_assert(!set.bytes);
}
END_TEST

START_TEST(test_effective_addresses)
{
	const char *local = "{'local_ip': {'ranges': ['203.0.113.0/24']}}";
	const char *remote = "{'remote_ip': {'ranges': ['2001:db8::/32']}}";

	ck_assert_int_eq(verdict(local, span_str(""), MATCH_LIVE), MATCH_NO);
	ck_assert(netaddr_parse_ip("203.0.113.9", &facts.dst));
	ck_assert_int_eq(verdict(local, span_str(""), MATCH_LIVE), MATCH_YES);
	ck_assert(netaddr_parse_ip("2001:db8::1", &facts.src));
	ck_assert_int_eq(verdict(remote, span_str(""), MATCH_LIVE), MATCH_YES);
	facts.src = (struct netaddr){.family = AF_UNIX, .path = "/run/x"};
	ck_assert_int_eq(verdict(remote, span_str(""), MATCH_LIVE), MATCH_NO);
}
END_TEST

/* --- by bytes -------------------------------------------------------------------------------- */

START_TEST(test_proxy_protocol)
{
	static const struct {
		const char *bytes;
		size_t n, no; /* no: the byte that rules it out */
	} cases[] = {
	    {"PROXY TCP4 ", 11, 0},
	    {"\r\n\r\n\0\r\nQUIT\n\x21\x11", 14, 0},
	    {"PROPFIND", 8, 4},
	    {"\r\n\r\nX", 5, 5},
	    {"GET", 3, 1},
	};
	size_t i, n, sure;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sure = cases[i].bytes[0] == 'P' ? 6 : 12;
		for (n = 0; n <= cases[i].n; n++) {
			enum match_verdict expected = n >= sure ? MATCH_YES : MATCH_MORE;

			if (cases[i].no != 0 && n >= cases[i].no)
				expected = MATCH_NO;
			ck_assert_int_eq(verdict("{'proxy_protocol': {}}",
					     span_of(cases[i].bytes, n), MATCH_LIVE),
			    expected);
		}
	}
}
END_TEST

/* Sample 0 is for imap.example.com with ALPN imap and http/1.1; 1 has no name; 5 is large. */
static const struct {
	size_t sample;
	const char *set;
	enum match_verdict verdict;
} hellos[] = {
    {0, "{'tls': {}}", MATCH_YES},
    {1, "{'tls': {}}", MATCH_YES},
    {5, "{'tls': {}}", MATCH_YES},
    {0, "{'tls': {'sni': ['imap.example.com']}}", MATCH_YES},
    {0, "{'tls': {'sni': ['IMAP.Example.COM']}}", MATCH_YES},
    {0, "{'tls': {'sni': ['a.example', '*.example.com']}}", MATCH_YES},
    {0, "{'tls': {'sni': ['*.com']}}", MATCH_NO},
    {0, "{'tls': {'sni': []}}", MATCH_NO},
    {1, "{'tls': {'sni': ['*']}}", MATCH_NO},
    {1, "{'tls': {'sni': ['']}}", MATCH_YES},
    {0, "{'tls': {'alpn': ['imap']}}", MATCH_YES},
    {0, "{'tls': {'alpn': ['h2', 'http/1.1']}}", MATCH_YES},
    {0, "{'tls': {'alpn': ['h2']}}", MATCH_NO},
    {0, "{'tls': {'alpn': ['IMAP']}}", MATCH_NO},
    {0, "{'tls': {'alpn': []}}", MATCH_NO},
    {1, "{'tls': {'alpn': ['h2']}}", MATCH_NO},
    {0, "{'tls': {'alpn': ['{l4.test.proto}']}}", MATCH_YES},
    {0, "{'tls': {'sni_regexp': {'pattern': '^imap[.]'}}}", MATCH_YES},
    {0, "{'tls': {'sni_regexp': {'pattern': '^IMAP'}}}", MATCH_NO},
    {1, "{'tls': {'sni_regexp': {'pattern': '^$'}}}", MATCH_YES},
    {0, "{'tls': {'remote_ip': {'ranges': ['10.0.0.0/8']}}}", MATCH_YES},
    {0, "{'tls': {'remote_ip': {'ranges': ['11.0.0.0/8']}}}", MATCH_NO},
    {0, "{'tls': {'remote_ip': {'not_ranges': ['10.0.0.0/8']}}}", MATCH_NO},
    {0, "{'tls': {'remote_ip': {'ranges': ['10.0.0.0/8'], 'not_ranges': ['10.1.2.3']}}}", MATCH_NO},
    {0, "{'tls': {'remote_ip': {'not_ranges': ['11.0.0.0/8']}}}", MATCH_YES},
    {0, "{'tls': {'remote_ip': {}}}", MATCH_YES},
    {0, "{'tls': {'local_ip': {'ranges': ['192.168.0.1']}}}", MATCH_YES},
    {0, "{'tls': {'local_ip': {'ranges': ['192.168.0.2']}}}", MATCH_NO},
    {0, "{'tls': {'sni': ['*.example.com'], 'alpn': ['h2']}}", MATCH_NO},
    {0, "{'not': [{'tls': {'sni': ['imap.example.com']}}]}", MATCH_NO},
    {0, "{'not': [{'tls': {'sni': ['other.example.com']}}]}", MATCH_YES},
};

/* At every length: more, until the hello is whole. */
START_TEST(test_hellos)
{
	struct span whole = sample(hellos[_i].sample);
	struct matcher_set set;
	struct error err;
	size_t n;

	facts_set(&facts, "l4.test.proto", span_str("imap"));
	for (n = 0; n < whole.n; n += n < 12 ? 1 : 97)
		ck_assert_int_eq(
		    verdict(hellos[_i].set, span_of(whole.p, n), MATCH_LIVE), MATCH_MORE);
	ck_assert_msg(
	    verdict(hellos[_i].set, whole, MATCH_LIVE) == hellos[_i].verdict, "%s", hellos[_i].set);
	ck_assert_int_eq(load_set(hellos[_i].set, &set, &err), 0);
	ck_assert(set.bytes);
}
END_TEST

START_TEST(test_captures)
{
	const char *text = "{'tls': {'sni_regexp': {'name': 'n', 'pattern': "
			   "'^(?P<first>[a-z]+)[.]([a-z]+)'}}}";
	static const struct {
		const char *key, *value;
	} expected[] = {
	    {"l4.tls.server_name", "imap.example.com"},
	    {"l4.tls.version", "tls1.2"},
	    {"tls.regexp.0", "imap.example"},
	    {"tls.regexp.n.1", "imap"},
	    {"tls.regexp.first", "imap"},
	    {"tls.regexp.n.first", "imap"},
	    {"tls.regexp.2", "example"},
	    {"tls.regexp.n.2", "example"},
	};
	size_t i;

	ck_assert_int_eq(verdict(text, sample(0), MATCH_LIVE), MATCH_YES);
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct fact *fact = facts_get(&facts, expected[i].key);

		ck_assert_msg(fact != NULL, "%s", expected[i].key);
		ck_assert_str_eq(fact->value, expected[i].value);
	}
	/* Known of any hello, also where the matcher says no; replaced by the next. */
	ck_assert_int_eq(verdict("{'tls': {'sni': ['x']}}", sample(2), MATCH_LIVE), MATCH_NO);
	ck_assert_str_eq(facts_get(&facts, "l4.tls.server_name")->value, "www.example.org");
}
END_TEST

/* A name has one value, and one that is the same costs no memory. */
START_TEST(test_facts)
{
	size_t i, count = 0;
	const struct fact *fact;
	const char *value;

	facts_set(&facts, "a", span_str("1"));
	facts_set(&facts, "b", span_str(""));
	value = facts_get(&facts, "a")->value;
	for (i = 0; i < 10000; i++)
		facts_set(&facts, "a", span_str("1"));
	ck_assert_ptr_eq(facts_get(&facts, "a")->value, value);
	facts_set(&facts, "a", span_of("2\0x", 3));
	ck_assert_uint_eq(facts_get(&facts, "a")->length, 3);
	ck_assert_str_eq(facts_get(&facts, "a")->value, "2");
	ck_assert_uint_eq(facts_get(&facts, "b")->length, 0);
	ck_assert_ptr_null(facts_get(&facts, "c"));
	for (fact = facts.named; fact != NULL; fact = fact->next)
		count++;
	ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(test_not_tls)
{
	struct span bad = span_of("\x16\x03\x01\0\0", 5);

	ck_assert_int_eq(verdict("{'tls': {}}", span_str("S"), MATCH_LIVE), MATCH_NO);
	ck_assert_int_eq(verdict("{'tls': {}}", bad, MATCH_LIVE), MATCH_NO);
	ck_assert_int_eq(cache.hello_result, HELLO_BAD);
	ck_assert_int_eq(verdict("{'not': [{'tls': {}}]}", span_str("S"), MATCH_LIVE), MATCH_YES);
}
END_TEST

/* A parse is made once for the same bytes, and again when there are more of them. */
START_TEST(test_shared_parse)
{
	struct match_input in = {.facts = &facts, .cache = &cache, .bytes = sample(0)};
	const struct hello *hello;
	size_t whole = in.bytes.n;

	in.bytes.n = 100;
	ck_assert_int_eq(match_hello(&in, &hello), HELLO_MORE);
	cache.hello_result = HELLO_BAD; /* to see that it is not parsed again */
	ck_assert_int_eq(match_hello(&in, &hello), HELLO_BAD);
	in.bytes.n = whole;
	ck_assert_int_eq(match_hello(&in, &hello), HELLO_OK);
	ck_assert(span_eq_str(hello->server_name, "imap.example.com"));
}
END_TEST

/* --- phases, sets ---------------------------------------------------------------------------- */

#define TLS "'tls': {}"
#define HERE "'remote_ip': {'ranges': ['10.0.0.0/8']}"
#define ELSEWHERE "'remote_ip': {'ranges': ['11.0.0.0/8']}"

/* With no byte read: live, ended, silent. */
static const struct {
	const char *set;
	enum match_verdict live, ended, silent;
} phases[] = {
    {"{" TLS "}", MATCH_MORE, MATCH_NO, MATCH_NO},
    {"{'not': [{" TLS "}]}", MATCH_MORE, MATCH_YES, MATCH_NO},
    {"{'not': [{'not': [{" TLS "}]}]}", MATCH_MORE, MATCH_NO, MATCH_NO},
    {"{" TLS ", " HERE "}", MATCH_MORE, MATCH_NO, MATCH_NO},
    {"{" TLS ", " ELSEWHERE "}", MATCH_NO, MATCH_NO, MATCH_NO},
    {"{'not': [{" TLS ", " ELSEWHERE "}]}", MATCH_YES, MATCH_YES, MATCH_YES},
    {"{'not': [{" TLS ", " HERE "}]}", MATCH_MORE, MATCH_YES, MATCH_NO},
    {"{'not': [{" TLS "}, {" HERE "}]}", MATCH_NO, MATCH_NO, MATCH_NO},
    {"{'not': [{" TLS "}, {" ELSEWHERE "}]}", MATCH_MORE, MATCH_YES, MATCH_NO},
};

START_TEST(test_phases)
{
	const char *set = phases[_i].set;

	ck_assert_int_eq(verdict(set, span_str(""), MATCH_LIVE), phases[_i].live);
	ck_assert_int_eq(verdict(set, span_str(""), MATCH_ENDED), phases[_i].ended);
	ck_assert_int_eq(verdict(set, span_str(""), MATCH_SILENT), phases[_i].silent);
}
END_TEST

static const struct {
	const char *sets;
	const char *bytes;
	enum match_verdict verdict;
	bool on_bytes;
} lists[] = {
    {"[]", "", MATCH_YES, false},
    {"[{" ELSEWHERE "}]", "", MATCH_NO, false},
    {"[{" TLS "}, {" HERE "}]", "", MATCH_YES, false},
    {"[{" HERE "}, {" TLS "}]", "", MATCH_YES, false},
    {"[{" HERE "}, {'proxy_protocol': {}}]", "PROXY ", MATCH_YES, true},
    {"[{" ELSEWHERE "}, {" TLS "}]", "", MATCH_MORE, false},
    {"[{" ELSEWHERE "}, {" TLS "}]", "x", MATCH_NO, false},
    {"[{" TLS "}, {'proxy_protocol': {}}]", "PROXY ", MATCH_YES, true},
};

START_TEST(test_lists)
{
	struct load load = {.arena = arena};
	struct match_input in = {
	    .bytes = span_str(lists[_i].bytes), .facts = &facts, .cache = &cache};
	struct matcher_sets sets;
	char *copy = strdup(lists[_i].sets), *quote;
	struct error err;
	json_t *json;
	struct jnode node;
	bool on_bytes;

	while ((quote = strchr(copy, '\'')) != NULL)
		*quote = '"';
	json = json_loads(copy, 0, NULL);
	node = jnode_root(json);
	ck_assert_int_eq(matcher_sets_load(&load, &node, &sets, &err), 0);
	ck_assert_int_eq(matcher_sets_match(&sets, &in, &on_bytes), lists[_i].verdict);
	ck_assert_int_eq(on_bytes, lists[_i].on_bytes);
	match_cache_clear(&cache);
	ck_assert_int_eq(matcher_sets_match(&sets, &in, NULL), lists[_i].verdict);
	json_decref(json);
	free(copy);
}
END_TEST

/* --- complaints ------------------------------------------------------------------------------ */

static const struct {
	const char *set, *text;
} refused[] = {
    {"{'tlss': {}}", "unknown matcher 'tlss', did you mean 'tls'?"},
    {"{'zzzzzz': {}}", "unknown matcher 'zzzzzz'"},
    {"{'tls': {'snii': []}}", "tls: unknown field 'snii', did you mean 'sni'?"},
    {"{'tls': {'sni': 'a'}}", "tls.sni: "},
    {"{'tls': []}", "tls: "},
    {"{'tls': {'remote_ip': {'not_ranges': ['1.2.3']}}}", "tls.remote_ip.not_ranges[0]: '1.2.3'"},
    {"{'tls': {'local_ip': {'ranges': ['x']}}}", "tls.local_ip.ranges[0]: 'x'"},
    {"{'tls': {'sni_regexp': {'pattern': '(a'}}}", "tls.sni_regexp.pattern: "},
    {"{'tls': {'sni_regexp': {'name': 'a.b', 'pattern': 'a'}}}", "tls.sni_regexp.name: "},
    {"{'tls': {'sni_regexp': {}}}", "tls.sni_regexp"},
    {"{'remote_ip': {'ranges': ['10.0.0.0/33']}}", "remote_ip.ranges[0]: '10.0.0.0/33'"},
    {"{'proxy_protocol': {'x': 1}}", "proxy_protocol: unknown field 'x'"},
    {"{'not': {}}", "not: "},
    {"{'not': [{'tls': {}}, {'nope': {}}]}", "not[1]: unknown matcher 'nope'"},
};

START_TEST(test_refused)
{
	struct matcher_set set;
	struct error err;
	char text[2048];

	ck_assert_int_eq(load_set(refused[_i].set, &set, &err), -1);
	error_text(&err, text, sizeof(text));
	ck_assert_msg(strncmp(text, refused[_i].text, strlen(refused[_i].text)) == 0, "%s", text);
}
END_TEST

/* --- names ----------------------------------------------------------------------------------- */

static const struct {
	const char *name, *pattern;
	bool match;
} names[] = {
    {"a.example", "a.example", true},
    {"A.EXAMPLE", "a.Example", true},
    {"a.example", "*.example", true},
    {"a.b.example", "*.example", false},
    {"a.b.example", "*.*.example", true},
    {"a.b.example", "*.b.*", false},
    {"a.b.example", "a.*.example", false},
    {"a.b", "*.*", true},
    {"a", "*", true},
    {"a.example", "*", false},
    {"example", "*.example", false},
    {".example", "*.example", false},
    {"", "", true},
    {"", "*", false},
    {"a.example.", "a.example", false},
    {"a.example", "a.example.", false},
    {"a.example.", "a.example.", true},
    {"ab.example", "*b.example", false},
    {"*.example", "*.example", true},
    {"a.exampl", "a.example", false},
};

START_TEST(test_names)
{
	ck_assert_msg(
	    hello_match_name(span_str(names[_i].name), names[_i].pattern) == names[_i].match,
	    "%s %s", names[_i].name, names[_i].pattern);
}
END_TEST

START_TEST(test_ascii_names)
{
	ck_assert_str_eq(hello_match_ascii(arena, "*.b\xc3\xbc"
						  "cher.example"),
	    "*.xn--bcher-kva.example");
	ck_assert_str_eq(hello_match_ascii(arena, "a.example"), "a.example");
	ck_assert_str_eq(hello_match_ascii(arena, ""), "");
	ck_assert_str_eq(hello_match_ascii(arena, "a..b."), "a..b.");
}
END_TEST

/* --- Caddyfile ------------------------------------------------------------------------------- */

#define PRIVATE "'192.168.0.0/16','172.16.0.0/12','10.0.0.0/8','127.0.0.1/8','fd00::/8','::1'"

static const struct {
	const char *text, *json; /* NULL: refused */
} caddyfiles[] = {
    {"tls", "{}"},
    {"tls {\n}", "{}"},
    {"tls sni a b", "{'sni':['a','b']}"},
    {"tls {\nsni a\nalpn h2 imap\n}", "{'sni':['a'],'alpn':['h2','imap']}"},
    {"tls {\nsni a\nsni b\nalpn h2\nalpn imap\n}", "{'sni':['a','b'],'alpn':['h2','imap']}"},
    {"tls sni_regexp ^x", "{'sni_regexp':{'pattern':'^x'}}"},
    {"tls sni_regexp n ^x", "{'sni_regexp':{'name':'n','pattern':'^x'}}"},
    {"tls remote_ip 1.1.1.1 !2.2.2.2 !private_ranges",
	"{'remote_ip':{'ranges':['1.1.1.1'],'not_ranges':['2.2.2.2'," PRIVATE "]}}"},
    {"tls local_ip private_ranges", "{'local_ip':{'ranges':[" PRIVATE "]}}"},
    {"tls sni", NULL},
    {"tls alpn", NULL},
    {"tls remote_ip", NULL},
    {"tls local_ip", NULL},
    {"tls snii a", NULL},
    {"tls sni_regexp a b c", NULL},
    {"tls {\nsni_regexp a\nsni_regexp b\n}", NULL},
    {"tls {\nsni a {\nb\n}\n}", NULL},
    {"remote_ip 1.1.1.1 private_ranges", "{'ranges':['1.1.1.1'," PRIVATE "]}"},
    {"remote_ip", NULL},
    {"remote_ip 1.1.1.1 {\nx\n}", NULL},
    {"local_ip 1.1.1.1", "{'ranges':['1.1.1.1']}"},
    {"proxy_protocol", "{}"},
    {"proxy_protocol x", NULL},
    {"proxy_protocol {\nx\n}", NULL},
    {"not tls", "[{'tls':{}}]"},
    {"not tls sni a", "[{'tls':{'sni':['a']}}]"},
    {"not {\ntls sni a\nremote_ip 1.1.1.1\n}",
	"[{'tls':{'sni':['a']},'remote_ip':{'ranges':['1.1.1.1']}}]"},
    {"not not tls", "[{'not':[{'tls':{}}]}]"},
    {"not {\ntls\ntls\n}", NULL},
    {"not nope", NULL},
};

START_TEST(test_caddyfile)
{
	struct blocks blocks;
	struct dispenser d;
	json_t *out = NULL, *expected;
	struct error err;
	char *text = arena_printf(arena, ":1 {\n%s\n}\n", caddyfiles[_i].text), *json, *quote;
	int result;

	ck_assert_msg(blocks_parse(span_str(text), "Caddyfile", arena, NULL, &blocks, &err) == 0,
	    "%s", err.message);
	d = dispenser_of(blocks.items[0].segments[0].tokens, blocks.items[0].segments[0].count);
	result = matcher_type_find(d.tokens[0].text)->adapt(&d, &out, &err);
	ck_assert_msg(result == (caddyfiles[_i].json != NULL ? 0 : -1), "%s: %s",
	    caddyfiles[_i].text, result == 0 ? json_dumps(out, 0) : err.message);
	if (result != 0) {
		ck_assert_ptr_nonnull(strstr(err.path, "Caddyfile:"));
		return;
	}
	json = arena_strdup(arena, caddyfiles[_i].json);
	while ((quote = strchr(json, '\'')) != NULL)
		*quote = '"';
	expected = json_loads(json, 0, NULL);
	ck_assert_msg(json_equal(out, expected), "%s", caddyfiles[_i].text);
	json_decref(out);
	json_decref(expected);
}
END_TEST

#define LOOP(test, table) tcase_add_loop_test(tc, test, 0, sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("matchers");
	TCase *tc = tcase_create("matchers");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	LOOP(test_by_facts, by_facts);
	tcase_add_test(tc, test_effective_addresses);
	tcase_add_test(tc, test_proxy_protocol);
	LOOP(test_hellos, hellos);
	tcase_add_test(tc, test_captures);
	tcase_add_test(tc, test_facts);
	tcase_add_test(tc, test_not_tls);
	tcase_add_test(tc, test_shared_parse);
	LOOP(test_phases, phases);
	LOOP(test_lists, lists);
	LOOP(test_refused, refused);
	LOOP(test_names, names);
	tcase_add_test(tc, test_ascii_names);
	LOOP(test_caddyfile, caddyfiles);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
