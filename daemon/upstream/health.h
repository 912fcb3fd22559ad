/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Health of peers. Passive checks look at what connections have met; active ones connect to peers
 * of the published document now and then, on the control thread.
 */
#ifndef DAEMON_UPSTREAM_HEALTH_H
#define DAEMON_UPSTREAM_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/core/load.h"

struct destination;
struct instance;

struct health_passive {
	int64_t fail_duration;              /* ns that a failure counts; 0: not at all */
	int64_t max_fails;                  /* that many of them, and the peer is left alone */
	int64_t unhealthy_connection_count; /* max_connections of upstreams without one */
};

struct health_active {
	int64_t port; /* 0: the peer's own */
	int64_t interval, timeout;
	int64_t rise, fall; /* results in a row that change what is thought of the peer */
	bool close_if_unhealthy;
};

/*
 * While a handler is loaded into load->arena: its document wants d (fixed, not dynamic) checked
 * like this, connecting to addresses of that family. Copies what it needs. Nothing happens before
 * health_published().
 */
void health_want(struct load *load, const struct destination *d,
    const struct health_active *options, int family);

/*
 * Checks what instance wants, and nothing else. Checks that go on keep their schedule and what they
 * know; one whose options have changed keeps what it knows. Control thread.
 */
void health_published(const struct instance *instance);
/* Stops all checks, before the program ends. Control thread. */
void health_stop(void);

#endif
