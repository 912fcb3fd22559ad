/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/certs.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/certs/acme_names.h"
#include "daemon/certs/internal.h"
#include "daemon/certs/ocsp.h"
#include "daemon/certs/permission.h"
#include "daemon/tls/acme_options.h"
#include "daemon/tls/cert.h"
#include "daemon/tls/challenge.h"
#include "daemon/tls/store.h"

/* ---- who makes which ----------------------------------------------------------------------- */

static bool is_internal(const struct managed_name *m)
{
	return m->issuer_count == 0 || m->issuers[0].kind == ISSUER_INTERNAL;
}

/* Does the internal CA serve it because the others have failed? */
static bool has_fallen_back(const struct managed_name *m)
{
	const struct acme_name *n = is_internal(m) ? NULL : acme_names_find(m->name);

	return n != NULL && n->fallen_back;
}

/* Those of the internal CA, to be freed; *count is how many. */
static struct managed_name *internal_ones(
    const struct managed_name *names, size_t all, bool fallen_back, size_t *count)
{
	struct managed_name *out = mem_zalloc((all + 1) * sizeof(*out));
	size_t i;

	*count = 0;
	for (i = 0; i < all; i++)
		if (is_internal(&names[i]) || (fallen_back && has_fallen_back(&names[i])))
			out[(*count)++] = names[i];
	return out;
}

static int manage(const struct managed_name *names, size_t count, bool dry, struct error *err)
{
	struct managed_name *internal;
	size_t n;
	int rc;

	if (dry)
		return 0;
	internal = internal_ones(names, count, false, &n);
	rc = internal_issuer.manage(internal, n, false, err);
	free(internal);
	if (rc == 0)
		acme_names_manage(names, count);
	return rc;
}

static void keep(const struct managed_name *names, size_t count)
{
	struct managed_name *internal;
	struct error err;
	size_t n, i;

	internal = internal_ones(names, count, true, &n);
	internal_issuer.keep(internal, n);
	/* What stands in for other issuers may have got other terms. */
	for (i = 0; i < n; i++)
		if (!is_internal(&internal[i]) && internal_ca_issuer(&internal[i]) != NULL &&
		    internal_issuer.manage(&internal[i], 1, false, &err) == -1)
			log_msg(LOG_ERROR, "certs", "%s", err.message);
	free(internal);
	acme_names_keep(names, count);
}

static const char *authority_pem(const struct pki_ca *ca, bool root)
{
	return internal_issuer.authority_pem(ca, root);
}

const struct tls_issuer certs_issuer = {
    .manage = manage,
    .keep = keep,
    .authority_pem = authority_pem,
    .ask = permission_ask,
};

/* ---- how they are doing -------------------------------------------------------------------- */

struct visiting {
	void (*visit)(void *arg, const struct cert_status *status);
	void *arg;
};

static const char *state_of(const struct cert *cert)
{
	if (cert == NULL)
		return "missing";
	return time(NULL) < cert->not_after ? "valid" : "expired";
}

static void visit_internal(void *arg, const char *name, const struct cert *cert, time_t due)
{
	const struct visiting *v = arg;
	struct cert_status s = {
	    .name = name,
	    .issuer = "internal",
	    .state = state_of(cert),
	    .cert = cert,
	    .next = due,
	};

	v->visit(v->arg, &s);
}

static void visit_acme(const struct visiting *v, const struct acme_name *n)
{
	const struct acme_options *first = n->issuers[0].options;
	struct cert_status s = {
	    .name = n->name,
	    .issuer = n->cert != NULL && *n->directory != '\0' ? n->directory : first->ca,
	    .state = state_of(n->cert),
	    .doing = n->order != NULL ? acme_order_step(n->order) : NULL,
	    .cert = n->cert,
	    .next = n->order == NULL ? n->due : 0,
	    .failures = n->failures,
	    .error = n->error[0] != '\0' ? n->error : NULL,
	};

	v->visit(v->arg, &s);
}

/* Managed ones have been there. */
static void visit_loaded(void *arg, const struct cert *cert)
{
	const struct visiting *v = arg;
	struct cert_status s = {
	    .name = cert->names.count > 0 ? cert->names.items[0] : "",
	    .issuer = cert->source,
	    .state = state_of(cert),
	    .cert = cert,
	};

	if (strcmp(cert->source, "internal") != 0 && strcmp(cert->source, "acme") != 0)
		v->visit(v->arg, &s);
}

void certs_each(void (*visit)(void *arg, const struct cert_status *status), void *arg)
{
	struct visiting v = {visit, arg};
	struct acme_name *n;

	for (n = acme_names.all; n != NULL; n = n->hh.next)
		if (n->remove_at == 0)
			visit_acme(&v, n);
	internal_ca_each(visit_internal, &v);
	store_each(visit_loaded, &v);
}

int certs_renew(const char *name, struct error *err)
{
	struct acme_name *n = acme_names_find(name);

	if (n == NULL || n->remove_at != 0) {
		if (internal_ca_renew(name))
			return 0;
		return error_set(err, ERROR_NOT_FOUND, "no certificate is managed for '%s'", name);
	}
	if (n->order != NULL)
		return error_set(err, ERROR_BUSY, "an order for '%s' is on its way: %s", name,
		    acme_order_step(n->order));
	acme_attempt_now(n);
	return 0;
}

/* ---- beginning and end --------------------------------------------------------------------- */

int certs_start(struct state *state, struct ev_loop *loop, struct error *err)
{
	internal_ca_start(state, loop, NULL);
	tls_challenge_start();
	if (acme_names_start(state, loop, err) == -1)
		return -1;
	ocsp_start(state, loop);
	return 0;
}

void certs_drain(void)
{
	ocsp_stop();
}

void certs_stop(void)
{
	permission_stop();
	ocsp_stop();
	acme_names_stop();
	internal_ca_stop();
}
