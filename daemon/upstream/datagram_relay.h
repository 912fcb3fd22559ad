/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The relay for datagrams: carries them both ways between a flow and its upstream, whole, one for
 * one and in order, until the flow has been silent for the server's idle_timeout or the upstream
 * refuses.
 */
#ifndef DAEMON_UPSTREAM_DATAGRAM_RELAY_H
#define DAEMON_UPSTREAM_DATAGRAM_RELAY_H

#include <stdint.h>

#include "common/span.h"
#include "daemon/core/conn.h"

/*
 * Takes over conn, whose flow is set. upstream is a connected socket of datagrams, as dial_start()
 * hands it out. prefix (a PROXY header, perhaps empty; copied) goes before each datagram to the
 * upstream. max_age is in ns, 0: none.
 */
void datagram_relay_start(
    struct conn *conn, struct endpoint *upstream, struct span prefix, int64_t max_age);

#endif
