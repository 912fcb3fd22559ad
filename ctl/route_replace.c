/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_replace(struct change *change, int argc, char **argv)
{
	if (change_operation(change, "route.replace", argv[0]) == -1 ||
	    change_text(change, "id", argv[0]) == -1 ||
	    change_file(change, "route", argc > 1 ? argv[1] : NULL, "the route") == -1)
		return -1;
	return change_existing(change);
}

const struct command command_route_replace = {
    .object = "route",
    .verb = "replace",
    .arguments = "ID [FILE]",
    .help = "put another route in the place of one",
    .details = "The file, or standard input, has it as for route add. It keeps handle and\n"
	       "counters, and the @id where it has none of its own.\n",
    .options = OPTIONS_TXN | OPTION_EXISTING | OPTION_FILE | OPTION_ECHO,
    .min = 1,
    .max = 2,
    .run = change_run,
    .make = make_replace,
    .done = "replaced",
};
