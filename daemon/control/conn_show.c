/* SPDX-License-Identifier: BSD-2-Clause */
/* conn.show: one connection with all that is known of it. */
#include <config.h>

#include <stdlib.h>

#include "common/arena.h"
#include "daemon/control/call.h"
#include "daemon/control/conn_pack.h"
#include "daemon/control/method.h"
#include "daemon/control/time_text.h"
#include "daemon/core/conn.h"
#include "daemon/core/conn_row.h"
#include "daemon/core/worker.h"

#define FACTS_MAX 256 /* shown */
#define FACT_SIZE_MAX 1024

static const struct param params[] = {
    {.name = "id", .type = PARAM_INT, .required = true, .help = "of the connection"},
    {.name = NULL},
};

struct show {
	struct call *call;
	uint64_t id;
	struct buf pairs; /* packed by the worker */
	uint32_t count;   /* 0: no such connection */
};

static void pack_address(struct pack *pack, const struct netaddr *addr)
{
	char text[NETADDR_TEXT_MAX];

	pack_str(pack, netaddr_text(addr, text));
}

static void pack_facts(struct pack *pack, const struct fact *fact)
{
	struct pack_box map;

	pack_map_open(pack, &map);
	for (; fact != NULL && map.count < FACTS_MAX; fact = fact->next)
		pack_text(pack_key(&map, fact->name),
		    span_of(
			fact->value, fact->length < FACT_SIZE_MAX ? fact->length : FACT_SIZE_MAX));
	pack_close(&map);
}

/* From the innermost, what handlers see, to the socket. */
static void pack_streams(struct pack *pack, const struct stream *s)
{
	struct pack_box list;

	pack_array_open(pack, &list);
	for (; s != NULL; s = s->below)
		pack_str(pack_item(&list), s->ops->name);
	pack_close(&list);
}

static void look(struct worker *w, void *arg)
{
	struct show *show = arg;
	struct conn *conn = worker_conn_find(w, show->id);
	char text[TIME_TEXT_MAX];
	struct conn_row row;
	struct pack pack;
	struct pack_box map = {.pack = &pack};

	if (conn == NULL)
		return;
	pack_init(&pack, &show->pairs);
	conn_row_read(conn, &row);
	conn_pack(&row, &map);
	pack_str(pack_key(&map, "started"), time_text(conn->facts.start_ns, text));
	pack_address(pack_key(&map, "remote"), &conn->facts.remote);
	pack_address(pack_key(&map, "local"), facts_local(&conn->facts));
	pack_u64(pack_key(&map, "worker"), w->index);
	pack_bool(pack_key(&map, "matching"), conn->matching != NULL);
	if (conn->branch_of != 0)
		pack_u64(pack_key(&map, "branch_of"), conn->branch_of);
	else
		pack_nil(pack_key(&map, "branch_of"));
	pack_streams(pack_key(&map, "streams"), conn->client.top);
	pack_facts(pack_key(&map, "facts"), conn->facts.named);
	show->count = map.count;
}

static void looked(void *arg)
{
	struct show *show = arg;
	struct error err;

	if (show->count > 0) {
		pack_pairs(call_result(show->call), buf_span(&show->pairs), show->count);
		call_finish(show->call);
	} else {
		error_set(
		    &err, ERROR_NOT_FOUND, "no connection %llu", (unsigned long long)show->id);
		call_fail(show->call, &err);
	}
	buf_fini(&show->pairs);
	free(show);
}

static void run_show(struct call *call, const struct argument *args)
{
	struct show *show = mem_zalloc(sizeof(*show));

	show->call = call;
	show->id = args[0].number;
	worker_visit((unsigned)(show->id % workers_count()), look, looked, show);
}

const struct method method_conn_show = {
    .name = CONTROL_CONN_SHOW,
    .help = "one connection with all that is known of it",
    .level = LEVEL_OBSERVE,
    .params = params,
    .run = run_show,
};
