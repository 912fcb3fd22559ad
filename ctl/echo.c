/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/echo.h"

#include <stdlib.h>
#include <string.h>

void echo_init(struct echo *echo, struct context *c)
{
	echo->c = c;
	echo->targets = json_array();
}

void echo_fini(struct echo *echo)
{
	json_decref(echo->targets);
}

/* ---- what there is to show ------------------------------------------------------------------ */

/* Operations on one object are one after the other. */
static void add(struct echo *echo, const char *object, const char *first, const char *second)
{
	json_t *target = json_pack("[s, s, s?]", object, first, second);
	size_t count = json_array_size(echo->targets);

	if (target == NULL || json_equal(json_array_get(echo->targets, count - 1), target))
		json_decref(target);
	else
		json_array_append_new(echo->targets, target);
}

static const char *text_of(const json_t *operation, const char *key)
{
	return json_string_value(json_object_get(operation, key));
}

/* An upstream is called by its "@id", else by its first address. */
static const char *upstream_name(const json_t *upstream)
{
	const char *id = text_of(upstream, "@id");

	return id != NULL ? id
			  : json_string_value(json_array_get(json_object_get(upstream, "dial"), 0));
}

/* JSON, or where it is not, the text itself. */
static json_t *value_of(const json_t *operation)
{
	const char *text = text_of(operation, "value");
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	return value != NULL ? value : json_string(text);
}

/* As it is called from now on. */
static void add_renamed(struct echo *echo, const json_t *operation, const char *proxy)
{
	json_t *after = json_object();
	const char *name;

	json_object_set_new(after, text_of(operation, "key"), value_of(operation));
	name = upstream_name(after);
	add(echo, "upstream", proxy, name != NULL ? name : text_of(operation, "id"));
	json_decref(after);
}

static void add_upstreams(struct echo *echo, const json_t *operation)
{
	const char *proxy = text_of(operation, "proxy"), *text = text_of(operation, "upstream");
	json_t *dial = json_object_get(operation, "dial"), *address, *upstream;
	size_t i;

	if (text != NULL) {
		upstream = json_loads(text, 0, NULL);
		add(echo, "upstream", proxy, upstream_name(upstream));
		json_decref(upstream);
	} else if (dial != NULL) {
		json_array_foreach (dial, i, address)
			add(echo, "upstream", proxy, json_string_value(address));
	} else if (text_of(operation, "key") != NULL) {
		add_renamed(echo, operation, proxy);
	} else {
		add(echo, "upstream", proxy, text_of(operation, "id"));
	}
}

void echo_add(struct echo *echo, const json_t *operation, const char *name)
{
	const char *op = text_of(operation, "op");

	if (strncmp(op, "route.", 6) == 0 && name != NULL)
		add(echo, "route", name, NULL);
	else if (strncmp(op, "route.", 6) == 0)
		fputs("pointsctl: the route has no name any more\n", stderr);
	else if (strncmp(op, "upstream.", 9) == 0)
		add_upstreams(echo, operation);
	else if (strncmp(op, "listener.", 9) == 0)
		add(echo, "listener", text_of(operation, "address"), NULL);
	else
		add(echo, "server", text_of(operation, "name"), NULL);
}

/* ---- showing it ----------------------------------------------------------------------------- */

static const struct shown *shown_of(const char *object)
{
	static const struct {
		const char *object;
		const struct shown *shown;
	} all[] = {
	    {"listener", &shown_listener},
	    {"route", &shown_route},
	    {"server", &shown_server},
	    {"upstream", &shown_upstream},
	};
	size_t i = 0;

	while (strcmp(all[i].object, object) != 0)
		i++;
	return all[i].shown;
}

/* Was it printed? */
static bool print_target(struct echo *echo, const json_t *target, FILE *to)
{
	const char *names[SHOWN_NAMES] = {
	    json_string_value(json_array_get(target, 1)),
	    json_string_value(json_array_get(target, 2)),
	};
	struct context c = *echo->c;

	c.output.to = to;
	if (show(&c, shown_of(json_string_value(json_array_get(target, 0))), names) == 0)
		return true;
	fprintf(stderr, "pointsctl: it is changed, but cannot be shown: %s\n", c.fault->message);
	return false;
}

/* One of several as an item of a list, which has the revision for all. */
static void collect(struct echo *echo, const json_t *target, json_t *list)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	json_t *item = NULL;

	if (to == NULL)
		return;
	if (print_target(echo, target, to) && fflush(to) == 0)
		item = json_loads(text, 0, NULL);
	fclose(to);
	free(text);
	if (item == NULL)
		return;
	json_object_set(list, "rev", json_object_get(item, "rev"));
	json_object_del(item, "rev");
	json_array_append_new(json_object_get(list, "items"), item);
}

static int print_list(struct echo *echo)
{
	json_t *list = json_pack("{s:i, s:[]}", "rev", 0, "items"), *target;
	FILE *to = echo->c->output.to;
	size_t i;
	int rc;

	json_array_foreach (echo->targets, i, target)
		collect(echo, target, list);
	rc = json_dumpf(list, to, JSON_COMPACT) == -1 || fputc('\n', to) == EOF ? -1 : 0;
	json_decref(list);
	return command_printed(echo->c, rc);
}

int echo_print(struct echo *echo)
{
	enum format format = echo->c->output.format;
	bool spaced = format == FORMAT_TEXT || format == FORMAT_WIDE;
	FILE *to = echo->c->output.to;
	json_t *target;
	size_t i;

	if (format == FORMAT_JSON && json_array_size(echo->targets) > 1)
		return print_list(echo);
	json_array_foreach (echo->targets, i, target) {
		if (i > 0 && spaced)
			fputc('\n', to);
		print_target(echo, target, to);
	}
	return 0; /* what could not be written is seen at the end */
}
