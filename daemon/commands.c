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

#include "daemon/core/handler.h"
#include "daemon/core/instance.h"
#include "daemon/core/matcher.h"

int command_failed(const struct error *err)
{
	char text[sizeof(err->path) + sizeof(err->message) + 4];

	fprintf(stderr, "pointsmand: error: %s\n", error_text(err, text, sizeof(text)));
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
	int adapter = ADAPTER_BY_CONTENT, option;
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
	if (document_read(path, (enum adapter)adapter, in->warn, &in->document, &err) == -1)
		return command_failed(&err);
	return 0;
}

int command_adapt(int argc, char **argv)
{
	struct command_input in = {.warn = command_warn};
	int rc = command_read(argc, argv, &in);

	if (rc != 0)
		return rc;
	rc = json_dumpf(in.document, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	json_decref(in.document);
	if (rc == -1 || putchar('\n') == EOF || fflush(stdout) == EOF) {
		perror("pointsmand: standard output");
		return 1;
	}
	return 0;
}

int command_modules(int argc, char **argv)
{
	const struct matcher_type *const *m;
	const struct handler_type *const *h;
	const struct app_type *const *a;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: pointsmand modules\n");
		return 2;
	}
	for (a = app_types(); *a != NULL; a++)
		printf("app      %-16s %s\n", (*a)->name, (*a)->help);
	for (m = matcher_types(); *m != NULL; m++)
		printf("matcher  %-16s %s\n", (*m)->name, (*m)->help);
	for (h = handler_types(); *h != NULL; h++)
		if (!(*h)->internal)
			printf("handler  %-16s %s\n", (*h)->name, (*h)->help);
	return 0;
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
