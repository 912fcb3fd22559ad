/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every command, a line each, in alphabetical order: X(name) stands for
 * `const struct command command_<name>` in one of the files here.
 */
#ifndef CTL_COMMANDS_TBL_H
#define CTL_COMMANDS_TBL_H

/* clang-format off */
#define COMMANDS(X) \
	X(acme_challenge) \
	X(acme_rekey) \
	X(ca_root) \
	X(cert_ls) \
	X(cert_renew) \
	X(cert_revoke) \
	X(cert_set) \
	X(cert_show) \
	X(config_save) \
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
