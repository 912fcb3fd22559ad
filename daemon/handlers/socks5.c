/* SPDX-License-Identifier: BSD-2-Clause */
/* socks5: a SOCKS 5 server. Here its options; the session is in socks5_session.c. */
#include <config.h>

#include "daemon/handlers/socks5.h"

#include <strings.h>

#include <nettle/memops.h>
#include <nettle/sha2.h>

#include "daemon/core/explain.h"
#include "daemon/core/iprange.h"
#include "daemon/core/load.h"
#include "daemon/core/replacer.h"
#include "daemon/input/settings.h"

#define WORD_MAX 255 /* of a user's name, of a password: RFC 1929 */

/* Never a destination that somebody meant; some systems take the first for the loopback address. */
static const char *const senseless_ranges[] = {
    "0.0.0.0/8", "224.0.0.0/4", "255.255.255.255", "::", "ff00::/8"};

static int load_credentials(
    struct load *load, const struct jnode *node, void *target, struct error *err);

static const struct shape credentials_shape = {.type = SHAPE_MAP, .of = &shape_text, .null = true};

static const struct field fields[] = {
    FIELD_STRINGS(struct socks5_params, command_texts, "commands", FIELD_ENV | FIELD_OPEN,
	"CONNECT, ASSOCIATE, BIND; the first two if there is none"),
    FIELD_STRING(struct socks5_params, bind_text, "bind_ip", FIELD_ENV | FIELD_OPEN,
	"IP address for BIND and ASSOCIATE; else the one that the client came to"),
    FIELD_CUSTOM(struct socks5_params, credentials, "credentials", FIELD_ENV | FIELD_SECRET,
	load_credentials, &credentials_shape,
	"names of users and their passwords; anyone may come if there is none"),
    FIELD_STRINGS(struct socks5_params, deny_texts, "deny", FIELD_ENV,
	"IP addresses, CIDR ranges and private_ranges that clients may not reach"),
    FIELD_END,
};

/* ---- credentials --------------------------------------------------------------------------- */

static void digest(struct span text, uint8_t out[32])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, text.n, text.p);
	sha256_digest(&ctx, SHA256_DIGEST_SIZE, out);
}

/* Looks at all of them, whatever it finds. */
bool socks5_is_known(const struct socks5_params *params, struct span user, struct span password)
{
	struct socks5_credential given;
	int known = 0;
	size_t i;

	digest(user, given.user);
	digest(password, given.password);
	for (i = 0; i < params->credential_count; i++)
		known |= memeql_sec(&params->credentials[i], &given, sizeof(given));
	return known != 0;
}

static int load_credential(
    struct load *load, const struct jnode *member, struct socks5_params *params, struct error *err)
{
	struct socks5_credential *c = &params->credentials[params->credential_count];
	const char *user = replace_at_load(load->arena, member->key), *password;

	if (jnode_string(member, &password, err) == -1)
		return -1;
	password = replace_at_load(load->arena, password);
	if (strlen(user) > WORD_MAX || strlen(password) > WORD_MAX)
		return jnode_error(member, err, ERROR_INVALID,
		    "a user's name and a password are at most %d bytes long", WORD_MAX);
	if (*user == '\0') /* the reference leaves it out, too */
		return 0;
	digest(span_str(user), c->user);
	digest(span_str(password), c->password);
	params->credential_count++;
	return 0;
}

/* An object that is not empty means that a password is asked for, whoever may have one. */
static int load_credentials(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct socks5_params *params =
	    (struct socks5_params *)((char *)target - offsetof(struct socks5_params, credentials));
	const char *user;
	json_t *password;

	if (json_is_null(node->value))
		return 0;
	if (jnode_object(node, err) == -1)
		return -1;
	params->password = json_object_size(node->value) > 0;
	params->credentials =
	    arena_array(load->arena, json_object_size(node->value), sizeof(*params->credentials));
	json_object_foreach (node->value, user, password) {
		struct jnode member = jnode_member(node, user);

		if (load_credential(load, &member, params, err) == -1)
			return -1;
	}
	return 0;
}

/* ---- loading ------------------------------------------------------------------------------- */

static int load_commands(
    struct load *load, const struct jnode *node, struct socks5_params *p, struct error *err)
{
	static const char *const names[] = {
	    [SOCKS5_CONNECT] = "CONNECT", [SOCKS5_BIND] = "BIND", [SOCKS5_ASSOCIATE] = "ASSOCIATE"};
	struct jnode list = jnode_member(node, "commands"), item;
	const char *text;
	size_t i, command;

	p->allowed[SOCKS5_CONNECT] = p->allowed[SOCKS5_ASSOCIATE] = p->command_texts.count == 0;
	for (i = 0; i < p->command_texts.count; i++) {
		text = replace_at_load(load->arena, p->command_texts.items[i]);
		for (command = SOCKS5_CONNECT;
		     command <= SOCKS5_ASSOCIATE && strcasecmp(names[command], text) != 0;
		     command++)
			;
		item = jnode_item(&list, i);
		if (command > SOCKS5_ASSOCIATE)
			return jnode_error(&item, err, ERROR_INVALID,
			    "'%s' is none of CONNECT, ASSOCIATE, BIND", text);
		p->allowed[command] = true;
	}
	return 0;
}

static int load_bind(
    struct load *load, const struct jnode *node, struct socks5_params *p, struct error *err)
{
	struct jnode member = jnode_member(node, "bind_ip");
	const char *text = p->bind_text != NULL ? replace_at_load(load->arena, p->bind_text) : "";

	if (*text == '\0' || netaddr_parse_ip(text, &p->bind_ip))
		return 0;
	return jnode_error(&member, err, ERROR_INVALID, "'%s' is not an IP address", text);
}

/* What nobody may reach comes to what the operator denies. */
static int load_deny(
    struct load *load, const struct jnode *node, struct socks5_params *p, struct error *err)
{
	size_t own = sizeof(senseless_ranges) / sizeof(senseless_ranges[0]), i;
	struct strings all = {.count = p->deny_texts.count + own};
	struct iprange *refused;

	all.items = arena_array(load->arena, all.count, sizeof(*all.items));
	for (i = 0; i < p->deny_texts.count; i++)
		all.items[i] = p->deny_texts.items[i];
	memcpy(all.items + i, senseless_ranges, sizeof(senseless_ranges));
	if (iprange_load(load, node, "deny", &all, &refused, err) == -1)
		return -1;
	p->refused = refused;
	return 0;
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct socks5_params *p = params;

	if (load_commands(load, node, p, err) == -1 || load_bind(load, node, p, err) == -1)
		return -1;
	return load_deny(load, node, p, err);
}

static enum handle_result handle(struct conn *conn, const void *params)
{
	socks5_start(conn, params);
	return HANDLE_DONE;
}

/* ---- Caddyfile ----------------------------------------------------------------------------- */

static int adapt_bind(struct dispenser *d, json_t *out, struct error *err)
{
	struct dispenser option = *d;
	const char *text;

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	return dispenser_set(&option, out, "bind_ip", json_string(text), err);
}

/* Names and passwords by turns; one that comes again replaces what was there. */
static int adapt_credentials(struct dispenser *d, json_t *out, struct error *err)
{
	size_t count = dispenser_args_left(d);
	json_t *users = json_object_get(out, "credentials");
	const char *user;

	if (count == 0 || count % 2 != 0)
		return dispenser_arg_error(d, err);
	if (users == NULL) {
		users = json_object();
		json_object_set_new(out, "credentials", users);
	}
	while ((user = dispenser_arg(d)) != NULL)
		json_object_set_new(users, user, json_string(dispenser_arg(d)));
	return 0;
}

static int adapt_deny(struct dispenser *d, json_t *out, struct error *err)
{
	return iprange_adapt_list(d, out, "deny", err);
}

static const struct setting settings[] = {
    {"bind_ip", SETTING_CUSTOM, NULL, adapt_bind},
    {"commands", SETTING_ADD, "commands", NULL},
    {"credentials", SETTING_CUSTOM, NULL, adapt_credentials},
    {"deny", SETTING_CUSTOM, NULL, adapt_deny},
    {NULL, 0, NULL, NULL},
};

static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	dispenser_next(d); /* the name */
	if (dispenser_none(d, err) == -1)
		return -1;
	return settings_adapt(d, settings, "socks5 option", out, err);
}

/* Without users anybody reaches what the daemon can reach. */
static bool is_open(const void *p)
{
	const struct socks5_params *params = p;

	return !params->password;
}

const struct handler_type handler_socks5 = {
    .name = "socks5",
    .help = "a SOCKS 5 server: connects where the client asks to",
    .fields = fields,
    .params_size = sizeof(struct socks5_params),
    .load = load_params,
    .handle = handle,
    .explain = explain_terminal,
    .terminal = true,
    .adapt = adapt,
    .is_open = is_open,
};
