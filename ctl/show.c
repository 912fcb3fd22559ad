/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/show.h"

int show(struct context *c, const struct shown *shown, const char *const *names)
{
	struct pack_box *params;
	struct reply reply;
	size_t i;
	int rc;

	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, shown->method);
	for (i = 0; i < SHOWN_NAMES && shown->keys[i] != NULL; i++)
		pack_str(pack_key(params, shown->keys[i]), names[i]);
	if (command_call(c, &reply) == -1)
		return -1;
	if (shown->print != NULL)
		rc = shown->print(c, reply.result);
	else
		rc = output_object(&c->output, reply.result, shown->lines, shown->name);
	reply_fini(&reply);
	return command_printed(c, rc);
}
