/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/show.h"

static const struct column lines[] = {
    {.title = "name", .key = "name"},
    {.title = "names", .key = "names", .kind = COLUMN_TEXTS, .absent = true},
    {.title = "issuer", .key = "issuer"},
    {.title = "state", .key = "state"},
    {.title = "doing", .key = "doing", .null = true},
    {.title = "next", .key = "next", .kind = COLUMN_TIME, .null = true},
    {.title = "failures", .key = "failures", .kind = COLUMN_NUMBER},
    {.title = "error", .key = "error", .null = true},
    {.title = "valid from", .key = "valid_from", .kind = COLUMN_TIME, .absent = true, .null = true},
    {.title = "expires", .key = "expires", .kind = COLUMN_TIME, .absent = true, .null = true},
    {.title = "expires in", .key = "expires_in", .kind = COLUMN_SECONDS, .absent = true},
    {.title = "key", .key = "key", .absent = true},
    {.title = "signed by", .key = "signed_by", .absent = true, .null = true},
    {.title = "serial", .key = "serial", .absent = true, .null = true},
    {.title = "fingerprint", .key = "fingerprint", .absent = true},
    {.title = "staple expires",
	.key = "staple_expires",
	.kind = COLUMN_TIME,
	.absent = true,
	.null = true},
    {.key = NULL},
};

const struct shown shown_cert = {
    .method = CONTROL_CERT_SHOW,
    .keys = {"name"},
    .name = "name",
    .lines = lines,
};

static int run_show(struct context *c, int argc, char **argv)
{
	(void)argc;
	return show(c, &shown_cert, (const char *const *)argv);
}

const struct command command_cert_show = {
    .object = "cert",
    .verb = "show",
    .arguments = "NAME",
    .help = "one certificate with all that is known of it; never its key",
    .min = 1,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = lines},
    .run = run_show,
};
