/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every matcher of the program, a line each, in alphabetical order: X(name) stands for
 * `const struct matcher_type matcher_<name>` in matchers/<name>.c.
 */
#ifndef DAEMON_MATCHERS_MATCHERS_TBL_H
#define DAEMON_MATCHERS_MATCHERS_TBL_H

/* clang-format off */
#define MATCHERS(X) \
	X(clock) \
	X(dns) \
	X(http) \
	X(local_ip) \
	X(not) \
	X(openvpn) \
	X(postgres) \
	X(proxy_protocol) \
	X(quic) \
	X(rdp) \
	X(regexp) \
	X(remote_ip) \
	X(remote_ip_list) \
	X(socks4) \
	X(socks5) \
	X(ssh) \
	X(tls) \
	X(vars) \
	X(vars_regexp) \
	X(winbox) \
	X(wireguard) \
	X(xmpp)
/* clang-format on */

#endif
