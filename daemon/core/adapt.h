/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Caddyfile to JSON for what every layer4 block is made of: routes, named matchers, handlers.
 * Matchers and handlers are found by name in the tables of matcher.h and handler.h and adapted by
 * their own type; they and the configuration's adapters call these for what is nested in them.
 */
#ifndef DAEMON_CORE_ADAPT_H
#define DAEMON_CORE_ADAPT_H

#include <stdbool.h>
#include <jansson.h>

#include "common/error.h"
#include "daemon/input/dispenser.h"

/*
 * One matcher set, with the cursor on the token before it ("@name" or "not"): either a matcher on
 * the same line or a block of matchers, which are AND-ed. *out is a new object, name -> value.
 * A matcher that stands twice in a set is refused. Returns 0, or -1 with err.
 */
int adapt_matcher_set(struct dispenser *d, json_t **out, struct error *err);

/* What adapt_routes() accepts besides routes, named matchers and the matching options. */
enum adapt_routes_flag {
	ADAPT_FLOWS = 1 << 0, /* options of a whole server: "log_interval", those of UDP */
	ADAPT_ID = 1 << 1,    /* "id <name>" as the first line */
};

/*
 * The block of a server, a subroute or a listener wrapper, with the cursor on the last token
 * before the brace (no block: nothing happens). Sets in out what was written: "routes",
 * "matching_timeout", "silence_timeout" (nanoseconds), "matching_buffer" (bytes), and by flags
 * "idle_timeout", "max_flows", "max_flows_per_source" and "@id". Returns 0, or -1 with err.
 */
int adapt_routes(struct dispenser *d, json_t *out, unsigned flags, struct error *err);

/*
 * One handler with the cursor on its name; moves to the end of its segment. *out is a new object
 * with "handler". Returns 0, or -1 with err.
 */
int adapt_handler(struct dispenser *d, json_t **out, struct error *err);

/*
 * For the first line of a server, route, proxy or upstream block: if the cursor is on "id", sets
 * "@id" of out to its argument and *done to true. first says whether this is the block's first
 * line; elsewhere it is refused. Returns 0, or -1 with err.
 */
int adapt_id(struct dispenser *d, bool first, json_t *out, bool *done, struct error *err);

#endif
