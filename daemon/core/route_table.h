/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of top-level routes of an instance, and where it is: a layer4 server has one, and so has
 * each listener wrapper "layer4" of an HTTP server; the one route that an HTTP server is itself
 * stands in a list, too. Its routes are those of the list before it that had the same name, as far
 * as they are the same. Control thread.
 */
#ifndef DAEMON_CORE_ROUTE_TABLE_H
#define DAEMON_CORE_ROUTE_TABLE_H

#include <stdbool.h>
#include <jansson.h>

#include "daemon/core/route.h"

struct load;

struct route_table {
	const char *name;    /* "main", "http/web", "http/web/layer4[0]" */
	const char *server;  /* of the document, that it belongs to: "main", "http/web" */
	const char *wrapper; /* "web/layer4[0]"; NULL: it is the server's own */
	const json_t *json;  /* the list in the document, an item a route; NULL: not in it */
	struct route_list *routes;
};

/*
 * For FIELD_CUSTOM: reads the JSON list at node into target, a struct route_table whose names and
 * routes are set. The routes are shared or compiled, and given back with load->arena.
 */
int route_table_load(struct load *load, const struct jnode *node, void *target, struct error *err);

/*
 * Is it another route though its JSON is the same? A whole document brings in what its files and
 * our authorities say now, an edit only what it says itself.
 */
bool route_reads_again(const struct load *load, const struct route *route);

#endif
