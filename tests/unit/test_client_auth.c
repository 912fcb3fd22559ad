/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/client_auth.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/tls/stream.h"
#include "tests/unit/tls_support.h"

/* Clients with several certificates against policies in all modes, in TLS 1.2 and 1.3. */

enum who { NOBODY, TRUSTED, STRANGER, PINNED, EXPIRED, WHO_COUNT };

static struct store_set *set;
static struct arena *arena;
static struct ev_loop *loop;
static struct tls_area area;
static struct error err;
static struct {
	struct key *key;
	struct buf pem;
	char *base64; /* of the DER form */
} ids[WHO_COUNT];
static struct buf ca_pem;
static char *ca_base64;
static const char *why;
static gnutls_alert_description_t alert;

static const char *const versions[] = {
    "NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2"};

static char *base64_of(const struct buf *pem)
{
	gnutls_datum_t in = {.data = pem->data, .size = (unsigned)buf_len(pem)}, der, out;
	char *text;

	ck_assert_int_eq(gnutls_pem_base64_decode2("CERTIFICATE", &in, &der), 0);
	ck_assert_int_eq(gnutls_base64_encode2(&der, &out), 0);
	text = strndup((const char *)out.data, out.size);
	gnutls_free(der.data);
	gnutls_free(out.data);
	return text;
}

/* A certificate for a client, signed by ca's key (with subject "made", as make_pem() names it). */
static void sign_client(enum who who, struct key *ca_key, const struct buf *ca)
{
	gnutls_datum_t in = {.data = ca->data, .size = (unsigned)buf_len(ca)}, out;
	gnutls_x509_crt_t crt, issuer;
	gnutls_pubkey_t public;

	ids[who].key = key_generate(KEY_P256, &err);
	gnutls_pubkey_init(&public);
	gnutls_pubkey_import_privkey(public, key_handle(ids[who].key), 0, 0);
	gnutls_x509_crt_init(&issuer);
	gnutls_x509_crt_import(issuer, &in, GNUTLS_X509_FMT_PEM);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, "\x05", 1);
	gnutls_x509_crt_set_activation_time(crt, time(NULL) - 7200);
	gnutls_x509_crt_set_expiration_time(crt, time(NULL) + (who == EXPIRED ? -60 : 3600));
	gnutls_x509_crt_set_pubkey(crt, public);
	gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "client", 6);
	gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_CLIENT, 0);
	ck_assert_int_eq(
	    gnutls_x509_crt_privkey_sign(crt, issuer, key_handle(ca_key), GNUTLS_DIG_SHA256, 0), 0);
	gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &out);
	buf_append(&ids[who].pem, out.data, out.size);
	gnutls_free(out.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_crt_deinit(issuer);
	gnutls_pubkey_deinit(public);
}

static void make_ca(struct key **key, struct buf *pem)
{
	gnutls_x509_crt_t crt;
	gnutls_pubkey_t public;
	gnutls_datum_t out;

	*key = key_generate(KEY_P256, &err);
	gnutls_pubkey_init(&public);
	gnutls_pubkey_import_privkey(public, key_handle(*key), 0, 0);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, "\x01", 1);
	gnutls_x509_crt_set_activation_time(crt, time(NULL) - 7200);
	gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 7200);
	gnutls_x509_crt_set_pubkey(crt, public);
	gnutls_x509_crt_set_basic_constraints(crt, 1, 1);
	gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN);
	gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "clients' CA", 11);
	gnutls_x509_crt_privkey_sign(crt, crt, key_handle(*key), GNUTLS_DIG_SHA256, 0);
	gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &out);
	buf_append(pem, out.data, out.size);
	gnutls_free(out.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_pubkey_deinit(public);
}

static void setup(void)
{
	struct key *ca_key, *other_key;
	struct buf other = {0};
	int i;

	signal(SIGPIPE, SIG_IGN);
	arena = arena_new(4096);
	loop = ev_loop_new(EVFLAG_AUTO);
	area.size = 512u << 10;
	area.data = malloc(area.size);
	set = store_set_new(STORE_LOADED);
	make_stored(set, &(struct make){.names = {"a.test"}});
	memset(ids, 0, sizeof(ids));
	memset(&ca_pem, 0, sizeof(ca_pem));
	make_ca(&ca_key, &ca_pem);
	make_ca(&other_key, &other);
	sign_client(TRUSTED, ca_key, &ca_pem);
	sign_client(EXPIRED, ca_key, &ca_pem);
	sign_client(STRANGER, other_key, &other);
	make_pem(&(struct make){.names = {"pinned"}}, &ids[PINNED].key, &ids[PINNED].pem);
	for (i = TRUSTED; i < WHO_COUNT; i++)
		ids[i].base64 = base64_of(&ids[i].pem);
	ca_base64 = base64_of(&ca_pem);
	key_unref(ca_key);
	key_unref(other_key);
	buf_fini(&other);
}

static void teardown(void)
{
	int i;

	for (i = TRUSTED; i < WHO_COUNT; i++) {
		key_unref(ids[i].key);
		buf_fini(&ids[i].pem);
		free(ids[i].base64);
	}
	free(ca_base64);
	buf_fini(&ca_pem);
	store_set_free(set);
	free(area.data);
	ev_loop_destroy(loop);
	arena_free(arena);
}

__attribute__((format(printf, 1, 2))) static struct tls_policy *policy_of(const char *format, ...)
{
	struct load load = {.arena = arena};
	struct tls_policies out;
	struct jnode node;
	va_list args;
	json_t *value;
	char *text;

	va_start(args, format);
	ck_assert_int_gt(vasprintf(&text, format, args), 0);
	va_end(args);
	value = json_loads(text, 0, NULL);
	ck_assert_msg(value != NULL, "%s", text);
	node = jnode_root(value);
	if (tls_policies_load(&load, &node, &out, &err) == -1)
		out.items = NULL;
	json_decref(value);
	free(text);
	return out.items;
}

/* Asked for in the second hello, where the server wants one; NULL: the same as in the first. */
static const char *second_name;
static unsigned retries;

static int on_retry(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
    const gnutls_datum_t *message)
{
	(void)type;
	(void)when;
	(void)incoming;
	(void)message;
	retries++;
	if (second_name != NULL)
		gnutls_server_name_set(session, GNUTLS_NAME_DNS, second_name, strlen(second_name));
	return 0;
}

/*
 * Connects as who; data resumes a session and is replaced by the new one's, NULL: not. Leaves the
 * alert of a client that is refused in alert.
 */
static bool connects(
    const struct tls_policy *policy, enum who who, const char *version, gnutls_datum_t *data)
{
	struct arena *memory = arena_new(512);
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t client;
	struct tls_stream *t;
	struct endpoint e;
	enum tls_result r = TLS_AGAIN;
	int fds[2], i, rc = GNUTLS_E_AGAIN;
	char got[8];
	bool good = false;

	ck_assert_ptr_nonnull(policy);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	endpoint_init(&e, loop, fds[0]);
	t = tls_stream_push(memory, &e, policy, NULL, area);
	/* Also where the server's list of authorities would keep it from sending one. */
	gnutls_init(&client,
	    GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_FORCE_CLIENT_CERT | GNUTLS_KEY_SHARE_TOP);
	gnutls_handshake_set_hook_function(
	    client, GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST, GNUTLS_HOOK_POST, on_retry);
	gnutls_priority_set_direct(client, version, NULL);
	gnutls_certificate_allocate_credentials(&credentials);
	if (who != NOBODY) {
		gnutls_datum_t pem = {
		    .data = ids[who].pem.data, .size = (unsigned)buf_len(&ids[who].pem)};
		gnutls_x509_privkey_t key;
		gnutls_x509_crt_t crt;

		gnutls_privkey_export_x509(key_handle(ids[who].key), &key);
		gnutls_x509_crt_init(&crt);
		gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM);
		ck_assert_int_ge(gnutls_certificate_set_x509_key(credentials, &crt, 1, key), 0);
		gnutls_x509_crt_deinit(crt);
		gnutls_x509_privkey_deinit(key);
	}
	gnutls_credentials_set(client, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_server_name_set(client, GNUTLS_NAME_DNS, "a.test", 6);
	gnutls_transport_set_int(client, fds[1]);
	if (data != NULL && data->data != NULL)
		gnutls_session_set_data(client, data->data, data->size);
	for (i = 0; i < 20 && r != TLS_FAILED && (rc != 0 || r != TLS_DONE); i++) {
		if (rc != 0)
			rc = gnutls_handshake(client);
		if (r != TLS_DONE)
			r = tls_stream_handshake(t, &why);
	}
	if (r == TLS_FAILED) {
		if (rc == 0)
			gnutls_record_recv(client, got, sizeof(got));
		else
			gnutls_handshake(client);
		alert = gnutls_alert_get(client);
	} else if (r == TLS_DONE) {
		struct iovec iov = {.iov_base = (void *)"yes", .iov_len = 3};

		good = stream_write(e.top, &iov, 1) == 3;
		for (i = 0; i < 4 && gnutls_record_recv(client, got, sizeof(got)) != 3; i++)
			;
		ck_assert_int_lt(i, 4);
		if (data != NULL) {
			gnutls_free(data->data);
			data->data = NULL;
			gnutls_session_get_data2(client, data);
		}
	}
	endpoint_close(&e);
	gnutls_deinit(client);
	gnutls_certificate_free_credentials(credentials);
	close(fds[1]);
	arena_free(memory);
	return good;
}

static void expect(const struct tls_policy *policy, const char *allowed)
{
	static const char letters[] = "ntspe";
	int version, i;

	for (version = 0; version < 2; version++)
		for (i = NOBODY; i < WHO_COUNT; i++)
			ck_assert_msg(connects(policy, (enum who)i, versions[version], NULL) ==
					  (strchr(allowed, letters[i]) != NULL),
			    "version %d, client %c: %s", version, letters[i], why);
}

#define AUTH "[{\"client_authentication\": {%s}}]"
#define CA "\"ca\": {\"provider\": \"inline\", \"trusted_ca_certs\": [\"%s\"]}"

START_TEST(test_modes)
{
	expect(policy_of(AUTH, ""), "ntspe");
	expect(policy_of(AUTH, "\"mode\": \"request\""), "ntspe");
	expect(policy_of(AUTH, "\"mode\": \"require\""), "tspe");
	expect(policy_of("[{\"client_authentication\": {" CA "}}]", ca_base64), "t");
	expect(policy_of("[{\"client_authentication\": {\"mode\": \"verify_if_given\", " CA "}}]",
		   ca_base64),
	    "nt");
	expect(
	    policy_of("[{\"client_authentication\": {\"mode\": \"require_and_verify\", " CA "}}]",
		ca_base64),
	    "t");
	expect(
	    policy_of("[{\"client_authentication\": {\"mode\": \"require\", " CA "}}]", ca_base64),
	    "tspe");
	expect(
	    policy_of("[{\"client_authentication\": {\"trusted_ca_certs\": [\"%s\"]}}]", ca_base64),
	    "t");
}
END_TEST

START_TEST(test_leaves)
{
	expect(policy_of("[{\"client_authentication\": {\"trusted_leaf_certs\": [\"%s\"]}}]",
		   ids[PINNED].base64),
	    "p");
	expect(policy_of("[{\"client_authentication\": {\"trusted_leaf_certs\": [\"%s\"]}}]",
		   ids[EXPIRED].base64),
	    "");
	/* With authorities both must agree. */
	expect(
	    policy_of("[{\"client_authentication\": {\"trusted_leaf_certs\": [\"%s\", \"%s\"], " CA
		      "}}]",
		ids[PINNED].base64, ids[TRUSTED].base64, ca_base64),
	    "t");
	expect(
	    policy_of("[{\"client_authentication\": {\"trusted_leaf_certs\": [\"%s\"], " CA "}}]",
		ids[PINNED].base64, ca_base64),
	    "");
	/* Even a request only is checked against the leaves. */
	expect(policy_of("[{\"client_authentication\": {\"mode\": \"request\", "
			 "\"trusted_leaf_certs\": [\"%s\"]}}]",
		   ids[STRANGER].base64),
	    "s");
	/* A verifier that knows nobody lets nobody in. */
	expect(policy_of(AUTH, "\"verifiers\": [{\"verifier\": \"leaf\"}]"), "");
}
END_TEST

START_TEST(test_files)
{
	char path[] = "/tmp/test_client_auth.XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	fwrite(ca_pem.data, 1, buf_len(&ca_pem), f);
	fflush(f);
	expect(policy_of("[{\"client_authentication\": {\"ca\": {\"provider\": \"file\", "
			 "\"pem_files\": [\"%s\"]}}}]",
		   path),
	    "t");
	expect(policy_of("[{\"client_authentication\": {\"trusted_ca_certs_pem_files\": "
			 "[\"%s\"]}}]",
		   path),
	    "t");
	rewind(f);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	fwrite(ids[STRANGER].pem.data, 1, buf_len(&ids[STRANGER].pem), f);
	fflush(f);
	expect(policy_of("[{\"client_authentication\": {\"verifiers\": [{\"verifier\": \"leaf\", "
			 "\"leaf_certs_loaders\": [{\"loader\": \"file\", \"files\": "
			 "[\"%s\"]}]}]}}]",
		   path),
	    "s");
	fclose(f);
	unlink(path);
}
END_TEST

/*
 * A ticket from a policy that asks nobody must not open one that does, in no version. Nor does a
 * client that was let in once come back by a ticket.
 */
START_TEST(test_no_bypass)
{
	const struct tls_policy *open = policy_of("[{}]");
	const struct tls_policy *closed =
	    policy_of("[{\"client_authentication\": {" CA "}}]", ca_base64);
	const struct tls_policy *asking = policy_of(AUTH, "\"mode\": \"request\"");
	gnutls_datum_t data = {0};

	ck_assert(connects(open, NOBODY, versions[_i], &data));
	ck_assert_ptr_nonnull(data.data);
	ck_assert(connects(open, NOBODY, versions[_i], &data));
	ck_assert(!connects(closed, NOBODY, versions[_i], &data));
	ck_assert(connects(closed, TRUSTED, versions[_i], &data));
	ck_assert(!connects(closed, NOBODY, versions[_i], &data));
	ck_assert(connects(asking, NOBODY, versions[_i], &data));
	ck_assert(!connects(closed, NOBODY, versions[_i], &data));
	gnutls_free(data.data);
}
END_TEST

/*
 * A policy is chosen by the name in the first hello. Where the server asks for a second one, a
 * client that asks for another name there would get in by that policy under that name.
 */
START_TEST(test_other_name_in_second_hello)
{
	static const char retried[] =
	    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X448:+GROUP-SECP256R1";
	const struct tls_policy *open = policy_of("[{}]");

	make_stored(set, &(struct make){.names = {"b.test"}});
	retries = 0;
	ck_assert(connects(open, NOBODY, retried, NULL));
	ck_assert_uint_eq(retries, 1);
	second_name = "b.test";
	ck_assert(!connects(open, NOBODY, retried, NULL));
	ck_assert_int_eq(alert, GNUTLS_A_ILLEGAL_PARAMETER);
	ck_assert_msg(strstr(why, "second hello") != NULL, "%s", why);
	ck_assert_uint_eq(retries, 2);
	second_name = NULL;
}
END_TEST

/* What a server makes of a client's hello in which the bytes of its server name are these. */
static enum tls_result answer_to(const struct tls_policy *policy, const char *names, size_t n)
{
	struct arena *memory = arena_new(512);
	uint8_t hello[4096], *at;
	gnutls_certificate_credentials_t credentials;
	enum tls_result result;
	gnutls_session_t client;
	struct tls_stream *t;
	struct endpoint e;
	int fds[2];
	ssize_t size;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	gnutls_init(&client, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
	gnutls_priority_set_direct(client, "NORMAL", NULL);
	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_credentials_set(client, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_server_name_set(client, GNUTLS_NAME_DNS, "a.test---b.test", 15);
	gnutls_transport_set_int(client, fds[1]);
	ck_assert_int_eq(gnutls_handshake(client), GNUTLS_E_AGAIN);
	size = read(fds[0], hello, sizeof(hello));
	ck_assert_int_gt(size, 0);
	at = memmem(hello, (size_t)size,
	    "\0\x0f"
	    "a.test---b.test",
	    17);
	ck_assert_ptr_nonnull(at);
	memcpy(at, names, n);
	ck_assert_int_eq(write(fds[1], hello, (size_t)size), size);
	endpoint_init(&e, loop, fds[0]);
	t = tls_stream_push(memory, &e, policy, NULL, area);
	result = tls_stream_handshake(t, &why);
	endpoint_close(&e);
	gnutls_deinit(client);
	gnutls_certificate_free_credentials(credentials);
	close(fds[1]);
	arena_free(memory);
	return result;
}

/* What one of two readers of a hello could take for another name than the other does. */
START_TEST(test_malformed_names)
{
	const struct tls_policy *open = policy_of("[{}]");

	make_stored(set, &(struct make){.names = {"a.test---b.test"}});
	ck_assert_int_eq(answer_to(open,
			     "\0\x0f"
			     "a.test---b.test",
			     17),
	    TLS_AGAIN);
	ck_assert_int_eq(answer_to(open,
			     "\0\x06"
			     "a.test"
			     "\0\0\x06"
			     "b.test",
			     17),
	    TLS_FAILED);
	ck_assert_str_eq(why, "the hello is malformed");
	ck_assert_int_eq(answer_to(open,
			     "\0\x0f"
			     "a.test\0--b.test",
			     17),
	    TLS_FAILED);
	ck_assert_str_eq(why, "the hello is malformed");
}
END_TEST

START_TEST(test_alerts)
{
	const struct tls_policy *closed =
	    policy_of("[{\"client_authentication\": {" CA "}}]", ca_base64);

	ck_assert(!connects(closed, NOBODY, versions[_i], NULL));
	ck_assert_int_eq(
	    alert, _i == 0 ? GNUTLS_A_CERTIFICATE_REQUIRED : GNUTLS_A_HANDSHAKE_FAILURE);
	ck_assert(!connects(closed, STRANGER, versions[_i], NULL));
	ck_assert_int_eq(alert, GNUTLS_A_BAD_CERTIFICATE);
}
END_TEST

static void refused(const char *auth, const char *path, const char *message)
{
	ck_assert_ptr_null(policy_of(AUTH, auth));
	ck_assert_str_eq(err.path, path);
	ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
}

START_TEST(test_errors)
{
#define AT "[0].client_authentication"
	refused("\"modes\": \"request\"", AT, "did you mean 'mode'");
	refused("\"mode\": \"requires\"", AT ".mode", "did you mean 'require'");
	refused("\"mode\": 1", AT ".mode", "string");
	refused("\"trusted_ca_certs\": [\"AAAA\"]", AT ".trusted_ca_certs[0]", "base64");
	refused("\"trusted_leaf_certs\": [\"!\"]", AT ".trusted_leaf_certs[0]", "base64");
	refused("\"trusted_leaf_certs\": \"x\"", AT ".trusted_leaf_certs", "array");
	refused("\"ca\": {}", AT ".ca.provider", "required");
	refused("\"ca\": {\"provider\": \"http\"}", AT ".ca.provider", "'http' is not available");
	refused("\"ca\": {\"provider\": \"inline\", \"pem_files\": []}", AT ".ca", "unknown");
	refused("\"ca\": {\"provider\": \"file\", \"pem_files\": [\"/nonexistent\"]}",
	    AT ".ca.pem_files[0]", "/nonexistent");
	refused(
	    "\"ca\": {\"provider\": \"file\"}, \"trusted_ca_certs\": [\"x\"]", AT ".ca", "one of");
	refused("\"ca\": {\"provider\": \"pki_root\", \"authority\": [\"other\"]}",
	    AT ".ca.authority[0]", "no authority 'other'");
	refused("\"verifiers\": [{\"verifier\": \"magic\"}]", AT ".verifiers[0].verifier", "leaf");
	refused("\"verifiers\": [{\"verifier\": \"leaf\", \"leaf_certs_loaders\": [{\"loader\": "
		"\"pem\", \"certificates\": [\"x\"]}]}]",
	    AT ".verifiers[0].leaf_certs_loaders[0].certificates[0]", "PEM");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("client_auth");
	TCase *tc = tcase_create("client_auth");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_modes);
	tcase_add_test(tc, test_leaves);
	tcase_add_test(tc, test_files);
	tcase_add_loop_test(tc, test_no_bypass, 0, 2);
	tcase_add_test(tc, test_other_name_in_second_hello);
	tcase_add_test(tc, test_malformed_names);
	tcase_add_loop_test(tc, test_alerts, 0, 2);
	tcase_add_test(tc, test_errors);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
