/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/cert_files.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "common/log.h"
#include "daemon/core/file_watch.h"
#include "daemon/tls/cert.h"
#include "daemon/tls/folder.h"
#include "daemon/tls/store.h"

struct cert_files {
	_Atomic unsigned refs; /* one of the owner, one of each source */
	pthread_mutex_t lock;  /* for set, against the control thread that reads again */
	struct store_set *set; /* NULL: the owner has gone */
	struct ev_loop *loop;
	struct source *sources;
	bool unwatched; /* ... and that has been said */
};

/* A file of a folder. */
struct bundle {
	UT_hash_handle hh;
	char *path;
	struct file_identity identity;
	struct cert *cert; /* NULL: it was never good */
	bool seen;         /* in this walk */
};

/* A pair of files, or a folder. The control thread's, but for the watch's reference. */
struct source {
	struct file_watch watch;
	struct source *next;
	struct cert_files *files;
	struct arena *arena;
	const char *chain, *key; /* chain NULL: a folder */
	struct strings tags;
	struct cert *cert;
	const char *folder;
	struct bundle *bundles;
};

static void files_unref(struct cert_files *files)
{
	if (atomic_fetch_sub(&files->refs, 1) != 1)
		return;
	pthread_mutex_destroy(&files->lock);
	free(files);
}

/* ---- the store ----------------------------------------------------------------------------- */

static void warn_expired(const struct cert *cert)
{
	if (cert->not_after <= time(NULL))
		log_msg(LOG_WARN, "tls", "the certificate of '%s' has expired",
		    cert->names.count > 0 ? cert->names.items[0] : "?");
}

/* *slot becomes cert, whose reference it takes; either may be NULL. */
static void put(struct cert_files *files, struct cert **slot, struct cert *cert)
{
	struct cert *old = *slot;

	if (cert != NULL)
		warn_expired(cert);
	pthread_mutex_lock(&files->lock);
	if (files->set != NULL && old != NULL && cert != NULL)
		store_set_replace(files->set, old, cert);
	else if (files->set != NULL && cert != NULL)
		store_set_add(files->set, cert);
	else if (files->set != NULL && old != NULL)
		store_set_remove(files->set, old);
	pthread_mutex_unlock(&files->lock);
	*slot = cert;
	cert_unref(old);
}

/* ---- folders ------------------------------------------------------------------------------- */

static struct bundle *bundle_at(struct source *source, const char *path)
{
	struct bundle *b;

	HASH_FIND_STR(source->bundles, path, b);
	if (b != NULL)
		return b;
	b = mem_zalloc(sizeof(*b));
	b->path = mem_strdup(path);
	HASH_ADD_KEYPTR(hh, source->bundles, b->path, strlen(b->path), b);
	return b;
}

static void bundle_free(struct source *source, struct bundle *b)
{
	HASH_DEL(source->bundles, b);
	put(source->files, &b->cert, NULL);
	free(b->path);
	free(b);
}

/* Reads a file of a folder, unless it is as it was. */
static int read_bundle(struct source *source, const char *path, struct error *err)
{
	struct bundle *b = bundle_at(source, path);
	struct file_identity id = file_identity_of(path);
	struct cert *cert;

	b->seen = true;
	if (file_identity_equal(&id, &b->identity))
		return 0;
	b->identity = id;
	cert = cert_load_bundle(path, err);
	if (cert == NULL)
		return -1;
	put(source->files, &b->cert, cert);
	return 0;
}

static int load_bundle(void *arg, const char *path, struct error *err)
{
	return read_bundle(arg, path, err);
}

static void log_kept(const struct error *err)
{
	char text[1600];

	log_msg(LOG_WARN, "tls", "a changed certificate is not taken, what there was stays: %s",
	    error_text(err, text, sizeof(text)));
}

static void log_taken(const char *path)
{
	struct log_line line;

	log_begin(&line, LOG_INFO, "tls", "a changed certificate was loaded");
	log_str(&line, "file", path);
	log_end(&line);
}

static int reload_bundle(void *arg, const char *path, struct error *err)
{
	struct source *source = arg;
	const struct cert *before = bundle_at(source, path)->cert;

	if (read_bundle(source, path, err) == -1)
		log_kept(err);
	else if (bundle_at(source, path)->cert != before)
		log_taken(path);
	return 0;
}

/* ---- watching ------------------------------------------------------------------------------ */

static void log_unwatched(struct cert_files *files, const struct error *err)
{
	char text[1600];

	if (!files->unwatched)
		log_msg(LOG_WARN, "tls", "changes of certificate files are not noticed: %s",
		    error_text(err, text, sizeof(text)));
	files->unwatched = true;
}

static void watch_file(struct source *source, const char *path)
{
	struct error err;

	if (source->files->loop != NULL &&
	    file_watch_add(&source->watch, source->files->loop, path, &err) == -1)
		log_unwatched(source->files, &err);
}

static int watch_folder(void *arg, const char *path, struct error *err)
{
	struct source *source = arg;

	if (source->files->loop != NULL &&
	    file_watch_add_folder(&source->watch, source->files->loop, path, err) == -1)
		log_unwatched(source->files, err);
	return 0;
}

static const struct folder_visitor loading = {.file = load_bundle, .folder = watch_folder};
static const struct folder_visitor reloading = {.file = reload_bundle, .folder = watch_folder};

static void reload_folder(struct source *source)
{
	struct bundle *b, *next;
	struct error err;

	for (b = source->bundles; b != NULL; b = b->hh.next)
		b->seen = false;
	file_watch_trim(&source->watch);
	if (folder_walk(source->folder, &reloading, source, &err) == -1) {
		log_kept(&err);
		return;
	}
	HASH_ITER (hh, source->bundles, b, next) {
		if (!b->seen)
			bundle_free(source, b);
	}
}

static void reload_pair(struct source *source)
{
	struct error err;
	struct cert *cert = cert_load_files(source->chain, source->key, &source->tags, &err);

	if (cert == NULL) {
		log_kept(&err);
		return;
	}
	put(source->files, &source->cert, cert);
	log_taken(source->chain);
}

static void on_changed(struct file_watch *watch)
{
	struct source *source = (struct source *)watch;

	if (source->chain != NULL)
		reload_pair(source);
	else
		reload_folder(source);
}

static void free_source(struct file_watch *watch)
{
	struct source *source = (struct source *)watch;

	put(source->files, &source->cert, NULL);
	while (source->bundles != NULL)
		bundle_free(source, source->bundles);
	files_unref(source->files);
	arena_free(source->arena);
	free(source);
}

static const struct file_watch_type watch_type = {
    .changed = on_changed,
    .settled = store_commit,
    .free = free_source,
};

/* ---- loading ------------------------------------------------------------------------------- */

static struct source *source_new(struct cert_files *files)
{
	struct source *source = mem_zalloc(sizeof(*source));

	file_watch_init(&source->watch, &watch_type);
	source->files = files;
	source->arena = arena_new(256);
	atomic_fetch_add(&files->refs, 1);
	LL_PREPEND(files->sources, source);
	return source;
}

static void copy_tags(struct source *source, const struct strings *tags)
{
	size_t i;

	source->tags.items = arena_array(source->arena, tags->count, sizeof(*source->tags.items));
	for (i = 0; i < tags->count; i++)
		source->tags.items[i] = arena_strdup(source->arena, tags->items[i]);
	source->tags.count = tags->count;
}

int cert_files_add_pair(struct cert_files *files, const char *chain, const char *key,
    const struct strings *tags, struct error *err)
{
	struct source *source = source_new(files);
	struct cert *cert;

	source->chain = arena_strdup(source->arena, chain);
	source->key = arena_strdup(source->arena, key);
	copy_tags(source, tags);
	watch_file(source, source->chain);
	if (strcmp(chain, key) != 0)
		watch_file(source, source->key);
	cert = cert_load_files(source->chain, source->key, &source->tags, err);
	if (cert == NULL)
		return -1;
	put(files, &source->cert, cert);
	return 0;
}

int cert_files_add_folder(struct cert_files *files, const char *folder, struct error *err)
{
	struct source *source = source_new(files);

	source->folder = arena_strdup(source->arena, folder);
	return folder_walk(source->folder, &loading, source, err);
}

int cert_files_add_pem(struct cert_files *files, const char *chain, const char *key,
    const struct strings *tags, struct error *err)
{
	struct key *k = key_load_pem(span_str(key), err);
	struct cert *cert;

	if (k == NULL)
		return -1;
	cert = cert_load_pem(span_str(chain), k, tags, "pem", err);
	key_unref(k);
	if (cert == NULL)
		return -1;
	warn_expired(cert);
	store_set_add(files->set, cert);
	cert_unref(cert);
	return 0;
}

struct cert_files *cert_files_new(struct ev_loop *loop)
{
	struct cert_files *files = mem_zalloc(sizeof(*files));

	files->refs = 1;
	files->loop = loop;
	files->set = store_set_new(STORE_LOADED);
	pthread_mutex_init(&files->lock, NULL);
	return files;
}

void cert_files_free(struct cert_files *files)
{
	struct source *source, *next;
	struct store_set *set;

	if (files == NULL)
		return;
	pthread_mutex_lock(&files->lock);
	set = files->set;
	files->set = NULL;
	pthread_mutex_unlock(&files->lock);
	store_set_free(set);
	for (source = files->sources; source != NULL; source = next) {
		next = source->next;
		file_watch_unref(&source->watch);
	}
	files_unref(files);
}
