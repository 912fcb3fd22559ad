/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of a script that become one transaction. Those that can be part of one are added, then
 * the change is sent as a whole.
 */
#ifndef CTL_COLLECTION_H
#define CTL_COLLECTION_H

#include "ctl/change.h"
#include "ctl/script.h"

struct collection {
	struct change change;
	struct arena *arena;
	size_t commands;
};

void collection_init(struct collection *c);
void collection_fini(struct collection *c);

/*
 * Adds what the command does, or nothing: -1 with fault, which has its place. The command's words
 * have to live as long as the collection; its here-document is not needed any more.
 */
int collection_add(struct collection *c, const struct script_command *command, struct fault *fault);

#endif
