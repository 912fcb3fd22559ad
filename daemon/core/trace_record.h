/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker writes into its ring for a connection that is traced (conn_trace.c), and the
 * control thread makes steps of (trace_step.h): what is known, as it is in memory. Everything that
 * costs is left to the reader.
 */
#ifndef DAEMON_CORE_TRACE_RECORD_H
#define DAEMON_CORE_TRACE_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "daemon/core/routing.h"

struct instance;

/* Of records, and of steps. */
enum trace_kind { TRACE_OPEN, TRACE_LOOK, TRACE_HANDLER, TRACE_DIAL, TRACE_END };

/* What all begin with. */
struct trace_record {
	uint8_t kind;   /* enum trace_kind */
	uint8_t traces; /* bits: whom it is for */
	uint64_t id;
	double time; /* of the worker's loop */
};

/* What is known of it when it is accepted, but for its addresses. */
struct trace_accepted {
	uint64_t branch_of;
	const char *proto; /* constant */
};

/*
 * Where nothing was looked at before anything else is told. Texts follow: the paths of src and dst,
 * listener and server.
 */
struct trace_open {
	struct trace_record head;
	struct trace_accepted accepted;
	struct netaddr src, dst;
};

/*
 * All that is needed for asking the routes again; the instance that they are of is held. It begins
 * a connection that was not told of before (open), and the chain of the route that was taken. There
 * follow: with open a text, the listener; then those of the paths of src, dst, remote and local;
 * and, where whole is set, as many struct trace_fact as facts say, with what stands behind each;
 * and parts, of which the last one is what was looked at, the others are the datagrams before it.
 */
struct trace_look {
	struct trace_record head;
	struct instance *instance; /* a reference */
	const struct route_list *list;
	size_t next, index; /* the first route that was asked, the one that was taken */
	enum pick pick;
	enum match_phase phase;
	uint32_t depth, bytes, fact_count, part_count;
	bool datagram, whole, open;
	struct trace_accepted accepted; /* with open */
	struct facts facts; /* named, arena and fd are of no use; names are the instance's */
};

/* Its name, with a NUL, and its value follow. */
struct trace_fact {
	uint32_t name_length, length;
};

/* So many bytes follow. */
struct trace_part {
	uint32_t length;
};

struct trace_handler {
	struct trace_record head;
	uint32_t depth;
	const char *name; /* constant */
};

/* Texts follow: upstream, problem. */
struct trace_dial {
	struct trace_record head;
};

/* Texts follow: upstream, detail. */
struct trace_end {
	struct trace_record head;
	struct route *route; /* a reference; NULL: none */
	int64_t start_ns;    /* as in the facts */
	uint64_t bytes_in, bytes_out;
	enum end_reason reason;
};

/* ---- texts --------------------------------------------------------------------------------- */

#define TRACE_TEXT_MAX 256 /* is told */
/* Enough to see that it has to be cut, and where a character begins. */
#define TRACE_TEXT_KEPT (TRACE_TEXT_MAX + 4)
#define TRACE_TEXT_SIZE (sizeof(uint16_t) + TRACE_TEXT_KEPT + 1)

/* NULL is as good as no text. Returns what comes behind it, as trace_get_text() does. */
static inline uint8_t *trace_put_text(uint8_t *at, const char *text)
{
	uint16_t n = text != NULL ? (uint16_t)strnlen(text, TRACE_TEXT_KEPT) : 0;

	memcpy(at, &n, sizeof(n));
	at += sizeof(n);
	if (n > 0)
		memcpy(at, text, n);
	at[n] = '\0';
	return at + n + 1;
}

static inline const uint8_t *trace_get_text(const uint8_t *at, const char **text)
{
	uint16_t n;

	memcpy(&n, at, sizeof(n));
	*text = (const char *)at + sizeof(n);
	return at + sizeof(n) + n + 1;
}

/* The path of an address, where it has one. */
static inline uint8_t *trace_put_path(uint8_t *at, const struct netaddr *addr)
{
	return addr->family == AF_UNIX ? trace_put_text(at, addr->path) : at;
}

static inline const uint8_t *trace_get_path(const uint8_t *at, struct netaddr *addr)
{
	return addr->family == AF_UNIX ? trace_get_text(at, &addr->path) : at;
}

#endif
