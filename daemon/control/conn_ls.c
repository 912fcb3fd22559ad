/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.ls: in the order of ids, though each worker knows only its own. Each gathers a page of rows
 * behind its cursor, in one short visit; the control thread merges the pages into chunks and asks
 * again when one runs out. Nothing of a connection is held in between, and a client that does not
 * read stops the whole.
 */
#include <config.h>

#include <stdlib.h>

#include "common/arena.h"
#include "daemon/control/call.h"
#include "daemon/control/conn_pack.h"
#include "daemon/control/method.h"
#include "daemon/core/conn.h"
#include "daemon/core/conn_row.h"
#include "daemon/core/worker.h"

#define PAGE_ROWS 32    /* made in one visit: well below a millisecond */
#define PAGE_LOOKS 1024 /* looked at in one visit, where a filter drops most */

enum { LS_FILTER, LS_AFTER, LS_LIMIT };

static const struct param params[] = {
    {.name = "filter", .type = PARAM_TEXT, .max = FILTER_SIZE_MAX, .help = "only those that match"},
    {.name = "after", .type = PARAM_INT, .help = "only ids above this one"},
    {.name = "limit", .type = PARAM_INT, .help = "at most so many"},
    {.name = NULL},
};

/* What one worker has gathered: packed rows, the first of them taken already. */
struct page {
	uint64_t cursor; /* the last id looked at */
	bool more;       /* there may be connections behind it */
	struct buf rows;
	size_t count, next;
	struct {
		uint64_t id;
		size_t size;
	} row[PAGE_ROWS];
};

struct listing {
	struct call *call;
	struct filter *filter; /* NULL: all */
	uint64_t left, sent;
	struct pack_box *items; /* of the chunk that is open; NULL: none */
	unsigned page_count;
	struct page *pages;
};

/* ---- on the workers ------------------------------------------------------------------------ */

static void add_row(struct page *page, const struct conn_row *row)
{
	size_t before = buf_len(&page->rows);
	struct pack pack;
	struct pack_box map;

	pack_init(&pack, &page->rows);
	pack_map_open(&pack, &map);
	conn_pack(row, &map);
	pack_close(&map);
	page->row[page->count].id = row->id;
	page->row[page->count].size = buf_len(&page->rows) - before;
	page->count++;
}

static void gather(struct worker *w, void *arg)
{
	struct listing *l = arg;
	struct page *page = &l->pages[w->index];
	struct conn_row row;
	struct conn *conn;
	unsigned looks;

	if (page->next < page->count || !page->more)
		return;
	buf_clear(&page->rows);
	page->count = page->next = 0;
	for (looks = 0; looks < PAGE_LOOKS && page->count < PAGE_ROWS; looks++) {
		conn = worker_conn_next(w, page->cursor);
		if (conn == NULL) {
			page->more = false;
			return;
		}
		page->cursor = conn->facts.id;
		conn_row_read(conn, &row);
		if (l->filter == NULL || filter_match(l->filter, &row))
			add_row(page, &row);
	}
}

/* ---- on the control thread ----------------------------------------------------------------- */

static void free_listing(struct listing *l)
{
	unsigned i;

	for (i = 0; i < l->page_count; i++)
		buf_fini(&l->pages[i].rows);
	filter_free(l->filter);
	free(l->pages);
	free(l);
}

static void send_chunk(struct listing *l)
{
	if (l->items == NULL)
		return;
	call_chunk_send(l->call);
	l->items = NULL;
}

static void finish(struct listing *l)
{
	struct call *call = l->call;

	send_chunk(l);
	pack_u64(pack_key(call_result(call), "count"), l->sent);
	free_listing(l);
	call_finish(call);
}

enum turn { TURN_ROW, TURN_GATHER, TURN_END };

/* The page with the lowest id, once every worker has said what it has. */
static enum turn next_page(struct listing *l, struct page **out)
{
	unsigned i;

	*out = NULL;
	for (i = 0; i < l->page_count; i++) {
		struct page *page = &l->pages[i];

		if (page->next == page->count && page->more)
			return TURN_GATHER;
		if (page->next < page->count &&
		    (*out == NULL || page->row[page->next].id < (*out)->row[(*out)->next].id))
			*out = page;
	}
	return *out != NULL && l->left > 0 ? TURN_ROW : TURN_END;
}

static void take_row(struct listing *l, struct page *page)
{
	size_t size = page->row[page->next].size;

	if (l->items == NULL)
		l->items = call_chunk(l->call);
	pack_raw(pack_item(l->items), span_of(buf_span(&page->rows).p, size));
	buf_consume(&page->rows, size);
	page->next++;
	l->left--;
	l->sent++;
	if (call_chunk_size(l->call) >= CALL_CHUNK)
		send_chunk(l);
}

static void go_on(struct call *call);

static void gathered(void *arg)
{
	struct listing *l = arg;

	go_on(l->call);
}

static void go_on(struct call *call)
{
	struct listing *l = call->state;
	struct page *page;

	for (;;) {
		if (call_gone(call)) {
			finish(l);
			return;
		}
		if (l->items == NULL && !call_ready(call)) {
			call_wait(call, go_on);
			return;
		}
		switch (next_page(l, &page)) {
		case TURN_ROW:
			take_row(l, page);
			break;
		case TURN_GATHER:
			workers_visit(gather, gathered, l);
			return;
		case TURN_END:
			finish(l);
			return;
		}
	}
}

static void run_ls(struct call *call, const struct argument *args)
{
	struct filter *filter = NULL;
	struct listing *l;
	struct error err;
	unsigned i;

	if (args[LS_FILTER].given) {
		filter = filter_new(args[LS_FILTER].text, conn_row_fields, &err);
		if (filter == NULL) {
			error_at(&err, "filter");
			call_fail(call, &err);
			return;
		}
	}
	l = mem_zalloc(sizeof(*l));
	l->call = call;
	l->filter = filter;
	l->left = args[LS_LIMIT].given ? args[LS_LIMIT].number : UINT64_MAX;
	l->page_count = workers_count();
	l->pages = mem_zalloc(l->page_count * sizeof(*l->pages));
	for (i = 0; i < l->page_count; i++) {
		l->pages[i].more = true;
		l->pages[i].cursor = args[LS_AFTER].number;
	}
	call->state = l;
	go_on(call);
}

const struct method method_conn_ls = {
    .name = CONTROL_CONN_LS,
    .help = "the open connections, by id",
    .level = LEVEL_OBSERVE,
    .alone = true,
    .params = params,
    .run = run_ls,
};
