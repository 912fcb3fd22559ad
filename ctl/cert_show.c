/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/show.h"

static const struct column lines[] = {
    {.title = "name", .key = "name"},
    {.title = "names", .key = "names"},
    {.title = "issuer", .key = "issuer"},
    {.title = "state", .key = "state"},
    {.title = "doing", .key = "doing"},
    {.title = "next", .key = "next"},
    {.title = "failures", .key = "failures"},
    {.title = "error", .key = "error"},
    {.title = "valid from", .key = "valid_from"},
    {.title = "expires", .key = "expires"},
    {.title = "expires in", .key = "expires_in", .kind = COLUMN_SECONDS},
    {.title = "key", .key = "key"},
    {.title = "signed by", .key = "signed_by"},
    {.title = "serial", .key = "serial"},
    {.title = "fingerprint", .key = "fingerprint"},
    {.title = "staple expires", .key = "staple_expires"},
    {.title = NULL},
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
    .run = run_show,
};
