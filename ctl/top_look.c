/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/top_look.h"

#include <time.h>

#include "common/duration.h"
#include "common/unpack.h"

double top_look_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void on_chunk(struct reply *chunk, void *arg)
{
	const msgpack_object *items = unpack_get(chunk->result, "items");
	uint32_t i;

	for (i = 0; unpack_is_array(items) && i < items->via.array.size; i++)
		snapshot_add(arg, &items->via.array.ptr[i]);
}

int top_look(struct context *c, struct snapshot *out)
{
	struct reply reply;
	double time;

	snapshot_init(out);
	client_begin(c->client, CONTROL_STATS);
	if (client_call(c->client, on_chunk, out, &reply, c->fault) == -1) {
		snapshot_fini(out);
		return -1;
	}
	reply_fini(&reply);
	time = top_look_clock();
	client_begin(c->client, CONTROL_STATUS);
	if (command_call(c, &reply) == -1) {
		snapshot_fini(out);
		return -1;
	}
	snapshot_status(out, reply.result);
	reply_fini(&reply);
	snapshot_end(out, time);
	return 0;
}
