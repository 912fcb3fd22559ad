/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/patch.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char refusals[4096];

static void on_refused(void *arg, size_t index, const char *why)
{
	const json_t *entries = arg;
	char path[256];
	size_t used = strlen(refusals);

	snprintf(refusals + used, sizeof(refusals) - used, "%s: %s\n",
	    patch_path(json_array_get(entries, index), path, sizeof(path)), why);
}

/* JSON with single quotes. */
static json_t *json_of(const char *text)
{
	char *copy = strdup(text), *p;
	json_error_t where;
	json_t *json;

	for (p = copy; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	json = json_loads(copy, JSON_DECODE_ANY, &where);
	ck_assert_msg(json != NULL, "%s: %s", text, where.text);
	free(copy);
	return json;
}

static void expect_json(const json_t *have, const json_t *want, const char *what)
{
	char *a = json_dumps(have, JSON_COMPACT | JSON_SORT_KEYS);
	char *b = json_dumps(want, JSON_COMPACT | JSON_SORT_KEYS);

	ck_assert_msg(strcmp(a, b) == 0, "%s: %s\n  not %s", what, a, b);
	free(a);
	free(b);
}

/* The change from before to after, carried over to file: what it becomes, and what is refused. */
static void carry(
    const char *before, const char *after, const char *file, const char *want, const char *refused)
{
	json_t *a = json_of(before), *b = json_of(after), *f = json_of(file), *w = json_of(want);
	json_t *copy = json_deep_copy(f), *entries = patch_make(a, b), *have;

	refusals[0] = '\0';
	have = patch_apply(f, entries, on_refused, entries);
	expect_json(have, w, file);
	ck_assert_str_eq(refusals, refused);
	expect_json(f, copy, "the document itself");
	json_decref(entries);
	json_decref(have);
	json_decref(copy);
	json_decref(a);
	json_decref(b);
	json_decref(f);
	json_decref(w);
}

START_TEST(members)
{
	static const char *const a = "{'x':1,'y':{'z':[1]},'gone':0}";
	static const char *const b = "{'x':2,'y':{'z':[1],'new':{'n':5}}}";

	carry(a, b, a, b, "");
	carry(a, b, b, b, "");
	carry(a, b, "{'x':1,'y':{'z':[7]},'gone':0,'own':1}",
	    "{'x':2,'y':{'z':[7],'new':{'n':5}},'own':1}", "");
	carry(a, b, "{'x':3,'y':{'new':4},'gone':9}", "{'x':3,'y':{'new':4},'gone':9}",
	    "x: the file has another value there now\n"
	    "y.new: the file has a value of its own there now\n"
	    "gone: the file has another value there now\n");
	carry(a, b, "{}", "{}",
	    "x: the file no longer has it\ny.new: the file no longer has what is around it\n");
	/* Another kind of value on the way. */
	carry(a, b, "{'x':1,'y':[],'gone':0}", "{'x':2,'y':[]}",
	    "y.new: the file no longer has what is around it\n");
}
END_TEST

START_TEST(items_by_id)
{
	static const char *const a =
	    "{'r':[{'@id':'a','v':1},{'@id':'b','v':1},{'@id':'c','v':1}]}";
	static const char *const changed =
	    "{'r':[{'@id':'a','v':1},{'@id':'b','v':2},{'@id':'c','v':1}]}";
	static const char *const removed = "{'r':[{'@id':'a','v':1},{'@id':'c','v':1}]}";
	static const char *const added =
	    "{'r':[{'@id':'a','v':1},{'@id':'n'},{'@id':'b','v':1},{'@id':'c','v':1}]}";

	/* Found wherever the file has put it, and beside what the file has changed in it. */
	carry(a, changed, "{'r':[{'@id':'x'},{'@id':'b','v':1,'w':5}]}",
	    "{'r':[{'@id':'x'},{'@id':'b','v':2,'w':5}]}", "");
	carry(a, changed, "{'r':[{'@id':'b','v':3}]}", "{'r':[{'@id':'b','v':3}]}",
	    "r[@b].v: the file has another value there now\n");
	carry(a, changed, removed, removed, "r[@b].v: the file no longer has what is around it\n");

	carry(a, removed, "{'r':[{'@id':'b','v':1},{'@id':'z'}]}", "{'r':[{'@id':'z'}]}", "");
	carry(a, removed, removed, removed, "");
	carry(a, removed, changed, changed, "r[@b]: the file has changed what was removed\n");

	carry(a, added, added, added, "");
	carry(a, added, "{'r':[{'@id':'n','v':9}]}", "{'r':[{'@id':'n','v':9}]}",
	    "r[@n]: the file has one of its own with that @id now\n");
}
END_TEST

/* Of two that are the same the first has the name. */
START_TEST(wrappers_by_what_they_are)
{
	static const char *const a =
	    "{'w':[{'wrapper':'tls'},{'wrapper':'layer4','r':[{'@id':'a'}]},"
	    "{'wrapper':'layer4','r':[{'@id':'b'}]}]}";
	static const char *const b = "{'w':[{'wrapper':'tls'},{'wrapper':'layer4','r':[{'@id':'n'},"
				     "{'@id':'a'}]},{'wrapper':'layer4','r':[{'@id':'b'}]}]}";

	carry(a, b, "{'w':[{'wrapper':'layer4','r':[{'@id':'a','v':1},{'@id':'c'}]}]}",
	    "{'w':[{'wrapper':'layer4','r':[{'@id':'n'},{'@id':'a','v':1},{'@id':'c'}]}]}", "");
	carry(a, b, "{'w':[{'wrapper':'tls'}]}", "{'w':[{'wrapper':'tls'}]}",
	    "w[@wrapper:layer4].r[@n]: the file no longer has what is around it\n");
}
END_TEST

START_TEST(places)
{
	static const char *const a = "{'r':[{'@id':'a'},{'@id':'b'}]}";
	static const char *const middle = "{'r':[{'@id':'a'},{'@id':'n'},{'@id':'b'}]}";
	static const char *const first = "{'r':[{'@id':'n'},{'@id':'a'},{'@id':'b'}]}";
	static const char *const last = "{'r':[{'@id':'a'},{'@id':'b'},{'@id':'n'}]}";

	carry(a, middle, "{'r':[{'@id':'a'},{'@id':'f'},{'@id':'b'}]}",
	    "{'r':[{'@id':'a'},{'@id':'n'},{'@id':'f'},{'@id':'b'}]}", "");
	carry(a, middle, "{'r':[{'@id':'f'},{'@id':'b'}]}",
	    "{'r':[{'@id':'f'},{'@id':'n'},{'@id':'b'}]}", "");
	carry(a, middle, "{'r':[{'@id':'f'}]}", "{'r':[{'@id':'f'}]}",
	    "r[@n]: the file no longer has either of its neighbours\n");
	carry(a, first, "{'r':[{'@id':'f'},{'@id':'g'}]}",
	    "{'r':[{'@id':'n'},{'@id':'f'},{'@id':'g'}]}", "");
	carry(a, last, "{'r':[{'@id':'f'},{'@id':'g'}]}",
	    "{'r':[{'@id':'f'},{'@id':'g'},{'@id':'n'}]}", "");
	carry(a, last, "{'r':[{'@id':'b'},{'@id':'f'}]}",
	    "{'r':[{'@id':'b'},{'@id':'n'},{'@id':'f'}]}", "");
	/* Several new ones keep their order. */
	carry(a, "{'r':[{'@id':'a'},{'@id':'m'},{'@id':'n'},{'@id':'b'}]}", "{'r':[{'@id':'b'}]}",
	    "{'r':[{'@id':'m'},{'@id':'n'},{'@id':'b'}]}", "");
	/* The order of texts means nothing. */
	carry("{'l':['a','b']}", "{'l':['a','n','b']}", "{'l':['c']}", "{'l':['c','n']}", "");
}
END_TEST

START_TEST(anonymous_items)
{
	static const char *const a = "{'r':[{'v':1},{'v':2},{'v':3}]}";
	static const char *const replaced = "{'r':[{'v':1},{'v':9},{'v':3}]}";
	static const char *const removed = "{'r':[{'v':1},{'v':3}]}";

	carry(a, replaced, "{'r':[{'v':2},{'v':7}]}", "{'r':[{'v':9},{'v':7}]}", "");
	carry(a, replaced, replaced, replaced, "");
	carry(a, removed, "{'r':[{'v':2},{'v':7}]}", "{'r':[{'v':7}]}", "");
	carry(a, removed, removed, removed, "");
}
END_TEST

/* The digest of an item in a path is nobody's business here: the reason alone. */
static void expect_reason(
    const char *before, const char *after, const char *file, const char *want, const char *reason)
{
	json_t *a = json_of(before), *b = json_of(after), *f = json_of(file), *w = json_of(want);
	json_t *entries = patch_make(a, b), *have;
	char *colon;

	refusals[0] = '\0';
	have = patch_apply(f, entries, on_refused, entries);
	expect_json(have, w, file);
	colon = strstr(refusals, "]: ");
	ck_assert_msg(
	    colon != NULL && strchr(colon, '\n')[1] == '\0', "not one refusal: %s", refusals);
	ck_assert_str_eq(colon + 3, reason);
	json_decref(entries);
	json_decref(have);
	json_decref(a);
	json_decref(b);
	json_decref(f);
	json_decref(w);
}

START_TEST(anonymous_changed)
{
	static const char *const a = "{'r':[{'v':1},{'v':2},{'v':3}]}";
	static const char *const replaced = "{'r':[{'v':1},{'v':9},{'v':3}]}";
	static const char *const removed = "{'r':[{'v':1},{'v':3}]}";
	static const char *const edited = "{'r':[{'v':1},{'v':2,'w':1},{'v':3}]}";
	static const char *const both = "{'r':[{'v':9},{'v':2}]}";
	static const char *const moved = "{'r':[{'v':3},{'v':1},{'v':2}]}";

	expect_reason(a, removed, edited, edited,
	    "the file no longer has, or has changed, what was removed\n");
	expect_reason(a, replaced, edited, edited,
	    "the file no longer has, or has changed, what was replaced\n");
	expect_reason(
	    a, replaced, both, both, "the file has both the old value and the new one now\n");
	expect_reason(a, moved, "{'r':[{'v':1}]}", "{'r':[{'v':1}]}",
	    "the file no longer has, or has changed, what was moved\n");
}
END_TEST

START_TEST(moves)
{
	static const char *const a = "{'r':[{'@id':'a'},{'@id':'b'},{'@id':'c'},{'@id':'d'}]}";
	static const char *const b = "{'r':[{'@id':'d'},{'@id':'a'},{'@id':'b'},{'@id':'c'}]}";

	carry(a, b, a, b, "");
	carry(a, b, b, b, "");
	/* Beside new ones of the file. */
	carry(a, b, "{'r':[{'@id':'a'},{'@id':'f'},{'@id':'c'},{'@id':'d'},{'@id':'g'}]}",
	    "{'r':[{'@id':'d'},{'@id':'a'},{'@id':'f'},{'@id':'c'},{'@id':'g'}]}", "");
	/* The file has moved it too. */
	carry(a, b, "{'r':[{'@id':'a'},{'@id':'d'},{'@id':'b'},{'@id':'c'}]}",
	    "{'r':[{'@id':'a'},{'@id':'d'},{'@id':'b'},{'@id':'c'}]}",
	    "r[@d]: the file has another order there now\n");
	carry(a, b, "{'r':[{'@id':'a'}]}", "{'r':[{'@id':'a'}]}",
	    "r[@d]: the file no longer has, or has changed, what was moved\n");
}
END_TEST

/* ---- any two documents ----------------------------------------------------------------------- */

static unsigned dice(unsigned sides)
{
	return (unsigned)rand() % sides;
}

static json_t *random_item(void)
{
	json_t *item;
	char id[2] = {(char)('a' + dice(6)), '\0'};

	if (dice(6) == 0)
		return json_integer(dice(3));
	item = json_pack("{s:i}", "v", (int)dice(3));
	if (dice(2) == 0)
		json_object_set_new(item, "@id", json_string(id));
	if (dice(8) == 0)
		json_object_set_new(item, "l", json_pack("[i, i]", (int)dice(2), (int)dice(2)));
	return item;
}

static json_t *random_document(void)
{
	json_t *list = json_array(), *document = json_pack("{s:o}", "r", list);
	unsigned n = dice(9);

	while (n-- > 0)
		json_array_append_new(list, random_item());
	if (dice(3) == 0)
		json_object_set_new(document, "m", json_integer(dice(2)));
	return document;
}

/* Some steps away from it. */
static json_t *random_variant(const json_t *document)
{
	json_t *out = json_deep_copy(document), *list = json_object_get(out, "r"), *item;
	unsigned n = dice(5);
	size_t from;

	while (n-- > 0) {
		if (json_array_size(list) > 0 && dice(3) > 0) {
			from = dice((unsigned)json_array_size(list));
			item = json_incref(json_array_get(list, from));
			json_array_remove(list, from);
			if (dice(2) == 0)
				json_array_insert(
				    list, dice((unsigned)json_array_size(list) + 1), item);
			json_decref(item);
		} else {
			json_array_insert_new(
			    list, dice((unsigned)json_array_size(list) + 1), random_item());
		}
	}
	return out;
}

static void expect_way(json_t *a, json_t *b)
{
	json_t *entries = patch_make(a, b), *have, *again;
	char *text;

	refusals[0] = '\0';
	have = patch_apply(a, entries, on_refused, entries);
	text = json_dumps(entries, 0);
	expect_json(have, b, text);
	ck_assert_msg(refusals[0] == '\0', "%s%s", refusals, text);
	again = patch_apply(b, entries, on_refused, entries);
	expect_json(again, b, text); /* what is so already is no fault */
	ck_assert_uint_eq(json_array_size(entries) == 0, json_equal(a, b));
	free(text);
	json_decref(entries);
	json_decref(have);
	json_decref(again);
}

START_TEST(any_two)
{
	int i;

	srand(1);
	for (i = 0; i < 20000; i++) {
		json_t *a = random_document(),
		       *b = dice(4) == 0 ? random_document() : random_variant(a);

		expect_way(a, b);
		json_decref(a);
		json_decref(b);
	}
}
END_TEST

static bool is_refused[256];

static void on_any_refused(void *arg, size_t index, const char *why)
{
	ck_assert(arg != NULL && why[0] != '\0');
	ck_assert_uint_lt(index, json_array_size(arg));
	is_refused[index] = true;
}

static bool contains(json_t *list, json_t *wanted)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (json_equal(item, wanted))
			return true;
	return false;
}

/* Each entry of the list that puts something there was refused, or has it there now. */
static void expect_done(json_t *entries, json_t *document)
{
	json_t *entry, *now;
	size_t i;

	json_array_foreach (entries, i, entry) {
		now = json_object_get(entry, "now");
		if (is_refused[i] || now == NULL ||
		    json_array_size(json_object_get(entry, "at")) != 2)
			continue;
		ck_assert(contains(json_object_get(document, "r"), now));
	}
}

/* The change from a to b on any c. */
START_TEST(any_three)
{
	int i;

	srand(2);
	for (i = 0; i < 20000; i++) {
		json_t *a = random_document(), *b = random_variant(a), *c = random_variant(a);
		json_t *entries = patch_make(a, b), *have;

		memset(is_refused, 0, sizeof(is_refused));
		have = patch_apply(c, entries, on_any_refused, entries);
		expect_done(entries, have);
		json_decref(have);
		json_decref(entries);
		json_decref(a);
		json_decref(b);
		json_decref(c);
	}
}
END_TEST

START_TEST(malformed)
{
	static const char *const bad[] = {"[1]", "[{}]", "[{'at':[]}]", "[{'at':[1],'now':2}]",
	    "[{'at':'r'}]", "[{'at':['r','@a'],'was':1,'now':2}]", "[{'at':['r','zz']}]",
	    "[{'at':['r','@a'],'now':3,'after':5,'before':{}}]", "[{'at':['r','@q','x'],'now':1}]",
	    "[null, {'at':['r',null]}]", NULL};
	json_t *document = json_of("{'r':[{'@id':'a'}]}"), *entries, *have;
	size_t i;

	for (i = 0; bad[i] != NULL; i++) {
		entries = json_of(bad[i]);
		refusals[0] = '\0';
		have = patch_apply(document, entries, on_refused, entries);
		ck_assert_msg(refusals[0] != '\0', "taken: %s", bad[i]);
		expect_json(have, document, bad[i]);
		json_decref(have);
		json_decref(entries);
	}
	json_decref(document);
}
END_TEST

/* What no two documents make, but a journal may have. */
START_TEST(beside_what_is_removed)
{
	json_t *document = json_of("{'r':[{'@id':'a'}]}"), *want = json_of("{'r':[{'@id':'n'}]}");
	json_t *entries =
	    json_of("[{'at':['r','@a'],'was':{'@id':'a'},'after':null,'before':null},"
		    "{'at':['r','@n'],'now':{'@id':'n'},'after':'@a','before':null}]");
	json_t *have;

	refusals[0] = '\0';
	have = patch_apply(document, entries, on_refused, entries);
	ck_assert_str_eq(refusals, "");
	expect_json(have, want, "beside what is removed");
	json_decref(have);
	json_decref(want);
	json_decref(entries);
	json_decref(document);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("patch");
	TCase *t = tcase_create("patch");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, members);
	tcase_add_test(t, items_by_id);
	tcase_add_test(t, wrappers_by_what_they_are);
	tcase_add_test(t, places);
	tcase_add_test(t, anonymous_items);
	tcase_add_test(t, anonymous_changed);
	tcase_add_test(t, moves);
	tcase_add_test(t, any_two);
	tcase_add_test(t, any_three);
	tcase_add_test(t, malformed);
	tcase_add_test(t, beside_what_is_removed);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
