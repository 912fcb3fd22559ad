/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <string.h>

#include "daemon/input/settings.h"
#include "daemon/tls/client_auth_adapt.h"

static const struct setting inline_settings[] = {
    {"trust_der", SETTING_ADD, "trusted_ca_certs", NULL},
    {0},
};

static const struct setting file_settings[] = {
    {"pem_file", SETTING_ADD, "pem_files", NULL},
    {0},
};

static const struct setting pki_settings[] = {
    {"authority", SETTING_ADD, "authority", NULL},
    {0},
};

/* Where trusted authorities come from. */
struct provider {
	const char *name;
	const char *argument; /* key that arguments on the line add to; NULL: there are none */
	const struct setting *settings;
	const char *needed; /* key without which it makes no sense */
};

static const struct provider providers[] = {
    {"inline", NULL, inline_settings, "trusted_ca_certs"},
    {"file", "pem_files", file_settings, "pem_files"},
    {"pki_root", "authority", pki_settings, "authority"},
    {"pki_intermediate", "authority", pki_settings, "authority"},
};

#define PROVIDERS (sizeof providers / sizeof providers[0])

int trust_pool_adapt(struct dispenser *d, json_t *out, struct error *err)
{
	const char *known[PROVIDERS + 1] = {0}, *name = dispenser_arg(d);
	const struct provider *p = providers;
	json_t *pool = json_object(), *list = NULL;

	json_object_set_new(out, "ca", pool);
	if (!name)
		return dispenser_arg_error(d, err);
	for (size_t i = 0; i < PROVIDERS; i++)
		known[i] = providers[i].name;
	while (p < providers + PROVIDERS && strcmp(p->name, name) != 0)
		p++;
	if (p == providers + PROVIDERS)
		return dispenser_unknown(d, "trust pool", known, err);
	json_object_set_new(pool, "provider", json_string(name));
	if (p->argument && dispenser_args_left(d) > 0) {
		dispenser_strings(d, &list, err);
		json_object_set_new(pool, p->argument, list);
	}
	if (dispenser_none(d, err) == -1 ||
	    settings_adapt(d, p->settings, "option of trust_pool", pool, err) == -1)
		return -1;
	if (!json_object_get(pool, p->needed))
		return dispenser_error(
		    d, err, ERROR_INVALID, "the trust pool '%s' names no certificates", name);
	return 0;
}

/* "file <files…>" or "folder <folders…>", at the cursor. */
static int adapt_loader(struct dispenser *d, json_t *loaders, struct error *err)
{
	static const char *const known[] = {"file", "folder", NULL};
	const char *name = dispenser_text(d);
	json_t *paths = NULL;

	if (strcmp(name, "file") != 0 && strcmp(name, "folder") != 0)
		return dispenser_unknown(d, "source of leaf certificates", known, err);
	if (dispenser_strings(d, &paths, err) == -1)
		return -1;
	json_array_append_new(loaders,
	    json_pack("{s:s, s:o}", "loader", name, name[1] == 'i' ? "files" : "folders", paths));
	return 0;
}

static int adapt_verifier(struct dispenser *d, json_t *out, struct error *err)
{
	static const char *const known[] = {"leaf", NULL};
	const char *name = dispenser_arg(d);
	json_t *loaders = json_array(), *list = json_object_get(out, "verifiers");
	int level;

	if (!list) {
		list = json_array();
		json_object_set_new(out, "verifiers", list);
	}
	json_array_append_new(
	    list, json_pack("{s:s, s:o}", "verifier", "leaf", "leaf_certs_loaders", loaders));
	if (!name)
		return dispenser_arg_error(d, err);
	if (strcmp(name, "leaf") != 0)
		return dispenser_unknown(d, "verifier", known, err);
	if (dispenser_next_arg(d))
		return adapt_loader(d, loaders, err);
	level = d->nesting;
	while (dispenser_next_block(d, level))
		if (adapt_loader(d, loaders, err) == -1)
			return -1;
	if (json_array_size(loaders) == 0)
		return dispenser_error(
		    d, err, ERROR_INVALID, "the verifier 'leaf' names no certificates");
	return 0;
}

static const struct setting settings[] = {
    {"mode", SETTING_STRING, "mode", NULL},
    {"trusted_ca_cert", SETTING_ADD, "trusted_ca_certs", NULL},
    {"trusted_ca_cert_file", SETTING_ADD, "trusted_ca_certs_pem_files", NULL},
    {"trusted_leaf_cert", SETTING_ADD, "trusted_leaf_certs", NULL},
    {"trusted_leaf_cert_file", SETTING_ADD, "leaf_files", NULL},
    {"trust_pool", SETTING_CUSTOM, NULL, trust_pool_adapt},
    {"verifier", SETTING_CUSTOM, NULL, adapt_verifier},
    {0},
};

/* Certificates that stand in the Caddyfile alone are a pool, too. */
static int join_pools(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *certs = json_object_get(out, "trusted_ca_certs");
	json_t *files = json_object_get(out, "trusted_ca_certs_pem_files");

	if (!certs && !files)
		return 0;
	if (json_object_get(out, "ca"))
		return dispenser_error(d, err, ERROR_INVALID,
		    "'trust_pool' cannot be used with 'trusted_ca_cert' or 'trusted_ca_cert_file'");
	if (files)
		return 0;
	json_object_set_new(
	    out, "ca", json_pack("{s:s, s:O}", "provider", "inline", "trusted_ca_certs", certs));
	json_object_del(out, "trusted_ca_certs");
	return 0;
}

/*
 * Leaf certificates in files are named by a verifier. (The reference reads the files and writes
 * their certificates into the document.)
 */
static void join_leaves(json_t *out)
{
	json_t *files = json_object_get(out, "leaf_files"),
	       *list = json_object_get(out, "verifiers");

	if (!files)
		return;
	if (!list) {
		list = json_array();
		json_object_set_new(out, "verifiers", list);
	}
	json_array_append_new(list, json_pack("{s:s, s:[{s:s, s:O}]}", "verifier", "leaf",
					"leaf_certs_loaders", "loader", "file", "files", files));
	json_object_del(out, "leaf_files");
}

int client_auth_adapt(struct dispenser *d, json_t **out, struct error *err)
{
	*out = json_object();
	if (dispenser_none(d, err) == 0 &&
	    settings_adapt(d, settings, "option of client_auth", *out, err) == 0 &&
	    join_pools(d, *out, err) == 0) {
		join_leaves(*out);
		return 0;
	}
	json_decref(*out);
	*out = NULL;
	return -1;
}
