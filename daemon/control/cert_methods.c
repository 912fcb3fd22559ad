/* SPDX-License-Identifier: BSD-2-Clause */
/* cert.ls, cert.show, cert.renew, cert.revoke, cert.set: managed and loaded certificates; never a
 * key. */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/certs/acme_operation.h"
#include "daemon/certs/certs.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/rows.h"
#include "daemon/control/time_text.h"
#include "daemon/tls/cert.h"
#include "daemon/tls/pem.h"
#include "daemon/tls/replace.h"
#include "daemon/tls/staple.h"

#define NAME_SIZE 256
#define REASONS_MAX 10 /* RFC 5280 section 5.3.1 */

/* ---- a certificate ------------------------------------------------------------------------- */

static void pack_time(struct pack *pack, time_t time)
{
	char text[TIME_TEXT_MAX];

	if (time == 0)
		pack_nil(pack);
	else
		pack_str(pack, time_text((int64_t)time * DURATION_S, text));
}

static void pack_names(struct pack *pack, const struct strings *names)
{
	struct pack_box box;
	size_t i;

	pack_array_open(pack, &box);
	for (i = 0; i < names->count && i < ROW_TEXTS_MAX; i++)
		rows_text(pack_item(&box), names->items[i]);
	pack_close(&box);
}

/* Until when the OCSP response that goes with it is good. */
static void pack_staple(struct pack_box *map, const struct cert *cert)
{
	struct staple *staple = staple_of(cert);

	pack_time(pack_key(map, "staple_expires"), staple != NULL ? staple_expires(staple) : 0);
	staple_unref(staple);
}

static void pack_certificate(struct pack_box *map, const struct cert *cert)
{
	static const char *const kinds[] = {"ecdsa", "ed25519", "rsa"};
	char fingerprint[2 * sizeof(cert->fingerprint) + 1];
	double left = difftime(cert->not_after, time(NULL));
	size_t i;

	for (i = 0; i < sizeof(cert->fingerprint); i++)
		snprintf(fingerprint + 2 * i, 3, "%02x", cert->fingerprint[i]);
	pack_names(pack_key(map, "names"), &cert->names);
	pack_time(pack_key(map, "valid_from"), cert->not_before);
	pack_time(pack_key(map, "expires"), cert->not_after);
	pack_double(pack_key(map, "expires_in"), left > 0 ? left : 0);
	pack_str(pack_key(map, "key"), kinds[cert->kind]);
	rows_text(pack_key(map, "signed_by"), cert->issuer);
	rows_text(pack_key(map, "serial"), cert->serial);
	pack_str(pack_key(map, "fingerprint"), fingerprint);
	pack_staple(map, cert);
}

static void pack_status(struct pack_box *map, const struct cert_status *s)
{
	rows_text(pack_key(map, "name"), s->name);
	rows_text(pack_key(map, "issuer"), s->issuer);
	pack_str(pack_key(map, "state"), s->state);
	rows_text(pack_key(map, "doing"), s->doing);
	pack_time(pack_key(map, "next"), s->next);
	pack_u64(pack_key(map, "failures"), s->failures);
	rows_text(pack_key(map, "error"), s->error);
	if (s->cert != NULL)
		pack_certificate(map, s->cert);
}

/* ---- all of them --------------------------------------------------------------------------- */

/* What they were when the list began, packed. */
struct listing {
	struct pack pack;
	struct buf bytes;
	struct listed {
		size_t at, size;
	} * rows;
	size_t count, size, next;
	double within; /* seconds; negative: whatever they have left */
};

enum { LS_WITHIN };

static const struct param ls_params[] = {
    [LS_WITHIN] = {"expires_within", PARAM_INT, .max = UINT32_MAX,
	.help = "seconds: only those that expire before that, or have expired"},
    {.name = NULL},
};

static void add_row(void *arg, const struct cert_status *s)
{
	struct listing *l = arg;
	struct pack_box map;
	size_t before = buf_len(&l->bytes);

	if (l->within >= 0 &&
	    (s->cert == NULL || difftime(s->cert->not_after, time(NULL)) > l->within))
		return;
	if (l->count == l->size) {
		l->size = l->size > 0 ? 2 * l->size : 16;
		l->rows = mem_realloc(l->rows, l->size * sizeof(*l->rows));
	}
	pack_map_open(&l->pack, &map);
	pack_status(&map, s);
	pack_close(&map);
	l->rows[l->count].at = before;
	l->rows[l->count++].size = buf_len(&l->bytes) - before;
}

static bool next_row(struct rows *rows, struct pack_box *items)
{
	struct listing *l = rows->state;
	struct span all = buf_span(&l->bytes);

	if (l->next == l->count)
		return false;
	pack_raw(pack_item(items), span_of(all.p + l->rows[l->next].at, l->rows[l->next].size));
	l->next++;
	return true;
}

static void listing_free(void *state)
{
	struct listing *l = state;

	buf_fini(&l->bytes);
	free(l->rows);
	free(l);
}

static void run_ls(struct call *call, const struct argument *args)
{
	struct listing *l = mem_zalloc(sizeof(*l));

	l->within = args[LS_WITHIN].given ? (double)args[LS_WITHIN].number : -1;
	pack_init(&l->pack, &l->bytes);
	certs_each(add_row, l);
	rows_start_with(call, next_row, l, listing_free);
}

const struct method method_cert_ls = {
    .name = CONTROL_CERT_LS,
    .help = "managed and loaded certificates",
    .level = LEVEL_OBSERVE,
    .params = ls_params,
    .run = run_ls,
};

/* ---- one ----------------------------------------------------------------------------------- */

static const struct param name_params[] = {
    {"name", PARAM_TEXT, .required = true, .max = NAME_SIZE - 1,
	.help = "one of the certificate's names"},
    {.name = NULL},
};

static const char *text_of(const struct argument *arg, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "%.*s", (int)arg->text.n, (const char *)arg->text.p);
	return out;
}

struct search {
	struct call *call;
	const char *name;
	bool found;
};

static void look(void *arg, const struct cert_status *s)
{
	struct search *search = arg;

	if (search->found || (strcmp(s->name, search->name) != 0 &&
				 (s->cert == NULL || !cert_covers(s->cert, search->name))))
		return;
	search->found = true;
	pack_status(call_result(search->call), s);
}

static void not_found(struct call *call, const char *name)
{
	struct error err;

	error_set(&err, ERROR_NOT_FOUND, "there is no certificate for '%s'", name);
	call_fail(call, &err);
}

static void run_show(struct call *call, const struct argument *args)
{
	char name[NAME_SIZE];
	struct search search = {.call = call, .name = text_of(&args[0], name)};

	certs_each(look, &search);
	if (search.found)
		call_finish(call);
	else
		not_found(call, name);
}

const struct method method_cert_show = {
    .name = CONTROL_CERT_SHOW,
    .help = "one certificate with all that is known of it",
    .level = LEVEL_OBSERVE,
    .params = name_params,
    .run = run_show,
};

static void run_renew(struct call *call, const struct argument *args)
{
	char name[NAME_SIZE];
	struct error err;

	if (certs_renew(text_of(&args[0], name), &err) == -1) {
		call_fail(call, &err);
		return;
	}
	call_result(call);
	call_finish(call);
}

const struct method method_cert_renew = {
    .name = CONTROL_CERT_RENEW,
    .help = "gets a new certificate for a managed name now",
    .level = LEVEL_OPERATE,
    .changes = true,
    .params = name_params,
    .run = run_renew,
};

static const struct param revoke_params[] = {
    {"name", PARAM_TEXT, .required = true, .max = NAME_SIZE - 1, .help = "a managed name"},
    {"reason", PARAM_INT, .max = REASONS_MAX, .help = "a number of RFC 5280; 1: key compromise"},
    {.name = NULL},
};

static void on_done(void *arg, const struct error *err)
{
	struct call *call = arg;

	if (err != NULL) {
		call_fail(call, err);
		return;
	}
	call_result(call);
	call_finish(call);
}

static void run_revoke(struct call *call, const struct argument *args)
{
	uint64_t reason = args[1].given ? args[1].number : 0;
	char name[NAME_SIZE];
	struct error err;

	if (acme_revoke(text_of(&args[0], name), reason, on_done, call, &err) == -1)
		call_fail(call, &err);
}

const struct method method_cert_revoke = {
    .name = CONTROL_CERT_REVOKE,
    .help = "revokes the certificate of a managed name and gets another one",
    .level = LEVEL_ADMIN,
    .changes = true,
    .params = revoke_params,
    .run = run_revoke,
};

static const struct param set_params[] = {
    {"name", PARAM_TEXT, .required = true, .max = NAME_SIZE - 1,
	.help = "a name of the loaded certificate"},
    {"chain", PARAM_TEXT, .required = true, .max = PEM_FILE_MAX, .unlogged = true,
	.help = "the new certificate and its chain, PEM"},
    {"key", PARAM_TEXT, .required = true, .max = PEM_FILE_MAX, .unlogged = true,
	.help = "its key, PEM"},
    {.name = NULL},
};

static void run_set(struct call *call, const struct argument *args)
{
	char name[NAME_SIZE], *p;
	struct error err;

	text_of(&args[0], name);
	for (p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (tls_replace(name, args[1].text, args[2].text, &err) == -1) {
		call_fail(call, &err);
		return;
	}
	call_result(call);
	call_finish(call);
}

const struct method method_cert_set = {
    .name = CONTROL_CERT_SET,
    .help = "replaces a loaded certificate while it is served",
    .level = LEVEL_ADMIN,
    .changes = true,
    .params = set_params,
    .run = run_set,
};
