/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The relay: carries bytes both ways between a connection's client and its upstream until both
 * directions have ended. Half-close is carried through, a reset is passed on as a reset after the
 * data that came before it, a side that does not take its bytes stops the reading of the other.
 */
#ifndef DAEMON_UPSTREAM_RELAY_H
#define DAEMON_UPSTREAM_RELAY_H

#include <stdint.h>

#include "common/span.h"
#include "daemon/core/conn.h"

struct relay_options {
	int64_t fin_timeout;  /* ns without a byte once one direction has ended; 0: none */
	int64_t idle_timeout; /* ns without a byte in either; 0: none */
	int64_t max_age;      /* ns in all; 0: none */
};

/*
 * Takes over conn. upstream is connected (or its connect is in progress and writable has been
 * seen), lies in conn's arena and has been initialised with endpoint_init(). prefix (a PROXY
 * header; copied if it cannot be sent) goes to the upstream before the first bytes, in one segment
 * with them where some are there already. options is borrowed for the connection's life.
 */
void relay_start(struct conn *conn, struct endpoint *upstream, struct span prefix,
    const struct relay_options *options);

#endif
