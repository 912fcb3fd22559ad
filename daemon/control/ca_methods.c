/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdio.h>

#include "daemon/certs/internal.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/core/instance.h"
#include "daemon/tls/pki.h"

enum { ROOT_ID };

static const struct param root_params[] = {
    [ROOT_ID] = {"id", PARAM_TEXT, .max = 255, .help = "the authority's name; local"},
    {.name = NULL},
};

static void run_root(struct call *call, const struct argument *args)
{
	const struct instance *in = instance_current();
	char id[256] = PKI_LOCAL;
	const struct pki_ca *ca;
	const char *pem;
	struct error err;

	if (args[ROOT_ID].given)
		snprintf(id, sizeof(id), "%.*s", (int)args[ROOT_ID].text.n,
		    (const char *)args[ROOT_ID].text.p);
	ca = in != NULL ? pki_find(in, id) : NULL;
	pem = ca != NULL ? internal_ca_root_pem(ca) : NULL;
	if (pem == NULL) {
		error_set(&err, ERROR_NOT_FOUND,
		    ca == NULL ? "there is no authority '%s'"
			       : "the root of '%s' cannot be had; the log says why",
		    id);
		call_fail(call, &err);
		return;
	}
	pack_str(pack_key(call_result(call), "pem"), pem);
	call_finish(call);
}

const struct method method_ca_root = {
    .name = CONTROL_CA_ROOT,
    .help = "the root certificate of an internal authority, to be trusted by clients",
    .level = LEVEL_OBSERVE,
    .params = root_params,
    .run = run_root,
};
