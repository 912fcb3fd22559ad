/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/wire/proxy_header.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define BYTES(s) (s), sizeof(s) - 1

/* Parses an exact copy, so that a sanitizer sees every byte read beyond the end. */
static enum proxy_header_result parse(struct span bytes, struct proxy_header *out)
{
	static uint8_t *copy;
	enum proxy_header_result result;

	free(copy); /* out's TLVs live until the next call */
	copy = malloc(bytes.n > 0 ? bytes.n : 1);
	if (bytes.n > 0)
		memcpy(copy, bytes.p, bytes.n);
	result = proxy_header_parse(span_of(copy, bytes.n), out);
	if (result != PROXY_HEADER_OK) {
		free(copy);
		copy = NULL;
	}
	return result;
}

static struct netaddr ip(const char *text, uint16_t port)
{
	struct netaddr addr = {0};

	if (text[0] != '\0')
		ck_assert(netaddr_parse_ip(text, &addr));
	addr.port = port;
	return addr;
}

/* --- headers that are right ------------------------------------------------------------------ */

static const struct {
	const char *bytes;
	size_t n;
	const char *src, *dst; /* "-": local */
	bool datagram;
	size_t tlvs;
} good[] = {
    {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 65535\r\n"), "1.2.3.4:1", "5.6.7.8:65535", false, 0},
    {BYTES("PROXY TCP4 255.255.255.255 0.0.0.0 0 0\r\n"), "255.255.255.255:0", "0.0.0.0:0", false,
	0},
    {BYTES("PROXY TCP6 2001:db8::1 ::1 443 993\r\n"), "[2001:db8::1]:443", "[::1]:993", false, 0},
    {BYTES("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
	"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", false, 0},
    {BYTES("PROXY TCP6 ::ffff:1.2.3.4 ::1 1 2\r\n"), "1.2.3.4:1", "[::1]:2", false, 0},
    {BYTES("PROXY TCP6 ::1 1.2.3.4 1 2\r\n"), "[::1]:1", "1.2.3.4:2", false, 0},
    {BYTES("PROXY UNKNOWN\r\n"), "-", "-", false, 0},
    {BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
	"-", "-", false, 0},
    {BYTES(V2 "\x21\x11\0\x0c\x7f\0\0\x4d\x7f\0\0\1\x9b\x72\x27\x09"), "127.0.0.77:39794",
	"127.0.0.1:9993", false, 0},
    {BYTES(V2 "\x21\x12\0\x0c\x7f\0\0\x4d\x7f\0\0\1\x9b\x72\x27\x09"), "127.0.0.77:39794",
	"127.0.0.1:9993", true, 0},
    {BYTES(V2 "\x21\x11\0\x14\1\2\3\4\5\6\7\x8\0\1\0\2\2\0\1h\4\0\1\0"), "1.2.3.4:1", "5.6.7.8:2",
	false, 2},
    {BYTES(V2 "\x21\x11\0\x0d\1\2\3\4\5\6\7\x8\0\1\0\2\xff"), "1.2.3.4:1", "5.6.7.8:2", false, 0},
    {BYTES(V2 "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2"
	      "\3\4\0\1\0\2"),
	"[2001:db8::1]:1", "1.2.3.4:2", false, 0},
    {BYTES(V2 "\x20\0\0\0"), "-", "-", false, 0},
    {BYTES(V2 "\x20\0\0\4\2\0\1h"), "-", "-", false, 1},
    {BYTES(V2 "\x20\x11\0\x0c\1\2\3\4\5\6\7\x8\0\1\0\2"), "-", "-", false, 0},
    {BYTES(V2 "\x20\x11\0\2ab"), "-", "-", false, 0},
    {BYTES(V2 "\x20\xff\0\2ab"), "-", "-", false, 0},
    {BYTES(V2 "\x21\0\0\0"), "-", "-", false, 0},
    {BYTES(V2 "\x21\x10\0\x0c\1\2\3\4\5\6\7\x8\0\1\0\2"), "-", "-", false, 0},
};

static void check_address(const struct netaddr *addr, const char *expected)
{
	char text[NETADDR_TEXT_MAX];

	ck_assert_str_eq(netaddr_text(addr, text), expected);
}

static size_t count_tlvs(struct span tlvs)
{
	struct span value;
	size_t count = 0;
	uint8_t type;

	while (proxy_header_next_tlv(&tlvs, &type, &value))
		count++;
	return count;
}

/* Cut anywhere it wants more; whole, and with payload behind it, it is what it says. */
START_TEST(test_good)
{
	struct buf bytes = {0};
	struct proxy_header h;
	size_t n;

	buf_append(&bytes, good[_i].bytes, good[_i].n);
	buf_append_str(&bytes, "payload\r\n");
	for (n = 0; n < good[_i].n; n++)
		ck_assert_int_eq(parse(span_of(bytes.data, n), &h), PROXY_HEADER_MORE);
	for (; n <= buf_len(&bytes); n++) {
		ck_assert_int_eq(parse(span_of(bytes.data, n), &h), PROXY_HEADER_OK);
		ck_assert_uint_eq(h.length, good[_i].n);
		ck_assert_uint_eq(h.version, good[_i].bytes[0] == 'P' ? 1 : 2);
		ck_assert_int_eq(h.local, good[_i].src[0] == '-');
		check_address(&h.src, good[_i].src);
		check_address(&h.dst, good[_i].dst);
		ck_assert_int_eq(h.datagram, good[_i].datagram);
		ck_assert_uint_eq(count_tlvs(h.tlvs), good[_i].tlvs);
	}
	buf_fini(&bytes);
}
END_TEST

/* --- and those that are not ------------------------------------------------------------------ */

static const struct {
	const char *bytes;
	size_t n;
	enum proxy_header_result result;
	size_t decided; /* bytes that it takes */
} wrong[] = {
    {BYTES("GET / HTTP/1.1\r\n"), PROXY_HEADER_NO, 1},
    {BYTES("PROPFIND / HTTP/1.1\r\n"), PROXY_HEADER_NO, 4},
    {BYTES("PROXYING\r\n"), PROXY_HEADER_NO, 6},
    {BYTES("PROXY\r\n"), PROXY_HEADER_NO, 6},
    {BYTES("\x16\x03\x01"), PROXY_HEADER_NO, 1},
    {BYTES("\r\n\r\n\1"), PROXY_HEADER_NO, 5},
    {BYTES("\r\n\r\n\0\r\nQUIX\n"), PROXY_HEADER_NO, 11},
    {BYTES("PROXY SCTP 1.2.3.4 5.6.7.8 1 2\r\n"), PROXY_HEADER_BAD, 7},
    {BYTES("PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n"), PROXY_HEADER_BAD, 10},
    {BYTES("PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n"), PROXY_HEADER_BAD, 7},
    {BYTES("PROXY UNKNOWNS\r\n"), PROXY_HEADER_BAD, 16},
    {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n"), PROXY_HEADER_BAD, 31},
    {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n"), PROXY_HEADER_BAD, 30},
    {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n"), PROXY_HEADER_BAD, 34},
    {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n"), PROXY_HEADER_BAD, 33},
    {BYTES("PROXY TCP4 1.2.3.4  5.6.7.8 1 2\r\n"), PROXY_HEADER_BAD, 33},
    {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n"), PROXY_HEADER_BAD, 36},
    {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n"), PROXY_HEADER_BAD, 33},
    {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n"), PROXY_HEADER_BAD, 33},
    {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n"), PROXY_HEADER_BAD, 33},
    {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 999999\r\n"), PROXY_HEADER_BAD, 37},
    {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 4294967298\r\n"), PROXY_HEADER_BAD, 41},
    {BYTES("PROXY UNKNOWN \n"), PROXY_HEADER_BAD, 15},
    {BYTES("PROXY TCP4 1.2.3.04 5.6.7.8 1 2\r\n"), PROXY_HEADER_BAD, 33},
    {BYTES("PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n"), PROXY_HEADER_BAD, 34},
    {BYTES("PROXY TCP4 ::1 5.6.7.8 1 2\r\n"), PROXY_HEADER_BAD, 28},
    {BYTES("PROXY TCP6 fe80::1%lo ::1 1 2\r\n"), PROXY_HEADER_BAD, 31},
    {BYTES("PROXY TCP6 1.2.3.4\0x ::1 1 2\r\n"), PROXY_HEADER_BAD, 30},
    {BYTES("PROXY TCP6 12345:: ::1 1 2\r\n"), PROXY_HEADER_BAD, 28},
    {BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 655355\r\n"),
	PROXY_HEADER_BAD, 107},
    {BYTES(V2 "\x11\x11\0\0"), PROXY_HEADER_BAD, 13},
    {BYTES(V2 "\x22\x11\0\0"), PROXY_HEADER_BAD, 13},
    {BYTES(V2 "\x21\x11\x10\1"), PROXY_HEADER_BAD, 16},
    {BYTES(V2 "\x21\x11\0\x0b\1\2\3\4\5\6\7\x8\0\1\0"), PROXY_HEADER_BAD, 27},
    {BYTES(V2 "\x21\x21\0\x0c\1\2\3\4\5\6\7\x8\0\1\0\2"), PROXY_HEADER_BAD, 28},
    {BYTES(V2 "\x21\x31\0\0"), PROXY_HEADER_BAD, 16},
    {BYTES(V2 "\x21\x41\0\0"), PROXY_HEADER_BAD, 16},
    {BYTES(V2 "\x21\x13\0\x0c\1\2\3\4\5\6\7\x8\0\1\0\2"), PROXY_HEADER_BAD, 28},
    {BYTES(V2 "\x21\x11\0\x13\1\2\3\4\5\6\7\x8\0\1\0\2\3\0\4abcd"), PROXY_HEADER_BAD, 35},
    {BYTES(V2 "\x21\x11\0\x14\1\2\3\4\5\6\7\x8\0\1\0\2\3\0\5\x22\x39\x97\x8d\0"), PROXY_HEADER_BAD,
	36},
    {BYTES(V2 "\x21\x11\0\x12\1\2\3\4\5\6\7\x8\0\1\0\2\3\0\3abc"), PROXY_HEADER_BAD, 34},
};

START_TEST(test_wrong)
{
	struct proxy_header h;
	size_t n;

	for (n = 0; n <= wrong[_i].n; n++)
		ck_assert_msg(parse(span_of(wrong[_i].bytes, n), &h) ==
				  (n < wrong[_i].decided ? PROXY_HEADER_MORE : wrong[_i].result),
		    "'%s' cut at %zu", wrong[_i].bytes, n);
}
END_TEST

START_TEST(test_signature)
{
	ck_assert_int_eq(proxy_header_signature(span_str("PROXY")), PROXY_HEADER_MORE);
	ck_assert_int_eq(proxy_header_signature(span_str("PROXY junk")), PROXY_HEADER_OK);
	ck_assert_int_eq(proxy_header_signature(span_of(V2, 11)), PROXY_HEADER_MORE);
	ck_assert_int_eq(proxy_header_signature(span_of(V2 "\xff", 13)), PROXY_HEADER_OK);
	ck_assert_int_eq(proxy_header_signature(span_of("", 0)), PROXY_HEADER_MORE);
	ck_assert_int_eq(proxy_header_signature(span_str("\n")), PROXY_HEADER_NO);
}
END_TEST

/* Right as it is, wrong with any bit of the header changed. */
START_TEST(test_checksum)
{
	uint8_t header[PROXY_HEADER_SIZE_MAX], sum[4] = {0};
	struct netaddr src = ip("1.2.3.4", 1), dst = ip("5.6.7.8", 2);
	struct proxy_header h;
	size_t n = proxy_header_v2(header, &src, &dst, false), i;
	uint32_t crc = UINT32_MAX;

	ck_assert(proxy_header_add_tlv(header, &n, 64, PROXY_TLV_CRC32C, span_of(sum, 4)));
	ck_assert(proxy_header_add_tlv(header, &n, 64, PROXY_TLV_AUTHORITY, span_str("x")));
	for (i = 0; i < n; i++) {
		crc ^= header[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	crc = ~crc;
	for (i = 0; i < 4; i++)
		header[16 + 12 + 3 + i] = (uint8_t)(crc >> (24 - 8 * i));
	ck_assert_int_eq(parse(span_of(header, n), &h), PROXY_HEADER_OK);
	for (i = 0; i < n; i++) {
		if (i >= 16 + 12 && i < 16 + 12 + 3)
			continue; /* it would no longer have a checksum */
		header[i] ^= 1;
		ck_assert_int_ne(parse(span_of(header, n), &h), PROXY_HEADER_OK);
		header[i] ^= 1;
	}
}
END_TEST

/* --- builders -------------------------------------------------------------------------------- */

static const struct {
	const char *src, *dst;
	const char *v1;
	uint8_t kind; /* version 2's family and transport */
	const char *src_back, *dst_back;
} pairs[] = {
    {"1.2.3.4", "5.6.7.8", "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\n", 0x11, "1.2.3.4:11",
	"5.6.7.8:22"},
    {"2001:db8::1", "::1", "PROXY TCP6 2001:db8::1 ::1 11 22\r\n", 0x21, "[2001:db8::1]:11",
	"[::1]:22"},
    {"1.2.3.4", "::1", "PROXY TCP6 ::ffff:1.2.3.4 ::1 11 22\r\n", 0x21, "1.2.3.4:11", "[::1]:22"},
    {"::1", "1.2.3.4", "PROXY TCP6 ::1 ::ffff:1.2.3.4 11 22\r\n", 0x21, "[::1]:11", "1.2.3.4:22"},
    {"::ffff:1.2.3.4", "5.6.7.8", "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\n", 0x11, "1.2.3.4:11",
	"5.6.7.8:22"},
    {"", "5.6.7.8", "PROXY UNKNOWN\r\n", 0, "-", "-"},
    {"1.2.3.4", "", "PROXY UNKNOWN\r\n", 0, "-", "-"},
};

START_TEST(test_build)
{
	struct netaddr src = ip(pairs[_i].src, 11), dst = ip(pairs[_i].dst, 22);
	uint8_t v1[PROXY_HEADER_V1_SIZE_MAX], v2[PROXY_HEADER_SIZE_MAX];
	struct proxy_header h;
	size_t n;

	n = proxy_header_v1(v1, &src, &dst);
	ck_assert(span_eq_str(span_of(v1, n), pairs[_i].v1));
	ck_assert_int_eq(parse(span_of(v1, n), &h), PROXY_HEADER_OK);
	check_address(&h.src, pairs[_i].src_back);
	check_address(&h.dst, pairs[_i].dst_back);

	n = proxy_header_v2(v2, &src, &dst, false);
	ck_assert_uint_eq(v2[13], pairs[_i].kind);
	ck_assert_uint_eq(v2[12], pairs[_i].kind != 0 ? 0x21 : 0x20);
	ck_assert_int_eq(parse(span_of(v2, n), &h), PROXY_HEADER_OK);
	ck_assert_uint_eq(h.length, n);
	ck_assert(!h.datagram);
	check_address(&h.src, pairs[_i].src_back);
	check_address(&h.dst, pairs[_i].dst_back);

	n = proxy_header_v2(v2, &src, &dst, true);
	ck_assert_int_eq(parse(span_of(v2, n), &h), PROXY_HEADER_OK);
	ck_assert_int_eq(h.datagram, pairs[_i].kind != 0);
	check_address(&h.src, pairs[_i].src_back);
}
END_TEST

START_TEST(test_build_longest)
{
	struct netaddr addr = ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
	uint8_t v1[PROXY_HEADER_V1_SIZE_MAX];

	ck_assert_uint_eq(proxy_header_v1(v1, &addr, &addr), 104);
}
END_TEST

START_TEST(test_build_unix)
{
	char path[400];
	struct netaddr src = {.family = AF_UNIX, .path = "@name"}, dst = {.family = AF_UNIX};
	uint8_t out[PROXY_HEADER_SIZE_MAX];
	struct proxy_header h;

	ck_assert_uint_eq(proxy_header_v2(out, &src, &dst, false), PROXY_HEADER_SIZE_MAX);
	ck_assert_uint_eq(out[13], 0x31);
	ck_assert_mem_eq(out + 16, "@name\0\0", 7);
	ck_assert_int_eq(parse(span_of(out, sizeof(out)), &h), PROXY_HEADER_OK);
	ck_assert(h.local);
	ck_assert_int_eq(h.src.family, AF_UNSPEC);
	memset(path, 'p', sizeof(path));
	path[399] = '\0';
	src.path = path;
	ck_assert_uint_eq(proxy_header_v2(out, &src, &dst, false), PROXY_HEADER_SIZE_MAX);
	ck_assert_uint_eq(out[16 + 107], 'p');
	ck_assert_uint_eq(out[16 + 108], 0);
	ck_assert_uint_eq(proxy_header_v1(out, &src, &dst), strlen("PROXY UNKNOWN\r\n"));
}
END_TEST

START_TEST(test_tlvs)
{
	struct netaddr src = ip("1.2.3.4", 1), dst = ip("5.6.7.8", 2);
	uint8_t *out = calloc(1, 16384), type;
	size_t n = proxy_header_v2(out, &src, &dst, false), before;
	struct proxy_header h;
	struct span tlvs, value;

	ck_assert(proxy_header_add_tlv(out, &n, 40, PROXY_TLV_AUTHORITY, span_str("a.example")));
	ck_assert_uint_eq(n, 40);
	ck_assert(!proxy_header_add_tlv(out, &n, 42, PROXY_TLV_NOOP, (struct span){0}));
	ck_assert(proxy_header_add_tlv(out, &n, 43, PROXY_TLV_NOOP, (struct span){0}));
	ck_assert_int_eq(parse(span_of(out, n), &h), PROXY_HEADER_OK);
	ck_assert_uint_eq(h.length, n);
	tlvs = h.tlvs;
	ck_assert(proxy_header_next_tlv(&tlvs, &type, &value));
	ck_assert_uint_eq(type, PROXY_TLV_AUTHORITY);
	ck_assert(span_eq_str(value, "a.example"));
	ck_assert(proxy_header_next_tlv(&tlvs, &type, &value));
	ck_assert_uint_eq(type, PROXY_TLV_NOOP);
	ck_assert_uint_eq(value.n, 0);
	ck_assert(!proxy_header_next_tlv(&tlvs, &type, &value));

	/* To the limit and not a byte beyond. */
	before = n;
	ck_assert(!proxy_header_add_tlv(out, &n, 8192, 0xe0, span_of(out, 4112 - n - 2)));
	ck_assert_uint_eq(n, before);
	ck_assert(proxy_header_add_tlv(out, &n, 8192, 0xe0, span_of(out + 4200, 4112 - n - 3)));
	ck_assert_uint_eq(n, 16 + PROXY_HEADER_V2_REST_MAX);
	ck_assert_int_eq(parse(span_of(out, n), &h), PROXY_HEADER_OK);
	parse(span_of("", 0), &h);
	free(out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proxy_header");
	TCase *tc = tcase_create("proxy_header");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_good, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, test_wrong, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(tc, test_signature);
	tcase_add_test(tc, test_checksum);
	tcase_add_loop_test(tc, test_build, 0, sizeof(pairs) / sizeof(pairs[0]));
	tcase_add_test(tc, test_build_longest);
	tcase_add_test(tc, test_build_unix);
	tcase_add_test(tc, test_tlvs);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
