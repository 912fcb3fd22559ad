/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * api.info: what this daemon can be asked, from the same tables that requests are checked by.
 */
#include <config.h>

#include "daemon/control/call.h"
#include "daemon/control/limits.h"
#include "daemon/control/method.h"
#include "daemon/control/rows.h"

static const struct param params[] = {
    {.name = "method", .type = PARAM_TEXT, .help = "only this one"},
    {.name = NULL},
};

/* ---- methods ------------------------------------------------------------------------------- */

/* The most that it may be: a number, bytes of a text, items of a list. 0: no limit of its own. */
static uint64_t param_max(const struct param *param)
{
	return param->max > 0 || param->type == PARAM_INT ? param->max : PARAM_MAX;
}

static void pack_param(struct pack *pack, const struct param *param)
{
	struct pack_box map;
	uint64_t max = param->type == PARAM_BOOL ? 0 : param_max(param);

	pack_map_open(pack, &map);
	pack_str(pack_key(&map, "name"), param->name);
	pack_str(pack_key(&map, "type"), method_type_name(param->type));
	pack_bool(pack_key(&map, "required"), param->required);
	if (max > 0)
		pack_u64(pack_key(&map, "max"), max);
	else
		pack_nil(pack_key(&map, "max"));
	pack_str(pack_key(&map, "level"), param->level > 0 ? level_name(param->level) : NULL);
	pack_str(pack_key(&map, "help"), param->help);
	pack_close(&map);
}

static void pack_method(struct pack *pack, const struct method *method)
{
	const struct param *param = method->params;
	struct pack_box map, list;

	pack_map_open(pack, &map);
	pack_str(pack_key(&map, "name"), method->name);
	pack_str(pack_key(&map, "level"), level_name(method->level));
	pack_bool(pack_key(&map, "changes"), method->changes);
	pack_str(pack_key(&map, "help"), method->help);
	pack_array_open(pack_key(&map, "parameters"), &list);
	for (; param != NULL && param->name != NULL; param++)
		pack_param(pack_item(&list), param);
	pack_close(&list);
	pack_close(&map);
}

/* The state is the only method that was asked for; NULL: all. */
static bool next_method(struct rows *rows, struct pack_box *items)
{
	const struct method *method = rows->state;

	if (method == NULL)
		method = method_all()[rows->item];
	else if (rows->item > 0)
		method = NULL;
	if (method == NULL)
		return false;
	rows->item++;
	pack_method(pack_item(items), method);
	return true;
}

/* ---- all else ------------------------------------------------------------------------------ */

static void pack_levels(struct pack *pack)
{
	struct pack_box list;

	pack_array_open(pack, &list);
#define LEVEL_ITEM(id, name) pack_str(pack_item(&list), name);
	CONTROL_LEVELS(LEVEL_ITEM)
#undef LEVEL_ITEM
	pack_close(&list);
}

static void pack_error(struct pack *pack, const char *code, unsigned exit, const char *help)
{
	struct pack_box map;

	pack_map_open(pack, &map);
	pack_str(pack_key(&map, "code"), code);
	pack_u64(pack_key(&map, "exit"), exit);
	pack_str(pack_key(&map, "help"), help);
	pack_close(&map);
}

static void pack_errors(struct pack *pack)
{
	struct pack_box list;

	pack_array_open(pack, &list);
#define ERROR_ITEM(code, exit, help) pack_error(pack_item(&list), code, exit, help);
	CONTROL_ERRORS(ERROR_ITEM)
#undef ERROR_ITEM
	pack_close(&list);
}

static void pack_event(struct pack *pack, const char *type, const char *help)
{
	struct pack_box map;

	pack_map_open(pack, &map);
	pack_str(pack_key(&map, "type"), type);
	pack_str(pack_key(&map, "help"), help);
	pack_close(&map);
}

static void pack_events(struct pack *pack)
{
	struct pack_box list;

	pack_array_open(pack, &list);
#define EVENT_ITEM(id, type, help) pack_event(pack_item(&list), type, help);
	CONTROL_EVENTS(EVENT_ITEM)
#undef EVENT_ITEM
	pack_close(&list);
}

static void add_result(struct rows *rows, struct pack_box *result)
{
	(void)rows;
	pack_u64(pack_key(result, "protocol"), CONTROL_PROTOCOL);
	pack_u64(pack_key(result, "protocol_min"), CONTROL_PROTOCOL_MIN);
	pack_str(pack_key(result, "version"), PACKAGE_VERSION);
	limits_pack(pack_key(result, "limits"));
	pack_levels(pack_key(result, "levels"));
	pack_errors(pack_key(result, "errors"));
	pack_events(pack_key(result, "events"));
}

static void run_info(struct call *call, const struct argument *args)
{
	const struct method *method = NULL;
	struct error err;
	const char *hint;

	if (args[0].given) {
		method = method_find(args[0].text, &hint, &err);
		if (method == NULL) {
			error_at(&err, "method");
			call_fail_hint(call, &err, hint);
			return;
		}
	}
	rows_start_full(call, next_method, add_result, (void *)method, NULL);
}

const struct method method_api_info = {
    .name = CONTROL_API_INFO,
    .help = "the methods with their parameters, limits, codes of errors, types of events",
    .level = LEVEL_OBSERVE,
    .params = params,
    .run = run_info,
};
