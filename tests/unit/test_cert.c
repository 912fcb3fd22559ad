/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/tls/folder.h"
#include "daemon/tls/pem.h"
#include "tests/unit/tls_support.h"

static char folder[64];
static struct error err;

static void setup(void)
{
	strcpy(folder, "/tmp/test_cert.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static const char *path_of(const char *name)
{
	static char path[2][256];
	static int i;

	i = !i;
	snprintf(path[i], sizeof(path[i]), "%s/%s", folder, name);
	return path[i];
}

static void write_file(const char *name, const char *text, size_t n)
{
	FILE *f = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, n, f), n);
	fclose(f);
}

static void write_key(const char *name, const struct key *key, gnutls_x509_crt_fmt_t format)
{
	gnutls_x509_privkey_t bytes;
	gnutls_datum_t out;

	ck_assert_int_eq(gnutls_privkey_export_x509(key_handle(key), &bytes), 0);
	/* Each of the two forms in use; the older one has none for Ed25519. */
	if (gnutls_privkey_get_pk_algorithm(key_handle(key), NULL) == GNUTLS_PK_EDDSA_ED25519)
		ck_assert_int_eq(
		    gnutls_x509_privkey_export2_pkcs8(bytes, format, NULL, GNUTLS_PKCS_PLAIN, &out),
		    0);
	else
		ck_assert_int_eq(gnutls_x509_privkey_export2(bytes, format, &out), 0);
	write_file(name, (const char *)out.data, out.size);
	gnutls_free(out.data);
	gnutls_x509_privkey_deinit(bytes);
}

START_TEST(test_names)
{
	struct cert *cert = make_cert(
	    &(struct make){.names = {"B.Example", "*.b.example", "192.0.2.1", "2001:db8::1"},
		.organization = "Some Org",
		.serial = "\x01\x00"});

	ck_assert_uint_eq(cert->names.count, 4);
	ck_assert_str_eq(cert->names.items[0], "b.example");
	ck_assert_str_eq(cert->names.items[1], "*.b.example");
	ck_assert_str_eq(cert->names.items[2], "192.0.2.1");
	ck_assert_str_eq(cert->names.items[3], "2001:db8::1");
	ck_assert_str_eq(cert->organizations.items[0], "Some Org");
	ck_assert(cert_covers(cert, "b.example"));
	ck_assert(cert_covers(cert, "x.b.example"));
	ck_assert(!cert_covers(cert, "y.x.b.example"));
	ck_assert(!cert_covers(cert, "example"));
	ck_assert(cert_covers(cert, "192.0.2.1"));
	ck_assert_int_eq(cert->kind, CERT_ECDSA);
	cert_unref(cert);
}
END_TEST

START_TEST(test_serial)
{
	static const struct {
		const char *bytes, *decimal;
	} cases[] = {
	    {"\x01", "1"},
	    {"\x7f", "127"},
	    {"\x1c\xbe\x99\x1a\x14", "123456789012"},
	    {"\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"170141183460469231731687303715884105727"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cert *cert =
		    make_cert(&(struct make){.names = {"a"}, .serial = cases[i].bytes});

		ck_assert_str_eq(cert->serial, cases[i].decimal);
		cert_unref(cert);
	}
}
END_TEST

START_TEST(test_key_types)
{
	static const enum cert_kind kinds[] = {
	    CERT_ECDSA, CERT_ECDSA, CERT_EDDSA, CERT_RSA, CERT_RSA};
	struct key *key, *again;
	struct buf pem = {0};
	struct cert *cert;

	if (_i == KEY_RSA4096)
		return; /* slow */
	make_pem(&(struct make){.names = {"a"}, .type = (enum key_type)_i}, &key, &pem);
	cert = cert_load_pem(buf_span(&pem), key, NULL, "pem", &err);
	ck_assert_ptr_nonnull(cert);
	ck_assert_int_eq(cert->kind, kinds[_i]);
	write_key("key.pem", key, GNUTLS_X509_FMT_PEM);
	again = key_load_file(path_of("key.pem"), &err);
	ck_assert_msg(again != NULL, "%s", err.message);
	key_unref(again);
	key_unref(key);
	cert_unref(cert);
	buf_fini(&pem);
}
END_TEST

START_TEST(test_files)
{
	struct key *key, *other = key_generate(KEY_P256, &err);
	struct buf pem = {0};
	struct cert *cert;
	const char *tags[] = {"one", "two"};
	struct strings list = {.items = tags, .count = 2};

	make_pem(&(struct make){.names = {"a.test"}}, &key, &pem);
	write_file("cert.pem", buf_str(&pem), buf_len(&pem));
	write_key("key.pem", key, GNUTLS_X509_FMT_PEM);
	write_key("other.pem", other, GNUTLS_X509_FMT_PEM);
	cert = cert_load_files(path_of("cert.pem"), path_of("key.pem"), &list, &err);
	ck_assert_msg(cert != NULL, "%s", err.message);
	ck_assert_str_eq(cert->names.items[0], "a.test");
	ck_assert_uint_eq(cert->tags.count, 2);
	ck_assert(cert_is_valid(cert, time(NULL)));
	ck_assert(!cert_is_valid(cert, time(NULL) + 7200));
	cert_unref(cert);

	ck_assert_ptr_null(cert_load_files(path_of("cert.pem"), path_of("other.pem"), NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.message, "does not belong"));
	ck_assert_ptr_null(cert_load_files(path_of("none.pem"), path_of("key.pem"), NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.message, "none.pem"));
	ck_assert_ptr_null(cert_load_files(path_of("key.pem"), path_of("key.pem"), NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.message, "no readable certificate"));
	ck_assert_ptr_null(cert_load_files(path_of("cert.pem"), path_of("cert.pem"), NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.message, "no private key"));
	ck_assert_str_eq(err.path, path_of("cert.pem"));
	key_unref(key);
	key_unref(other);
	buf_fini(&pem);
}
END_TEST

START_TEST(test_bad_keys)
{
	static const char *const texts[] = {"", "nothing",
	    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	    "-----BEGIN PRIVATE KEY-----\n", "PRIVATE KEY-----"};
	static const char encrypted[] =
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ck_assert_ptr_null(key_load_pem(span_str(texts[i]), &err));
	ck_assert_ptr_null(key_load_pem(span_str(encrypted), &err));
	ck_assert_ptr_nonnull(strstr(err.message, "encrypted"));
}
END_TEST

/* A damaged or cut certificate file is refused or loads, and never more than that. */
START_TEST(test_damaged)
{
	struct buf pem = {0}, bad = {0};
	struct cert *cert;
	struct key *key;
	size_t i;

	make_pem(&(struct make){.names = {"a.test"}}, &key, &pem);
	for (i = 0; i < buf_len(&pem); i++) {
		cert = cert_load_pem(span_of(pem.data, i), key, NULL, "pem", &err);
		if (i < (size_t)(strstr(buf_str(&pem), "-----END") - buf_str(&pem)))
			ck_assert_ptr_null(cert);
		cert_unref(cert);
		buf_clear(&bad);
		buf_append(&bad, pem.data, buf_len(&pem));
		bad.data[i] ^= 0x11;
		cert_unref(cert_load_pem(buf_span(&bad), key, NULL, "pem", &err));
	}
	key_unref(key);
	buf_fini(&pem);
	buf_fini(&bad);
}
END_TEST

START_TEST(test_chain_limit)
{
	struct buf pem = {0}, chain = {0};
	struct cert *cert;
	struct key *key;
	int i;

	make_pem(&(struct make){.names = {"a.test"}}, &key, &pem);
	for (i = 0; i < CERT_CHAIN_MAX; i++)
		buf_append(&chain, pem.data, buf_len(&pem));
	cert = cert_load_pem(buf_span(&chain), key, NULL, "pem", &err);
	ck_assert_ptr_nonnull(cert);
	ck_assert_uint_eq(cert->count, CERT_CHAIN_MAX);
	cert_unref(cert);
	buf_append(&chain, pem.data, buf_len(&pem));
	ck_assert_ptr_null(cert_load_pem(buf_span(&chain), key, NULL, "pem", &err));
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	key_unref(key);
	buf_fini(&pem);
	buf_fini(&chain);
}
END_TEST

static int count_pem(void *arg, const char *path, struct error *e)
{
	int *count = arg;

	(void)e;
	ck_assert_ptr_nonnull(strcasestr(path, ".pem"));
	++*count;
	return 0;
}

START_TEST(test_folder)
{
	static const struct folder_visitor visitor = {.file = count_pem};
	int count = 0;

	write_file("a.pem", "x", 1);
	write_file("b.PEM", "x", 1);
	write_file("c.txt", "x", 1);
	ck_assert_int_eq(mkdir(path_of("sub"), 0700), 0);
	write_file("sub/d.pem", "x", 1);
	ck_assert_int_eq(symlink("..", path_of("sub/up")), 0);
	ck_assert_int_eq(symlink("gone", path_of("e.pem")), 0);
	ck_assert_int_eq(folder_walk(folder, &visitor, &count, &err), 0);
	ck_assert_int_eq(count, 3);
	ck_assert_int_eq(folder_walk(path_of("none"), &visitor, &count, &err), -1);
}
END_TEST

START_TEST(test_large_file)
{
	struct buf b = {0};
	char *big = calloc(1, PEM_FILE_MAX + 1);

	write_file("big", big, PEM_FILE_MAX + 1);
	ck_assert_int_eq(pem_read_file(path_of("big"), &b, &err), -1);
	pem_wipe(&b);
	write_file("fits", big, PEM_FILE_MAX);
	ck_assert_int_eq(pem_read_file(path_of("fits"), &b, &err), 0);
	pem_wipe(&b);
	ck_assert_int_eq(pem_read_file("/dev/zero", &b, &err), -1);
	pem_wipe(&b);
	free(big);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cert");
	TCase *tc = tcase_create("cert");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_names);
	tcase_add_test(tc, test_serial);
	tcase_add_loop_test(tc, test_key_types, 0, 5);
	tcase_add_test(tc, test_files);
	tcase_add_test(tc, test_bad_keys);
	tcase_add_test(tc, test_damaged);
	tcase_add_test(tc, test_chain_limit);
	tcase_add_test(tc, test_folder);
	tcase_add_test(tc, test_large_file);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
