/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define GATHER_MS 20
#define STOP_MS 2000
#define REPORT_MAX 256
#define WRITE_MAX (64u * 1024) /* at a time, so that a slow reader makes room step by step */

enum writer_state {
	WRITER_DIRECT,  /* no thread: callers write themselves */
	WRITER_RUNNING, /* the thread writes */
	WRITER_STUCK,   /* the thread did not come back from its last write */
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake; /* the thread has something to do */
	pthread_cond_t done; /* the thread has ended */
	pthread_once_t once;
	pthread_t thread;
	enum writer_state state;
	bool stop, ended, urgent;
	int fd;
	log_writer_report *report;
	uint64_t lost; /* lines not yet reported */
	/* Held is ring[start..start + used), around the end; the thread alone takes from the front.
	 */
	size_t start, used;
	char ring[LOG_RING_SIZE];
} writer = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .once = PTHREAD_ONCE_INIT,
    .fd = STDERR_FILENO,
};

static void init_conditions(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&writer.wake, &attributes);
	pthread_cond_init(&writer.done, &attributes);
	pthread_condattr_destroy(&attributes);
}

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

static void ring_put(const char *text, size_t length)
{
	size_t at = (writer.start + writer.used) % LOG_RING_SIZE;
	size_t first = LOG_RING_SIZE - at < length ? LOG_RING_SIZE - at : length;

	memcpy(writer.ring + at, text, first);
	memcpy(writer.ring, text + first, length - first);
	writer.used += length;
}

static void ring_consume(size_t length)
{
	writer.used -= length;
	/* Starting over when empty keeps the pages that are touched few. */
	writer.start = writer.used == 0 ? 0 : (writer.start + length) % LOG_RING_SIZE;
}

static uint64_t ring_lines(size_t length)
{
	uint64_t lines = 0;
	size_t i;

	for (i = 0; i < length; i++)
		lines += writer.ring[(writer.start + i) % LOG_RING_SIZE] == '\n';
	return lines;
}

void log_writer_put(const char *text, size_t length, bool urgent)
{
	enum writer_state state;
	bool wake = false;
	int fd;

	pthread_mutex_lock(&writer.lock);
	state = writer.state;
	fd = writer.fd;
	if (state == WRITER_RUNNING && length <= LOG_RING_SIZE - writer.used) {
		wake =
		    writer.used == 0 || (urgent && !writer.urgent) ||
		    (writer.used < LOG_RING_SIZE / 2 && writer.used + length >= LOG_RING_SIZE / 2);
		ring_put(text, length);
		writer.urgent = writer.urgent || urgent;
	} else if (state == WRITER_RUNNING) {
		writer.lost++;
	}
	if (wake)
		pthread_cond_signal(&writer.wake);
	pthread_mutex_unlock(&writer.lock);
	if (state != WRITER_RUNNING)
		write_direct(fd, text, length, state == WRITER_STUCK ? 0 : STOP_MS);
}

/* Waits for lines, and then for more of them. The lock is held. */
static void gather(void)
{
	struct timespec until;

	while (writer.used == 0 && !writer.stop)
		pthread_cond_wait(&writer.wake, &writer.lock);
	until = after_ms(GATHER_MS);
	while (!writer.stop && !writer.urgent && writer.used < LOG_RING_SIZE / 2)
		if (pthread_cond_timedwait(&writer.wake, &writer.lock, &until) == ETIMEDOUT)
			break;
	writer.urgent = false;
}

/* Writes what lies in the ring from start on; returns how much, or -1. The lock is not held. */
static ssize_t write_ring(int fd, size_t start, size_t length)
{
	size_t first = LOG_RING_SIZE - start < length ? LOG_RING_SIZE - start : length;
	struct iovec parts[2] = {
	    {.iov_base = writer.ring + start, .iov_len = first},
	    {.iov_base = writer.ring, .iov_len = length - first},
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

/*
 * Writes at most length bytes of what the ring holds; returns how much it holds less. The lock is
 * held, but not while writing.
 */
static size_t write_held(size_t length)
{
	size_t start = writer.start, report_length;
	char report[REPORT_MAX];
	int fd = writer.fd;
	ssize_t n;

	if (length > WRITE_MAX)
		length = WRITE_MAX;
	pthread_mutex_unlock(&writer.lock);
	n = write_ring(fd, start, length);
	pthread_mutex_lock(&writer.lock);
	if (n == -1) {
		/* A full disk or a reader that left: trying again at once would not help. */
		writer.lost += ring_lines(length);
		ring_consume(length);
		return length;
	}
	ring_consume((size_t)n);
	if (writer.lost > 0 && writer.report != NULL && writer.used + REPORT_MAX <= LOG_RING_SIZE) {
		report_length = writer.report(report, sizeof(report), writer.lost);
		ring_put(report, report_length);
		writer.lost = 0;
	}
	return (size_t)n;
}

static void *run(void *unused)
{
	size_t left;

	pthread_mutex_lock(&writer.lock);
	while (!writer.stop || writer.used > 0) {
		gather();
		for (left = writer.used; left > 0;)
			left -= write_held(left);
	}
	writer.ended = true;
	pthread_cond_signal(&writer.done);
	pthread_mutex_unlock(&writer.lock);
	return unused;
}

void log_writer_init(int fd, log_writer_report *report)
{
	pthread_once(&writer.once, init_conditions);
	pthread_mutex_lock(&writer.lock);
	writer.fd = fd;
	writer.report = report;
	pthread_mutex_unlock(&writer.lock);
}

/* The thread takes no signals: they are for the loop, and SIGPIPE is an error of writev(). */
static bool create_thread(void)
{
	sigset_t all, old;
	int result;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	result = pthread_create(&writer.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return result == 0;
}

void log_writer_start(void)
{
	pthread_once(&writer.once, init_conditions);
	pthread_mutex_lock(&writer.lock);
	if (writer.state == WRITER_STUCK && writer.ended) {
		pthread_join(writer.thread, NULL);
		writer.state = WRITER_DIRECT;
	}
	writer.stop = false;
	if (writer.state == WRITER_STUCK) {
		writer.state = WRITER_RUNNING; /* the old thread goes on */
	} else if (writer.state == WRITER_DIRECT) {
		writer.ended = false;
		if (create_thread())
			writer.state = WRITER_RUNNING;
	}
	pthread_mutex_unlock(&writer.lock);
}

void log_writer_stop(void)
{
	struct timespec until = after_ms(STOP_MS);
	bool ended;

	pthread_mutex_lock(&writer.lock);
	if (writer.state != WRITER_RUNNING) {
		pthread_mutex_unlock(&writer.lock);
		return;
	}
	writer.stop = true;
	pthread_cond_signal(&writer.wake);
	while (!writer.ended)
		if (pthread_cond_timedwait(&writer.done, &writer.lock, &until) == ETIMEDOUT)
			break;
	ended = writer.ended;
	writer.state = ended ? WRITER_DIRECT : WRITER_STUCK;
	pthread_mutex_unlock(&writer.lock);
	if (ended)
		pthread_join(writer.thread, NULL);
}
