/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/duration.h"
#include "ctl/listing.h"

static const struct column columns[] = {
    {.title = "NAME", .key = "name", .cut = true},
    {.title = "ISSUER", .key = "issuer", .cut = true, .drop = 2},
    {.title = "STATE", .key = "state"},
    {.title = "EXPIRES IN", .key = "expires_in", .kind = COLUMN_SECONDS, .absent = true},
    {.title = "DOING", .key = "doing", .null = true, .drop = 1},
    {.title = "NEXT", .key = "next", .kind = COLUMN_TIME, .null = true, .drop = 3},
    {.title = "ERROR", .key = "error", .null = true, .cut = true},
    {.key = "failures", .kind = COLUMN_NUMBER},
    {.key = "names", .kind = COLUMN_TEXTS, .absent = true},
    {.key = "valid_from", .kind = COLUMN_TIME, .absent = true, .null = true},
    {.key = "expires", .kind = COLUMN_TIME, .absent = true, .null = true},
    {.key = "key", .absent = true},
    {.key = "signed_by", .absent = true, .null = true},
    {.key = "serial", .absent = true, .null = true},
    {.key = "fingerprint", .absent = true},
    {.key = "staple_expires", .kind = COLUMN_TIME, .absent = true, .null = true},
    {.key = NULL},
};

static int run_ls(struct context *c, int argc, char **argv)
{
	const struct options *o = c->options;
	struct pack_box *params;

	(void)argc;
	(void)argv;
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CERT_LS);
	if (o->given & OPTION_EXPIRES_WITHIN)
		pack_u64(
		    pack_key(params, "expires_within"), (uint64_t)(o->expires_within / DURATION_S));
	return listing_items(c, columns, "name");
}

const struct command command_cert_ls = {
    .object = "cert",
    .verb = "ls",
    .help = "managed and loaded certificates",
    .options = OPTION_EXPIRES_WITHIN,
    .answer = {.form = ANSWER_LIST, .members = columns},
    .run = run_ls,
};
