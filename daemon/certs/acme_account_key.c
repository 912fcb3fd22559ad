/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another key for an account (RFC 8555 section 7.3.5). The new one is on disk before the CA hears
 * of it; where the answer is lost, the CA is asked which one it knows.
 */
#include <config.h>

#include "daemon/certs/acme_account_state.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/state/state.h"

void acme_account_load_new_key(struct acme_account *a)
{
	char path[ACME_PATH_MAX];
	struct error ignored;

	if (a->state != NULL)
		a->new_key = key_load_state(
		    a->state, acme_path(a->folder, "account-new", "pem", path), &ignored);
}

static int store_new_key(struct acme_account *a, const char *name, struct error *err)
{
	char path[ACME_PATH_MAX];

	if (a->state == NULL)
		return 0;
	return key_store(
	    a->new_key, a->state, acme_path(a->folder, name, "pem", path), span_of(NULL, 0), err);
}

/* Forgets the new key, which is in use by now or never will be. */
static void drop_new_key(struct acme_account *a)
{
	char path[ACME_PATH_MAX];
	struct error ignored;

	key_unref(a->new_key);
	a->new_key = NULL;
	if (a->state != NULL)
		state_remove(a->state, acme_path(a->folder, "account-new", "pem", path), &ignored);
}

static int take_up_new_key(struct acme_account *a, struct error *err)
{
	if (store_new_key(a, "account", err) == -1 ||
	    acme_account_use_key(a, a->new_key, err) == -1)
		return -1;
	drop_new_key(a);
	acme_account_store_url(a);
	log_msg(LOG_INFO, "certs", "account %s has a new key", a->kid);
	return 0;
}

static void on_probed(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_account *a = arg;
	struct acme_fault local;
	struct error err;

	a->call = NULL;
	if (fault != NULL && acme_problem_is(&fault->problem, "accountDoesNotExist")) {
		drop_new_key(a);
		acme_account_load_url(a);
		if (a->kid == NULL)
			acme_account_register(a);
		else
			acme_account_tell(a, NULL);
		return;
	}
	if (fault == NULL && acme_url_valid(reply->location)) {
		a->kid = mem_strdup(reply->location);
		if (take_up_new_key(a, &err) == -1) {
			acme_fault_set(&local, FAULT_LOCAL, "%s", err.message);
			fault = &local;
		}
	}
	acme_account_tell(a, fault);
}

/* Does the CA know the new key? */
void acme_account_probe(struct acme_account *a)
{
	a->call = acme_call_post(a->ca, a->new_key, NULL, acme_ca_directory(a->ca)->new_account,
	    span_str("{\"onlyReturnExisting\":true}"), on_probed, a);
}

/* ---- another key --------------------------------------------------------------------------- */

static void on_changed(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_account *a = arg;
	struct acme_fault local;
	struct error err;

	a->change = NULL;
	if (fault == NULL && take_up_new_key(a, &err) == -1) {
		acme_fault_set(&local, FAULT_LOCAL, "%s", err.message);
		fault = &local;
		acme_account_forget(
		    a); /* the CA has the new one: to be taken up when next needed */
	} else if (fault != NULL && fault->kind == FAULT_PROBLEM) {
		drop_new_key(a);
	} else if (fault != NULL) {
		acme_account_forget(a); /* nobody knows: to be asked when next needed */
	}
	a->changed(a->changed_arg, reply, fault);
}

/* The inner signature is the new key's, over the account's URL and the old key. */
static int change_payload(
    struct acme_account *a, const char *url, struct buf *out, struct error *err)
{
	struct jws_header header = {.url = url};
	json_t *jwk = jwk_of(a->key, err), *json;
	char *text;
	int rc;

	if (jwk == NULL)
		return -1;
	json = json_pack("{s:s, s:o}", "account", a->kid, "oldKey", jwk);
	text = json_dumps(json, JSON_COMPACT);
	rc = jws_sign(a->new_key, &header, span_str(text), out, err);
	free(text);
	json_decref(json);
	return rc;
}

int acme_account_change_key(
    struct acme_account *account, acme_done *done, void *arg, struct error *err)
{
	const struct acme_directory *directory = acme_ca_directory(account->ca);
	struct buf payload = {0};

	if (account->change != NULL)
		return error_set(err, ERROR_BUSY, "the account's key is being changed already");
	if (directory == NULL || account->kid == NULL || directory->key_change == NULL)
		return error_set(
		    err, ERROR_UNSUPPORTED, "%s does not change keys", acme_ca_url(account->ca));
	account->new_key = key_generate(KEY_P256, err);
	if (account->new_key == NULL || store_new_key(account, "account-new", err) == -1 ||
	    change_payload(account, directory->key_change, &payload, err) == -1) {
		key_unref(account->new_key);
		account->new_key = NULL;
		buf_fini(&payload);
		return -1;
	}
	account->changed = done;
	account->changed_arg = arg;
	account->change = acme_account_post(
	    account, directory->key_change, buf_span(&payload), on_changed, account);
	buf_fini(&payload);
	return 0;
}
