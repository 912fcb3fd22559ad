/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_operation.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/certs/acme_names.h"
#include "daemon/tls/acme_options.h"

struct operation {
	struct operation *prev, *next;
	struct acme_waiter waiter;
	struct acme_account *account;
	struct acme_call *call;
	char *name;
	struct cert *cert; /* to be revoked; NULL: the key is changed */
	uint64_t reason;
	acme_operation_done *done;
	void *arg;
};

static struct operation *all;

/* ---- the end ------------------------------------------------------------------------------- */

static void operation_free(struct operation *op)
{
	acme_waiter_cancel(&op->waiter);
	acme_call_cancel(op->call);
	if (op->prev != NULL)
		op->prev->next = op->next;
	else
		all = op->next;
	if (op->next != NULL)
		op->next->prev = op->prev;
	acme_account_unref(op->account);
	cert_unref(op->cert);
	free(op->name);
	free(op);
}

static void end(struct operation *op, const struct error *err)
{
	op->done(op->arg, err);
	operation_free(op);
}

void acme_operations_stop(void)
{
	struct error err;

	error_set(&err, ERROR_BUSY, "the daemon stops");
	while (all != NULL)
		end(all, &err);
}

static void end_by(struct operation *op, const struct acme_fault *fault)
{
	struct error err;

	error_set(
	    &err, fault->kind == FAULT_NETWORK ? ERROR_BUSY : ERROR_CONFLICT, "%s", fault->text);
	end(op, &err);
}

/* ---- revoking ------------------------------------------------------------------------------ */

static void on_revoked(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct operation *op = arg;
	struct acme_name *n = acme_names_find(op->name);

	(void)reply;
	op->call = NULL;
	if (fault != NULL && !acme_problem_is(&fault->problem, "alreadyRevoked")) {
		end_by(op, fault);
		return;
	}
	log_msg(LOG_INFO, "certs", "the certificate of '%s' with serial number %s is revoked",
	    op->name, op->cert->serial);
	if (n != NULL && n->order == NULL && n->cert == op->cert) {
		n->due = time(NULL);
		acme_names_arm();
	}
	end(op, NULL);
}

static void send_revocation(struct operation *op)
{
	const struct acme_directory *directory = acme_ca_directory(acme_account_ca(op->account));
	const gnutls_datum_t *der = &op->cert->chain[0].cert;
	struct buf payload = {0};
	struct error err;

	if (directory->revoke_cert == NULL) {
		error_set(&err, ERROR_UNSUPPORTED, "%s does not revoke",
		    acme_ca_url(acme_account_ca(op->account)));
		end(op, &err);
		return;
	}
	buf_append_str(&payload, "{\"certificate\":\"");
	base64url_append(&payload, span_of(der->data, der->size));
	buf_printf(&payload, "\",\"reason\":%d}", (int)op->reason);
	op->call = acme_account_post(
	    op->account, directory->revoke_cert, buf_span(&payload), on_revoked, op);
	buf_fini(&payload);
}

/* ---- another key --------------------------------------------------------------------------- */

static void on_rekeyed(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	(void)reply;
	if (fault != NULL)
		end_by(arg, fault);
	else
		end(arg, NULL);
}

static void rekey(struct operation *op)
{
	struct error err;

	if (acme_account_change_key(op->account, on_rekeyed, op, &err) == -1)
		end(op, &err);
}

/* ---- the beginning ------------------------------------------------------------------------- */

static void on_account(struct acme_waiter *waiter, const struct acme_fault *fault)
{
	struct operation *op =
	    (struct operation *)((char *)waiter - offsetof(struct operation, waiter));

	if (fault != NULL)
		end_by(op, fault);
	else if (op->cert != NULL)
		send_revocation(op);
	else
		rekey(op);
}

/* By which the name's certificate came; where there is none yet, by which it will. */
static struct acme_account *account_of(const struct acme_name *n, struct error *err)
{
	const struct acme_options *options = NULL;
	size_t i;

	for (i = 0; i < n->issuer_count && options == NULL; i++) {
		options = n->issuers[i].options;
		if (options != NULL && n->cert != NULL && strcmp(options->ca, n->directory) != 0)
			options = NULL;
	}
	if (options != NULL)
		return acme_account_get(options->ca, options, acme_names.state, err);
	error_set(err, ERROR_CONFLICT,
	    "the certificate of '%s' came from %s, which is not among its issuers any more",
	    n->name, *n->directory != '\0' ? n->directory : "another CA");
	return NULL;
}

static int start(const struct acme_name *n, struct cert *cert, uint64_t reason,
    acme_operation_done *done, void *arg, struct error *err)
{
	struct acme_account *account = account_of(n, err);
	struct operation *op;

	if (account == NULL)
		return -1;
	op = mem_zalloc(sizeof(*op));
	op->account = account;
	op->name = mem_strdup(n->name);
	op->cert = cert != NULL ? cert_ref(cert) : NULL;
	op->reason = reason;
	op->done = done;
	op->arg = arg;
	op->waiter.ready = on_account;
	op->next = all;
	if (all != NULL)
		all->prev = op;
	all = op;
	acme_account_need(account, &op->waiter);
	return 0;
}

static struct acme_name *find(const char *name, struct error *err)
{
	struct acme_name *n = acme_names_find(name);

	if (n == NULL || n->remove_at != 0) {
		error_set(err, ERROR_NOT_FOUND, "no certificate is managed by ACME for '%s'", name);
		return NULL;
	}
	return n;
}

int acme_revoke(
    const char *name, uint64_t reason, acme_operation_done *done, void *arg, struct error *err)
{
	struct acme_name *n = find(name, err);

	if (n == NULL)
		return -1;
	if (n->cert == NULL)
		return error_set(err, ERROR_NOT_FOUND, "'%s' has no certificate yet", name);
	return start(n, n->cert, reason, done, arg, err);
}

int acme_rekey(const char *name, acme_operation_done *done, void *arg, struct error *err)
{
	struct acme_name *n = find(name, err);

	return n != NULL ? start(n, NULL, 0, done, arg, err) : -1;
}
