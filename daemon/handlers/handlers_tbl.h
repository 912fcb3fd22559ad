/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every handler of the program, a line each, in alphabetical order: X(name) stands for
 * `const struct handler_type handler_<name>` in handlers/<name>.c.
 */
#ifndef DAEMON_HANDLERS_HANDLERS_TBL_H
#define DAEMON_HANDLERS_HANDLERS_TBL_H

/* clang-format off */
#define HANDLERS(X) \
	X(close) \
	X(echo) \
	X(postgres_tls) \
	X(proxy) \
	X(proxy_protocol) \
	X(respond) \
	X(socks5) \
	X(subroute) \
	X(tee) \
	X(throttle) \
	X(tls) \
	X(vars)
/* clang-format on */

#endif
