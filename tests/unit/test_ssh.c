/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "tests/unit/matcher_support.h"

#define SSH "{'ssh': {}}"

static const char *const clients[] = {"ssh_openssh", "ssh_dropbear", "ssh_putty"};

START_TEST(test_clients)
{
	support_cuts(SSH, support_flight(clients[_i]), 4, MATCH_YES);
	support_cuts("{'not': [" SSH "]}", support_flight(clients[_i]), 4, MATCH_NO);
}
END_TEST

static const struct {
	const char *bytes;
	size_t decided;
} others[] = {
    {"ssh-2.0-x\r\n", 1},
    {"SST-2.0", 3},
    {"SSH2.0-x", 4},
    {"SS\n", 3},
    {"GET / HTTP/1.1\r\n", 1},
    {"\r\nSSH-2.0-x\r\n", 1},
};

START_TEST(test_others)
{
	support_cuts(SSH, span_str(others[_i].bytes), others[_i].decided, MATCH_NO);
}
END_TEST

START_TEST(test_versions)
{
	support_cuts(SSH, span_str("SSH-1.5-x\n"), 4, MATCH_YES);
	support_cuts(SSH, span_str("SSH-1.99-x\r\n"), 4, MATCH_YES);
	ck_assert_int_eq(support_verdict(SSH, span_str("SSH-"), true), MATCH_YES);
	ck_assert_int_eq(support_verdict(SSH, span_str("SSH"), true), MATCH_NO);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("ssh", "{}");
	support_adapt("ssh {\n}", "{}");
	support_adapt("ssh x", NULL);
	support_adapt("ssh {\nx\n}", NULL);
	support_refused("{'ssh': {'x': 1}}", "ssh: unknown field 'x'");
	support_refused("{'ssh': []}", "ssh: ");
	ck_assert(support_set(SSH).bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ssh");
	TCase *tc = tcase_create("ssh");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_clients, clients);
	SUPPORT_LOOP(tc, test_others, others);
	tcase_add_test(tc, test_versions);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
