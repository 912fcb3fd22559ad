/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/command.h"
#include "ctl/monitor.h"

static int run_watch(struct context *c, int argc, char **argv)
{
	const struct options *o = c->options;

	if (argc > 0 && (o->given & OPTION_FILTER))
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "give the filter once: as an argument or with --filter");
	if (argc == 0)
		return monitor_run(c, "conn", o->given & OPTION_FILTER ? o->filter : NULL);
	return monitor_run(c, "conn", argv[0]);
}

const struct command command_conn_watch = {
    .object = "conn",
    .verb = "watch",
    .arguments = "[FILTER]",
    .help = "connections as they come and go",
    .details = "The events conn.open, conn.progress and conn.close; what is known only later,\n"
	       "such as the route and the reason, a filter does not find in the first:\n"
	       "  pointsctl conn watch 'src in 10.0.0.0/8 && duration>1h'\n",
    .options = OPTION_FILTER | OPTION_SINCE,
    .max = 1,
    .answer = {.form = ANSWER_LINES, .members = monitor_members},
    .run = run_watch,
};
