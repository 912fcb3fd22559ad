/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/command.h"

static const struct column members[] = {
    {.key = "pointsctl"},
    {.key = "protocol", .kind = COLUMN_NUMBER},
    {.key = "pointsmand", .null = true},
    {.key = NULL},
};

/* The daemon need not be there. */
static int run_version(struct context *c, int argc, char **argv)
{
	const struct client_facts *facts = NULL;

	(void)argc;
	(void)argv;
	if (command_connect(c) != NULL)
		facts = client_facts(c->client);
	if (c->output.format == FORMAT_JSON || c->output.format == FORMAT_JSONL) {
		fprintf(c->output.to, "{\"pointsctl\":\"%s\",\"protocol\":%d", PACKAGE_VERSION,
		    CONTROL_PROTOCOL);
		if (facts != NULL)
			fprintf(c->output.to, ",\"pointsmand\":\"%s\"}\n", facts->version);
		else
			fputs(",\"pointsmand\":null}\n", c->output.to);
		return 0;
	}
	fprintf(c->output.to, "pointsctl %s, protocol %d\n", PACKAGE_VERSION, CONTROL_PROTOCOL);
	if (facts != NULL)
		fprintf(c->output.to, "pointsmand %s, protocol %d\n", facts->version,
		    (int)facts->protocol);
	else
		fprintf(stderr, "pointsctl: %s\n", c->fault->message);
	return 0;
}

const struct command command_version = {
    .object = "version",
    .help = "versions of pointsctl and of the daemon, if it answers",
    .answer = {.form = ANSWER_BARE, .members = members},
    .run = run_version,
};
