/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The handler vars, and the matchers vars and vars_regexp.
 */
#include <config.h>

#include "daemon/core/conn.h"
#include "daemon/core/route.h"
#include "tests/unit/matcher_support.h"

extern const struct handler_type handler_vars;
static const struct handler_type *const handlers[] = {&handler_vars, NULL};

static void setup(void)
{
	support_setup();
	handler_types_set(handlers);
	facts_set(&facts, "l4.tls.server_name", span_str("imap.example.com"));
	facts_set(&facts, "l4.vars.color", span_str("blue"));
	facts_set(&facts, "l4.vars.empty", span_str(""));
	setenv("POINTSMAN_TEST", "blue", 1);
}

/* --- the handler ----------------------------------------------------------------------------- */

static int load_handler(const char *text, struct handler *out, struct error *err)
{
	struct load load = {.arena = arena};
	json_t *json = support_json(text);
	struct jnode node = jnode_root(json);
	int result = handler_load(&load, &node, out, err);

	json_decref(json);
	return result;
}

static void run_handler(const char *text)
{
	struct conn conn = {.facts = facts, .arena = arena};
	struct handler handler;
	struct error err;

	ck_assert_msg(load_handler(text, &handler, &err) == 0, "%s: %s", text, err.message);
	ck_assert_int_eq(handler.type->handle(&conn, handler.params), HANDLE_NEXT);
	facts = conn.facts;
}

START_TEST(test_handler)
{
	run_handler("{'handler': 'vars', '@id': 'x', 'a': 'text', 'b': '{l4.tls.server_name}:443', "
		    "'{l4.vars.color}': 1, 'c': true, 'd': null, 'e': '{l4.vars.a}', "
		    "'f': '{nothing}', 'color': 'red'}");
	support_fact("l4.vars.a", "text");
	support_fact("l4.vars.b", "imap.example.com:443");
	support_fact("l4.vars.blue", "1");
	support_fact("l4.vars.c", "true");
	support_fact("l4.vars.d", "");
	support_fact("l4.vars.e", "text");
	support_fact("l4.vars.f", "");
	support_fact("l4.vars.color", "red");
	support_fact("l4.vars.handler", NULL);
	support_fact("l4.vars.@id", NULL);
	run_handler("{'handler': 'vars', 'a': 'other'}");
	support_fact("l4.vars.a", "other");
	run_handler("{'handler': 'vars'}");
}
END_TEST

static const struct {
	const char *json, *text;
} numbers[] = {
    {"0", "0"},
    {"-5", "-5"},
    {"9223372036854775807", "9223372036854775807"},
    {"1.5", "1.5"},
    {"0.1", "0.1"},
    {"-0.25", "-0.25"},
    {"1e6", "1000000"},
    {"1e20", "100000000000000000000"},
    {"1.25e-7", "0.000000125"},
    {"123456.789", "123456.789"},
    {"1e23", "100000000000000000000000"},
    {"-1.5e20", "-150000000000000000000"},
};

START_TEST(test_numbers)
{
	run_handler(arena_printf(arena, "{'handler': 'vars', 'n': %s}", numbers[_i].json));
	support_fact("l4.vars.n", numbers[_i].text);
}
END_TEST

START_TEST(test_handler_refused)
{
	struct handler handler;
	struct error err;

	ck_assert_int_eq(load_handler("{'handler': 'vars', 'a': []}", &handler, &err), -1);
	ck_assert_str_eq(err.path, "a");
	ck_assert_int_eq(load_handler("{'handler': 'vars', 'a': {}}", &handler, &err), -1);
}
END_TEST

/* The name and value of a variable as they stand in a Caddyfile. */
static const struct {
	const char *text, *json; /* NULL: refused */
} lines[] = {
    {"vars", "{'handler': 'vars'}"},
    {"vars {\n}", "{'handler': 'vars'}"},
    {"vars a b", "{'handler': 'vars', 'a': 'b'}"},
    {"vars a b {\nc d\na e\n}", "{'handler': 'vars', 'a': 'e', 'c': 'd'}"},
    {"vars {\na {l4.x}\n}", "{'handler': 'vars', 'a': '{l4.x}'}"},
    {"vars a 1", "{'handler': 'vars', 'a': 1}"},
    {"vars a `1`", "{'handler': 'vars', 'a': '1'}"},
    {"vars a 010", "{'handler': 'vars', 'a': 10}"},
    {"vars a +5", "{'handler': 'vars', 'a': 5}"},
    {"vars a 1.50", "{'handler': 'vars', 'a': 1.5}"},
    {"vars a 5.", "{'handler': 'vars', 'a': 5}"},
    {"vars a 1e3", "{'handler': 'vars', 'a': 1000}"},
    {"vars a 1e", "{'handler': 'vars', 'a': '1e'}"},
    {"vars a -", "{'handler': 'vars', 'a': '-'}"},
    {"vars a 1-2", "{'handler': 'vars', 'a': '1-2'}"},
    {"vars a 1e999", "{'handler': 'vars', 'a': '1e999'}"},
    {"vars a nan", "{'handler': 'vars', 'a': 'nan'}"},
    {"vars a true", "{'handler': 'vars', 'a': true}"},
    {"vars a F", "{'handler': 'vars', 'a': false}"},
    {"vars a tRUE", "{'handler': 'vars', 'a': 'tRUE'}"},
    {"vars a \"\"", "{'handler': 'vars', 'a': ''}"},
    {"vars a", NULL},
    {"vars a b c", NULL},
    {"vars {\na\n}", NULL},
    {"vars {\na b c\n}", NULL},
    {"vars handler b", NULL},
};

START_TEST(test_handler_lines)
{
	char *file = arena_printf(arena, ":1 {\n%s\n}\n", lines[_i].text);
	json_t *out = json_pack("{s:s}", "handler", "vars"), *expected;
	struct blocks blocks;
	struct dispenser d;
	struct error err;

	ck_assert_int_eq(blocks_parse(span_str(file), "Caddyfile", arena, NULL, &blocks, &err), 0);
	d = dispenser_of(blocks.items[0].segments[0].tokens, blocks.items[0].segments[0].count);
	ck_assert_msg(handler_vars.adapt(&d, out, &err) == (lines[_i].json != NULL ? 0 : -1), "%s",
	    lines[_i].text);
	if (lines[_i].json != NULL) {
		expected = support_json(lines[_i].json);
		ck_assert_msg(
		    json_equal(out, expected), "%s: %s", lines[_i].text, json_dumps(out, 0));
		json_decref(expected);
	}
	json_decref(out);
}
END_TEST

/* --- the matchers ---------------------------------------------------------------------------- */

static const struct {
	const char *set;
	enum match_verdict verdict;
} sets[] = {
    {"{'vars': {'color': ['blue']}}", MATCH_YES},
    {"{'vars': {'color': ['red', 'blue']}}", MATCH_YES},
    {"{'vars': {'color': ['Blue']}}", MATCH_NO},
    {"{'vars': {'color': ['blu', 'bluee', '']}}", MATCH_NO},
    {"{'vars': {'color': []}}", MATCH_NO},
    {"{'vars': {'color': null}}", MATCH_NO},
    {"{'vars': {}}", MATCH_YES},
    {"{'vars': {'nothing': ['']}}", MATCH_YES},
    {"{'vars': {'empty': ['']}}", MATCH_YES},
    {"{'vars': {'nothing': ['x'], 'color': ['blue']}}", MATCH_YES},
    {"{'vars': {'nothing': ['x'], 'color': ['red']}}", MATCH_NO},
    {"{'vars': {'@id': 'x', 'color': ['blue']}}", MATCH_YES},
    {"{'vars': {'{l4.vars.color}': ['blue']}}", MATCH_YES},
    {"{'vars': {'{l4.tls.server_name}': ['imap.example.com']}}", MATCH_YES},
    {"{'vars': {'{l4.conn.remote_ip}': ['10.1.2.3']}}", MATCH_YES},
    {"{'vars': {'{env.POINTSMAN_TEST}': ['blue']}}", MATCH_YES},
    {"{'vars': {'{l4.nothing}': ['']}}", MATCH_YES},
    {"{'vars': {'l4.vars.color': ['blue']}}", MATCH_NO}, /* a name, and none of that name */
    {"{'vars': {'color': ['{l4.vars.color}']}}", MATCH_YES},
    {"{'vars': {'color': ['{env.POINTSMAN_TEST}']}}", MATCH_YES},
    {"{'vars': {'{l4.tls.server_name}': ['imap.{l4.nothing}example.com']}}", MATCH_YES},
    {"{'not': [{'vars': {'color': ['blue']}}]}", MATCH_NO},
    {"{'vars_regexp': {'color': {'pattern': '^b'}}}", MATCH_YES},
    {"{'vars_regexp': {'color': {'pattern': '^r'}}}", MATCH_NO},
    {"{'vars_regexp': {}}", MATCH_NO},
    {"{'vars_regexp': {'nothing': {'pattern': '^$'}}}", MATCH_YES},
    {"{'vars_regexp': {'{l4.tls.server_name}': {'name': 'n', 'pattern': '\\\\.com$'}}}", MATCH_YES},
    {"{'vars_regexp': {'color': {'pattern': 'x'}, '{l4.tls.server_name}': {'pattern': 'imap'}}}",
	MATCH_YES},
};

START_TEST(test_sets)
{
	ck_assert_msg(support_verdict(sets[_i].set, span_str(""), false) == sets[_i].verdict, "%s",
	    sets[_i].set);
	ck_assert(!support_set(sets[_i].set).bytes);
}
END_TEST

START_TEST(test_groups)
{
	const char *set = "{'vars_regexp': {'{l4.tls.server_name}': "
			  "{'name': 'n', 'pattern': '^(?P<first>[a-z]+)[.](ex)'}}}";

	ck_assert_int_eq(support_verdict(set, span_str(""), false), MATCH_YES);
	support_fact("l4.regexp.0", "imap.ex");
	support_fact("l4.regexp.n.0", "imap.ex");
	support_fact("l4.regexp.1", "imap");
	support_fact("l4.regexp.n.first", "imap");
	support_fact("l4.regexp.first", "imap");
	support_fact("l4.regexp.n.2", "ex");
}
END_TEST

/* What a client sent is not read as a placeholder. */
START_TEST(test_not_expanded_twice)
{
	run_handler("{'handler': 'vars', 'a': '{l4.tls.server_name}'}");
	facts_set(&facts, "l4.tls.server_name", span_str("{env.POINTSMAN_TEST}"));
	run_handler("{'handler': 'vars', 'a': '{l4.tls.server_name}', 'b': '{l4.vars.a}'}");
	support_fact("l4.vars.b", "{env.POINTSMAN_TEST}");
	ck_assert_int_eq(
	    support_verdict("{'vars': {'b': ['blue']}}", span_str(""), false), MATCH_NO);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("vars a b c", "{'a': ['b', 'c']}");
	support_adapt("vars {l4.x} \"\"", "{'{l4.x}': ['']}");
	support_adapt("vars", NULL);
	support_adapt("vars a", NULL);
	support_adapt("vars a b {\nc\n}", NULL);
	support_adapt("vars_regexp a ^b", "{'a': {'pattern': '^b'}}");
	support_adapt("vars_regexp n a ^b", "{'a': {'name': 'n', 'pattern': '^b'}}");
	support_adapt("vars_regexp a", NULL);
	support_adapt("vars_regexp a b c d", NULL);
	support_adapt("vars_regexp a b {\nc\n}", NULL);
	support_refused("{'vars': []}", "vars: ");
	support_refused("{'vars': {'a': 'b'}}", "vars.a: ");
	support_refused("{'vars': {'a': [1]}}", "vars.a[0]: ");
	support_refused("{'vars_regexp': {'a': '^b'}}", "vars_regexp.a: ");
	support_refused("{'vars_regexp': {'a': {}}}", "vars_regexp.a");
	support_refused("{'vars_regexp': {'a': {'pattern': '('}}}", "vars_regexp.a.pattern: ");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vars");
	TCase *tc = tcase_create("vars");

	tcase_add_checked_fixture(tc, setup, support_teardown);
	tcase_add_test(tc, test_handler);
	SUPPORT_LOOP(tc, test_numbers, numbers);
	tcase_add_test(tc, test_handler_refused);
	SUPPORT_LOOP(tc, test_handler_lines, lines);
	SUPPORT_LOOP(tc, test_sets, sets);
	tcase_add_test(tc, test_groups);
	tcase_add_test(tc, test_not_expanded_twice);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
