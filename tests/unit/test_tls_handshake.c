/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "tests/unit/tls_pair.h"

/* ---- handshakes ---------------------------------------------------------------------------- */

START_TEST(test_handshake)
{
	struct tls_policies policies = policies_of(NULL);
	struct tls_info info;
	struct pair p;

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "A.test");
	must_handshake(&p);
	tls_stream_info(p.t, &info);
	ck_assert(span_eq_str(info.server_name, "A.test"));
	ck_assert_str_eq(info.version, _i == 0 ? "tls1.3" : "tls1.2");
	ck_assert_str_eq(info.cipher_suite,
	    _i == 0 ? "TLS_AES_256_GCM_SHA384" : "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
	ck_assert(!info.resumed);
	ck_assert_uint_eq(info.alpn.n, 0);
	must_exchange(&p);
	must_exchange(&p);
	pair_close(&p);
}
END_TEST

/* The bytes of the first flight read ahead for matching, then handed over in two parts. */
START_TEST(test_prefetched)
{
	struct tls_policies policies = policies_of(NULL);
	uint8_t hello[4096];
	struct pair p;
	ssize_t n, cut;

	for (cut = 0;; cut += cut < 20 ? 1 : 23) {
		pair_open(&p, policies.items, NULL);
		name(&p, "a.test");
		step_client(&p);
		n = recv(p.e.io.fd, hello, sizeof(hello), 0);
		ck_assert_int_gt(n, 100);
		if (cut > n) {
			pair_close(&p);
			return;
		}
		buf_append(&p.e.socket.ahead, hello, (size_t)cut);
		step_server(&p);
		ck_assert(!p.server_failed);
		ck_assert_int_eq(p.server_done, false);
		buf_append(&p.e.socket.ahead, hello + cut, (size_t)(n - cut));
		must_handshake(&p);
		must_exchange(&p);
		pair_close(&p);
	}
}
END_TEST

static void refused(const struct tls_policy *policy, const char *server_name, const char *priority,
    gnutls_alert_description_t alert)
{
	struct pair p;

	pair_open(&p, policy, priority);
	if (server_name != NULL)
		name(&p, server_name);
	handshake(&p);
	ck_assert(p.server_failed);
	ck_assert_ptr_nonnull(p.why);
	ck_assert_int_eq(p.client_error, GNUTLS_E_FATAL_ALERT_RECEIVED);
	ck_assert_int_eq(gnutls_alert_get(p.client), alert);
	pair_close(&p);
}

START_TEST(test_unknown_name)
{
	struct tls_policies policies = policies_of(NULL);

	refused(policies.items, "b.test", versions[_i], 112);
	refused(policies.items, "x.y.w.test", versions[_i], 112);
	refused(policies.items, NULL, versions[_i], 109);
}
END_TEST

START_TEST(test_default_name)
{
	struct tls_policies policies =
	    policies_of("[{\"default_sni\": \"A.test\", \"fallback_sni\": \"a.test\"}]");
	struct pair p;

	pair_open(&p, policies.items, versions[_i]);
	must_handshake(&p);
	must_exchange(&p);
	pair_close(&p);
	pair_open(&p, policies.items, versions[_i]);
	name(&p, "unknown.test");
	must_handshake(&p);
	pair_close(&p);
}
END_TEST

static void offer(struct pair *p, const char *protocol)
{
	gnutls_datum_t d = {.data = (unsigned char *)protocol, .size = (unsigned)strlen(protocol)};

	gnutls_alpn_set_protocols(p->client, &d, 1, 0);
}

START_TEST(test_alpn)
{
	struct tls_policies policies = policies_of(NULL), none = policies_of("[{\"alpn\": []}]");
	struct tls_info info;
	struct pair p;

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "a.test");
	offer(&p, "http/1.1");
	must_handshake(&p);
	tls_stream_info(p.t, &info);
	ck_assert(span_eq_str(info.alpn, "http/1.1"));
	pair_close(&p);

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "a.test");
	offer(&p, "imap");
	handshake(&p);
	ck_assert(p.server_failed);
	ck_assert_int_eq(gnutls_alert_get(p.client), GNUTLS_A_NO_APPLICATION_PROTOCOL);
	pair_close(&p);

	pair_open(&p, none.items, versions[_i]);
	name(&p, "a.test");
	offer(&p, "imap");
	must_handshake(&p);
	pair_close(&p);
}
END_TEST

START_TEST(test_versions)
{
	struct tls_policies only12 = policies_of("[{\"protocol_max\": \"tls1.2\"}]");
	struct tls_policies only13 = policies_of("[{\"protocol_min\": \"tls1.3\"}]");
	struct tls_info info;
	struct pair p;

	pair_open(&p, only12.items, NULL);
	name(&p, "a.test");
	must_handshake(&p);
	tls_stream_info(p.t, &info);
	ck_assert_str_eq(info.version, "tls1.2");
	pair_close(&p);
	refused(only13.items, "a.test", V12, GNUTLS_A_HANDSHAKE_FAILURE);
	refused(policies_of(NULL).items, "a.test", "NORMAL:-VERS-ALL:+VERS-TLS1.1",
	    GNUTLS_A_PROTOCOL_VERSION);
}
END_TEST

START_TEST(test_rsa_and_ecdsa)
{
	struct tls_policies policies = policies_of(NULL);
	static const struct {
		const char *priority;
		const char *key;
	} cases[] = {
	    {"NORMAL", "ECDSA"},
	    {"NORMAL:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-SHA256", "RSA"},
	    {V12 ":-SIGN-ALL:+SIGN-RSA-SHA256:-KX-ALL:+ECDHE-RSA", "RSA"},
	};
	const gnutls_datum_t *peer;
	gnutls_x509_crt_t crt;
	struct pair p;
	unsigned n;

	make_stored(set, &(struct make){.names = {"a.test"}, .type = KEY_RSA2048});
	pair_open(&p, policies.items, cases[_i].priority);
	name(&p, "a.test");
	must_handshake(&p);
	peer = gnutls_certificate_get_peers(p.client, &n);
	ck_assert_ptr_nonnull(peer);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_import(crt, peer, GNUTLS_X509_FMT_DER);
	ck_assert_int_eq(gnutls_x509_crt_get_pk_algorithm(crt, NULL),
	    strcmp(cases[_i].key, "RSA") == 0 ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA);
	gnutls_x509_crt_deinit(crt);
	must_exchange(&p);
	pair_close(&p);
}
END_TEST

/* OpenSSL's and browsers' order: a key share for X25519 must do without a second hello. */
START_TEST(test_no_second_hello)
{
	struct tls_policies policies = policies_of(NULL);
	static const char *const groups[] = {
	    V13 ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1",
	    V13 ":-GROUP-ALL:+GROUP-SECP256R1:+GROUP-X25519",
	};
	struct pair p;

	pair_open(&p, policies.items, groups[_i]);
	name(&p, "a.test");
	step_client(&p);
	step_server(&p);
	step_client(&p);
	ck_assert(p.client_done);
	pair_close(&p);
}
END_TEST

static void refuses(const char *json, const char *path, const char *message)
{
	struct load load = {.arena = arena};
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	struct jnode node = jnode_root(value);
	struct tls_policies out;

	ck_assert_int_eq(tls_policies_load(&load, &node, &out, &err), -1);
	ck_assert_str_eq(err.path, path);
	ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
	json_decref(value);
}
START_TEST(test_policy_errors)
{
	refuses("{}", "", "array");
	refuses("[{\"alpm\": []}]", "[0]", "did you mean 'alpn'");
	refuses("[{\"protocol_min\": \"tls1.1\"}]", "[0].protocol_min", "tls1.2");
	refuses("[{\"protocol_min\": \"tls1.3\", \"protocol_max\": \"tls1.2\"}]",
	    "[0].protocol_min", "higher");
	refuses("[{}, {\"cipher_suites\": [\"TLS_AES_128_GCM_SHA265\"]}]", "[1].cipher_suites[0]",
	    "TLS_AES_128_GCM_SHA256");
	refuses("[{\"curves\": [\"x25519\", \"p256\"]}]", "[0].curves[1]", "unknown curve");
	refuses("[{\"curves\": [\"x25519mlkem768\"]}]", "[0].curves", "none of these");
	refuses("[{\"cipher_suites\": [\"TLS_AES_128_GCM_SHA256\"], \"protocol_max\": \"tls1.2\"}]",
	    "[0].cipher_suites", "only suites of TLS 1.3");
	refuses("[{\"alpn\": [\"a\", \"\"]}]", "[0].alpn[1]", "1 to 31");
	refuses("[{\"certificate_selection\": {\"serial_number\": [\"0x1\"]}}]",
	    "[0].certificate_selection.serial_number[0]", "decimal");
	policies_of("[{\"curves\": [\"x25519mlkem768\", \"secp256r1\"], \"cipher_suites\": "
		    "[\"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA\"]}]");
}
END_TEST

START_TEST(test_garbage)
{
	static const char *const firsts[] = {"GET / HTTP/1.1\r\n\r\n",
	    "\x16\x03\x01\xff\xff garbage",
	    "\x80\x2e\x01\x03\x01 an SSL 2 hello of long ago that is not even one",
	    "\x16\x03\x01\x00\x05hello", "\x17\x03\x03\x00\x05hello"};
	struct tls_policies policies = policies_of(NULL);
	struct pair p;

	pair_open(&p, policies.items, NULL);
	ck_assert_int_gt(
	    send(p.fd, firsts[_i], _i == 3 || _i == 4 ? 10 : strlen(firsts[_i]), 0), 0);
	step_server(&p);
	ck_assert(p.server_failed || !p.server_done);
	shutdown(p.fd, SHUT_WR);
	step_server(&p);
	ck_assert(p.server_failed);
	pair_close(&p);
}
END_TEST

/* ---- renegotiation, key updates ------------------------------------------------------------ */

START_TEST(test_renegotiation)
{
	struct tls_policies policies = policies_of(NULL);
	uint8_t got[64];
	struct pair p;

	pair_open(&p, policies.items, V12);
	name(&p, "a.test");
	must_handshake(&p);
	ck_assert_int_eq(gnutls_record_send(p.client, "before", 6), 6);
	ck_assert_int_eq(gnutls_handshake(p.client), GNUTLS_E_AGAIN);
	ck_assert_int_eq(read_server(&p, got, sizeof(got)), 6);
	ck_assert_int_eq(read_server(&p, got, sizeof(got)), -1);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_int_eq(gnutls_handshake(p.client), GNUTLS_E_FATAL_ALERT_RECEIVED);
	ck_assert_int_eq(gnutls_alert_get(p.client), GNUTLS_A_NO_RENEGOTIATION);
	pair_close(&p);
}
END_TEST

START_TEST(test_key_update)
{
	struct tls_policies policies = policies_of(NULL);
	uint8_t got[64];
	struct pair p;

	pair_open(&p, policies.items, V13);
	name(&p, "a.test");
	must_handshake(&p);
	ck_assert_int_eq(gnutls_session_key_update(p.client, GNUTLS_KU_PEER), 0);
	ck_assert_int_eq(read_server(&p, got, sizeof(got)), -1);
	ck_assert_int_eq(errno, EAGAIN);
	must_exchange(&p);
	must_exchange(&p);
	pair_close(&p);
}
END_TEST

/* ---- tickets ------------------------------------------------------------------------------- */

/* Connects with a session's data, if any; keeps the new data. Returns whether it was resumed. */
static bool connect_with(
    const struct tls_policy *policy, const char *priority, gnutls_datum_t *data)
{
	struct tls_info info;
	struct pair p;
	bool resumed;

	pair_open(&p, policy, priority);
	name(&p, "a.test");
	if (data->data != NULL)
		gnutls_session_set_data(p.client, data->data, data->size);
	must_handshake(&p);
	must_exchange(&p);
	gnutls_free(data->data);
	ck_assert_int_eq(gnutls_session_get_data2(p.client, data), 0);
	tls_stream_info(p.t, &info);
	resumed = gnutls_session_is_resumed(p.client) != 0;
	ck_assert_int_eq(info.resumed, resumed);
	pair_close(&p);
	return resumed;
}

START_TEST(test_resumption)
{
	/* Two workers' handlers: loaded apart, of the same text. */
	struct tls_policies one = policies_of("[{\"default_sni\": \"a.test\"}]");
	struct tls_policies same = policies_of("[{\"default_sni\": \"a.test\"}]");
	struct tls_policies other = policies_of("[{\"default_sni\": \"b.test\"}]");
	gnutls_datum_t data = {0};

	ck_assert(!connect_with(one.items, versions[_i], &data));
	ck_assert(connect_with(one.items, versions[_i], &data));
	ck_assert(connect_with(same.items, versions[_i], &data));
	ck_assert(connect_with(one.items, versions[_i], &data));
	ck_assert(!connect_with(other.items, versions[_i], &data));
	ck_assert(connect_with(other.items, versions[_i], &data));
	ticket_rotate();
	ck_assert(!connect_with(other.items, versions[_i], &data));
	ck_assert(connect_with(other.items, versions[_i], &data));
	ticket_set_enabled(false);
	ck_assert(!connect_with(other.items, versions[_i], &data));
	ticket_set_enabled(true);
	gnutls_free(data.data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tls_handshake");
	TCase *tc = tcase_create("tls_handshake");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_handshake, 0, 2);
	tcase_add_test(tc, test_prefetched);
	tcase_add_loop_test(tc, test_unknown_name, 0, 2);
	tcase_add_loop_test(tc, test_default_name, 0, 2);
	tcase_add_loop_test(tc, test_alpn, 0, 2);
	tcase_add_test(tc, test_versions);
	tcase_add_loop_test(tc, test_rsa_and_ecdsa, 0, 3);
	tcase_add_loop_test(tc, test_no_second_hello, 0, 2);
	tcase_add_test(tc, test_policy_errors);
	tcase_add_loop_test(tc, test_garbage, 0, 5);
	tcase_add_test(tc, test_renegotiation);
	tcase_add_test(tc, test_key_update);
	tcase_add_loop_test(tc, test_resumption, 0, 2);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
