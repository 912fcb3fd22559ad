/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/concerned.h"

#include <inttypes.h>
#include <string.h>

#include "common/unpack.h"

const struct column concerned_choices[] = {
    {.key = "keep", .kind = COLUMN_NUMBER},
    {.key = "drain", .kind = COLUMN_NUMBER},
    {.key = "kill", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

void concerned_print_choices(const msgpack_object *result, FILE *to)
{
	const msgpack_object *existing = unpack_get(result, "existing");
	uint64_t drain = 0, kill = 0, keep = 0;

	if (existing == NULL)
		return;
	unpack_u64(unpack_get(existing, "keep"), &keep);
	unpack_u64(unpack_get(existing, "drain"), &drain);
	unpack_u64(unpack_get(existing, "kill"), &kill);
	fprintf(to,
	    "connections that --existing would touch: keep %" PRIu64 ", drain %" PRIu64
	    ", kill %" PRIu64 "\n",
	    keep, drain, kill);
}

void concerned_print(const char *existing, const char *drain, uint64_t count, FILE *to)
{
	if (count == 0)
		return;
	fprintf(to, ", %" PRIu64 " connection%s", count, count == 1 ? "" : "s");
	if (existing != NULL && strcmp(existing, "kill") == 0)
		fputs(" ended", to);
	else if (existing != NULL && strcmp(existing, "drain") == 0)
		fprintf(to, " may go on for %s", drain != NULL ? drain : "30s");
	else
		fputs(" kept", to);
}
