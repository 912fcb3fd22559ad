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
	X(batch) \
	X(ca_root) \
	X(call_method) \
	X(cert_ls) \
	X(cert_renew) \
	X(cert_revoke) \
	X(cert_set) \
	X(cert_show) \
	X(completion) \
	X(config_apply) \
	X(config_check) \
	X(config_confirm) \
	X(config_diff) \
	X(config_export) \
	X(config_history) \
	X(config_reload) \
	X(config_rollback) \
	X(config_save) \
	X(config_show) \
	X(conn_kill) \
	X(conn_ls) \
	X(conn_show) \
	X(conn_watch) \
	X(daemon_stop) \
	X(help) \
	X(listener_add) \
	X(listener_ls) \
	X(listener_pause) \
	X(listener_resume) \
	X(listener_rm) \
	X(listener_show) \
	X(log_level) \
	X(log_ls) \
	X(metrics) \
	X(monitor) \
	X(ping) \
	X(route_add) \
	X(route_disable) \
	X(route_enable) \
	X(route_ls) \
	X(route_mv) \
	X(route_replace) \
	X(route_rm) \
	X(route_set) \
	X(route_show) \
	X(route_test) \
	X(schema) \
	X(server_add) \
	X(server_ls) \
	X(server_rm) \
	X(server_show) \
	X(shell) \
	X(stats) \
	X(status) \
	X(top) \
	X(trace) \
	X(upstream_add) \
	X(upstream_disable) \
	X(upstream_drain) \
	X(upstream_enable) \
	X(upstream_health) \
	X(upstream_ls) \
	X(upstream_rm) \
	X(upstream_set) \
	X(upstream_show) \
	X(upstream_swap) \
	X(version)
/* clang-format on */

#endif
