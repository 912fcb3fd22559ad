/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts that are too long for one request: a client uploads one in parts and then names it in a
 * request of the same session. What all of them hold together is bounded, the oldest gives way;
 * and so is the time that one is kept.
 * Control thread.
 */
#ifndef DAEMON_CONTROL_STAGE_H
#define DAEMON_CONTROL_STAGE_H

#include <stddef.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/span.h"

struct argument;
struct session;

#define STAGE_MAX (8u << 20)  /* bytes of a text: what a document may have */
#define STAGE_ALL (16u << 20) /* bytes of all */
#define STAGE_SECONDS 60      /* that one is kept after its last part */

/*
 * Puts text behind the offset bytes that the session has uploaded so far; 0 begins anew. *size
 * becomes how many it has. Returns 0, or -1 with err: ERROR_CONFLICT (the offset is another),
 * ERROR_LIMIT.
 */
int stage_put(const struct session *session, size_t offset, struct span text, size_t *size,
    struct error *err);

/* For tests, instead of STAGE_SECONDS. */
void stage_patience(double seconds);

/* The session is closed. */
void stage_forget(const struct session *session);

/*
 * A request's text: of the parameter text, or where staged is true, what the session has uploaded,
 * which is then gone. *held keeps that and is to be freed by the caller with buf_fini(). Returns 0,
 * or -1 with err.
 */
int stage_text(const struct session *session, const struct argument *text,
    const struct argument *staged, struct buf *held, struct span *out, struct error *err);

#endif
