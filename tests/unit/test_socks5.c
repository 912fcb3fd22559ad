/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SOCKS 5 on the wire, behind the greeting (which test_socks has).
 */
#include <config.h>

#include <check.h>
#include <stdlib.h>

#include "daemon/wire/socks5.h"

#define BYTES(s) (s), sizeof(s) - 1
#define LONG                                                                                       \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                         \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                         \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                         \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
#define NAME_253                                                                                   \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                         \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                         \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                         \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc"

/* An exact copy, so that a sanitizer sees every byte read beyond the end. */
static struct span copy_of(const char *bytes, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, n);
	return span_of(copy, n);
}

static void drop(struct span copy)
{
	free((void *)copy.p);
}

static const struct {
	const char *bytes;
	size_t n;
	const char *user, *password; /* NULL: no */
	size_t length;               /* of the message, or where it is a no */
} passwords[] = {
    {BYTES("\1\3bob\5other"), "bob", "other", 11},
    {BYTES("\1\3bob\5otherand more"), "bob", "other", 11},
    {BYTES("\1\0\0"), "", "", 3},
    {BYTES("\1\xff" LONG "\xff" LONG), LONG, LONG, 513},
    {BYTES("\0\3bob\5other"), NULL, NULL, 1},
    {BYTES("\5\3bob\5other"), NULL, NULL, 1},
};

START_TEST(test_passwords)
{
	struct span user, password;
	enum wire_verdict verdict;
	size_t n, length;

	for (n = 0; n <= passwords[_i].n; n++) {
		struct span copy = copy_of(passwords[_i].bytes, n);

		verdict = socks5_password_parse(copy, &user, &password, &length);
		if (n < passwords[_i].length) {
			ck_assert_int_eq(verdict, WIRE_MORE);
		} else if (passwords[_i].user == NULL) {
			ck_assert_int_eq(verdict, WIRE_NO);
		} else {
			ck_assert_int_eq(verdict, WIRE_YES);
			ck_assert_uint_eq(length, passwords[_i].length);
			ck_assert(span_eq_str(user, passwords[_i].user));
			ck_assert(span_eq_str(password, passwords[_i].password));
		}
		drop(copy);
	}
}
END_TEST

static const struct {
	const char *bytes;
	size_t n, length;
	uint8_t command;
	const char *name, *address; /* address: with the port; name: without */
	enum socks5_reply problem;
} requests[] = {
    {BYTES("\5\1\0\1\xc0\0\2\7\x1f\x90"), 10, SOCKS5_CONNECT, "", "192.0.2.7:8080", 0},
    {BYTES("\5\2\0\1\0\0\0\0\0\0tail"), 10, SOCKS5_BIND, "", "0.0.0.0:0", 0},
    {BYTES("\5\3\7\4\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\x35"), 22, SOCKS5_ASSOCIATE, "",
	"[2001:db8::1]:53", 0},
    {BYTES("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1\0\x50"), 22, SOCKS5_CONNECT, "",
	"127.0.0.1:80", 0},
    {BYTES("\5\1\0\3\x0bwww.example\1\xbb"), 18, SOCKS5_CONNECT, "www.example", NULL, 0},
    {BYTES("\5\1\0\3\3a_b\0\0"), 10, SOCKS5_CONNECT, "a_b", NULL, 0},
    {BYTES("\5\1\0\3\xfd" NAME_253 "\0\x50"), 260, SOCKS5_CONNECT, NAME_253, NULL, 0},
    {BYTES("\5\1\0\3\xff" LONG "\0\x50"), 262, SOCKS5_CONNECT, LONG, NULL, SOCKS5_HOST_UNREACHABLE},
    {BYTES("\5\1\0\3\0\0\x50"), 7, SOCKS5_CONNECT, "", NULL, SOCKS5_HOST_UNREACHABLE},
    {BYTES("\5\1\0\3\3a\0b\0\x50"), 10, SOCKS5_CONNECT, NULL, NULL, SOCKS5_HOST_UNREACHABLE},
    {BYTES("\5\1\0\3\3a b\0\x50"), 10, SOCKS5_CONNECT, "a b", NULL, SOCKS5_HOST_UNREACHABLE},
    {BYTES("\5\1\0\3\3::1\0\x50"), 10, SOCKS5_CONNECT, "::1", NULL, SOCKS5_HOST_UNREACHABLE},
    {BYTES("\5\1\0\2\1\2\3\4\0\x50"), 4, SOCKS5_CONNECT, "", NULL, SOCKS5_ADDRESS_UNKNOWN},
    {BYTES("\5\xff\0\1\1\2\3\4\0\x50"), 10, 255, "", "1.2.3.4:80", 0},
};

START_TEST(test_requests)
{
	char text[NETADDR_TEXT_MAX];
	struct socks5_request r;
	enum wire_verdict verdict;
	size_t n, length;

	for (n = 0; n <= requests[_i].n; n++) {
		struct span copy = copy_of(requests[_i].bytes, n);

		verdict = socks5_request_parse(copy, &r, &length);
		ck_assert_int_eq(verdict, n < requests[_i].length ? WIRE_MORE : WIRE_YES);
		if (verdict == WIRE_YES) {
			ck_assert_uint_eq(length, requests[_i].length);
			ck_assert_uint_eq(r.command, requests[_i].command);
			ck_assert_int_eq(r.problem, requests[_i].problem);
			if (requests[_i].name != NULL)
				ck_assert(span_eq_str(r.target.name, requests[_i].name));
			if (requests[_i].address != NULL)
				ck_assert_str_eq(
				    netaddr_text(&r.target.address, text), requests[_i].address);
		}
		drop(copy);
	}
}
END_TEST

START_TEST(test_no_request)
{
	struct socks5_request r;
	size_t length;

	ck_assert_int_eq(socks5_request_parse(span_str("\4\1"), &r, &length), WIRE_NO);
	ck_assert_int_eq(socks5_request_parse(span_str("\1"), &r, &length), WIRE_NO);
	ck_assert_int_eq(
	    socks5_request_parse(span_str("\5\1\1\3\1x\1\xbb"), &r, &length), WIRE_YES);
	ck_assert_uint_eq(r.target.address.port, 443); /* also where it is a name */
	ck_assert_int_eq(r.target.address.family, AF_UNSPEC);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n, head; /* head 0: none */
} datagrams[] = {
    {BYTES("\0\0\0\1\1\2\3\4\0\x35payload"), 10},
    {BYTES("\0\0\0\1\1\2\3\4\0\x35"), 10},
    {BYTES("\xff\xff\0\1\1\2\3\4\0\x35x"), 10},
    {BYTES("\0\0\0\3\1x\0\x35payload"), 8},
    {BYTES("\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\x35payload"), 22},
    {BYTES("\0\0\1\1\1\2\3\4\0\x35payload"), 0},
    {BYTES("\0\0\x80\1\1\2\3\4\0\x35payload"), 0},
    {BYTES("\0\0\0\2\1\2\3\4\0\x35payload"), 0},
    {BYTES("\0\0\0\3\3a b\0\x35payload"), 0},
};

START_TEST(test_datagrams)
{
	struct socks5_target target;
	struct span payload;
	size_t n, head = datagrams[_i].head;

	for (n = 0; n <= datagrams[_i].n; n++) {
		struct span copy = copy_of(datagrams[_i].bytes, n);

		ck_assert_int_eq(
		    socks5_datagram_parse(copy, &target, &payload), head > 0 && n >= head);
		if (head > 0 && n >= head)
			ck_assert(span_eq(payload, span_of(datagrams[_i].bytes + head, n - head)));
		drop(copy);
	}
}
END_TEST

START_TEST(test_answers)
{
	uint8_t out[SOCKS5_REPLY_MAX], head[SOCKS5_DATAGRAM_HEAD_MAX];
	struct netaddr none = {.family = AF_UNSPEC}, four, six;

	ck_assert(netaddr_parse_ip("192.0.2.1", &four));
	ck_assert(netaddr_parse_ip("2001:db8::1", &six));
	four.port = six.port = 0x1234;
	ck_assert_uint_eq(socks5_reply_write(out, SOCKS5_REFUSED, &none), 10);
	ck_assert_mem_eq(out, "\5\5\0\1\0\0\0\0\0\0", 10);
	ck_assert_uint_eq(socks5_reply_write(out, SOCKS5_SUCCEEDED, &four), 10);
	ck_assert_mem_eq(out, "\5\0\0\1\xc0\0\2\1\x12\x34", 10);
	ck_assert_uint_eq(socks5_reply_write(out, SOCKS5_SUCCEEDED, &six), 22);
	ck_assert_mem_eq(out, "\5\0\0\4\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x12\x34", 22);
	ck_assert_uint_eq(socks5_datagram_head_write(head, &four), 10);
	ck_assert_mem_eq(head, "\0\0\0\1\xc0\0\2\1\x12\x34", 10);
	ck_assert_uint_eq(socks5_datagram_head_write(head, &six), 22);
}
END_TEST

#define LOOP(tc, test, table)                                                                      \
	tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	Suite *suite = suite_create("socks5");
	TCase *tc = tcase_create("wire");
	SRunner *runner;
	int failed;

	LOOP(tc, test_passwords, passwords);
	LOOP(tc, test_requests, requests);
	tcase_add_test(tc, test_no_request);
	LOOP(tc, test_datagrams, datagrams);
	tcase_add_test(tc, test_answers);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
