/* SPDX-License-Identifier: BSD-2-Clause */
/* route.test: what the routes in force would do with a client that is described. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/gnutls.h>

#include "common/arena.h"
#include "common/duration.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/rows.h"
#include "daemon/core/explain.h"
#include "daemon/core/instance.h"
#include "daemon/net/address.h"
#include "daemon/wire/hello_build.h"

#define BYTES_MAX (96u << 10) /* of the text; more than the largest matching buffer in base64 */
#define DATAGRAMS_MAX 16

enum { TEST_LISTENER, TEST_SRC, TEST_SNI, TEST_ALPN, TEST_BYTES, TEST_STATE };

static const struct param params[] = {
    {.name = "listener", .type = PARAM_TEXT, .required = true, .help = "the address it comes to"},
    {.name = "src", .type = PARAM_TEXT, .help = "its address, with or without a port"},
    {.name = "sni", .type = PARAM_TEXT, .help = "it sends a ClientHello with this server name"},
    {.name = "alpn", .type = PARAM_TEXT, .help = "and these protocols, joined by commas"},
    {.name = "bytes",
	.type = PARAM_TEXT,
	.max = BYTES_MAX,
	.help = "what it sends, in base64 (over UDP datagrams, with commas between them); instead "
		"of sni and alpn"},
    {.name = "state",
	.type = PARAM_TEXT,
	.help = "live: more may come (default); ended: that was all; silent: silence_timeout has "
		"passed"},
    {.name = NULL},
};

/* The connection that is described, and what is found out of it. */
struct test {
	struct arena *arena; /* of the facts */
	struct facts facts;
	struct match_cache cache;
	struct match_input in;
	struct buf bytes;
	size_t ends[DATAGRAMS_MAX]; /* of the datagrams, in bytes; of a stream: of all */
	size_t count;
	const struct server *server;
	json_t *items; /* of routes, each with its matchers */
	json_t *handlers, *upstreams;
	const char *decision, *route;
};

static void test_free(void *object)
{
	struct test *t = object;

	match_cache_fini(&t->cache);
	json_decref(t->items);
	json_decref(t->handlers);
	json_decref(t->upstreams);
	buf_fini(&t->bytes);
	arena_free(t->arena);
	free(t);
}

/* ---- what is described ---------------------------------------------------------------------- */

/* Text of an argument, ended by NUL, in the test's arena. */
static const char *text_of(const struct test *t, const struct argument *arg)
{
	return arena_strndup(t->arena, (const char *)arg->text.p, arg->text.n);
}

/* Would a client that comes to wanted come to a socket of these? */
static bool has_address(const struct address_range *range, const struct address *wanted)
{
	const struct address *a = &range->first;

	if (address_socket_type(a->network) != address_socket_type(wanted->network) ||
	    address_is_ip(a->network) != address_is_ip(wanted->network))
		return false;
	if (!address_is_ip(a->network))
		return strcmp(a->host, wanted->host) == 0;
	return wanted->port >= a->port && wanted->port <= range->last_port &&
	       (a->host[0] == '\0' || strcmp(a->host, wanted->host) == 0);
}

static bool listens_on(const struct server *server, const char *text, const struct address *wanted)
{
	struct address_range range;
	struct error none;
	size_t i;

	for (i = 0; i < server->listen.count; i++) {
		if (strcmp(server->listen.items[i], text) == 0)
			return true;
		if (wanted != NULL &&
		    address_parse_listen(server->listen.items[i], &range, &none) == 0 &&
		    has_address(&range, wanted))
			return true;
	}
	return false;
}

static int find_listener(struct test *t, const struct argument *arg, struct error *err)
{
	const struct instance *in = instance_current();
	const char *text = text_of(t, arg);
	struct address_range range;
	struct error none;
	bool parsed = address_parse_listen(text, &range, &none) == 0;
	size_t i;

	for (i = 0; in != NULL && i < in->server_count; i++) {
		if (!listens_on(in->servers[i], text, parsed ? &range.first : NULL))
			continue;
		t->server = in->servers[i];
		if (parsed)
			netaddr_parse_ip(range.first.host, &t->facts.dst);
		t->facts.dst.port = parsed ? range.first.port : 0;
		t->in.datagram = parsed && address_socket_type(range.first.network) == SOCK_DGRAM;
		return 0;
	}
	return error_set(err, ERROR_NOT_FOUND,
	    "no server listens on '%s'; 'pointsctl listener ls' lists what there is", text);
}

static int read_source(struct test *t, const struct argument *arg, struct error *err)
{
	const char *text = arg->given ? text_of(t, arg) : "127.0.0.1";
	struct address_range range;
	struct error none;

	if (netaddr_parse_ip(text, &t->facts.src))
		return 0;
	if (address_parse_listen(text, &range, &none) == 0 &&
	    netaddr_parse_ip(range.first.host, &t->facts.src)) {
		t->facts.src.port = range.first.port;
		return 0;
	}
	error_set(err, ERROR_INVALID, "'%s' is not an IP address, with or without a port", text);
	return error_at(err, "src");
}

static int decode(struct test *t, struct span text, struct error *err)
{
	gnutls_datum_t in = {(unsigned char *)text.p, (unsigned)text.n}, out;

	if (text.n == 0)
		return 0;
	if (gnutls_base64_decode2(&in, &out) < 0) {
		error_set(err, ERROR_INVALID, "is not base64");
		return error_at(err, "bytes");
	}
	buf_append(&t->bytes, out.data, out.size);
	gnutls_free(out.data);
	return 0;
}

static int decode_datagrams(struct test *t, struct span text, struct error *err)
{
	const uint8_t *comma;
	struct span one;

	do {
		comma = memchr(text.p, ',', text.n);
		one = span_of(text.p, comma != NULL ? (size_t)(comma - text.p) : text.n);
		if (t->count == DATAGRAMS_MAX) {
			error_set(err, ERROR_LIMIT, "are more than %d datagrams", DATAGRAMS_MAX);
			return error_at(err, "bytes");
		}
		if (decode(t, one, err) == -1)
			return -1;
		t->ends[t->count++] = buf_len(&t->bytes);
		span_skip(&text, one.n + (comma != NULL));
	} while (comma != NULL);
	return 0;
}

static int read_bytes(struct test *t, const struct argument *args, struct error *err)
{
	bool hello = args[TEST_SNI].given || args[TEST_ALPN].given;

	if (args[TEST_BYTES].given && hello)
		return error_set(err, ERROR_INVALID,
		    "give either the bytes, or what a ClientHello says (sni, alpn)");
	if (hello && t->in.datagram)
		return error_set(err, ERROR_INVALID,
		    "sni and alpn make a ClientHello as TCP has it; over UDP give the bytes of its "
		    "datagrams");
	if (args[TEST_BYTES].given && t->in.datagram)
		return decode_datagrams(t, args[TEST_BYTES].text, err);
	if (args[TEST_BYTES].given)
		return decode(t, args[TEST_BYTES].text, err);
	if (hello && hello_build(&t->bytes, args[TEST_SNI].text, args[TEST_ALPN].text) == -1)
		return error_set(
		    err, ERROR_INVALID, "the names of sni and alpn must have 1 to 255 bytes each");
	return 0;
}

static int read_phase(struct test *t, const struct argument *arg, struct error *err)
{
	const char *names[MATCH_SILENT + 2] = {NULL};
	enum match_phase phase;
	char word[32];

	for (phase = MATCH_LIVE; arg->given && phase <= MATCH_SILENT; phase++) {
		if (span_eq_str(arg->text, match_phase_name(phase))) {
			t->in.phase = phase;
			return 0;
		}
		names[phase] = match_phase_name(phase);
	}
	if (!arg->given)
		return 0;
	snprintf(word, sizeof(word), "%.*s", (int)arg->text.n, (const char *)arg->text.p);
	error_choice(err, word, names);
	return error_at(err, "state");
}

static int describe(struct test *t, const struct argument *args, struct error *err)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	t->facts.arena = t->arena;
	t->facts.fd = -1;
	t->facts.start_ns = (int64_t)now.tv_sec * DURATION_S + now.tv_nsec;
	if (find_listener(t, &args[TEST_LISTENER], err) == -1 ||
	    read_source(t, &args[TEST_SRC], err) == -1 || read_bytes(t, args, err) == -1 ||
	    read_phase(t, &args[TEST_STATE], err) == -1)
		return -1;
	t->facts.remote = t->facts.src;
	t->facts.local = t->facts.dst;
	t->facts.server = t->server->name;
	t->in.facts = &t->facts;
	t->in.cache = &t->cache;
	return 0;
}

/* ---- what is told --------------------------------------------------------------------------- */

static void on_route(void *arg, const struct explain *e, const struct route *route, size_t index,
    const char *verdict)
{
	struct test *t = arg;

	json_array_append_new(
	    t->items, json_pack("{s:s*, s:i, s:i, s:s, s:[]}", "route", route->name, "depth",
			  (int)e->depth, "index", (int)index, "verdict", verdict, "matchers"));
}

static void on_matcher(
    void *arg, size_t set, const struct matcher_type *type, enum match_verdict verdict)
{
	struct test *t = arg;
	json_t *route = json_array_get(t->items, json_array_size(t->items) - 1);

	json_array_append_new(json_object_get(route, "matchers"),
	    json_pack("{s:i, s:s, s:s}", "set", (int)set, "matcher", type->name, "verdict",
		match_verdict_name(verdict)));
}

static void on_handler(void *arg, const struct handler_type *type)
{
	struct test *t = arg;

	json_array_append_new(t->handlers, json_string(type->name));
}

static void on_upstream(void *arg, const char *dial, bool available, bool certain)
{
	struct test *t = arg;

	json_array_append_new(t->upstreams,
	    json_pack("{s:s, s:b, s:b}", "dial", dial, "available", available, "chosen", certain));
}

static struct span datagram_at(const struct test *t, size_t i)
{
	const uint8_t *all = t->bytes.data != NULL ? t->bytes.data : (const uint8_t *)"";
	size_t from = i > 0 ? t->ends[i - 1] : 0;

	return span_of(all + from, t->ends[i] - from);
}

/* Over UDP matchers see one datagram after the other, as long as they want more. */
static enum explained explain_all(struct test *t, struct explain *e)
{
	const struct explain begun = *e;
	enum explained result;
	size_t i = 0;

	t->in.bytes = t->count > 0 ? datagram_at(t, 0) : buf_span(&t->bytes);
	while ((result = explain_routes(e, &t->server->routes)) == EXPLAIN_MORE && ++i < t->count) {
		t->in.bytes = datagram_at(t, i);
		match_cache_next_datagram(&t->cache);
		json_array_clear(t->items);
		json_array_clear(t->handlers);
		*e = begun;
	}
	return result;
}

static void run(struct test *t)
{
	struct explain e = {
	    .in = &t->in,
	    .server = t->server,
	    .arg = t,
	    .route = on_route,
	    .matcher = on_matcher,
	    .handler = on_handler,
	    .upstream = on_upstream,
	};

	switch (explain_all(t, &e)) {
	case EXPLAIN_DONE:
		t->decision = "handled";
		break;
	case EXPLAIN_MORE:
		t->decision = "more";
		break;
	case EXPLAIN_UNKNOWN:
		t->decision = "unknown";
		break;
	case EXPLAIN_NEXT:
		t->decision = e.matched ? "closed" : "no_route";
		break;
	}
	t->route = e.last != NULL ? e.last->name : NULL;
}

/* ---- the answer ----------------------------------------------------------------------------- */

static void pack_matchers(struct pack *pack, const json_t *matchers)
{
	struct pack_box list, map;
	json_t *m;
	size_t i;

	pack_array_open(pack, &list);
	json_array_foreach (matchers, i, m) {
		if (i == ROW_TEXTS_MAX)
			break;
		pack_map_open(pack_item(&list), &map);
		pack_u64(
		    pack_key(&map, "set"), (uint64_t)json_integer_value(json_object_get(m, "set")));
		pack_str(
		    pack_key(&map, "matcher"), json_string_value(json_object_get(m, "matcher")));
		pack_str(
		    pack_key(&map, "verdict"), json_string_value(json_object_get(m, "verdict")));
		pack_close(&map);
	}
	pack_close(&list);
}

static bool next_route(struct rows *rows, struct pack_box *items)
{
	const struct test *t = rows->state;
	const json_t *item = json_array_get(t->items, rows->item++);
	struct pack_box map;

	if (item == NULL)
		return false;
	pack_map_open(pack_item(items), &map);
	rows_text(pack_key(&map, "route"), json_string_value(json_object_get(item, "route")));
	pack_u64(
	    pack_key(&map, "depth"), (uint64_t)json_integer_value(json_object_get(item, "depth")));
	pack_u64(
	    pack_key(&map, "index"), (uint64_t)json_integer_value(json_object_get(item, "index")));
	rows_text(pack_key(&map, "verdict"), json_string_value(json_object_get(item, "verdict")));
	pack_matchers(pack_key(&map, "matchers"), json_object_get(item, "matchers"));
	pack_close(&map);
	return true;
}

static void pack_upstreams(struct pack *pack, const json_t *upstreams)
{
	struct pack_box list, map;
	json_t *u;
	size_t i;

	pack_array_open(pack, &list);
	json_array_foreach (upstreams, i, u) {
		if (i == ROW_TEXTS_MAX)
			break;
		pack_map_open(pack_item(&list), &map);
		rows_text(pack_key(&map, "dial"), json_string_value(json_object_get(u, "dial")));
		pack_bool(
		    pack_key(&map, "available"), json_is_true(json_object_get(u, "available")));
		pack_bool(pack_key(&map, "chosen"), json_is_true(json_object_get(u, "chosen")));
		pack_close(&map);
	}
	pack_close(&list);
}

static void pack_captures(struct pack *pack, const struct facts *facts)
{
	const struct fact *fact;
	struct pack_box map;
	struct span value;
	size_t n = 0;

	pack_map_open(pack, &map);
	for (fact = facts->named; fact != NULL && n < ROW_TEXTS_MAX; fact = fact->next, n++) {
		value = span_of(fact->value, fact->length);
		if (value.n > ROW_TEXT_MAX)
			value.n = pack_text_cut(value, ROW_TEXT_MAX);
		pack_text(pack_key(&map, fact->name), value);
	}
	pack_close(&map);
}

static void pack_result(struct rows *rows, struct pack_box *result)
{
	const struct test *t = rows->state;

	pack_str(pack_key(result, "server"), t->server->name);
	pack_str(pack_key(result, "decision"), t->decision);
	rows_text(pack_key(result, "route"), t->route);
	rows_texts(pack_key(result, "handlers"), t->handlers);
	pack_upstreams(pack_key(result, "upstreams"), t->upstreams);
	pack_captures(pack_key(result, "captures"), &t->facts);
}

static void run_test(struct call *call, const struct argument *args)
{
	struct test *t = mem_zalloc(sizeof(*t));
	struct error err;

	t->arena = arena_new(1024);
	t->items = json_array();
	t->handlers = json_array();
	t->upstreams = json_array();
	if (describe(t, args, &err) == -1) {
		test_free(t);
		call_fail(call, &err);
		return;
	}
	run(t);
	rows_start_full(call, next_route, pack_result, t, test_free);
}

const struct method method_route_test = {
    .name = CONTROL_ROUTE_TEST,
    .help = "what the routes would do with a client that is described",
    .level = LEVEL_OBSERVE,
    .params = params,
    .run = run_test,
};
