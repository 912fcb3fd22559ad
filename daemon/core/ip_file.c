/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/ip_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/core/ip_lines.h"
#include "daemon/core/iprange.h"

/* A file that is being written is read when it has been quiet for so long, or is late. */
#define QUIET 0.05
#define LATE 1.0
#define RETRY 1.0 /* for a folder that has gone */

#define WATCHED                                                                                    \
	(IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |        \
	    IN_ATTRIB | IN_MOVE_SELF | IN_ONLYDIR)

/* What lookups see: immutable. */
struct snapshot {
	_Atomic unsigned readers;
	struct arena *arena;
	const struct iprange *set;
};

/* By which a file is known to be the one that was read; all zero: there was none. */
struct identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed, modified;
};

struct ip_file {
	struct ip_file *next; /* shared ones */
	char *path, *folder;
	const char *name; /* in path, behind the folder */
	unsigned refs;
	int watch;           /* -1: not watched now */
	bool named, touched; /* an event named it; its folder had an event */
	struct identity seen;
	pthread_mutex_t swapping; /* held for a pointer's exchange */
	struct snapshot *current;
	_Atomic uint64_t loads;
};

/* lock guards files, their references and what the control thread notes in them. */
static struct {
	pthread_mutex_t lock;
	struct ip_file *files;
	struct ev_loop *loop; /* NULL: nothing is watched yet */
	int fd;
	ev_io io;
	ev_timer timer;
	ev_tstamp since; /* when the first event of this round came */
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

/* --- snapshots ------------------------------------------------------------------------------- */

static struct snapshot *snapshot_take(struct ip_file *file)
{
	struct snapshot *s;

	pthread_mutex_lock(&file->swapping);
	s = file->current;
	atomic_fetch_add_explicit(&s->readers, 1, memory_order_relaxed);
	pthread_mutex_unlock(&file->swapping);
	return s;
}

static void snapshot_release(struct snapshot *s)
{
	atomic_fetch_sub_explicit(&s->readers, 1, memory_order_release);
}

/* Waits for the readers (a look-up each) that have taken it just before. */
static void snapshot_free(struct snapshot *s)
{
	if (s == NULL)
		return;
	while (atomic_load_explicit(&s->readers, memory_order_acquire) > 0)
		sched_yield();
	arena_free(s->arena);
	free(s);
}

static void publish(struct ip_file *file, const struct ip_lines *lines)
{
	struct snapshot *s = mem_zalloc(sizeof(*s)), *old;

	s->arena = arena_new(512);
	s->set = iprange_new(s->arena, lines->ranges, lines->count);
	pthread_mutex_lock(&file->swapping);
	old = file->current;
	file->current = s;
	pthread_mutex_unlock(&file->swapping);
	snapshot_free(old);
	atomic_fetch_add_explicit(&file->loads, 1, memory_order_relaxed);
}

/* --- reading --------------------------------------------------------------------------------- */

static struct identity identity_of(const struct stat *st)
{
	return (struct identity){
	    .device = st->st_dev,
	    .inode = st->st_ino,
	    .size = st->st_size,
	    .changed = st->st_ctim,
	    .modified = st->st_mtim,
	};
}

static bool identity_equal(const struct identity *a, const struct identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec &&
	       a->modified.tv_sec == b->modified.tv_sec &&
	       a->modified.tv_nsec == b->modified.tv_nsec;
}

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

/* Fills lines from the file at path, and *id. One that is not there is empty. */
static int read_lines(
    const char *path, struct ip_lines *lines, struct identity *id, struct error *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result;

	*id = (struct identity){0};
	if (fd == -1)
		return errno == ENOENT ? 0
				       : error_errno(err, ERROR_INVALID, "cannot open %s", path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return error_set(err, ERROR_INVALID, "%s is not a file", path);
	}
	*id = identity_of(&st);
	result = ip_lines_read(lines, fd, err);
	close(fd);
	return result == -1 ? error_at(err, "%s", path) : 0;
}

/* With a reference held, without the lock. The old set stays where the file cannot be read. */
static int read_file(struct ip_file *file, struct error *err)
{
	struct ip_lines lines = {0};
	struct identity id;
	int result = read_lines(file->path, &lines, &id, err);

	pthread_mutex_lock(&shared.lock);
	file->seen = id;
	pthread_mutex_unlock(&shared.lock);
	if (result == 0) {
		publish(file, &lines);
		log_read(file, &lines);
	}
	ip_lines_fini(&lines);
	return result;
}

/* --- watching, on the control thread --------------------------------------------------------- */

static struct ip_file *find_watch(int watch)
{
	struct ip_file *file;

	for (file = shared.files; file != NULL && file->watch != watch; file = file->next)
		;
	return file;
}

/* Under the lock. One folder is one watch for all its files. */
static bool watch_folder(struct ip_file *file)
{
	file->watch = inotify_add_watch(shared.fd, file->folder, WATCHED);
	return file->watch != -1;
}

/* Under the lock. Does an event of the file's folder concern the file? */
static bool note_event(const struct inotify_event *event)
{
	struct ip_file *file;
	bool named = false;

	for (file = shared.files; file != NULL; file = file->next) {
		if (event->mask & IN_Q_OVERFLOW)
			file->named = true;
		if (file->watch != event->wd)
			continue;
		file->touched = true;
		if (event->mask & (IN_IGNORED | IN_MOVE_SELF))
			file->watch = -1;
		if (event->len > 0 && strcmp(event->name, file->name) == 0)
			file->named = named = true;
	}
	/* A folder that was moved is another one's place now. */
	if (event->mask & IN_MOVE_SELF)
		inotify_rm_watch(shared.fd, event->wd);
	return named;
}

/* Starts the time of quiet, again for each event that names a file, until it is late. */
static void schedule(bool named)
{
	ev_tstamp now = ev_now(shared.loop);

	if (!ev_is_active(&shared.timer))
		shared.since = now;
	else if (!named || now - shared.since >= LATE)
		return;
	ev_timer_stop(shared.loop, &shared.timer);
	ev_timer_set(&shared.timer, QUIET, 0.);
	ev_timer_start(shared.loop, &shared.timer);
}

static void on_events(struct ev_loop *loop, ev_io *io, int events)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;
	bool named = false;
	ssize_t n, at;

	(void)loop;
	(void)events;
	n = read(io->fd, buffer, sizeof(buffer));
	if (n <= 0)
		return;
	pthread_mutex_lock(&shared.lock);
	for (at = 0; at < n; at += (ssize_t)(sizeof(*event) + event->len)) {
		event = (const struct inotify_event *)(const void *)(buffer + at);
		named |= note_event(event);
	}
	pthread_mutex_unlock(&shared.lock);
	schedule(named);
}

/* Under the lock. Also a file that no event names may be another one: a link's target was. */
static bool has_changed(struct ip_file *file)
{
	struct identity id = {0};
	struct stat st;

	if (file->named)
		return true;
	if (stat(file->path, &st) == 0)
		id = identity_of(&st);
	return !identity_equal(&id, &file->seen);
}

/* The next file to be read, referenced; NULL: none. */
static struct ip_file *take_changed(void)
{
	struct ip_file *file;

	pthread_mutex_lock(&shared.lock);
	for (file = shared.files; file != NULL; file = file->next) {
		if (!file->touched && !file->named)
			continue;
		if (!has_changed(file)) {
			file->touched = false;
			continue;
		}
		file->touched = file->named = false;
		file->refs++;
		break;
	}
	pthread_mutex_unlock(&shared.lock);
	return file;
}

/* Folders that had gone and are there again. Is one missing still? */
static bool watch_again(void)
{
	struct ip_file *file;
	bool missing = false;

	pthread_mutex_lock(&shared.lock);
	for (file = shared.files; file != NULL; file = file->next) {
		if (file->watch != -1)
			continue;
		file->touched = true;
		missing |= !watch_folder(file);
	}
	pthread_mutex_unlock(&shared.lock);
	return missing;
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	bool missing = watch_again();
	struct ip_file *file;
	struct error err;
	char text[1600];

	(void)events;
	while ((file = take_changed()) != NULL) {
		if (read_file(file, &err) == -1)
			log_msg(LOG_WARN, "core", "the list keeps what it had: %s",
			    error_text(&err, text, sizeof(text)));
		ip_file_close(file);
	}
	if (missing) {
		ev_timer_set(timer, RETRY, 0.);
		ev_timer_start(loop, timer);
	}
}

static int start_watching(struct ev_loop *loop, struct error *err)
{
	if (shared.loop != NULL)
		return 0;
	shared.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (shared.fd == -1)
		return error_errno(err, ERROR_LIMIT, "cannot watch files");
	shared.loop = loop;
	ev_io_init(&shared.io, on_events, shared.fd, EV_READ);
	ev_io_start(loop, &shared.io);
	ev_timer_init(&shared.timer, on_timer, QUIET, 0.);
	return 0;
}

void ip_files_stop(void)
{
	if (shared.loop == NULL)
		return;
	ev_io_stop(shared.loop, &shared.io);
	ev_timer_stop(shared.loop, &shared.timer);
	close(shared.fd);
	shared.fd = -1;
	shared.loop = NULL;
}

/* --- files ----------------------------------------------------------------------------------- */

static struct ip_file *file_new(const char *path)
{
	struct ip_file *file = mem_zalloc(sizeof(*file));
	const char *slash = strrchr(path, '/');

	file->path = mem_strdup(path);
	file->name = slash != NULL ? file->path + (slash - path) + 1 : file->path;
	file->folder = mem_strdup(slash != NULL ? path : ".");
	if (slash != NULL)
		file->folder[slash == path ? 1 : slash - path] = '\0';
	file->refs = 1;
	file->watch = -1;
	pthread_mutex_init(&file->swapping, NULL);
	return file;
}

static void file_free(struct ip_file *file)
{
	snapshot_free(file->current);
	pthread_mutex_destroy(&file->swapping);
	free(file->path);
	free(file->folder);
	free(file);
}

static int check_folder(const struct ip_file *file, struct error *err)
{
	struct stat st;

	if (stat(file->folder, &st) == -1)
		return error_errno(err, ERROR_INVALID, "cannot watch %s", file->folder);
	if (!S_ISDIR(st.st_mode) || file->name[0] == '\0')
		return error_set(err, ERROR_INVALID, "%s is not a file in a folder", file->path);
	return 0;
}

int ip_file_check(const char *path, struct error *err)
{
	struct ip_file *file = file_new(path);
	struct stat st;
	int result = check_folder(file, err);

	if (result == 0 && stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		result = error_set(err, ERROR_INVALID, "%s is not a file", path);
	else if (result == 0 && access(path, R_OK) == -1 && errno != ENOENT)
		result = error_errno(err, ERROR_INVALID, "cannot open %s", path);
	file_free(file);
	return result;
}

static struct ip_file *find_shared(const char *path)
{
	struct ip_file *file;

	pthread_mutex_lock(&shared.lock);
	for (file = shared.files; file != NULL && strcmp(file->path, path) != 0; file = file->next)
		;
	if (file != NULL)
		file->refs++;
	pthread_mutex_unlock(&shared.lock);
	return file;
}

/* Watches first, so that what happens while it is read is noticed. */
static int share(struct ip_file *file, struct ev_loop *loop, struct error *err)
{
	bool watched;

	if (start_watching(loop, err) == -1)
		return -1;
	pthread_mutex_lock(&shared.lock);
	watched = watch_folder(file);
	if (watched) {
		file->next = shared.files;
		shared.files = file;
	}
	pthread_mutex_unlock(&shared.lock);
	return watched ? 0 : error_errno(err, ERROR_LIMIT, "cannot watch %s", file->folder);
}

struct ip_file *ip_file_open(struct ev_loop *loop, const char *path, struct error *err)
{
	struct ip_file *file = loop != NULL ? find_shared(path) : NULL;

	if (file != NULL)
		return file;
	file = file_new(path);
	if (check_folder(file, err) == -1 || (loop != NULL && share(file, loop, err) == -1)) {
		file_free(file);
		return NULL;
	}
	if (read_file(file, err) == -1) {
		ip_file_close(file);
		return NULL;
	}
	return file;
}

/* Under the lock. */
static void leave_shared(struct ip_file *file)
{
	struct ip_file **at;

	for (at = &shared.files; *at != NULL && *at != file; at = &(*at)->next)
		;
	if (*at == NULL)
		return;
	*at = file->next;
	if (file->watch != -1 && find_watch(file->watch) == NULL)
		inotify_rm_watch(shared.fd, file->watch);
}

void ip_file_close(struct ip_file *file)
{
	bool last;

	if (file == NULL)
		return;
	pthread_mutex_lock(&shared.lock);
	last = --file->refs == 0;
	if (last)
		leave_shared(file);
	pthread_mutex_unlock(&shared.lock);
	if (last)
		file_free(file);
}

/* --- asking ---------------------------------------------------------------------------------- */

bool ip_file_contains(struct ip_file *file, const struct netaddr *addr)
{
	struct snapshot *s = snapshot_take(file);
	bool contains = iprange_contains(s->set, addr);

	snapshot_release(s);
	return contains;
}

size_t ip_file_count(struct ip_file *file)
{
	struct snapshot *s = snapshot_take(file);
	size_t count = iprange_count(s->set);

	snapshot_release(s);
	return count;
}

uint64_t ip_file_loads(struct ip_file *file)
{
	return atomic_load_explicit(&file->loads, memory_order_relaxed);
}
