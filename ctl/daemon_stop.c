/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/duration.h"
#include "common/unpack.h"
#include "ctl/listing.h"

#define POLL_MS 200
#define EXIT_MS 20000 /* from the end of its sessions to its own */

static void pause_a_while(void)
{
	static const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

	nanosleep(&pause, NULL);
}

/* "14 left": on a terminal in one line, else a line where the number is another one. */
static void tell(uint64_t left, uint64_t before)
{
	bool terminal = isatty(STDERR_FILENO);

	if (!terminal && left == before)
		return;
	fprintf(stderr, "%s%" PRIu64 " left%s", terminal ? "\r\033[K" : "", left,
	    terminal && left > 0 ? "" : "\n");
}

/* The sessions end shortly before the process does. */
static int wait_for_exit(struct context *c, pid_t pid)
{
	int i;

	for (i = 0; i < EXIT_MS / POLL_MS; i++) {
		if (kill(pid, 0) == -1 && errno == ESRCH)
			return 0;
		pause_a_while();
	}
	return fault_set(c->fault, CONTROL_EXIT_TIMEOUT, "process %ld has not ended", (long)pid);
}

/* Until the daemon is gone, which is what we wait for. */
static int wait_for_end(struct context *c)
{
	pid_t pid = (pid_t)client_facts(c->client)->pid;
	uint64_t left = 0, before = UINT64_MAX;
	struct reply reply;

	fflush(c->output.to);
	for (;;) {
		client_begin(c->client, CONTROL_STATUS);
		if (command_call(c, &reply) == -1)
			break;
		unpack_u64(unpack_get(reply.result, "connections"), &left);
		reply_fini(&reply);
		tell(left, before);
		before = left;
		pause_a_while();
	}
	if (c->fault->exit != CONTROL_EXIT_UNREACHABLE)
		return -1;
	memset(c->fault, 0, sizeof(*c->fault));
	return wait_for_exit(c, pid);
}

static const struct column members[] = {
    {.key = "connections", .kind = COLUMN_NUMBER},
    {.key = "drain", .kind = COLUMN_SECONDS},
    {.key = NULL},
};

static int print(struct context *c, const msgpack_object *result)
{
	uint64_t connections = 0;
	double drain = 0;

	if (c->output.format == FORMAT_JSON || c->output.format == FORMAT_JSONL)
		return command_printed(c, output_object(&c->output, result, members, NULL));
	unpack_u64(unpack_get(result, "connections"), &connections);
	unpack_double(unpack_get(result, "drain"), &drain);
	fprintf(c->output.to, "stopping: %" PRIu64 " %s may go on for at most %.0fs\n", connections,
	    connections == 1 ? "connection" : "connections", drain);
	return 0;
}

static int run_stop(struct context *c, int argc, char **argv)
{
	struct pack_box *params;
	int rc;

	(void)argc;
	(void)argv;
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_DAEMON_STOP);
	if (c->options->given & OPTION_DRAIN)
		pack_u64(pack_key(params, "drain_s"), c->options->drain_s);
	rc = listing_answer(c, print);
	if (rc == 0 && (c->options->given & OPTION_WAIT))
		rc = wait_for_end(c);
	return rc;
}

const struct command command_daemon_stop = {
    .object = "daemon",
    .verb = "stop",
    .help = "close the listeners, let connections end, and stop",
    .details = "As SIGTERM does. Once more with another --drain: that is the bound then, from\n"
	       "now on; --drain 0 ends what is left. With --wait it returns when the daemon has\n"
	       "ended.\n",
    .options = OPTION_DRAIN | OPTION_WAIT,
    .answer = {.form = ANSWER_OBJECT, .members = members},
    .run = run_stop,
};
