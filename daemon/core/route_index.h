/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding the route among many that ask for one of some texts (server names, mostly) without
 * asking each: runs of such routes in a list are looked up by the connection's key. The result is
 * the same as by asking them in order.
 */
#ifndef DAEMON_CORE_ROUTE_INDEX_H
#define DAEMON_CORE_ROUTE_INDEX_H

#include <stddef.h>

#include "common/arena.h"
#include "daemon/core/key_runs.h"
#include "daemon/core/matcher.h"

struct route;

/* The index of a list, in arena; NULL: it has no run of that length. */
struct key_runs *route_index_new(struct arena *arena, struct route *const *routes, size_t count);

/*
 * The first position from i on whose route may not be passed over: i itself where it is in no run.
 * *undecided is set where routes that were passed want more bytes.
 */
size_t route_index_skip(
    const struct key_runs *index, size_t i, struct match_input *in, bool *undecided);

#endif
