/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/ip_file.h"
#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/core/worker.h"

struct params {
	const char *path;
	struct ip_file *file; /* NULL: the document is only looked at */
};

static const struct field fields[] = {
    FIELD_STRING(struct params, path, "remote_ip_file", FIELD_PATH | FIELD_REQUIRED,
	"a file with IP addresses and CIDR ranges, one a line"),
    FIELD_END,
};

static void close_file(void *file)
{
	ip_file_close(file);
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;
	struct jnode path = jnode_member(node, "remote_ip_file");
	struct error cause;
	char text[1600];
	bool loaded;

	if (load->dry) {
		loaded = ip_file_check(p->path, &cause) == 0;
	} else {
		p->file = ip_file_open(control_loop(), p->path, &cause);
		loaded = p->file != NULL;
	}
	if (!loaded)
		return jnode_error(
		    &path, err, cause.code, "%s", error_text(&cause, text, sizeof(text)));
	if (p->file != NULL)
		arena_release(load->arena, close_file, p->file);
	return 0;
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;

	return p->file != NULL && ip_file_contains(p->file, &in->facts->src) ? MATCH_YES : MATCH_NO;
}

/* "remote_ip_list <file>" */
static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	const char *path;

	dispenser_next(d); /* the name */
	if (dispenser_one(d, &path, err) == -1 || dispenser_no_block(d, err) == -1)
		return -1;
	*out = json_object();
	json_object_set_new(*out, "remote_ip_file", json_string(path));
	return 0;
}

const struct matcher_type matcher_remote_ip_list = {
    .name = "remote_ip_list",
    .help = "the client's address is in a file, which is read again when it changes",
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
