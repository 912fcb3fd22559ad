/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn_table.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/core/conn.h"
#include "daemon/core/worker.h"

#define TABLE_MIN 64

/* Ids ascend along the table, so closing the gaps keeps it sorted. */
static void compact(struct worker *w)
{
	size_t from, to = 0;

	for (from = 0; from < w->conn_end; from++) {
		if (w->conns[from] == NULL)
			continue;
		w->conns[to] = w->conns[from];
		w->conn_ids[to] = w->conn_ids[from];
		w->conns[to]->slot = to;
		to++;
	}
	w->conn_end = to;
}

static void make_room(struct worker *w)
{
	if (w->conn_end < w->conn_size)
		return;
	if (w->conn_count <= w->conn_size / 2 && w->conn_size > 0) {
		compact(w);
		return;
	}
	w->conn_size = w->conn_size == 0 ? TABLE_MIN : w->conn_size * 2;
	w->conns = mem_realloc(w->conns, w->conn_size * sizeof(*w->conns));
	w->conn_ids = mem_realloc(w->conn_ids, w->conn_size * sizeof(*w->conn_ids));
}

void conn_table_add(struct conn *conn)
{
	struct worker *w = conn->worker;

	make_room(w);
	conn->facts.id = ++w->next_serial * workers_count() + w->index;
	conn->slot = w->conn_end++;
	w->conns[conn->slot] = conn;
	w->conn_ids[conn->slot] = conn->facts.id;
	w->conn_count++;
}

void conn_table_remove(struct conn *conn)
{
	struct worker *w = conn->worker;

	w->conns[conn->slot] = NULL;
	w->conn_count--;
	if (conn->slot + 1 == w->conn_end)
		w->conn_end--;
}

/* The first slot whose id is above id. */
static size_t slot_after(const struct worker *w, uint64_t id)
{
	size_t low = 0, high = w->conn_end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->conn_ids[middle] > id)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct conn *worker_conn_next(struct worker *w, uint64_t after_id)
{
	size_t slot;

	for (slot = slot_after(w, after_id); slot < w->conn_end; slot++)
		if (w->conns[slot] != NULL)
			return w->conns[slot];
	return NULL;
}

struct conn *worker_conn_find(struct worker *w, uint64_t id)
{
	struct conn *conn = id > 0 ? worker_conn_next(w, id - 1) : NULL;

	return conn != NULL && conn->facts.id == id ? conn : NULL;
}

void conn_table_end_all(struct worker *w)
{
	struct conn *conn;

	while ((conn = worker_conn_next(w, 0)) != NULL)
		conn_end(conn, END_DRAINED, NULL);
}

void conn_table_fini(struct worker *w)
{
	free(w->conns);
	free(w->conn_ids);
}
