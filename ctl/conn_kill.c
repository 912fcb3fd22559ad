/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <inttypes.h>

#include "common/unpack.h"
#include "ctl/command.h"

static int pack_request(struct context *c, int argc, char **argv)
{
	const struct options *o = c->options;
	struct pack_box *params, ids;
	uint64_t id;
	int i;

	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CONN_KILL);
	if (o->given & OPTION_FILTER) {
		pack_str(pack_key(params, "filter"), o->filter);
	} else {
		pack_array_open(pack_key(params, "ids"), &ids);
		for (i = 0; i < argc; i++) {
			if (command_id(c, argv[i], &id) == -1)
				return -1;
			pack_u64(pack_item(&ids), id);
		}
		pack_close(&ids);
	}
	if (o->given & OPTION_DRY_RUN)
		pack_bool(pack_key(params, "dry_run"), true);
	return 0;
}

static const struct column members[] = {
    {.key = "killed", .kind = COLUMN_NUMBER},
    {.key = "dry_run", .kind = COLUMN_BOOL},
    {.key = "missing", .kind = COLUMN_NUMBERS},
    {.key = NULL},
};

/* Exit code 5 when some of the ids were not there any more. */
static int print(struct context *c, const msgpack_object *result)
{
	const msgpack_object *missing = unpack_get(result, "missing");
	uint64_t killed = 0, id = 0;
	uint32_t i, count = unpack_is_array(missing) ? missing->via.array.size : 0;

	unpack_u64(unpack_get(result, "killed"), &killed);
	if (c->output.format == FORMAT_JSON || c->output.format == FORMAT_JSONL) {
		if (command_printed(c, output_object(&c->output, result, members, NULL)) == -1)
			return -1;
	} else {
		fprintf(c->output.to, "%" PRIu64 " %s%s\n", killed,
		    killed == 1 ? "connection" : "connections",
		    c->options->given & OPTION_DRY_RUN ? " would be killed" : " killed");
		for (i = 0; i < count; i++)
			if (unpack_u64(&missing->via.array.ptr[i], &id))
				fprintf(stderr, "pointsctl: no connection %" PRIu64 "\n", id);
	}
	return count > 0 ? CONTROL_EXIT_NOT_FOUND : CONTROL_EXIT_DONE;
}

static int run_kill(struct context *c, int argc, char **argv)
{
	struct reply reply;
	int rc;

	if ((argc > 0) == ((c->options->given & OPTION_FILTER) != 0))
		return fault_set(
		    c->fault, CONTROL_EXIT_USAGE, "conn kill needs ids or --filter, not both");
	if (pack_request(c, argc, argv) == -1 || command_call(c, &reply) == -1)
		return -1;
	rc = print(c, reply.result);
	reply_fini(&reply);
	return rc;
}

const struct command command_conn_kill = {
    .object = "conn",
    .verb = "kill",
    .arguments = "ID...",
    .help = "end connections, by ids or by --filter",
    .options = OPTION_FILTER | OPTION_DRY_RUN,
    .max = -1,
    .answer = {.form = ANSWER_OBJECT, .members = members},
    .run = run_kill,
};
