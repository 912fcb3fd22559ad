/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests/adapt cannot show: types of our own, limits, warnings, texts that are not files. */
#include <config.h>

#include "daemon/config/caddyfile.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/core/adapt.h"
#include "daemon/core/handler.h"
#include "daemon/core/matcher.h"
#include "daemon/input/json.h"

static struct error err;
static struct buf out, warned;

static int adapt_words(struct dispenser *d, json_t **value, struct error *e)
{
	dispenser_next(d);
	return dispenser_strings(d, value, e);
}

static int adapt_not(struct dispenser *d, json_t **value, struct error *e)
{
	json_t *set;

	dispenser_next(d);
	if (adapt_matcher_set(d, &set, e) == -1)
		return -1;
	*value = json_pack("[o]", set);
	return 0;
}

static int adapt_sub(struct dispenser *d, json_t *object, struct error *e)
{
	dispenser_next(d);
	return adapt_routes(d, object, 0, e);
}

/* Reads one argument and leaves the others. */
static int adapt_lazy(struct dispenser *d, json_t *object, struct error *e)
{
	(void)e;
	dispenser_next(d);
	json_object_set_new(object, "to", json_string(dispenser_arg(d)));
	return 0;
}

static const struct matcher_type bare = {.name = "bare"};
static const struct matcher_type words = {.name = "words", .adapt = adapt_words};
static const struct matcher_type negation = {.name = "not", .adapt = adapt_not};
static const struct matcher_type *const matchers[] = {&bare, &words, &negation, NULL};

static const struct handler_type stop = {.name = "stop"};
static const struct handler_type lazy = {.name = "lazy", .adapt = adapt_lazy};
static const struct handler_type sub = {.name = "sub", .adapt = adapt_sub};
static const struct handler_type hidden = {.name = "hidden", .internal = true};
static const struct handler_type *const handlers[] = {&stop, &lazy, &sub, &hidden, NULL};

static void setup(void)
{
	matcher_types_set(matchers);
	handler_types_set(handlers);
}

static void teardown(void)
{
	buf_fini(&out);
	buf_fini(&warned);
}

static void warn(const char *text)
{
	buf_printf(&warned, "%s\n", text);
}

static int adapt(struct span text)
{
	json_t *document;
	char *dump;

	buf_clear(&out);
	buf_clear(&warned);
	err = (struct error){0};
	if (caddyfile_adapt((const char *)text.p, text.n, NULL, warn, &document, &err) == -1)
		return -1;
	dump = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);
	buf_append_str(&out, dump);
	free(dump);
	json_decref(document);
	return 0;
}

/* The layer4 server with this block, as text, or the error. */
static const char *server(const char *block)
{
	static const char front[] = "{\"apps\":{\"layer4\":{\"servers\":{\"srv0\":";
	static struct buf text;
	size_t length;

	buf_clear(&text);
	buf_printf(&text, "{\nlayer4 {\n:1 {\n%s\n}\n}\n}\n", block);
	if (adapt(buf_span(&text)) == -1)
		return buf_fini(&text), err.message;
	buf_fini(&text);
	length = buf_len(&out);
	ck_assert_int_eq(memcmp(out.data, front, sizeof front - 1), 0);
	out.data[length - 4] = '\0';
	return (char *)out.data + sizeof front - 1;
}

#define LISTEN "{\"listen\":[\":1\"]"

static const struct {
	const char *block, *want;
} routes[] = {
    {"", LISTEN "}"},
    {"route", LISTEN ",\"routes\":[{}]}"},
    {"route {\n}", LISTEN ",\"routes\":[{}]}"},
    {"route {\nstop\nlazy x\n}", LISTEN ",\"routes\":[{\"handle\":[{\"handler\":\"stop\"},"
					"{\"handler\":\"lazy\",\"to\":\"x\"}]}]}"},
    {"@a bare\n@b {\nwords x y\nbare\n}\nroute @a @b",
	LISTEN ",\"routes\":[{\"match\":[{\"bare\":{}},{\"bare\":{},\"words\":[\"x\",\"y\"]}]}]}"},
    {"route @a\n@a words x {\n}", LISTEN ",\"routes\":[{\"match\":[{\"words\":[\"x\"]}]}]}"},
    {"@a not words x\nroute @a",
	LISTEN ",\"routes\":[{\"match\":[{\"not\":[{\"words\":[\"x\"]}]}]}]}"},
    {"@a not {\nbare\nwords x\n}\nroute @a",
	LISTEN ",\"routes\":[{\"match\":[{\"not\":[{\"bare\":{},\"words\":[\"x\"]}]}]}]}"},
    {"@unused bare", LISTEN "}"},
    {"route {\nsub {\n@a bare\nroute @a\nmatching_timeout 1s\n}\n}",
	LISTEN ",\"routes\":[{\"handle\":[{\"handler\":\"sub\",\"matching_timeout\":1000000000,"
	       "\"routes\":[{\"match\":[{\"bare\":{}}]}]}]}]}"},
    {"id x\nroute {\nid y\nstop\n}",
	"{\"@id\":\"x\",\"listen\":[\":1\"],\"routes\":[{\"@id\":\"y\",\"handle\":"
	"[{\"handler\":\"stop\"}]}]}"},
    {"matching_timeout 2s\nsilence_timeout 100ms\nmatching_buffer 4KiB\nidle_timeout 1m",
	"{\"idle_timeout\":60000000000,\"listen\":[\":1\"],\"matching_buffer\":4096,"
	"\"matching_timeout\":2000000000,\"silence_timeout\":100000000}"},
    {"matching_timeout 0\nidle_timeout 0", LISTEN "}"},
    /* refusals */
    {"route @a", "no matcher is called '@a' in this block"},
    {"@a bare\nroute {\nsub {\nroute @a\n}\n}", "no matcher is called '@a' in this block"},
    {"@a bare\n@a bare", "the matcher '@a' was defined before"},
    {"@a", "expected a matcher after '@a'"},
    {"@a {\n}", "expected a matcher after '@a'"},
    {"@a not", "expected a matcher after 'not'"},
    {"@a {\nbare\nwords x\nbare\n}", "the matcher 'bare' stands twice in a set"},
    {"@a brae", "unrecognized matcher 'brae', did you mean 'bare'?"},
    {"@a bare x", "too few or too many arguments at 'bare'"},
    {"@a bare {\nx\n}", "unexpected '{'"},
    {"@a words", "too few or too many arguments at 'words'"},
    {"route {\nstopp\n}", "unrecognized handler 'stopp', did you mean 'stop'?"},
    {"route {\nhidden\n}", "unrecognized handler 'hidden'; known are stop, lazy, sub"},
    {"route {\nstop x\n}", "too few or too many arguments at 'stop'"},
    {"route {\nlazy x y\n}", "unexpected 'y'"},
    {"route {\nlazy x {\ny\n}\n}", "unexpected '{'"},
    {"matching_timout 1s",
	"unrecognized option 'matching_timout', did you mean 'matching_timeout'?"},
    {"matching_timeout 1s\nmatching_timeout 1s", "duplicate option 'matching_timeout'"},
    {"matching_timeout x", "'x' is not a duration such as 30s or 1m30s"},
    {"matching_timeout", "too few or too many arguments at 'matching_timeout'"},
    {"route\nid x", "'id' must be the first line of its block"},
    {"route {\nstop\nid x\n}", "'id' must be the first line of its block"},
    {"id", "too few or too many arguments at 'id'"},
    {"route {\nsub {\nid x\n}\n}", "unrecognized option 'id'; known are route, matching_timeout, "
				   "silence_timeout, matching_buffer"},
    {"route {\nsub {\nidle_timeout 1s\n}\n}",
	"unrecognized option 'idle_timeout'; known are route, matching_timeout, silence_timeout, "
	"matching_buffer"},
};

START_TEST(test_routes)
{
	ck_assert_str_eq(server(routes[_i].block), routes[_i].want);
}
END_TEST

START_TEST(test_place)
{
	ck_assert_str_eq(server("route {\nsub {\nroute {\nstopp\n}\n}\n}"),
	    "unrecognized handler 'stopp', did you mean 'stop'?");
	ck_assert_str_eq(err.path, "Caddyfile:7");
}
END_TEST

START_TEST(test_deep)
{
	struct buf text = {0};

	buf_append_str(&text, "@a");
	for (unsigned i = 0; i < 90; i++)
		buf_append_str(&text, " not");
	buf_append_str(&text, " bare");
	ck_assert_int_eq(strncmp(server(buf_str(&text)), "{", 1), 0);
	buf_clear(&text);
	buf_append_str(&text, "@a");
	for (unsigned i = 0; i < 100000; i++)
		buf_append_str(&text, " not");
	ck_assert_str_eq(server(buf_str(&text)), "nested too deeply");
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	buf_fini(&text);
}
END_TEST

/* A large matcher in many routes: the document would be far larger than the Caddyfile. */
START_TEST(test_product)
{
	struct buf text = {0};

	buf_append_str(&text, "@a words");
	for (unsigned i = 0; i < 2000; i++)
		buf_append_str(&text, " x");
	for (unsigned i = 0; i < 2000; i++)
		buf_append_str(&text, "\nroute @a");
	ck_assert_str_eq(server(buf_str(&text)), "too many matchers");
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	buf_fini(&text);
}
END_TEST

START_TEST(test_merged)
{
	ck_assert_int_eq(
	    adapt(span_str("{\nlayer4 {\n:1 {\n}\n:2 :3 {\n}\n}\nlayer4 {\n:4\n}\n}")), 0);
	ck_assert_str_eq(buf_str(&out),
	    "{\"apps\":{\"layer4\":{\"servers\":{\"srv0\":{\"listen\":[\":1\"]},"
	    "\"srv1\":{\"listen\":[\":2\",\":3\"]},\"srv2\":{\"listen\":[\":4\"]}}}}}");
	ck_assert_int_eq(adapt(span_str("{\nlayer4 {\n}\n}")), 0);
	ck_assert_str_eq(buf_str(&out), "{\"apps\":{\"layer4\":{}}}");
	ck_assert_int_eq(adapt(span_str("")), 0);
	ck_assert_str_eq(buf_str(&out), "{}");
}
END_TEST

START_TEST(test_warnings)
{
	ck_assert_int_eq(adapt(span_str("{\nmetrics\nshutdown_delay 5s\n}\n:80\nrespond x")), 0);
	ck_assert_msg(strstr(buf_str(&warned), "Caddyfile:2: metrics: "), "%s", buf_str(&warned));
	ck_assert_ptr_nonnull(strstr(buf_str(&warned), "\nCaddyfile:3: shutdown_delay: "));
}
END_TEST

START_TEST(test_too_long)
{
	char *text = calloc(1, JSON_SIZE_MAX + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', JSON_SIZE_MAX + 1);
	ck_assert_int_eq(adapt(span_of(text, JSON_SIZE_MAX)), 0);
	ck_assert_int_eq(adapt(span_of(text, JSON_SIZE_MAX + 1)), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	free(text);
}
END_TEST

/* Many sites, alike or not: time that grows with their number, not with its square. */
START_TEST(test_many_sites)
{
	static const char *const options[] = {"", "{\nlocal_certs\n}\n", "{\nemail a@b.c\n}\n"};
	static const char *const lines[] = {
	    "", "tls internal\n", "tls {\nprotocols tls1.3\n}\n", "log\n", "bind 127.0.0.1\n"};
	struct buf text = {0};

	buf_append_str(&text, options[_i % 3]);
	for (unsigned i = 0; i < 1500; i++)
		buf_printf(&text, "site%u.example.com {\n%srespond \"%u\"\n}\n", i,
		    lines[_i / 3 == 5 ? i % 5 : (unsigned)_i / 3], i);
	ck_assert_msg(adapt(buf_span(&text)) == 0, "%s: %s", err.path, err.message);
	buf_fini(&text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("caddyfile");
	TCase *tcase = tcase_create("caddyfile");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_routes, 0, sizeof routes / sizeof routes[0]);
	tcase_add_test(tcase, test_place);
	tcase_add_test(tcase, test_deep);
	tcase_add_test(tcase, test_product);
	tcase_add_test(tcase, test_merged);
	tcase_add_test(tcase, test_warnings);
	tcase_add_test(tcase, test_too_long);
	tcase_add_loop_test(tcase, test_many_sites, 0, 18);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
