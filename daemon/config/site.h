/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Site blocks, their directives evaluated.
 */
#ifndef DAEMON_CONFIG_SITE_H
#define DAEMON_CONFIG_SITE_H

#include "daemon/config/adaptation.h"
#include "daemon/config/site_address.h"
#include "daemon/input/blocks.h"

struct site {
	const struct block *block;
	size_t words; /* in its directives */
	json_t *pile; /* class -> what directives came to; of "route" whole results */
	struct site_address *addresses; /* of its keys, block->key_count of them */
};

/* More than this is refused. */
#define SITES_MAX 100000u

struct sites {
	struct site *items;
	size_t count;
};

/* Evaluates blocks. Free out with sites_free() in any case. Returns 0, or -1 with err. */
int sites_read(struct adaptation *a, const struct block *blocks, size_t count, struct sites *out,
    struct error *err);
void sites_free(struct sites *sites);

/* What directives of a class came to, borrowed; NULL: nothing. */
json_t *site_values(const struct site *site, const char *class);
/* The first of them. */
json_t *site_value(const struct site *site, const char *class);

#endif
