/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/log_writers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/core/replacer.h"
#include "daemon/input/field.h"

#define FOLDER_MODE 0700
#define DAY INT64_C(86400)

struct file_params {
	const char *filename;
	struct log_file_options options;
	const char *folder_mode;
	bool roll, gzip, by_time;
	int64_t roll_size_mb, roll_keep, roll_keep_days;
	int compression;
};

/* ---- modes ---------------------------------------------------------------------------------- */

static bool parse_mode(const char *text, mode_t *out)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	*out = (mode_t)mode;
	return *text >= '0' && *text <= '7' && *end == '\0' && mode <= 0777;
}

static int load_mode(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	const char *text;

	(void)load;
	if (jnode_string(node, &text, err) == -1)
		return -1;
	if (*text == '\0' || parse_mode(text, target))
		return 0;
	return jnode_error(node, err, ERROR_INVALID, "'%s' is no file mode such as 0640", text);
}

/* "inherit" and "from_file" take theirs from the folder above and from the file. */
static int folder_mode(
    const struct jnode *node, const struct file_params *p, mode_t *out, struct error *err)
{
	mode_t file = p->options.mode != 0 ? p->options.mode : 0600;

	*out = FOLDER_MODE;
	if (p->folder_mode == NULL || *p->folder_mode == '\0' || parse_mode(p->folder_mode, out))
		return 0;
	if (strcmp(p->folder_mode, "from_file") == 0) {
		*out = file | (file & 0444) >> 2 | 0200;
		return 0;
	}
	return jnode_error(node, err, ERROR_UNSUPPORTED,
	    "is the mode of folders that are made, such as 0750, or from_file");
}

/* ---- files ---------------------------------------------------------------------------------- */

static int note(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)err;
	*(bool *)target = !json_is_null(node->value) && json_integer_value(node->value) != 0;
	if (json_is_array(node->value))
		*(bool *)target = json_array_size(node->value) > 0;
	return 0;
}

static const char *const compressions[] = {"none", "gzip", "zstd", NULL};

static const struct field file_fields[] = {
    FIELD_STRING(struct file_params, filename, "filename", FIELD_REQUIRED | FIELD_PATH | FIELD_ENV,
	"the file that lines are appended to"),
    /* PATH: who may not name a file may not open one to others either. */
    FIELD_CUSTOM(struct file_params, options.mode, "mode", FIELD_PATH, load_mode, &shape_text,
	"the file's mode, octal; of a new one 0600"),
    FIELD_STRING(struct file_params, folder_mode, "dir_mode", FIELD_PATH,
	"the mode of folders that are made for it, octal; 0700; from_file: as the file's"),
    {.name = "roll",
	.type = FIELD_TYPE_BOOL,
	FIELD_AT(struct file_params, roll),
	.fallback = "true",
	.help = "a file that has grown too large is moved aside"},
    FIELD_INT(struct file_params, roll_size_mb, "roll_size_mb", 0, "100", 0, 1 << 20,
	"how large it becomes, in MiB"),
    FIELD_INT(struct file_params, roll_keep, "roll_keep", 0, "10", 0, 100000,
	"how many that were moved aside are kept"),
    FIELD_INT(struct file_params, roll_keep_days, "roll_keep_days", 0, "90", 0, 36500,
	"how many days they are kept"),
    FIELD_BOOL(struct file_params, options.roll_localtime, "roll_local_time", 0,
	"their names have the local time, not UTC"),
    FIELD_BOOL(struct file_params, gzip, "roll_gzip", FIELD_HIDDEN, "not compressed"),
    FIELD_ENUM(struct file_params, compression, "roll_compression", FIELD_HIDDEN, "none",
	compressions, "not compressed"),
    FIELD_CUSTOM(struct file_params, by_time, "roll_interval", FIELD_HIDDEN, note, &shape_any,
	"by size alone"),
    FIELD_CUSTOM(struct file_params, by_time, "roll_minutes", FIELD_HIDDEN, note, &shape_any,
	"by size alone"),
    FIELD_CUSTOM(
	struct file_params, by_time, "roll_at", FIELD_HIDDEN, note, &shape_any, "by size alone"),
    FIELD_END,
};

static void say_what_has_no_effect(const struct file_params *p)
{
	if (p->by_time)
		log_msg(LOG_WARN, "config",
		    "log file '%s' is moved aside by its size alone; to do so by time, use "
		    "logrotate and send SIGUSR1",
		    p->filename);
	if (p->gzip || p->compression > 0)
		log_msg(LOG_WARN, "config",
		    "log file '%s': what is moved aside is not compressed; use logrotate for that",
		    p->filename);
}

/* As in the reference a zero means the default. */
static void set_rolling(const struct file_params *p, struct log_file_options *o)
{
	if (!p->roll)
		return;
	o->roll_size = (uint64_t)(p->roll_size_mb > 0 ? p->roll_size_mb : 100) << 20;
	o->roll_keep = p->roll_keep > 0 ? (unsigned)p->roll_keep : 10;
	o->roll_age = (p->roll_keep_days > 0 ? p->roll_keep_days : 90) * DAY;
}

static int load_file(
    struct load *load, const struct jnode *node, struct log_target *out, struct error *err)
{
	struct jnode mode = jnode_member(node, "dir_mode");
	struct file_params p = {0};

	if (fields_load(file_fields, load, node, "output", load->arena, &p, err) == -1)
		return -1;
	out->path = p.filename = replace_at_load(load->arena, p.filename);
	out->options = p.options;
	set_rolling(&p, &out->options);
	say_what_has_no_effect(&p);
	return folder_mode(&mode, &p, &out->options.folder_mode, err);
}

/* ---- all kinds ------------------------------------------------------------------------------ */

static const struct field no_fields[] = {FIELD_END};

static int load_stream(
    struct load *load, const struct jnode *node, int fd, struct log_target *out, struct error *err)
{
	char unused;

	out->fd = fd;
	return fields_load(no_fields, load, node, "output", load->arena, &unused, err);
}

static bool writer_at(size_t i, struct shape_module *out)
{
	static const struct shape_module writers[] = {
	    {"stderr", "standard error", no_fields, NULL},
	    {"stdout", "standard output", no_fields, NULL},
	    {"file", "a file", file_fields, NULL},
	    {"discard", "nowhere", no_fields, NULL},
	};

	if (i >= sizeof(writers) / sizeof(writers[0]))
		return false;
	*out = writers[i];
	return true;
}

const struct shape log_writer_shape = {.type = SHAPE_TAGGED, .tag = "output", .module = writer_at};

int log_writer_load(
    struct load *load, const struct jnode *node, struct log_target *out, struct error *err)
{
	static const char *const kinds[] = {"discard", "file", "stderr", "stdout", NULL};
	struct jnode output;
	const char *kind, *near;

	*out = (struct log_target){.fd = STDERR_FILENO};
	if (node->value == NULL)
		return 0;
	output = jnode_member(node, "output");
	if (jnode_object(node, err) == -1)
		return -1;
	if (output.value == NULL)
		return jnode_error(
		    &output, err, ERROR_INVALID, "is required: stderr, stdout, file or discard");
	if (jnode_string(&output, &kind, err) == -1)
		return -1;
	out->discard = strcmp(kind, "discard") == 0;
	if (strcmp(kind, "stderr") == 0 || out->discard)
		return load_stream(load, node, STDERR_FILENO, out, err);
	if (strcmp(kind, "stdout") == 0)
		return load_stream(load, node, STDOUT_FILENO, out, err);
	out->fd = -1;
	if (strcmp(kind, "file") == 0)
		return load_file(load, node, out, err);
	if (strcmp(kind, "net") == 0)
		return jnode_error(&output, err, ERROR_UNSUPPORTED,
		    "lines are not sent over the network; write to stderr or a file, and let "
		    "journald or a log shipper send them");
	near = error_suggest(kind, kinds);
	return jnode_error(&output, err, ERROR_INVALID, "unknown output '%s', %s%s%s", kind,
	    near != NULL ? "did you mean '" : "known are stderr, stdout, file and discard",
	    near != NULL ? near : "", near != NULL ? "'?" : "");
}
