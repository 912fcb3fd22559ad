/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn.h"
#include "daemon/core/explain.h"

static enum handle_result handle(struct conn *conn, const void *params)
{
	(void)params;
	conn_end(conn, END_HANDLER_DONE, NULL);
	return HANDLE_DONE;
}

static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	(void)out;
	dispenser_next(d);
	if (dispenser_none(d, err) == -1)
		return -1;
	return dispenser_no_block(d, err);
}

const struct handler_type handler_close = {
    .name = "close",
    .help = "ends the connection",
    .handle = handle,
    .explain = explain_terminal,
    .terminal = true,
    .adapt = adapt,
    .datagrams = true,
};
