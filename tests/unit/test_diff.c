/* SPDX-License-Identifier: BSD-2-Clause */
/* Differences between documents, as people would tell them. */
#include <config.h>

#include <check.h>
#include <stdlib.h>

#include "common/buf.h"
#include "daemon/config/diff.h"

/* want: "path change", a line each. */
static void expect(const char *before, const char *after, const char *want)
{
	json_t *x = json_loads(before, JSON_DECODE_ANY, NULL);
	json_t *y = json_loads(after, JSON_DECODE_ANY, NULL);
	json_t *changes = diff_documents(x, y), *change;
	struct buf text = {0};
	size_t i;

	json_array_foreach (changes, i, change)
		buf_printf(&text, "%s %s\n", json_string_value(json_object_get(change, "path")),
		    json_string_value(json_object_get(change, "change")));
	ck_assert_str_eq(buf_str(&text), want);
	buf_fini(&text);
	json_decref(changes);
	json_decref(x);
	json_decref(y);
}

START_TEST(objects)
{
	expect("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "");
	expect("{\"a\":1,\"b\":2}", "{\"b\":3,\"c\":{}}", "a removed\nb changed\nc added\n");
	expect("{\"a\":{\"b\":[1]}}", "{\"a\":{\"b\":{}}}", "a.b changed\n");
}
END_TEST

START_TEST(lists)
{
	expect("[1,2,3]", "[1,3]", "[1] removed\n");
	expect("[1,3]", "[1,2,3]", "[1] added\n");
	expect("[1,2,3]", "[1,9,3]", "[1] changed\n");
	expect("[]", "[1,2]", "[0] added\n[1] added\n");
	expect("[1,2]", "[]", "[0] removed\n[1] removed\n");
	expect("[{\"a\":1},{\"a\":2}]", "[{\"a\":1},{\"a\":3}]", "[1].a changed\n");
	/* Moved to the end, and to the front. */
	expect("[1,2,3,4]", "[2,3,4,1]", "[0] removed\n[3] added\n");
	expect("[1,2,3,4]", "[4,1,2,3]", "[0] added\n[3] removed\n");
}
END_TEST

#define A "{\"@id\":\"a\",\"x\":1}"
#define A2 "{\"@id\":\"a\",\"x\":2}"
#define B "{\"@id\":\"b\"}"
#define C "{\"@id\":\"c\"}"

START_TEST(named_items)
{
	expect("[" A "," B "]", "[" A2 "," B "]", "[0].x changed\n");
	/* Changed behind something new, and beside something that went. */
	expect("[" A "," B "]", "[" C "," A2 "," B "]", "[0] added\n[1].x changed\n");
	expect("[" C "," A "," B "]", "[" A2 "," B "]", "[0] removed\n[0].x changed\n");
	expect("[" A "," B "," C "]", "[" B "," C "," A "]", "[0] removed\n[2] added\n");
	expect("[" A "]", "[" B "]", "[0] removed\n[0] added\n");
	expect("[" A "]", "[{}]", "[0] removed\n[0] added\n");
}
END_TEST

START_TEST(secrets_are_masked)
{
	json_t *x = json_pack("{s:s}", "password", "one"),
	       *y = json_pack("{s:s}", "password", "two");
	json_t *changes = diff_documents(x, y);
	char *text = json_dumps(changes, JSON_COMPACT);

	ck_assert_uint_eq(json_array_size(changes), 1);
	ck_assert(strstr(text, "sha256:") != NULL);
	ck_assert(strstr(text, "one") == NULL && strstr(text, "two") == NULL);
	free(text);
	json_decref(changes);
	json_decref(x);
	json_decref(y);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diff");
	TCase *tc = tcase_create("diff");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, objects);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, named_items);
	tcase_add_test(tc, secrets_are_masked);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
