/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection as answers have it.
 */
#ifndef DAEMON_CONTROL_CONN_PACK_H
#define DAEMON_CONTROL_CONN_PACK_H

#include "common/pack.h"
#include "daemon/core/conn_row.h"

/* Adds the row's keys to an open map. Long texts are cut, so that a row is below 4 KiB. */
void conn_pack(const struct conn_row *row, struct pack_box *map);

#endif
