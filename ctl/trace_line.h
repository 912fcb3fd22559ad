/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A step of a trace as people read it: time, the connection's id, the step, what it has as
 * key=value; below a look at the routes a line for each of them.
 */
#ifndef CTL_TRACE_LINE_H
#define CTL_TRACE_LINE_H

#include <msgpack/object.h>

#include "common/buf.h"

/* With its line feeds. Nothing in it may steer a terminal. */
void trace_line(struct buf *out, const msgpack_object *step);

#endif
