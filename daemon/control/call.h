/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request on its way to its answer. A method gets one, and ends it exactly once: call_finish()
 * or call_fail(). Until then it stays valid, also when its client has gone: then answers go
 * nowhere, and what is long should be cut short (call_gone()).
 */
#ifndef DAEMON_CONTROL_CALL_H
#define DAEMON_CONTROL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/errors.h"
#include "common/pack.h"
#include "daemon/control/level.h"

struct method;
struct session;

struct call {
	struct call *prev, *next; /* of its session */
	struct session *session;  /* NULL: gone */
	struct caller caller;
	const struct method *method;
	uint32_t id;
	bool dry_run;                      /* what was asked for would change nothing */
	bool repeated;                     /* it was carried out before, and not again */
	uint64_t changed_to;               /* the revision it made or confirmed; 0: none */
	struct buf what;                   /* asked for; see audit.h */
	void *state;                       /* the method's */
	void (*resume)(struct call *call); /* see call_wait(); NULL: not waiting */
	/* The message that is being made. */
	struct buf message;
	struct pack pack;
	struct pack_box map, items;
};

/* By the session: a new call, not yet linked. */
struct call *call_new(struct session *session, const struct method *method, uint32_t id);

static inline bool call_gone(const struct call *call)
{
	return call->session == NULL;
}

/* Has the client gone, or ended its side? What has no end of its own ends then. */
bool call_ended(const struct call *call);

/* Begins the result, with "rev" in it; fill the map, then call_finish(). */
struct pack_box *call_result(struct call *call);
/* Sends the result (an empty one if it was not begun) and frees the call. */
void call_finish(struct call *call);

/* Answers with an error and frees the call. hint may be NULL. */
void call_fail(struct call *call, const struct error *err);
void call_fail_hint(struct call *call, const struct error *err, const char *hint);
/* The same where several may have been found: err is the first of errors, if there are any. */
void call_fail_all(struct call *call, const struct error *err, const struct errors *errors);

/*
 * A chunk before the result: call_chunk() begins one and returns the array for its items,
 * call_chunk_send() sends it. call_chunk_size() is how long it is so far; keep it under
 * CALL_CHUNK, so that with one more item it is within CONTROL_CHUNK_MAX.
 */
#define CALL_CHUNK (8u << 10)
#define CALL_ITEM_MAX (32u << 10)
struct pack_box *call_chunk(struct call *call);
size_t call_chunk_size(const struct call *call);
void call_chunk_send(struct call *call);
/* The same with the key "seq". */
void call_chunk_send_seq(struct call *call, uint64_t seq);
/* A part of a long text. */
void call_chunk_text(struct call *call, struct span text);

/* Before each chunk: is there room to send it? If not: call_wait(). True once it is gone. */
bool call_ready(const struct call *call);
/* resume(call) runs from the loop once there is room, or the client has gone. */
void call_wait(struct call *call, void (*resume)(struct call *call));
/* Resumes a call that waits: what it waits for besides room has come. */
void call_go_on(struct call *call);

/* "uid 1000 pid 4711", for history and logs. Returns out. */
#define CALL_WHO_MAX 64
const char *call_who(const struct call *call, char out[CALL_WHO_MAX]);

/* The revision of the document in force. */
uint64_t call_revision(void);

#endif
