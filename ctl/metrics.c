/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <inttypes.h>
#include <jansson.h>

#include "common/unpack.h"
#include "ctl/command.h"

static const struct column members[] = {
    {.key = "text"},
    {.key = NULL},
};

static void take_text(struct reply *chunk, void *arg)
{
	struct buf *metrics = arg;
	struct span text;

	if (unpack_text(unpack_get(chunk->result, "text"), &text))
		buf_append(metrics, text.p, text.n);
}

static int print(struct context *c, struct span text, const struct reply *reply)
{
	uint64_t revision = 0;
	json_t *json;
	int rc;

	if (c->output.format != FORMAT_JSON && c->output.format != FORMAT_JSONL) {
		fwrite(text.p, 1, text.n, c->output.to);
		return command_printed(c, 0);
	}
	unpack_u64(unpack_get(reply->result, "rev"), &revision);
	json = json_pack("{s:I, s:o}", "rev", (json_int_t)revision, "text",
	    json_stringn((const char *)text.p, text.n));
	rc = json_dumpf(json, c->output.to, JSON_COMPACT);
	fputc('\n', c->output.to);
	json_decref(json);
	return command_printed(c, rc);
}

static int run_metrics(struct context *c, int argc, char **argv)
{
	struct buf metrics = {0};
	struct reply reply;
	int rc = -1;

	(void)argc;
	(void)argv;
	if (command_connect(c) == NULL)
		return -1;
	client_begin(c->client, CONTROL_METRICS);
	if (client_call(c->client, take_text, &metrics, &reply, c->fault) == 0) {
		rc = print(c, buf_span(&metrics), &reply);
		reply_fini(&reply);
	}
	buf_fini(&metrics);
	return rc;
}

const struct command command_metrics = {
    .object = "metrics",
    .help = "what is counted, as OpenMetrics",
    .details = "The same as a monitoring system gets from the admin listener.\n",
    .answer = {.form = ANSWER_OBJECT, .members = members},
    .run = run_metrics,
};
