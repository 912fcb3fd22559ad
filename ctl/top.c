/* SPDX-License-Identifier: BSD-2-Clause */
/* top: rates on a terminal, until somebody leaves. A daemon that goes and comes is waited for. */
#include <config.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/duration.h"
#include "ctl/stop.h"
#include "ctl/top_look.h"
#include "ctl/top_once.h"
#include "ctl/top_screen.h"

/* A session that is opened again has so long to begin: meanwhile no key is heard. */
#define RECONNECT_TIMEOUT (2 * DURATION_S)
/* An answer that takes longer is spoken of. */
#define PATIENCE 2.0 /* seconds */

struct top {
	struct context *c;
	struct top_view view;
	struct snapshot before, now;
	struct rates rates;
	double looked; /* when the daemon was asked last */
	char problem[sizeof(((struct fault *)NULL)->message)], notice[64];
};

/* ---- the screen ------------------------------------------------------------------------------ */

static void draw(struct top *t)
{
	const struct rates_wanted wanted = {
	    .kind = t->view.kind,
	    .by = t->view.by,
	    .reverse = t->view.reverse,
	    .filter = t->view.filter,
	};
	struct top_frame frame = {
	    .status = &t->now.status,
	    .rates = &t->rates,
	    .view = &t->view,
	    .problem = t->problem,
	    .notice = t->notice,
	};

	top_view_fit(&t->view, rates_choose(&t->rates, &wanted, &frame.all), top_screen_page());
	top_screen_draw(&frame);
}

static void take_keys(struct top *t)
{
	int key;

	while ((key = top_screen_key()) != TOP_KEY_NONE) {
		if (key != TOP_KEY_OTHER)
			t->notice[0] = '\0';
		top_view_key(&t->view, key);
		draw(t);
	}
}

/* ---- waiting --------------------------------------------------------------------------------- */

enum wait_result { WAIT_READY, WAIT_LATE, WAIT_LEFT };

static struct timespec time_left(double until)
{
	double left = until - top_look_clock();

	if (left < 0)
		left = 0;
	return (struct timespec){
	    .tv_sec = (time_t)left, .tv_nsec = (long)((left - (double)(time_t)left) * 1e9)};
}

/* Serves the keys until fd (-1: none) can be read, or until the time has come, or for good. */
static enum wait_result serve(struct top *t, int fd, double until)
{
	struct pollfd fds[] = {
	    {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	struct timespec left = time_left(until);
	int rc = stop_poll(fds, 2, &left);

	take_keys(t);
	if (stop_asked() || t->view.left)
		return WAIT_LEFT;
	if (rc > 0 && fds[0].revents & (POLLERR | POLLHUP | POLLNVAL))
		return WAIT_LEFT;
	return rc > 0 && fds[1].revents != 0 ? WAIT_READY : WAIT_LATE;
}

/* For client_wait_with(). */
static int wait_for_answer(int fd, void *arg)
{
	double patience = top_look_clock() + PATIENCE;
	struct top *t = arg;

	for (;;) {
		switch (serve(t, fd, patience)) {
		case WAIT_READY:
			return 0;
		case WAIT_LEFT:
			return -1;
		case WAIT_LATE:
			break;
		}
		if (top_look_clock() < patience)
			continue;
		patience = top_look_clock() + 1;
		snprintf(t->problem, sizeof(t->problem), "the daemon has not answered for %.0fs",
		    top_look_clock() - t->looked);
		draw(t);
	}
}

/* Until the next look, as the interval is now. */
static int wait_for_time(struct top *t)
{
	double until;

	do {
		until = t->looked + duration_seconds(t->view.interval);
		if (t->view.paused)
			until = top_look_clock() + 3600;
		if (serve(t, -1, until) == WAIT_LEFT)
			return -1;
	} while (
	    t->view.paused || top_look_clock() < t->looked + duration_seconds(t->view.interval));
	return 0;
}

/* ---- looking --------------------------------------------------------------------------------- */

static void take_look(struct top *t, struct snapshot *look)
{
	bool other = t->now.arena != NULL && t->now.status.pid != look->status.pid;

	if (other)
		snprintf(t->notice, sizeof(t->notice),
		    "the daemon was restarted: it is pid %llu now",
		    (unsigned long long)look->status.pid);
	snapshot_fini(&t->before);
	t->before = t->now;
	t->now = *look;
	t->problem[0] = '\0';
	rates_make(&t->rates, &t->before, &t->now);
}

/* What was last seen stays, without rates. */
static void lose(struct top *t)
{
	const struct snapshot none = {0};

	snprintf(t->problem, sizeof(t->problem), "%s", t->c->fault->message);
	client_close(t->c->client);
	t->c->client = NULL;
	rates_make(&t->rates, &none, &t->now);
}

static void look(struct top *t)
{
	struct snapshot snapshot;

	t->looked = top_look_clock();
	if (command_connect(t->c) == NULL) {
		lose(t);
		return;
	}
	client_wait_with(t->c->client, wait_for_answer, t);
	if (top_look(t->c, &snapshot) == 0)
		take_look(t, &snapshot);
	else if (t->c->fault->exit != CONTROL_EXIT_DONE)
		lose(t);
}

static void go_on(struct top *t)
{
	do {
		look(t);
		if (!t->view.left && !stop_asked())
			draw(t);
	} while (!t->view.left && !stop_asked() && wait_for_time(t) == 0);
}

static int run_on_terminal(struct context *c, enum rates_kind kind, int64_t interval)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	struct options again = *c->options;
	struct top t = {.c = c};
	size_t i;

	if (command_connect(c) == NULL || top_screen_open(c->fault) == -1)
		return -1;
	again.timeout = RECONNECT_TIMEOUT;
	c->options = &again;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		stop_on(signals[i], 0);
	top_view_init(&t.view, kind, interval);
	go_on(&t);
	top_screen_close();
	rates_fini(&t.rates);
	snapshot_fini(&t.before);
	snapshot_fini(&t.now);
	return 0;
}

/* ---- the command ----------------------------------------------------------------------------- */

#define KINDS "listener|route|upstream"

static int read_kind(const char *text, enum rates_kind *out, struct fault *fault)
{
	int kind;

	for (kind = 0; kind < RATES_KINDS; kind++) {
		if (strcmp(text, rates_kinds[kind]) == 0) {
			*out = (enum rates_kind)kind;
			return 0;
		}
	}
	return fault_choice(fault, "top shows", KINDS, text);
}

static int run_top(struct context *c, int argc, char **argv)
{
	const struct options *o = c->options;
	int64_t interval = o->given & OPTION_INTERVAL ? o->interval : DURATION_S;
	enum rates_kind kind = RATES_LISTENER;

	if (argc > 0 && read_kind(argv[0], &kind, c->fault) == -1)
		return -1;
	if (o->given & OPTION_ONCE)
		return command_connect(c) == NULL ? -1
						  : top_once(c, argc > 0 ? &kind : NULL, interval);
	if (o->format != FORMAT_TEXT && o->format != FORMAT_WIDE)
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "only 'top --once' has other output than a screen; see also 'stats' and "
		    "'monitor'");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "top needs a terminal; without one there are 'top --once', 'stats' and "
		    "'monitor'");
	return run_on_terminal(c, kind, interval);
}

const struct command command_top = {
    .object = "top",
    .arguments = "[" KINDS "]",
    .help = "rates of listeners, routes and upstreams, live",
    .details = "Keys: 1 2 3 or Tab what is shown, < > or n s a c i o e the column to sort by,\n"
	       "r the other way round, / a part of names, p pause, + - how often, q quit.\n"
	       "Without a terminal, --once prints what happened in one interval:\n"
	       "  pointsctl -j top --once --interval 10s route\n",
    .options = OPTION_INTERVAL | OPTION_ONCE,
    .max = 1,
    .answer = {.form = ANSWER_LIST, .members = top_once_columns, .beside = top_once_beside},
    .run = run_top,
};
