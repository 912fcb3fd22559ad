/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/document.h"

#include <inttypes.h>
#include <jansson.h>

#include "common/unpack.h"

static void take_text(struct reply *chunk, void *arg)
{
	struct buf *document = arg;
	struct span text;

	if (unpack_text(unpack_get(chunk->result, "text"), &text))
		buf_append(document, text.p, text.n);
}

/* For people indented; for programs on one line, with the revision. */
static int print(struct context *c, const struct buf *document, uint64_t revision, bool bare)
{
	struct span text = buf_span(document);
	json_t *json;
	int rc;

	if (c->output.format == FORMAT_JSON || c->output.format == FORMAT_JSONL) {
		if (!bare)
			fprintf(c->output.to, "{\"rev\":%" PRIu64 ",\"config\":", revision);
		fwrite(text.p, 1, text.n, c->output.to);
		fputs(bare ? "\n" : "}\n", c->output.to);
		return 0;
	}
	json = json_loadb((const char *)text.p, text.n, 0, NULL);
	if (json == NULL)
		return fault_set(
		    c->fault, CONTROL_EXIT_PROTOCOL, "the daemon sent a document that is no JSON");
	rc = json_dumpf(json, c->output.to, JSON_INDENT(4));
	fputc('\n', c->output.to);
	json_decref(json);
	return command_printed(c, rc);
}

int document_print(struct context *c, bool bare)
{
	struct buf document = {0};
	struct pack_box *params;
	struct reply reply;
	uint64_t revision = 0;
	int rc = -1;

	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CONFIG_SHOW);
	if (c->options->given & OPTION_SECRETS)
		pack_bool(pack_key(params, "secrets"), true);
	if (client_call(c->client, take_text, &document, &reply, c->fault) == 0) {
		unpack_u64(unpack_get(reply.result, "rev"), &revision);
		reply_fini(&reply);
		rc = print(c, &document, revision, bare);
	}
	buf_fini(&document);
	return rc;
}
