/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of a DNS answer: any bytes are records with names and texts, or malformed.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/net/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(0);
	struct records records;
	size_t i;

	if (records_parse(span_of(data, size), arena, &records))
		for (i = 0; i < records.count; i++)
			if (strlen(records.items[i].name) > size * 256 ||
			    strlen(records.items[i].text) > size * 256)
				abort();
	arena_free(arena);
	return 0;
}
