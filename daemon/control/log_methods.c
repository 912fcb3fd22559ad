/* SPDX-License-Identifier: BSD-2-Clause */
/* log.ls, log.level: which lines the daemon's log gets, by subsystem, perhaps for a while. */
#include <config.h>

#include <ev.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "daemon/control/call.h"
#include "daemon/control/log_levels.h"
#include "daemon/control/method.h"
#include "daemon/control/rows.h"
#include "daemon/control/time_text.h"
#include "daemon/core/worker.h"

#define ONE(subsystem, logger) +1
#define COUNT (0 LOG_SUBSYSTEMS(ONE))

/* What a level goes back to, while it is one for a time. */
static struct usual {
	ev_timer timer; /* active: for a time */
	int level;      /* as of log_set_level() */
} usual[COUNT];

/* What people read of a level that is set. */
static const char *level_text(size_t i, int set)
{
	int level = log_level_with(i, set);

	return level >= 0 ? log_level_name((enum log_level)level) : "off";
}

/* ---- changing ------------------------------------------------------------------------------- */

static void on_time_over(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct usual *u = timer->data;
	size_t i = (size_t)(u - usual);

	(void)loop;
	(void)events;
	log_set_level(log_subsystems[i], u->level);
	log_msg(LOG_INFO, "log", "the level of %s is %s again", log_subsystems[i],
	    level_text(i, u->level));
}

/* seconds 0: for good. A time within another one ends in what was before both. */
static void set_level(size_t i, int level, uint64_t seconds)
{
	struct usual *u = &usual[i];

	if (!ev_is_active(&u->timer))
		u->level = log_level_set_for(i);
	ev_timer_stop(control_loop(), &u->timer);
	log_set_level(log_subsystems[i], level);
	if (seconds == 0)
		return;
	ev_timer_init(&u->timer, on_time_over, (double)seconds, 0.);
	u->timer.data = u;
	ev_timer_start(control_loop(), &u->timer);
}

void log_levels_stop(void)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		ev_timer_stop(control_loop(), &usual[i].timer);
}

enum { LEVEL_LEVEL, LEVEL_SUBSYSTEM, LEVEL_FOR };

static const struct param level_params[] = {
    {.name = "level",
	.type = PARAM_TEXT,
	.required = true,
	.max = 16,
	.help = "debug, info, warn, error, or default: as the document says"},
    {.name = "subsystem", .type = PARAM_TEXT, .max = 16, .help = "of this one; else of all"},
    {.name = "for_s",
	.type = PARAM_INT,
	.max = CONTROL_LEVEL_SECONDS_MAX,
	.help = "seconds; then as before"},
    {.name = NULL},
};

/* *out is as of log_set_level(). */
static int find_level(const struct argument *arg, int *out, struct error *err)
{
	static const char *const levels[] = {"debug", "info", "warn", "error", "default", NULL};
	char text[32];

	snprintf(text, sizeof(text), "%.*s", (int)arg->text.n, (const char *)arg->text.p);
	*out = log_level_parse(text);
	if (*out != -1 || strcmp(text, "default") == 0)
		return 0;
	error_choice(err, text, levels);
	return error_at(err, "level");
}

/* *out is COUNT for all. *hint as of call_fail_hint(). */
static int find_subsystem(
    const struct argument *arg, size_t *out, const char **hint, struct error *err)
{
	char text[32];

	*hint = NULL;
	for (*out = 0; *out < COUNT; ++*out)
		if (arg->given && span_eq_str(arg->text, log_subsystems[*out]))
			return 0;
	if (!arg->given)
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)arg->text.n, (const char *)arg->text.p);
	*hint = error_suggest(text, log_subsystems);
	if (*hint != NULL)
		error_set(
		    err, ERROR_NOT_FOUND, "no subsystem '%s', did you mean '%s'?", text, *hint);
	else
		error_set(
		    err, ERROR_NOT_FOUND, "no subsystem '%s'; 'pointsctl log ls' lists them", text);
	return error_at(err, "subsystem");
}

/* The lines that say who has changed what are of control, and info. */
static int check_trace(const struct call *call, size_t subsystem, int level, struct error *err)
{
	if (level <= LOG_INFO || call->caller.level >= LEVEL_ADMIN)
		return 0;
	if (subsystem < COUNT && strcmp(log_subsystems[subsystem], "control") != 0)
		return 0;
	error_set(err, ERROR_DENIED,
	    "needs the level admin: the lines of control say who has changed what");
	return error_at(err, "level");
}

static void run_level(struct call *call, const struct argument *args)
{
	const char *hint = NULL;
	int level = LOG_INFO;
	size_t only, i;
	struct error err;

	if (find_level(&args[LEVEL_LEVEL], &level, &err) == -1 ||
	    find_subsystem(&args[LEVEL_SUBSYSTEM], &only, &hint, &err) == -1 ||
	    check_trace(call, only, level, &err) == -1) {
		call_fail_hint(call, &err, hint);
		return;
	}
	for (i = 0; i < COUNT; i++)
		if (only == COUNT || only == i)
			set_level(i, level, args[LEVEL_FOR].number);
	call_result(call);
	call_finish(call);
}

const struct method method_log_level = {
    .name = CONTROL_LOG_LEVEL,
    .help = "which lines the log gets, of all subsystems or one, perhaps for a time",
    .level = LEVEL_OPERATE,
    .changes = true,
    .params = level_params,
    .run = run_level,
};

/* ---- showing -------------------------------------------------------------------------------- */

static void pack_subsystem(struct pack_box *map, size_t i)
{
	bool for_a_time = ev_is_active(&usual[i].timer);

	pack_str(pack_key(map, "subsystem"), log_subsystems[i]);
	pack_str(pack_key(map, "level"), level_text(i, log_level_set_for(i)));
	pack_str(pack_key(map, "then"), for_a_time ? level_text(i, usual[i].level) : NULL);
	if (for_a_time)
		pack_double(pack_key(map, "left"),
		    time_round(ev_timer_remaining(control_loop(), &usual[i].timer)));
	else
		pack_nil(pack_key(map, "left"));
}

static void run_ls(struct call *call, const struct argument *args)
{
	struct pack_box *items = call_chunk(call), map;
	size_t i;

	(void)args;
	for (i = 0; i < COUNT; i++) {
		pack_map_open(pack_item(items), &map);
		pack_subsystem(&map, i);
		pack_close(&map);
	}
	call_chunk_send(call);
	pack_u64(pack_key(call_result(call), "count"), COUNT);
	call_finish(call);
}

const struct method method_log_ls = {
    .name = CONTROL_LOG_LS,
    .help = "the subsystems that write to the log, and their levels",
    .level = LEVEL_OBSERVE,
    .run = run_ls,
};
