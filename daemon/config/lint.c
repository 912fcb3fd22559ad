/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/lint.h"

#include <string.h>

#include "daemon/config/lint_certs.h"
#include "daemon/config/lint_listeners.h"
#include "daemon/config/lint_routes.h"
#include "daemon/config/lint_walk.h"

#define WARNING_CODE "adapted"
#define WARNING_ADVICE                                                                             \
	"what cannot be taken over is left out: see whether it matters, then take it out of the "  \
	"Caddyfile"

const struct lint_check lint_checks[] = {
    {"route-shadowed",
	"move it before that route, make that one ask for more, or take one of them away",
	lint_shadowed},
    {"server-first",
	"set silence_timeout (such as 300ms) on this list of routes, or give the protocol a port "
	"of "
	"its own",
	lint_server_first},
    {"silence-close",
	"close by what is known without bytes (remote_ip), or do without silence_timeout",
	lint_silence_close},
    {"dead-end", "add a handler that ends the chain, such as proxy, or a route behind it",
	lint_dead_end},
    {"udp-forgotten", "listen on udp/ too, or where the other transport is meant, only there",
	lint_udp_forgotten},
    {"listeners-overlap", "use one server, other ports, or addresses that do not overlap",
	lint_overlap},
    {"proxy-loop", "dial what listens elsewhere", lint_loop},
    {"proxy-protocol-open",
	"name the load balancers in \"allow\", or let only them come to this route (remote_ip)",
	lint_proxy_protocol_open},
    {"socks5-open", "set \"credentials\", or let only some addresses come to it (remote_ip)",
	lint_socks5_open},
    {"upstream-unverified",
	"trust the CA that made the certificate (\"ca\") instead, with \"server_name\" where it "
	"has "
	"another name",
	lint_unverified},
    {"cert-expired", "put another certificate in its place", lint_cert_expired},
    {"cert-expires-soon", "renew it, or let the daemon do so (automate)", lint_cert_expires_soon},
    {"cert-unused", "take it out of the document, or look at the names in the routes",
	lint_cert_unused},
    {NULL, NULL, NULL},
};

json_t *lint_document(json_t *document, time_t now)
{
	struct lint l = {.document = document, .now = now, .findings = json_array()};

	for (l.check = lint_checks; l.check->code != NULL; l.check++)
		l.check->run(&l);
	return l.findings;
}

json_t *lint_warning(const char *text)
{
	const char *end = strstr(text, ": ");
	size_t place = end != NULL ? (size_t)(end - text) : 0;

	return json_pack("{s:s, s:s%, s:s%, s:s, s:s}", "code", WARNING_CODE, "path", text, place,
	    "place", text, place, "message", end != NULL ? end + 2 : text, "advice",
	    WARNING_ADVICE);
}
