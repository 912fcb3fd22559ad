/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <string.h>

#include "daemon/core/conn.h"
#include "daemon/core/explain.h"
#include "daemon/core/handler.h"
#include "daemon/core/load.h"
#include "daemon/tls/accept.h"
#include "daemon/tls/policy_adapt.h"

struct tls_params {
	struct tls_policies policies;
	int64_t handshake_timeout;
};

static const struct field fields[] = {
    FIELD_CUSTOM(struct tls_params, policies, "connection_policies", 0, tls_policies_field,
	&tls_policies_shape,
	"how sessions are made; the first that matches the ClientHello is taken"),
    FIELD_DURATION(struct tls_params, handshake_timeout, "handshake_timeout", 0,
	TLS_HANDSHAKE_TIMEOUT_DEFAULT, "how long a handshake may take"),
    FIELD_END,
};

static int load(struct load *load, const struct jnode *node, void *p, struct error *err)
{
	struct jnode policies = jnode_member(node, "connection_policies");
	struct tls_params *params = p;

	if (params->policies.count > 0)
		return 0;
	return tls_policies_load(load, &policies, &params->policies, err);
}

static enum handle_result handle(struct conn *conn, const void *p)
{
	const struct tls_params *params = p;

	return tls_accept(conn, &params->policies, params->handshake_timeout, NULL);
}

static int adapt_policy(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *list = json_object_get(out, "connection_policies"), *policy;

	if (tls_policy_adapt(d, &policy, err) == -1)
		return -1;
	if (list == NULL) {
		list = json_array();
		json_object_set_new(out, "connection_policies", list);
	}
	json_array_append_new(list, policy);
	return 0;
}

static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	static const char *const known[] = {"connection_policy", "handshake_timeout", NULL};
	int level = d->nesting;
	json_t *timeout;

	dispenser_next(d);
	if (dispenser_args_left(d) > 0)
		return dispenser_arg_error(d, err);
	while (dispenser_next_block(d, level)) {
		if (strcmp(dispenser_text(d), "connection_policy") == 0) {
			if (adapt_policy(d, out, err) == -1)
				return -1;
		} else if (strcmp(dispenser_text(d), "handshake_timeout") == 0) {
			if (dispenser_duration(d, &timeout, err) == -1 ||
			    dispenser_set(d, out, "handshake_timeout", timeout, err) == -1)
				return -1;
		} else {
			return dispenser_unknown(d, "option of tls", known, err);
		}
	}
	return 0;
}

const struct handler_type handler_tls = {
    .name = "tls",
    .help = "terminates TLS: what follows in the chain sees the plaintext",
    .fields = fields,
    .params_size = sizeof(struct tls_params),
    .load = load,
    .handle = handle,
    .explain = explain_opaque,
    .adapt = adapt,
};
