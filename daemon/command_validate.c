/* SPDX-License-Identifier: BSD-2-Clause */
/* validate: would the daemon accept this file, and what is to be said of it? */
#include <config.h>

#include "daemon/commands.h"

#include <stdio.h>
#include <time.h>

#include "daemon/config/change.h"
#include "daemon/config/lint.h"
#include "daemon/input/places.h"

/* Warnings first, in the order of the file. */
static json_t *findings;

static void on_warning(const char *text)
{
	json_array_append_new(findings, lint_warning(text));
}

static const char *member(const json_t *finding, const char *key)
{
	return json_string_value(json_object_get(finding, key));
}

static void print_text(void)
{
	json_t *finding;
	size_t i;

	json_array_foreach (findings, i, finding)
		fprintf(stderr, "pointsmand: warning: %s: %s; %s [%s]\n",
		    member(finding, member(finding, "place") != NULL ? "place" : "path"),
		    member(finding, "message"), member(finding, "advice"), member(finding, "code"));
	puts("valid");
}

static void print_json(void)
{
	json_t *all = json_pack("{s:O}", "items", findings);

	json_dumpf(all, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(all);
}

static int check(json_t *document, struct error *err)
{
	struct change change = {.document = document};
	json_t *advice;

	if (change_check(&change, err) == -1)
		return -1;
	advice = lint_document(document, time(NULL));
	json_array_extend(findings, advice);
	json_decref(advice);
	return 0;
}

static int validate(int argc, char **argv)
{
	struct command_input in = {.advises = true, .warn = on_warning};
	struct errors errors;
	struct error err;
	int rc = command_read(argc, argv, &in);

	if (rc != 0)
		return rc;
	errors_begin(&errors);
	rc = errors_end(&errors, check(in.document, &err), &err);
	json_decref(in.document);
	if (rc == -1)
		return command_failed(&err, &errors);
	if (in.json)
		print_json();
	else
		print_text();
	if (fflush(stdout) == EOF) {
		perror("pointsmand: standard output");
		return 1;
	}
	return in.strict && json_array_size(findings) > 0 ? 1 : 0;
}

int command_validate(int argc, char **argv)
{
	struct places places;
	int status;

	findings = json_array();
	places_begin(&places);
	status = validate(argc, argv);
	places_end(&places);
	json_decref(findings);
	return status;
}
