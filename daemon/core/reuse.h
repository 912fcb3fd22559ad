/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which routes of a new list are those of an old one: the same object where the JSON is
 * the same, the same identity (handle, counters) where only the "@id" is.
 */
#ifndef DAEMON_CORE_REUSE_H
#define DAEMON_CORE_REUSE_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "daemon/core/route.h"

struct reuse;

/*
 * before may be NULL. json is the list that its routes were made from, or that is equal: a route
 * that was shared has the JSON of an earlier document. Free with reuse_free().
 */
struct reuse *reuse_new(const struct route_list *before, const json_t *json);
void reuse_free(struct reuse *reuse);

/*
 * In this order, for every route of the new list, once each: reuse_same() finds those whose JSON is
 * the very same value (what a transaction did not touch); then, for the rest, reuse_equal() finds
 * equal JSON and reuse_id() the same "@id". What was found once is not found again. Borrowed; NULL:
 * none.
 */
struct route *reuse_same(struct reuse *reuse, const json_t *json);
struct route *reuse_equal(struct reuse *reuse, json_t *json);
struct route *reuse_id(struct reuse *reuse, const json_t *json);

/*
 * After all of these, for a route that had this handle at another time: true where it may have it
 * again; *route is then the one of the old list that had it last, or NULL.
 */
bool reuse_handle(struct reuse *reuse, uint64_t handle, struct route **route);

#endif
