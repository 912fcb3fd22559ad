/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event on one line, as people read it: time, type, then what it has as key=value.
 */
#ifndef CTL_EVENT_LINE_H
#define CTL_EVENT_LINE_H

#include <msgpack/object.h>

#include "common/buf.h"

/* With its line feed. Nothing in it may steer a terminal. */
void event_line(struct buf *out, const msgpack_object *event);

/* Parts of such lines: " key=value" of a pair, and a text, in quotes where it needs them. */
void event_line_pair(struct buf *out, struct span key, const msgpack_object *o);
void event_line_text(struct buf *out, struct span text);

#endif
