/* SPDX-License-Identifier: BSD-2-Clause */
/* pointsmand: the command line, and the tables of what the program consists of. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "daemon/commands.h"
#include "daemon/config/layer4.h"
#include "daemon/control/access.h"
#include "daemon/control/admin.h"
#include "daemon/core/handler.h"
#include "daemon/core/instance.h"
#include "daemon/core/matcher.h"
#include "daemon/handlers/handlers_tbl.h"
#include "daemon/http/app.h"
#include "daemon/matchers/matchers_tbl.h"
#include "daemon/tls/app.h"

#define DECLARE(name) extern const struct matcher_type matcher_##name;
MATCHERS(DECLARE)
#undef DECLARE
#define DECLARE(name) extern const struct handler_type handler_##name;
HANDLERS(DECLARE)
#undef DECLARE

static const struct matcher_type *const matchers[] = {
#define ENTRY(name) &matcher_##name,
    MATCHERS(ENTRY)
#undef ENTRY
	NULL,
};

static const struct handler_type *const handlers[] = {
#define ENTRY(name) &handler_##name,
    HANDLERS(ENTRY)
#undef ENTRY
	NULL,
};

/* In the order of loading: names to be managed are found by http, and used by tls at the end. */
static const struct app_type *const apps[] = {
    &app_tls, &app_layer4, &app_http, &app_admin, &app_control, NULL};

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
	const char *help;
} commands[] = {
    {"run", command_run,
	"[--config FILE] [--adapter caddyfile|json] [--control PATH] [--state DIR] [--workers N] "
	"[--demo]",
	"serve"},
    {"adapt", command_adapt, "--config FILE [--adapter caddyfile|json]",
	"print the document (JSON) that a configuration stands for"},
    {"validate", command_validate, "--config FILE [--adapter caddyfile|json] [--json] [--strict]",
	"load everything short of binding sockets and asking a CA, and give advice"},
    {"fmt", command_fmt, "[--overwrite|--diff] FILE", "format a Caddyfile"},
    {"modules", command_modules, "", "list matchers, handlers and apps"},
    {"schema", command_schema, "", "print the JSON Schema of the document"},
    {"version", command_version, "", "print the version, the libraries and the build options"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void usage(FILE *to)
{
	size_t i;

	fprintf(to, "usage: pointsmand COMMAND [OPTION...]\n\n");
	for (i = 0; i < COUNT(commands); i++)
		fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].help);
	fprintf(
	    to, "\nSee pointsmand(8); 'pointsmand COMMAND --help' shows a command's options.\n");
}

static int unknown(const char *name)
{
	const char *names[COUNT(commands) + 1] = {NULL};
	const char *near;
	size_t i;

	for (i = 0; i < COUNT(commands); i++)
		names[i] = commands[i].name;
	near = error_suggest(name, names);
	fprintf(stderr, "pointsmand: unknown command '%s'", name);
	if (near != NULL)
		fprintf(stderr, ", did you mean '%s'?\n", near);
	else
		fprintf(stderr, "; 'pointsmand help' lists them\n");
	return 2;
}

int main(int argc, char **argv)
{
	size_t i;

	matcher_types_set(matchers);
	handler_types_set(handlers);
	app_types_set(apps);

	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0)
		return command_version(1, argv);
	for (i = 0; i < COUNT(commands); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (argc > 2 && strcmp(argv[2], "--help") == 0) {
			printf("usage: pointsmand %s %s\n\n%s\n", commands[i].name,
			    commands[i].usage, commands[i].help);
			return 0;
		}
		return commands[i].run(argc - 1, argv + 1);
	}
	return unknown(argv[1]);
}
