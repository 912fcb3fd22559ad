/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every command, a line each, in alphabetical order: X(name) stands for
 * `const struct command command_<name>` in one of the files here.
 */
#ifndef CTL_COMMANDS_TBL_H
#define CTL_COMMANDS_TBL_H

/* clang-format off */
#define COMMANDS(X) \
	X(ca_root) \
	X(config_show) \
	X(conn_kill) \
	X(conn_ls) \
	X(conn_show) \
	X(conn_watch) \
	X(help) \
	X(monitor) \
	X(ping) \
	X(status) \
	X(version)
/* clang-format on */

#endif
