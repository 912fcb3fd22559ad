/* SPDX-License-Identifier: BSD-2-Clause */
/* What only the level admin may bring into a document. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/handler.h"
#include "daemon/core/instance.h"
#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/core/route.h"
#include "daemon/core/trust.h"

struct params {
	const char *plain, *path, *secret, *dial;
	struct strings listen;
	bool open;
};

static int load_any(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)node;
	(void)target;
	(void)err;
	return 0;
}

static const struct field fields[] = {
    FIELD_STRING(struct params, plain, "plain", 0, "nothing special"),
    FIELD_STRING(struct params, path, "path", FIELD_PATH, "a file"),
    FIELD_STRING(struct params, path, "other_path", FIELD_PATH, "another file"),
    FIELD_STRING(struct params, secret, "secret", FIELD_SECRET, "a secret"),
    FIELD_STRING(struct params, dial, "dial", FIELD_PATH | FIELD_ADDRESS, "an address"),
    FIELD_STRINGS(struct params, listen, "listen", FIELD_OPEN, "addresses"),
    FIELD_CUSTOM(
	struct params, plain, "texts", FIELD_ENV, load_any, &shape_any, "read by a function"),
    FIELD_CUSTOM(struct params, plain, "inner", 0, load_any, &shape_any, "has tables of its own"),
    FIELD_BOOL(struct params, open, "open", 0, "for everybody"),
    FIELD_END,
};

static bool is_open(const void *p)
{
	return ((const struct params *)p)->open;
}

static int load_nothing(struct load *load, const struct jnode *node, void *p, struct error *err)
{
	return load_any(load, node, p, err);
}

static const struct handler_type tabled = {
    .name = "tabled", .fields = fields, .params_size = sizeof(struct params), .is_open = is_open};
static const struct handler_type free_form = {
    .name = "free", .params_size = 1, .any_fields = true, .load = load_nothing};
static const struct handler_type *const handlers[] = {&tabled, &free_form, NULL};
static const struct matcher_type matcher = {.name = "m", .params_size = 1};
static const struct matcher_type *const matchers[] = {&matcher, NULL};

/* A route of text in an arena of its own. NULL: denied, with err. */
static struct route *load_route(
    const char *text, bool limited, const struct instance *before, struct error *err)
{
	json_error_t where;
	json_t *json = json_loads(text, 0, &where);
	struct jnode node = jnode_root(json);
	struct trust trust = {.limited = limited, .before = before};
	struct load load = {.trust = &trust};
	struct route_identity *identity = route_identity_new(1);
	struct route *route;
	int rc;

	ck_assert_msg(json != NULL, "%s in %s", where.text, text);
	route = route_new(json, "main", identity);
	route_identity_unref(identity);
	load.arena = route->arena;
	trust_notes(&load, &route->trusted);
	rc = route_load(&load, &node, route, err);
	trust_fini(&trust);
	json_decref(json);
	if (rc == 0)
		return route;
	route_unref(route);
	return NULL;
}

/* The same where the document before had the route called before (NULL: none). */
static int change(const char *before, const char *after, struct error *err)
{
	struct route *old = before != NULL ? load_route(before, false, NULL, err) : NULL, *new;
	struct route_list routes = {.items = &old, .count = 1};
	const struct route_table table = {.name = "main", .routes = &routes};
	const struct route_table *tables[] = {&table};
	struct instance in = {.tables = tables, .table_count = before != NULL ? 1 : 0};

	new = load_route(after, true, &in, err);
	if (old != NULL)
		route_unref(old);
	if (new == NULL)
		return -1;
	route_unref(new);
	return 0;
}

static void allowed(const char *before, const char *after)
{
	struct error err;

	ck_assert_msg(change(before, after, &err) == 0, "%s: %s: %s", after, err.path, err.message);
}

static void denied(const char *before, const char *after, const char *path)
{
	struct error err;

	ck_assert_msg(change(before, after, &err) == -1, "not denied: %s", after);
	ck_assert_int_eq(err.code, ERROR_DENIED);
	ck_assert_str_eq(err.path, path);
	ck_assert(strstr(err.message, "level admin") != NULL);
}

/* {"handle":[{"handler":"tabled", ...}]} */
#define TABLED(members) "{\"handle\":[{\"handler\":\"tabled\"," members "}]}"

START_TEST(by_flag)
{
	allowed(NULL, TABLED("\"plain\":\"x\""));
	allowed(NULL, TABLED("\"path\":\"\""));
	denied(NULL, TABLED("\"path\":\"/etc/shadow\""), "handle[0].path");
	denied(NULL, TABLED("\"secret\":\"x\""), "handle[0].secret");
	denied(NULL, TABLED("\"listen\":[\"a\",\"b\"]"), "handle[0].listen[0]");
	allowed(NULL, TABLED("\"inner\":{\"x\":\"{env.X}\"}"));
	denied(NULL, TABLED("\"texts\":{\"x\":[1,\"{env.X}\"]}"), "handle[0].texts.x[1]");
	denied(NULL, TABLED("\"texts\":{\"{file.X}\":1}"), "handle[0].texts[\"{file.X}\"]");
	allowed(NULL, TABLED("\"texts\":{\"x\":[1,\"{l4.conn.id}\"]}"));
}
END_TEST

/* A text is looked at even where nobody thought of the flag. */
START_TEST(placeholders_anywhere)
{
	denied(NULL, TABLED("\"plain\":\"a {env.X} b\""), "handle[0].plain");
	denied(NULL, TABLED("\"plain\":\"{file./etc/shadow}\""), "handle[0].plain");
	allowed(NULL, TABLED("\"plain\":\"{system.hostname}\""));
	denied(NULL, "{\"handle\":[{\"handler\":\"free\",\"x\":\"{env.X}\"}]}", "handle[0].x");
	denied(NULL, "{\"match\":[{\"m\":{\"x\":[\"{env.X}\"]}}]}", "match[0].m.x[0]");
}
END_TEST

START_TEST(addresses)
{
	allowed(NULL, TABLED("\"dial\":\"127.0.0.1:80\""));
	allowed(NULL, TABLED("\"dial\":\"tcp/127.0.0.1:80\""));
	allowed(NULL, TABLED("\"dial\":\"udp6/[::1]:53\""));
	denied(NULL, TABLED("\"dial\":\"unix//run/x.sock\""), "handle[0].dial");
	denied(NULL, TABLED("\"dial\":\"unix/@abstract\""), "handle[0].dial");
	denied(NULL, TABLED("\"dial\":\"unixgram//x\""), "handle[0].dial");
	denied(NULL, TABLED("\"dial\":\"fd/3\""), "handle[0].dial");
	denied(NULL, TABLED("\"dial\":\"unix{system.slash}x\""), "handle[0].dial");
}
END_TEST

START_TEST(what_was_there)
{
	static const char had[] = TABLED("\"path\":\"/a\",\"secret\":\"s\"");

	allowed(had, had);
	allowed(had, TABLED("\"secret\":\"s\",\"plain\":\"more\",\"path\":\"/a\""));
	allowed(had, TABLED("\"plain\":\"less\""));
	denied(had, TABLED("\"path\":\"/b\""), "handle[0].path");
	denied(had, TABLED("\"secret\":\"t\""), "handle[0].secret");
	/* Not for another purpose. */
	denied(had, TABLED("\"other_path\":\"/a\""), "handle[0].other_path");
	denied(had, TABLED("\"path\":\"s\""), "handle[0].path");
	/* Several with the same text. */
	allowed(TABLED("\"path\":\"/a\",\"other_path\":\"/a\",\"secret\":\"/a\""),
	    TABLED("\"secret\":\"/a\",\"other_path\":\"/a\""));
}
END_TEST

START_TEST(open_handlers)
{
	static const char had[] = TABLED("\"open\":true,\"plain\":\"x\"");

	allowed(NULL, TABLED("\"open\":false"));
	denied(NULL, TABLED("\"open\":true"), "handle[0]");
	allowed(had, "{\"handle\":[{\"plain\":\"x\",\"open\":true,\"handler\":\"tabled\"}]}");
	denied(had, TABLED("\"open\":true"), "handle[0]");
}
END_TEST

START_TEST(admin_may)
{
	struct error err;
	struct route *route =
	    load_route(TABLED("\"path\":\"/a\",\"secret\":\"s\",\"open\":true"), false, NULL, &err);
	const struct trusted *t;
	int count = 0;

	ck_assert(route != NULL);
	for (t = route->trusted; t != NULL; t = t->next)
		count++;
	ck_assert_int_eq(count, 3);
	route_unref(route);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trust");
	TCase *tc = tcase_create("trust");
	SRunner *runner;
	int failed;

	handler_types_set(handlers);
	matcher_types_set(matchers);
	fields_watch(trust_field);
	tcase_add_test(tc, by_flag);
	tcase_add_test(tc, placeholders_anywhere);
	tcase_add_test(tc, addresses);
	tcase_add_test(tc, what_was_there);
	tcase_add_test(tc, open_handlers);
	tcase_add_test(tc, admin_may);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
