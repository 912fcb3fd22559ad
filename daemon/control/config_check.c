/* SPDX-License-Identifier: BSD-2-Clause */
/* config.check: would a document be accepted, what would it change, and what is to be said of it?
 */
#include <config.h>

#include <stdlib.h>
#include <time.h>

#include "common/arena.h"
#include "daemon/config/change.h"
#include "daemon/config/diff.h"
#include "daemon/config/lint.h"
#include "daemon/control/call.h"
#include "daemon/control/changes.h"
#include "daemon/control/config_document.h"
#include "daemon/control/rows.h"
#include "daemon/input/places.h"

static const struct param params[] = {CONFIG_DOCUMENT_PARAMS, {.name = NULL}};

#define MESSAGE_MAX 1024

struct check {
	json_t *findings, *changes;
	uint64_t revision;
};

static void check_free(void *state)
{
	struct check *c = state;

	json_decref(c->findings);
	json_decref(c->changes);
	free(c);
}

static void pack_member(struct pack_box *map, const char *key, const json_t *finding)
{
	struct span text = span_str(json_string_value(json_object_get(finding, key)));

	pack_text(pack_key(map, key), span_of(text.p, pack_text_cut(text, MESSAGE_MAX)));
}

static bool next_finding(struct rows *rows, struct pack_box *items)
{
	const struct check *c = rows->state;
	const json_t *finding = json_array_get(c->findings, rows->item++);
	struct pack_box map;

	if (finding == NULL)
		return false;
	pack_map_open(pack_item(items), &map);
	pack_member(&map, "code", finding);
	pack_member(&map, "path", finding);
	if (json_object_get(finding, "place") != NULL)
		pack_member(&map, "place", finding);
	pack_member(&map, "message", finding);
	pack_member(&map, "advice", finding);
	pack_close(&map);
	return true;
}

static void pack_result(struct rows *rows, struct pack_box *result)
{
	const struct check *c = rows->state;

	pack_u64(pack_key(result, "revision"), c->revision);
	changes_pack(result, c->changes);
}

/* What adapting warns of, while a document is read. */
static json_t *warnings;

static void on_warning(const char *text)
{
	json_array_append_new(warnings, lint_warning(text));
}

static void answer(struct call *call, json_t *document)
{
	struct check *c = mem_zalloc(sizeof(*c));
	json_t *advice = lint_document(document, time(NULL));

	c->findings = json_incref(warnings);
	json_array_extend(c->findings, advice);
	json_decref(advice);
	c->changes = diff_documents(instance_current()->document, document);
	c->revision = change_revision();
	rows_start_full(call, next_finding, pack_result, c, check_free);
}

static void run_check(struct call *call, const struct argument *args)
{
	struct change change = {.limited = call->caller.level < LEVEL_ADMIN};
	struct places places;
	struct errors errors;
	struct error err;
	int rc;

	warnings = json_array();
	places_begin(&places);
	errors_begin(&errors);
	rc = change_expect(false, 0, &err);
	if (rc == 0)
		rc = config_document_read(call, args, on_warning, &change.document, &err);
	if (rc == 0)
		rc = change_check(&change, &err);
	if (errors_end(&errors, rc, &err) == -1)
		call_fail_all(call, &err, &errors);
	else
		answer(call, change.document);
	places_end(&places);
	json_decref(change.document);
	json_decref(warnings);
}

const struct method method_config_check = {
    .name = CONTROL_CONFIG_CHECK,
    .help = "would this document be accepted, what would it change, and what is to be said of it?",
    .level = LEVEL_OPERATE,
    .params = params,
    .run = run_check,
};
