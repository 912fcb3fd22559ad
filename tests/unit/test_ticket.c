/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/ticket.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t one[TICKET_POLICY_SIZE] = {1}, two[TICKET_POLICY_SIZE] = {2};

static void get(struct ticket_key *k, uint8_t out[TICKET_KEY_SIZE])
{
	ck_assert_int_eq(ticket_key_get(k, out), 0);
}

START_TEST(test_keys)
{
	uint8_t a[TICKET_KEY_SIZE], b[TICKET_KEY_SIZE], c[TICKET_KEY_SIZE], zero[TICKET_KEY_SIZE];
	struct ticket_key k, same, other;

	memset(zero, 0, sizeof(zero));
	ticket_key_init(&k, one);
	ticket_key_init(&same, one);
	ticket_key_init(&other, two);
	get(&k, a);
	get(&same, b);
	get(&other, c);
	ck_assert(memcmp(a, zero, sizeof(a)) != 0);
	ck_assert(memcmp(a, b, sizeof(a)) == 0);
	ck_assert(memcmp(a, c, sizeof(a)) != 0);
	/* No part of one is in the other. */
	ck_assert(memcmp(a, c, 16) != 0);
	ck_assert(memcmp(a + 32, c + 32, 32) != 0);
	get(&k, b);
	ck_assert(memcmp(a, b, sizeof(a)) == 0);
	ticket_rotate();
	get(&k, b);
	ck_assert(memcmp(a, b, sizeof(a)) != 0);
	get(&same, c);
	ck_assert(memcmp(b, c, sizeof(a)) == 0);
	ticket_key_fini(&k);
	ticket_key_fini(&same);
	ticket_key_fini(&other);
}
END_TEST

START_TEST(test_rotation)
{
	uint8_t a[TICKET_KEY_SIZE], b[TICKET_KEY_SIZE];
	struct ticket_key k;

	ticket_key_init(&k, one);
	ticket_set_rotation(1);
	get(&k, a);
	usleep(20000);
	get(&k, b);
	ck_assert(memcmp(a, b, sizeof(a)) != 0);
	ticket_set_rotation(0);
	usleep(20000);
	get(&k, a);
	ck_assert(memcmp(a, b, sizeof(a)) == 0);
	ticket_set_rotation(TICKET_ROTATION_DEFAULT);
	get(&k, a);
	ck_assert(memcmp(a, b, sizeof(a)) == 0);
	ticket_key_fini(&k);
}
END_TEST

START_TEST(test_switch)
{
	ck_assert(ticket_enabled());
	ticket_set_enabled(false);
	ck_assert(!ticket_enabled());
	ticket_set_enabled(true);
	ck_assert(ticket_enabled());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ticket");
	TCase *tc = tcase_create("ticket");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, test_keys);
	tcase_add_test(tc, test_rotation);
	tcase_add_test(tc, test_switch);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
