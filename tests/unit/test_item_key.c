/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/item_key.h"

#include <check.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static json_t *list_of(const char *text)
{
	json_t *list = json_loads(text, 0, NULL);

	ck_assert_msg(list != NULL, "%s", text);
	return list;
}

static bool is_digest(const char *key, size_t length)
{
	return strspn(key, "0123456789abcdef") == length && length == 32;
}

START_TEST(names)
{
	json_t *list =
	    list_of("[{\"@id\":\"a\"},{\"b\":1,\"c\":2},{\"c\":2,\"b\":1},{\"@id\":\"a\"},"
		    "{\"@id\":7},\"text\",\"text\",{\"@id\":\"\"}]");
	struct item_keys keys;
	char *first;

	item_keys_make(&keys, list);
	ck_assert_uint_eq(keys.count, 8);
	ck_assert_str_eq(keys.items[0], "@a");
	ck_assert(is_digest(keys.items[1], strlen(keys.items[1])));
	/* The order of members means nothing; the second of two equal ones says so. */
	ck_assert_int_eq(strncmp(keys.items[2], keys.items[1], 32), 0);
	ck_assert_str_eq(keys.items[2] + 32, "/1");
	/* A name that two have, and what is no name, name nothing. */
	ck_assert(is_digest(keys.items[3], strlen(keys.items[3])));
	ck_assert(is_digest(keys.items[4], strlen(keys.items[4])));
	ck_assert_str_eq(keys.items[6] + 32, "/1");
	ck_assert_str_eq(keys.items[7], "@");

	first = item_key(json_array_get(list, 2));
	ck_assert_str_eq(first, keys.items[1]);
	free(first);
	item_keys_fini(&keys);
	item_keys_make(&keys, NULL);
	ck_assert_uint_eq(keys.count, 0);
	item_keys_fini(&keys);
	json_decref(list);
}
END_TEST

/* A digest is on disk: it is the same in every version and on every machine. */
START_TEST(stable)
{
	json_t *list = list_of("[{\"handle\":[{\"handler\":\"echo\"}]}]");
	char *key = item_key(json_array_get(list, 0));

	ck_assert_str_eq(key, "c816332f0c79722cdda5157af8bf0fe6");
	free(key);
	json_decref(list);
}
END_TEST

/* What nobody uses is forgotten: of many items that come and go few are held. */
START_TEST(memory)
{
	size_t before = mallinfo2().uordblks, i;
	json_t *item;

	for (i = 0; i < 50000; i++) {
		item = json_pack("{s:i}", "n", (int)i);
		free(item_key(item));
		ck_assert_uint_eq(item->refcount, 2);
		json_decref(item);
	}
	ck_assert_uint_lt(mallinfo2().uordblks, before + (2u << 20));
	item_keys_forget();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("item_key");
	TCase *t = tcase_create("item_key");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, NULL, item_keys_forget);
	tcase_add_test(t, names);
	tcase_add_test(t, stable);
	tcase_add_test(t, memory);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
