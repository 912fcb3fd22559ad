/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "daemon/core/conn.h"
#include "daemon/core/explain.h"
#include "daemon/core/flow.h"
#include "daemon/core/iprange.h"
#include "daemon/core/load.h"
#include "daemon/input/settings.h"
#include "daemon/wire/proxy_header.h"

#define READ_SIZE 2048 /* a header and what comes with it, as a rule */

enum policy { POLICY_IGNORE, POLICY_USE, POLICY_REJECT, POLICY_REQUIRE, POLICY_SKIP };

static const char *const policy_names[] = {"IGNORE", "USE", "REJECT", "REQUIRE", "SKIP", NULL};

struct params {
	int64_t timeout;
	struct strings allow_texts, deny_texts;
	const char *fallback_text;
	struct iprange *allow, *deny;
	enum policy fallback;
};

static const struct field fields[] = {
    FIELD_DURATION(struct params, timeout, "timeout", 0, "5s",
	"how long to wait for the header; then only REQUIRE fails"),
    FIELD_STRINGS(struct params, allow_texts, "allow", FIELD_ENV,
	"ranges of addresses whose header is used whatever fallback_policy says"),
    FIELD_STRINGS(struct params, deny_texts, "deny", FIELD_ENV,
	"ranges of addresses that may send none; before allow"),
    FIELD_STRING(struct params, fallback_text, "fallback_policy", 0,
	"for addresses in neither: IGNORE, USE, SKIP (a header is used), REQUIRE, REJECT"),
    FIELD_END,
};

/* -1: no such policy. Case does not matter, as in the reference. */
static int parse_policy(const char *text)
{
	int i;

	for (i = 0; policy_names[i] != NULL; i++)
		if (strcasecmp(policy_names[i], text) == 0)
			return i;
	return -1;
}

static int load(struct load *load, const struct jnode *node, void *p, struct error *err)
{
	struct params *params = p;
	struct jnode fallback = jnode_member(node, "fallback_policy");
	int policy;

	if (params->timeout == 0)
		params->timeout = 5 * DURATION_S;
	if (iprange_load(load, node, "allow", &params->allow_texts, &params->allow, err) == -1 ||
	    iprange_load(load, node, "deny", &params->deny_texts, &params->deny, err) == -1)
		return -1;
	if (params->fallback_text == NULL)
		return 0;
	policy = parse_policy(params->fallback_text);
	if (policy == -1)
		return jnode_error(&fallback, err, ERROR_INVALID,
		    "unknown policy '%s'; it is one of IGNORE, USE, REJECT, REQUIRE, SKIP",
		    params->fallback_text);
	params->fallback = (enum policy)policy;
	return 0;
}

/* What holds for the other side, which wrote the bytes to come. */
static enum policy policy_of(const struct params *params, const struct netaddr *src)
{
	if (src->family == AF_UNIX)
		return POLICY_USE;
	if (iprange_contains(params->deny, src))
		return POLICY_REJECT;
	if (iprange_contains(params->allow, src))
		return POLICY_USE;
	return params->fallback;
}

/* ---- what a header says -------------------------------------------------------------------- */

#define PREFIX "l4.proxy_protocol."
#define SSL_CLIENT 0x01 /* PP2_CLIENT_SSL: the client came over TLS */

static const struct tlv_name {
	uint8_t type;
	const char *name;
} tlv_names[] =
    {
	{PROXY_TLV_ALPN, PREFIX "alpn"},
	{PROXY_TLV_AUTHORITY, PREFIX "authority"},
	{PROXY_TLV_UNIQUE_ID, PREFIX "unique_id"},
	{PROXY_TLV_NETNS, PREFIX "netns"},
	{0, NULL},
},
  ssl_names[] = {
      {0x21, PREFIX "ssl.version"},
      {0x22, PREFIX "ssl.cn"},
      {0x23, PREFIX "ssl.cipher"},
      {0x24, PREFIX "ssl.sig_alg"},
      {0x25, PREFIX "ssl.key_alg"},
      {0, NULL},
};

static bool is_text(struct span value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if (value.p[i] < ' ' || value.p[i] > '~')
			return false;
	return true;
}

/* A value that is not text, such as a binary unique id, is written in hexadecimal. */
static void set_fact(struct facts *facts, const char *name, struct span value)
{
	static const char digits[] = "0123456789abcdef";
	struct buf hex = {0};
	uint8_t *to;
	size_t i;

	if (is_text(value)) {
		facts_set(facts, name, value);
		return;
	}
	to = buf_reserve(&hex, 2 * value.n);
	for (i = 0; i < value.n; i++) {
		to[2 * i] = (uint8_t)digits[value.p[i] >> 4];
		to[2 * i + 1] = (uint8_t)digits[value.p[i] & 15];
	}
	buf_commit(&hex, 2 * value.n);
	facts_set(facts, name, buf_span(&hex));
	buf_fini(&hex);
}

static void set_named(
    struct facts *facts, const struct tlv_name *names, uint8_t type, struct span value)
{
	for (; names->name != NULL; names++)
		if (names->type == type)
			set_fact(facts, names->name, value);
}

/*
 * PP2_TYPE_SSL (proxy-protocol.txt section 2.2.6): flags, four bytes that are zero where the
 * client's certificate was verified, TLVs of its own.
 */
static void take_ssl(struct facts *facts, struct span value)
{
	uint8_t flags, type;
	uint32_t verify;

	if (!span_u8(&value, &flags) || !span_u32(&value, &verify) || (flags & SSL_CLIENT) == 0)
		return;
	facts_set(facts, PREFIX "ssl.verified", span_str(verify == 0 ? "true" : "false"));
	for (struct span v; proxy_header_next_tlv(&value, &type, &v);)
		set_named(facts, ssl_names, type, v);
}

static void take_header(struct facts *facts, const struct proxy_header *header)
{
	struct span tlvs = header->tlvs, value;
	uint8_t type;

	facts_set(facts, PREFIX "version", span_str(header->version == 1 ? "1" : "2"));
	if (!header->local) {
		facts->src = header->src;
		facts->dst = header->dst;
	}
	while (proxy_header_next_tlv(&tlvs, &type, &value)) {
		if (type == PROXY_TLV_SSL)
			take_ssl(facts, value);
		else
			set_named(facts, tlv_names, type, value);
	}
}

/* ---- the connection ------------------------------------------------------------------------ */

static enum handle_result fail(struct conn *conn, const char *why)
{
	conn_end(conn, END_PROXY_HEADER, why);
	return HANDLE_FAIL;
}

/* There is no header, or none came in time. */
static enum handle_result without(struct conn *conn, enum policy policy)
{
	return policy == POLICY_REQUIRE ? fail(conn, "no PROXY header, which is required")
					: HANDLE_NEXT;
}

static enum handle_result with(
    struct conn *conn, enum policy policy, const struct proxy_header *header)
{
	struct buf *ahead = &conn->client.top->ahead;

	if (policy == POLICY_REJECT)
		return fail(conn, "a PROXY header from an address that may not send one");
	take_header(&conn->facts, header);
	buf_consume(ahead, header->length);
	if (buf_len(ahead) == 0)
		buf_fini(ahead);
	return HANDLE_NEXT;
}

/* Looks at what there is and reads on as long as that brings something. */
static enum handle_result look(struct conn *conn)
{
	const struct params *params = conn->handler;
	enum policy policy = policy_of(params, &conn->facts.src);
	struct stream *top = conn->client.top;
	struct proxy_header header;
	ssize_t n;

	for (;;) {
		switch (proxy_header_parse(buf_span(&top->ahead), &header)) {
		case PROXY_HEADER_OK:
			return with(conn, policy, &header);
		case PROXY_HEADER_BAD:
			return fail(conn, "a malformed PROXY header");
		case PROXY_HEADER_NO:
			return without(conn, policy);
		case PROXY_HEADER_MORE:
			break;
		}
		n = stream_peek(top, READ_SIZE);
		if (n == 0)
			return without(conn, policy);
		if (n == -1 && errno == EAGAIN)
			return HANDLE_WAIT;
		if (n == -1) {
			conn_end(conn, END_CLIENT_RESET, NULL);
			return HANDLE_FAIL;
		}
	}
}

static void resume(struct conn *conn, enum handle_result result)
{
	conn_wait(conn, 0, NULL);
	conn_timer_stop(conn);
	conn_resume(conn, result);
}

static void on_client(struct conn *conn, int events)
{
	enum handle_result result = look(conn);

	(void)events;
	if (result == HANDLE_NEXT)
		resume(conn, result);
}

static void on_timer(struct conn *conn)
{
	const struct params *params = conn->handler;
	enum handle_result result = without(conn, policy_of(params, &conn->facts.src));

	if (result == HANDLE_NEXT)
		resume(conn, result);
}

/* ---- a client that sends datagrams ---------------------------------------------------------- */

/*
 * Each datagram has a header of its own. Those of several clients may come from one socket, as
 * those of a proxy in front of us do; each client has its flow.
 */
struct strip {
	struct flow_filter filter; /* first */
	enum policy policy;
	struct netaddr origin; /* whose flow it is */
};

/* What is wrong with a datagram, or NULL and its header, of length 0 where there is none. */
static const char *read_datagram(
    struct span datagram, enum policy policy, struct proxy_header *header)
{
	switch (proxy_header_parse(datagram, header)) {
	case PROXY_HEADER_OK:
		return policy == POLICY_REJECT
			   ? "a PROXY header from an address that may not send one"
			   : NULL;
	case PROXY_HEADER_BAD:
		return "a malformed PROXY header";
	case PROXY_HEADER_MORE:
		if (proxy_header_signature(datagram) == PROXY_HEADER_OK)
			return "a PROXY header that is cut off";
		break;
	case PROXY_HEADER_NO:
		break;
	}
	*header = (struct proxy_header){.local = true};
	return policy == POLICY_REQUIRE ? "no PROXY header, which is required" : NULL;
}

static const struct netaddr *origin_of(const struct conn *conn, const struct proxy_header *header)
{
	return header->local ? &conn->facts.remote : &header->src;
}

static bool pass(struct conn *conn, struct flow_filter *filter, struct span *datagram)
{
	struct strip *s = (struct strip *)filter;
	struct proxy_header header;
	const struct netaddr *origin;

	if (read_datagram(*datagram, s->policy, &header) != NULL) {
		flow_lost(conn->flow);
		return false;
	}
	origin = origin_of(conn, &header);
	if (!netaddr_equal(origin, &s->origin)) {
		flow_pass_on(conn->flow, origin, *datagram);
		return false;
	}
	span_skip(datagram, header.length);
	return true;
}

static enum handle_result handle_datagrams(struct conn *conn, const struct params *params)
{
	struct strip *s = arena_alloc(conn->arena, sizeof(*s));
	struct span first = span_of(NULL, 0);
	struct proxy_header header;
	const char *why;

	flow_look(conn->flow, 0, &first, 1);
	s->filter.pass = pass;
	s->policy = policy_of(params, &conn->facts.src);
	why = read_datagram(first, s->policy, &header);
	if (why != NULL)
		return fail(conn, why);
	s->origin = *origin_of(conn, &header);
	if (header.length > 0)
		take_header(&conn->facts, &header);
	flow_filter(conn->flow, &s->filter);
	return HANDLE_NEXT;
}

static enum handle_result handle(struct conn *conn, const void *p)
{
	const struct params *params = p;
	enum handle_result result;

	if (conn->flow != NULL)
		return handle_datagrams(conn, params);
	conn->handler = (void *)params;
	result = look(conn);
	if (result == HANDLE_WAIT) {
		conn_timer(conn, params->timeout, on_timer);
		conn_wait_more(conn, on_client);
	}
	return result;
}

/* ---- Caddyfile ----------------------------------------------------------------------------- */

static int adapt_ranges(struct dispenser *d, json_t *out, struct error *err)
{
	const char *key = dispenser_text(d), *text;
	json_t *list = json_object_get(out, key);

	if (dispenser_args_left(d) == 0)
		return dispenser_arg_error(d, err);
	if (list == NULL) {
		list = json_array();
		json_object_set_new(out, key, list);
	}
	while ((text = dispenser_arg(d)) != NULL)
		iprange_adapt(text, list);
	return 0;
}

/* IGNORE is the reference's zero value, which its output leaves out. */
static int adapt_fallback(struct dispenser *d, json_t *out, struct error *err)
{
	const char *text;
	int policy;

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	policy = parse_policy(text);
	if (policy == -1)
		return dispenser_unknown(d, "policy", policy_names, err);
	if (policy == POLICY_IGNORE)
		json_object_del(out, "fallback_policy");
	else
		json_object_set_new(out, "fallback_policy", json_string(policy_names[policy]));
	return 0;
}

static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	static const struct setting settings[] = {
	    {"allow", SETTING_CUSTOM, NULL, adapt_ranges},
	    {"deny", SETTING_CUSTOM, NULL, adapt_ranges},
	    {"fallback_policy", SETTING_CUSTOM, NULL, adapt_fallback},
	    {"timeout", SETTING_DURATION, "timeout", NULL},
	    {NULL, SETTING_TRUE, NULL, NULL},
	};

	dispenser_next(d);
	if (dispenser_none(d, err) == -1)
		return -1;
	return settings_adapt(d, settings, "proxy_protocol option", out, err);
}

const struct handler_type handler_proxy_protocol = {
    .name = "proxy_protocol",
    .help = "takes a PROXY header off the stream and uses the addresses in it",
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load,
    .handle = handle,
    .explain = explain_opaque,
    .adapt = adapt,
    .datagrams = true,
};
