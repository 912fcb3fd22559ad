/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "daemon/config/log_option.h"
#include "daemon/config/logging.h"
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

/* What lines are like anyway may be asked for. */
static int adapt_encoder_option(struct dispenser *d, json_t *out, struct error *err)
{
	const char *key = dispenser_text(d), *value;

	if (dispenser_one(d, &value, err) == -1)
		return -1;
	if (!logging_encoder_fits(key, value))
		return dispenser_error(
		    d, err, ERROR_UNSUPPORTED, "'%s %s': " LOGGING_FORM, key, value);
	json_object_set_new(out, key, json_string(value));
	return 0;
}

static int refuse_local_time(struct dispenser *d, json_t *out, struct error *err)
{
	(void)out;
	return dispenser_error(d, err, ERROR_UNSUPPORTED, "'time_local': " LOGGING_FORM);
}

static const struct setting encoder_settings[] = {
    {"message_key", SETTING_CUSTOM, NULL, adapt_encoder_option},
    {"level_key", SETTING_CUSTOM, NULL, adapt_encoder_option},
    {"time_key", SETTING_CUSTOM, NULL, adapt_encoder_option},
    {"name_key", SETTING_CUSTOM, NULL, adapt_encoder_option},
    {"caller_key", SETTING_CUSTOM, NULL, adapt_encoder_option},
    {"stacktrace_key", SETTING_CUSTOM, NULL, adapt_encoder_option},
    {"line_ending", SETTING_CUSTOM, NULL, adapt_encoder_option},
    {"time_format", SETTING_CUSTOM, NULL, adapt_encoder_option},
    {"time_local", SETTING_CUSTOM, NULL, refuse_local_time},
    {"duration_format", SETTING_CUSTOM, NULL, adapt_encoder_option},
    {"level_format", SETTING_CUSTOM, NULL, adapt_encoder_option},
    {0},
};

/* A writer or an encoder: its name is an argument, its options are a block. */
struct module {
	const char *name;
	const char *argument; /* key of its own argument; NULL: it has none */
	const struct setting *settings;
	const char *instead; /* it does not exist: what to do instead */
};

static const struct module writers[] = {
    {"stdout", NULL, NULL, NULL},
    {"stderr", NULL, NULL, NULL},
    {"discard", NULL, NULL, NULL},
    {"file", "filename", file_settings, NULL},
    {"net", NULL, NULL,
	"write to stderr or a file, and let journald or a log shipper send the lines"},
    {0},
};

static const struct module encoders[] = {
    {"console", NULL, encoder_settings, NULL},
    {"json", NULL, encoder_settings, NULL},
    {"filter", NULL, NULL, "no header fields but User-Agent are in a line; use json or console"},
    {"append", NULL, NULL, "use json or console"},
    {0},
};

static int adapt_module(struct dispenser *d, const struct module *modules, const char *what,
    const char *options, const char *inline_key, const char *key, json_t *out, struct error *err)
{
	const char *names[8] = {0}, *name = dispenser_arg(d), *argument;
	const struct module *m = modules;
	size_t count = 0;
	json_t *made;

	if (!name)
		return dispenser_arg_error(d, err);
	for (size_t i = 0; modules[i].name; i++)
		if (!modules[i].instead)
			names[count++] = modules[i].name;
	while (m->name && strcmp(m->name, name) != 0)
		m++;
	if (!m->name)
		return dispenser_unknown(d, what, names, err);
	if (m->instead)
		return dispenser_error(d, err, ERROR_UNSUPPORTED, "there is no %s '%s' here: %s",
		    what, name, m->instead);
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

static int refuse_sampling(struct dispenser *d, json_t *out, struct error *err)
{
	(void)out;
	return dispenser_error(d, err, ERROR_UNSUPPORTED,
	    "there is no 'sampling' here: choose lines with 'level', 'include' and 'exclude'");
}

static const struct setting log_settings[] = {
    {"output", SETTING_CUSTOM, NULL, adapt_output},
    {"format", SETTING_CUSTOM, NULL, adapt_format},
    {"level", SETTING_STRING, "level", NULL},
    {"sampling", SETTING_CUSTOM, NULL, refuse_sampling},
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
