/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When to try again, and when to renew. Numbers in, numbers out.
 */
#ifndef DAEMON_CERTS_ACME_SCHEDULE_H
#define DAEMON_CERTS_ACME_SCHEDULE_H

#include <time.h>

#include "daemon/certs/acme_ca.h"

/*
 * Seconds to wait after failures (1 or more) in a row, the last of this kind. An unreachable CA
 * costs nobody anything: from 2 s, doubled, to 10 min. A refusal counts against limits: from 1 min,
 * doubled, to 6 h; but where the server says how long (retry_after; -1: it does not), that is
 * enough. random in [0, 1) spreads by a tenth.
 */
double acme_retry_delay(
    enum acme_fault_kind kind, unsigned failures, long retry_after, double random);

/*
 * When a certificate is renewed that is valid from..to: with ratio of its life left (0: a third),
 * and up to a twelfth of its life before that by random in [0, 1), but not in the first tenth.
 */
time_t acme_renewal_time(time_t from, time_t to, double ratio, double random);

/*
 * A moment in the window that a CA suggests (RFC 9773 section 4.2) for a certificate that is valid
 * from..to; but the last tenth of its life does not begin with it.
 */
time_t acme_window_time(const struct acme_window *window, time_t from, time_t to, double random);

/* A random number in [0, 1). */
double acme_random(void);

#endif
