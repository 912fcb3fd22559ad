/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates in the state folder (acme_files.h says where). */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <gnutls/x509.h>

#include "common/log.h"
#include "daemon/certs/acme_files.h"
#include "daemon/certs/acme_names.h"
#include "daemon/certs/acme_schedule.h"
#include "daemon/state/state.h"
#include "daemon/tls/acme_options.h"
#include "daemon/tls/pem.h"

#define FIRST_QUESTION 3 /* seconds after a certificate is in use: renewal information */
#define QUESTIONS 10     /* ... and no more than so many in a second */
#define RENEWAL_SOON 10  /* seconds after a certificate has come, at the soonest */
#define SAVE_AGAIN 10    /* seconds after it could not be written */

/* Each name at its own time, the same after a restart. */
static double spread(const struct acme_name *n)
{
	return (double)(n->hh.hashv % 1024) / 1024;
}

static time_t renewal_of(const struct acme_name *n)
{
	return acme_renewal_time(
	    n->cert->not_before, n->cert->not_after, n->renewal_ratio, spread(n));
}

void acme_stored_use(struct acme_name *n, struct cert *cert, const char *directory)
{
	if (n->cert != NULL) {
		store_set_remove(acme_names.set, n->cert);
		cert_unref(n->cert);
	}
	store_set_add(acme_names.set, cert);
	n->cert = cert_ref(cert);
	free(n->directory);
	n->directory = mem_strdup(directory);
	n->window = (struct acme_window){0};
	n->due = renewal_of(n);
	n->ask_at = time(NULL) + FIRST_QUESTION +
		    (time_t)(spread(n) * HASH_COUNT(acme_names.all) / QUESTIONS);
}

/* ---- reading ------------------------------------------------------------------------------- */

static struct cert *read_bundle(const char *path, struct error *err)
{
	struct key *key = key_load_state(acme_names.state, path, err);
	struct cert *cert = NULL;
	struct buf pem = {0};

	if (key == NULL)
		return NULL;
	if (state_read(acme_names.state, path, PEM_FILE_MAX, &pem, err) == 0)
		cert = cert_load_pem(buf_span(&pem), key, NULL, "acme", err);
	pem_wipe(&pem);
	key_unref(key);
	return cert;
}

static bool has_names(const struct cert *cert, const struct strings *names)
{
	size_t i, k;

	for (i = 0; i < names->count; i++) {
		for (k = 0; k < cert->names.count; k++)
			if (strcmp(cert->names.items[k], names->items[i]) == 0)
				break;
		if (k == cert->names.count)
			return false;
	}
	return true;
}

/* Is it what the document asks for now? Else it serves until another is there. */
static bool as_wanted(const struct acme_name *n, const char *key_type)
{
	const struct acme_options *options;
	size_t i;

	if (key_type == NULL || strcmp(key_type, key_type_names[n->key_type]) != 0 ||
	    !has_names(n->cert, &n->names) || n->cert->names.count != n->names.count)
		return false;
	for (i = 0; i < n->issuer_count; i++) {
		options = n->issuers[i].options;
		if (options != NULL && strcmp(options->ca, n->directory) == 0)
			return true;
	}
	return false;
}

void acme_stored_load(struct acme_name *n)
{
	char path[ACME_PATH_MAX], text[1600];
	const char *directory;
	struct error err;
	struct cert *cert;
	json_t *about;

	if (acme_names.state == NULL)
		return;
	if (n->save_at != 0) { /* what is in use is to be written yet */
		if (as_wanted(n, key_type_names[n->key_type]))
			n->due = renewal_of(n);
		return;
	}
	cert = read_bundle(acme_path(ACME_CERTIFICATES, n->name, "pem", path), &err);
	if (cert == NULL) {
		if (err.code != ERROR_NOT_FOUND)
			log_msg(LOG_ERROR, "certs", "the certificate of '%s' cannot be used: %s",
			    n->name, error_text(&err, text, sizeof(text)));
		return;
	}
	if (n->cert != NULL && cert->not_after < n->cert->not_after) {
		cert_unref(cert); /* what is in use was never written, and is the better one */
		return;
	}
	about = acme_json_read(
	    acme_names.state, acme_path(ACME_CERTIFICATES, n->name, "json", path), &err);
	directory = json_string_value(json_object_get(about, "directory"));
	acme_stored_use(n, cert, directory != NULL ? directory : "");
	if (!as_wanted(n, json_string_value(json_object_get(about, "key_type"))))
		n->due = time(NULL);
	json_decref(about);
	cert_unref(cert);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* The chain as text: nothing else that a CA has sent is kept. */
static int chain_text(const struct cert *cert, struct buf *out, struct error *err)
{
	gnutls_datum_t text;
	unsigned i;
	int rc;

	for (i = 0; i < cert->count; i++) {
		rc = gnutls_pem_base64_encode2("CERTIFICATE", &cert->chain[i].cert, &text);
		if (rc < 0)
			return error_set(err, ERROR_INTERNAL, "%s", gnutls_strerror(rc));
		buf_append(out, text.data, text.size);
		gnutls_free(text.data);
	}
	return 0;
}

/*
 * Key and chain are one file, so that they always belong together. What is said about them follows:
 * were it lost, the certificate would be renewed before its time, and no more.
 */
static int write_files(const struct acme_name *n, struct error *err)
{
	struct buf chain = {0};
	char path[ACME_PATH_MAX];
	int rc;

	rc = chain_text(n->cert, &chain, err);
	if (rc == 0)
		rc = key_store(n->cert->key, acme_names.state,
		    acme_path(ACME_CERTIFICATES, n->name, "pem", path), buf_span(&chain), err);
	buf_fini(&chain);
	if (rc == -1)
		return -1;
	return acme_json_write(acme_names.state,
	    acme_path(ACME_CERTIFICATES, n->name, "json", path),
	    json_pack("{s:s, s:s, s:I}", "directory", n->directory, "key_type",
		key_type_names[n->key_type], "obtained", (json_int_t)time(NULL)),
	    err);
}

void acme_stored_write(struct acme_name *n)
{
	bool again = n->save_at != 0;
	struct error err;
	char text[1600];

	n->save_at = 0;
	if (acme_names.state == NULL)
		return;
	if (write_files(n, &err) == 0) {
		if (again)
			log_msg(LOG_INFO, "certs", "the certificate of '%s' is kept now", n->name);
		return;
	}
	log_msg(again ? LOG_DEBUG : LOG_ERROR, "certs", "the certificate of '%s' is not kept: %s",
	    n->name, error_text(&err, text, sizeof(text)));
	n->save_at = time(NULL) + SAVE_AGAIN;
}

void acme_stored_save(struct acme_name *n, struct cert *cert, const char *directory)
{
	time_t now = time(NULL), soonest = now + (cert->not_after - now) / 3;

	acme_stored_use(n, cert, directory);
	/* However old it is: a CA is not asked again and again. */
	if (soonest < now + RENEWAL_SOON)
		soonest = now + RENEWAL_SOON;
	if (n->due < soonest)
		n->due = soonest;
	n->save_at = 0;
	acme_stored_write(n);
}
