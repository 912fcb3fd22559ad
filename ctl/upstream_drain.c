/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/duration.h"
#include "common/unpack.h"
#include "ctl/change.h"
#include "ctl/human.h"

#define POLL_MS 500
#define DRAIN_DEFAULT "30s" /* the daemon's */

/* ---- which connections ----------------------------------------------------------------------- */

static void append_quoted(struct buf *out, struct span text)
{
	const char *quote = memchr(text.p, '\'', text.n) != NULL ? "\"" : "'";

	buf_append_str(out, quote);
	buf_append(out, text.p, text.n);
	buf_append_str(out, quote);
}

static void append_peers(struct buf *filter, const msgpack_object *peers, const char *joint)
{
	struct span address;
	uint32_t i;

	for (i = 0; unpack_is_array(peers) && i < peers->via.array.size; i++) {
		if (!unpack_text(&peers->via.array.ptr[i], &address))
			continue;
		buf_append_str(filter, joint);
		buf_append_str(filter, "upstream==");
		append_quoted(filter, address);
		joint = " || ";
	}
}

/* Adds to filter those of the upstream id: on its route, to one of its peers. */
static int add_upstream(struct context *c, const char *proxy, const char *id, struct buf *filter)
{
	struct pack_box *params = client_begin(c->client, CONTROL_UPSTREAM_SHOW);
	struct reply reply;
	struct span route;

	pack_str(pack_key(params, "proxy"), proxy);
	pack_str(pack_key(params, "id"), id);
	if (command_call(c, &reply) == -1)
		return -1;
	if (unpack_text(unpack_get(reply.result, "route"), &route)) {
		buf_append_str(filter, buf_len(filter) > 0 ? " || (route==" : "(route==");
		append_quoted(filter, route);
		buf_append_str(filter, " && (");
		append_peers(filter, unpack_get(reply.result, "peers"), "");
		buf_append_str(filter, "))");
	}
	reply_fini(&reply);
	return 0;
}

/* ---- waiting --------------------------------------------------------------------------------- */

struct rest {
	uint64_t count;
	double oldest; /* seconds */
};

static void add_chunk(struct reply *chunk, void *arg)
{
	const msgpack_object *items = unpack_get(chunk->result, "items");
	struct rest *rest = arg;
	double age;
	uint32_t i;

	for (i = 0; unpack_is_array(items) && i < items->via.array.size; i++) {
		rest->count++;
		if (unpack_double(unpack_get(&items->via.array.ptr[i], "age"), &age) &&
		    age > rest->oldest)
			rest->oldest = age;
	}
}

static int look(struct context *c, struct buf *filter, struct rest *rest)
{
	struct pack_box *params = client_begin(c->client, CONTROL_CONN_LS);
	struct reply reply;

	memset(rest, 0, sizeof(*rest));
	pack_str(pack_key(params, "filter"), buf_str(filter));
	if (client_call(c->client, add_chunk, rest, &reply, c->fault) == -1)
		return -1;
	reply_fini(&reply);
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* When the daemon ends those that are left, by now(); below 0: never. */
static double deadline(const struct options *o)
{
	int64_t drain = 0;

	if (o->existing != NULL && strcmp(o->existing, "keep") == 0)
		return -1;
	if (o->existing == NULL || strcmp(o->existing, "drain") == 0)
		duration_parse(o->drain != NULL ? o->drain : DRAIN_DEFAULT, &drain);
	return now() + duration_seconds(drain);
}

/*
 * "14 left, oldest 2h, ended in 30s": on a terminal in one line, else a line where the number is
 * another one.
 */
static void tell(const struct rest *rest, uint64_t before, double until)
{
	char text[HUMAN_MAX];
	bool terminal = isatty(STDERR_FILENO);

	if (!terminal && rest->count == before)
		return;
	fprintf(stderr, "%s%" PRIu64 " left", terminal ? "\r\033[K" : "", rest->count);
	if (rest->count > 0)
		fprintf(stderr, ", oldest %s", human_seconds(rest->oldest, text));
	if (rest->count > 0 && until >= 0)
		fprintf(stderr, ", ended in %s", human_seconds(fmax(until - now(), 0), text));
	if (!terminal || rest->count == 0)
		fputc('\n', stderr);
}

static int wait_for_end(struct context *c, struct buf *filter)
{
	static const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
	double until = deadline(c->options);
	uint64_t before = UINT64_MAX;
	struct rest rest;

	fflush(c->output.to); /* whoever reads it need not wait, too */
	for (;;) {
		if (look(c, filter, &rest) == -1)
			return -1;
		tell(&rest, before, until);
		if (rest.count == 0)
			return 0;
		before = rest.count;
		nanosleep(&pause, NULL);
	}
}

/* ---- the command ------------------------------------------------------------------------------
 */

static int make_drain(struct change *change, int argc, char **argv)
{
	struct change_item *item;
	int i;

	for (i = 1; i < argc; i++) {
		if (change_operation(change, "upstream.disable", argv[i]) == -1 ||
		    change_text(change, "proxy", argv[0]) == -1 ||
		    change_text(change, "id", argv[i]) == -1 || change_existing(change) == -1)
			return -1;
		item = &change->items[change->count - 1];
		if (item->existing != NULL)
			continue;
		item->existing = "drain";
		change_text(change, "existing", item->existing);
	}
	return 0;
}

static int run_drain(struct context *c, int argc, char **argv)
{
	bool wait = (c->options->given & OPTION_WAIT) != 0;
	struct buf filter = {0};
	int i, rc = 0;

	if (wait && (c->options->given & OPTION_DRY_RUN))
		return fault_set(
		    c->fault, CONTROL_EXIT_USAGE, "there is nothing to wait for with --dry-run");
	if (wait && command_connect(c) == NULL)
		return -1;
	for (i = 1; wait && i < argc && rc == 0; i++)
		rc = add_upstream(c, argv[0], argv[i], &filter);
	if (rc == 0)
		rc = change_run(c, argc, argv);
	if (rc == 0 && wait)
		rc = wait_for_end(c, &filter);
	buf_fini(&filter);
	return rc;
}

const struct command command_upstream_drain = {
    .object = "upstream",
    .verb = "drain",
    .arguments = "ROUTE ID...",
    .help = "choose upstreams no more, and end who is there after a time",
    .details = "Connections may go on for 30s, or as --existing says: drain=10m, or keep,\n"
	       "as long as they want. With --wait it ends when the last one has.\n",
    .options = OPTIONS_TXN | OPTION_EXISTING | OPTION_WAIT | OPTION_ECHO,
    .min = 2,
    .max = -1,
    .run = run_drain,
    .make = make_drain,
    .done = "draining",
};
