/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <string.h>

#include "common/unpack.h"
#include "ctl/input.h"
#include "ctl/listing.h"
#include "ctl/verdicts.h"

/* "10.0.0.1:80 (chosen), 10.0.0.2:80, 10.0.0.3:80 (not available)" */
static void write_upstreams(struct buf *out, const msgpack_object *list)
{
	bool yes = false;
	uint32_t i;

	for (i = 0; unpack_is_array(list) && i < list->via.array.size; i++) {
		const msgpack_object *item = &list->via.array.ptr[i];

		buf_append_str(out, i > 0 ? ", " : "");
		verdicts_member(out, item, "dial");
		if (unpack_bool(unpack_get(item, "chosen"), &yes) && yes)
			buf_append_str(out, " (chosen)");
		if (unpack_bool(unpack_get(item, "available"), &yes) && !yes)
			buf_append_str(out, " (not available)");
	}
}

static const struct column columns[] = {
    {.title = "DEPTH", .key = "depth", .kind = COLUMN_NUMBER, .drop = 2},
    {.title = "INDEX", .key = "index", .kind = COLUMN_NUMBER, .drop = 1},
    {.title = "ROUTE", .key = "route", .null = true, .cut = true},
    {.title = "VERDICT", .key = "verdict"},
    {.title = "MATCHERS",
	.key = "matchers",
	.kind = COLUMN_OBJECTS,
	.members = verdicts_members,
	.cut = true,
	.write = verdicts_write},
    {.key = NULL},
};

static const struct column upstreams[] = {
    {.key = "dial"},
    {.key = "available", .kind = COLUMN_BOOL},
    {.key = "chosen", .kind = COLUMN_BOOL},
    {.key = NULL},
};

static const struct column lines[] = {
    {.title = "decision", .key = "decision"},
    {.title = "server", .key = "server"},
    {.title = "route", .key = "route", .null = true},
    {.title = "handlers", .key = "handlers", .kind = COLUMN_TEXTS},
    {.title = "upstreams",
	.key = "upstreams",
	.kind = COLUMN_OBJECTS,
	.members = upstreams,
	.write = write_upstreams},
    {.title = "captures", .key = "captures", .kind = COLUMN_MAP},
    {.key = NULL},
};

/* RFC 4648 section 4. */
static void append_base64(struct buf *out, struct span in)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, n;

	for (i = 0; i < in.n; i += 3) {
		uint32_t bits = (uint32_t)in.p[i] << 16;
		char group[5] = "====";

		n = in.n - i < 3 ? in.n - i : 3;
		if (n > 1)
			bits |= (uint32_t)in.p[i + 1] << 8;
		if (n > 2)
			bits |= in.p[i + 2];
		group[0] = digits[bits >> 18];
		group[1] = digits[bits >> 12 & 63];
		if (n > 1)
			group[2] = digits[bits >> 6 & 63];
		if (n > 2)
			group[3] = digits[bits & 63];
		buf_append_str(out, group);
	}
}

/* A file each, with commas between them. */
static int pack_bytes(struct context *c, struct pack_box *params)
{
	struct buf text = {0};
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < c->options->bytes_count; i++) {
		struct input input = {0};

		rc = input_read(c, c->options->bytes[i], "the bytes", &input);
		buf_append_str(&text, i > 0 ? "," : "");
		if (rc == 0)
			append_base64(&text, buf_span(&input.text));
		input_fini(&input);
	}
	if (rc == 0)
		pack_str(pack_key(params, "bytes"), buf_str(&text));
	buf_fini(&text);
	return rc;
}

static int pack_request(struct context *c)
{
	const struct options *o = c->options;
	struct pack_box *params = client_begin(c->client, CONTROL_ROUTE_TEST);

	pack_str(pack_key(params, "listener"), o->listener);
	if (o->src != NULL)
		pack_str(pack_key(params, "src"), o->src);
	if (o->sni != NULL)
		pack_str(pack_key(params, "sni"), o->sni);
	if (o->alpn != NULL)
		pack_str(pack_key(params, "alpn"), o->alpn);
	if (o->state != NULL)
		pack_str(pack_key(params, "state"), o->state);
	return o->bytes_count > 0 ? pack_bytes(c, params) : 0;
}

static int run_test(struct context *c, int argc, char **argv)
{
	struct output_list list;
	struct reply reply;
	int rc;

	(void)argc;
	(void)argv;
	if (c->options->listener == NULL)
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "route test needs --listener, the address that the client comes to");
	if (command_connect(c) == NULL || pack_request(c) == -1)
		return -1;
	output_list_begin(&list, &c->output, columns, "route");
	list.whole = true;
	if (client_call(c->client, output_list_chunk, &list, &reply, c->fault) == -1) {
		output_list_end(&list, NULL);
		return -1;
	}
	rc = output_list_end(&list, reply.result);
	if (rc == 0 && (c->output.format == FORMAT_TEXT || c->output.format == FORMAT_WIDE)) {
		fputc('\n', c->output.to);
		rc = output_object(&c->output, reply.result, lines, NULL);
	}
	reply_fini(&reply);
	return command_printed(c, rc);
}

const struct command command_route_test = {
    .object = "route",
    .verb = "test",
    .help = "what the routes would do with a client",
    .details = "The matchers in force are asked about a client that is described: by what its\n"
	       "ClientHello says, or by its first bytes (over UDP --bytes for each datagram). No\n"
	       "handler acts.\n"
	       "  pointsctl route test --listener :443 --sni www.example.com --src 192.0.2.7\n",
    .options =
	OPTION_LISTENER | OPTION_SRC | OPTION_SNI | OPTION_ALPN | OPTION_BYTES | OPTION_STATE,
    .answer = {.form = ANSWER_LIST, .members = columns, .beside = lines},
    .run = run_test,
};
