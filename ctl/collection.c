/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/collection.h"

#include "common/arena.h"
#include "ctl/invocation.h"

void collection_init(struct collection *c)
{
	*c = (struct collection){.arena = arena_new(4096)};
	change_init(&c->change);
}

void collection_fini(struct collection *c)
{
	change_fini(&c->change);
	arena_free(c->arena);
}

/* What belongs to the transaction cannot be said of a part of it. */
static int check_part(const struct invocation *in, struct fault *fault)
{
	const char *whole =
	    options_excess(in->options.given, ~(uint64_t)(OPTIONS_TXN | OPTION_ECHO));

	if (in->options.common != NULL)
		whole = in->options.common;
	if (whole != NULL)
		return fault_set(fault, CONTROL_EXIT_USAGE,
		    "--%s is said once for the whole transaction", whole);
	if (in->options.given & OPTION_WAIT)
		return fault_set(fault, CONTROL_EXIT_USAGE, "there is no --wait in a transaction");
	if (in->command->make == NULL)
		return fault_set(fault, CONTROL_EXIT_USAGE,
		    "%s%s%s cannot be part of a transaction: only what changes routes, upstreams, "
		    "servers and listeners can",
		    in->command->object, in->command->verb != NULL ? " " : "",
		    in->command->verb != NULL ? in->command->verb : "");
	return 0;
}

static int add(struct collection *c, const struct script_command *command, struct fault *fault)
{
	struct invocation *in = arena_alloc(c->arena, sizeof(*in));
	struct context context;

	if (invocation_read(in, NULL, command->argc, command->argv, fault) == -1 ||
	    check_part(in, fault) == -1)
		return -1;
	context = invocation_context(in, &command->here, fault);
	return change_make(&c->change, &context, &command->place, in->argc, in->argv);
}

int collection_add(struct collection *c, const struct script_command *command, struct fault *fault)
{
	if (add(c, command, fault) == 0) {
		c->commands++;
		return 0;
	}
	script_fault(command, fault);
	return -1;
}
