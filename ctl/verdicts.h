/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What matchers said, as route.test and conn.trace have it.
 */
#ifndef CTL_VERDICTS_H
#define CTL_VERDICTS_H

#include <msgpack/object.h>

#include "common/buf.h"
#include "ctl/output.h"

/* What JSON has of each. */
extern const struct column verdicts_members[];

/* "tls yes, remote_ip no or http no": sets are joined by "or". list may be NULL. */
void verdicts_write(struct buf *out, const msgpack_object *list);

/* Appends the text that a map has as key, if it has one. */
void verdicts_member(struct buf *out, const msgpack_object *map, const char *key);

#endif
