/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of the control socket: reads its requests within limits, runs them, and sends what they
 * answer as fast as the client takes it. Nothing here ever waits: a client that does not read is
 * not read from, and its lists pause.
 */
#ifndef DAEMON_CONTROL_SESSION_H
#define DAEMON_CONTROL_SESSION_H

#include <stdbool.h>

#include "common/span.h"
#include "daemon/control/level.h"

struct call;
struct session;

/* Takes fd, connected and non-blocking, and serves it on control_loop(). */
void session_start(int fd, const struct caller *caller);
/* Tells each client why (a constant), then closes it. */
void session_close_all(const char *reason);
/* The rules have changed: each client's level is what they say now. */
void session_relevel(const struct level_rules *rules);
unsigned session_count(void);

/* Tells the other end of fd why it is not served, as well as that goes without waiting. */
void session_turn_away(int fd, const char *code, const char *message);

/* For tests, instead of CONTROL_MESSAGE_SECONDS. */
void session_patience(double seconds);

/* The rest is for call.c and the methods. */
const struct caller *session_caller(const struct session *s);
/* Puts bytes, whole messages, into the queue; a client with too long a queue is closed. */
void session_send(struct session *s, struct span bytes);
/* Is the queue short enough for another chunk? */
bool session_roomy(const struct session *s);
/* Will the client send nothing more? */
bool session_ended(const struct session *s);
/* The call has been answered. */
void session_forget(struct session *s, struct call *call);
/* The client has no more than this level from now on. */
void session_lower(struct session *s, enum level level);
/* hello was answered; client is what the client calls itself, for the log. */
void session_greeted(struct session *s, struct span client);

#endif
