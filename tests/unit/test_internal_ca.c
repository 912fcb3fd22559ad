/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/internal.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gnutls/x509.h>

#include "daemon/state/state.h"
#include "daemon/tls/store.h"

static char folder[64];
static struct state *state;
static struct error err;

static void setup(void)
{
	strcpy(folder, "/tmp/test_ca.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	state = state_open(folder, &err);
	ck_assert_msg(state != NULL, "%s", err.message);
	internal_ca_start(state, NULL, NULL);
}

static void teardown(void)
{
	char command[96];

	internal_ca_stop();
	state_close(state);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void restart(const struct internal_ca_options *options)
{
	internal_ca_stop();
	internal_ca_start(state, NULL, options);
}

static void manage(const char *name)
{
	struct managed_name m = {.name = name};

	ck_assert_msg(internal_issuer.manage(&m, 1, false, &err) == 0, "%s", err.message);
}

/* A reference, or NULL. */
static struct cert *served(const char *name)
{
	struct store_query q = {.server_name = span_str(name), .now = time(NULL)};
	struct store_found found;

	if (!store_find(&q, &found))
		return NULL;
	return found.cert[CERT_ECDSA];
}

static uint64_t generation(const char *name)
{
	struct cert *cert = served(name);
	uint64_t n;

	ck_assert_ptr_nonnull(cert);
	n = cert->generation;
	cert_unref(cert);
	return n;
}

/* Does the chain of name's certificate verify for that name against the root, as a client would? */
static unsigned verify(const char *name, const char *root_pem)
{
	gnutls_datum_t pem = {
	    .data = (unsigned char *)root_pem, .size = (unsigned)strlen(root_pem)};
	struct cert *cert = served(name);
	gnutls_x509_trust_list_t list;
	gnutls_x509_crt_t chain[4];
	unsigned status = 0, i;

	ck_assert_ptr_nonnull(cert);
	ck_assert_uint_eq(cert->count, 2);
	for (i = 0; i < cert->count; i++) {
		gnutls_x509_crt_init(&chain[i]);
		gnutls_x509_crt_import(chain[i], &cert->chain[i].cert, GNUTLS_X509_FMT_DER);
	}
	ck_assert(gnutls_x509_crt_check_hostname(chain[0], name));
	gnutls_x509_trust_list_init(&list, 0);
	ck_assert_int_eq(
	    gnutls_x509_trust_list_add_trust_mem(list, &pem, NULL, GNUTLS_X509_FMT_PEM, 0, 0), 1);
	ck_assert_int_eq(
	    gnutls_x509_trust_list_verify_crt(list, chain, cert->count, 0, &status, NULL), 0);
	gnutls_x509_trust_list_deinit(list, 1);
	for (i = 0; i < cert->count; i++)
		gnutls_x509_crt_deinit(chain[i]);
	cert_unref(cert);
	return status;
}

START_TEST(test_issue)
{
	static const char *const names[] = {"a.example", "localhost", "127.0.0.1", "2001:db8::1"};
	struct cert *cert;
	char *root;
	size_t i;

	for (i = 0; i < 4; i++) {
		manage(names[i]);
		root = strdup(internal_ca_root_pem(NULL));
		ck_assert_uint_eq(verify(names[i], root), 0);
		free(root);
	}
	cert = served("a.example");
	ck_assert_int_eq(cert->not_after - cert->not_before, 12 * 3600 + 60);
	ck_assert_str_eq(cert->source, "internal");
	ck_assert_str_eq(cert->issuer, "pointsman Local Authority - ECC Intermediate");
	ck_assert_uint_gt(strlen(cert->serial), 30);
	cert_unref(cert);
	ck_assert_ptr_null(served("b.example"));
	manage("*.w.example");
	ck_assert_uint_eq(verify("x.w.example", internal_ca_root_pem(NULL)), 0);
}
END_TEST

START_TEST(test_root_stays)
{
	char *first = strdup(internal_ca_root_pem(NULL));
	uint64_t before;

	manage("a.example");
	ck_assert_str_eq(internal_ca_root_pem(NULL), first);
	before = generation("a.example");
	manage("a.example");
	ck_assert_uint_eq(generation("a.example"), before);
	restart(NULL);
	ck_assert_ptr_null(served("a.example"));
	manage("a.example");
	ck_assert_str_eq(internal_ca_root_pem(NULL), first);
	ck_assert_uint_eq(verify("a.example", first), 0);
	free(first);
}
END_TEST

START_TEST(test_renewal)
{
	time_t now = time(NULL);
	uint64_t before;
	double next;

	manage("a.example");
	before = generation("a.example");
	next = internal_ca_maintain(now);
	ck_assert(next > 1 && next <= 600);
	ck_assert_uint_eq(generation("a.example"), before);
	internal_ca_maintain(now + 6 * 3600);
	ck_assert_uint_eq(generation("a.example"), before);
	internal_ca_maintain(now + 8 * 3600 + 120);
	ck_assert_uint_gt(generation("a.example"), before);
	/* Days later: the intermediate too, and all still fits together. */
	before = generation("a.example");
	internal_ca_maintain(now + 6 * 24 * 3600);
	ck_assert_uint_gt(generation("a.example"), before);
	ck_assert_uint_eq(verify("a.example", internal_ca_root_pem(NULL)) &
			      ~(unsigned)(GNUTLS_CERT_NOT_ACTIVATED | GNUTLS_CERT_INVALID),
	    0);
	/* The clock was days ahead, and is right again. */
	before = generation("a.example");
	internal_ca_maintain(now);
	ck_assert_uint_gt(generation("a.example"), before);
	ck_assert_uint_eq(verify("a.example", internal_ca_root_pem(NULL)), 0);
}
END_TEST

START_TEST(test_intermediate_is_remade)
{
	struct internal_ca_options soon = {.root = 86400, .intermediate = 3600, .leaf = 43200};
	struct buf old = {0}, new = {0};
	struct cert *cert;

	restart(&soon);
	manage("a.example");
	/* No leaf outlives its issuer. */
	cert = served("a.example");
	ck_assert_int_le(cert->not_after, time(NULL) + 3600);
	cert_unref(cert);
	state_read(state, INTERNAL_INTERMEDIATE_FILE, 10000, &old, &err);
	internal_ca_maintain(time(NULL) + 3000);
	state_read(state, INTERNAL_INTERMEDIATE_FILE, 10000, &new, &err);
	ck_assert(!span_eq(buf_span(&old), buf_span(&new)));
	buf_fini(&old);
	buf_fini(&new);
}
END_TEST

START_TEST(test_damaged_files)
{
	struct managed_name m = {.name = "a.example"};
	struct buf root = {0};

	manage("a.example");
	ck_assert_int_eq(state_read(state, INTERNAL_ROOT_FILE, 10000, &root, &err), 0);
	/* A spoilt intermediate is made again. */
	state_write(state, INTERNAL_INTERMEDIATE_FILE, span_str("spoilt"), &err);
	restart(NULL);
	manage("a.example");
	ck_assert_uint_eq(verify("a.example", internal_ca_root_pem(NULL)), 0);
	/* So is one of another root. */
	state_remove(state, INTERNAL_ROOT_FILE, &err);
	restart(NULL);
	manage("a.example");
	ck_assert_uint_eq(verify("a.example", internal_ca_root_pem(NULL)), 0);
	/* A spoilt root is not replaced: clients trust the old one. */
	state_write(state, INTERNAL_ROOT_FILE, span_of(root.data, buf_len(&root) / 2), &err);
	restart(NULL);
	ck_assert_int_eq(internal_issuer.manage(&m, 1, false, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "root"));
	ck_assert_ptr_null(internal_ca_root_pem(NULL));
	/* Put back, it is the one in use. */
	state_write(state, INTERNAL_ROOT_FILE, buf_span(&root), &err);
	restart(NULL);
	manage("a.example");
	ck_assert_uint_eq(verify("a.example", internal_ca_root_pem(NULL)), 0);
	buf_fini(&root);
}
END_TEST

START_TEST(test_expired_root)
{
	struct internal_ca_options gone = {.root = -10, .intermediate = -20, .leaf = 100};
	struct managed_name m = {.name = "a.example"};
	char *first;

	restart(&gone);
	internal_issuer.manage(&m, 1, false, &err);
	first = strdup(internal_ca_root_pem(NULL));
	restart(NULL);
	manage("a.example");
	ck_assert_str_ne(internal_ca_root_pem(NULL), first);
	ck_assert_uint_eq(verify("a.example", internal_ca_root_pem(NULL)), 0);
	free(first);
}
END_TEST

START_TEST(test_key_types)
{
	const struct issuer_spec issuer = {
	    .kind = ISSUER_INTERNAL, .lifetime = 3600 * INT64_C(1000000000)};
	struct managed_name m = {
	    .name = "a.example", .key_type = KEY_RSA2048, .issuers = &issuer, .issuer_count = 1};
	struct store_query q = {.server_name = span_str("a.example"), .now = time(NULL)};
	struct store_found found;

	manage("a.example");
	ck_assert_int_eq(internal_issuer.manage(&m, 1, false, &err), 0);
	ck_assert(store_find(&q, &found));
	ck_assert_ptr_null(found.cert[CERT_ECDSA]);
	ck_assert_int_eq(found.cert[CERT_RSA]->not_after - found.cert[CERT_RSA]->not_before, 3660);
	store_release(&found);
}
END_TEST

START_TEST(test_keep)
{
	struct managed_name names[] = {{.name = "a.example"}, {.name = "b.example"}};
	time_t now = time(NULL);
	struct cert *cert;

	ck_assert_int_eq(internal_issuer.manage(names, 2, false, &err), 0);
	internal_issuer.keep(names, 1);
	internal_ca_maintain(now);
	cert = served("b.example");
	ck_assert_ptr_nonnull(cert);
	cert_unref(cert);
	internal_ca_maintain(now + 60);
	ck_assert_ptr_null(served("b.example"));
	cert = served("a.example");
	ck_assert_ptr_nonnull(cert);
	cert_unref(cert);
	/* Wanted again in time. */
	internal_issuer.keep(names, 0);
	manage("a.example");
	internal_ca_maintain(now + 60);
	cert = served("a.example");
	ck_assert_ptr_nonnull(cert);
	cert_unref(cert);
}
END_TEST

START_TEST(test_dry)
{
	struct managed_name m = {.name = "a.example"};
	struct buf b = {0};

	ck_assert_int_eq(internal_issuer.manage(&m, 1, true, &err), 0);
	ck_assert_int_eq(state_read(state, INTERNAL_ROOT_FILE, 10000, &b, &err), -1);
	ck_assert_ptr_null(served("a.example"));
	buf_fini(&b);
}
END_TEST

START_TEST(test_in_memory)
{
	internal_ca_stop();
	ck_assert_ptr_null(internal_ca_root_pem(NULL));
	internal_ca_start(NULL, NULL, NULL);
	manage("a.example");
	ck_assert_uint_eq(verify("a.example", internal_ca_root_pem(NULL)), 0);
}
END_TEST

#define MANY 300

static int served_count(char text[][32])
{
	struct cert *cert;
	int i, n = 0;

	for (i = 0; i < MANY; i++) {
		cert = served(text[i]);
		n += cert != NULL;
		cert_unref(cert);
	}
	return n;
}

/* Of very many names some are made at once, the others soon; all are renewed in parts. */
START_TEST(test_many)
{
	static struct managed_name names[MANY];
	static char text[MANY][32];
	time_t now = time(NULL);
	int i, rounds, before, after;

	for (i = 0; i < MANY; i++) {
		snprintf(text[i], sizeof(text[i]), "host%d.example", i);
		names[i].name = text[i];
	}
	ck_assert_int_eq(internal_issuer.manage(names, MANY, false, &err), 0);
	before = served_count(text);
	ck_assert_int_ge(before, 100);
	ck_assert_int_lt(before, MANY);
	for (rounds = 0; rounds < 10; rounds++) {
		internal_ca_maintain(now + 1);
		after = served_count(text);
		ck_assert_int_le(after - before, 16);
		before = after;
	}
	ck_assert_int_eq(after, MANY);
	for (rounds = 0; rounds < 100; rounds++)
		if (internal_ca_maintain(now + 9 * 3600) > 0.1)
			break;
	ck_assert_int_ge(rounds, MANY / 16);
	ck_assert_int_lt(rounds, 50);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("internal_ca");
	TCase *tc = tcase_create("internal_ca");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_issue);
	tcase_add_test(tc, test_root_stays);
	tcase_add_test(tc, test_renewal);
	tcase_add_test(tc, test_intermediate_is_remade);
	tcase_add_test(tc, test_damaged_files);
	tcase_add_test(tc, test_expired_root);
	tcase_add_test(tc, test_key_types);
	tcase_add_test(tc, test_keep);
	tcase_add_test(tc, test_dry);
	tcase_add_test(tc, test_in_memory);
	tcase_add_test(tc, test_many);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
