/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>

#include "ctl/change.h"

/* Its JSON: what the file says, then what the arguments say. */
static int read_server(struct context *c, int argc, char **argv, struct input *in, json_t **out)
{
	json_error_t error;

	*out = NULL;
	*in = (struct input){.name = "the server"};
	if (c->options->file != NULL && input_read(c, NULL, "-f", in) == -1)
		return -1;
	*out = c->options->file != NULL
		   ? json_loads(buf_str(&in->text), JSON_REJECT_DUPLICATES, &error)
		   : json_object();
	if (*out == NULL)
		return fault_set(c->fault, CONTROL_EXIT_INVALID, "%s:%d:%d: not JSON: %s", in->name,
		    error.line, error.column, error.text);
	if (!json_is_object(*out))
		return fault_set(
		    c->fault, CONTROL_EXIT_INVALID, "%s: must be a JSON object", in->name);
	return change_pairs(c, argc, argv, *out);
}

static int run_add(struct context *c, int argc, char **argv)
{
	struct change change;
	struct input in;
	json_t *server;
	char *text;
	int rc;

	rc = read_server(c, argc - 1, argv + 1, &in, &server);
	if (rc == 0) {
		change_begin(&change, c, "server", "added");
		change_operation(&change, "server.add", argv[0]);
		change_text(&change, "name", argv[0]);
		text = json_dumps(server, JSON_COMPACT);
		change_text(&change, "server", text);
		free(text);
		rc = change_apply(&change);
	}
	json_decref(server);
	input_fini(&in);
	return rc;
}

const struct command command_server_add = {
    .object = "server",
    .verb = "add",
    .arguments = "NAME [KEY=VALUE...]",
    .help = "add a server, from a file with -f or from its members",
    .details = "A value is JSON, or where it is not, text:\n"
	       "  pointsctl server add web 'listen=[\":8443\"]' matching_timeout=5s\n",
    .options = OPTIONS_TXN | OPTION_FILE,
    .min = 1,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_add,
};
