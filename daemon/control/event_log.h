/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The subscriber of events for the control socket: keeps the last ones and wakes its readers, each
 * of which goes through them at its own pace. Events of connections are asked for while a reader
 * wants them, and for a while after the last of these has gone, so that it finds them when it comes
 * back. Control thread.
 */
#ifndef DAEMON_CONTROL_EVENT_LOG_H
#define DAEMON_CONTROL_EVENT_LOG_H

#include "daemon/control/event_history.h"

#define EVENT_LOG_SIZE (1u << 20) /* bytes of history: about 2,000 ends of connections */
#define EVENT_LOG_LINGER 60.0     /* seconds */

/* Embedded in who reads. news() is called from the loop after events have come. */
struct event_reader {
	struct event_reader *prev, *next;
	uint32_t types; /* EVENT_BITs */
	void (*news)(struct event_reader *reader);
};

/* Needs the workers. Again is allowed, as is stopping what was not started. */
void event_log_start(void);
void event_log_stop(void);
/* When it began, nanoseconds since 1970: no event of this daemon is older. */
int64_t event_log_started(void);

const struct event_history *event_log_history(void);

void event_log_join(struct event_reader *reader);
void event_log_leave(struct event_reader *reader);

/* For tests, instead of EVENT_LOG_LINGER. */
void event_log_linger(double seconds);

#endif
