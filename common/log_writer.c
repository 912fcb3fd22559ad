/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/log.h"
#include "common/log_file.h"
#include <unistd.h>

#define GATHER_MS 20
#define STOP_MS 2000
#define REPORT_MAX sizeof(((struct log_text *)0)->text)
#define WRITE_MAX (64u * 1024) /* at a time, so that a slow reader makes room step by step */

enum writer_state {
	WRITER_DIRECT,  /* no thread: callers write themselves */
	WRITER_RUNNING, /* the thread writes */
	WRITER_STUCK,   /* the thread did not come back from its last write */
};

struct log_writer {
	pthread_mutex_t lock;
	pthread_cond_t wake; /* the thread has something to do */
	pthread_cond_t done; /* the thread has ended */
	pthread_t thread;
	enum writer_state state;
	bool stop, ended, urgent, reopen;
	struct log_file *file; /* while the thread runs it is the thread's alone */
	size_t written;        /* to it, not yet told it; the thread's too */
	struct log_file *next; /* takes its place; NULL: none */
	char *name;
	enum log_format format;
	uint64_t lost; /* lines not yet reported */
	/* Held is ring[start..start + used), around the end; the thread alone takes from the front.
	 */
	size_t start, used;
	char *ring;
	struct log_writer *next_retired;
};

/* Those that still write what they hold. The control thread's alone. */
static struct log_writer *retired;

static struct timespec after_ms(long ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += ms % 1000 * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	return ts;
}

static bool writable(int fd, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

	return poll(&poll_fd, 1, timeout_ms) != 0;
}

/* One line by the caller itself; given up where the descriptor is not ready in time. */
static void write_direct(int fd, const char *text, size_t length, int timeout_ms)
{
	while (length > 0) {
		ssize_t n;

		if (!writable(fd, timeout_ms))
			return;
		n = write(fd, text, length);
		if (n == -1 && errno != EINTR && errno != EAGAIN)
			return;
		if (n > 0) {
			text += n;
			length -= (size_t)n;
		}
	}
}

static void ring_put(struct log_writer *w, const char *text, size_t length)
{
	size_t at = (w->start + w->used) % LOG_RING_SIZE;
	size_t first = LOG_RING_SIZE - at < length ? LOG_RING_SIZE - at : length;

	memcpy(w->ring + at, text, first);
	memcpy(w->ring, text + first, length - first);
	w->used += length;
}

static void ring_consume(struct log_writer *w, size_t length)
{
	w->used -= length;
	/* Starting over when empty keeps the pages that are touched few. */
	w->start = w->used == 0 ? 0 : (w->start + length) % LOG_RING_SIZE;
}

static uint64_t ring_lines(struct log_writer *w, size_t length)
{
	uint64_t lines = 0;
	size_t i;

	for (i = 0; i < length; i++)
		lines += w->ring[(w->start + i) % LOG_RING_SIZE] == '\n';
	return lines;
}

void log_writer_put(struct log_writer *w, const char *text, size_t length, bool urgent)
{
	enum writer_state state;
	bool wake = false;
	int fd;

	pthread_mutex_lock(&w->lock);
	state = w->state;
	fd = log_file_fd(w->file);
	if (state == WRITER_RUNNING && length <= LOG_RING_SIZE - w->used) {
		wake = w->used == 0 || (urgent && !w->urgent) ||
		       (w->used < LOG_RING_SIZE / 2 && w->used + length >= LOG_RING_SIZE / 2);
		ring_put(w, text, length);
		w->urgent = w->urgent || urgent;
	} else if (state == WRITER_RUNNING) {
		w->lost++;
	}
	if (wake)
		pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (state != WRITER_RUNNING)
		write_direct(fd, text, length, state == WRITER_STUCK ? 0 : STOP_MS);
}

/* Waits for lines, and then for more of them. The lock is held. */
static void gather(struct log_writer *w)
{
	struct timespec until;

	while (w->used == 0 && !w->stop && !w->reopen && w->next == NULL)
		pthread_cond_wait(&w->wake, &w->lock);
	until = after_ms(GATHER_MS);
	while (!w->stop && !w->urgent && w->used < LOG_RING_SIZE / 2)
		if (pthread_cond_timedwait(&w->wake, &w->lock, &until) == ETIMEDOUT)
			break;
	w->urgent = false;
}

/* Writes what lies in the ring from start on; returns how much, or -1. The lock is not held. */
static ssize_t write_ring(const struct log_writer *w, int fd, size_t start, size_t length)
{
	size_t first = LOG_RING_SIZE - start < length ? LOG_RING_SIZE - start : length;
	struct iovec parts[2] = {
	    {.iov_base = w->ring + start, .iov_len = first},
	    {.iov_base = w->ring, .iov_len = length - first},
	};
	ssize_t n;

	for (;;) {
		n = writev(fd, parts, first < length ? 2 : 1);
		if (n != -1 || (errno != EINTR && errno != EAGAIN))
			return n;
		if (errno == EAGAIN)
			writable(fd, STOP_MS);
	}
}

static void report_lost(struct log_writer *w)
{
	struct log_text line;

	log_text_begin(
	    &line, w->format, LOG_WARN, "log", "lines were lost: the output was blocked or failed");
	log_text_u64(&line, "count", w->lost);
	log_text_end(&line);
	ring_put(w, line.text, line.used);
	w->lost = 0;
}

/*
 * Writes at most length bytes of what the ring holds; returns how much it holds less. The lock is
 * held, but not while writing.
 */
static size_t write_held(struct log_writer *w, size_t length)
{
	size_t start = w->start;
	int fd = log_file_fd(w->file);
	ssize_t n;

	if (length > WRITE_MAX)
		length = WRITE_MAX;
	pthread_mutex_unlock(&w->lock);
	n = write_ring(w, fd, start, length);
	pthread_mutex_lock(&w->lock);
	if (n == -1) {
		/* A full disk or a reader that left: trying again at once would not help. */
		w->lost += ring_lines(w, length);
		ring_consume(w, length);
		return length;
	}
	ring_consume(w, (size_t)n);
	w->written += (size_t)n;
	if (w->lost > 0 && w->used + REPORT_MAX <= LOG_RING_SIZE)
		report_lost(w);
	return (size_t)n;
}

/* A complaint, by way of the log itself. The lock is held, and let go for that. */
static void complain(struct log_writer *w, const struct error *err)
{
	pthread_mutex_unlock(&w->lock);
	log_msg(LOG_ERROR, "log", "%s; it goes on where it was", err->message);
	pthread_mutex_lock(&w->lock);
}

/* Between lines: another file, or the same anew. The lock is held. */
static void change_file(struct log_writer *w)
{
	struct log_file *before = w->file;
	bool reopen = w->reopen;
	struct error err;
	int rc;

	w->reopen = false;
	if (w->next != NULL) {
		w->file = w->next;
		w->next = NULL;
		log_file_close(before);
	} else if (reopen) {
		pthread_mutex_unlock(&w->lock);
		rc = log_file_reopen(before, &err);
		pthread_mutex_lock(&w->lock);
		if (rc == -1)
			complain(w, &err);
	}
}

static void *run(void *arg)
{
	struct log_writer *w = arg;
	size_t left;
	struct error err;
	int rc;

	pthread_mutex_lock(&w->lock);
	while (!w->stop || w->used > 0) {
		gather(w);
		change_file(w);
		for (left = w->used; left > 0;)
			left -= write_held(w, left);
		pthread_mutex_unlock(&w->lock);
		rc = log_file_wrote(w->file, w->written, &err);
		w->written = 0;
		pthread_mutex_lock(&w->lock);
		if (rc == -1)
			complain(w, &err);
	}
	w->ended = true;
	pthread_cond_signal(&w->done);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- its life ------------------------------------------------------------------------------- */

static void init_conditions(struct log_writer *w)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attributes);
	pthread_cond_init(&w->done, &attributes);
	pthread_condattr_destroy(&attributes);
}

struct log_writer *log_writer_new(struct log_file *file, enum log_format format)
{
	struct log_writer *w = mem_zalloc(sizeof(*w));

	pthread_mutex_init(&w->lock, NULL);
	init_conditions(w);
	w->file = file;
	w->name = mem_strdup(log_file_name(file));
	w->format = format;
	w->ring = mem_alloc(LOG_RING_SIZE);
	return w;
}

static void writer_free(struct log_writer *w)
{
	log_file_close(w->file);
	log_file_close(w->next);
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->done);
	pthread_mutex_destroy(&w->lock);
	free(w->name);
	free(w->ring);
	free(w);
}

const char *log_writer_name(const struct log_writer *w)
{
	return w->name;
}

void log_writer_take(struct log_writer *w, struct log_file *file, enum log_format format)
{
	struct log_file *unused;

	pthread_mutex_lock(&w->lock);
	w->format = format;
	unused = w->next;
	w->next = file;
	if (w->state == WRITER_DIRECT)
		change_file(w);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	log_file_close(unused);
}

void log_writer_reopen(struct log_writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->reopen = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

/* The thread takes no signals: they are for the loop, and SIGPIPE is an error of writev(). */
static bool create_thread(struct log_writer *w)
{
	sigset_t all, old;
	int result;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	result = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return result == 0;
}

void log_writer_start(struct log_writer *w)
{
	pthread_mutex_lock(&w->lock);
	if (w->state == WRITER_STUCK && w->ended) {
		pthread_join(w->thread, NULL);
		w->state = WRITER_DIRECT;
	}
	w->stop = false;
	if (w->state == WRITER_STUCK) {
		w->state = WRITER_RUNNING; /* the old thread goes on */
	} else if (w->state == WRITER_DIRECT) {
		w->ended = false;
		if (create_thread(w))
			w->state = WRITER_RUNNING;
	}
	pthread_mutex_unlock(&w->lock);
}

static void ask_to_stop(struct log_writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

/* true: no thread is left. */
static bool wait_for_end(struct log_writer *w, const struct timespec *until)
{
	bool ended;

	pthread_mutex_lock(&w->lock);
	if (w->state != WRITER_RUNNING) {
		ended = w->state == WRITER_DIRECT;
		pthread_mutex_unlock(&w->lock);
		return ended;
	}
	while (!w->ended)
		if (pthread_cond_timedwait(&w->done, &w->lock, until) == ETIMEDOUT)
			break;
	ended = w->ended;
	w->state = ended ? WRITER_DIRECT : WRITER_STUCK;
	pthread_mutex_unlock(&w->lock);
	if (ended)
		pthread_join(w->thread, NULL);
	return ended;
}

/* Frees those of the retired that have ended. */
static void reap(void)
{
	struct log_writer **at = &retired, *w;
	bool ended;

	while ((w = *at) != NULL) {
		pthread_mutex_lock(&w->lock);
		ended = w->ended || w->state == WRITER_DIRECT;
		pthread_mutex_unlock(&w->lock);
		if (!ended) {
			at = &w->next_retired;
			continue;
		}
		if (w->state != WRITER_DIRECT)
			pthread_join(w->thread, NULL);
		*at = w->next_retired;
		writer_free(w);
	}
}

void log_writer_retire(struct log_writer *w)
{
	ask_to_stop(w);
	w->next_retired = retired;
	retired = w;
	reap();
}

void log_writers_stop(struct log_writer *const *writers, size_t count)
{
	struct timespec until = after_ms(STOP_MS);
	struct log_writer *w;
	size_t i;

	for (i = 0; i < count; i++)
		ask_to_stop(writers[i]);
	for (i = 0; i < count; i++)
		wait_for_end(writers[i], &until);
	for (w = retired; w != NULL; w = w->next_retired)
		wait_for_end(w, &until);
	reap();
}
