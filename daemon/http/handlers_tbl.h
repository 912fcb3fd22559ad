/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every handler of requests, a line each, in alphabetical order: X(name) stands for
 * `const struct http_handler_type http_handler_<name>` in http/handle_<name>.c.
 */
#ifndef DAEMON_HTTP_HANDLERS_TBL_H
#define DAEMON_HTTP_HANDLERS_TBL_H

/* clang-format off */
#define HTTP_HANDLERS(X) \
	X(headers) \
	X(static_response) \
	X(subroute)
/* clang-format on */

#endif
