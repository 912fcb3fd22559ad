/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/session.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <ev.h>
#include <utlist.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/pack.h"
#include "common/scanner.h"
#include "common/unpack.h"
#include "daemon/control/audit.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/stage.h"
#include "daemon/core/worker.h"

#define QUEUE_ROOMY (4u << 10) /* over it no chunk is made and no request is run */

/*
 * A client's messages take no more than SHORT bytes until it has the place for a long one; those
 * who wait for it wait unread. So 64 clients together hold less than 2 MiB, whatever they send,
 * and not 64.
 */
#define SHORT (4u << 10)
#define REFUSALS_LOGGED 10 /* in a second */
#define LONG_READ (16u << 10)

struct session {
	struct session *prev, *next;
	ev_io io;
	ev_timer timer; /* for a message once begun, the hello, and the end */
	struct caller caller;
	enum level ceiling; /* of its level: what it asked for, else the highest */
	char client[64];
	struct buf in, out;
	struct scanner scanner; /* of the message at the front of in */
	struct call *calls;
	unsigned call_count;
	bool greeted;
	bool long_message; /* has the place for one */
	bool alone;        /* one of its calls lets no other run */
	bool ended;        /* the client sends nothing more */
	bool closing;      /* only what is in out is still sent */
};

static struct {
	struct session *all;
	unsigned count;
	bool long_message; /* somebody has the place */
	double patience;
} sessions = {.patience = CONTROL_MESSAGE_SECONDS};

static void update(struct session *s);

static void scan_next(struct session *s)
{
	const struct scanner_limits limits = {
	    .size = CONTROL_REQUEST_MAX,
	    .depth = CONTROL_DEPTH_MAX,
	    .elements = CONTROL_ELEMENTS_MAX,
	};

	scanner_init(&s->scanner, limits);
}

static void end_long_message(struct session *s)
{
	if (!s->long_message)
		return;
	s->long_message = sessions.long_message = false;
	DL_FOREACH (sessions.all, s)
		update(s);
}

/* What came behind a long message does not keep its memory. */
static void drop_long_message(struct session *s)
{
	struct buf rest = {0};

	if (!s->long_message)
		return;
	buf_append(&rest, buf_span(&s->in).p, buf_len(&s->in));
	buf_fini(&s->in);
	s->in = rest;
	end_long_message(s);
}

/* ---- the end ------------------------------------------------------------------------------- */

static void close_session(struct session *s, const char *why)
{
	struct ev_loop *loop = control_loop();
	struct call *call, *next;

	log_msg(LOG_DEBUG, "control", "client %s (uid %u, pid %d): %s", s->client,
	    (unsigned)s->caller.uid, (int)s->caller.pid, why);
	DL_DELETE(sessions.all, s);
	sessions.count--;
	ev_io_stop(loop, &s->io);
	ev_timer_stop(loop, &s->timer);
	close(s->io.fd);
	stage_forget(s);
	end_long_message(s);
	DL_FOREACH_SAFE(s->calls, call, next)
	{
		void (*resume)(struct call *) = call->resume;

		call->session = NULL;
		call->resume = NULL;
		if (resume != NULL)
			resume(call);
	}
	buf_fini(&s->in);
	buf_fini(&s->out);
	free(s);
}

static void pack_closing(struct buf *out, const char *code, const char *message)
{
	struct pack pack;
	struct pack_box map;

	pack_init(&pack, out);
	pack_array_of(&pack, 3);
	pack_u64(&pack, CONTROL_NOTIFICATION);
	pack_str(&pack, CONTROL_CLOSING);
	pack_array_of(&pack, 1);
	pack_map_open(&pack, &map);
	pack_str(pack_key(&map, "code"), code);
	pack_str(pack_key(&map, "message"), message);
	pack_close(&map);
}

void session_turn_away(int fd, const char *code, const char *message)
{
	struct buf out = {0};

	pack_closing(&out, code, message);
	if (send(fd, buf_span(&out).p, buf_len(&out), MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		log_msg(LOG_DEBUG, "control", "a client was turned away unheard: %s", message);
	buf_fini(&out);
}

/* Clients that come again and again do not fill the log. */
static void log_refusal(const struct session *s, const char *message)
{
	static ev_tstamp since;
	static unsigned count;
	ev_tstamp now = ev_now(control_loop());

	if (now - since >= 1.) {
		if (count > REFUSALS_LOGGED)
			log_msg(LOG_INFO, "control", "%u other clients were closed too",
			    count - REFUSALS_LOGGED);
		since = now;
		count = 0;
	}
	if (++count <= REFUSALS_LOGGED)
		log_msg(LOG_INFO, "control", "client %s (uid %u, pid %d, %s) is closed: %s",
		    s->client, (unsigned)s->caller.uid, (int)s->caller.pid, s->caller.command,
		    message);
}

/* Says why, sends what is in the queue, then closes; nothing is read any more. */
static void refuse(struct session *s, enum error_code code, const char *message)
{
	if (s->closing)
		return;
	log_refusal(s, message);
	pack_closing(&s->out, error_code_name(code), message);
	s->closing = true;
	ev_feed_event(control_loop(), &s->io, EV_WRITE);
}

/* ---- requests ------------------------------------------------------------------------------ */

static unsigned endless_calls(const struct session *s)
{
	const struct call *call;
	unsigned count = 0;

	DL_FOREACH (s->calls, call)
		count += call->method->endless;
	return count;
}

/* The call is among those of s already. */
static bool allowed(const struct session *s, const struct method *method, struct error *err)
{
	if (s->caller.level == LEVEL_NONE)
		error_set(err, ERROR_DENIED,
		    "uid %u may not use this socket; root, the daemon's own user, the group %s and "
		    "those whom the document's \"control\" names may",
		    (unsigned)s->caller.uid, CONTROL_GROUP);
	else if (!s->greeted && !method->greets)
		error_set(err, ERROR_INVALID, "the first request must be %s", CONTROL_HELLO);
	else if (s->caller.level < method->level)
		error_set(err, ERROR_DENIED, "%s needs the level %s, yours is %s", method->name,
		    level_name(method->level), level_name(s->caller.level));
	else if (method->endless && endless_calls(s) > CONTROL_WATCHES_MAX)
		/* Were they as many as may be in flight, nobody would read that it has gone. */
		error_set(err, ERROR_LIMIT, "a connection has at most %d of %s at a time",
		    CONTROL_WATCHES_MAX, method->name);
	else
		return true;
	return false;
}

static const struct method no_method = {.name = "unknown method"};

static void run(struct session *s, uint32_t id, struct span name, const msgpack_object *params)
{
	struct argument args[PARAMS_MAX];
	const char *hint = NULL;
	struct error err;
	const struct method *method = method_find(name, &hint, &err);
	struct call *call = call_new(s, method != NULL ? method : &no_method, id);

	DL_APPEND(s->calls, call);
	s->call_count++;
	if (method == NULL || !allowed(s, method, &err) ||
	    method_arguments(method, params, args, &hint, &err) == -1 ||
	    method_levels(method, args, s->caller.level, &err) == -1) {
		call_fail_hint(call, &err, hint);
	} else {
		call->dry_run = method_is_dry_run(method, args);
		audit_arguments(call, args);
		s->alone = method->alone;
		method->run(call, args);
	}
}

/* false: no request of msgpack-rpc. */
static bool run_message(struct session *s, const msgpack_object *message)
{
	const msgpack_object *parts;
	struct span name;
	uint64_t type, id;

	if (!unpack_is_array(message) || message->via.array.size != 4)
		return false;
	parts = message->via.array.ptr;
	if (!unpack_u64(&parts[0], &type) || type != CONTROL_REQUEST ||
	    !unpack_u64(&parts[1], &id) || id > UINT32_MAX || !unpack_text(&parts[2], &name))
		return false;
	run(s, (uint32_t)id, name, &parts[3]);
	return true;
}

static void handle_message(struct session *s, struct span bytes)
{
	msgpack_unpacked value;
	struct error err;

	if (unpack_value(&value, bytes, &err) == -1) {
		refuse(s, err.code, err.message);
		return;
	}
	if (!run_message(s, &value.data))
		refuse(s, ERROR_INVALID,
		    "not a request: wanted [0, id, method, [parameters]] with a 32-bit id");
	msgpack_unpacked_destroy(&value);
}

static bool may_run(const struct session *s)
{
	return !s->closing && !s->alone && session_roomy(s) &&
	       s->call_count < CONTROL_IN_FLIGHT_MAX;
}

static void process(struct session *s)
{
	enum scanner_result result;
	size_t size;

	while (may_run(s) && buf_len(&s->in) > 0) {
		result = scanner_run(&s->scanner, buf_span(&s->in));
		if (result == SCANNER_MORE)
			break;
		if (result != SCANNER_DONE) {
			refuse(s, result == SCANNER_BAD ? ERROR_INVALID : ERROR_LIMIT,
			    scanner_text(result));
			break;
		}
		size = s->scanner.at;
		if (s->greeted)
			ev_timer_stop(control_loop(), &s->timer);
		handle_message(s, span_of(buf_span(&s->in).p, size));
		buf_consume(&s->in, size);
		scan_next(s);
		drop_long_message(s);
	}
}

/* ---- input and output ---------------------------------------------------------------------- */

/* Is there room for more of the message at the front? Takes the place where it is a long one. */
static bool may_grow(struct session *s)
{
	if (buf_len(&s->in) < SHORT || s->long_message)
		return true;
	if (sessions.long_message)
		return false;
	s->long_message = sessions.long_message = true;
	buf_reserve(&s->in, CONTROL_REQUEST_MAX); /* growing would need the memory twice */
	return true;
}

/* Watches and times what the session waits for now. */
static void update(struct session *s)
{
	struct ev_loop *loop = control_loop();
	bool reads = !s->ended && may_run(s) && may_grow(s);
	bool timed = s->closing || !s->greeted || (reads && buf_len(&s->in) > 0);
	int events = (reads ? EV_READ : 0) | (buf_len(&s->out) > 0 ? EV_WRITE : 0);

	if ((s->io.events & (EV_READ | EV_WRITE)) != events || !ev_is_active(&s->io)) {
		int pending = ev_clear_pending(loop, &s->io);

		ev_io_stop(loop, &s->io);
		ev_io_set(&s->io, s->io.fd, events);
		ev_io_start(loop, &s->io);
		if (pending != 0)
			ev_feed_event(loop, &s->io, pending);
	}
	if (timed && !ev_is_active(&s->timer)) {
		ev_timer_set(&s->timer, sessions.patience, 0.);
		ev_timer_start(loop, &s->timer);
	} else if (!timed) {
		ev_timer_stop(loop, &s->timer);
	}
}

/* false: the session is gone. */
static bool read_some(struct session *s)
{
	size_t room = s->long_message ? LONG_READ : SHORT - buf_len(&s->in);
	ssize_t n = read(s->io.fd, buf_reserve(&s->in, room), room);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n == -1) {
		close_session(s, "broken");
		return false;
	}
	s->ended = n == 0;
	buf_commit(&s->in, (size_t)n);
	return true;
}

/* false: the session is gone. */
static bool flush(struct session *s)
{
	struct span out = buf_span(&s->out);
	ssize_t n;

	if (out.n == 0)
		return true;
	n = send(s->io.fd, out.p, out.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n == -1) {
		close_session(s, "does not listen any more");
		return false;
	}
	buf_consume(&s->out, (size_t)n);
	return true;
}

static void resume_calls(struct session *s)
{
	struct call *call, *next;

	DL_FOREACH_SAFE(s->calls, call, next)
	{
		void (*resume)(struct call *) = call->resume;

		if (resume == NULL || !session_roomy(s))
			continue;
		call->resume = NULL;
		resume(call);
	}
}

static void on_io(struct ev_loop *loop, ev_io *w, int events)
{
	struct session *s = w->data;

	(void)loop;
	if ((events & EV_READ) && !s->ended && may_run(s) && may_grow(s) && !read_some(s))
		return;
	process(s);
	if (!flush(s))
		return;
	resume_calls(s);
	process(s); /* what waited for room */
	if ((s->ended || s->closing) && buf_len(&s->out) == 0 && (s->closing || s->calls == NULL)) {
		close_session(s, "done");
		return;
	}
	update(s);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	struct session *s = w->data;

	(void)loop;
	(void)events;
	if (s->closing) {
		close_session(s, "did not take the reason for closing it");
		return;
	}
	refuse(s, ERROR_TIMEOUT,
	    s->greeted ? "the message was not complete in time" : "no hello in time");
	update(s);
}

/* ---- for calls ----------------------------------------------------------------------------- */

const struct caller *session_caller(const struct session *s)
{
	return &s->caller;
}

void session_send(struct session *s, struct span bytes)
{
	if (s->closing)
		return;
	if (buf_len(&s->out) + bytes.n > CONTROL_QUEUE_MAX) {
		refuse(s, ERROR_LIMIT, "too much is waiting to be read");
		return;
	}
	buf_append(&s->out, bytes.p, bytes.n);
	ev_feed_event(control_loop(), &s->io, EV_WRITE);
}

bool session_roomy(const struct session *s)
{
	return buf_len(&s->out) < QUEUE_ROOMY;
}

bool session_ended(const struct session *s)
{
	return s->ended;
}

void session_forget(struct session *s, struct call *call)
{
	DL_DELETE(s->calls, call);
	s->call_count--;
	if (call->method->alone)
		s->alone = false;
	ev_feed_event(control_loop(), &s->io, EV_WRITE); /* there may be requests that wait */
}

void session_lower(struct session *s, enum level level)
{
	if (level < s->ceiling)
		s->ceiling = level;
	if (level < s->caller.level)
		s->caller.level = level;
}

void session_relevel(const struct level_rules *rules)
{
	struct session *s;

	DL_FOREACH (sessions.all, s) {
		if (level_identify(rules, s->io.fd, &s->caller) == -1)
			s->caller.level = LEVEL_NONE;
		session_lower(s, s->ceiling);
		if (s->greeted && s->caller.level == LEVEL_NONE)
			refuse(s, ERROR_DENIED, "this user has no level any more");
	}
}

void session_greeted(struct session *s, struct span client)
{
	size_t i, n = client.n < sizeof(s->client) - 1 ? client.n : sizeof(s->client) - 1;

	s->greeted = true;
	for (i = 0; i < n; i++)
		s->client[i] = client.p[i] > 0x1f && client.p[i] < 0x7f ? (char)client.p[i] : '?';
	s->client[n] = '\0';
	if (n == 0)
		s->client[0] = '-';
	log_msg(LOG_DEBUG, "control", "client %s (uid %u, pid %d) has the level %s", s->client,
	    (unsigned)s->caller.uid, (int)s->caller.pid, level_name(s->caller.level));
}

/* ---- the beginning ------------------------------------------------------------------------- */

void session_start(int fd, const struct caller *caller)
{
	struct session *s = mem_zalloc(sizeof(*s));

	s->caller = *caller;
	s->ceiling = LEVEL_ADMIN;
	s->client[0] = '-';
	scan_next(s);
	ev_io_init(&s->io, on_io, fd, EV_READ);
	s->io.data = s;
	ev_timer_init(&s->timer, on_timer, sessions.patience, 0.);
	s->timer.data = s;
	DL_APPEND(sessions.all, s);
	sessions.count++;
	update(s);
}

void session_close_all(const char *reason)
{
	struct session *s, *next;

	DL_FOREACH_SAFE(sessions.all, s, next)
	{
		pack_closing(&s->out, error_code_name(ERROR_BUSY), reason);
		if (flush(s))
			close_session(s, reason);
	}
}

void session_patience(double seconds)
{
	sessions.patience = seconds;
}

unsigned session_count(void)
{
	return sessions.count;
}
