/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/changes.h"

#include "common/buf.h"

#define TEXT_MAX 4096 /* bytes of a value that is shown */
/* Of one result: config.diff has all, in chunks. */
#define COUNT_MAX 200
#define SIZE_MAX_SHOWN (256u << 10)

static void pack_value(struct pack_box *map, const char *key, const json_t *change)
{
	const char *text = json_string_value(json_object_get(change, key));
	struct span span;

	if (text == NULL)
		return;
	span = span_str(text);
	if (span.n > TEXT_MAX)
		span.n = pack_text_cut(span, TEXT_MAX);
	pack_text(pack_key(map, key), span);
}

void changes_pack_one(struct pack *pack, const json_t *change)
{
	struct pack_box map;

	pack_map_open(pack, &map);
	pack_value(&map, "path", change);
	pack_value(&map, "change", change);
	pack_value(&map, "before", change);
	pack_value(&map, "after", change);
	pack_close(&map);
}

void changes_pack_existing(struct pack_box *map, uint64_t touched)
{
	struct pack_box choices;

	pack_map_open(pack_key(map, "existing"), &choices);
	pack_u64(pack_key(&choices, "keep"), 0);
	pack_u64(pack_key(&choices, "drain"), touched);
	pack_u64(pack_key(&choices, "kill"), touched);
	pack_close(&choices);
}

void changes_pack(struct pack_box *map, const json_t *changes)
{
	struct pack_box list;
	json_t *change;
	size_t i, start = buf_len(map->pack->out);

	pack_u64(pack_key(map, "change_count"), json_array_size(changes));
	pack_array_open(pack_key(map, "changes"), &list);
	json_array_foreach (changes, i, change) {
		if (i == COUNT_MAX || buf_len(map->pack->out) - start > SIZE_MAX_SHOWN)
			break;
		changes_pack_one(pack_item(&list), change);
	}
	pack_close(&list);
}
