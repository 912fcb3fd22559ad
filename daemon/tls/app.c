/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/app.h"

#include <ctype.h>
#include <string.h>

#include "common/log.h"
#include "daemon/core/replacer.h"
#include "daemon/core/worker.h"
#include "daemon/tls/cert_files.h"
#include "daemon/tls/client.h"
#include "daemon/tls/on_demand.h"
#include "daemon/tls/store.h"
#include "daemon/tls/ticket.h"

/* ---- fields -------------------------------------------------------------------------------- */

struct pair {
	const char *certificate, *key; /* paths of load_files, texts of load_pem */
	int format;                    /* of load_files alone */
	struct strings tags;
};

struct certificates {
	struct strings automate, load_folders;
	struct objects load_files; /* struct pair */
	struct objects load_pem;   /* struct pair */
};

struct session_tickets {
	int64_t rotation_interval;
	bool disable_rotation, disabled;
};

struct app_params {
	struct certificates certificates;
	struct automation automation;
	struct session_tickets session_tickets;
	bool disable_ocsp_stapling;
};

static const char *const formats[] = {"pem", NULL};

static const struct field file_fields[] = {
    FIELD_STRING(struct pair, certificate, "certificate", FIELD_REQUIRED | FIELD_PATH | FIELD_ENV,
	"file with the certificate and its chain"),
    FIELD_STRING(struct pair, key, "key", FIELD_REQUIRED | FIELD_PATH | FIELD_ENV,
	"file with the private key"),
    FIELD_ENUM(struct pair, format, "format", 0, "pem", formats, "the files' format"),
    FIELD_STRINGS(struct pair, tags, "tags", FIELD_ENV, "words to choose it by"),
    FIELD_END,
};

static const struct field pem_fields[] = {
    FIELD_STRING(struct pair, certificate, "certificate", FIELD_REQUIRED | FIELD_ENV,
	"the certificate and its chain as text"),
    FIELD_STRING(struct pair, key, "key", FIELD_REQUIRED | FIELD_SECRET | FIELD_ENV,
	"the private key as text"),
    FIELD_STRINGS(struct pair, tags, "tags", FIELD_ENV, "words to choose it by"),
    FIELD_END,
};

static const struct field certificate_fields[] = {
    FIELD_STRINGS(struct certificates, automate, "automate", FIELD_ENV,
	"names whose certificates are made and renewed"),
    FIELD_OBJECTS(struct certificates, load_files, "load_files", 0, file_fields, struct pair,
	"certificates from files"),
    FIELD_STRINGS(struct certificates, load_folders, "load_folders", FIELD_PATH | FIELD_ENV,
	"folders whose *.pem files hold a certificate and its key each"),
    FIELD_OBJECTS(struct certificates, load_pem, "load_pem", 0, pem_fields, struct pair,
	"certificates as text"),
    FIELD_END,
};

static int load_key_source(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct jnode provider = jnode_member(node, "provider");

	(void)load;
	(void)target;
	if (provider.value == NULL ||
	    strcmp(
		json_string_value(provider.value) != NULL ? json_string_value(provider.value) : "",
		"standard") == 0)
		return 0;
	return jnode_error(
	    &provider, err, ERROR_UNSUPPORTED, "ticket keys are made in the process: standard");
}

static const struct field ticket_fields[] = {
    FIELD_DURATION(struct session_tickets, rotation_interval, "rotation_interval", 0, "24h",
	"how long the secret that the keys are derived from lasts"),
    FIELD_BOOL(struct session_tickets, disable_rotation, "disable_rotation", 0,
	"keeps it as long as the process runs"),
    FIELD_BOOL(struct session_tickets, disabled, "disabled", 0, "no session is resumed"),
    {.name = "key_source",
	.type = FIELD_TYPE_CUSTOM,
	.flags = FIELD_HIDDEN,
	.load = load_key_source,
	.shape = &shape_any,
	.help = "where keys come from"},
    {.name = "max_keys",
	.type = FIELD_TYPE_CUSTOM,
	.flags = FIELD_HIDDEN,
	.load = field_ignore,
	.shape = &shape_any,
	.help = "without effect: keys go by time"},
    FIELD_END,
};

static int refuse_resolvers(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	if (field_refuse(load, node, target, err) == 0)
		return 0;
	return jnode_error(node, err, ERROR_UNSUPPORTED,
	    "is not supported: write them into each issuer, challenges.dns.resolvers");
}

#define FIELD_WITHOUT_EFFECT(n)                                                                    \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_CUSTOM, .flags = FIELD_HIDDEN, .load = field_ignore, \
		.shape = &shape_any, .help = "without effect"                                      \
	}

static const struct field app_fields[] = {
    FIELD_OBJECT(struct app_params, certificates, "certificates", 0, certificate_fields,
	"certificates that are loaded, names whose certificates are made"),
    FIELD_OBJECT(struct app_params, automation, "automation", 0, automation_fields,
	"how certificates are made"),
    FIELD_OBJECT(struct app_params, session_tickets, "session_tickets", 0, ticket_fields,
	"resumption of sessions"),
    FIELD_BOOL(struct app_params, disable_ocsp_stapling, "disable_ocsp_stapling", 0,
	"no OCSP response goes with certificates that are loaded"),
    FIELD_WITHOUT_EFFECT("cache"),
    {.name = "resolvers",
	.type = FIELD_TYPE_CUSTOM,
	.flags = FIELD_HIDDEN,
	.load = refuse_resolvers,
	.shape = &shape_empty,
	.help = "name servers of all DNS challenges"},
    FIELD_WITHOUT_EFFECT("disable_storage_check"),
    FIELD_WITHOUT_EFFECT("disable_storage_clean"),
    FIELD_END,
};

/* ---- loading certificates ------------------------------------------------------------------ */

static void resolve_all(struct arena *arena, struct strings *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		list->items[i] = replace_at_load(arena, list->items[i]);
}

/* What went wrong in a file is told with the place that names it. */
static int at_node(const struct jnode *node, int rc, struct error *err)
{
	struct error inner;

	if (rc == 0)
		return 0;
	inner = *err;
	return jnode_error(node, err, inner.code, "%s%s%s", inner.path,
	    *inner.path != '\0' ? ": " : "", inner.message);
}

/* As cert_files_add_pair() and cert_files_add_pem(). */
typedef int add_pair(struct cert_files *files, const char *certificate, const char *key,
    const struct strings *tags, struct error *err);

static int load_pairs(struct load *load, const struct jnode *list, const struct objects *pairs,
    add_pair *add, struct cert_files *files, struct error *err)
{
	struct pair *pair = pairs->items;
	size_t i;

	for (i = 0; i < pairs->count; i++, pair++) {
		struct jnode item = jnode_item(list, i);

		pair->certificate = replace_at_load(load->arena, pair->certificate);
		pair->key = replace_at_load(load->arena, pair->key);
		resolve_all(load->arena, &pair->tags);
		if (at_node(&item, add(files, pair->certificate, pair->key, &pair->tags, err),
			err) == -1)
			return -1;
	}
	return 0;
}

static int load_folders(struct load *load, const struct jnode *certificates,
    struct strings *folders, struct cert_files *files, struct error *err)
{
	struct jnode list = jnode_member(certificates, "load_folders");
	size_t i;

	resolve_all(load->arena, folders);
	for (i = 0; i < folders->count; i++) {
		struct jnode item = jnode_item(&list, i);

		if (at_node(&item, cert_files_add_folder(files, folders->items[i], err), err) == -1)
			return -1;
	}
	return 0;
}

/* They leave the store with the instance, on whichever thread lets go of it last. */
static void release_loaded(void *p)
{
	struct tls_app *app = p;

	cert_files_free(atomic_exchange(&app->loaded, NULL));
}

static int load_certificates(struct load *load, const struct jnode *app_node,
    struct certificates *certificates, struct tls_app *app, struct error *err)
{
	struct jnode node = jnode_member(app_node, "certificates");
	struct jnode file_pairs = jnode_member(&node, "load_files");
	struct jnode pem_pairs = jnode_member(&node, "load_pem");
	struct cert_files *files;
	int rc = -1;

	if (certificates->load_files.count + certificates->load_pem.count +
		certificates->load_folders.count ==
	    0)
		return 0;
	files = cert_files_new(load->dry ? NULL : control_loop());
	if (load_pairs(load, &file_pairs, &certificates->load_files, cert_files_add_pair, files,
		err) == 0 &&
	    load_pairs(load, &pem_pairs, &certificates->load_pem, cert_files_add_pem, files, err) ==
		0 &&
	    load_folders(load, &node, &certificates->load_folders, files, err) == 0)
		rc = 0;
	if (rc == -1 || load->dry) {
		cert_files_free(files);
		return rc;
	}
	atomic_store(&app->loaded, files);
	arena_release(load->arena, release_loaded, app);
	store_commit();
	return 0;
}

/* ---- managed names ------------------------------------------------------------------------- */

static const char *lower(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text), *p;

	for (p = copy; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/*
 * Names whose certificates are shown to upstreams. They are looked for in the document, as routes
 * that have not changed are not loaded again.
 */
static void manage_clients(struct load *load, const json_t *json)
{
	const char *key, *name;
	json_t *value;
	size_t i;

	json_array_foreach (json, i, value)
		manage_clients(load, value);
	json_object_foreach ((json_t *)json, key, value) {
		name = strcmp(key, TLS_CLIENT_AUTOMATE) == 0 ? json_string_value(value) : NULL;
		if (name != NULL && *name != '\0')
			instance_manage(load, tls_client_automate(load->arena, name));
		else
			manage_clients(load, value);
	}
}

/* Anybody could have certificates made for any name. */
static int check_on_demand(
    const struct jnode *node, const struct automation *automation, struct error *err)
{
	struct jnode place = jnode_member(node, "automation");

	if (!automation_has_on_demand(automation) || automation->on_demand.endpoint != NULL)
		return 0;
	return jnode_error(&place, err, ERROR_INVALID,
	    "certificates on demand need an endpoint that is asked for permission: on_demand_tls "
	    "{ ask URL } in a Caddyfile, here on_demand.permission");
}

static int load(struct load *load, const struct jnode *node, struct error *err)
{
	struct tls_app *app = arena_alloc(load->arena, sizeof(*app));
	struct app_params params = {.session_tickets.rotation_interval = TICKET_ROTATION_DEFAULT};

	load->instance->tls = app;
	if (node->value != NULL &&
	    fields_load(app_fields, load, node, NULL, load->arena, &params, err) == -1)
		return -1;
	resolve_all(load->arena, &params.certificates.automate);
	app->automate = params.certificates.automate;
	manage_clients(load, load->instance->document);
	app->automation = params.automation;
	if (automation_defaults(load, &app->automation, err) == -1)
		return -1;
	if (check_on_demand(node, &app->automation, err) == -1)
		return -1;
	app->staples = !params.disable_ocsp_stapling;
	app->tickets = !params.session_tickets.disabled;
	app->ticket_rotation =
	    params.session_tickets.disable_rotation ? 0 : params.session_tickets.rotation_interval;
	return load_certificates(load, node, &params.certificates, app, err);
}

static void manage_name(struct load *load, struct tls_app *app, const char *name)
{
	if (automation_on_demand(&app->automation, lower(load->arena, name)))
		return;
	app->managed[app->managed_count++] =
	    automation_for(&app->automation, lower(load->arena, name));
}

/* Names of the other apps are served by a loaded certificate where there is one for them. */
static int finish(struct load *load, struct error *err)
{
	struct tls_app *app = load->instance->tls;
	const struct strings *wanted = &load->instance->managed;
	size_t i;

	app->managed =
	    arena_array(load->arena, app->automate.count + wanted->count, sizeof(*app->managed));
	for (i = 0; i < app->automate.count; i++)
		manage_name(load, app, app->automate.items[i]);
	for (i = 0; i < wanted->count; i++)
		if (!store_has_loaded(wanted->items[i]))
			manage_name(load, app, wanted->items[i]);
	if (tls_issuer() == NULL || app->managed_count == 0)
		return 0;
	return tls_issuer()->manage(app->managed, app->managed_count, load->dry, err);
}

static void published(struct instance *instance)
{
	const struct tls_app *app = instance->tls;

	ticket_set_enabled(app->tickets);
	ticket_set_rotation(app->ticket_rotation);
	if (tls_issuer() != NULL)
		on_demand_publish(app);
}

const struct app_type app_tls = {
    .name = "tls",
    .help = "certificates and session tickets",
    .fields = app_fields,
    .load = load,
    .finish = finish,
    .published = published,
};
