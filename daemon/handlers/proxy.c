/* SPDX-License-Identifier: BSD-2-Clause */
/* proxy: relays a connection to one of several upstreams. */
#include <config.h>

#include "daemon/handlers/proxy.h"

#include "daemon/core/conn.h"
#include "daemon/core/explain.h"
#include "daemon/core/load.h"
#include "daemon/tls/client.h"
#include "daemon/upstream/datagram_relay.h"
#include "daemon/upstream/dial.h"
#include "daemon/upstream/pool.h"
#include "daemon/upstream/relay.h"
#include "daemon/wire/proxy_header.h"

#define CHOOSE_DEFAULT 2
#define DIAL_TIMEOUT_DEFAULT (5 * DURATION_S)
#define CHECK_INTERVAL_DEFAULT (30 * DURATION_S)
#define CHECK_TIMEOUT_DEFAULT (5 * DURATION_S)
#define MAX_FAILS_MAX 10000

enum header { HEADER_NONE, HEADER_V1, HEADER_V2 };

static const char *const header_names[] = {"", "v1", "v2", NULL};

struct balancing {
	struct {
		int policy;
		int64_t choose;
	} selection;
	int64_t try_duration, try_interval;
};

struct health {
	const struct health_active *active; /* NULL: off */
	const struct health_passive *passive;
};

struct proxy_params {
	struct pool pool;
	struct objects upstreams;
	struct balancing balancing;
	struct health health;
	int header;
	struct dial_options dial;
	struct relay_options relay;
};

static const struct field upstream_fields[] = {
    FIELD_STRINGS(struct upstream, dial, "dial",
	FIELD_REQUIRED | FIELD_PLACEHOLDERS | FIELD_ENV | FIELD_PATH | FIELD_ADDRESS,
	"addresses to connect to, tried in order"),
    FIELD_INT(struct upstream, max_connections, "max_connections", 0, "0", 0, INT32_MAX,
	"most connections at a time to each address; 0: no limit"),
    FIELD_INT(
	struct upstream, weight, "weight", 0, "1", 0, INT32_MAX, "share in weighted_round_robin"),
    FIELD_BOOL(struct upstream, allow_local, "allow_local", 0,
	"let a dial address with placeholders become a loopback or link-local one, or our own"),
    FIELD_BOOL(
	struct upstream, deny_private, "deny_private", 0, "do not let it become a private one"),
    {.name = "tls",
	.type = FIELD_TYPE_CUSTOM,
	.offset = offsetof(struct upstream, tls),
	.fields = tls_client_fields,
	.load = tls_client_field,
	.help = "speak TLS with the upstream"},
    FIELD_STRINGS(struct upstream, local_address, "local_address", FIELD_PLACEHOLDERS | FIELD_ENV,
	"addresses to connect from: the first one of the upstream's family"),
    FIELD_BOOL(struct upstream, disabled, "disabled", 0, "is not chosen"),
    FIELD_ENUM(struct upstream, preference, "resolver_preference", 0, "", preference_names,
	"which addresses of a name: ipv4_only, ipv6_only, ipv4_first, ipv6_first"),
    FIELD_END,
};

static const struct field active_fields[] = {
    FIELD_INT(struct health_active, port, "port", 0, NULL, 0, UINT16_MAX,
	"connect to this port; 0: the address's own"),
    FIELD_DURATION(
	struct health_active, interval, "interval", 0, "30s", "from one check to the next"),
    FIELD_DURATION(
	struct health_active, timeout, "timeout", 0, "5s", "how long connecting may take"),
    FIELD_INT(struct health_active, rise, "rise", 0, "1", 0, INT32_MAX,
	"successes in a row that make it healthy"),
    FIELD_INT(struct health_active, fall, "fall", 0, "1", 0, INT32_MAX,
	"failures in a row that make it unhealthy"),
    FIELD_BOOL(struct health_active, close_if_unhealthy, "close_if_unhealthy", 0,
	"end its connections when it becomes unhealthy"),
    FIELD_END,
};

static const struct field passive_fields[] = {
    FIELD_DURATION(struct health_passive, fail_duration, "fail_duration", 0, NULL,
	"how long a failure to connect counts; 0: not at all"),
    FIELD_INT(struct health_passive, max_fails, "max_fails", 0, "1", 0, MAX_FAILS_MAX,
	"failures that count at a time and take the address out"),
    FIELD_INT(struct health_passive, unhealthy_connection_count, "unhealthy_connection_count", 0,
	NULL, 0, INT32_MAX, "max_connections of upstreams that have none of their own"),
    FIELD_END,
};

static const struct field selection_fields[] = {
    FIELD_ENUM(struct balancing, selection.policy, "policy", 0, "random", policy_names,
	"how an upstream is chosen"),
    FIELD_INT(struct balancing, selection.choose, "choose", 0, "2", 0, POOL_MAX,
	"random_choose: how many are drawn"),
    FIELD_END,
};

static const struct field balancing_fields[] = {
    {.name = "selection",
	.type = FIELD_TYPE_OBJECT,
	.fields = selection_fields,
	.help = "the selection policy"},
    FIELD_DURATION(struct balancing, try_duration, "try_duration", 0, NULL,
	"how long to go on while no upstream can be reached; 0: each is tried once"),
    FIELD_DURATION(struct balancing, try_interval, "try_interval", 0, "250ms",
	"pause between two rounds of tries"),
    FIELD_END,
};

static int load_active(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct health_active *active;

	if (json_is_null(node->value))
		return 0;
	active = arena_alloc(load->arena, sizeof(*active));
	if (fields_load(active_fields, load, node, NULL, load->arena, active, err) == -1)
		return -1;
	/* The reference takes 0 for unset. */
	active->interval = active->interval > 0 ? active->interval : CHECK_INTERVAL_DEFAULT;
	active->timeout = active->timeout > 0 ? active->timeout : CHECK_TIMEOUT_DEFAULT;
	active->rise = active->rise > 0 ? active->rise : 1;
	active->fall = active->fall > 0 ? active->fall : 1;
	*(const struct health_active **)target = active;
	return 0;
}

static int load_passive(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct health_passive *passive;

	if (json_is_null(node->value))
		return 0;
	passive = arena_alloc(load->arena, sizeof(*passive));
	if (fields_load(passive_fields, load, node, NULL, load->arena, passive, err) == -1)
		return -1;
	passive->max_fails = passive->max_fails > 0 ? passive->max_fails : 1;
	*(const struct health_passive **)target = passive;
	return 0;
}

static const struct field health_fields[] = {
    {.name = "active",
	.type = FIELD_TYPE_CUSTOM,
	.offset = offsetof(struct health, active),
	.fields = active_fields,
	.load = load_active,
	.help = "connect to each address now and then"},
    {.name = "passive",
	.type = FIELD_TYPE_CUSTOM,
	.offset = offsetof(struct health, passive),
	.fields = passive_fields,
	.load = load_passive,
	.help = "look at what connections meet"},
    FIELD_END,
};

static const struct field fields[] = {
    FIELD_OBJECTS(struct proxy_params, upstreams, "upstreams", 0, upstream_fields, struct upstream,
	"where to connect to"),
    FIELD_OBJECT(struct proxy_params, balancing, "load_balancing", 0, balancing_fields,
	"choosing among the upstreams"),
    FIELD_OBJECT(
	struct proxy_params, health, "health_checks", 0, health_fields, "watching the upstreams"),
    FIELD_ENUM(struct proxy_params, header, "proxy_protocol", 0, "", header_names,
	"send a PROXY header of this version (v1, v2) with the client's addresses"),
    FIELD_DURATION(struct proxy_params, dial.timeout, "dial_timeout", 0, "5s",
	"how long one address may take to answer"),
    FIELD_DURATION(struct proxy_params, relay.idle_timeout, "tcp_idle_timeout", 0, NULL,
	"end after this time without a byte in either direction; 0: never"),
    FIELD_DURATION(struct proxy_params, relay.fin_timeout, "fin_timeout", 0, "5m",
	"the same once one side has ended; 0: never"),
    FIELD_DURATION(struct proxy_params, relay.max_age, "max_age", 0, NULL,
	"end a connection of this age; 0: never"),
    FIELD_END,
};

/* One would be `random`; the reference takes 0 for unset. */
static int check_choose(const struct jnode *node, struct balancing *balancing, struct error *err)
{
	struct jnode outer = jnode_member(node, "load_balancing");
	struct jnode selection = jnode_member(&outer, "selection");
	struct jnode choose = jnode_member(&selection, "choose");

	if (balancing->selection.choose == 0)
		balancing->selection.choose = CHOOSE_DEFAULT;
	if (balancing->selection.choose == 1)
		return jnode_error(&choose, err, ERROR_INVALID, "must be at least 2");
	return 0;
}

/* Version 1 is a line of text in front of a stream; nothing says where it would end here. */
static int check_header(
    const struct jnode *node, const struct proxy_params *params, struct error *err)
{
	struct jnode header = jnode_member(node, "proxy_protocol");

	if (params->header == HEADER_V1 && pool_has_datagrams(&params->pool))
		return jnode_error(&header, err, ERROR_INVALID,
		    "version 1 is for streams; an upstream that takes datagrams needs v2");
	return 0;
}

static int load_proxy(struct load *load, const struct jnode *node, void *p, struct error *err)
{
	struct proxy_params *params = p;
	struct jnode list = jnode_member(node, "upstreams");

	if (params->upstreams.count == 0)
		return jnode_error(&list, err, ERROR_INVALID,
		    "needs at least one upstream: [{\"dial\": [\"host:port\"]}]");
	if (check_choose(node, &params->balancing, err) == -1)
		return -1;
	if (params->dial.timeout == 0) /* not at all would be no use */
		params->dial.timeout = DIAL_TIMEOUT_DEFAULT;
	params->dial.try_duration = params->balancing.try_duration;
	params->dial.try_interval = params->balancing.try_interval;
	params->pool.active = params->health.active;
	params->pool.passive = params->health.passive;
	if (pool_init(&params->pool, load, node, params->upstreams,
		params->balancing.selection.policy, params->balancing.selection.choose, err) == -1)
		return -1;
	return check_header(node, params, err);
}

static void on_dialed(struct conn *conn, struct endpoint *upstream, const void *arg)
{
	const struct proxy_params *params = arg;
	uint8_t header[PROXY_HEADER_SIZE_MAX];
	size_t length = 0;

	_Static_assert(sizeof(header) >= PROXY_HEADER_V1_SIZE_MAX, "room for both versions");
	if (params->header == HEADER_V1)
		length = proxy_header_v1(header, &conn->facts.src, facts_dst(&conn->facts));
	else if (params->header == HEADER_V2)
		length = proxy_header_v2(
		    header, &conn->facts.src, facts_dst(&conn->facts), conn->flow != NULL);
	if (conn->flow != NULL)
		datagram_relay_start(
		    conn, upstream, span_of(header, length), params->relay.max_age);
	else
		relay_start(conn, upstream, span_of(header, length), &params->relay);
}

static enum handle_result handle(struct conn *conn, const void *p)
{
	const struct proxy_params *params = p;

	dial_start(conn, &params->pool, &params->dial, on_dialed, params);
	return HANDLE_DONE;
}

static enum explained explain(struct explain *e, const void *p)
{
	const struct proxy_params *params = p;
	const struct pool *pool = &params->pool;
	const struct upstream *certain = pool_foresee(pool, &e->in->facts->src);
	size_t i;

	for (i = 0; i < pool->count; i++) {
		const struct upstream *u = &pool->items[i];

		e->upstream(e->arg, u->dial.items[0], upstream_available(u), u == certain);
	}
	return EXPLAIN_DONE;
}

const struct handler_type handler_proxy = {
    .name = "proxy",
    .help = "relays the connection to one of several upstreams",
    .fields = fields,
    .params_size = sizeof(struct proxy_params),
    .load = load_proxy,
    .handle = handle,
    .explain = explain,
    .terminal = true,
    .adapt = proxy_adapt,
    .datagrams = true,
};
