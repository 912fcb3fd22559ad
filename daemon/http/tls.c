/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/tls.h"

#include "common/duration.h"
#include "daemon/core/explain.h"
#include "daemon/tls/accept.h"

#define HANDSHAKE_TIMEOUT (10 * DURATION_S)

/* What Go's server says, byte for byte: clients and monitors know it. */
static const char http_answer[] = "HTTP/1.0 400 Bad Request\r\n\r\n"
				  "Client sent an HTTP request to an HTTPS server.\n";

static bool is_alpn(const gnutls_datum_t *name, const char *text)
{
	return span_eq_str(span_of(name->data, name->size), text);
}

/* Only what is spoken here may be agreed on. */
static int check_alpn(const struct jnode *node, bool http2, struct tls_policy *policy, size_t index,
    struct error *err)
{
	unsigned kept = 0, i;

	for (i = 0; i < policy->alpn_count; i++)
		if (!is_alpn(&policy->alpn[i], "h3") && (http2 || !is_alpn(&policy->alpn[i], "h2")))
			policy->alpn[kept++] = policy->alpn[i];
	if (kept == 0 && policy->alpn_count > 0) {
		struct jnode item = jnode_item(node, index), alpn = jnode_member(&item, "alpn");

		return jnode_error(&alpn, err, ERROR_UNSUPPORTED,
		    "must have %shttp/1.1, which is what is spoken here", http2 ? "h2 or " : "");
	}
	policy->alpn_count = kept;
	return 0;
}

int http_tls_load(struct load *load, const struct jnode *node, bool http2, struct http_tls *out,
    struct error *err)
{
	size_t i;

	out->handshake_timeout = HANDSHAKE_TIMEOUT;
	if (tls_policies_load(load, node, &out->policies, err) == -1)
		return -1;
	for (i = 0; i < out->policies.count; i++)
		if (check_alpn(node, http2, &out->policies.items[i], i, err) == -1)
			return -1;
	return 0;
}

bool http_tls_authenticates(const struct http_tls *tls)
{
	size_t i;

	for (i = 0; i < tls->policies.count; i++)
		if (tls->policies.items[i].client_auth != NULL)
			return true;
	return false;
}

static enum handle_result handle(struct conn *conn, const void *params)
{
	const struct http_tls *tls = params;

	return tls_accept(conn, &tls->policies, tls->handshake_timeout, http_answer);
}

const struct handler_type handler_http_tls = {
    .name = "http_tls",
    .help = "ends TLS in front of an HTTP server",
    .params_size = sizeof(struct http_tls),
    .handle = handle,
    .explain = explain_opaque,
    .internal = true,
};
