/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <unistd.h>

#include "daemon/wire/openvpn_key.h"
#include "tests/unit/matcher_support.h"
#include "tests/unit/openvpn_flights.h"

#define SECOND INT64_C(1000000000)
#define GROUP "'group_key': '" OPENVPN_TEST_GROUP_KEY "'"
#define SERVER "'server_key': '" OPENVPN_TEST_SERVER_KEY "'"
#define CLIENT "'client_keys': ['" OPENVPN_TEST_CLIENT_KEY "']"

/* Of a set's options. */
#define SET(options) "{'openvpn': {" options "}}"

static const struct openvpn_flight *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(openvpn_flights) / sizeof(openvpn_flights[0]); i++) {
		if (strcmp(openvpn_flights[i].name, name) == 0)
			return &openvpn_flights[i];
	}
	ck_abort_msg("no flight %s", name);
}

/* The connection began when the packet was made; later in seconds. */
static void set_time(const struct openvpn_flight *f, struct span bytes, double later)
{
	struct openvpn_reset reset;
	enum openvpn_mode mode;

	for (mode = 0; mode < OPENVPN_MODES; mode++) {
		if (openvpn_parse(bytes, f->datagram, mode, &reset) == WIRE_YES)
			facts.start_ns = reset.time * SECOND + (int64_t)(later * 1e9);
	}
}

static struct span begin(const struct openvpn_flight *f)
{
	struct span bytes = support_hex(f->hex);

	set_time(f, bytes, 0);
	return bytes;
}

static enum match_verdict ask(const char *set, const char *flight)
{
	const struct openvpn_flight *f = find(flight);

	return support_verdict(set, begin(f), f->datagram);
}

/* Each is taken, whole, with no option, with its mode, and with its keys. */
START_TEST(test_flights)
{
	const struct openvpn_flight *f = &openvpn_flights[_i];
	struct span bytes = begin(f);
	const char *mode = arena_strndup(arena, f->name, strcspn(f->name, "_"));
	const char *with_mode = arena_printf(arena, SET("'modes': ['%s']"), mode);

	if (f->datagram) {
		support_datagram(SET(""), bytes, MATCH_YES);
		support_datagram(with_mode, bytes, MATCH_YES);
		ck_assert_int_eq(support_verdict(SET(""), bytes, false), MATCH_NO);
	} else {
		support_cuts(SET(""), bytes, bytes.n, MATCH_YES);
		support_cuts(with_mode, bytes, bytes.n, MATCH_YES);
		ck_assert_int_eq(support_verdict(SET(""), bytes, true), MATCH_NO);
	}
}
END_TEST

/* What the keys say, and which of them is asked. */
static const struct {
	const char *set, *flight;
	enum match_verdict verdict;
} keyed[] = {
    {SET(GROUP), "auth_sha1", MATCH_YES}, {SET(GROUP), "auth_ripemd160", MATCH_YES},
    {SET(GROUP), "auth_md5", MATCH_YES}, {SET(GROUP), "auth_sha224", MATCH_YES},
    {SET(GROUP), "auth_sha256", MATCH_YES}, {SET(GROUP), "auth_sha256_tcp", MATCH_YES},
    {SET(GROUP), "auth_sha384", MATCH_YES}, {SET(GROUP), "auth_sha512", MATCH_YES},
    {SET(GROUP), "auth_sha512_224", MATCH_YES}, {SET(GROUP), "auth_sha512_256", MATCH_YES},
    {SET(GROUP), "auth_sha3_224", MATCH_YES}, {SET(GROUP), "auth_sha3_256", MATCH_YES},
    {SET(GROUP), "auth_sha3_384", MATCH_YES}, {SET(GROUP), "auth_sha3_512", MATCH_YES},
    {SET(GROUP), "auth_md5_sha1", MATCH_YES}, {SET(GROUP), "auth_blake2b", MATCH_NO},
    {SET(GROUP), "auth_blake2s", MATCH_NO},
    {SET(GROUP ", 'ignore_crypto': true"), "auth_blake2b", MATCH_YES},
    {SET(GROUP ", 'auth_digest': 'SHA-256'"), "auth_sha256", MATCH_YES},
    {SET(GROUP ", 'auth_digest': 'sha256'"), "auth_sha512_256", MATCH_NO},
    {SET(GROUP ", 'auth_digest': 'sha3-256'"), "auth_sha3_256", MATCH_YES},
    {SET(GROUP ", 'auth_digest': 'MD5-SHA1'"), "auth_md5_sha1", MATCH_YES},
    {SET(GROUP ", 'auth_digest': 'SHA-512/224'"), "auth_sha512", MATCH_NO},
    {SET("'auth_digest': 'sha512'"), "auth_sha256", MATCH_NO},
    {SET("'auth_digest': 'sha512-256'"), "auth_sha256", MATCH_YES}, /* of the same size */
    {SET(GROUP), "auth_sha256_inverse", MATCH_NO}, {SET(GROUP), "auth_sha256_bidi", MATCH_NO},
    {SET(GROUP ", 'group_key_direction': 'inverse'"), "auth_sha256_inverse", MATCH_YES},
    {SET(GROUP ", 'group_key_direction': 'inverse'"), "auth_sha256", MATCH_NO},
    {SET(GROUP ", 'group_key_direction': 'Bidi'"), "auth_sha256_bidi", MATCH_YES},
    {SET(GROUP ", 'group_key_direction': 'bidirectional'"), "auth_sha256_bidi", MATCH_YES},
    {SET(GROUP ", 'group_key_direction': 'bidi'"), "auth_sha256", MATCH_NO},
    {SET(GROUP), "crypt", MATCH_YES}, {SET(GROUP), "crypt_tcp", MATCH_YES},
    {SET(GROUP ", 'group_key_direction': 'inverse'"), "crypt", MATCH_YES},
    {SET(GROUP), "plain", MATCH_YES}, {SET("'modes': ['auth'], " GROUP), "plain", MATCH_NO},
    {SET("'modes': ['auth'], " GROUP), "crypt", MATCH_NO},
    {SET("'modes': ['crypt'], " GROUP), "auth_sha256", MATCH_NO},
    {SET("'modes': ['crypt']"), "auth_sha256", MATCH_NO}, /* the number is elsewhere */
    {SET("'modes': ['plain', 'CRYPT']"), "crypt", MATCH_YES},
    {SET("'modes': ['plain', 'crypt']"), "crypt2", MATCH_NO}, {SET(SERVER), "crypt2", MATCH_YES},
    {SET(SERVER), "crypt2_tcp", MATCH_YES}, {SET(SERVER), "crypt2_meta", MATCH_YES},
    {SET(CLIENT), "crypt2", MATCH_YES}, {SET(CLIENT), "crypt2_meta", MATCH_NO},
    {SET(CLIENT ", " SERVER), "crypt2_tcp", MATCH_YES},
    {SET(CLIENT ", " SERVER), "crypt2_meta", MATCH_NO},
    {SET(CLIENT ", 'ignore_crypto': true"), "crypt2_meta", MATCH_YES},
    {SET("'client_keys': ['" OPENVPN_TEST_CLIENT_KEY "', '" OPENVPN_TEST_OTHER_CLIENT_KEY "']"),
	"crypt2_meta", MATCH_YES},
    {SET("'client_keys': ['']"), "crypt2_meta", MATCH_YES}, /* none */
};

START_TEST(test_keys)
{
	ck_assert_msg(ask(keyed[_i].set, keyed[_i].flight) == keyed[_i].verdict, "%s: %s",
	    keyed[_i].flight, keyed[_i].set);
}
END_TEST

/* Where every byte is signed none may change. */
static const struct {
	const char *set, *flight;
} covered[] = {
    {SET("'ignore_timestamp': true, " GROUP), "auth_sha256"},
    {SET("'ignore_timestamp': true, " GROUP), "auth_sha3_512"},
    {SET("'ignore_timestamp': true, " GROUP), "crypt"},
    {SET("'ignore_timestamp': true, " SERVER), "crypt2_meta"},
    {SET("'ignore_timestamp': true, " SERVER), "crypt2_tcp"},
    {SET("'ignore_timestamp': true, " CLIENT), "crypt2"},
};

START_TEST(test_changes)
{
	const struct openvpn_flight *f = find(covered[_i].flight);
	struct matcher_set set = support_set(covered[_i].set);
	struct span bytes = begin(f);
	uint8_t *copy = arena_alloc(arena, bytes.n);
	size_t i;

	for (i = 0; i < bytes.n * 8; i++) {
		memcpy(copy, bytes.p, bytes.n);
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_msg(support_ask(&set, span_of(copy, bytes.n), f->datagram) != MATCH_YES,
		    "bit %zu of %s", i, f->name);
	}
}
END_TEST

/* Another key, of the right form. */
START_TEST(test_wrong_keys)
{
	const char *group = arena_printf(arena, SET("'group_key': '%0512d'"), 1);
	const char *server =
	    arena_printf(arena, SET("'server_key': '%0171d='"), 0); /* 128 bytes of base64 */

	ck_assert_int_eq(ask(group, "auth_sha1"), MATCH_NO);
	ck_assert_int_eq(ask(group, "crypt"), MATCH_NO);
	ck_assert_int_eq(ask(group, "crypt2"), MATCH_YES); /* has no say there */
	ck_assert_int_eq(ask(server, "crypt2"), MATCH_NO);
	ck_assert_int_eq(ask(server, "crypt"), MATCH_YES);
}
END_TEST

static const struct {
	const char *flight;
	double later;
	enum match_verdict verdict;
} times[] = {
    {"auth_sha256", 14.9, MATCH_YES},
    {"auth_sha256", -14.9, MATCH_YES},
    {"auth_sha256", 15, MATCH_NO},
    {"auth_sha256", -15, MATCH_NO},
    {"crypt", 14, MATCH_YES},
    {"crypt", -3600, MATCH_NO},
    {"crypt2", 14, MATCH_YES},
    {"crypt2", 3600, MATCH_NO},
    {"plain", 1e9, MATCH_YES},
};

START_TEST(test_times)
{
	const struct openvpn_flight *f = find(times[_i].flight);
	struct span bytes = support_hex(f->hex);

	set_time(f, bytes, times[_i].later);
	ck_assert_int_eq(support_verdict(SET(""), bytes, true), times[_i].verdict);
	ck_assert_int_eq(support_verdict(SET(GROUP ", " SERVER), bytes, true), times[_i].verdict);
	ck_assert_int_eq(support_verdict(SET("'ignore_timestamp': true"), bytes, true), MATCH_YES);
}
END_TEST

/* A byte of a stream's packet changed, and after how many bytes it is a no. */
static const struct {
	const char *flight, *mode;
	size_t at;
	uint8_t byte;
	size_t decided;
} changes[] = {
    {"plain_tcp", "plain", 0, 1, 1},
    {"plain_tcp", "plain", 1, 13, 2},
    {"plain_tcp", "plain", 1, 15, 2},
    {"plain_tcp", "plain", 2, 0x39, 3}, /* not the first key */
    {"plain_tcp", "plain", 2, 0x50, 3},
    {"plain_tcp", "plain", 11, 1, 12}, /* acknowledgements */
    {"plain_tcp", "plain", 15, 1, 16},
    {"auth_sha256_tcp", "auth", 1, 55, 2},
    {"auth_sha256_tcp", "auth", 1, 94, 2},
    {"auth_sha256_tcp", "auth", 0, 1, 1},
    {"auth_sha256_tcp", "auth", 2, 0x40, 3},
    {"auth_sha256_tcp", "auth", 43, 1, 44}, /* number of the packet against replay */
    {"auth_sha256_tcp", "auth", 46, 2, 47},
    {"auth_sha256_tcp", "auth", 51, 1, 52}, /* acknowledgements */
    {"auth_sha256_tcp", "auth", 55, 1, 56},
    {"crypt_tcp", "crypt", 1, 53, 2},
    {"crypt_tcp", "crypt", 1, 55, 2},
    {"crypt_tcp", "crypt", 14, 2, 15},
    {"crypt_tcp", "crypt", 11, 0x0f, 12},
    {"crypt2_tcp", "crypt2", 0, 0, 1},
    {"crypt2_tcp", "crypt2", 0, 5, 1},
    {"crypt2_tcp", "crypt2", 0, 4, 2},
    {"crypt2_tcp", "crypt2", 2, 0x38, 3},
    {"crypt2_tcp", "crypt2", 11, 0x0e, 12},
    {"crypt2_tcp", "crypt2", 353, 0, 354},
    {"crypt2_tcp", "crypt2", 354, 0, 355},
};

START_TEST(test_early_no)
{
	const char *set =
	    arena_printf(arena, SET("'ignore_timestamp': true, 'modes': ['%s']"), changes[_i].mode);
	struct span bytes = begin(find(changes[_i].flight));
	uint8_t *copy = arena_alloc(arena, bytes.n);
	enum match_verdict verdict;
	size_t n;

	memcpy(copy, bytes.p, bytes.n);
	copy[changes[_i].at] = changes[_i].byte;
	for (n = 0; n <= bytes.n; n++) {
		verdict = support_verdict(set, span_of(copy, n), false);
		ck_assert_msg(
		    verdict == (n < changes[_i].decided ? MATCH_MORE : MATCH_NO), "at %zu", n);
	}
}
END_TEST

START_TEST(test_no_session)
{
	struct span bytes = begin(find("plain_tcp"));
	uint8_t *copy = arena_alloc(arena, bytes.n);

	memcpy(copy, bytes.p, bytes.n);
	memset(copy + 3, 0, 8);
	support_cuts(SET("'modes': ['plain']"), span_of(copy, bytes.n), 11, MATCH_NO);
	copy[10] = 1;
	support_cuts(SET("'modes': ['plain']"), span_of(copy, bytes.n), 16, MATCH_YES);
}
END_TEST

/* On a stream the client may have sent it twice; a datagram is one packet. */
START_TEST(test_behind)
{
	struct span bytes = begin(find("crypt_tcp"));
	uint8_t *twice = arena_alloc(arena, bytes.n * 2);

	memcpy(twice, bytes.p, bytes.n);
	memcpy(twice + bytes.n, bytes.p, bytes.n);
	support_cuts(SET(GROUP), span_of(twice, bytes.n * 2), bytes.n, MATCH_YES);
	ck_assert_int_eq(support_verdict(SET(""), span_of(twice + 2, bytes.n - 1), true), MATCH_NO);
}
END_TEST

/* SHAKE with OpenVPN's own library fails; made with Python's hashlib by the rule of HMAC. */
START_TEST(test_shake)
{
	static const char hex[] =
	    "380102030405060708f8c5d8a4e51f125c3111f8ae4e065c75f8bde440a11a58541782"
	    "9f9b3e528ee855d9df6ab2f2a8efcb6b7d52e64bf69801a2dce72391725f38bf0e1467"
	    "da6580000000016a0000000000000000";

	ck_assert_int_eq(
	    support_verdict(SET(GROUP ", 'ignore_timestamp': true"), support_hex(hex), true),
	    MATCH_YES);
}
END_TEST

static const char *write_file(const char *name, const char *text)
{
	const char *folder = getenv("TMPDIR");
	const char *path = arena_printf(arena, "%s/pointsman-openvpn-%d-%s",
	    folder != NULL ? folder : "/tmp", (int)getpid(), name);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

/* text in lines as long as OpenVPN's, ended by end. */
static const char *lines(const char *text, const char *end)
{
	struct buf b = {0};
	const char *out;
	size_t i;

	for (i = 0; text[i] != '\0'; i++)
		buf_printf(&b, "%c%s", text[i], i % 32 == 31 ? end : "");
	out = arena_strdup(arena, buf_str(&b));
	buf_fini(&b);
	return out;
}

static const char *group_file(const char *key, const char *end)
{
	return arena_printf(arena,
	    "#%s# 2048 bit OpenVPN static key%s-----BEGIN OpenVPN Static key V1-----%s%s%s"
	    "-----END OpenVPN Static key V1-----%s",
	    end, end, end, lines(key, end), end, end);
}

static const char *v2_file(const char *kind, const char *key)
{
	return arena_printf(arena,
	    "-----BEGIN OpenVPN tls-crypt-v2 %s key-----\n%s\n-----END OpenVPN tls-crypt-v2 %s "
	    "key-----\n",
	    kind, lines(key, "\n"), kind);
}

START_TEST(test_files)
{
	const char *group = write_file("group", group_file(OPENVPN_TEST_GROUP_KEY, "\n"));
	const char *dos = write_file("dos", group_file(OPENVPN_TEST_GROUP_KEY, "\r\n"));
	const char *server = write_file("server", v2_file("server", OPENVPN_TEST_SERVER_KEY));
	const char *client = write_file("client", v2_file("client", OPENVPN_TEST_CLIENT_KEY));

	ck_assert_int_eq(
	    ask(arena_printf(arena, SET("'group_key_file': '%s'"), group), "crypt"), MATCH_YES);
	ck_assert_int_eq(
	    ask(arena_printf(arena, SET("'group_key_file': '%s'"), dos), "auth_sha1"), MATCH_YES);
	ck_assert_int_eq(
	    ask(arena_printf(arena, SET("'server_key_file': '%s'"), server), "crypt2_meta"),
	    MATCH_YES);
	ck_assert_int_eq(
	    ask(arena_printf(arena, SET("'client_key_files': ['%s']"), client), "crypt2"),
	    MATCH_YES);
	ck_assert_int_eq(
	    ask(arena_printf(arena, SET("'client_key_files': ['%s']"), client), "crypt2_meta"),
	    MATCH_NO);
	support_refused(arena_printf(arena, SET("'group_key_file': '%s'"), server),
	    "openvpn.group_key_file: there is no static key of OpenVPN");
	support_refused(arena_printf(arena, SET("'server_key_file': '%s'"), client),
	    "openvpn.server_key_file: there is no tls-crypt-v2 server key");
	unlink(group);
	unlink(dos);
	unlink(server);
	unlink(client);
	support_refused(arena_printf(arena, SET("'client_key_files': ['%s']"), client),
	    "openvpn.client_key_files[0]: cannot read");
}
END_TEST

static const struct {
	const char *set, *said;
} refused[] = {
    {SET("'modes': ['plain', 'tls']"),
	"openvpn.modes[1]: 'tls' is none of plain, auth, crypt, crypt2"},
    {SET("'group_key_direction': '0'"), "openvpn.group_key_direction: '0' is none of normal"},
    {SET("'auth_digest': 'BLAKE2b512'"),
	"openvpn.auth_digest: the digest 'BLAKE2b512' is not in the libraries"},
    {SET("'auth_digest': 'shake-128'"),
	"openvpn.auth_digest: the digest 'shake-128' is not in the libraries"},
    {SET("'auth_digest': 'sha257'"), "openvpn.auth_digest: 'sha257' is not a digest"},
    {SET("'group_key': '00'"), "openvpn.group_key: must be a static key of OpenVPN"},
    {SET("'group_key': '" OPENVPN_TEST_GROUP_KEY "0'"), "openvpn.group_key: "},
    {SET("'group_key': '" OPENVPN_TEST_GROUP_KEY "00'"), "openvpn.group_key: "},
    {SET("'group_key': '" OPENVPN_TEST_SERVER_KEY "'"), "openvpn.group_key: "},
    {SET("'server_key': '" OPENVPN_TEST_CLIENT_KEY "'"),
	"openvpn.server_key: must be a tls-crypt-v2 server key"},
    {SET("'server_key': 'AAAA'"), "openvpn.server_key: "},
    {SET("'client_keys': ['" OPENVPN_TEST_SERVER_KEY "']"),
	"openvpn.client_keys[0]: must be a tls-crypt-v2 client key"},
    {SET("'client_keys': ['" OPENVPN_TEST_CLIENT_KEY "', 'AAAA" OPENVPN_TEST_CLIENT_KEY "']"),
	"openvpn.client_keys[1]: must be a tls-crypt-v2 client key"},
    {SET("'mode': ['plain']"), "openvpn: unknown field 'mode', did you mean 'modes'?"},
};

START_TEST(test_refused)
{
	support_refused(refused[_i].set, refused[_i].said);
}
END_TEST

/* A client's key that another server's wrapped. */
START_TEST(test_foreign_client)
{
	support_refused(arena_printf(arena, SET("'server_key': '%0171d=', " CLIENT), 0),
	    "openvpn.client_keys[0]: was not made with the server key that is set");
}
END_TEST

START_TEST(test_options)
{
	support_adapt("openvpn", "{}");
	support_adapt("openvpn {\nmodes plain auth\nignore_crypto\nignore_timestamp\n}",
	    "{'modes': ['plain', 'auth'], 'ignore_crypto': true, 'ignore_timestamp': true}");
	support_adapt("openvpn {\ngroup_key 00\nauth_digest sha1\ngroup_key_direction bidi\n}",
	    "{'group_key': '00', 'auth_digest': 'sha1', 'group_key_direction': 'bidi'}");
	support_adapt("openvpn {\nclient_key a\nclient_key b\nclient_key_file /c\n}",
	    "{'client_keys': ['a', 'b'], 'client_key_files': ['/c']}");
	support_adapt("openvpn {\nserver_key_file /s\ngroup_key_file /g\n}",
	    "{'server_key_file': '/s', 'group_key_file': '/g'}");
	support_adapt("openvpn plain", NULL);
	support_adapt("openvpn {\nmodes\n}", NULL);
	support_adapt("openvpn {\nmodes plain\nmodes auth\n}", NULL);
	support_adapt("openvpn {\nmodes plain auth crypt crypt2 plain\n}", NULL);
	support_adapt("openvpn {\nignore_crypto yes\n}", NULL);
	support_adapt("openvpn {\nignore_crypto\nignore_crypto\n}", NULL);
	support_adapt("openvpn {\ngroup_key 00\ngroup_key_file /g\n}", NULL);
	support_adapt("openvpn {\nserver_key_file /g\nserver_key 00\n}", NULL);
	support_adapt("openvpn {\ngroup_key 00\ngroup_key 00\n}", NULL);
	support_adapt("openvpn {\nclient_key a b\n}", NULL);
	support_adapt("openvpn {\nclient_keys a\n}", NULL);
	support_adapt("openvpn {\nauth_digest {\n}\n}", NULL);
	ck_assert(support_set(SET("")).bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("openvpn");
	TCase *tc = tcase_create("openvpn");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_flights, openvpn_flights);
	SUPPORT_LOOP(tc, test_keys, keyed);
	SUPPORT_LOOP(tc, test_changes, covered);
	tcase_add_test(tc, test_wrong_keys);
	SUPPORT_LOOP(tc, test_times, times);
	SUPPORT_LOOP(tc, test_early_no, changes);
	tcase_add_test(tc, test_no_session);
	tcase_add_test(tc, test_behind);
	tcase_add_test(tc, test_shake);
	tcase_add_test(tc, test_files);
	SUPPORT_LOOP(tc, test_refused, refused);
	tcase_add_test(tc, test_foreign_client);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
