/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/monitor.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "common/unpack.h"
#include "ctl/command.h"
#include "ctl/event_line.h"
#include "ctl/json_text.h"
#include "ctl/stop.h"

const struct column monitor_members[] = {
    {.key = "seq", .kind = COLUMN_NUMBER},
    {.key = "type"},
    {.key = "time", .kind = COLUMN_TIME},
    {.key = "id", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "src", .absent = true, .null = true},
    {.key = "dst", .absent = true, .null = true},
    {.key = "listener", .absent = true, .null = true},
    {.key = "server", .absent = true, .null = true},
    {.key = "route", .absent = true, .null = true},
    {.key = "upstream", .absent = true, .null = true},
    {.key = "sni", .absent = true, .null = true},
    {.key = "alpn", .absent = true, .null = true},
    {.key = "proto", .absent = true, .null = true},
    {.key = "tls", .absent = true, .null = true},
    {.key = "duration", .kind = COLUMN_SECONDS, .absent = true},
    {.key = "bytes_in", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "bytes_out", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "reason", .absent = true, .null = true},
    {.key = "detail", .absent = true, .null = true},
    {.key = "revision", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "who", .absent = true, .null = true},
    {.key = "comment", .absent = true, .null = true},
    {.key = "code", .absent = true, .null = true},
    {.key = "path", .absent = true, .null = true},
    {.key = "message", .absent = true, .null = true},
    {.key = "cert", .absent = true, .null = true},
    {.key = "issuer", .absent = true, .null = true},
    {.key = "expires", .absent = true, .null = true},
    {.key = "next", .absent = true, .null = true},
    {.key = "problem", .absent = true, .null = true},
    {.key = "forced", .absent = true, .null = true},
    {.key = "first", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "last", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "count", .kind = COLUMN_NUMBER, .absent = true},
    {.key = NULL},
};

struct monitor {
	struct client *client;
	const struct monitor_items *items;
	enum format format;
	int to;
	bool begun;
	int problem; /* errno of a write that failed; 0: none */
	struct buf out;
};

/* ---- the end ------------------------------------------------------------------------------- */

/* A write that does not get on is interrupted, too; a second signal is not caught any more. */
static void catch_signals(void)
{
	stop_on(SIGINT, (int)SA_RESETHAND);
	stop_on(SIGTERM, (int)SA_RESETHAND);
	signal(SIGPIPE, SIG_IGN);
}

/* Until the daemon has said something: 0. Who reads us has gone, or we are to stop: -1. */
static int wait_for_more(int fd, void *arg)
{
	struct monitor *m = arg;
	struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = m->to}};

	while (!stop_asked() && m->problem == 0) {
		if (stop_poll(fds, 2, NULL) == -1)
			continue;
		if (fds[1].revents & (POLLERR | POLLHUP))
			m->problem = EPIPE;
		else if (fds[0].revents != 0)
			return 0;
	}
	return -1;
}

/* ---- output -------------------------------------------------------------------------------- */

static void write_out(struct monitor *m)
{
	while (buf_len(&m->out) > 0 && m->problem == 0 && !stop_asked()) {
		ssize_t n = write(m->to, buf_span(&m->out).p, buf_len(&m->out));

		if (n >= 0)
			buf_consume(&m->out, (size_t)n);
		else if (errno != EINTR)
			m->problem = errno;
	}
}

static void add_item(struct monitor *m, const msgpack_object *item)
{
	switch (m->format) {
	case FORMAT_TEXT:
	case FORMAT_WIDE:
		m->items->write(&m->out, item);
		break;
	case FORMAT_JSON:
	case FORMAT_JSONL:
		json_text_value(&m->out, item);
		buf_append(&m->out, "\n", 1);
		break;
	case FORMAT_NAME:
		json_text_value(&m->out, unpack_get(item, m->items->name));
		buf_append(&m->out, "\n", 1);
		break;
	}
}

static void on_chunk(struct reply *chunk, void *arg)
{
	const msgpack_object *items = unpack_get(chunk->result, "items");
	struct monitor *m = arg;
	uint32_t i;

	if (m->items->begun != NULL && !m->begun)
		fprintf(stderr, "pointsctl: %s\n", m->items->begun);
	m->begun = true;
	client_wait_with(m->client, wait_for_more, m);
	for (i = 0; unpack_is_array(items) && i < items->via.array.size; i++)
		add_item(m, &items->via.array.ptr[i]);
	write_out(m);
}

/* ---- the command --------------------------------------------------------------------------- */

static void pack_request(struct context *c, const char *types, const char *filter)
{
	struct pack_box *params = client_begin(c->client, CONTROL_EVENTS_WATCH);

	if (types != NULL)
		pack_str(pack_key(params, "types"), types);
	if (filter != NULL)
		pack_str(pack_key(params, "filter"), filter);
	if (c->options->given & OPTION_SINCE)
		pack_u64(pack_key(params, "since"), c->options->since);
	if (c->options->since_time != NULL)
		pack_str(pack_key(params, "since_time"), c->options->since_time);
}

/* For programs unless it is a terminal, or was said. */
static enum format format_of(const struct context *c, int to)
{
	return c->options->format_given || isatty(to) ? c->output.format : FORMAT_JSONL;
}

int monitor_follow(struct context *c, const struct monitor_items *items)
{
	struct monitor m = {.client = c->client, .items = items, .to = fileno(c->output.to)};
	struct reply reply;
	int rc;

	m.format = format_of(c, m.to);
	catch_signals();
	rc = client_call(m.client, on_chunk, &m, &reply, c->fault);
	buf_fini(&m.out);
	if (rc == 0)
		reply_fini(&reply);
	if (m.problem != 0 && m.problem != EPIPE) {
		errno = m.problem;
		return command_printed(c, -1);
	}
	return rc == -1 && c->fault->exit == CONTROL_EXIT_DONE ? 0 : rc;
}

int monitor_run(struct context *c, const char *types, const char *filter)
{
	static const struct monitor_items events = {event_line, "seq", NULL};

	if (command_connect(c) == NULL)
		return -1;
	pack_request(c, types, filter);
	return monitor_follow(c, &events);
}

static int run_monitor(struct context *c, int argc, char **argv)
{
	struct buf types = {0};
	int i, rc;

	for (i = 0; i < argc; i++)
		buf_printf(&types, "%s%s", i > 0 ? "," : "", argv[i]);
	rc = monitor_run(c, argc > 0 ? buf_str(&types) : NULL,
	    c->options->given & OPTION_FILTER ? c->options->filter : NULL);
	buf_fini(&types);
	return rc;
}

const struct command command_monitor = {
    .object = "monitor",
    .arguments = "[TYPE...]",
    .help = "events as they happen",
    .details = "A type is one such as conn.close, or what stands before the dot: conn, config,\n"
	       "listener, upstream, cert, event. Where the output is no terminal, and with -j,\n"
	       "each event is one JSON object on a line:\n"
	       "  pointsctl monitor config upstream\n"
	       "  pointsctl -j monitor --filter 'reason==killed || type==config.changed'\n",
    .options = OPTION_FILTER | OPTION_SINCE,
    .max = -1,
    .answer = {.form = ANSWER_LINES, .members = monitor_members},
    .run = run_monitor,
};
