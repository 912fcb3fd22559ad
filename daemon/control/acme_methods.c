/* SPDX-License-Identifier: BSD-2-Clause */
/* acme.challenge_add, acme.challenge_del, acme.rekey. */
#include <config.h>

#include <stdio.h>

#include "daemon/certs/acme_external.h"
#include "daemon/certs/acme_operation.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"

#define TEXT_SIZE 1024

static const char *text_of(const struct argument *arg, char out[TEXT_SIZE])
{
	snprintf(out, TEXT_SIZE, "%.*s", (int)arg->text.n, (const char *)arg->text.p);
	return out;
}

static void answer(struct call *call, int rc, const struct error *err)
{
	if (rc == -1) {
		call_fail(call, err);
		return;
	}
	call_result(call);
	call_finish(call);
}

static const struct param add_params[] = {
    {"type", PARAM_TEXT, .required = true, .max = 32, .help = "http-01 or tls-alpn-01"},
    {"name", PARAM_TEXT, .required = true, .max = 256, .help = "the token; the DNS name"},
    {"value", PARAM_TEXT, .required = true, .max = 512, .unlogged = true,
	.help = "the key authorization"},
    {.name = NULL},
};

static void run_add(struct call *call, const struct argument *args)
{
	char type[TEXT_SIZE], name[TEXT_SIZE], value[TEXT_SIZE];
	struct error err;

	answer(call,
	    acme_external_add(
		text_of(&args[0], type), text_of(&args[1], name), text_of(&args[2], value), &err),
	    &err);
}

const struct method method_acme_challenge_add = {
    .name = CONTROL_ACME_CHALLENGE_ADD,
    .help = "answers a CA's challenge for another ACME client",
    .level = LEVEL_ADMIN,
    .changes = true,
    .params = add_params,
    .run = run_add,
};

static const struct param del_params[] = {
    {"type", PARAM_TEXT, .required = true, .max = 32, .help = "http-01 or tls-alpn-01"},
    {"name", PARAM_TEXT, .required = true, .max = 256, .help = "the token; the DNS name"},
    {.name = NULL},
};

static void run_del(struct call *call, const struct argument *args)
{
	char type[TEXT_SIZE], name[TEXT_SIZE];
	struct error err;

	answer(call, acme_external_remove(text_of(&args[0], type), text_of(&args[1], name), &err),
	    &err);
}

const struct method method_acme_challenge_del = {
    .name = CONTROL_ACME_CHALLENGE_DEL,
    .help = "takes such an answer away",
    .level = LEVEL_ADMIN,
    .changes = true,
    .params = del_params,
    .run = run_del,
};

static const struct param rekey_params[] = {
    {"name", PARAM_TEXT, .required = true, .max = 255, .help = "a name that it obtains"},
    {.name = NULL},
};

static void on_rekeyed(void *arg, const struct error *err)
{
	answer(arg, err != NULL ? -1 : 0, err);
}

static void run_rekey(struct call *call, const struct argument *args)
{
	char name[TEXT_SIZE];
	struct error err;

	if (acme_rekey(text_of(&args[0], name), on_rekeyed, call, &err) == -1)
		call_fail(call, &err);
}

const struct method method_acme_rekey = {
    .name = CONTROL_ACME_REKEY,
    .help = "gives an account with a CA a new key",
    .level = LEVEL_ADMIN,
    .changes = true,
    .params = rekey_params,
    .run = run_rekey,
};
