/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/siphash.h"

#include <check.h>

/* The paper's test vector (appendix A), and others of its authors: key and input count from 0. */
START_TEST(test_vectors)
{
	uint8_t key[16], input[64];
	unsigned i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (i = 0; i < sizeof(input); i++)
		input[i] = (uint8_t)i;
	ck_assert_uint_eq(siphash_with(key, input, 15), UINT64_C(0xa129ca6149be45e5));
	ck_assert_uint_eq(siphash_with(key, input, 0), UINT64_C(0x726fdb47dd0e0e31));
	ck_assert_uint_eq(siphash_with(key, input, 1), UINT64_C(0x74f839c593dc67fd));
	ck_assert_uint_eq(siphash_with(key, input, 8), UINT64_C(0x93f5f5799a932462));
}
END_TEST

START_TEST(test_process_key)
{
	static const uint8_t zero[16];

	ck_assert_uint_eq(siphash("name", 4), siphash("name", 4));
	ck_assert_uint_ne(siphash("name", 4), siphash("eman", 4));
	ck_assert_uint_ne(siphash("name", 4), siphash_with(zero, "name", 4));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("siphash");
	TCase *tc = tcase_create("siphash");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, test_vectors);
	tcase_add_test(tc, test_process_key);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
