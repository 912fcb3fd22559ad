/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/logging.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/errors.h"
#include "common/log.h"
#include "daemon/config/log_writers.h"
#include "daemon/core/instance.h"
#include "daemon/input/field.h"

struct logging {
	struct log_output outputs[LOG_OUTPUTS_MAX];
	size_t count;
	struct log_target targets[LOG_OUTPUTS_MAX];
	struct log_file *files[LOG_OUTPUTS_MAX]; /* NULL: not open, or taken */
	size_t target_count;
};

/* ---- one log -------------------------------------------------------------------------------- */

struct log_params {
	struct log_target target;
	int format; /* enum log_format; -1: by where it goes */
	int level;  /* enum log_level */
	struct strings include, exclude;
};

static int load_writer(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	return log_writer_load(load, node, target, err);
}

bool logging_encoder_fits(const char *key, const char *value)
{
	static const char *const pairs[][2] = {
	    {"duration_format", "s"},
	    {"duration_format", "second"},
	    {"duration_format", "seconds"},
	    {"level_format", "lower"},
	    {"level_key", "level"},
	    {"line_ending", "\n"},
	    {"message_key", "msg"},
	    {"time_format", "iso8601"},
	    {"time_format", "rfc3339"},
	    {"time_format", "rfc3339_nano"},
	    {"time_key", "ts"},
	};
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (strcmp(pairs[i][0], key) == 0 && strcmp(pairs[i][1], value) == 0)
			return true;
	return false;
}

static bool fits(const char *key, const json_t *value)
{
	return strcmp(key, "format") == 0 || strcmp(key, "@id") == 0 ||
	       (json_is_string(value) && logging_encoder_fits(key, json_string_value(value)));
}

static int load_encoder(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct jnode format = jnode_member(node, "format");
	const char *name, *key;
	json_t *value;

	(void)load;
	if (jnode_object(node, err) == -1)
		return -1;
	if (format.value == NULL)
		return jnode_error(&format, err, ERROR_INVALID, "is required: json or console");
	if (jnode_string(&format, &name, err) == -1)
		return -1;
	if (strcmp(name, "json") != 0 && strcmp(name, "console") != 0)
		return jnode_error(&format, err, ERROR_UNSUPPORTED,
		    "there is no log format '%s': use json or console", name);
	json_object_foreach (node->value, key, value) {
		struct jnode member = jnode_member(node, key);

		if (!fits(key, value))
			return jnode_error(&member, err, ERROR_UNSUPPORTED, LOGGING_FORM);
	}
	*(int *)target = strcmp(name, "json") == 0 ? LOG_JSON : LOG_TEXT;
	return 0;
}

static bool encoder_at(size_t i, struct shape_module *out)
{
	static const struct shape_module encoders[] = {
	    {"json", "an object a line", NULL, NULL},
	    {"console", "for people", NULL, NULL},
	};

	if (i >= sizeof(encoders) / sizeof(encoders[0]))
		return false;
	*out = encoders[i];
	return true;
}

static const struct shape encoder_shape = {
    .type = SHAPE_TAGGED, .tag = "format", .module = encoder_at};

static int load_level(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = {
	    {"", LOG_INFO},
	    {"debug", LOG_DEBUG},
	    {"info", LOG_INFO},
	    {"warn", LOG_WARN},
	    {"error", LOG_ERROR},
	    {"panic", LOG_ERROR},
	    {"fatal", LOG_ERROR},
	};
	const char *text;
	size_t i;

	(void)load;
	if (jnode_string(node, &text, err) == -1)
		return -1;
	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcasecmp(text, levels[i].name) == 0) {
			*(int *)target = (int)levels[i].level;
			return 0;
		}
	}
	return jnode_error(
	    node, err, ERROR_INVALID, "'%s' is none of DEBUG, INFO, WARN and ERROR", text);
}

static const struct field log_fields[] = {
    FIELD_CUSTOM(struct log_params, target, "writer", 0, load_writer, &log_writer_shape,
	"where it goes: {output: stderr | stdout | file | discard}"),
    FIELD_CUSTOM(struct log_params, format, "encoder", 0, load_encoder, &encoder_shape,
	"what lines look like: {format: console | json}"),
    FIELD_CUSTOM(struct log_params, level, "level", 0, load_level, &shape_text,
	"the lowest level that it takes"),
    FIELD_STRINGS(struct log_params, include, "include", 0,
	"loggers that it takes, with those below them; none: all"),
    FIELD_STRINGS(struct log_params, exclude, "exclude", 0, "loggers that it does not take"),
    FIELD_CUSTOM(struct log_params, level, "core", FIELD_HIDDEN, field_refuse, &shape_empty,
	"another way to write"),
    FIELD_CUSTOM(struct log_params, level, "sampling", FIELD_HIDDEN, field_refuse, &shape_empty,
	"some lines only"),
    FIELD_CUSTOM(struct log_params, level, "with_caller", FIELD_HIDDEN, field_refuse, &shape_empty,
	"places in code"),
    FIELD_CUSTOM(struct log_params, level, "with_stacktrace", FIELD_HIDDEN, field_refuse,
	&shape_empty, "places in code"),
    FIELD_END,
};

/* A name that concerns no line is a mistake, or of a module that is not here. */
static void check_names(const char *log, const char *what, const struct strings *names)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (!log_logger_exists(names->items[i]))
			log_msg(LOG_WARN, "config",
			    "log '%s': %s '%s' concerns no line; pointsman.json(5) has the names",
			    log, what, names->items[i]);
}

static const char *const *names_of(struct load *load, const struct strings *strings)
{
	const char **names = arena_array(load->arena, strings->count + 1, sizeof(*names));

	if (strings->count > 0)
		memcpy(names, strings->items, strings->count * sizeof(*names));
	return names;
}

/* ---- all logs ------------------------------------------------------------------------------- */

static bool same_place(const struct log_target *a, const struct log_target *b)
{
	return a->fd == b->fd && (a->fd != -1 || strcmp(a->path, b->path) == 0);
}

static bool same_options(const struct log_file_options *a, const struct log_file_options *b)
{
	return a->mode == b->mode && a->folder_mode == b->folder_mode &&
	       a->roll_size == b->roll_size && a->roll_keep == b->roll_keep &&
	       a->roll_age == b->roll_age && a->roll_localtime == b->roll_localtime;
}

/* Logs that go to one place share it. *out is its index. Returns 0, or -1 with err. */
static int add_target(struct logging *l, const struct jnode *node, const struct log_target *target,
    size_t *out, struct error *err)
{
	size_t i;

	for (i = 0; i < l->target_count && !same_place(&l->targets[i], target); i++)
		;
	*out = i;
	if (i == l->target_count)
		l->targets[l->target_count++] = *target;
	else if (!same_options(&l->targets[i].options, &target->options))
		return jnode_error(node, err, ERROR_INVALID,
		    "another log writes to '%s' too: give both the same options", target->path);
	return 0;
}

static int load_log(
    struct load *load, const struct jnode *node, struct logging *l, struct error *err)
{
	struct log_params p = {.target.fd = 2, .format = -1, .level = LOG_INFO};
	struct jnode writer = jnode_member(node, "writer");
	struct log_output *o = &l->outputs[l->count];

	if (fields_load(log_fields, load, node, NULL, load->arena, &p, err) == -1)
		return -1;
	check_names(node->key, "include", &p.include);
	check_names(node->key, "exclude", &p.exclude);
	if (p.target.discard)
		return 0;
	if (l->count == LOG_OUTPUTS_MAX)
		return jnode_error(node, err, ERROR_LIMIT, "is one too many: there may be %d logs",
		    LOG_OUTPUTS_MAX);
	l->count++;
	o->rule.level = (enum log_level)p.level;
	o->rule.include = names_of(load, &p.include);
	o->rule.exclude = names_of(load, &p.exclude);
	if (p.format == -1)
		p.format = p.target.fd == -1 ? LOG_JSON : LOG_TEXT;
	o->format = (enum log_format)p.format;
	return add_target(l, &writer, &p.target, &o->file, err);
}

/* The default log is there even where nobody speaks of it. */
static void add_default(struct logging *l)
{
	struct log_output *o = &l->outputs[l->count++];

	o->rule.level = LOG_INFO;
	o->file = l->target_count;
	l->targets[l->target_count++].fd = STDERR_FILENO;
}

static int load_logs(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct logging *l = target;
	const char *key;
	json_t *value;
	int rc = 0;

	if (jnode_object(node, err) == -1)
		return -1;
	json_object_foreach (node->value, key, value) {
		struct jnode member = jnode_member(node, key);

		if (!errors_go_on(load_log(load, &member, l, err), &rc, err))
			break;
	}
	return rc;
}

static int refuse_sink(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)target;
	return jnode_error(
	    node, err, ERROR_UNSUPPORTED, "nothing is logged past the logs: remove it");
}

static const struct shape log_shape = {.type = SHAPE_OBJECT, .fields = log_fields};
static const struct shape logs_shape = {.type = SHAPE_MAP, .of = &log_shape};

/* Of a struct logging; each one needs the whole of it. */
const struct field logging_fields[] = {
    {.name = "logs",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_logs,
	.shape = &logs_shape,
	.help = "the logs, by name; 'default' is there even where it is not named"},
    {.name = "sink",
	.type = FIELD_TYPE_CUSTOM,
	.flags = FIELD_HIDDEN,
	.load = refuse_sink,
	.shape = &shape_nothing},
    FIELD_END,
};

/* ---- files ---------------------------------------------------------------------------------- */

static void close_files(void *p)
{
	struct logging *l = p;
	size_t i;

	for (i = 0; i < l->target_count; i++)
		log_file_close(l->files[i]);
}

static int open_files(struct load *load, struct logging *l, struct error *err)
{
	size_t i;

	arena_release(load->arena, close_files, l);
	for (i = 0; i < l->target_count; i++) {
		const struct log_target *t = &l->targets[i];

		if (t->fd != -1)
			l->files[i] = log_file_of(t->fd == 2 ? LOG_STDERR : LOG_STDOUT, t->fd);
		else
			l->files[i] = log_file_open(t->path, &t->options, err);
		if (l->files[i] == NULL)
			return -1;
	}
	return 0;
}

static int check_files(const struct logging *l, struct error *err)
{
	size_t i;

	for (i = 0; i < l->target_count; i++)
		if (l->targets[i].fd == -1 && log_file_check(l->targets[i].path, err) == -1)
			return -1;
	return 0;
}

static bool is_as_before(const struct load *load, const json_t *logging)
{
	const json_t *before =
	    load->before != NULL ? json_object_get(load->before->document, "logging") : NULL;

	return before != NULL && logging != NULL ? json_equal((json_t *)before, (json_t *)logging)
						 : before == logging;
}

int logging_load(struct load *load, const struct jnode *node, struct error *err)
{
	struct logging *l = arena_alloc(load->arena, sizeof(*l));
	struct jnode logs = {.parent = node, .key = "logs"};
	struct error inner;
	int rc;

	if (json_object_get(json_object_get(node->value, "logs"), "default") == NULL)
		add_default(l);
	if (node->value != NULL &&
	    fields_load(logging_fields, load, node, NULL, load->arena, l, err) == -1)
		return -1;
	if (is_as_before(load, node->value))
		return 0;
	load->instance->logging = l;
	rc = load->dry ? check_files(l, err) : open_files(load, l, err);
	if (rc == 0)
		return 0;
	inner = *err;
	return jnode_error(&logs, err, inner.code, "%s", inner.message);
}

void logging_take(struct instance *instance)
{
	struct logging *l = instance->logging;

	if (l == NULL)
		return;
	log_outputs_set(l->outputs, l->count, l->files, l->target_count);
	memset(l->files, 0, sizeof(l->files));
}
