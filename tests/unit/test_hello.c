/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/wire/hello.h"
#include "daemon/wire/hello_build.h"
#include "tests/unit/hello_samples.h"

#define SAMPLES (sizeof(hello_samples) / sizeof(hello_samples[0]))

static void append_hex(struct buf *out, const char *hex)
{
	unsigned byte;

	for (; *hex != '\0'; hex += 2) {
		ck_assert_int_eq(sscanf(hex, "%2x", &byte), 1);
		buf_append(out, &(uint8_t){(uint8_t)byte}, 1);
	}
}

/* Parses an exact copy on the heap, so that a sanitizer sees every byte read beyond the end. */
static enum hello_result parse(struct span bytes, char *name, size_t size)
{
	uint8_t *copy = malloc(bytes.n > 0 ? bytes.n : 1);
	struct buf assembled = {0};
	struct hello hello;
	enum hello_result result;

	if (bytes.n > 0)
		memcpy(copy, bytes.p, bytes.n);
	result = hello_parse(span_of(copy, bytes.n), &assembled, &hello);
	if (name != NULL && result == HELLO_OK)
		snprintf(name, size, "%.*s", (int)hello.server_name.n, hello.server_name.p);
	buf_fini(&assembled);
	free(copy);
	return result;
}

/* message (with its 4-byte head) as records that end at the cuts. */
static void put_records(struct buf *out, struct span message, const size_t *cuts, size_t count)
{
	size_t at = 0, i, n;

	for (i = 0; i <= count; i++) {
		n = (i < count ? cuts[i] : message.n) - at;
		buf_append(out, (uint8_t[]){22, 3, 1, (uint8_t)(n >> 8), (uint8_t)n}, 5);
		buf_append(out, message.p + at, n);
		at += n;
	}
}

/* --- building -------------------------------------------------------------------------------- */

static void put_u16(struct buf *out, size_t value)
{
	buf_append(out, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static void put_extension(struct buf *out, unsigned type, const char *hex)
{
	put_u16(out, type);
	put_u16(out, strlen(hex) / 2);
	append_hex(out, hex);
}

#define FIXED                                                                                      \
	"0303"                                                                                     \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"                         \
	"00"                                                                                       \
	"00021301"                                                                                 \
	"0100"

/* A message of the fixed part and extensions (NULL: none at all). */
static void put_message(struct buf *out, const char *fixed, struct buf *extensions)
{
	struct buf body = {0};
	size_t n;

	append_hex(&body, fixed);
	if (extensions != NULL) {
		put_u16(&body, buf_len(extensions));
		buf_append(&body, buf_span(extensions).p, buf_len(extensions));
		buf_fini(extensions);
	}
	n = buf_len(&body);
	buf_append(out, (uint8_t[]){1, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 4);
	if (n > 0)
		buf_append(out, body.data + body.start, n);
	buf_fini(&body);
}

/* A hello of the size that post-quantum key shares make, with a name and protocols. */
static void put_post_quantum(struct buf *out)
{
	struct buf extensions = {0}, share = {0};
	char *hex;
	size_t i;

	put_extension(&extensions, 0x1a1a, "");
	put_extension(&extensions, 0, "000f00000c71756f74652e6578616d706c"); /* quote.exampl */
	put_extension(&extensions, 16, "000c02683208687474702f312e31");
	put_extension(&extensions, 10, "000411ec001d");
	put_extension(&extensions, 43, "0403040303");
	buf_append_str(&share, "04ea11ec04c0");
	for (i = 0; i < 1216; i++)
		buf_printf(&share, "%02x", (unsigned)(i * 7 & 0xff));
	buf_append_str(&share, "001d0020");
	for (i = 0; i < 32; i++)
		buf_append_str(&share, "55");
	put_extension(&extensions, 51, buf_str(&share));
	buf_fini(&share);
	hex = malloc(1025);
	memset(hex, '0', 1024);
	hex[1024] = '\0';
	put_extension(&extensions, 21, hex);
	free(hex);
	put_message(out, FIXED, &extensions);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void check_alpn(struct span list, const char *expected)
{
	char text[100] = "";
	struct span name;

	while (hello_next_name(&list, &name))
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s",
		    text[0] != '\0' ? "," : "", (int)name.n, name.p);
	ck_assert_uint_eq(list.n, 0);
	ck_assert_str_eq(text, expected);
}

START_TEST(test_real)
{
	const struct hello_sample *s = &hello_samples[_i];
	struct buf bytes = {0}, assembled = {0};
	struct hello hello;

	append_hex(&bytes, s->hex);
	ck_assert_int_eq(hello_parse(buf_span(&bytes), &assembled, &hello), HELLO_OK);
	ck_assert_uint_eq(assembled.size, 0); /* nothing was copied */
	ck_assert_uint_eq(hello.version, 0x0303);
	ck_assert_uint_eq(hello.random.n, 32);
	ck_assert_uint_gt(hello.ciphers.n, 0);
	ck_assert_uint_gt(hello.groups.n, 0);
	ck_assert_uint_gt(hello.signatures.n, 0);
	ck_assert(span_eq_str(hello.server_name, s->server_name));
	check_alpn(hello.alpn, s->alpn);
	buf_fini(&bytes);
}
END_TEST

START_TEST(test_every_cut)
{
	struct buf bytes = {0};
	size_t n;

	append_hex(&bytes, hello_samples[_i].hex);
	for (n = 0; n < buf_len(&bytes); n++)
		ck_assert_int_eq(parse(span_of(bytes.data, n), NULL, 0), HELLO_MORE);
	/* What follows the hello's record changes nothing. */
	buf_append(&bytes, "\x14\x03\x03\x00\x01\x01junk", 10);
	for (; n <= buf_len(&bytes); n++)
		ck_assert_int_eq(parse(span_of(bytes.data, n), NULL, 0), HELLO_OK);
	buf_fini(&bytes);
}
END_TEST

/* Every split over two records, and each of those cut somewhere; three records now and then. */
static void check_records(struct span message, const char *server_name)
{
	char name[100];
	size_t i, n, cuts[2];

	for (i = 1; i < message.n; i++) {
		struct buf bytes = {0};

		put_records(&bytes, message, &i, 1);
		ck_assert_int_eq(parse(buf_span(&bytes), name, sizeof(name)), HELLO_OK);
		ck_assert_str_eq(name, server_name);
		for (n = i % 13; n < buf_len(&bytes); n += 13)
			ck_assert_int_eq(parse(span_of(bytes.data, n), NULL, 0), HELLO_MORE);
		buf_clear(&bytes);
		cuts[0] = (i + 1) / 2;
		cuts[1] = cuts[0] + (message.n - cuts[0]) / 2;
		put_records(&bytes, message, cuts, 2);
		ck_assert_int_eq(parse(buf_span(&bytes), name, sizeof(name)), HELLO_OK);
		ck_assert_str_eq(name, server_name);
		buf_fini(&bytes);
	}
}

START_TEST(test_records)
{
	struct buf bytes = {0};

	append_hex(&bytes, hello_samples[_i].hex);
	check_records(span_of(bytes.data + 5, buf_len(&bytes) - 5), hello_samples[_i].server_name);
	buf_fini(&bytes);
}
END_TEST

START_TEST(test_records_of_one_byte)
{
	struct buf bytes = {0}, message = {0};
	size_t i, n;

	put_post_quantum(&message);
	for (i = 0; i < buf_len(&message); i++)
		put_records(&bytes, span_of(message.data + i, 1), NULL, 0);
	for (n = 0; n < buf_len(&bytes); n += 7)
		ck_assert_int_eq(parse(span_of(bytes.data, n), NULL, 0), HELLO_MORE);
	ck_assert_int_eq(parse(buf_span(&bytes), NULL, 0), HELLO_OK);
	buf_fini(&bytes);
	buf_fini(&message);
}
END_TEST

START_TEST(test_post_quantum)
{
	struct buf bytes = {0}, message = {0}, assembled = {0};
	struct hello hello;

	put_post_quantum(&message);
	ck_assert_uint_gt(buf_len(&message), 1700);
	put_records(&bytes, buf_span(&message), NULL, 0);
	ck_assert_int_eq(hello_parse(buf_span(&bytes), &assembled, &hello), HELLO_OK);
	ck_assert(span_eq_str(hello.server_name, "quote.exampl"));
	check_alpn(hello.alpn, "h2,http/1.1");
	ck_assert_uint_eq(hello.versions.n, 4);
	ck_assert_uint_eq(hello.groups.n, 4);
	check_records(buf_span(&message), "quote.exampl");
	buf_fini(&bytes);
	buf_fini(&message);
}
END_TEST

/* Not TLS: no from the byte that says so, and from then on. */
static const struct {
	const char *hex;
	size_t decided; /* bytes that it takes */
} others[] = {
    {"474554202f20485454502f312e310d0a", 1},                   /* GET / HTTP/1.1 */
    {"5353482d322e302d4f70656e5353480d0a", 1},                 /* SSH-2.0-OpenSSH */
    {"802e0103010015000000100000050000040100800000030200", 1}, /* SSL 2 */
    {"1503010002022800", 1},                                   /* alert */
    {"1703030010000000", 1},                                   /* application data */
    {"16fefd0000000000000000", 2},                             /* DTLS */
    {"160303004002000000", 6},                                 /* server hello */
    {"1603030004000000000000", 6},                             /* hello request */
};

START_TEST(test_others)
{
	struct buf bytes = {0};
	size_t n;

	append_hex(&bytes, others[_i].hex);
	for (n = 0; n <= buf_len(&bytes); n++)
		ck_assert_int_eq(parse(span_of(bytes.data, n), NULL, 0),
		    n < others[_i].decided ? HELLO_MORE : HELLO_NO);
	buf_fini(&bytes);
}
END_TEST

/* Bad from the byte that says so. */
static const struct {
	const char *hex;
	size_t decided;
} bad_records[] = {
    {"1603010000", 5},             /* empty record */
    {"1603014101010000", 5},       /* record too long */
    {"16030100040101000001", 9},   /* message too long */
    {"160301000601000001ff00", 9}, /* the record goes on behind the message */
    {"160301000401000040"
     "15",
	10}, /* alert within */
    {"160301000401000040"
     "16fe",
	11}, /* another version within */
    {"160301000401000040"
     "1603010000",
	14}, /* empty record within */
    {"160301000401000004"
     "1603010005",
	14}, /* second record goes on behind the message */
    {"160301000401000004"
     "160301000400000000",
	18}, /* too short to be one */
};

START_TEST(test_bad_records)
{
	struct buf bytes = {0};
	size_t n;

	append_hex(&bytes, bad_records[_i].hex);
	for (n = 0; n <= buf_len(&bytes); n++)
		ck_assert_int_eq(parse(span_of(bytes.data, n), NULL, 0),
		    n < bad_records[_i].decided ? HELLO_MORE : HELLO_BAD);
	buf_fini(&bytes);
}
END_TEST

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SESSION33 "21" RANDOM "20"

static const struct {
	const char *what, *body;
	enum hello_result result;
} bodies[] = {
    {"no extensions", FIXED, HELLO_OK},
    {"empty extensions", FIXED "0000", HELLO_OK},
    {"unknown extension", FIXED "0004fafa0000", HELLO_OK},
    {"empty", "", HELLO_BAD},
    {"session id too long",
	"0303" RANDOM SESSION33 "00021301"
	"0100",
	HELLO_BAD},
    {"session id beyond the end", "0303" RANDOM "20", HELLO_BAD},
    {"no ciphers",
	"0303" RANDOM "00"
	"0000"
	"0100",
	HELLO_BAD},
    {"half a cipher",
	"0303" RANDOM "00"
	"0003130113"
	"0100",
	HELLO_BAD},
    {"no compression",
	"0303" RANDOM "00"
	"00021301"
	"00",
	HELLO_BAD},
    {"junk behind compression", FIXED "00", HELLO_BAD},
    {"extensions beyond the end", FIXED "0005fafa0000", HELLO_BAD},
    {"junk behind extensions", FIXED "0004fafa000000", HELLO_BAD},
    {"half an extension", FIXED "0003fafa00", HELLO_BAD},
    {"extension beyond its list", FIXED "0004fafa0001", HELLO_BAD},
    {"an extension twice", FIXED "0008fafa0000fafa0000", HELLO_BAD},
    {"name",
	FIXED "000a"
	      "0000"
	      "0006"
	      "0004"
	      "000001"
	      "61",
	HELLO_OK},
    {"name of another type",
	FIXED "000a"
	      "0000"
	      "0006"
	      "0004"
	      "010001"
	      "61",
	HELLO_OK},
    {"empty name",
	FIXED "0009"
	      "0000"
	      "0005"
	      "0003"
	      "000000",
	HELLO_BAD},
    {"no name list",
	FIXED "0004"
	      "0000"
	      "0000",
	HELLO_BAD},
    {"empty name list",
	FIXED "0006"
	      "0000"
	      "0002"
	      "0000",
	HELLO_BAD},
    {"two names",
	FIXED "000e"
	      "0000"
	      "000a"
	      "0008"
	      "000001"
	      "61"
	      "000001"
	      "62",
	HELLO_BAD},
    {"NUL in the name",
	FIXED "000c"
	      "0000"
	      "0008"
	      "0006"
	      "000003"
	      "610062",
	HELLO_BAD},
    {"junk behind the name list",
	FIXED "000b"
	      "0000"
	      "0007"
	      "0004"
	      "000001"
	      "61"
	      "00",
	HELLO_BAD},
    {"protocol",
	FIXED "0009"
	      "0010"
	      "0005"
	      "0003"
	      "02"
	      "6832",
	HELLO_OK},
    {"empty protocol",
	FIXED "0007"
	      "0010"
	      "0003"
	      "0001"
	      "00",
	HELLO_BAD},
    {"empty protocol list",
	FIXED "0006"
	      "0010"
	      "0002"
	      "0000",
	HELLO_BAD},
    {"protocol beyond its list",
	FIXED "0009"
	      "0010"
	      "0005"
	      "0003"
	      "03"
	      "6832",
	HELLO_BAD},
    {"half a version",
	FIXED "0008"
	      "002b"
	      "0004"
	      "03"
	      "030403",
	HELLO_BAD},
    {"no versions",
	FIXED "0005"
	      "002b"
	      "0001"
	      "00",
	HELLO_BAD},
    {"half a group",
	FIXED "0009"
	      "000a"
	      "0005"
	      "0003"
	      "001d00",
	HELLO_BAD},
    {"no signature algorithms",
	FIXED "0006"
	      "000d"
	      "0002"
	      "0000",
	HELLO_BAD},
    {"pre_shared_key last",
	FIXED "0008"
	      "fafa0000"
	      "00290000",
	HELLO_OK},
    {"pre_shared_key not last",
	FIXED "0008"
	      "00290000"
	      "fafa0000",
	HELLO_BAD},
};

/* The body alone, the same in a record, and each of its beginnings (which fit no length). */
START_TEST(test_bodies)
{
	struct buf message = {0}, bytes = {0}, body = {0};
	struct hello hello;

	append_hex(&body, bodies[_i].body);
	ck_assert_msg(
	    hello_parse_body(buf_span(&body), &hello) == bodies[_i].result, "%s", bodies[_i].what);
	put_message(&message, bodies[_i].body, NULL);
	put_records(&bytes, buf_span(&message), NULL, 0);
	ck_assert_int_eq(parse(buf_span(&bytes), NULL, 0), bodies[_i].result);
	buf_fini(&message);
	buf_fini(&bytes);
	buf_fini(&body);
}
END_TEST

START_TEST(test_body_cut)
{
	struct buf bytes = {0};
	struct hello hello;
	size_t n, end, fixed = strlen(FIXED) / 2;

	append_hex(&bytes, hello_samples[_i].hex);
	end = buf_len(&bytes) - 9;
	for (n = 0; n < end; n++) {
		uint8_t *copy = malloc(n > 0 ? n : 1);
		enum hello_result result;

		memcpy(copy, bytes.data + 9, n);
		result = hello_parse_body(span_of(copy, n), &hello);
		/* Cut behind the compression methods it is an old client's, and fine. */
		if (n < fixed)
			ck_assert_int_eq(result, HELLO_BAD);
		else if (result == HELLO_OK)
			ck_assert_uint_eq(hello.extensions.n, 0);
		free(copy);
	}
	ck_assert_int_eq(hello_parse_body(span_of(bytes.data + 9, end), &hello), HELLO_OK);
	buf_fini(&bytes);
}
END_TEST

/* As many extensions as fit, all different: done in one pass. */
START_TEST(test_many_extensions)
{
	struct buf message = {0}, bytes = {0}, extensions = {0};
	size_t cuts[3] = {16384, 32768, 49152}, i;

	for (i = 0; i < 16000; i++)
		put_extension(&extensions, (unsigned)(0x1000 + i), "");
	put_message(&message, FIXED, &extensions);
	put_records(&bytes, buf_span(&message), cuts, 3);
	ck_assert_int_eq(parse(buf_span(&bytes), NULL, 0), HELLO_OK);
	buf_fini(&message);
	buf_fini(&bytes);
}
END_TEST

/* What is built is what is parsed. */
START_TEST(test_build)
{
	struct buf bytes = {0}, assembled = {0};
	struct span alpn, name;
	struct hello hello;

	ck_assert_int_eq(hello_build(&bytes, span_str("a.example"), span_str("h2,http/1.1")), 0);
	ck_assert_int_eq(hello_parse(buf_span(&bytes), &assembled, &hello), HELLO_OK);
	ck_assert(span_eq_str(hello.server_name, "a.example"));
	alpn = hello.alpn;
	ck_assert(hello_next_name(&alpn, &name) && span_eq_str(name, "h2"));
	ck_assert(hello_next_name(&alpn, &name) && span_eq_str(name, "http/1.1"));
	ck_assert(!hello_next_name(&alpn, &name));
	ck_assert_uint_eq(hello.versions.n, 4);
	buf_clear(&bytes);
	ck_assert_int_eq(hello_build(&bytes, span_of(NULL, 0), span_of(NULL, 0)), 0);
	ck_assert_int_eq(hello_parse(buf_span(&bytes), &assembled, &hello), HELLO_OK);
	ck_assert_uint_eq(hello.server_name.n + hello.alpn.n, 0);
	ck_assert_int_eq(hello_build(&bytes, span_of(NULL, 0), span_str("h2,")), -1);
	ck_assert_int_eq(hello_build(&bytes, span_of(NULL, 0), span_str(",h2")), -1);
	buf_fini(&assembled);
	buf_fini(&bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hello");
	TCase *tc = tcase_create("hello");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_real, 0, SAMPLES);
	tcase_add_loop_test(tc, test_every_cut, 0, SAMPLES);
	tcase_add_loop_test(tc, test_records, 0, SAMPLES);
	tcase_add_test(tc, test_records_of_one_byte);
	tcase_add_test(tc, test_build);
	tcase_add_test(tc, test_post_quantum);
	tcase_add_loop_test(tc, test_others, 0, sizeof(others) / sizeof(others[0]));
	tcase_add_loop_test(tc, test_bad_records, 0, sizeof(bad_records) / sizeof(bad_records[0]));
	tcase_add_loop_test(tc, test_bodies, 0, sizeof(bodies) / sizeof(bodies[0]));
	tcase_add_loop_test(tc, test_body_cut, 0, SAMPLES);
	tcase_add_test(tc, test_many_extensions);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
