/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that do not serve. */
#include <config.h>

#include "daemon/commands.h"

#include <ares.h>
#include <ev.h>
#include <getopt.h>
#include <gnutls/gnutls.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "daemon/config/compile.h"
#include "daemon/core/handler.h"
#include "daemon/core/instance.h"
#include "daemon/core/matcher.h"
#include "daemon/input/schema.h"
#include "daemon/upstream/policy.h"
#include "daemon/upstream/pool.h"

static void print_error(const struct error *err)
{
	char text[sizeof(err->path) + sizeof(err->message) + 4];

	fprintf(stderr, "pointsmand: error: %s\n", error_text(err, text, sizeof(text)));
}

int command_failed(const struct error *err, const struct errors *errors)
{
	size_t i;

	for (i = 0; i < errors->count; i++)
		print_error(&errors->items[i]);
	if (errors->count == 0)
		print_error(err);
	if (errors->count == ERRORS_MAX)
		fprintf(stderr, "pointsmand: there may be more; these come first\n");
	return 1;
}

void command_warn(const char *text)
{
	fprintf(stderr, "pointsmand: warning: %s\n", text);
}

int command_read(int argc, char **argv, struct command_input *in)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"adapter", required_argument, NULL, 'a'},
	    {"json", no_argument, NULL, 'j'},
	    {"strict", no_argument, NULL, 's'},
	    {0},
	};
	const char *path = NULL;
	int adapter = ADAPTER_BY_CONTENT, option, rc;
	struct errors errors;
	struct error err;

	while (
	    (option = getopt_long(argc, argv, in->advises ? "c:j" : "c:", options, NULL)) != -1) {
		if (option == 'j' && in->advises) {
			in->json = true;
		} else if (option == 's' && in->advises) {
			in->strict = true;
		} else if (option == 'c') {
			path = optarg;
		} else if (option == 'a') {
			adapter = adapter_parse(optarg);
			if (adapter == -1) {
				fprintf(stderr,
				    "pointsmand: --adapter is caddyfile or json, not "
				    "'%s'\n",
				    optarg);
				return 2;
			}
		} else {
			if (option == 'j' || option == 's')
				fprintf(stderr, "pointsmand: %s has no such option\n", argv[0]);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "pointsmand: '%s' is not an option; name the file with --config\n",
		    argv[optind]);
		return 2;
	}
	errors_begin(&errors);
	rc = document_read(path, (enum adapter)adapter, in->warn, &in->document, &err);
	return errors_end(&errors, rc, &err) == -1 ? command_failed(&err, &errors) : 0;
}

/* Takes value. Returns an exit status. */
static int print_json(json_t *value, size_t flags)
{
	int rc = json_dumpf(value, stdout, JSON_INDENT(2) | flags);

	json_decref(value);
	if (rc == -1 || putchar('\n') == EOF || fflush(stdout) == EOF) {
		perror("pointsmand: standard output");
		return 1;
	}
	return 0;
}

int command_adapt(int argc, char **argv)
{
	struct command_input in = {.warn = command_warn};
	int rc = command_read(argc, argv, &in);

	return rc != 0 ? rc : print_json(in.document, JSON_SORT_KEYS);
}

int command_modules(int argc, char **argv)
{
	const struct matcher_type *const *m;
	const struct handler_type *const *h;
	const struct app_type *const *a;
	size_t i;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: pointsmand modules\n");
		return 2;
	}
	for (a = app_types(); *a != NULL; a++)
		printf("app      %-20s %s\n", (*a)->name, (*a)->help);
	for (m = matcher_types(); *m != NULL; m++)
		printf("matcher  %-20s %s\n", (*m)->name, (*m)->help);
	for (h = handler_types(); *h != NULL; h++)
		if (!(*h)->internal)
			printf("handler  %-20s %s\n", (*h)->name, (*h)->help);
	for (i = 0; policy_names[i] != NULL; i++)
		printf("policy   %-20s %s\n", policies[i].name, policies[i].help);
	return 0;
}

int command_schema(int argc, char **argv)
{
	struct errors none = {.count = 0};
	struct error err;
	json_t *schema;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: pointsmand schema\n");
		return 2;
	}
	schema = schema_make(&document_shape, "pointsman's document", &err);
	return schema != NULL ? print_json(schema, 0) : command_failed(&err, &none);
}

int command_version(int argc, char **argv)
{
	char pcre2[64];

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: pointsmand version\n");
		return 2;
	}
	pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
	printf("pointsmand %s\n", PACKAGE_VERSION);
	printf("  GnuTLS %s, libev %d.%d, msgpack-c %s, jansson %s, PCRE2 %s, c-ares %s\n",
	    gnutls_check_version(NULL), ev_version_major(), ev_version_minor(), msgpack_version(),
	    jansson_version_str(), pcre2, ares_version(NULL));
#ifdef BUILD_OPTIONS
	printf("  built with %s\n", BUILD_OPTIONS);
#endif
	return 0;
}
