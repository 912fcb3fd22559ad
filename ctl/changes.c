/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/changes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "common/unpack.h"
#include "ctl/human.h"

#define RED "\033[31m"
#define GREEN "\033[32m"
#define PLAIN "\033[m"

#define LINE_WIDTH 80 /* where there is no terminal that says */

const struct column changes_members[] = {
    {.key = "path"},
    {.key = "change"},
    {.key = "before", .absent = true},
    {.key = "after", .absent = true},
    {.key = NULL},
};

const struct column changes_aside_members[] = {
    {.key = "path"},
    {.key = "reason"},
    {.key = NULL},
};

static void begin_line(const struct output *output, char sign)
{
	if (output->colours)
		fputs(sign == '-' ? RED : GREEN, output->to);
	fprintf(output->to, "    %c ", sign);
}

static void end_line(const struct output *output)
{
	fputs(output->colours ? PLAIN "\n" : "\n", output->to);
}

/* Many lines, each with the sign; control characters are escaped, as JSON has them. */
static void print_lines(const struct output *output, const char *text, char sign)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		begin_line(output, sign);
		human_print(span_of(text, n), output->to);
		end_line(output);
		text += text[n] == '\n' ? n + 1 : n;
	}
}

/* A value as JSON: on one line where it fits. One that the daemon has cut is no JSON any more. */
static void print_value(const struct output *output, struct span value, char sign)
{
	size_t width = output->width > 0 ? output->width : LINE_WIDTH;
	json_t *json = json_loadb((const char *)value.p, value.n, JSON_DECODE_ANY, NULL);
	char *text = NULL;

	if (json != NULL && value.n + 6 > width)
		text = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY);
	if (text != NULL) {
		print_lines(output, text, sign);
	} else {
		begin_line(output, sign);
		human_print(value, output->to);
		if (json == NULL)
			fputs("...", output->to);
		end_line(output);
	}
	free(text);
	json_decref(json);
}

void changes_print_one(const struct output *output, const msgpack_object *change, bool brief)
{
	struct span path = {0}, kind = {0}, value;

	unpack_text(unpack_get(change, "path"), &path);
	unpack_text(unpack_get(change, "change"), &kind);
	fputs("  ", output->to);
	human_print(path, output->to);
	fputs(": ", output->to);
	human_print(kind, output->to);
	fputc('\n', output->to);
	if (brief)
		return;
	if (unpack_text(unpack_get(change, "before"), &value))
		print_value(output, value, '-');
	if (unpack_text(unpack_get(change, "after"), &value))
		print_value(output, value, '+');
}

void changes_print(const struct output *output, const msgpack_object *result, bool brief)
{
	const msgpack_object *list = unpack_get(result, "changes");
	uint32_t i, shown = unpack_is_array(list) ? list->via.array.size : 0;
	uint64_t count = shown;

	unpack_u64(unpack_get(result, "change_count"), &count);
	for (i = 0; i < shown; i++)
		changes_print_one(output, &list->via.array.ptr[i], brief);
	if (count > shown)
		fprintf(output->to, "  and %" PRIu64 " more\n", count - shown);
}
