/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "ctl/listing.h"
#include "ctl/show.h"

#define FILE_MAX (400u << 10) /* two of them fit into a request */
#define STEP 4096

static int read_from(struct context *c, FILE *file, const char *path, struct buf *out)
{
	size_t n;

	while ((n = fread(buf_reserve(out, STEP), 1, STEP, file)) > 0) {
		buf_commit(out, n);
		if (buf_len(out) > FILE_MAX)
			return fault_set(c->fault, CONTROL_EXIT_USAGE, "%s is longer than %u bytes",
			    path, FILE_MAX);
	}
	if (ferror(file))
		return fault_set(
		    c->fault, CONTROL_EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
	return 0;
}

static int read_file(struct context *c, const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");
	int rc;

	if (file == NULL)
		return fault_set(
		    c->fault, CONTROL_EXIT_USAGE, "cannot open %s: %s", path, strerror(errno));
	/* So that there is no other copy of a key than the one that is wiped. */
	setvbuf(file, NULL, _IONBF, 0);
	buf_reserve(out, FILE_MAX + 2 * STEP);
	rc = read_from(c, file, path, out);
	fclose(file);
	return rc;
}

static void wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->size);
	buf_fini(b);
}

static int set(struct context *c, const char *name, struct span chain, struct span key)
{
	struct pack_box *params;
	struct reply reply;

	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CERT_SET);
	pack_str(pack_key(params, "name"), name);
	pack_text(pack_key(params, "chain"), chain);
	pack_text(pack_key(params, "key"), key);
	if (!(c->options->given & OPTION_ECHO))
		return listing_done(c);
	if (command_call(c, &reply) == -1)
		return -1;
	reply_fini(&reply);
	return show(c, &shown_cert, &name);
}

static int run_set(struct context *c, int argc, char **argv)
{
	struct buf chain = {0}, key = {0};
	int rc = -1;

	(void)argc;
	if (read_file(c, argv[1], &chain) == 0 && read_file(c, argv[2], &key) == 0)
		rc = set(c, argv[0], buf_span(&chain), buf_span(&key));
	wipe(&chain);
	wipe(&key);
	return rc;
}

const struct command command_cert_set = {
    .object = "cert",
    .verb = "set",
    .arguments = "NAME CERT KEY",
    .help = "replace a loaded certificate while it is served",
    .details = "CERT is a file with the certificate and its chain, KEY one with its key, in PEM.\n"
	       "It stays until the daemon ends, or until the files that the configuration names\n"
	       "change.\n",
    .options = OPTION_ECHO,
    .min = 3,
    .max = 3,
    .answer = {.form = ANSWER_OBJECT},
    .run = run_set,
};
