/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the ACME client that need no server: times, chains, requests, options, files. */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gnutls/x509.h>

#include "daemon/certs/acme_account.h"
#include "daemon/certs/acme_chain.h"
#include "daemon/certs/acme_order_file.h"
#include "daemon/certs/acme_schedule.h"
#include "daemon/certs/authority.h"
#include "daemon/certs/csr.h"
#include "daemon/state/state.h"
#include "daemon/tls/acme_options.h"

static struct error err;

/* ---- times --------------------------------------------------------------------------------- */

START_TEST(test_retry_delay)
{
	ck_assert_double_eq(acme_retry_delay(FAULT_NETWORK, 1, -1, 0), 2);
	ck_assert_double_eq(acme_retry_delay(FAULT_NETWORK, 4, -1, 0), 16);
	ck_assert_double_eq(acme_retry_delay(FAULT_NETWORK, 1000000, -1, 0), 600);
	ck_assert_double_eq(acme_retry_delay(FAULT_PROBLEM, 1, -1, 0), 60);
	ck_assert_double_eq(acme_retry_delay(FAULT_PROBLEM, 2, -1, 0.5), 126);
	ck_assert_double_eq(acme_retry_delay(FAULT_LOCAL, 1000000, -1, 0), 6 * 3600);
	/* What the server says, but not again and again at once. */
	ck_assert_double_eq(acme_retry_delay(FAULT_PROBLEM, 1, 7200, 0), 7200);
	ck_assert_double_eq(acme_retry_delay(FAULT_PROBLEM, 1, 3, 0), 3);
	ck_assert_double_eq(acme_retry_delay(FAULT_PROBLEM, 5, 0, 0), 32);
}
END_TEST

START_TEST(test_renewal_time)
{
	ck_assert_int_eq(acme_renewal_time(0, 90, 0, 0), 60);
	ck_assert_int_eq(acme_renewal_time(1000, 1090, 0.5, 0), 1045);
	ck_assert_int_eq(acme_renewal_time(0, 120, 0, 0.999999), 70);
	/* However much is to be left: not at once after it was obtained. */
	ck_assert_int_eq(acme_renewal_time(0, 1000, 1, 0.9), 100);
}
END_TEST

START_TEST(test_window_time)
{
	const struct acme_window window = {.start = 1000, .end = 2000};
	int i;

	ck_assert_int_eq(acme_window_time(&window, 0, 10000, 0), 1000);
	ck_assert_int_eq(acme_window_time(&window, 0, 10000, 0.5), 1500);
	/* No certificate is left to expire, whatever a CA suggests. */
	ck_assert_int_eq(acme_window_time(&window, 0, 1600, 0.1), 1100);
	ck_assert_int_eq(acme_window_time(&window, 0, 1600, 0.9), 1440);
	ck_assert_int_eq(acme_window_time(&window, 600, 1100, 0.5), 1050);
	for (i = 0; i < 1000; i++)
		ck_assert(acme_random() >= 0 && acme_random() < 1);
}
END_TEST

/* ---- certificates -------------------------------------------------------------------------- */

/* The example of RFC 9773 section 4.1: these two identifiers, in a certificate of our own. */
START_TEST(test_certificate_id)
{
	static const uint8_t key_id[] = {0x69, 0x88, 0x5b, 0x6b, 0x87, 0x46, 0x40, 0x41, 0xe1, 0xb3,
	    0x7b, 0x84, 0x7b, 0xa0, 0xae, 0x2c, 0xde, 0x01, 0xc8, 0xd4};
	static const uint8_t serial[] = {0x00, 0x87, 0x65, 0x43, 0x21};
	struct key *key = key_generate(KEY_P256, &err);
	gnutls_pubkey_t public;
	gnutls_x509_crt_t crt;
	gnutls_datum_t der;
	struct buf id = {0};

	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
	gnutls_x509_crt_set_activation_time(crt, 0);
	gnutls_x509_crt_set_expiration_time(crt, 1);
	gnutls_x509_crt_set_authority_key_id(crt, key_id, sizeof(key_id));
	gnutls_pubkey_init(&public);
	gnutls_pubkey_import_privkey(public, key_handle(key), 0, 0);
	gnutls_x509_crt_set_pubkey(crt, public);
	ck_assert_int_eq(
	    gnutls_x509_crt_privkey_sign(crt, crt, key_handle(key), GNUTLS_DIG_SHA256, 0), 0);
	gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der);
	ck_assert_int_eq(acme_certificate_id(span_of(der.data, der.size), &id, &err), 0);
	ck_assert_str_eq(buf_str(&id), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
	ck_assert_int_eq(acme_certificate_id(span_of(der.data, der.size - 1), &id, &err), -1);
	gnutls_free(der.data);
	gnutls_pubkey_deinit(public);
	gnutls_x509_crt_deinit(crt);
	key_unref(key);
	buf_fini(&id);
}
END_TEST

static struct authority *authority(const char *name, const struct authority *issuer)
{
	struct authority *a = authority_make(name, issuer, time(NULL), 3600, &err);

	ck_assert_ptr_nonnull(a);
	return a;
}

START_TEST(test_chains)
{
	static const char *one[] = {"One"}, *two[] = {"Two", "Other"}, *none[] = {"Third"};
	struct authority *root_one = authority("One", NULL), *root_two = authority("Two", NULL);
	struct authority *first = authority("A", root_one), *second = authority("B", root_two);
	struct acme_chains wanted = {0};
	struct buf pem = {0};
	struct span chains[2];

	/* The second one is the shorter of the two. */
	buf_append_str(&pem, first->pem);
	buf_append_str(&pem, root_one->pem);
	chains[0] = buf_span(&pem);
	chains[1] = span_str(second->pem);
	ck_assert(!acme_chains_matter(&wanted));
	ck_assert_uint_eq(acme_chain_choose(&wanted, chains, 2), 0);
	wanted.root_common_name = (struct strings){two, 2};
	ck_assert(acme_chains_matter(&wanted));
	ck_assert_uint_eq(acme_chain_choose(&wanted, chains, 2), 1);
	wanted.root_common_name = (struct strings){one, 1};
	ck_assert_uint_eq(acme_chain_choose(&wanted, chains, 2), 0);
	wanted.root_common_name = (struct strings){none, 1};
	ck_assert_uint_eq(acme_chain_choose(&wanted, chains, 2), 0);
	wanted = (struct acme_chains){.any_common_name = {two, 2}};
	ck_assert_uint_eq(acme_chain_choose(&wanted, chains, 2), 1);
	wanted = (struct acme_chains){.smallest = true};
	ck_assert_uint_eq(acme_chain_choose(&wanted, chains, 2), 1);
	authority_free(first);
	authority_free(second);
	authority_free(root_one);
	authority_free(root_two);
	buf_fini(&pem);
}
END_TEST

START_TEST(test_csr)
{
	const char *items[] = {"*.example.com", "example.com", "192.0.2.7", "2001:db8::7"};
	struct strings names = {items, 4};
	gnutls_x509_crq_t crq;
	gnutls_datum_t der;
	struct buf out = {0};
	char name[64];
	unsigned type;
	struct key *key;
	size_t n;
	int i;

	for (i = 0; key_type_names[i] != NULL; i++) {
		buf_clear(&out);
		key = key_generate((enum key_type)i, &err);
		ck_assert_msg(csr_make(key, &names, &out, &err) == 0, "%s", err.message);
		der = (gnutls_datum_t){.data = out.data, .size = (unsigned)buf_len(&out)};
		gnutls_x509_crq_init(&crq);
		ck_assert_int_eq(gnutls_x509_crq_import(crq, &der, GNUTLS_X509_FMT_DER), 0);
		ck_assert_int_eq(gnutls_x509_crq_verify(crq, 0), 0);
		n = sizeof(name);
		ck_assert_int_eq(
		    gnutls_x509_crq_get_subject_alt_name(crq, 1, name, &n, &type, NULL),
		    GNUTLS_SAN_DNSNAME);
		ck_assert(span_eq_str(span_of(name, n), "example.com"));
		n = sizeof(name);
		ck_assert_int_eq(
		    gnutls_x509_crq_get_subject_alt_name(crq, 3, name, &n, &type, NULL),
		    GNUTLS_SAN_IPADDRESS);
		ck_assert_uint_eq(n, 16);
		gnutls_x509_crq_deinit(crq);
		key_unref(key);
	}
	buf_fini(&out);
}
END_TEST

/* ---- options ------------------------------------------------------------------------------- */

static struct acme_options *load(const char *text)
{
	struct load l = {.arena = arena_new(256)};
	json_t *json = json_loads(text, 0, NULL);
	struct jnode node = jnode_root(json);
	struct acme_options *o;

	ck_assert_ptr_nonnull(json);
	o = acme_options_load(&l, &node, &err);
	arena_free(l.arena);
	json_decref(json);
	return o;
}

START_TEST(test_options)
{
	struct acme_options *o = load("{\"module\":\"acme\"}"), *same, *other;

	ck_assert_str_eq(o->ca, "https://acme-v02.api.letsencrypt.org/directory");
	ck_assert_str_eq(o->test_ca, "https://acme-staging-v02.api.letsencrypt.org/directory");
	ck_assert_str_eq(o->roots, "");
	same = load("{\"module\":\"acme\"}");
	ck_assert_str_eq(o->identity, same->identity);
	other = load("{\"module\":\"acme\",\"ca\":\"https://ca.example/dir\",\"email\":\"a@b.c\"}");
	ck_assert_str_ne(o->identity, other->identity);
	ck_assert_ptr_null(other->test_ca);
	ck_assert_int_eq(other->timeout, INT64_C(300000000000));
	acme_options_unref(o);
	acme_options_unref(same);
	acme_options_unref(other);
}
END_TEST

START_TEST(test_bad_options)
{
	static const char *const bad[][2] = {
	    {"{\"ca\":\"http://ca.example/\"}", "ca"},
	    {"{\"ca\":\"https://ca.example/ x\"}", "ca"},
	    {"{\"trusted_roots_pem_files\":[\"/nonexistent\"]}", "trusted_roots_pem_files[0]"},
	    {"{\"external_account\":{\"key_id\":\"a\"}}", "external_account.mac_key"},
	    {"{\"external_account\":{\"key_id\":\"a\",\"mac_key\":\"a+b/\"}}",
		"external_account.mac_key"},
	    {"{\"challenges\":{\"dns\":{\"provider\":{\"name\":\"cloudflare\"}}}}",
		"challenges.dns.provider.name"},
	    {"{\"challenges\":{\"dns\":{\"provider\":{\"name\":\"hook\",\"command\":[\"sh\"]}}}}",
		"challenges.dns.provider.command"},
	    {"{\"challenges\":{\"http\":{\"alternate_port\":70000}}}",
		"challenges.http.alternate_port"},
	    {"{\"emial\":\"a@b.c\"}", ""},
	    {"{\"account_key\":\"pem\"}", "account_key"},
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(load(bad[i][0]) == NULL, "%s", bad[i][0]);
		ck_assert_str_eq(err.path, bad[i][1]);
	}
}
END_TEST

/* ---- files --------------------------------------------------------------------------------- */

static char folder[64];
static struct state *state;

static void setup(void)
{
	strcpy(folder, "/tmp/test_acme.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	state = state_open(folder, &err);
	ck_assert_msg(state != NULL, "%s", err.message);
}

static void teardown(void)
{
	char command[96];

	state_close(state);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(test_paths)
{
	char a[ACME_PATH_MAX], b[ACME_PATH_MAX], name[600];
	struct acme_options *o = load("{\"email\":\"Me@example.com\"}");
	struct acme_options *bound =
	    load("{\"external_account\":{\"key_id\":\"k/1\",\"mac_key\":\"aaaa\"}}");

	ck_assert_str_eq(acme_account_folder("https://ca.example:8443/dir", o, a),
	    "acme/ca.example%3a8443%2fdir/Me%40example.com");
	ck_assert_str_eq(acme_account_folder("https://ca.example/dir", bound, a),
	    "acme/ca.example%2fdir/default%2ck%2f1");
	ck_assert_str_eq(acme_path("certificates", "*.example.com", "pem", a),
	    "certificates/%2a.example.com.pem");
	/* A name that is too long for a file, or that would be another file, becomes a hash. */
	memset(name, 'a', sizeof(name));
	name[599] = '\0';
	acme_path("certificates", name, "pem", a);
	name[598] = 'b';
	acme_path("certificates", name, "pem", b);
	ck_assert_str_ne(a, b);
	ck_assert_uint_eq(strlen(a), strlen("certificates/.pem") + 64);
	acme_options_unref(o);
	acme_options_unref(bound);
}
END_TEST

START_TEST(test_order_file)
{
	const char *items[] = {"*.example.com"};
	struct strings names = {items, 1};
	struct acme_options *o = load("{\"ca\":\"https://ca.example/dir\"}");
	struct acme_order_spec spec = {.state = state, .names = &names, .key_type = KEY_P384};
	struct key *key, *again;
	char *url;

	spec.account = acme_account_get("https://ca.example/dir", o, state, &err);
	ck_assert_msg(spec.account != NULL, "%s", err.message);
	ck_assert_ptr_null(acme_order_file_read(&spec));
	acme_order_file_write(&spec, "https://ca.example/order/1");
	url = acme_order_file_read(&spec);
	ck_assert_str_eq(url, "https://ca.example/order/1");
	free(url);
	/* The key is found again; another kind is another order. */
	key = key_generate(KEY_P384, &err);
	ck_assert_int_eq(acme_order_key_store(&spec, key, &err), 0);
	again = acme_order_key_load(&spec, &err);
	ck_assert_ptr_nonnull(key);
	ck_assert_ptr_nonnull(again);
	spec.key_type = KEY_P256;
	ck_assert_ptr_null(acme_order_file_read(&spec));
	spec.key_type = KEY_P384;
	acme_order_file_remove(&spec);
	ck_assert_ptr_null(acme_order_file_read(&spec));
	ck_assert_ptr_null(acme_order_key_load(&spec, &err));
	ck_assert_int_eq(err.code, ERROR_NOT_FOUND);
	key_unref(key);
	key_unref(again);
	acme_account_unref(spec.account);
	acme_options_unref(o);
}
END_TEST

/* The account's key is there before a server hears of it, and is the same the next time. */
START_TEST(test_account_key)
{
	struct acme_options *o = load("{\"ca\":\"https://ca.example/dir\"}");
	struct acme_account *a = acme_account_get(o->ca, o, state, &err), *b;
	char thumbprint[JWK_THUMBPRINT_MAX], path[256];

	ck_assert_ptr_nonnull(a);
	strcpy(thumbprint, acme_account_thumbprint(a));
	ck_assert_ptr_eq(acme_account_get(o->ca, o, state, &err), a);
	acme_account_unref(a);
	acme_account_unref(a);
	snprintf(path, sizeof(path), "%s/acme/ca.example%%2fdir/default/account.pem", folder);
	ck_assert_int_eq(access(path, R_OK), 0);
	b = acme_account_get(o->ca, o, state, &err);
	ck_assert_str_eq(acme_account_thumbprint(b), thumbprint);
	acme_account_unref(b);
	acme_options_unref(o);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("acme");
	TCase *tc = tcase_create("acme"), *files = tcase_create("files");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60); /* an RSA key of 4096 bits is made */
	tcase_add_test(tc, test_retry_delay);
	tcase_add_test(tc, test_renewal_time);
	tcase_add_test(tc, test_window_time);
	tcase_add_test(tc, test_certificate_id);
	tcase_add_test(tc, test_chains);
	tcase_add_test(tc, test_csr);
	tcase_add_test(tc, test_options);
	tcase_add_test(tc, test_bad_options);
	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, test_paths);
	tcase_add_test(files, test_order_file);
	tcase_add_test(files, test_account_key);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, files);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
