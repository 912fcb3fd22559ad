/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/stats.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/core/instance.h"
#include "daemon/core/worker.h"
#include "daemon/upstream/peer.h"

const char *const stats_kinds[STATS_KIND_COUNT + 1] = {
    "daemon", "listener", "server", "route", "upstream"};

/* ---- which there are ------------------------------------------------------------------------ */

/* With room for more, where this is the first of twice as many. Takes the tallies' reference. */
static void add(struct stats *stats, enum stats_kind kind, const char *name, const char *server,
    struct tallies *tallies)
{
	if ((stats->count & (stats->count + 1)) == 0)
		stats->rows =
		    mem_realloc(stats->rows, (2 * stats->count + 1) * sizeof(*stats->rows));
	stats->rows[stats->count++] = (struct stats_row){
	    .kind = kind,
	    .name = arena_strdup(stats->arena, name),
	    .server = server != NULL ? arena_strdup(stats->arena, server) : NULL,
	    .tallies = tallies,
	};
}

static void add_listener(const char *address, const struct server *server, void *arg)
{
	add(arg, STATS_LISTENER, address, server->name, tallies_get(TALLIES_LISTENER, address));
}

static void add_servers(struct stats *stats, const struct instance *in)
{
	size_t i;

	for (i = 0; in != NULL && i < in->server_count; i++)
		add(stats, STATS_SERVER, in->servers[i]->name, NULL,
		    tallies_ref(in->servers[i]->tallies));
}

static void add_routes(struct stats *stats, const struct instance *in)
{
	size_t i, j;

	for (i = 0; in != NULL && i < in->table_count; i++) {
		const struct route_list *list = in->tables[i]->routes;

		for (j = 0; j < list->count; j++)
			add(stats, STATS_ROUTE, list->items[j]->name, list->items[j]->server,
			    tallies_ref(list->items[j]->identity->tallies));
	}
}

static void add_peer(const struct peer *peer, void *arg)
{
	if (peer_tallies(peer) != peers_unnamed())
		add(arg, STATS_UPSTREAM, peer->address, NULL, tallies_ref(peer_tallies(peer)));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct stats_row *)a)->name, ((const struct stats_row *)b)->name);
}

/* Peers are in no order: by their addresses. */
static void add_upstreams(struct stats *stats)
{
	struct tallies *unnamed = peers_unnamed();
	size_t before = stats->count;
	struct tally sum;

	peers_visit(add_peer, stats);
	qsort(stats->rows + before, stats->count - before, sizeof(*stats->rows), compare_names);
	tallies_sum(unnamed, &sum);
	if (counter_get(&sum.opened) + counter_get(&sum.dials) > 0)
		add(stats, STATS_UPSTREAM, STATS_UNNAMED, NULL, tallies_ref(unnamed));
}

static void collect(struct stats *stats, enum stats_kind kind)
{
	const struct instance *in = instance_current();

	switch (kind) {
	case STATS_DAEMON:
		add(stats, STATS_DAEMON, "pointsmand", NULL, NULL);
		break;
	case STATS_LISTENER:
		instance_listeners(add_listener, stats);
		break;
	case STATS_SERVER:
		add_servers(stats, in);
		break;
	case STATS_ROUTE:
		add_routes(stats, in);
		break;
	case STATS_UPSTREAM:
		add_upstreams(stats);
		break;
	}
}

struct stats *stats_new(const enum stats_kind *kind)
{
	struct stats *stats = mem_zalloc(sizeof(*stats));
	int k;

	stats->arena = arena_new(1024);
	for (k = 0; k < STATS_KIND_COUNT; k++)
		if (kind == NULL || *kind == (enum stats_kind)k)
			collect(stats, (enum stats_kind)k);
	return stats;
}

void stats_free(struct stats *stats)
{
	size_t i;

	for (i = 0; i < stats->count; i++)
		tallies_unref(stats->rows[i].tallies);
	free(stats->rows);
	arena_free(stats->arena);
	free(stats);
}

/* ---- what they say -------------------------------------------------------------------------- */

/* What has ended is read before what was accepted: see struct tally. */
static void add_worker(struct tally *sum, const struct counters *c)
{
	int reason;

	for (reason = 0; reason < END_REASON_COUNT; reason++)
		counter_add(&sum->ended[reason], counter_get(&c->ended[reason]));
	counter_add(&sum->opened, counter_get(&c->accepted));
	counter_add(&sum->bytes_in, counter_get(&c->bytes_in));
	counter_add(&sum->bytes_out, counter_get(&c->bytes_out));
	counter_add(&sum->handshakes, counter_get(&c->handshakes));
	counter_add(&sum->handshakes_resumed, counter_get(&c->handshakes_resumed));
	counter_add(&sum->handshakes_failed, counter_get(&c->handshakes_failed));
	counter_add(&sum->dials, counter_get(&c->dials));
}

void stats_read(const struct stats_row *row, struct tally *out)
{
	unsigned i;

	if (row->tallies != NULL) {
		tallies_sum(row->tallies, out);
		return;
	}
	memset(out, 0, sizeof(*out));
	for (i = 0; i < workers_count(); i++)
		add_worker(out, &worker_at(i)->counters);
}
