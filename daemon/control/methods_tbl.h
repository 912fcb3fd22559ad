/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every control method, a line each, in alphabetical order: X(name) stands for
 * `const struct method method_<name>` in one of the files here.
 */
#ifndef DAEMON_CONTROL_METHODS_TBL_H
#define DAEMON_CONTROL_METHODS_TBL_H

/* clang-format off */
#define METHODS(X) \
	X(acme_challenge_add) \
	X(acme_challenge_del) \
	X(acme_rekey) \
	X(api_info) \
	X(ca_root) \
	X(cert_ls) \
	X(cert_renew) \
	X(cert_revoke) \
	X(cert_set) \
	X(cert_show) \
	X(config_apply) \
	X(config_check) \
	X(config_confirm) \
	X(config_diff) \
	X(config_history) \
	X(config_reload) \
	X(config_rollback) \
	X(config_save) \
	X(config_show) \
	X(config_stage) \
	X(conn_kill) \
	X(conn_ls) \
	X(conn_show) \
	X(conn_trace) \
	X(events_watch) \
	X(hello) \
	X(listener_ls) \
	X(listener_show) \
	X(log_level) \
	X(log_ls) \
	X(metrics) \
	X(ping) \
	X(route_ls) \
	X(route_show) \
	X(route_test) \
	X(server_ls) \
	X(server_show) \
	X(stats) \
	X(status) \
	X(txn_apply) \
	X(upstream_health) \
	X(upstream_ls) \
	X(upstream_show)
/* clang-format on */

#endif
