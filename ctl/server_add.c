/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

/* Its JSON is what the file says, then what the arguments say. */
static int make_add(struct change *change, int argc, char **argv)
{
	struct context *c = change->c;
	json_t *server = c->options->file != NULL ? input_object(c, "the server") : json_object();
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
