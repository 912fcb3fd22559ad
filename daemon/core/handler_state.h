/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State that a handler has for the whole process, such as a total or a cursor, and that outlives
 * its parameters: it is found again by the identity of the top-level route and the handler's place
 * in it, so a change elsewhere in the route does not reset it.
 */
#ifndef DAEMON_CORE_HANDLER_STATE_H
#define DAEMON_CORE_HANDLER_STATE_H

#include <stddef.h>

#include "daemon/core/load.h"

/*
 * From a handler's load(), with the handler's node: size bytes, zeroed when they are new. They live
 * as long as load->arena, or as another that has asked for them. Workers may use them at any time,
 * so their members are atomic. Outside of a top-level route they belong to load->arena alone.
 */
void *handler_state(struct load *load, const struct jnode *node, size_t size);

#endif
