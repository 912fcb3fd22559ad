/* SPDX-License-Identifier: BSD-2-Clause */
/* The `quic` matcher: vectors of the RFCs, datagrams of real clients, and packets made here. */
#include <config.h>

#include "daemon/wire/quic.h"
#include "tests/unit/hello_samples.h"
#include "tests/unit/matcher_support.h"
#include "tests/unit/quic_flights.h"
#include "tests/unit/quic_seal.h"

#define QUIC "{'quic': {}}"

static const char *hex_of(const void *bytes, size_t n)
{
	char *out = arena_alloc(arena, 2 * n + 1);
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", ((const uint8_t *)bytes)[i]);
	return out;
}

/* ---- making packets ------------------------------------------------------------------------ */

static const uint8_t id[] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};

static struct quic_recipe usual(void)
{
	return (struct quic_recipe){.version = QUIC_VERSION_1,
	    .id = span_of(id, sizeof(id)),
	    .number_size = 4,
	    .size = QUIC_INITIAL_DATAGRAM_MIN};
}

/* In arena. */
static struct span seal(const struct quic_recipe *r, struct span frames)
{
	struct buf packet = {0};
	struct span out;

	quic_seal(r, frames, &packet);
	out = support_hex(hex_of(packet.data, buf_len(&packet)));
	buf_fini(&packet);
	return out;
}

static void put_crypto(struct buf *frames, size_t offset, struct span data)
{
	quic_put_number(frames, 6, 1);
	quic_put_varint(frames, offset);
	quic_put_varint(frames, data.n);
	quic_put_span(frames, data);
}

static struct span part(struct span s, size_t from, size_t to)
{
	return span_of(s.p + from, to - from);
}

/* The ClientHello of OpenSSL for imap.example.com, without its record; and a large one. */
static struct span small_hello(void)
{
	struct span hello = support_hex(hello_samples[0].hex);

	span_skip(&hello, 5);
	return hello;
}

static struct span large_hello(void)
{
	struct span hello = support_hex(hello_samples[5].hex);

	span_skip(&hello, 5);
	ck_assert_uint_gt(hello.n, QUIC_INITIAL_DATAGRAM_MIN);
	return hello;
}

static struct span seal_hello(const struct quic_recipe *r)
{
	struct buf frames = {0};
	struct span out;

	put_crypto(&frames, 0, small_hello());
	out = seal(r, buf_span(&frames));
	buf_fini(&frames);
	return out;
}

/* A datagram that goes on from the one before it. */
static enum match_verdict ask_next(const struct matcher_set *set, struct span datagram)
{
	uint8_t *copy = calloc(1, datagram.n);
	struct match_input in = {.bytes = span_of(copy, datagram.n),
	    .datagram = true,
	    .phase = MATCH_LIVE,
	    .facts = &facts,
	    .cache = &cache};
	enum match_verdict verdict;

	memcpy(copy, datagram.p, datagram.n);
	match_cache_next_datagram(&cache);
	verdict = matcher_set_match(set, &in);
	ck_assert_int_eq(matcher_set_match(set, &in), verdict);
	free(copy);
	return verdict;
}

static enum match_verdict ask(struct span datagram)
{
	return support_verdict(QUIC, datagram, true);
}

/* ---- vectors ------------------------------------------------------------------------------- */

/* RFC 9001 appendix A.1, RFC 9369 appendix A.1, draft-ietf-quic-tls-29 appendix A.1 */
static const struct {
	uint32_t version;
	const char *key, *iv, *hp;
} vectors[] = {
    {QUIC_VERSION_1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
	"9f50449e04a0e810283a1e9933adedd2"},
    {QUIC_VERSION_2, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
	"45b95e15235d6f45a6b19cbcb0294ba9"},
    {QUIC_VERSION_DRAFT_29, "175257a31eb09dea9366d8bb79ad80ba", "6b26114b9cba2b63a9e8dd4f",
	"9ddd12c994c0698b89374a9c077a3077"},
};

START_TEST(test_keys)
{
	struct quic_keys keys;

	ck_assert_int_eq(quic_client_keys(vectors[_i].version, span_of(id, sizeof(id)), &keys), 0);
	ck_assert_str_eq(hex_of(keys.key, sizeof(keys.key)), vectors[_i].key);
	ck_assert_str_eq(hex_of(keys.iv, sizeof(keys.iv)), vectors[_i].iv);
	ck_assert_str_eq(hex_of(keys.hp, sizeof(keys.hp)), vectors[_i].hp);
	ck_assert_int_eq(quic_client_keys(2, span_of(id, sizeof(id)), &keys), -1);
}
END_TEST

/* RFC 9001 appendix A.2: the frame, the beginning of the protected packet and its tag. */
START_TEST(test_rfc9001_packet)
{
	struct span frame =
	    support_hex("060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
			"04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
			"616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
			"04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
			"baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
			"0d0010000e0403050306030203080408050806002d00020101001c0002400100"
			"3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
			"75300901100f088394c8f03e51570806048000ffff");
	struct quic_recipe r = usual();
	struct span packet;

	r.number = 2;
	packet = seal(&r, frame);
	ck_assert_uint_eq(packet.n, 1200);
	ck_assert_str_eq(hex_of(packet.p, 64),
	    "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11"
	    "d242b123dc9bd8bab936b47d92ec356c0bab7df5976d27cd449f63300099f399");
	ck_assert_str_eq(hex_of(packet.p + 1184, 16), "e221af44860018ab0856972e194cd934");
	support_datagram("{'quic': {'sni': ['example.com'], 'alpn': ['alpn']}}", packet, MATCH_YES);
	support_fact("l4.quic.tls.server_name", "example.com");
	support_fact("l4.quic.version", "v1");
	r.version = QUIC_VERSION_2;
	packet = seal(&r, frame);
	ck_assert_str_eq(hex_of(packet.p, 64),
	    "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485"
	    "dd04de806071bf03dceebfa162e75d6c96058bdbfb127cdfcbf903388e99ad04");
	support_datagram(QUIC, packet, MATCH_YES);
	support_fact("l4.quic.version", "v2");
}
END_TEST

/* ---- clients ------------------------------------------------------------------------------- */

static const char *set_for(const struct quic_flight *f)
{
	return arena_printf(
	    arena, "{'quic': {'sni': ['%s'], 'alpn': ['x', '%s']}}", f->server_name, f->alpn);
}

/* In order, and the other way round; cut, no datagram is one. */
START_TEST(test_clients)
{
	const struct quic_flight *f = &quic_flights[_i];
	struct matcher_set set = support_set(set_for(f));
	size_t i;

	if (f->count == 1) {
		support_datagram(set_for(f), support_hex(f->datagrams[0]), MATCH_YES);
		support_datagram("{'quic': {'sni': ['other.example.com']}}",
		    support_hex(f->datagrams[0]), MATCH_NO);
	}
	for (i = 0; i < 2 && f->count == 2; i++) {
		match_cache_clear(&cache);
		ck_assert_int_eq(ask_next(&set, support_hex(f->datagrams[i])), MATCH_MORE);
		ck_assert_int_eq(ask_next(&set, support_hex(f->datagrams[i])), MATCH_MORE);
		ck_assert_int_eq(ask_next(&set, support_hex(f->datagrams[1 - i])), MATCH_YES);
		ck_assert_int_eq(ask_next(&set, support_hex(f->datagrams[i])), MATCH_YES);
	}
	support_fact("l4.quic.version", f->version);
	support_fact("l4.quic.tls.server_name", f->server_name);
	support_fact("l4.quic.tls.version", "tls1.3");
	ck_assert_int_eq(support_verdict(QUIC, support_hex(f->datagrams[0]), false), MATCH_NO);
}
END_TEST

/* Two datagrams of two clients are no hello. */
START_TEST(test_mixed_clients)
{
	struct matcher_set set = support_set(QUIC);

	ck_assert_uint_eq(quic_flights[3].count, 2);
	ck_assert_int_eq(ask_next(&set, support_hex(quic_flights[3].datagrams[0])), MATCH_MORE);
	ck_assert_int_eq(ask_next(&set, support_hex(quic_flights[4].datagrams[1])), MATCH_MORE);
	ck_assert_int_eq(ask_next(&set, support_hex(quic_flights[0].datagrams[0])), MATCH_MORE);
	ck_assert_int_eq(ask_next(&set, support_hex(quic_flights[3].datagrams[1])), MATCH_YES);
}
END_TEST

/* ---- gathering ----------------------------------------------------------------------------- */

/* Wherever the hello is cut, in whatever order the halves come. */
START_TEST(test_cut_anywhere)
{
	struct span hello = large_hello();
	struct matcher_set set = support_set(QUIC);
	struct quic_recipe r = usual();
	struct buf frames = {0};
	struct span first, second;
	size_t n;

	for (n = 1; n < hello.n; n += n < 80 || n + 80 > hello.n ? 1 : 61) {
		buf_clear(&frames);
		put_crypto(&frames, 0, part(hello, 0, n));
		first = seal(&r, buf_span(&frames));
		buf_clear(&frames);
		put_crypto(&frames, n, part(hello, n, hello.n));
		second = seal(&r, buf_span(&frames));
		match_cache_clear(&cache);
		ck_assert_int_eq(ask_next(&set, first), MATCH_MORE);
		ck_assert_int_eq(ask_next(&set, second), MATCH_YES);
		match_cache_clear(&cache);
		ck_assert_int_eq(ask_next(&set, second), MATCH_MORE);
		ck_assert_int_eq(ask_next(&set, first), MATCH_YES);
	}
	buf_fini(&frames);
}
END_TEST

/* Pieces of 30 bytes, every other one first, with pings and padding between, each sent twice. */
START_TEST(test_shuffled)
{
	struct span hello = small_hello();
	struct buf frames = {0};
	struct quic_recipe r = usual();
	size_t i, from;

	for (i = 0; i < 2 * (hello.n / 30 + 1); i++) {
		from = (i * 2 % (hello.n / 30 + 1 + (hello.n / 30) % 2)) * 30;
		if (from >= hello.n)
			continue;
		put_crypto(
		    &frames, from, part(hello, from, from + 30 < hello.n ? from + 30 : hello.n));
		quic_put_number(&frames, 0x0100, 2);
	}
	for (from = 0; from < hello.n; from += 30)
		put_crypto(
		    &frames, from, part(hello, from, from + 30 < hello.n ? from + 30 : hello.n));
	ck_assert_int_eq(ask(seal(&r, buf_span(&frames))), MATCH_YES);
	support_fact("l4.quic.tls.server_name", "imap.example.com");
	buf_fini(&frames);
}
END_TEST

/* Frames by themselves, before a hello that is right; "" is none. */
static const struct {
	const char *frames;
	enum match_verdict verdict;
} before[] = {
    {"", MATCH_YES},
    {"0100", MATCH_YES},
    {"0200000000", MATCH_YES},
    {"02050001030002", MATCH_YES},
    {"0300000000010203", MATCH_YES},
    {"06000102", MATCH_NO}, /* not what the hello has there */
    {"06000101", MATCH_YES},
    {"060000", MATCH_YES},
    {"06054000", MATCH_YES},
    {"067fff0101", MATCH_YES},
    {"067fff020101", MATCH_NO}, /* too far */
    {"0680004000010203", MATCH_NO},
    {"1c000000", MATCH_NO}, /* CONNECTION_CLOSE */
    {"08", MATCH_NO},       /* STREAM */
    {"1e", MATCH_NO},
    {"02ffffffffffffffff00ffffffffffffffff00", MATCH_NO}, /* more ranges than bytes */
    {"06", MATCH_NO},
};

START_TEST(test_frames)
{
	struct span frames = support_hex(before[_i].frames);
	struct quic_recipe r = usual();
	struct buf all = {0};

	quic_put_span(&all, frames);
	if (strcmp(before[_i].frames, "06") != 0)
		put_crypto(&all, 0, small_hello());
	else
		r.size = 0; /* no padding that could be read as the rest */
	ck_assert_msg(ask(seal(&r, buf_span(&all))) == (r.size > 0 ? before[_i].verdict : MATCH_NO),
	    "%s", before[_i].frames);
	buf_fini(&all);
}
END_TEST

START_TEST(test_too_many_pieces)
{
	struct matcher_set set = support_set(QUIC);
	struct quic_recipe r = usual();
	struct buf frames = {0};
	size_t i;

	for (i = 0; i < QUIC_PIECES_MAX; i++)
		put_crypto(&frames, 1 + 2 * i, span_of("x", 1));
	ck_assert_int_eq(ask_next(&set, seal(&r, buf_span(&frames))), MATCH_MORE);
	put_crypto(&frames, 1 + 2 * i, span_of("x", 1));
	match_cache_clear(&cache);
	ck_assert_int_eq(ask_next(&set, seal(&r, buf_span(&frames))), MATCH_NO);
	buf_fini(&frames);
}
END_TEST

/* A hello that says it is larger than may be gathered, or is none, ends it at once. */
START_TEST(test_not_a_hello)
{
	static const char *const beginnings[] = {"02", "01003ffd", "0100000100"};
	struct matcher_set set = support_set(QUIC);
	struct quic_recipe r = usual();
	struct buf frames = {0};
	size_t i;

	for (i = 0; i < 3; i++) {
		buf_clear(&frames);
		put_crypto(&frames, 0, support_hex(beginnings[i]));
		match_cache_clear(&cache);
		ck_assert_int_eq(ask_next(&set, seal(&r, buf_span(&frames))), MATCH_NO);
		/* That stays, whatever comes. */
		ck_assert_int_eq(ask_next(&set, seal_hello(&r)), MATCH_NO);
	}
	buf_clear(&frames);
	put_crypto(&frames, 0, support_hex("01003ffc"));
	ck_assert_int_eq(ask(seal(&r, buf_span(&frames))), MATCH_MORE);
	/* TLS 1.2 alone. */
	buf_clear(&frames);
	put_crypto(&frames, 0,
	    part(support_hex(hello_samples[1].hex), 5, strlen(hello_samples[1].hex) / 2));
	ck_assert_int_eq(ask(seal(&r, buf_span(&frames))), MATCH_NO);
	buf_fini(&frames);
}
END_TEST

/* ---- packets ------------------------------------------------------------------------------- */

START_TEST(test_recipes)
{
	struct quic_recipe r = usual();

	for (r.number_size = 1; r.number_size <= 4; r.number_size++) {
		r.number = 1;
		ck_assert_int_eq(ask(seal_hello(&r)), MATCH_YES);
	}
	r = usual();
	r.reserved = 1;
	ck_assert_int_eq(ask(seal_hello(&r)), MATCH_NO);
	r = usual();
	r.size = QUIC_INITIAL_DATAGRAM_MIN - 1;
	ck_assert_int_eq(ask(seal_hello(&r)), MATCH_NO);
	r.size = 4000;
	ck_assert_int_eq(ask(seal_hello(&r)), MATCH_YES);
	/* A short id needs a token, which says that the server has chosen it. */
	r = usual();
	r.id.n = 7;
	ck_assert_int_eq(ask(seal_hello(&r)), MATCH_NO);
	r.token = span_of("0123456789", 10);
	ck_assert_int_eq(ask(seal_hello(&r)), MATCH_YES);
	r.source = support_hex("000102030405060708090a0b0c0d0e0f10111213");
	ck_assert_int_eq(ask(seal_hello(&r)), MATCH_YES);
	r.source = support_hex("000102030405060708090a0b0c0d0e0f1011121314");
	ck_assert_int_eq(ask(seal_hello(&r)), MATCH_NO);
	r = usual();
	r.version = QUIC_VERSION_DRAFT_29;
	ck_assert_int_eq(ask(seal_hello(&r)), MATCH_YES);
	support_fact("l4.quic.version", "draft-29");
}
END_TEST

/* A bit of the packet that is not as it was. */
START_TEST(test_changed_bits)
{
	struct quic_recipe r = usual();
	struct span packet = seal_hello(&r);
	size_t i;

	for (i = 0; i < packet.n; i += i < 60 ? 1 : 97) {
		((uint8_t *)packet.p)[i] ^= 0x08;
		ck_assert_msg(ask(packet) == MATCH_NO, "byte %zu", i);
		((uint8_t *)packet.p)[i] ^= 0x08;
	}
	ck_assert_int_eq(ask(packet), MATCH_YES);
}
END_TEST

/* Several packets in a datagram, and 0-RTT that has come before the Initial. */
START_TEST(test_coalesced)
{
	static const char early[] = "d000000001088394c8f03e5157080014"
				    "000102030405060708090a0b0c0d0e0f10111213";
	struct matcher_set set = support_set(QUIC);
	struct span hello = small_hello();
	struct buf frames = {0}, datagram = {0};
	struct quic_recipe r = usual();
	struct span packet = seal_hello(&r), alone;

	quic_put_span(&datagram, packet);
	quic_put_span(&datagram, support_hex(early));
	ck_assert_int_eq(ask(buf_span(&datagram)), MATCH_YES);
	quic_put_number(&datagram, 0, 4); /* what some append */
	ck_assert_int_eq(ask(buf_span(&datagram)), MATCH_YES);
	buf_clear(&datagram);
	quic_put_span(&datagram, support_hex(early));
	quic_put_span(&datagram, packet);
	ck_assert_int_eq(ask(buf_span(&datagram)), MATCH_YES);

	buf_clear(&datagram);
	while (buf_len(&datagram) < QUIC_INITIAL_DATAGRAM_MIN)
		quic_put_span(&datagram, support_hex(early));
	alone = buf_span(&datagram);
	match_cache_clear(&cache);
	ck_assert_int_eq(ask_next(&set, alone), MATCH_MORE);
	ck_assert_int_eq(ask_next(&set, packet), MATCH_YES);

	/* Two Initials that are large enough together. */
	buf_clear(&datagram);
	r.size = 600;
	put_crypto(&frames, 200, part(hello, 200, hello.n));
	quic_put_span(&datagram, seal(&r, buf_span(&frames)));
	buf_clear(&frames);
	put_crypto(&frames, 0, part(hello, 0, 200));
	quic_put_span(&datagram, seal(&r, buf_span(&frames)));
	ck_assert_uint_eq(buf_len(&datagram), QUIC_INITIAL_DATAGRAM_MIN);
	ck_assert_int_eq(ask(buf_span(&datagram)), MATCH_YES);
	buf_fini(&frames);
	buf_fini(&datagram);
}
END_TEST

START_TEST(test_strangers)
{
	uint8_t bytes[1300] = {0};
	struct span whole = span_of(bytes, sizeof(bytes));

	ck_assert_int_eq(ask(whole), MATCH_NO);
	memset(bytes, 0xff, sizeof(bytes));
	ck_assert_int_eq(ask(whole), MATCH_NO);
	memcpy(bytes, "\xc0\x0a\x0a\x0a\x0a\x08", 6); /* a version that asks for negotiation */
	ck_assert_int_eq(ask(whole), MATCH_NO);
	memcpy(bytes, "\x40\0\0\0\1\x08", 6);
	ck_assert_int_eq(ask(whole), MATCH_NO);
	memcpy(bytes, "\xf0\0\0\0\1\x08", 6); /* Retry is the server's */
	ck_assert_int_eq(ask(whole), MATCH_NO);
	ck_assert_int_eq(ask(span_of(NULL, 0)), MATCH_NO);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("quic", "{}");
	support_adapt("quic sni a b", "{'sni': ['a', 'b']}");
	support_adapt("quic {\nsni a\nalpn h3\n}", "{'sni': ['a'], 'alpn': ['h3']}");
	support_adapt("quic nsi a", NULL);
	support_refused(
	    "{'quic': {'snii': ['a']}}", "quic: unknown field 'snii', did you mean 'sni");
	ck_assert(support_set(QUIC).bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quic");
	TCase *tc = tcase_create("quic");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_keys, vectors);
	tcase_add_test(tc, test_rfc9001_packet);
	SUPPORT_LOOP(tc, test_clients, quic_flights);
	tcase_add_test(tc, test_mixed_clients);
	tcase_add_test(tc, test_cut_anywhere);
	tcase_add_test(tc, test_shuffled);
	SUPPORT_LOOP(tc, test_frames, before);
	tcase_add_test(tc, test_too_many_pieces);
	tcase_add_test(tc, test_not_a_hello);
	tcase_add_test(tc, test_recipes);
	tcase_add_test(tc, test_changed_bits);
	tcase_add_test(tc, test_coalesced);
	tcase_add_test(tc, test_strangers);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
