/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/complete.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "ctl/command.h"

#define WORD_MAX 256 /* of a usage text or an option's name; longer ones have no candidates */

/* What the words before the last one have said. */
struct line {
	const char *arguments[3];       /* the first ones: object, verb, and what is theirs */
	int count;                      /* of all; once the command is known, of its own */
	const struct option_spec *open; /* the option whose value comes next; NULL: none */
	bool only_arguments;            /* "--" was there */
};

/* ---- candidates ------------------------------------------------------------------------------ */

void complete_add(struct completion *c, const char *text, const char *help)
{
	size_t i;

	if (c->count == COMPLETE_MAX || strncmp(text, c->word, strlen(c->word)) != 0)
		return;
	for (i = 0; i < c->count; i++)
		if (strcmp(c->items[i].text, text) == 0)
			return;
	if (c->count == c->size) {
		c->size = c->size == 0 ? 64 : 2 * c->size;
		c->items = mem_realloc(c->items, c->size * sizeof(*c->items));
	}
	c->items[c->count++] = (struct complete_candidate){
	    .text = arena_strdup(c->arena, text),
	    .help = arena_strdup(c->arena, help != NULL ? help : ""),
	};
}

void complete_fini(struct completion *c)
{
	free(c->items);
	arena_free(c->arena);
	*c = (struct completion){0};
}

/* Those of "keep|drain|kill"; what is written in capitals stands for something else. */
static void add_values(struct completion *c, const char *values)
{
	while (*values != '\0') {
		size_t n = strcspn(values, "|");

		if (n > 0 && !isupper((unsigned char)values[0]))
			complete_add(c, arena_strndup(c->arena, values, n), NULL);
		values += n + (values[n] == '|');
	}
}

/* ---- the words before ------------------------------------------------------------------------ */

/* The option that word is, perhaps with a value ("--server=web"); NULL: none, or not just one. */
static const struct option_spec *find_option(const char *word)
{
	size_t i, count, n = strcspn(word + 2, "=");
	const struct option_spec *spec = options_table(&count), *found = NULL;

	for (i = 0; i < count; i++, spec++) {
		if (strncmp(spec->name, word + 2, n) != 0)
			continue;
		if (spec->name[n] == '\0')
			return spec;
		if (found != NULL)
			return NULL;
		found = spec;
	}
	return found;
}

static const struct option_spec *find_letter(char letter)
{
	size_t i, count;
	const struct option_spec *spec = options_table(&count);

	for (i = 0; i < count; i++, spec++)
		if (spec->letter == letter)
			return spec;
	return NULL;
}

static void see_value(struct completion *c, const struct option_spec *spec, const char *value)
{
	if (spec->letter == 's')
		c->socket = value;
}

/* "-jn", "-s/path", "-s" */
static void see_letters(struct completion *c, struct line *line, const char *letters)
{
	const struct option_spec *spec;

	for (; *letters != '\0'; letters++) {
		spec = find_letter(*letters);
		if (spec == NULL || spec->argument == NULL)
			continue;
		if (letters[1] != '\0')
			see_value(c, spec, letters + 1);
		else
			line->open = spec;
		return;
	}
}

static void see_option(struct completion *c, struct line *line, const char *word)
{
	const struct option_spec *spec;
	const char *value = strchr(word, '=');

	if (word[1] != '-') {
		see_letters(c, line, word + 1);
		return;
	}
	spec = find_option(word);
	if (spec == NULL || spec->argument == NULL)
		return;
	if (value != NULL)
		see_value(c, spec, value + 1);
	else
		line->open = spec;
}

static void see(struct completion *c, struct line *line, const char *word)
{
	if (line->open != NULL) {
		see_value(c, line->open, word);
		line->open = NULL;
	} else if (!line->only_arguments && strcmp(word, "--") == 0) {
		line->only_arguments = true;
	} else if (!line->only_arguments && word[0] == '-' && word[1] != '\0') {
		see_option(c, line, word);
	} else {
		if (line->count < 3)
			line->arguments[line->count] = word;
		line->count++;
	}
}

/* The command, and its words (object, verb) are no more among the line's arguments. */
static const struct command *find_command(struct line *line, const char *object, const char *verb)
{
	const struct command *const *all;

	for (all = command_all(); *all != NULL; all++) {
		const struct command *command = *all;
		int words = command->verb != NULL ? 2 : 1;

		if (line->count < words || strcmp(command->object, object) != 0 ||
		    (words == 2 && strcmp(command->verb, verb) != 0))
			continue;
		line->count -= words;
		return command;
	}
	return NULL;
}

/* ---- words of the protocol ------------------------------------------------------------------- */

#define LOG_LEVELS "debug|info|warn|error|default"

/* Where the usage text has a name for them. A subsystem may be left out before the level. */
static const struct {
	const char *object, *argument, *values;
} known_arguments[] = {
    {"acme", "TYPE", "http-01|tls-alpn-01"},
    {"log", "LEVEL", LOG_LEVELS},
    {"log", "SUBSYSTEM", LOG_LEVELS},
    {"stats", "KIND", "daemon|listener|server|route|upstream"},
};

static void add_event_types(struct completion *c)
{
#define TYPE(symbol, name, help) complete_add(c, name, help);
	CONTROL_EVENTS(TYPE)
#undef TYPE
}

static void add_known(struct completion *c, const char *argument)
{
	size_t i;

	for (i = 0; i < sizeof(known_arguments) / sizeof(known_arguments[0]); i++)
		if (strcmp(known_arguments[i].object, c->command->object) == 0 &&
		    strcmp(known_arguments[i].argument, argument) == 0)
			add_values(c, known_arguments[i].values);
	if (strcmp(c->command->object, "monitor") == 0)
		add_event_types(c);
}

/* ---- live names ------------------------------------------------------------------------------ */

/* Which of an object's arguments are live names; its own ones are not yet there to be added. */
static const struct {
	const char *object, *argument;
	enum complete_kind kind;
	bool own;
} live_arguments[] = {
    {"cert", "NAME", COMPLETE_CERT, true},
    {"call", "METHOD", COMPLETE_METHOD, false},
    {"config", "FROM|file|saved", COMPLETE_REVISION, false},
    {"config", "REVISION", COMPLETE_REVISION, false},
    {"config", "TO", COMPLETE_REVISION, false},
    {"conn", "ID", COMPLETE_CONN, true},
    {"listener", "ADDRESS", COMPLETE_LISTENER, true},
    {"log", "SUBSYSTEM", COMPLETE_SUBSYSTEM, false},
    {"route", "ID", COMPLETE_ROUTE, true},
    {"server", "NAME", COMPLETE_SERVER, true},
    {"upstream", "ID", COMPLETE_UPSTREAM, true},
    {"upstream", "ROUTE", COMPLETE_PROXY, false},
};

static enum complete_kind argument_kind(const struct command *command, const char *argument)
{
	bool adds = command->verb != NULL && strcmp(command->verb, "add") == 0;
	size_t i;

	for (i = 0; i < sizeof(live_arguments) / sizeof(live_arguments[0]); i++)
		if (strcmp(live_arguments[i].object, command->object) == 0 &&
		    strcmp(live_arguments[i].argument, argument) == 0 &&
		    !(adds && live_arguments[i].own))
			return live_arguments[i].kind;
	return COMPLETE_NONE;
}

static enum complete_kind option_kind(const struct completion *c, const struct option_spec *spec)
{
	switch (spec->bit) {
	case OPTION_LISTENER:
		return COMPLETE_LISTENER;
	case OPTION_SERVER:
		return COMPLETE_SERVER;
	case OPTION_WRAPPER:
		return COMPLETE_WRAPPER;
	case OPTION_BEFORE:
	case OPTION_IN:
		return COMPLETE_ROUTE;
	case OPTION_AFTER:
		return c->command != NULL && strcmp(c->command->object, "conn") == 0
			   ? COMPLETE_CONN
			   : COMPLETE_ROUTE;
	}
	return COMPLETE_NONE;
}

/* ---- what may stand there -------------------------------------------------------------------- */

static void add_objects(struct completion *c)
{
	const struct command *const *all;

	for (all = command_all(); *all != NULL; all++)
		complete_add(c, (*all)->object, (*all)->verb == NULL ? (*all)->help : NULL);
}

static void add_verbs(struct completion *c, const char *object)
{
	const struct command *const *all;

	for (all = command_all(); *all != NULL; all++)
		if ((*all)->verb != NULL && strcmp((*all)->object, object) == 0)
			complete_add(c, (*all)->verb, (*all)->help);
}

static void add_options(struct completion *c)
{
	uint64_t bits = c->command != NULL ? c->command->options : 0;
	size_t i, count;
	const struct option_spec *spec = options_table(&count);

	for (i = 0; i < count; i++, spec++)
		if (spec->bit == 0 || (spec->bit & bits) != 0)
			complete_add(c, arena_printf(c->arena, "--%s", spec->name), spec->help);
}

static bool is_file(const char *argument)
{
	static const char *const files[] = {"FILE", "PATH", "CERT", "KEY"};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(argument, files[i]) == 0)
			return true;
	return false;
}

static void add_value(struct completion *c, const struct option_spec *spec, complete_source *source)
{
	enum complete_kind kind = option_kind(c, spec);

	c->files = is_file(spec->argument);
	if (options_values(spec) != NULL)
		add_values(c, options_values(spec));
	if (kind != COMPLETE_NONE && source != NULL)
		source(c, kind, NULL);
}

/* "--server=we": candidates are whole words, so the option's name is put before each value. */
static void add_joined(struct completion *c, complete_source *source)
{
	const struct option_spec *spec = find_option(c->word);
	const char *word = c->word;
	size_t lead = (size_t)(strchr(word, '=') - word) + 1, i;

	if (spec == NULL || spec->argument == NULL)
		return;
	c->word = word + lead;
	add_value(c, spec, source);
	c->word = word;
	for (i = 0; i < c->count; i++)
		c->items[i].text =
		    arena_printf(c->arena, "%.*s%s", (int)lead, word, c->items[i].text);
}

/* What the usage text calls argument index: "[ID...]" is "ID". The last one may be many. */
static const char *argument_name(const char *usage, int index, char out[WORD_MAX])
{
	bool many = false;
	size_t n = 0;

	for (out[0] = '\0'; usage != NULL; index--) {
		usage += strspn(usage, " [");
		n = strcspn(usage, " ]");
		if (n == 0)
			break;
		many = n > 3 && strncmp(usage + n - 3, "...", 3) == 0;
		snprintf(out, WORD_MAX, "%.*s", (int)(many ? n - 3 : n), usage);
		if (index == 0)
			return out;
		usage += n + strspn(usage + n, "]");
	}
	return many ? out : "";
}

static void add_arguments(struct completion *c, const struct line *line, complete_source *source)
{
	const char *name;
	char text[WORD_MAX];
	enum complete_kind kind;

	name = argument_name(c->command->arguments, line->count, text);
	c->files = is_file(name);
	add_values(c, name);
	add_known(c, name);
	if (strcmp(name, "OBJECT") == 0)
		add_objects(c);
	else if (strcmp(name, "VERB") == 0)
		add_verbs(c, line->arguments[1]);
	kind = argument_kind(c->command, name);
	if (kind != COMPLETE_NONE && source != NULL)
		source(c, kind, kind == COMPLETE_UPSTREAM ? line->arguments[2] : NULL);
}

void complete(struct completion *c, int count, const char *const *words, complete_source *source)
{
	struct line line = {.count = 0};
	int i;

	*c = (struct completion){.word = words[count - 1], .arena = arena_new(1024)};
	for (i = 0; i < count - 1; i++)
		see(c, &line, words[i]);
	c->command = find_command(&line, line.arguments[0], line.arguments[1]);
	if (line.open != NULL)
		add_value(c, line.open, source);
	else if (!line.only_arguments && strncmp(c->word, "--", 2) == 0 &&
		 strchr(c->word, '=') != NULL)
		add_joined(c, source);
	else if (!line.only_arguments && c->word[0] == '-')
		add_options(c);
	else if (c->command != NULL)
		add_arguments(c, &line, source);
	else if (line.count == 0)
		add_objects(c);
	else if (line.count == 1)
		add_verbs(c, line.arguments[0]);
}
