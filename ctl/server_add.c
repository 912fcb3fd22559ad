/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdio.h>

#include "ctl/change.h"

/* The place that a fault of the file has; as the daemon would say it. */
static void place(const struct input *in, int line, int column, struct fault *fault)
{
	snprintf(fault->path, sizeof(fault->path), "server:%d:%d", line, column);
	input_name_fault(&in->place, "server", fault);
}

/* NULL: with the context's fault. */
static json_t *read_file(struct context *c)
{
	json_error_t error;
	json_t *server = NULL;
	struct input in;

	if (input_read(c, NULL, "the server", &in) == 0) {
		server = json_loads(buf_str(&in.text), JSON_REJECT_DUPLICATES, &error);
		if (server == NULL) {
			fault_set(c->fault, CONTROL_EXIT_INVALID, "not JSON: %s", error.text);
			place(&in, error.line, error.column, c->fault);
		} else if (!json_is_object(server)) {
			fault_set(c->fault, CONTROL_EXIT_INVALID, "must be a JSON object");
			place(&in, 1, 1, c->fault);
			json_decref(server);
			server = NULL;
		}
	}
	input_fini(&in);
	return server;
}

/* Its JSON is what the file says, then what the arguments say. */
static int make_add(struct change *change, int argc, char **argv)
{
	struct context *c = change->c;
	json_t *server = c->options->file != NULL ? read_file(c) : json_object();
	int rc;

	if (server == NULL)
		return -1;
	rc = change_pairs(c, argc - 1, argv + 1, server);
	if (rc == 0)
		rc = change_operation(change, "server.add", argv[0]);
	if (rc == 0)
		rc = change_text(change, "name", argv[0]);
	if (rc == 0)
		rc = change_encoded(change, "server", server);
	json_decref(server);
	return rc;
}

const struct command command_server_add = {
    .object = "server",
    .verb = "add",
    .arguments = "NAME [KEY=VALUE...]",
    .help = "add a server, from a file with -f or from its members",
    .details = "A value is JSON, or where it is not, text:\n"
	       "  pointsctl server add web 'listen=[\":8443\"]' matching_timeout=5s\n",
    .options = OPTIONS_TXN | OPTION_FILE | OPTION_ECHO,
    .min = 1,
    .max = -1,
    .run = change_run,
    .make = make_add,
    .done = "added",
    .secret = true,
};
