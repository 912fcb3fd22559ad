/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP routes as directives make them: sorted, grouped and joined into the list that a server or
 * a subroute has.
 */
#ifndef DAEMON_CONFIG_ROUTE_LIST_H
#define DAEMON_CONFIG_ROUTE_LIST_H

#include "daemon/config/adaptation.h"

/*
 * What one directive came to: {"directive", "class", "value", "line", "file"}. Of the class
 * "route" the value is a route.
 */

/*
 * The list of routes from results (an array of those), sorted by the order of directives if sort
 * is set: then all must be of the class "route". Returns a new reference.
 */
json_t *route_list_build(struct adaptation *a, const json_t *results, bool sort);

/* Joins neighbours that differ in their handlers alone. */
void route_list_join(json_t *routes);

#endif
