/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <jansson.h>

#include "common/unpack.h"
#include "ctl/json_text.h"
#include "ctl/show.h"

static const struct column lines[] = {
    {.key = "name", .null = true},
    {.title = "id", .key = "id", .null = true},
    {.title = "handle", .key = "handle", .null = true},
    {.title = "server", .key = "server"},
    {.title = "wrapper", .key = "wrapper", .null = true},
    {.title = "match", .key = "label"},
    {.title = "handlers", .key = "handlers"},
    {.title = "disabled", .key = "disabled", .kind = COLUMN_BOOL},
    {.title = "hits", .key = "hits", .kind = COLUMN_NUMBER, .absent = true},
    {.title = "active", .key = "active", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "route", .kind = COLUMN_DOCUMENT},
    {.key = NULL},
};

/* As all objects are printed, with the route itself instead of its text. */
static int print_json(struct context *c, const msgpack_object *result, struct span route)
{
	struct buf out = {0};
	uint64_t revision = 0;
	int rc;

	unpack_u64(unpack_get(result, "rev"), &revision);
	buf_printf(&out, "{\"rev\":%llu", (unsigned long long)revision);
	json_text_pairs_but(&out, result, "rev", "json");
	buf_append_str(&out, ",\"route\":");
	buf_append(&out, route.p, route.n);
	buf_append_str(&out, "}\n");
	rc = fputs(buf_str(&out), c->output.to) == EOF ? -1 : 0;
	buf_fini(&out);
	return rc;
}

static int print_text(struct context *c, const msgpack_object *result, struct span route)
{
	json_t *json = json_loadb((const char *)route.p, route.n, 0, NULL);
	int rc = output_object(&c->output, result, lines, "name");

	if (rc == 0 && json != NULL && c->output.format != FORMAT_NAME)
		rc = json_dumpf(json, c->output.to, JSON_INDENT(4));
	if (rc == 0 && json != NULL && c->output.format != FORMAT_NAME)
		rc = fputc('\n', c->output.to) == EOF ? -1 : 0;
	json_decref(json);
	return rc;
}

static int print(struct context *c, const msgpack_object *result)
{
	bool json = c->output.format == FORMAT_JSON || c->output.format == FORMAT_JSONL;
	struct span route = {0};

	unpack_text(unpack_get(result, "json"), &route);
	return json ? print_json(c, result, route) : print_text(c, result, route);
}

const struct shown shown_route = {
    .method = CONTROL_ROUTE_SHOW,
    .keys = {"id"},
    .name = "name",
    .lines = lines,
    .print = print,
};

static int run_show(struct context *c, int argc, char **argv)
{
	(void)argc;
	return show(c, &shown_route, (const char *const *)argv);
}

const struct command command_route_show = {
    .object = "route",
    .verb = "show",
    .arguments = "ID",
    .help = "one route with its JSON, secrets masked",
    .min = 1,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = lines},
    .run = run_show,
};
