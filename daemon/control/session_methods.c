/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <unistd.h>

#include "daemon/control/call.h"
#include "daemon/control/limits.h"
#include "daemon/control/method.h"
#include "daemon/control/session.h"

enum { HELLO_PROTOCOL, HELLO_CLIENT, HELLO_LEVEL };

static const struct param hello_params[] = {
    {.name = "protocol", .type = PARAM_INT, .required = true, .help = "the client's version"},
    {.name = "client", .type = PARAM_TEXT, .max = 64, .help = "its name, for the log"},
    {.name = "level", .type = PARAM_TEXT, .max = 16, .help = "the level to go down to"},
    {.name = NULL},
};

/* Down to the level that the client wants to have, never up. */
static int lower(struct call *call, const struct argument *arg, struct error *err)
{
	static const char *const names[] = {"observe", "operate", "admin", NULL};
	enum level level;
	char word[32];

	if (!arg->given)
		return 0;
	if (!level_parse(arg->text, &level) || level == LEVEL_NONE) {
		snprintf(word, sizeof(word), "%.*s", (int)arg->text.n, (const char *)arg->text.p);
		error_choice(err, word, names);
		return error_at(err, "level");
	}
	if (level > call->caller.level) {
		error_set(err, ERROR_DENIED, "yours is %s; %s is above it",
		    level_name(call->caller.level), level_name(level));
		return error_at(err, "level");
	}
	session_lower(call->session, level);
	return 0;
}

static void run_hello(struct call *call, const struct argument *args)
{
	uint64_t theirs = args[HELLO_PROTOCOL].number;
	struct pack_box *map;
	struct error err;

	if (theirs < CONTROL_PROTOCOL_MIN) {
		error_set(&err, ERROR_UNSUPPORTED,
		    "the client speaks protocol %llu, this daemon %d to %d",
		    (unsigned long long)theirs, CONTROL_PROTOCOL_MIN, CONTROL_PROTOCOL);
		call_fail(call, &err);
		return;
	}
	if (lower(call, &args[HELLO_LEVEL], &err) == -1) {
		call_fail(call, &err);
		return;
	}
	session_greeted(call->session, args[HELLO_CLIENT].text);
	map = call_result(call);
	/* A newer client may go on if it can still speak ours. */
	pack_u64(pack_key(map, "protocol"), theirs < CONTROL_PROTOCOL ? theirs : CONTROL_PROTOCOL);
	pack_u64(pack_key(map, "protocol_min"), CONTROL_PROTOCOL_MIN);
	pack_str(pack_key(map, "version"), PACKAGE_VERSION);
	pack_str(pack_key(map, "level"), level_name(session_caller(call->session)->level));
	pack_u64(pack_key(map, "pid"), (uint64_t)getpid());
	limits_pack(pack_key(map, "limits"));
	call_finish(call);
}

const struct method method_hello = {
    .name = CONTROL_HELLO,
    .help = "agree on the protocol; the first request of every session",
    .level = LEVEL_OBSERVE,
    .greets = true,
    .params = hello_params,
    .run = run_hello,
};

static void run_ping(struct call *call, const struct argument *args)
{
	(void)args;
	call_finish(call);
}

const struct method method_ping = {
    .name = CONTROL_PING,
    .help = "answer at once",
    .level = LEVEL_OBSERVE,
    .run = run_ping,
};
