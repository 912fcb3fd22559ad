/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/handle.h"

#include <stddef.h>

#include "daemon/core/load.h"

static const struct handle_source *source;

void handle_source_set(const struct handle_source *registered)
{
	source = registered;
}

uint64_t handle_kept(const char *list, const char *key)
{
	return source != NULL ? source->kept(list, key) : 0;
}

uint64_t handle_next(const struct load *load)
{
	static uint64_t last;

	if (load->dry)
		return 0;
	return source != NULL ? source->next() : ++last;
}
