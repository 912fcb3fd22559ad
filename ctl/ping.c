/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <inttypes.h>
#include <time.h>

#include "common/unpack.h"
#include "ctl/command.h"
#include "ctl/human.h"

static const struct column members[] = {
    {.key = "version"},
    {.key = "pid", .kind = COLUMN_NUMBER},
    {.key = "seconds", .kind = COLUMN_SECONDS},
    {.key = NULL},
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int run_ping(struct context *c, int argc, char **argv)
{
	const struct client_facts *facts;
	struct reply reply;
	uint64_t revision = 0;
	double seconds;

	(void)argc;
	(void)argv;
	if (command_connect(c) == NULL)
		return -1;
	facts = client_facts(c->client);
	client_begin(c->client, CONTROL_PING);
	seconds = now();
	if (command_call(c, &reply) == -1)
		return -1;
	seconds = now() - seconds;
	unpack_u64(unpack_get(reply.result, "rev"), &revision);
	reply_fini(&reply);
	if (c->output.format == FORMAT_JSON || c->output.format == FORMAT_JSONL)
		fprintf(c->output.to,
		    "{\"rev\":%" PRIu64 ",\"version\":\"%s\",\"pid\":%" PRIu64
		    ",\"seconds\":%.6f}\n",
		    revision, facts->version, facts->pid, seconds);
	else
		fprintf(c->output.to, "pointsmand %s (pid %" PRIu64 ") answers in %.2f ms\n",
		    facts->version, facts->pid, seconds * 1000);
	return 0;
}

const struct command command_ping = {
    .object = "ping",
    .help = "does the daemon answer, and how fast?",
    .answer = {.form = ANSWER_OBJECT, .members = members},
    .run = run_ping,
};
