/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of one worker: plain 64-bit values written by it alone and read by any thread without
 * a lock (relaxed atomics), added up by whoever shows them.
 */
#ifndef DAEMON_CORE_COUNTERS_H
#define DAEMON_CORE_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "daemon/core/reason.h"

struct counters {
	_Atomic uint64_t accepted;
	_Atomic uint64_t accept_errors;
	_Atomic uint64_t flows_refused; /* datagrams of clients over max_flows */
	_Atomic uint64_t
	    datagrams_lost; /* too long, not taken in time, not to be sent, of no flow */
	_Atomic uint64_t ended[END_REASON_COUNT];
	_Atomic uint64_t bytes_in, bytes_out; /* payload from and to clients */
	_Atomic uint64_t bytes_spliced;       /* payload moved without copying */
	_Atomic uint64_t hello_bad;           /* malformed ClientHellos */
	_Atomic uint64_t handshakes, handshakes_resumed, handshakes_failed;
	_Atomic uint64_t dials, dial_failures;
};

/* By the owning worker only. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(
	    counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline uint64_t counter_get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
