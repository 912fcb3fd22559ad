/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every control method, a line each, in alphabetical order: X(name) stands for
 * `const struct method method_<name>` in one of the files here.
 */
#ifndef DAEMON_CONTROL_METHODS_TBL_H
#define DAEMON_CONTROL_METHODS_TBL_H

/* clang-format off */
#define METHODS(X) \
	X(ca_root) \
	X(config_show) \
	X(conn_kill) \
	X(conn_ls) \
	X(conn_show) \
	X(hello) \
	X(ping) \
	X(status) \
	X(txn_apply)
/* clang-format on */

#endif
