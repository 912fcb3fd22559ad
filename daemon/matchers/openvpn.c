/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <strings.h>

#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/core/replacer.h"
#include "daemon/input/settings.h"
#include "daemon/tls/pem.h"
#include "daemon/wire/openvpn_key.h"

#define TIME_WINDOW (15 * INT64_C(1000000000)) /* a client's clock may differ by less */

struct params {
	struct strings modes, client_key_texts, client_key_files;
	bool ignore_crypto, ignore_timestamp;
	const char *group_key_text, *group_key_file, *digest_name, *direction_name;
	const char *server_key_text, *server_key_file;

	bool accepted[OPENVPN_MODES];
	enum openvpn_direction direction;
	const struct openvpn_digest *digest;              /* NULL: any */
	const struct openvpn_key *group_key, *server_key; /* NULL: none */
	struct openvpn_key *client_keys;
	size_t client_key_count;
};

static const struct field fields[] = {
    FIELD_STRINGS(struct params, modes, "modes", FIELD_ENV,
	"plain, auth, crypt, crypt2; all if there is none"),
    FIELD_BOOL(struct params, ignore_crypto, "ignore_crypto", 0,
	"look at the packet's form alone, whatever keys there are"),
    FIELD_BOOL(struct params, ignore_timestamp, "ignore_timestamp", 0,
	"take packets of any time, not only of the last or next 15 seconds"),
    FIELD_STRING(struct params, group_key_text, "group_key", FIELD_ENV | FIELD_SECRET,
	"the key of tls-auth or tls-crypt, in hexadecimal"),
    FIELD_STRING(struct params, group_key_file, "group_key_file", FIELD_ENV | FIELD_PATH,
	"a file with it; not looked at beside group_key"),
    FIELD_STRING(struct params, digest_name, "auth_digest", FIELD_ENV,
	"the digest of tls-auth; each is tried if there is none"),
    FIELD_STRING(struct params, direction_name, "group_key_direction", FIELD_ENV,
	"of tls-auth: normal, inverse, bidi or bidirectional; normal if there is none"),
    FIELD_STRINGS(struct params, client_key_texts, "client_keys", FIELD_ENV | FIELD_SECRET,
	"keys of the clients of tls-crypt-v2 that match, in base64"),
    FIELD_STRINGS(struct params, client_key_files, "client_key_files", FIELD_ENV | FIELD_PATH,
	"files with such keys, one each"),
    FIELD_STRING(struct params, server_key_text, "server_key", FIELD_ENV | FIELD_SECRET,
	"the server's key of tls-crypt-v2, in base64"),
    FIELD_STRING(struct params, server_key_file, "server_key_file", FIELD_ENV | FIELD_PATH,
	"a file with it; not looked at beside server_key"),
    FIELD_END,
};

/* ---- loading ------------------------------------------------------------------------------- */

static const char *resolved(struct load *load, const char *text)
{
	return text != NULL ? replace_at_load(load->arena, text) : "";
}

static const char *const mode_names[] = {
    [OPENVPN_PLAIN] = "plain",
    [OPENVPN_AUTH] = "auth",
    [OPENVPN_CRYPT] = "crypt",
    [OPENVPN_CRYPT2] = "crypt2",
};

static int load_modes(
    struct load *load, const struct jnode *node, struct params *p, struct error *err)
{
	struct jnode list = jnode_member(node, "modes"), item;
	const char *name;
	size_t i, k;

	for (k = 0; k < OPENVPN_MODES; k++)
		p->accepted[k] = p->modes.count == 0;
	for (i = 0; i < p->modes.count; i++) {
		name = replace_at_load(load->arena, p->modes.items[i]);
		for (k = 0; k < OPENVPN_MODES && strcasecmp(name, mode_names[k]) != 0; k++)
			;
		item = jnode_item(&list, i);
		if (k == OPENVPN_MODES)
			return jnode_error(&item, err, ERROR_INVALID,
			    "'%s' is none of plain, auth, crypt, crypt2", name);
		p->accepted[k] = true;
	}
	return 0;
}

static int load_direction(
    struct load *load, const struct jnode *node, struct params *p, struct error *err)
{
	static const struct {
		const char *name;
		enum openvpn_direction direction;
	} names[] = {
	    {"", OPENVPN_NORMAL},
	    {"normal", OPENVPN_NORMAL},
	    {"inverse", OPENVPN_INVERSE},
	    {"bidi", OPENVPN_BIDIRECTIONAL},
	    {"bidirectional", OPENVPN_BIDIRECTIONAL},
	};
	struct jnode member = jnode_member(node, "group_key_direction");
	const char *name = resolved(load, p->direction_name);
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(name, names[i].name) == 0) {
			p->direction = names[i].direction;
			return 0;
		}
	}
	return jnode_error(&member, err, ERROR_INVALID,
	    "'%s' is none of normal, inverse, bidi, bidirectional", name);
}

static int load_digest(
    struct load *load, const struct jnode *node, struct params *p, struct error *err)
{
	struct jnode member = jnode_member(node, "auth_digest");
	const char *name = resolved(load, p->digest_name);
	bool missing;

	if (*name == '\0')
		return 0;
	p->digest = openvpn_digest_find(name, &missing);
	if (p->digest != NULL)
		return 0;
	if (missing)
		return jnode_error(&member, err, ERROR_INVALID,
		    "the digest '%s' is not in the libraries of this program: leave it out and set "
		    "ignore_crypto to match by form",
		    name);
	return jnode_error(&member, err, ERROR_INVALID,
	    "'%s' is not a digest: say sha1, sha256, sha512 or another one of OpenVPN's", name);
}

static const char *const kind_names[] = {
    [OPENVPN_KEY_GROUP] = "a static key of OpenVPN: 512 hexadecimal digits",
    [OPENVPN_KEY_SERVER] = "a tls-crypt-v2 server key of OpenVPN in base64",
    [OPENVPN_KEY_CLIENT] = "a tls-crypt-v2 client key of OpenVPN in base64",
};

static int read_key(const struct jnode *node, const char *text, enum openvpn_key_kind kind,
    struct openvpn_key *key, struct error *err)
{
	if (openvpn_key_parse(span_str(text), kind, key) == 0)
		return 0;
	return jnode_error(node, err, ERROR_INVALID, "must be %s", kind_names[kind]);
}

static int read_key_file(const struct jnode *node, const char *path, enum openvpn_key_kind kind,
    struct openvpn_key *key, struct error *err)
{
	struct buf b = {0};
	struct error inner;
	int rc;

	if (pem_read_file(path, &b, &inner) == -1) {
		pem_wipe(&b);
		return jnode_error(node, err, inner.code, "%s", inner.message);
	}
	rc = openvpn_key_file_parse(buf_span(&b), kind, key);
	pem_wipe(&b);
	if (rc == 0)
		return 0;
	return jnode_error(
	    node, err, ERROR_INVALID, "there is no %s in '%s'", kind_names[kind] + 2, path);
}

/* The one key that stands in a text, or else in a file, or none. */
static int load_key(struct load *load, const struct jnode *text_node, const char *text,
    const struct jnode *path_node, const char *path, enum openvpn_key_kind kind,
    const struct openvpn_key **out, struct error *err)
{
	struct openvpn_key *key;

	text = resolved(load, text);
	path = resolved(load, path);
	if (*text == '\0' && *path == '\0')
		return 0;
	*out = key = arena_alloc(load->arena, sizeof(*key));
	if (*text != '\0')
		return read_key(text_node, text, kind, key, err);
	return read_key_file(path_node, path, kind, key, err);
}

static int load_keys(
    struct load *load, const struct jnode *node, struct params *p, struct error *err)
{
	struct jnode group = jnode_member(node, "group_key");
	struct jnode group_file = jnode_member(node, "group_key_file");
	struct jnode server = jnode_member(node, "server_key");
	struct jnode server_file = jnode_member(node, "server_key_file");

	if (load_key(load, &group, p->group_key_text, &group_file, p->group_key_file,
		OPENVPN_KEY_GROUP, &p->group_key, err) == -1)
		return -1;
	return load_key(load, &server, p->server_key_text, &server_file, p->server_key_file,
	    OPENVPN_KEY_SERVER, &p->server_key, err);
}

/* A client's key is of no use where the server's did not make it. */
static int check_client_key(const struct params *p, const struct jnode *item,
    const struct openvpn_key *key, struct error *err)
{
	uint8_t plain[OPENVPN_KEY];

	if (p->server_key == NULL ||
	    (openvpn_unwrap(openvpn_key_wrapped(key), p->server_key->bytes, plain) &&
		memcmp(plain, key->bytes, OPENVPN_KEY) == 0))
		return 0;
	return jnode_error(
	    item, err, ERROR_INVALID, "was not made with the server key that is set");
}

static int load_client_keys(struct load *load, const struct jnode *node, const char *name,
    const struct strings *list, struct params *p,
    int (*read)(const struct jnode *node, const char *text, enum openvpn_key_kind kind,
	struct openvpn_key *key, struct error *err),
    struct error *err)
{
	struct jnode member = jnode_member(node, name), item;
	struct openvpn_key *key;
	const char *text;
	size_t i;

	for (i = 0; i < list->count; i++) {
		item = jnode_item(&member, i);
		key = &p->client_keys[p->client_key_count];
		text = replace_at_load(load->arena, list->items[i]);
		if (*text == '\0')
			continue;
		if (read(&item, text, OPENVPN_KEY_CLIENT, key, err) == -1 ||
		    check_client_key(p, &item, key, err) == -1)
			return -1;
		p->client_key_count++;
	}
	return 0;
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;

	if (load_modes(load, node, p, err) == -1 || load_direction(load, node, p, err) == -1 ||
	    load_digest(load, node, p, err) == -1 || load_keys(load, node, p, err) == -1)
		return -1;
	p->client_keys = arena_array(load->arena,
	    p->client_key_texts.count + p->client_key_files.count, sizeof(*p->client_keys));
	if (load_client_keys(load, node, "client_keys", &p->client_key_texts, p, read_key, err) ==
	    -1)
		return -1;
	return load_client_keys(
	    load, node, "client_key_files", &p->client_key_files, p, read_key_file, err);
}

/* ---- matching ------------------------------------------------------------------------------ */

static bool time_fits(const struct openvpn_reset *reset, int64_t now_ns)
{
	int64_t off = now_ns - (int64_t)reset->time * 1000000000;

	return off > -TIME_WINDOW && off < TIME_WINDOW;
}

/* By the clients' keys if there are some, else by the server's. */
static bool crypt2_fits(const struct params *p, const struct openvpn_reset *reset)
{
	uint8_t key[OPENVPN_KEY];
	size_t i;
	bool good;

	for (i = 0; i < p->client_key_count; i++) {
		if (span_eq(reset->wrapped, openvpn_key_wrapped(&p->client_keys[i])))
			return openvpn_check_crypt(reset, p->client_keys[i].bytes);
	}
	if (p->client_key_count > 0)
		return false;
	if (p->server_key == NULL)
		return true;
	good = openvpn_unwrap(reset->wrapped, p->server_key->bytes, key) &&
	       openvpn_check_crypt(reset, key);
	explicit_bzero(key, sizeof(key));
	return good;
}

static bool keys_fit(const struct params *p, const struct openvpn_reset *reset)
{
	switch (reset->mode) {
	case OPENVPN_AUTH:
		return p->group_key == NULL ||
		       openvpn_check_auth(reset, p->group_key->bytes, p->direction, p->digest);
	case OPENVPN_CRYPT:
		return p->group_key == NULL || openvpn_check_crypt(reset, p->group_key->bytes);
	case OPENVPN_CRYPT2:
		return crypt2_fits(p, reset);
	default:
		return true;
	}
}

static bool accepts(const struct params *p, const struct openvpn_reset *reset, int64_t now_ns)
{
	if (reset->mode == OPENVPN_PLAIN)
		return true;
	if (!p->ignore_timestamp && !time_fits(reset, now_ns))
		return false;
	if (reset->mode == OPENVPN_AUTH && p->digest != NULL &&
	    openvpn_digest_size(p->digest) != reset->hmac.n)
		return false;
	return p->ignore_crypto || keys_fit(p, reset);
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;
	struct openvpn_reset reset;
	enum match_verdict verdict = MATCH_NO;
	size_t mode;

	for (mode = 0; mode < OPENVPN_MODES; mode++) {
		if (!p->accepted[mode])
			continue;
		switch (openvpn_parse(in->bytes, in->datagram, mode, &reset)) {
		case WIRE_YES:
			if (accepts(p, &reset, in->facts->start_ns))
				return MATCH_YES;
			break;
		case WIRE_MORE:
			verdict = MATCH_MORE;
			break;
		default:
			break;
		}
	}
	return in->datagram ? MATCH_NO : verdict;
}

/* ---- Caddyfile ----------------------------------------------------------------------------- */

static int adapt_modes(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *list = NULL;

	if (dispenser_args_left(d) > OPENVPN_MODES)
		return dispenser_arg_error(d, err);
	if (dispenser_strings(d, &list, err) == -1) {
		json_decref(list);
		return -1;
	}
	return dispenser_set(d, out, "modes", list, err);
}

static int adapt_text(struct dispenser *d, json_t *out, struct error *err)
{
	struct dispenser option = *d;
	const char *text;

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	return dispenser_set(&option, out, dispenser_text(&option), json_string(text), err);
}

/* A key or a file with it, not both. */
static int adapt_key(struct dispenser *d, json_t *out, struct error *err)
{
	static const char *const pairs[][2] = {
	    {"group_key", "group_key_file"}, {"server_key", "server_key_file"}};
	const char *option = dispenser_text(d);
	size_t i, k;

	for (i = 0; i < 2; i++) {
		for (k = 0; k < 2; k++) {
			if (strcmp(pairs[i][k], option) == 0 &&
			    json_object_get(out, pairs[i][1 - k]) != NULL)
				return dispenser_error(d, err, ERROR_INVALID,
				    "there may be one '%s' or one '%s'", pairs[i][0], pairs[i][1]);
		}
	}
	return adapt_text(d, out, err);
}

static int adapt_flag(struct dispenser *d, json_t *out, struct error *err)
{
	if (dispenser_none(d, err) == -1)
		return -1;
	return dispenser_set(d, out, dispenser_text(d), json_true(), err);
}

/* One key or file, added to the list. */
static int adapt_client_key(struct dispenser *d, json_t *out, struct error *err)
{
	const char *key =
	    strcmp(dispenser_text(d), "client_key") == 0 ? "client_keys" : "client_key_files";
	const char *text;
	json_t *list = json_object_get(out, key);

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	if (list == NULL) {
		list = json_array();
		json_object_set_new(out, key, list);
	}
	json_array_append_new(list, json_string(text));
	return 0;
}

static const struct setting settings[] = {
    {"modes", SETTING_CUSTOM, NULL, adapt_modes},
    {"ignore_crypto", SETTING_CUSTOM, NULL, adapt_flag},
    {"ignore_timestamp", SETTING_CUSTOM, NULL, adapt_flag},
    {"group_key", SETTING_CUSTOM, NULL, adapt_key},
    {"group_key_file", SETTING_CUSTOM, NULL, adapt_key},
    {"auth_digest", SETTING_CUSTOM, NULL, adapt_text},
    {"group_key_direction", SETTING_CUSTOM, NULL, adapt_text},
    {"server_key", SETTING_CUSTOM, NULL, adapt_key},
    {"server_key_file", SETTING_CUSTOM, NULL, adapt_key},
    {"client_key", SETTING_CUSTOM, NULL, adapt_client_key},
    {"client_key_file", SETTING_CUSTOM, NULL, adapt_client_key},
    {NULL, 0, NULL, NULL},
};

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	return settings_adapt_module(d, settings, "openvpn option", out, err);
}

const struct matcher_type matcher_openvpn = {
    .name = "openvpn",
    .help = "an OpenVPN client, perhaps by mode and keys",
    .bytes = true,
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
