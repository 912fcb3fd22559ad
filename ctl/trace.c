/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/command.h"
#include "ctl/monitor.h"
#include "ctl/trace_line.h"
#include "ctl/verdicts.h"

static const struct column routes[] = {
    {.key = "route", .null = true},
    {.key = "index", .kind = COLUMN_NUMBER},
    {.key = "verdict"},
    {.key = "matchers", .kind = COLUMN_OBJECTS, .members = verdicts_members},
    {.key = "omitted", .kind = COLUMN_NUMBER, .absent = true},
    {.key = NULL},
};

/* Those that all steps have come first. */
static const struct column members[] = {
    {.key = "time", .kind = COLUMN_TIME},
    {.key = "step"},
    {.key = "id", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "src", .absent = true, .null = true},
    {.key = "dst", .absent = true, .null = true},
    {.key = "listener", .absent = true, .null = true},
    {.key = "server", .absent = true, .null = true},
    {.key = "proto", .absent = true, .null = true},
    {.key = "branch_of", .kind = COLUMN_NUMBER, .absent = true, .null = true},
    {.key = "depth", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "bytes", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "state", .absent = true},
    {.key = "routes", .kind = COLUMN_OBJECTS, .members = routes, .absent = true},
    {.key = "omitted", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "decision", .absent = true},
    {.key = "captures", .kind = COLUMN_MAP, .absent = true, .null = true},
    {.key = "handler", .absent = true},
    {.key = "upstream", .absent = true, .null = true},
    {.key = "problem", .absent = true, .null = true},
    {.key = "route", .absent = true, .null = true},
    {.key = "reason", .absent = true, .null = true},
    {.key = "detail", .absent = true, .null = true},
    {.key = "duration", .kind = COLUMN_SECONDS, .absent = true},
    {.key = "bytes_in", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "bytes_out", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "count", .kind = COLUMN_NUMBER, .absent = true},
    {.key = NULL},
};

/* The words of a filter need no quotes of their own. */
static void join(struct buf *out, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		buf_printf(out, "%s%s", i > 0 ? " " : "", argv[i]);
}

static void pack_request(struct context *c, const char *filter)
{
	struct pack_box *params = client_begin(c->client, CONTROL_CONN_TRACE);

	if (filter != NULL)
		pack_str(pack_key(params, "filter"), filter);
	if (c->options->given & OPTION_COUNT)
		pack_u64(pack_key(params, "count"), c->options->count);
	if (c->options->given & OPTION_FOR)
		pack_u64(pack_key(params, "seconds"), c->options->for_s);
}

static int run_trace(struct context *c, int argc, char **argv)
{
	static const struct monitor_items steps = {
	    trace_line, "id", "tracing connections that are accepted from now on"};
	const struct options *o = c->options;
	struct buf filter = {0};

	if (argc > 0 && (o->given & OPTION_FILTER))
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "give the filter once: as an argument or with --filter");
	if ((o->given & OPTION_COUNT) && o->count == 0)
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "--count takes a number of connections, 1 or more");
	if (options_most("for", o->for_s, CONTROL_TRACE_SECONDS_MAX, c->fault) == -1 ||
	    command_connect(c) == NULL)
		return -1;
	join(&filter, argc, argv);
	pack_request(c, argc > 0 ? buf_str(&filter) : o->filter);
	buf_fini(&filter);
	return monitor_follow(c, &steps);
}

const struct command command_trace = {
    .object = "trace",
    .arguments = "[FILTER...]",
    .help = "what the routes say of live connections, step by step",
    .details = "Of connections that are accepted from now on and fit the filter, which may ask\n"
	       "for what is known by then: src, dst, listener, server, proto, id. Where the\n"
	       "output is no terminal, and with -j, each step is one JSON object on a line:\n"
	       "  pointsctl trace --count 1 'server==main && src in 192.0.2.0/24'\n",
    .options = OPTION_FILTER | OPTION_COUNT | OPTION_FOR,
    .max = -1,
    .answer = {.form = ANSWER_LINES, .members = members},
    .run = run_trace,
};
