/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event as answers have it.
 */
#ifndef DAEMON_CONTROL_EVENT_PACK_H
#define DAEMON_CONTROL_EVENT_PACK_H

#include "common/buf.h"
#include "daemon/core/event.h"

/* One map: seq, type, time, and the fields of its type. Below CALL_ITEM_MAX. */
void event_pack(const struct event *e, struct buf *out);

#endif
