/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/flow_table.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

#define MANY 50000

static struct flow_table table;
static struct flow_entry *entries;

static void setup(void)
{
	memset(&table, 0, sizeof(table));
	entries = mem_zalloc(MANY * sizeof(*entries));
}

static void teardown(void)
{
	flow_table_fini(&table);
	free(entries);
}

static struct netaddr ip(const char *text, uint16_t port)
{
	struct netaddr addr;

	ck_assert_msg(netaddr_parse_ip(text, &addr), "%s", text);
	addr.port = port;
	return addr;
}

static struct flow_key key(const char *client, uint16_t port, const char *local)
{
	struct flow_key k = {.client = ip(client, port)};

	if (local != NULL)
		k.local = ip(local, 0);
	return k;
}

static struct flow_key unix_key(const char *path)
{
	return (struct flow_key){.client = {.family = AF_UNIX, .path = path}};
}

static void add(struct flow_entry *entry, struct flow_key k)
{
	uint64_t hash;

	entry->key = k;
	ck_assert_ptr_null(flow_table_find(&table, &k, &hash));
	flow_table_add(&table, entry, hash);
}

static struct flow_entry *find(struct flow_key k)
{
	uint64_t hash;

	return flow_table_find(&table, &k, &hash);
}

static struct flow_key nth(size_t i)
{
	char text[32];

	snprintf(text, sizeof(text), "10.0.%zu.%zu", i / 256 % 256, i % 256);
	return key(text, (uint16_t)(i / 65536 + i % 7), i % 2 == 0 ? "192.0.2.1" : NULL);
}

START_TEST(test_many)
{
	size_t i;

	for (i = 0; i < MANY; i++)
		add(&entries[i], nth(i));
	ck_assert_uint_eq(table.count, MANY);
	for (i = 0; i < MANY; i++)
		ck_assert_ptr_eq(find(nth(i)), &entries[i]);
	for (i = 0; i < MANY; i += 2)
		flow_table_remove(&table, &entries[i]);
	for (i = 0; i < MANY; i++)
		ck_assert_ptr_eq(find(nth(i)), i % 2 == 0 ? NULL : &entries[i]);
	for (i = 1; i < MANY; i += 2)
		flow_table_remove(&table, &entries[i]);
	ck_assert_uint_eq(table.count, 0);
	ck_assert_uint_eq(table.source_count, 0);
}
END_TEST

/* Whatever differs makes another flow. */
START_TEST(test_keys)
{
	struct flow_key keys[] = {
	    key("10.0.0.1", 1, "192.0.2.1"),
	    key("10.0.0.1", 2, "192.0.2.1"),
	    key("10.0.0.2", 1, "192.0.2.1"),
	    key("10.0.0.1", 1, "192.0.2.2"),
	    key("10.0.0.1", 1, NULL),
	    key("10.0.0.1", 1, "192.0.2.1"),
	    key("10.0.0.1", 1, "192.0.2.1"),
	    key("fe80::1", 1, NULL),
	    key("fe80::1", 1, NULL),
	    unix_key("/run/a"),
	    unix_key("/run/b"),
	    unix_key(""),
	};
	size_t i, j, count = sizeof(keys) / sizeof(keys[0]);

	keys[5].origin = ip("10.9.9.9", 1);
	keys[6].origin = ip("10.9.9.9", 2);
	keys[8].client.scope = 3;
	for (i = 0; i < count; i++)
		add(&entries[i], keys[i]);
	for (i = 0; i < count; i++) {
		ck_assert_ptr_eq(find(keys[i]), &entries[i]);
		for (j = 0; j < count; j++)
			ck_assert_int_eq(flow_key_equal(&keys[i], &keys[j]), i == j);
	}
	for (i = 0; i < count; i++)
		flow_table_remove(&table, &entries[i]);
}
END_TEST

/* Bytes that do not belong to an address, such as the rest of an IPv4 one, decide nothing. */
START_TEST(test_unused_bytes)
{
	struct flow_key k = key("10.0.0.1", 1, NULL);

	add(&entries[0], k);
	memset(k.local.ip, 0xaa, sizeof(k.local.ip));
	ck_assert_ptr_eq(find(k), &entries[0]);
	flow_table_remove(&table, &entries[0]);
}
END_TEST

static enum flow_room room(const struct flow_key *k, size_t all, size_t per_source)
{
	struct flow_limits limits = {all, per_source};

	return flow_table_room(&table, k, &limits);
}

START_TEST(test_limits)
{
	struct flow_key four = key("10.0.0.1", 9, NULL), six = key("2001:db8::1", 9, NULL);
	struct flow_key same_net = key("2001:db8::ffff:1", 9, NULL);
	struct flow_key other_net = key("2001:db8:0:1::1", 9, NULL);
	size_t i;

	ck_assert_int_eq(room(&four, 1, 1), FLOW_ROOM);
	for (i = 0; i < 3; i++) {
		add(&entries[i], key("10.0.0.1", (uint16_t)i, "192.0.2.1"));
		add(&entries[3 + i], key("2001:db8::2", (uint16_t)i, NULL));
	}
	ck_assert_int_eq(room(&four, 6, 100), FLOW_TABLE_FULL);
	ck_assert_int_eq(room(&four, 7, 4), FLOW_ROOM);
	ck_assert_int_eq(room(&four, 7, 3), FLOW_SOURCE_FULL);
	ck_assert_int_eq(room(&six, 7, 3), FLOW_SOURCE_FULL);
	ck_assert_int_eq(room(&same_net, 7, 3), FLOW_SOURCE_FULL);
	ck_assert_int_eq(room(&other_net, 7, 3), FLOW_ROOM);
	/* Whom a proxy speaks for is the source, not the proxy. */
	four.origin = ip("10.0.0.2", 1);
	ck_assert_int_eq(room(&four, 7, 3), FLOW_ROOM);
	add(&entries[6], four);
	ck_assert_int_eq(room(&four, 8, 1), FLOW_SOURCE_FULL);
	flow_table_remove(&table, &entries[6]);
	flow_table_remove(&table, &entries[0]);
	four.origin = (struct netaddr){0};
	ck_assert_int_eq(room(&four, 7, 3), FLOW_ROOM);
	for (i = 1; i < 6; i++)
		flow_table_remove(&table, &entries[i]);
	ck_assert_uint_eq(table.source_count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow_table");
	TCase *tc = tcase_create("flow_table");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_keys);
	tcase_add_test(tc, test_unused_bytes);
	tcase_add_test(tc, test_limits);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
