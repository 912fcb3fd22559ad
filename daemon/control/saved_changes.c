/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/saved_changes.h"

#include "daemon/config/patch.h"

#define PATH_SIZE 512

static void pack_two(struct pack_box *list, const char *path, const char *key, const char *text)
{
	struct pack_box map;

	pack_map_open(pack_item(list), &map);
	pack_str(pack_key(&map, "path"), path);
	pack_str(pack_key(&map, key), text);
	pack_close(&map);
}

static const char *kind_of(const json_t *entry)
{
	const json_t *was = json_object_get(entry, "was"), *now = json_object_get(entry, "now");

	if (was == NULL)
		return now == NULL ? "moved" : "added";
	return now == NULL ? "removed" : "changed";
}

void saved_changes_pack(struct pack *pack, const json_t *entries)
{
	char path[PATH_SIZE];
	struct pack_box list;
	json_t *entry;
	size_t i;

	pack_array_open(pack, &list);
	json_array_foreach (entries, i, entry) {
		if (i == SAVED_CHANGES_MAX)
			break;
		pack_two(&list, patch_path(entry, path, sizeof(path)), "change", kind_of(entry));
	}
	pack_close(&list);
}

void saved_changes_pack_aside(struct pack *pack, const json_t *aside)
{
	struct pack_box list;
	json_t *item;
	size_t i;

	pack_array_open(pack, &list);
	json_array_foreach (aside, i, item) {
		if (i == SAVED_CHANGES_MAX)
			break;
		pack_two(&list, json_string_value(json_object_get(item, "path")), "reason",
		    json_string_value(json_object_get(item, "reason")));
	}
	pack_close(&list);
}
