/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/replace.h"

#include "common/log.h"
#include "daemon/tls/store.h"

/* The one to be replaced by cert, borrowed from found; NULL with err. */
static const struct cert *choose(
    const struct store_found *found, const char *name, const struct cert *cert, struct error *err)
{
	const struct cert *only = NULL;
	int i, count = 0;

	if (found->cert[cert->kind] != NULL)
		return found->cert[cert->kind];
	for (i = 0; i < CERT_KINDS; i++) {
		if (found->cert[i] != NULL) {
			only = found->cert[i];
			count++;
		}
	}
	if (count == 1)
		return only;
	error_set(err, ERROR_CONFLICT,
	    "'%s' has certificates for several kinds of keys, none for this one's", name);
	return NULL;
}

static int check(const struct cert *cert, const char *name, struct error *err)
{
	if (!cert_covers(cert, name))
		return error_set(err, ERROR_INVALID, "the certificate is not for '%s'", name);
	if (cert->not_after <= time(NULL))
		return error_set(err, ERROR_INVALID, "the certificate has expired");
	return 0;
}

/* Names that were served and are not any more: perhaps not what was meant. */
static void warn_lost(const struct cert *old, const struct cert *cert)
{
	size_t i;

	for (i = 0; i < old->names.count; i++)
		if (!cert_covers(cert, old->names.items[i]))
			log_msg(LOG_WARN, "tls", "the new certificate is not for '%s' any more",
			    old->names.items[i]);
}

static int replace(const struct store_found *found, const char *name, struct span chain,
    struct key *key, struct error *err)
{
	const struct cert *old;
	struct cert *cert = cert_load_pem(chain, key, NULL, "control", err), *tagged;
	int rc = -1;

	if (cert == NULL)
		return -1;
	old = check(cert, name, err) == 0 ? choose(found, name, cert, err) : NULL;
	/* It is chosen by the tags of the one that it stands for. */
	tagged = old != NULL ? cert_load_pem(chain, key, &old->tags, "control", err) : NULL;
	if (tagged != NULL) {
		warn_lost(old, tagged);
		store_override(old, tagged);
		log_msg(LOG_INFO, "tls", "the certificate of '%s' was replaced", name);
		rc = 0;
	}
	cert_unref(tagged);
	cert_unref(cert);
	return rc;
}

int tls_replace(const char *name, struct span chain, struct span key, struct error *err)
{
	struct store_query query = {
	    .server_name = span_str(name),
	    .now = time(NULL),
	    .loaded_only = true,
	};
	struct store_found found;
	struct key *k = NULL;
	int rc = -1;

	if (!store_find(&query, &found))
		error_set(err, ERROR_NOT_FOUND,
		    "no certificate is loaded for '%s'; managed ones are renewed, not set", name);
	else
		k = key_load_pem(key, err);
	if (k != NULL)
		rc = replace(&found, name, chain, k, err);
	key_unref(k);
	store_release(&found);
	return rc;
}
