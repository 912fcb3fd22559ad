/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control protocol of pointsmand: names, versions, limits, error codes. With
 * docs/control-protocol.md this is all that a client in another language needs.
 *
 * Transport: a Unix stream socket. Framing: msgpack-rpc, one MessagePack value after another.
 *
 *	request       [0, id, method, [parameters]]    client to daemon; id is any 32-bit number
 *	response      [1, id, error, result]           error and result: one of them is nil
 *	notification  [2, name, [parameters]]          daemon to client only
 *
 * parameters, error and result are maps with string keys. A request has exactly one map. Unknown
 * keys in it are refused; unknown keys in answers must be ignored. The first request is "hello".
 * Requests may be pipelined. Those that need the workers may be answered out of order.
 *
 * A long answer comes before its response as notifications named "chunk", which carry the id of
 * the request and either items (of a list) or a part of a text:
 *
 *	[2, "chunk", [{"id": 7, "rev": 57, "items": [{...}, ...]}]]
 *	[2, "chunk", [{"id": 7, "rev": 57, "text": "..."}]]
 *	[1, 7, nil, {"rev": 57, "count": 212}]
 */
#ifndef POINTSMAN_CONTROL_H
#define POINTSMAN_CONTROL_H

/* Counted up when an old client would misunderstand a new daemon; new keys do not count. */
#define CONTROL_PROTOCOL 1
#define CONTROL_PROTOCOL_MIN 1 /* the oldest one that is still spoken */

/* ---- where --------------------------------------------------------------------------------- */

#define CONTROL_SOCKET_ENV "POINTSMAN_SOCK"
#define CONTROL_SOCKET_SYSTEM "/run/pointsman/control.sock"
#define CONTROL_SOCKET_USER "pointsman/control.sock" /* below $XDG_RUNTIME_DIR */
#define CONTROL_GROUP "pointsman"                    /* its members have the level operate */

/* ---- messages ------------------------------------------------------------------------------ */

#define CONTROL_REQUEST 0
#define CONTROL_RESPONSE 1
#define CONTROL_NOTIFICATION 2

/* A part of an answer: id, rev, and items or text. */
#define CONTROL_CHUNK "chunk"
/* Why the daemon is about to close the connection: code, message. No request caused it alone. */
#define CONTROL_CLOSING "closing"

/* ---- limits -------------------------------------------------------------------------------- */

#define CONTROL_REQUEST_MAX (1u << 20) /* bytes of a request */
#define CONTROL_DEPTH_MAX 16           /* arrays and maps within one another, of any message */
#define CONTROL_ELEMENTS_MAX 8192      /* values in a request, counting keys and containers */
#define CONTROL_OPERATIONS_MAX 10000   /* of a transaction */
#define CONTROL_IN_FLIGHT_MAX 32       /* unanswered; more are not read until one is answered */
#define CONTROL_WATCHES_MAX 8          /* events.watch at a time, of a client */
#define CONTROL_CLIENTS_MAX 64
#define CONTROL_CHUNK_MAX (64u << 10) /* bytes of a chunk notification */
#define CONTROL_QUEUE_MAX (4u << 20)  /* bytes waiting for a client; over it: closed */
#define CONTROL_MESSAGE_SECONDS 10    /* for a message once begun, and for the hello */
/* Seconds: of a time in which a change has to be confirmed, of the last drain, of a log level, of a
 * trace. */
#define CONTROL_CONFIRM_SECONDS_MAX 86400
#define CONTROL_DRAIN_SECONDS_MAX (365 * 86400)
#define CONTROL_LEVEL_SECONDS_MAX (7 * 86400)
#define CONTROL_TRACE_SECONDS_MAX 86400
#define CONTROL_ANSWER_MAX (4u << 20) /* bytes of any message of the daemon */
#define CONTROL_ANSWER_ELEMENTS_MAX 1048576

/* ---- methods ------------------------------------------------------------------------------- */
/*
 * name {parameters} -> result; ? marks an optional parameter, int, text and bool are types. Every
 * result has "rev", the revision of the document. docs/control-protocol.md describes each.
 */

/* {protocol: int, client?: text} -> {protocol, protocol_min, version, level, pid, limits} */
#define CONTROL_HELLO "hello"
/* {} -> {} */
#define CONTROL_PING "ping"
/* {method?: text} -> chunks of methods, {protocol, version, limits, errors, levels, events} */
#define CONTROL_API_INFO "api.info"
/* {} -> {version, pid, started, uptime, level, workers, connections, ...} */
#define CONTROL_STATUS "status"
/* {kind?: text} -> chunks of what is counted, {count, time, duration_bounds, delay_bounds} */
#define CONTROL_STATS "stats"
/* {} -> chunks of text: the same as OpenMetrics; {bytes} */
#define CONTROL_METRICS "metrics"
/* {filter?: text, after?: int, limit?: int} -> chunks of connections, {count} */
#define CONTROL_CONN_LS "conn.ls"
/* {id: int} -> the connection with all that is known of it */
#define CONTROL_CONN_SHOW "conn.show"
/* {ids?: [int], filter?: text, dry_run?: bool} -> {killed, missing: [int]}; one of the first two */
#define CONTROL_CONN_KILL "conn.kill"
/*
 * {filter?: text, count?: int, seconds?: int} -> chunks of steps, until the client ends its side or
 * what was asked for has come; {connections, steps, lost}
 */
#define CONTROL_CONN_TRACE "conn.trace"
/* {expires_within?: int} -> chunks of certificates, {count} */
#define CONTROL_CERT_LS "cert.ls"
/* {name: text} -> the certificate with all that is known of it, but its key */
#define CONTROL_CERT_SHOW "cert.show"
/* {name: text} -> {} */
#define CONTROL_CERT_RENEW "cert.renew"
/* {name: text, reason?: int} -> {} */
#define CONTROL_CERT_REVOKE "cert.revoke"
/* {name: text, chain: text, key: text} -> {}; PEM */
#define CONTROL_CERT_SET "cert.set"
/* {type: text, name: text, value: text} -> {} */
#define CONTROL_ACME_CHALLENGE_ADD "acme.challenge_add"
/* {type: text, name: text} -> {} */
#define CONTROL_ACME_CHALLENGE_DEL "acme.challenge_del"
/* {name: text} -> {} */
#define CONTROL_ACME_REKEY "acme.rekey"
/* {id?: text} -> {pem} */
#define CONTROL_CA_ROOT "ca.root"
/* {drain_s?: int} -> {connections, drain} */
#define CONTROL_DAEMON_STOP "daemon.stop"
/* {secrets?: bool} -> chunks of text: the document as JSON, secrets masked; {bytes} */
#define CONTROL_CONFIG_SHOW "config.show"

/*
 * {operations?: text, staged?: bool, if_rev?: int, dry_run?: bool, save?: bool, confirm_s?: int,
 * txn_id?: text, comment?: text} -> {revision, connections: [int], names: [text or nil]}, and for a
 * dry run {existing: {keep, drain, kill}, change_count, changes}. operations is JSON, a list of
 * objects; see docs/control-protocol.md. connections says how many each of them concerned, names
 * what the route that it added or changed is called.
 */
#define CONTROL_TXN_APPLY "txn.apply"

/* {} -> chunks of routes, {count} */
#define CONTROL_ROUTE_LS "route.ls"
/* {id: text} -> the route with that @id or handle, and its "json" */
#define CONTROL_ROUTE_SHOW "route.show"
/* {listener: text, src?, sni?, alpn?, bytes?: text in base64, state?: "live" | "ended" | "silent"}
 * -> chunks of routes asked, {decision, route, handlers, upstreams, captures} */
#define CONTROL_ROUTE_TEST "route.test"
/* {} -> chunks of servers, {count} */
#define CONTROL_SERVER_LS "server.ls"
/* {name: text} -> the server */
#define CONTROL_SERVER_SHOW "server.show"
/* {} -> chunks of listeners, {count} */
#define CONTROL_LISTENER_LS "listener.ls"
/* {address: text} -> the listener */
#define CONTROL_LISTENER_SHOW "listener.show"
/* {} -> chunks of upstreams, {count} */
#define CONTROL_UPSTREAM_LS "upstream.ls"
/* {proxy: text, id: text} -> the upstream */
#define CONTROL_UPSTREAM_SHOW "upstream.show"
/* {proxy: text, id: text, state: "auto" | "up" | "down"} -> the upstream */
#define CONTROL_UPSTREAM_HEALTH "upstream.health"

/* {} -> chunks of subsystems and their levels, {count} */
#define CONTROL_LOG_LS "log.ls"
/* {level: "debug" | "info" | "warn" | "error", subsystem?: text, for_s?: int} -> {} */
#define CONTROL_LOG_LEVEL "log.level"

/* {offset: int, text: text} -> {bytes}; then "staged" stands for operations or document */
#define CONTROL_CONFIG_STAGE "config.stage"
/*
 * {document?: text, staged?: bool, if_rev?: int, dry_run?: bool, save?: bool, confirm_s?: int,
 * comment?: text, existing?: text, drain?: text} -> {revision, connections: int, change_count,
 * changes: [{path, change, before?, after?}]}; a dry run also {existing: {keep, drain, kill}}
 */
#define CONTROL_CONFIG_APPLY "config.apply"
/* {document?: text, staged?: bool} -> chunks of findings, {count} and the same, of a dry run */
#define CONTROL_CONFIG_CHECK "config.check"
/*
 * {existing?: text, drain?: text} -> the same, for the daemon's own file; and set_aside: [{path,
 * reason}]
 */
#define CONTROL_CONFIG_RELOAD "config.reload"
/* {revision?: int} -> {revision}: the change that was made with confirm_s stays */
#define CONTROL_CONFIG_CONFIRM "config.confirm"
/*
 * {revision?: int, back?: int, if_rev?, dry_run?, save?, confirm_s?, comment?, existing?, drain?}
 * -> the same; one of the first two
 */
#define CONTROL_CONFIG_ROLLBACK "config.rollback"
/* {if_rev?: int, dry_run?: bool} -> {change_count, changes, set_aside, saved: int} */
#define CONTROL_CONFIG_SAVE "config.save"
/* {} -> chunks of revisions, the newest first, {count} */
#define CONTROL_CONFIG_HISTORY "config.history"
/* {from?: int, to?: int, file?: bool, saved?: bool} -> chunks of changes, {count} */
#define CONTROL_CONFIG_DIFF "config.diff"

/*
 * {types?: text, filter?: text, since?: int, since_time?: text} -> chunks of events, until the
 * client ends its side; {seq}
 */
#define CONTROL_EVENTS_WATCH "events.watch"

/* ---- events -------------------------------------------------------------------------------- */

/*
 * What happens, numbered from 1 on since the daemon started. docs/control-protocol.md says which
 * keys each has. New types may come.
 */
#define CONTROL_EVENTS(X)                                                                          \
	X(CONN_OPEN, "conn.open", "a connection was accepted")                                     \
	X(CONN_PROGRESS, "conn.progress", "a connection goes on, after each log_interval")         \
	X(CONN_CLOSE, "conn.close", "a connection has ended")                                      \
	X(CONFIG_CHANGED, "config.changed", "a document is in force on all workers")               \
	X(CONFIG_REFUSED, "config.refused", "a document was refused, nothing has changed")         \
	X(LISTENER_OPENED, "listener.opened", "an address is listened on")                         \
	X(LISTENER_CLOSED, "listener.closed", "an address is not listened on any more")            \
	X(LISTENER_PAUSED, "listener.paused", "what comes waits in the accept queue")              \
	X(LISTENER_RESUMED, "listener.resumed", "connections are accepted again")                  \
	X(UPSTREAM_UP, "upstream.up", "health checks found an upstream up again")                  \
	X(UPSTREAM_DOWN, "upstream.down", "health checks found an upstream down")                  \
	X(UPSTREAM_FAILING, "upstream.failing",                                                    \
	    "connections to it fail, it is left alone a while")                                    \
	X(UPSTREAM_FORCED, "upstream.forced", "someone said what an upstream's health is")         \
	X(CERT_OBTAINED, "cert.obtained", "a managed name has its first certificate")              \
	X(CERT_RENEWED, "cert.renewed", "a managed name has a new certificate")                    \
	X(CERT_FAILED, "cert.failed", "a CA gave no certificate; it is tried again")               \
	X(LOST, "event.lost", "events are missing here")

/* Why: the key "reason" of event.lost. */
#define CONTROL_LOST_FORGOTTEN "forgotten" /* older than what is remembered: a slow reader */
#define CONTROL_LOST_OVERFLOW "overflow"   /* they came faster than the daemon took them */
#define CONTROL_LOST_UNHEARD "unheard"     /* connections, while nobody listened */

/* ---- levels -------------------------------------------------------------------------------- */

/* Each includes those before it. "none" may do nothing at all. */
#define CONTROL_LEVELS(X)                                                                          \
	X(NONE, "none")                                                                            \
	X(OBSERVE, "observe")                                                                      \
	X(OPERATE, "operate")                                                                      \
	X(ADMIN, "admin")

/* ---- errors -------------------------------------------------------------------------------- */

/*
 * The error map: code and message always; path where a place is known (of the document, or the
 * parameter's name), hint where something near would have been right. Second column: the exit
 * code of pointsctl.
 */
#define CONTROL_ERRORS(X)                                                                          \
	X("invalid", 7, "the request or the document is wrong")                                    \
	X("not_found", 5, "no such object or method")                                              \
	X("exists", 6, "an object of this name is there already")                                  \
	X("conflict", 6, "what the request rests on is no longer so")                              \
	X("in_use", 6, "something else needs it, or has it")                                       \
	X("denied", 4, "the level does not allow it")                                              \
	X("unsupported", 9, "not in this protocol or not in this daemon")                          \
	X("limit", 10, "a limit would be passed")                                                  \
	X("timeout", 8, "it took too long")                                                        \
	X("busy", 10, "not now; try again")                                                        \
	X("internal", 70, "an error inside the daemon")

/* Of pointsctl. */
enum control_exit {
	CONTROL_EXIT_DONE = 0,
	CONTROL_EXIT_NO = 1, /* a negative answer */
	CONTROL_EXIT_USAGE = 2,
	CONTROL_EXIT_UNREACHABLE = 3, /* no daemon there, or it went away */
	CONTROL_EXIT_DENIED = 4,
	CONTROL_EXIT_NOT_FOUND = 5,
	CONTROL_EXIT_CONFLICT = 6,
	CONTROL_EXIT_INVALID = 7,
	CONTROL_EXIT_TIMEOUT = 8,
	CONTROL_EXIT_PROTOCOL = 9,
	CONTROL_EXIT_LIMIT = 10,
	CONTROL_EXIT_INTERNAL = 70,
};

#endif
