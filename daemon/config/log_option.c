/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "daemon/config/log_option.h"
#include "daemon/input/settings.h"

#define MIB 1048576

static int adapt_roll_size(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *bytes;
	json_int_t mib;

	if (dispenser_bytes(d, &bytes, err) == -1)
		return -1;
	mib = (json_integer_value(bytes) + MIB - 1) / MIB;
	json_decref(bytes);
	settings_put(out, "roll_size_mb", json_integer(mib));
	return 0;
}

static int adapt_roll_keep_for(struct dispenser *d, json_t *out, struct error *err)
{
	const json_int_t day = 86400 * INT64_C(1000000000);
	json_t *ns;
	json_int_t days;

	if (dispenser_duration(d, &ns, err) == -1)
		return -1;
	days = json_integer_value(ns) / day + (json_integer_value(ns) % day != 0);
	json_decref(ns);
	settings_put(out, "roll_keep_days", json_integer(days));
	return 0;
}

static int adapt_mode(struct dispenser *d, json_t *out, struct error *err)
{
	const char *text;

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	if (strspn(text, "01234567") != strlen(text) || strlen(text) > 4 || !*text)
		return dispenser_error(
		    d, err, ERROR_INVALID, "'%s' is not a file mode such as 0640", text);
	json_object_set_new(
	    out, "mode", json_sprintf("%.*s%s", (int)(4 - strlen(text)), "0000", text));
	return 0;
}

static const struct setting file_settings[] = {
    {"mode", SETTING_CUSTOM, NULL, adapt_mode},
    {"dir_mode", SETTING_STRING, "dir_mode", NULL},
    {"roll_disabled", SETTING_FALSE, "roll", NULL},
    {"roll_size", SETTING_CUSTOM, NULL, adapt_roll_size},
    {"roll_uncompressed", SETTING_FALSE, "roll_gzip", NULL},
    {"roll_compression", SETTING_STRING, "roll_compression", NULL},
    {"roll_local_time", SETTING_TRUE, "roll_local_time", NULL},
    {"roll_keep", SETTING_INT, "roll_keep", NULL},
    {"roll_keep_for", SETTING_CUSTOM, NULL, adapt_roll_keep_for},
    {"roll_interval", SETTING_DURATION, "roll_interval", NULL},
    {0},
};

static const struct setting net_settings[] = {
    {"dial_timeout", SETTING_DURATION, "dial_timeout", NULL},
    {"soft_start", SETTING_TRUE, "soft_start", NULL},
    {0},
};

static const struct setting encoder_settings[] = {
    {"message_key", SETTING_TEXT, "message_key", NULL},
    {"level_key", SETTING_TEXT, "level_key", NULL},
    {"time_key", SETTING_TEXT, "time_key", NULL},
    {"name_key", SETTING_TEXT, "name_key", NULL},
    {"caller_key", SETTING_TEXT, "caller_key", NULL},
    {"stacktrace_key", SETTING_TEXT, "stacktrace_key", NULL},
    {"line_ending", SETTING_TEXT, "line_ending", NULL},
    {"time_format", SETTING_STRING, "time_format", NULL},
    {"time_local", SETTING_TRUE, "time_local", NULL},
    {"duration_format", SETTING_STRING, "duration_format", NULL},
    {"level_format", SETTING_STRING, "level_format", NULL},
    {0},
};

static const struct setting sampling_settings[] = {
    {"interval", SETTING_DURATION, "interval", NULL},
    {"first", SETTING_INT, "first", NULL},
    {"thereafter", SETTING_INT, "thereafter", NULL},
    {0},
};

/* A writer or an encoder: its name is an argument, its options are a block. */
struct module {
	const char *name;
	const char *argument; /* key of its own argument; NULL: it has none */
	const struct setting *settings;
};

static const struct module writers[] = {
    {"stdout", NULL, NULL},
    {"stderr", NULL, NULL},
    {"discard", NULL, NULL},
    {"file", "filename", file_settings},
    {"net", "address", net_settings},
    {0},
};

static const struct module encoders[] = {
    {"console", NULL, encoder_settings},
    {"json", NULL, encoder_settings},
    {0},
};

static int adapt_module(struct dispenser *d, const struct module *modules, const char *what,
    const char *options, const char *inline_key, const char *key, json_t *out, struct error *err)
{
	const char *names[8] = {0}, *name = dispenser_arg(d), *argument;
	const struct module *m = modules;
	json_t *made;

	if (!name)
		return dispenser_arg_error(d, err);
	for (size_t i = 0; modules[i].name; i++)
		names[i] = modules[i].name;
	while (m->name && strcmp(m->name, name) != 0)
		m++;
	if (!m->name)
		return dispenser_unknown(d, what, names, err);
	made = json_object();
	json_object_set_new(made, inline_key, json_string(name));
	json_object_set_new(out, key, made);
	if (m->argument) {
		if (dispenser_one(d, &argument, err) == -1)
			return -1;
		json_object_set_new(made, m->argument, json_string(argument));
	} else if (dispenser_none(d, err) == -1) {
		return -1;
	}
	return m->settings ? settings_adapt(d, m->settings, options, made, err) : 0;
}

static int adapt_output(struct dispenser *d, json_t *out, struct error *err)
{
	return adapt_module(
	    d, writers, "log output", "option of a log output", "output", "writer", out, err);
}

static int adapt_format(struct dispenser *d, json_t *out, struct error *err)
{
	return adapt_module(
	    d, encoders, "log format", "option of a log format", "format", "encoder", out, err);
}

static int adapt_sampling(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *sampling = json_object();

	json_object_set_new(out, "sampling", sampling);
	return settings_adapt(d, sampling_settings, "sampling option", sampling, err);
}

static const struct setting log_settings[] = {
    {"output", SETTING_CUSTOM, NULL, adapt_output},
    {"format", SETTING_CUSTOM, NULL, adapt_format},
    {"level", SETTING_STRING, "level", NULL},
    {"sampling", SETTING_CUSTOM, NULL, adapt_sampling},
    {"include", SETTING_ADD, "include", NULL},
    {"exclude", SETTING_ADD, "exclude", NULL},
    {"hostnames", SETTING_ADD, "hostnames", NULL},
    {"no_hostname", SETTING_TRUE, "no_hostname", NULL},
    {0},
};

/* Is the option at the cursor allowed here, and for the first time? */
static int check_option(struct dispenser *d, bool global, json_t *seen, struct error *err)
{
	const char *name = dispenser_text(d);
	bool filter = strcmp(name, "include") == 0 || strcmp(name, "exclude") == 0;
	bool hosts = strcmp(name, "hostnames") == 0;

	if ((filter && !global) || (hosts && global))
		return dispenser_error(d, err, ERROR_INVALID, "'%s' is for %s", name,
		    global ? "a site's log" : "the global option 'log'");
	if (filter || hosts)
		return 0;
	if (json_object_get(seen, name))
		return dispenser_error(d, err, ERROR_INVALID,
		    "'%s' stands twice in a log block: write a block for each log", name);
	json_object_set_new(seen, name, json_true());
	return 0;
}

static int adapt_block(struct dispenser *d, bool global, json_t *log, struct error *err)
{
	json_t *seen = json_object();
	int level = d->nesting, result = 0;

	while (result == 0 && dispenser_next_block(d, level)) {
		result = check_option(d, global, seen, err);
		if (result == 0)
			result = setting_adapt(d, log_settings, "log option", log, err);
	}
	json_decref(seen);
	return result;
}

/* Moves what is not the log's own from log to out. */
static void move_up(json_t *log, json_t *out, const char *key)
{
	json_t *value = json_object_get(log, key);

	if (value) {
		json_object_set(out, key, value);
		json_object_del(log, key);
	}
}

int log_adapt(
    struct adaptation *a, struct dispenser *d, bool global, json_t **out, struct error *err)
{
	json_t *log = json_object();
	const char *name;
	bool empty;

	dispenser_next(d);
	name = dispenser_arg(d);
	if (dispenser_none(d, err) == -1 || adapt_block(d, global, log, err) == -1) {
		json_decref(log);
		return -1;
	}
	*out = json_object();
	move_up(log, *out, "hostnames");
	move_up(log, *out, "no_hostname");
	empty = json_object_size(log) == 0;
	if (!name && global)
		name = "default";
	else if (!name && !empty)
		name = arena_printf(a->arena, "log%u", a->logs++);
	if (name)
		json_object_set_new(*out, "name", json_string(name));
	if (name && !global && !empty)
		json_object_set_new(log, "include", json_pack("[s+]", "http.log.access.", name));
	if (!empty)
		json_object_set(*out, "log", log);
	json_decref(log);
	return 0;
}

static void set_debug(const struct adaptation *a, json_t *log)
{
	if (adaptation_option(a, "debug") && !json_object_get(log, "level"))
		json_object_set_new(log, "level", json_string("DEBUG"));
}

/*
 * Adds one log. One that includes something has it to itself: the default log leaves that out, and
 * true is returned.
 */
static bool write_log(const struct adaptation *a, json_t *entry, json_t *logs)
{
	const char *name = json_string_value(json_object_get(entry, "name"));
	json_t *log = json_object_get(entry, "log"), *exclude;

	if (!name || !log || strcmp(name, "default") == 0)
		return false;
	log = json_deep_copy(log);
	set_debug(a, log);
	json_object_set_new(logs, name, log);
	if (!json_object_get(log, "include"))
		return false;
	exclude = member_array(member_object(logs, "default"), "exclude");
	json_array_extend(exclude, json_object_get(log, "include"));
	return true;
}

/* The default log: as configured, or with debug's level. */
static void write_default(const struct adaptation *a, const json_t *global, json_t *logs)
{
	json_t *entry, *log;
	bool configured = false;
	size_t i;

	json_array_foreach ((json_t *)global, i, entry) {
		if (strcmp(json_string_value(json_object_get(entry, "name")), "default") != 0)
			continue;
		configured = true;
		log = json_deep_copy(json_object_get(entry, "log"));
		if (!log)
			continue;
		set_debug(a, log);
		json_object_set_new(logs, "default", log);
	}
	if (!configured && adaptation_option(a, "debug"))
		json_object_set_new(logs, "default", json_pack("{s:s}", "level", "DEBUG"));
}

void logs_write(
    const struct adaptation *a, const json_t *global, const json_t *sites, json_t *document)
{
	json_t *logs = json_object(), *entry, *exclude;
	bool added = false;
	size_t i;

	write_default(a, global, logs);
	json_array_foreach ((json_t *)global, i, entry)
		added |= write_log(a, entry, logs);
	json_array_foreach ((json_t *)sites, i, entry)
		added |= write_log(a, entry, logs);
	exclude = json_object_get(json_object_get(logs, "default"), "exclude");
	if (added) {
		strings_unique(exclude);
		strings_sort(exclude);
	}
	if (json_object_size(logs) > 0)
		json_object_set(member_object(document, "logging"), "logs", logs);
	json_decref(logs);
}
