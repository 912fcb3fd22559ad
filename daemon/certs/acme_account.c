/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_account.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/certs/acme_account_state.h"
#include "daemon/state/state.h"
#include "daemon/tls/acme_options.h"

#define ORDERS_MAX 8 /* at once */

static struct acme_account *all;

/* ---- the key ------------------------------------------------------------------------------- */

int acme_account_use_key(struct acme_account *a, struct key *key, struct error *err)
{
	json_t *jwk = jwk_of(key, err);
	int rc;

	if (jwk == NULL)
		return -1;
	rc = jwk_thumbprint(jwk, a->thumbprint);
	json_decref(jwk);
	if (rc == -1)
		return error_set(err, ERROR_INTERNAL, "the account's key has no thumbprint");
	key_unref(a->key);
	a->key = key_ref(key);
	return 0;
}

static struct key *load_key(struct acme_account *a, struct error *err)
{
	char path[ACME_PATH_MAX];
	struct key *key;

	acme_path(a->folder, "account", "pem", path);
	if (a->state != NULL) {
		key = key_load_state(a->state, path, err);
		if (key != NULL || err->code != ERROR_NOT_FOUND)
			return key;
	}
	key = key_generate(KEY_P256, err);
	if (key == NULL || a->state == NULL)
		return key;
	if (key_store(key, a->state, path, span_of(NULL, 0), err) == 0)
		return key;
	key_unref(key);
	return NULL;
}

/* The URL from the last time, if it is this key's. */
void acme_account_load_url(struct acme_account *a)
{
	char path[ACME_PATH_MAX];
	struct error ignored;
	const char *url, *thumbprint;
	json_t *json;

	if (a->state == NULL || a->new_key != NULL)
		return;
	json = acme_json_read(a->state, acme_path(a->folder, "account", "json", path), &ignored);
	url = json_string_value(json_object_get(json, "url"));
	thumbprint = json_string_value(json_object_get(json, "thumbprint"));
	if (url != NULL && thumbprint != NULL && strcmp(thumbprint, a->thumbprint) == 0 &&
	    acme_url_valid(url))
		a->kid = mem_strdup(url);
	json_decref(json);
}

/* Losing it costs one more call: the same key gets the same account. */
void acme_account_store_url(struct acme_account *a)
{
	char path[ACME_PATH_MAX], text[sizeof((struct error){0}.message) + 600];
	struct error err;
	json_t *json;

	if (a->state == NULL)
		return;
	json = json_pack("{s:s, s:s, s:s}", "directory", acme_ca_url(a->ca), "url", a->kid,
	    "thumbprint", a->thumbprint);
	if (acme_json_write(a->state, acme_path(a->folder, "account", "json", path), json, &err) ==
	    -1)
		log_msg(LOG_WARN, "certs", "the account's URL is not kept: %s",
		    error_text(&err, text, sizeof(text)));
}

/* ---- accounts ------------------------------------------------------------------------------ */

static char *copy(const char *text)
{
	return text != NULL ? mem_strdup(text) : NULL;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void account_free(struct acme_account *a)
{
	acme_call_cancel(a->call);
	acme_call_cancel(a->change);
	key_unref(a->new_key);
	key_unref(a->key);
	acme_ca_unref(a->ca);
	free(a->kid);
	free(a->email);
	free(a->key_id);
	free(a->mac);
	free(a);
}

struct acme_account *acme_account_get(const char *directory, const struct acme_options *options,
    struct state *state, struct error *err)
{
	char folder[ACME_PATH_MAX];
	struct acme_account *a;
	struct key *key;
	struct acme_ca *ca = acme_ca_get(directory, options->roots, err);

	if (ca == NULL)
		return NULL;
	acme_account_folder(directory, options, folder);
	for (a = all; a != NULL; a = a->next) {
		if (a->ca == ca && strcmp(a->folder, folder) == 0 &&
		    same(a->mac, options->external_mac_key)) {
			acme_ca_unref(ca);
			a->refs++;
			return a;
		}
	}
	a = mem_zalloc(sizeof(*a));
	a->refs = 1;
	a->ca = ca;
	a->state = state;
	memcpy(a->folder, folder, sizeof(folder));
	a->email = copy(options->email);
	a->key_id = copy(options->external_key_id);
	a->mac = copy(options->external_mac_key);
	key = load_key(a, err);
	if (key == NULL || acme_account_use_key(a, key, err) == -1) {
		key_unref(key);
		account_free(a);
		error_at(err, "account with %s", directory);
		return NULL;
	}
	key_unref(key);
	acme_account_load_new_key(a);
	acme_account_load_url(a);
	a->next = all;
	all = a;
	return a;
}

struct acme_account *acme_account_ref(struct acme_account *account)
{
	account->refs++;
	return account;
}

void acme_account_unref(struct acme_account *account)
{
	struct acme_account **at;

	if (account == NULL || --account->refs > 0)
		return;
	for (at = &all; *at != account; at = &(*at)->next)
		;
	*at = account->next;
	account_free(account);
}

struct acme_ca *acme_account_ca(const struct acme_account *account)
{
	return account->ca;
}

bool acme_account_is_busy(const struct acme_account *account)
{
	return account->orders >= ORDERS_MAX;
}

void acme_account_begin_order(struct acme_account *account)
{
	account->orders++;
}

void acme_account_end_order(struct acme_account *account)
{
	account->orders--;
}

const char *acme_account_path(const struct acme_account *account)
{
	return account->folder;
}

/* ---- registering --------------------------------------------------------------------------- */

/* While one is told others may go away, and it may wait again. */
void acme_account_tell(struct acme_account *a, const struct acme_fault *fault)
{
	struct acme_waiter *w;

	a->telling = a->waiters;
	a->waiters = NULL;
	a->refs++;
	while ((w = a->telling) != NULL) {
		a->telling = w->next;
		w->account = NULL;
		w->ready(w, fault);
	}
	acme_account_unref(a);
}

/* The account's binding to one that the operator has with the CA (RFC 8555 section 7.3.4). */
static json_t *external_binding(struct acme_account *a, const char *url, struct error *err)
{
	struct jws_header header = {.url = url, .kid = a->key_id};
	struct buf mac = {0}, jws = {0};
	json_t *jwk = jwk_of(a->key, err), *binding = NULL;
	char *text = jwk != NULL ? json_dumps(jwk, JSON_COMPACT) : NULL;

	if (text != NULL && base64url_decode(span_str(a->mac), &mac) &&
	    jws_sign_mac(buf_span(&mac), &header, span_str(text), &jws, err) == 0)
		binding = json_loadb((const char *)buf_span(&jws).p, buf_len(&jws), 0, NULL);
	else if (text != NULL && buf_len(&mac) == 0)
		error_set(err, ERROR_INVALID, "the external account's key is not base64url");
	explicit_bzero(mac.data, mac.size);
	buf_fini(&mac);
	buf_fini(&jws);
	free(text);
	json_decref(jwk);
	return binding;
}

static json_t *registration(struct acme_account *a, const char *url, struct error *err)
{
	json_t *json = json_pack("{s:b}", "termsOfServiceAgreed", 1), *binding;

	if (a->email != NULL)
		json_object_set_new(json, "contact", json_pack("[s+]", "mailto:", a->email));
	if (a->key_id == NULL)
		return json;
	binding = external_binding(a, url, err);
	if (binding == NULL) {
		json_decref(json);
		return NULL;
	}
	json_object_set_new(json, "externalAccountBinding", binding);
	return json;
}

static void on_registered(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_account *a = arg;
	struct acme_fault bad;

	a->call = NULL;
	if (fault == NULL && !acme_url_valid(reply->location)) {
		acme_fault_set(&bad, FAULT_ANSWER, "the CA gave the account no URL");
		fault = &bad;
	}
	if (fault == NULL) {
		a->kid = mem_strdup(reply->location);
		acme_account_store_url(a);
		log_msg(LOG_INFO, "certs", "account %s with %s is registered", a->kid,
		    acme_ca_url(a->ca));
	}
	acme_account_tell(a, fault);
}

static void on_directory(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_account *a = arg;

	(void)reply;
	a->call = NULL;
	if (fault != NULL || a->kid != NULL)
		acme_account_tell(a, fault);
	else
		acme_account_register(a);
}

void acme_account_register(struct acme_account *a)
{
	const struct acme_directory *directory = acme_ca_directory(a->ca);
	struct acme_fault fault;
	struct error err;
	json_t *json;
	char *text;

	if (a->new_key != NULL && a->change == NULL) {
		acme_account_probe(a);
		return;
	}
	if (directory->external_account_required && a->key_id == NULL) {
		acme_fault_set(&fault, FAULT_LOCAL,
		    "%s wants accounts to be bound to one with the CA: configure external_account",
		    acme_ca_url(a->ca));
		acme_account_tell(a, &fault);
		return;
	}
	json = registration(a, directory->new_account, &err);
	if (json == NULL) {
		acme_fault_set(&fault, FAULT_LOCAL, "%s", err.message);
		acme_account_tell(a, &fault);
		return;
	}
	if (directory->terms != NULL)
		log_msg(
		    LOG_INFO, "certs", "agreeing to the terms of service at %s", directory->terms);
	text = json_dumps(json, JSON_COMPACT);
	a->call = acme_call_post(
	    a->ca, a->key, NULL, directory->new_account, span_str(text), on_registered, a);
	free(text);
	json_decref(json);
}

void acme_account_need(struct acme_account *account, struct acme_waiter *waiter)
{
	bool fresh = acme_ca_is_fresh(account->ca);

	if (fresh && account->kid != NULL) {
		waiter->ready(waiter, NULL);
		return;
	}
	waiter->account = account;
	waiter->next = account->waiters;
	account->waiters = waiter;
	if (account->call != NULL)
		return;
	if (!fresh)
		account->call = acme_call_directory(account->ca, on_directory, account);
	else
		acme_account_register(account);
}

static void leave(struct acme_waiter **list, const struct acme_waiter *waiter)
{
	for (; *list != NULL; list = &(*list)->next) {
		if (*list == waiter) {
			*list = waiter->next;
			return;
		}
	}
}

void acme_waiter_cancel(struct acme_waiter *waiter)
{
	if (waiter->account == NULL)
		return;
	leave(&waiter->account->waiters, waiter);
	leave(&waiter->account->telling, waiter);
	waiter->account = NULL;
}

void acme_account_forget(struct acme_account *account)
{
	free(account->kid);
	account->kid = NULL;
}

/* ---- use ----------------------------------------------------------------------------------- */

struct acme_call *acme_account_post(
    struct acme_account *account, const char *url, struct span payload, acme_done *done, void *arg)
{
	return acme_call_post(account->ca, account->key, account->kid, url, payload, done, arg);
}

const char *acme_account_thumbprint(const struct acme_account *account)
{
	return account->thumbprint;
}
