/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a connection ended, and why an upstream was not reached: the closed lists that counters,
 * logs and `conn` events use.
 */
#ifndef DAEMON_CORE_REASON_H
#define DAEMON_CORE_REASON_H

#include <stdbool.h>

#define END_REASONS(X)                                                                             \
	X(END_CLIENT_CLOSED, "client_closed", "the client ended the session")                      \
	X(END_CLIENT_RESET, "client_reset", "the client sent a reset")                             \
	X(END_UPSTREAM_CLOSED, "upstream_closed", "the upstream ended the session")                \
	X(END_UPSTREAM_RESET, "upstream_reset", "the upstream sent a reset")                       \
	X(END_UPSTREAM_UNHEALTHY, "upstream_unhealthy",                                            \
	    "a health check found the upstream down (close_if_unhealthy)")                         \
	X(END_HANDLER_DONE, "handler_done", "a handler such as close or respond ended it")         \
	X(END_NO_ROUTE, "no_route", "no route matched")                                            \
	X(END_MATCHING_TIMEOUT, "matching_timeout", "undecided when matching_timeout passed")      \
	X(END_MATCHING_BUFFER, "matching_buffer_full", "undecided with the matching buffer full")  \
	X(END_MATCHING_BUDGET, "matching_budget",                                                  \
	    "undecided and the oldest, over the worker's budget")                                  \
	X(END_SILENT, "silent", "the client was silent and no route rests on facts")               \
	X(END_DIAL_FAILED, "dial_failed", "no upstream could be reached")                          \
	X(END_NO_UPSTREAM, "no_upstream", "no upstream is available")                              \
	X(END_TLS_HANDSHAKE, "tls_handshake", "the TLS handshake failed")                          \
	X(END_CHALLENGE, "challenge", "a CA that validates a name got its answer (TLS-ALPN-01)")   \
	X(END_TLS_ERROR, "tls_error", "the TLS session broke")                                     \
	X(END_PROXY_HEADER, "proxy_header",                                                        \
	    "the PROXY header is missing, malformed or not allowed")                               \
	X(END_PROTOCOL, "protocol", "the client did not say what a handler such as socks5 needs")  \
	X(END_DATAGRAMS, "datagrams", "the next handler is of no use for datagrams")               \
	X(END_HTTP, "http", "the HTTP session ended")                                              \
	X(END_IDLE_TIMEOUT, "idle_timeout", "no byte for the idle timeout")                        \
	X(END_FIN_TIMEOUT, "fin_timeout", "one side had ended and no byte came for fin_timeout")   \
	X(END_MAX_AGE, "max_age", "older than max_age")                                            \
	X(END_KILLED, "killed", "ended by pointsctl")                                              \
	X(END_DRAINED, "drained", "still open when the grace period ended")                        \
	X(END_LIMIT, "limit", "a limit of connections or descriptors")

enum end_reason {
#define END_ENUM(id, name, help) id,
	END_REASONS(END_ENUM)
#undef END_ENUM
	    END_REASON_COUNT
};

/* "client_closed", ... */
const char *end_reason_name(enum end_reason reason);

/* Is it none of the ways in which a session may well end? */
bool end_reason_is_error(enum end_reason reason);

/* Why a destination was not reached. */
#define DIAL_PROBLEMS(X)                                                                           \
	X(DIAL_RESOLVE, "resolve", "its name has no address that may be used")                     \
	X(DIAL_REFUSED, "refused", "nobody listens there")                                         \
	X(DIAL_UNREACHABLE, "unreachable", "there is no way to it")                                \
	X(DIAL_TIMEOUT, "timeout", "it did not answer in time")                                    \
	X(DIAL_TLS, "tls", "no TLS session was made with it")                                      \
	X(DIAL_OTHER, "other", "any other error of the system")

enum dial_problem {
#define DIAL_ENUM(id, name, help) id,
	DIAL_PROBLEMS(DIAL_ENUM)
#undef DIAL_ENUM
	    DIAL_PROBLEM_COUNT
};

/* "resolve", ... */
const char *dial_problem_name(enum dial_problem problem);
/* Of an error of connect(2). */
enum dial_problem dial_problem_of(int error);

#endif
