/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/merge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/pack.h"
#include "daemon/config/patch.h"

#define PATH_SIZE 512
#define TEXT_SIZE (sizeof(((struct error *)NULL)->message) + PATH_SIZE + 4)

static void init(struct merged *out, json_t *file)
{
	out->file = json_incref(file);
	out->document = NULL;
	out->entries = json_array();
	out->aside = json_array();
	out->reasons = json_array();
}

void merged_fini(struct merged *merged)
{
	json_decref(merged->file);
	json_decref(merged->document);
	json_decref(merged->entries);
	json_decref(merged->aside);
	json_decref(merged->reasons);
}

/* Messages are cut at a number of bytes: not at half a character. */
static json_t *cut_text(const char *text)
{
	return json_stringn(text, pack_text_cut(span_str(text), strlen(text)));
}

static void set_aside(struct merged *m, json_t *entry, const char *why)
{
	char path[PATH_SIZE];

	json_array_append(m->aside, entry);
	json_array_append_new(m->reasons,
	    json_pack("{s:o, s:o}", "path", cut_text(patch_path(entry, path, sizeof(path))),
		"reason", cut_text(why)));
}

/* What patch_apply() refuses, of a list of entries. */
struct refusals {
	struct merged *merged;
	json_t *entries;
	bool *refused; /* one for each of them */
};

static void on_refused(void *arg, size_t index, const char *why)
{
	struct refusals *r = arg;

	if (r->refused[index])
		return;
	r->refused[index] = true;
	set_aside(r->merged, json_array_get(r->entries, index), why);
}

/* Into what has been initialized. */
static void apply(struct merged *out, json_t *entries)
{
	size_t i, count = json_array_size(entries);
	struct refusals r = {.merged = out, .entries = entries};

	r.refused = mem_zalloc(count + 1);
	out->document = patch_apply(out->file, entries, on_refused, &r);
	for (i = 0; i < count; i++)
		if (!r.refused[i])
			json_array_append(out->entries, json_array_get(entries, i));
	free(r.refused);
}

void merge(json_t *file, json_t *entries, struct merged *out)
{
	init(out, file);
	apply(out, entries);
}

void merge_nothing(json_t *file, json_t *entries, const struct error *err, struct merged *out)
{
	char text[TEXT_SIZE];
	json_t *entry;
	size_t i;

	init(out, file);
	out->document = json_incref(file);
	error_text(err, text, sizeof(text));
	json_array_foreach (entries, i, entry)
		set_aside(out, entry, text);
}

/* ---- which entries stand in the way ---------------------------------------------------------- */

struct search {
	struct merged *merged;
	int (*can_run)(json_t *document, struct error *err);
	json_t *all, *good;
	unsigned tries; /* left */
};

static void ignore(void *arg, size_t index, const char *why)
{
	(void)arg;
	(void)index;
	(void)why;
}

/* Are the good ones and first to end - 1 together a document that can run? */
static int try_range(struct search *s, size_t first, size_t end, struct error *err)
{
	json_t *entries = json_copy(s->good), *document;
	size_t i;
	int rc;

	if (s->tries == 0) {
		json_decref(entries);
		return error_set(
		    err, ERROR_LIMIT, "too many saved changes cannot run; this one was not tried");
	}
	s->tries--;
	for (i = first; i < end; i++)
		json_array_append(entries, json_array_get(s->all, i));
	document = patch_apply(s->merged->file, entries, ignore, NULL);
	rc = s->can_run(document, err);
	json_decref(document);
	if (rc == 0) {
		json_decref(s->good);
		s->good = entries;
	} else {
		json_decref(entries);
	}
	return rc;
}

static void search(struct search *s, size_t first, size_t end)
{
	char text[TEXT_SIZE];
	struct error err;

	if (first == end || try_range(s, first, end, &err) == 0)
		return;
	if (end - first == 1) {
		set_aside(
		    s->merged, json_array_get(s->all, first), error_text(&err, text, sizeof(text)));
		return;
	}
	search(s, first, first + (end - first) / 2);
	search(s, first + (end - first) / 2, end);
}

void merge_search(json_t *file, json_t *entries,
    int (*can_run)(json_t *document, struct error *err), struct merged *out)
{
	struct search s = {.merged = out,
	    .can_run = can_run,
	    .all = entries,
	    .good = json_array(),
	    .tries = MERGE_TRIES};

	init(out, file);
	search(&s, 0, json_array_size(entries));
	apply(out, s.good);
	json_decref(s.good);
}
