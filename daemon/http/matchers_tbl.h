/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every matcher of requests, a line each, in alphabetical order: X(name) stands for
 * `const struct http_matcher_type http_matcher_<name>` in http/match_<name>.c.
 */
#ifndef DAEMON_HTTP_MATCHERS_TBL_H
#define DAEMON_HTTP_MATCHERS_TBL_H

/* clang-format off */
#define HTTP_MATCHERS(X) \
	X(client_ip) \
	X(header) \
	X(header_regexp) \
	X(host) \
	X(method) \
	X(not) \
	X(path) \
	X(path_regexp) \
	X(protocol) \
	X(query) \
	X(remote_ip) \
	X(vars) \
	X(vars_regexp)
/* clang-format on */

#endif
