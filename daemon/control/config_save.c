/* SPDX-License-Identifier: BSD-2-Clause */
/* config.save: what runs survives a restart. */
#include <config.h>

#include "daemon/config/change.h"
#include "daemon/config/overlay.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/saved_changes.h"
#include "daemon/core/instance.h"

enum { SAVE_IF_REV, SAVE_DRY_RUN };

static const struct param params[] = {
    {.name = "if_rev",
	.type = PARAM_INT,
	.max = UINT64_MAX,
	.help = "only if this is the revision in force"},
    {.name = "dry_run", .type = PARAM_BOOL, .help = "only say what it would save"},
    {.name = NULL},
};

static void run_save(struct call *call, const struct argument *args)
{
	const struct argument *if_rev = &args[SAVE_IF_REV];
	json_t *unsaved, *aside;
	struct pack_box *map;
	struct error err;

	if (change_expect(if_rev->given, if_rev->number, &err) == -1) {
		call_fail(call, &err);
		return;
	}
	unsaved = json_incref((json_t *)overlay_unsaved(instance_current()->document));
	aside = json_incref((json_t *)overlay_aside());
	if (!args[SAVE_DRY_RUN].yes && change_save(&err) == -1) {
		call_fail(call, &err);
	} else {
		map = call_result(call);
		pack_u64(pack_key(map, "change_count"), json_array_size(unsaved));
		saved_changes_pack(pack_key(map, "changes"), unsaved);
		saved_changes_pack_aside(pack_key(map, "set_aside"), aside);
		pack_u64(pack_key(map, "saved"), overlay_count());
		call_finish(call);
	}
	json_decref(unsaved);
	json_decref(aside);
}

const struct method method_config_save = {
    .name = CONTROL_CONFIG_SAVE,
    .help = "keep the changes that are not saved over restarts",
    .level = LEVEL_OPERATE,
    .changes = true,
    .params = params,
    .run = run_save,
};
