/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dialling: from a pool to one connected upstream, without blocking. Addresses of an upstream are
 * tried in order, then other upstreams by the pool's policy; nothing has been sent until then.
 */
#ifndef DAEMON_UPSTREAM_DIAL_H
#define DAEMON_UPSTREAM_DIAL_H

#include <stdint.h>

#include "daemon/core/conn.h"
#include "daemon/upstream/pool.h"

struct dial_options {
	int64_t timeout;      /* ns for one address */
	int64_t try_duration; /* ns to go on while nothing can be reached; 0: each once */
	int64_t try_interval; /* ns between two rounds */
};

/*
 * Dials for conn, which the caller owns; calls done(conn, upstream, arg) with the connected
 * endpoint, which lies in conn's arena and is the callee's now; perhaps before dial_start()
 * returns. What the client says meanwhile waits in its stream; if it goes away, the connection is
 * ended. Where nothing can be reached it is ended with END_DIAL_FAILED and what was tried, or
 * END_NO_UPSTREAM. pool and options are borrowed for the connection's life. Sets conn->upstream,
 * and counts the peer's connections until the end.
 */
void dial_start(struct conn *conn, const struct pool *pool, const struct dial_options *options,
    void (*done)(struct conn *conn, struct endpoint *upstream, const void *arg), const void *arg);

/*
 * An upstream that done() was given as connected turns out not to be there, as datagrams show when
 * they are sent: counts as a failure to connect. problem is an errno.
 */
void dial_refused(struct endpoint *upstream, int problem);

#endif
