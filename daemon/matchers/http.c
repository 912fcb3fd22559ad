/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/matcher.h"
#include "daemon/http/match_adapt.h"
#include "daemon/http/matcher.h"

#define HEAD_MAX 65536 /* the matching buffer is full before */
#define REQUEST_ARENA 2048

/* A document of the reference may have null where there is nothing to ask. */
static const struct shape *const shapes[] = {&http_matcher_sets_shape, NULL};
static const struct shape shape = {.type = SHAPE_EITHER, .choices = shapes, .null = true};

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	if (json_is_null(node->value))
		return 0;
	return http_matcher_sets_load(load, node, params, err);
}

/* Did TLS end here before? */
static bool over_tls(const struct facts *facts)
{
	return facts_get(facts, "l4.tls.cipher_suite") != NULL;
}

/* A request lies in an arena of its own. */
static struct http_request *new_request(struct match_cache *cache)
{
	cache->http_arena = arena_new(REQUEST_ARENA);
	cache->http_request = arena_alloc(cache->http_arena, sizeof(*cache->http_request));
	return cache->http_request;
}

static enum match_verdict parse1(struct match_input *in)
{
	struct http_request *request;
	struct http1_head head;

	switch (http1_parse(in->bytes, HEAD_MAX, &head)) {
	case HTTP1_OK:
		request = new_request(in->cache);
		http_request_init(
		    request, in->cache->http_arena, &head, in->facts, over_tls(in->facts));
		return MATCH_YES;
	case HTTP1_MORE:
		return MATCH_MORE;
	default:
		return MATCH_NO;
	}
}

static enum match_verdict parse2(struct match_input *in)
{
	struct buf decoded = {0}, *kept;
	struct http_request *request;
	struct http2_head head;
	enum wire_verdict verdict = http2_parse(in->bytes, &decoded, &head);

	if (verdict != WIRE_YES) {
		buf_fini(&decoded);
		return match_wire(in, verdict);
	}
	request = new_request(in->cache);
	kept = arena_alloc(in->cache->http_arena, sizeof(*kept));
	*kept = decoded;
	arena_release(in->cache->http_arena, (void (*)(void *))buf_fini, kept);
	http_request_init2(request, in->cache->http_arena, &head, in->facts, over_tls(in->facts));
	return MATCH_YES;
}

/* HTTP/2's preface is no request of HTTP/1, but it begins like one. */
static enum match_verdict parse(struct match_input *in)
{
	struct match_cache *cache = in->cache;

	arena_free(cache->http_arena);
	cache->http_arena = NULL;
	cache->http_length = in->bytes.n;
	cache->http_verdict = parse1(in);
	if (cache->http_verdict != MATCH_YES &&
	    wire_begins(in->bytes, span_str(HTTP2_PREFACE)) != WIRE_NO)
		cache->http_verdict = parse2(in);
	return cache->http_verdict;
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	struct match_cache *cache = in->cache;
	enum match_verdict verdict = cache->http_verdict;

	if (in->datagram)
		return MATCH_NO;
	if (cache->http_length == 0 || cache->http_length != in->bytes.n)
		verdict = parse(in);
	if (verdict != MATCH_YES)
		return verdict;
	facts_set(in->facts, "l4.http.host", cache->http_request->host_port);
	return http_matcher_sets_match(params, cache->http_request) ? MATCH_YES : MATCH_NO;
}

/* One set: what stands on the line or in the block. */
static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	json_t *set;

	dispenser_next(d); /* the name */
	if (http_match_adapt_set(d, NULL, &set, err) == -1)
		return -1;
	*out = json_array();
	json_array_append_new(*out, set);
	return 0;
}

const struct matcher_type matcher_http = {
    .name = "http",
    .help = "a request of HTTP/1 or HTTP/2, perhaps by what it says",
    .bytes = true,
    .shape = &shape,
    .params_size = sizeof(struct http_matcher_sets),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
