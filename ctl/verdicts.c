/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/verdicts.h"

#include "common/unpack.h"

const struct column verdicts_members[] = {
    {.key = "set", .kind = COLUMN_NUMBER},
    {.key = "matcher"},
    {.key = "verdict"},
    {.key = NULL},
};

void verdicts_member(struct buf *out, const msgpack_object *map, const char *key)
{
	struct span text;

	if (unpack_text(unpack_get(map, key), &text))
		buf_append(out, text.p, text.n);
}

void verdicts_write(struct buf *out, const msgpack_object *list)
{
	uint64_t set = 0, before = 0;
	uint32_t i;

	for (i = 0; unpack_is_array(list) && i < list->via.array.size; i++) {
		const msgpack_object *item = &list->via.array.ptr[i];

		unpack_u64(unpack_get(item, "set"), &set);
		if (i > 0)
			buf_append_str(out, set == before ? ", " : " or ");
		before = set;
		verdicts_member(out, item, "matcher");
		buf_append_str(out, " ");
		verdicts_member(out, item, "verdict");
	}
}
