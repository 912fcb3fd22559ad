/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/ip_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/log.h"
#include "common/readers.h"
#include "daemon/core/file_watch.h"
#include "daemon/core/ip_lines.h"
#include "daemon/core/iprange.h"

/* What lookups see: immutable. */
struct snapshot {
	struct arena *arena;
	const struct iprange *set;
};

struct ip_file {
	struct file_watch watch;
	char *path;
	struct snapshot *_Atomic current;
	struct readers readers; /* of current */
	_Atomic uint64_t loads;
};

/* --- snapshots ------------------------------------------------------------------------------- */

static void snapshot_free(struct snapshot *s)
{
	if (s == NULL)
		return;
	arena_free(s->arena);
	free(s);
}

static void publish(struct ip_file *file, const struct ip_lines *lines)
{
	struct snapshot *s = mem_zalloc(sizeof(*s)), *old;

	s->arena = arena_new(512);
	s->set = iprange_new(s->arena, lines->ranges, lines->count);
	old = atomic_exchange(&file->current, s);
	readers_wait(&file->readers);
	snapshot_free(old);
	atomic_fetch_add_explicit(&file->loads, 1, memory_order_relaxed);
}

/* --- reading --------------------------------------------------------------------------------- */

static void log_read(const struct ip_file *file, const struct ip_lines *lines)
{
	struct log_line line;

	log_begin(&line, lines->ignored > 0 ? LOG_WARN : LOG_INFO, "core",
	    lines->ignored > 0 ? "some lines of a list are no addresses" : "a list was read");
	log_str(&line, "file", file->path);
	log_u64(&line, "ranges", lines->count);
	if (lines->ignored > 0) {
		log_u64(&line, "ignored", lines->ignored);
		log_u64(&line, "first_at_line", lines->first_ignored);
	}
	log_end(&line);
}

/* Fills lines from the file at path. One that is not there is empty. */
static int read_lines(const char *path, struct ip_lines *lines, struct error *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result;

	if (fd == -1)
		return errno == ENOENT ? 0
				       : error_errno(err, ERROR_INVALID, "cannot open %s", path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return error_set(err, ERROR_INVALID, "%s is not a file", path);
	}
	result = ip_lines_read(lines, fd, err);
	close(fd);
	return result == -1 ? error_at(err, "%s", path) : 0;
}

/* The old set stays where the file cannot be read. */
static int read_file(struct ip_file *file, struct error *err)
{
	struct ip_lines lines = {0};
	int result = read_lines(file->path, &lines, err);

	if (result == 0) {
		publish(file, &lines);
		log_read(file, &lines);
	}
	ip_lines_fini(&lines);
	return result;
}

static void on_changed(struct file_watch *watch)
{
	struct error err;
	char text[1600];

	if (read_file((struct ip_file *)watch, &err) == -1)
		log_msg(LOG_WARN, "core", "the list keeps what it had: %s",
		    error_text(&err, text, sizeof(text)));
}

/* --- files ----------------------------------------------------------------------------------- */

static void free_file(struct file_watch *watch)
{
	struct ip_file *file = (struct ip_file *)watch;

	snapshot_free(file->current);
	free(file->path);
	free(file);
}

static const struct file_watch_type watch_type = {.changed = on_changed, .free = free_file};

int ip_file_check(const char *path, struct error *err)
{
	struct stat st;

	if (file_watch_check(path, err) == -1)
		return -1;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return error_set(err, ERROR_INVALID, "%s is not a file", path);
	if (access(path, R_OK) == -1 && errno != ENOENT)
		return error_errno(err, ERROR_INVALID, "cannot open %s", path);
	return 0;
}

/* Watches first, so that what happens while it is read is noticed. */
static int watch_and_read(struct ip_file *file, struct ev_loop *loop, struct error *err)
{
	int rc = loop != NULL ? file_watch_add(&file->watch, loop, file->path, err)
			      : file_watch_check(file->path, err);

	if (rc == -1 || read_file(file, err) == -1)
		return -1;
	if (loop != NULL)
		file_watch_share(&file->watch);
	return 0;
}

struct ip_file *ip_file_open(struct ev_loop *loop, const char *path, struct error *err)
{
	struct file_watch *shared = loop != NULL ? file_watch_find(&watch_type, path) : NULL;
	struct ip_file *file;

	if (shared != NULL)
		return (struct ip_file *)shared;
	file = mem_zalloc(sizeof(*file));
	file_watch_init(&file->watch, &watch_type);
	file->path = mem_strdup(path);
	if (watch_and_read(file, loop, err) == -1) {
		ip_file_close(file);
		return NULL;
	}
	return file;
}

void ip_file_close(struct ip_file *file)
{
	if (file != NULL)
		file_watch_unref(&file->watch);
}

/* --- asking ---------------------------------------------------------------------------------- */

bool ip_file_contains(struct ip_file *file, const struct netaddr *addr)
{
	unsigned place = readers_enter(&file->readers);
	bool contains = iprange_contains(file->current->set, addr);

	readers_leave(&file->readers, place);
	return contains;
}

size_t ip_file_count(struct ip_file *file)
{
	unsigned place = readers_enter(&file->readers);
	size_t count = iprange_count(file->current->set);

	readers_leave(&file->readers, place);
	return count;
}

uint64_t ip_file_loads(struct ip_file *file)
{
	return atomic_load_explicit(&file->loads, memory_order_relaxed);
}
