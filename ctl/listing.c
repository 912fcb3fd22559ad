/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static int list_items(struct context *c, const struct column *columns, const char *name, bool whole)
{
	struct output_list list;
	struct reply reply;
	int rc;

	output_list_begin(&list, &c->output, columns, name);
	list.whole = whole;
	if (client_call(c->client, output_list_chunk, &list, &reply, c->fault) == -1) {
		output_list_end(&list, NULL);
		return -1;
	}
	rc = output_list_end(&list, reply.result);
	reply_fini(&reply);
	return command_printed(c, rc);
}

int listing_items(struct context *c, const struct column *columns, const char *name)
{
	return list_items(c, columns, name, false);
}

int listing_whole(struct context *c, const struct column *columns, const char *name)
{
	return list_items(c, columns, name, true);
}

int listing_all(
    struct context *c, const char *method, const struct column *columns, const char *name)
{
	if (command_connect(c) == NULL)
		return -1;
	client_begin(c->client, method);
	return listing_items(c, columns, name);
}

int listing_done(struct context *c)
{
	static const struct column none[] = {{.key = NULL}};

	return listing_object(c, none, NULL);
}

int listing_answer(struct context *c, int (*print)(struct context *c, const msgpack_object *result))
{
	struct reply reply;
	int rc;

	if (command_call(c, &reply) == -1)
		return -1;
	rc = print(c, reply.result);
	reply_fini(&reply);
	return rc;
}

int listing_object(struct context *c, const struct column *lines, const char *name)
{
	struct reply reply;
	int rc;

	if (command_call(c, &reply) == -1)
		return -1;
	rc = output_object(&c->output, reply.result, lines, name);
	reply_fini(&reply);
	return command_printed(c, rc);
}
