/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/change.h"

#include <stdio.h>
#include <string.h>

#include "daemon/config/compile.h"
#include "daemon/core/instance.h"

/* A ring; the newest is at newest, older ones before it. */
static struct {
	struct revision items[CHANGE_HISTORY];
	size_t newest, count;
	size_t size; /* of all */
} history;

/* Large documents are remembered less long; the newest and the one before it always. */
static void forget_oldest(void)
{
	struct revision *oldest;

	while (history.size > CHANGE_HISTORY_SIZE && history.count > 2) {
		oldest = &history.items[(history.newest + CHANGE_HISTORY - history.count + 1) %
					CHANGE_HISTORY];
		history.size -= oldest->size;
		json_decref(oldest->document);
		memset(oldest, 0, sizeof(*oldest));
		history.count--;
	}
}

/* edited: it shares with the one before what is not changed. */
static void remember(
    uint64_t number, json_t *document, bool edited, const char *who, const char *comment)
{
	struct revision *r;

	history.newest = (history.newest + 1) % CHANGE_HISTORY;
	if (history.count < CHANGE_HISTORY)
		history.count++;
	r = &history.items[history.newest];
	json_decref(r->document);
	history.size -= r->size;
	r->size = edited ? 0 : json_dumpb(document, NULL, 0, JSON_COMPACT);
	history.size += r->size;
	r->number = number;
	r->time = time(NULL);
	r->document = json_incref(document);
	snprintf(r->who, sizeof(r->who), "%s", who);
	snprintf(r->comment, sizeof(r->comment), "%s", comment != NULL ? comment : "");
	forget_oldest();
}

const struct revision *change_history(size_t n)
{
	if (n >= history.count)
		return NULL;
	return &history.items[(history.newest + CHANGE_HISTORY - n) % CHANGE_HISTORY];
}

const struct revision *change_find(uint64_t number)
{
	const struct revision *r;
	size_t i;

	for (i = 0; (r = change_history(i)) != NULL; i++)
		if (r->number == number)
			return r;
	return NULL;
}

void change_forget(void)
{
	size_t i;

	for (i = 0; i < CHANGE_HISTORY; i++)
		json_decref(history.items[i].document);
	memset(&history, 0, sizeof(history));
}

uint64_t change_revision(void)
{
	const struct instance *current = instance_current();

	return current != NULL ? current->revision : 0;
}

int change_document(json_t *document, const struct edit *edit, const char *who, const char *comment,
    void (*done)(void *arg), void *arg, struct error *err)
{
	uint64_t number = change_revision() + 1;
	struct instance *next =
	    instance_compile(document, number, instance_current(), edit, false, err);

	if (next == NULL)
		return -1;
	if (instance_publish(next, done, arg, err) == -1) {
		instance_unref(next);
		return -1;
	}
	remember(number, document, edit != NULL, who, comment);
	return 0;
}

/* ---- the file ------------------------------------------------------------------------------- */

static int (*source)(json_t **out, struct error *err);

void change_source_set(int (*read)(json_t **out, struct error *err))
{
	source = read;
}

int change_source_read(json_t **out, struct error *err)
{
	if (source == NULL)
		return error_set(err, ERROR_UNSUPPORTED, "this daemon has no configuration file");
	return source(out, err);
}

int change_reload(const char *who, void (*done)(void *arg), void *arg, struct error *err)
{
	json_t *document;
	int rc;

	if (change_source_read(&document, err) == -1)
		return -1;
	rc = change_document(document, NULL, who, NULL, done, arg, err);
	json_decref(document);
	return rc;
}

int change_check(json_t *document, const struct edit *edit, struct error *err)
{
	struct instance *instance =
	    instance_compile(document, 0, instance_current(), edit, true, err);
	int rc;

	if (instance == NULL)
		return -1;
	rc = instance_check_addresses(instance, err);
	instance_unref(instance);
	return rc;
}
