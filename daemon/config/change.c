/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/change.h"

#include <stdio.h>
#include <string.h>

#include "common/errors.h"
#include "common/log.h"
#include "daemon/config/change_event.h"
#include "daemon/config/compile.h"
#include "daemon/config/concern.h"
#include "daemon/config/confirm.h"
#include "daemon/config/logging.h"
#include "daemon/config/overlay.h"
#include "daemon/core/instance.h"

/* A ring; the newest is at newest, older ones before it. */
static struct {
	struct revision items[CHANGE_HISTORY];
	size_t newest, count;
	size_t size; /* of all */
} history;

/* From change_stop() on what runs is nothing: nobody may save that, or open what was closed. */
static bool stopping;

static int check_stopping(struct error *err)
{
	if (!stopping)
		return 0;
	return error_set(
	    err, ERROR_BUSY, "the daemon is stopping; nothing can be changed any more");
}

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

static void remember(uint64_t number, const struct change *change)
{
	struct revision *r;

	history.newest = (history.newest + 1) % CHANGE_HISTORY;
	if (history.count < CHANGE_HISTORY)
		history.count++;
	r = &history.items[history.newest];
	json_decref(r->document);
	history.size -= r->size;
	r->size = change->edit != NULL ? 0 : json_dumpb(change->document, NULL, 0, JSON_COMPACT);
	history.size += r->size;
	r->number = number;
	r->time = time(NULL);
	r->document = json_incref(change->document);
	snprintf(r->who, sizeof(r->who), "%s", change->who);
	snprintf(
	    r->comment, sizeof(r->comment), "%s", change->comment != NULL ? change->comment : "");
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

	concerns_forget();
	confirm_forget();
	for (i = 0; i < CHANGE_HISTORY; i++)
		json_decref(history.items[i].document);
	memset(&history, 0, sizeof(history));
	stopping = false;
}

uint64_t change_revision(void)
{
	const struct instance *current = instance_current();

	return current != NULL ? current->revision : 0;
}

int change_expect(bool given, uint64_t revision, struct error *err)
{
	uint64_t now = change_revision();

	if (check_stopping(err) == -1)
		return -1;
	if (now == 0)
		return error_set(err, ERROR_NOT_FOUND, "no document is in force");
	if (given && revision != now)
		return error_set(err, ERROR_CONFLICT,
		    "the document is at revision %llu, not %llu; look again and retry",
		    (unsigned long long)now, (unsigned long long)revision);
	return 0;
}

/* *out is NULL where nothing is to be saved. Returns 0, or -1 with err. */
static int begin_saving(const struct change *change, struct saving **out, struct error *err)
{
	*out = NULL;
	if (!change->save)
		return 0;
	*out = overlay_save_change(instance_current()->document, change->document, err);
	return *out != NULL ? 0 : -1;
}

/* Takes next and saving. The sockets are bound, the disk is written, and then nothing can fail. */
static int publish(struct instance *next, struct saving *saving, const struct change *change,
    void (*done)(void *arg), void *arg, struct error *err)
{
	struct publication *publication = instance_bind(next, err);

	if (publication == NULL) {
		instance_unref(next);
		overlay_save_drop(saving);
		return -1;
	}
	if (saving != NULL && overlay_save_finish(saving, next, err) == -1) {
		instance_unbind(publication);
		return -1;
	}
	instance_publish(publication, change_event_taken,
	    passage_new(next->revision, change->who, change->comment, done, arg));
	logging_take(next);
	return 0;
}

/* As change_document(), but nobody is told of a refusal: there may be another way. */
static int try_document(
    const struct change *change, void (*done)(void *arg), void *arg, struct error *err)
{
	uint64_t number = change_revision() + 1;
	struct instance *next = instance_compile(change->document, number, instance_current(),
	    change->edit, change->limited, false, err);
	json_t *before;
	struct saving *saving;

	if (next == NULL)
		return -1;
	if (begin_saving(change, &saving, err) == -1) {
		instance_unref(next);
		return -1;
	}
	before = number > 1 ? json_incref(instance_current()->document) : NULL;
	if (publish(next, saving, change, done, arg, err) == -1) {
		json_decref(before);
		return -1;
	}
	if (change->concerns != NULL)
		concerns_spare(change->concerns, instance_current());
	remember(number, change);
	confirm_forget();
	if (change->confirm_s > 0 && before != NULL)
		confirm_begin(before, number, change->confirm_s);
	json_decref(before);
	return 0;
}

/* What is saved outlives the time in which it may still be taken back. */
static int check_confirmation(const struct change *change, struct error *err)
{
	if (change->confirm_s > 0 && change->save)
		return error_set(err, ERROR_INVALID,
		    "a change that has to be confirmed cannot be saved at once: confirm it, then "
		    "save");
	if (check_stopping(err) == -1)
		return -1;
	return change->overrides ? 0 : confirm_check(err);
}

int change_document(
    const struct change *change, void (*done)(void *arg), void *arg, struct error *err)
{
	if (check_confirmation(change, err) == 0 && try_document(change, done, arg, err) == 0)
		return 0;
	change_event_refused(change->who, change->comment, err);
	return -1;
}

int change_nothing(const struct change *change, struct error *err)
{
	if (check_confirmation(change, err) == 0)
		return 0;
	change_event_refused(change->who, change->comment, err);
	return -1;
}

/* What the daemon itself goes on with until it ends: its socket, the log, the storage. */
static json_t *without_servers(void)
{
	const struct instance *current = instance_current();
	const json_t *before = current != NULL ? current->document : NULL;
	json_t *document = json_object();
	static const char *const kept[] = {"control", "logging", "storage"};
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (json_object_get(before, kept[i]) != NULL)
			json_object_set(document, kept[i], json_object_get(before, kept[i]));
	return document;
}

int change_stop(struct error *err)
{
	struct change change = {.document = without_servers(), .who = "stop", .overrides = true};
	int rc = change_document(&change, NULL, NULL, err);

	json_decref(change.document);
	stopping = true;
	return rc;
}

int change_check(const struct change *change, struct error *err)
{
	struct instance *instance = instance_compile(
	    change->document, 0, instance_current(), change->edit, change->limited, true, err);
	struct saving *saving = NULL;
	int rc;

	if (instance == NULL)
		return -1;
	rc = instance_check_addresses(instance, err);
	if (rc == 0)
		rc = begin_saving(change, &saving, err);
	overlay_save_drop(saving);
	if (rc == 0 && change->concerns != NULL)
		concerns_spare(change->concerns, instance);
	instance_unref(instance);
	return rc;
}

int change_save(struct error *err)
{
	struct instance *current = instance_current();
	struct saving *saving;

	if (check_stopping(err) == -1 || confirm_check(err) == -1)
		return -1;
	saving = overlay_save_all(current->document, err);
	return saving != NULL ? overlay_save_finish(saving, current, err) : -1;
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

/* A dry run with its sockets bound: what would be refused only then is found too. */
static int can_run(json_t *document, struct error *err)
{
	struct instance *instance;
	struct publication *publication;

	errors_forget();
	instance = instance_compile(document, 0, instance_current(), NULL, false, true, err);
	if (instance == NULL)
		return -1;
	publication = instance_bind(instance, err);
	if (publication == NULL) {
		instance_unref(instance);
		return -1;
	}
	instance_unbind(publication);
	return 0;
}

/* Runs the merged document by a change like that, and takes what is merged. */
static int run_merged(struct merged *merged, const struct change *like, void (*done)(void *arg),
    void *arg, struct error *err)
{
	size_t aside = json_array_size(merged->aside);
	char comment[CHANGE_NOTE_MAX] = "";
	struct change change = *like;

	change.document = merged->document;
	change.comment = comment;
	if (aside > 0)
		snprintf(comment, sizeof(comment), "%zu saved %s set aside", aside,
		    aside == 1 ? "change" : "changes");
	if (try_document(&change, done, arg, err) == -1) {
		merged_fini(merged);
		return -1;
	}
	overlay_take(merged, instance_current());
	return 0;
}

/*
 * A file that cannot run is refused, but what was saved never stands in the way of one that can:
 * then the entries are found that cannot run with it. The last way out is the file alone.
 */
static int load(json_t *file, json_t *entries, const struct change *like, void (*done)(void *arg),
    void *arg, struct error *err)
{
	struct merged merged;
	struct error why;

	merge(file, entries, &merged);
	if (run_merged(&merged, like, done, arg, err) == 0)
		return 0;
	if (json_array_size(entries) == 0 || can_run(file, err) == -1)
		return -1;
	merge_search(file, entries, can_run, &merged);
	if (run_merged(&merged, like, done, arg, &why) == 0)
		return 0;
	merge_nothing(file, entries, &why, &merged);
	return run_merged(&merged, like, done, arg, err);
}

int change_reload(const char *who, struct concerns *concerns, void (*done)(void *arg), void *arg,
    struct error *err)
{
	const struct change like = {.who = who, .concerns = concerns};
	size_t unsaved = 0;
	json_t *file, *entries;
	int rc;

	if (check_stopping(err) == -1 || change_source_read(&file, err) == -1) {
		change_event_refused(who, NULL, err);
		return -1;
	}
	if (instance_current() != NULL)
		unsaved = json_array_size(overlay_unsaved(instance_current()->document));
	entries = overlay_entries();
	rc = load(file, entries, &like, done, arg, err);
	json_decref(entries);
	json_decref(file);
	if (rc == 0)
		log_reopen();
	if (rc == -1)
		change_event_refused(who, NULL, err);
	else if (unsaved > 0)
		log_msg(LOG_WARN, "config", "%zu unsaved %s gone with the reload", unsaved,
		    unsaved == 1 ? "change is" : "changes are");
	return rc;
}
