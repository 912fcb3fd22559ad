/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/arena.h"

#define WORDS_MAX 240 /* bytes of its output that are kept, the last ones */

extern char **environ;

struct hook {
	struct hook *prev, *next;
	struct ev_loop *loop;
	pid_t pid;
	ev_child exited;
	ev_io output;
	ev_timer timer;
	void (*done)(void *arg, const char *failure);
	void *arg;
	bool killed;
	size_t used;
	char words[WORDS_MAX + 1];
};

static struct hook *running;

/* ---- its output ---------------------------------------------------------------------------- */

static void keep_words(struct hook *h, const char *bytes, size_t n)
{
	size_t drop;

	if (n > WORDS_MAX) {
		bytes += n - WORDS_MAX;
		n = WORDS_MAX;
	}
	drop = h->used + n > WORDS_MAX ? h->used + n - WORDS_MAX : 0;
	memmove(h->words, h->words + drop, h->used - drop);
	h->used -= drop;
	memcpy(h->words + h->used, bytes, n);
	h->used += n;
	h->words[h->used] = '\0';
}

/* false: nothing more will come. */
static bool read_output(struct hook *h)
{
	char bytes[1024];
	ssize_t n = 1;
	int rounds;

	for (rounds = 0; n > 0 && rounds < 16; rounds++) {
		n = read(h->output.fd, bytes, sizeof(bytes));
		if (n > 0)
			keep_words(h, bytes, (size_t)n);
	}
	return n > 0 || (n == -1 && errno == EAGAIN);
}

static void on_output(struct ev_loop *loop, ev_io *w, int events)
{
	struct hook *h = w->data;

	(void)events;
	if (!read_output(h))
		ev_io_stop(loop, w);
}

/* ---- its end ------------------------------------------------------------------------------- */

static void hook_free(struct hook *h)
{
	ev_child_stop(h->loop, &h->exited);
	ev_io_stop(h->loop, &h->output);
	ev_timer_stop(h->loop, &h->timer);
	close(h->output.fd);
	if (h->prev != NULL)
		h->prev->next = h->next;
	else
		running = h->next;
	if (h->next != NULL)
		h->next->prev = h->prev;
	free(h);
}

/* The last line that it has said, made printable. */
static const char *last_line(struct hook *h)
{
	char *p, *line;

	while (h->used > 0 && strchr(" \r\n\t", h->words[h->used - 1]) != NULL)
		h->words[--h->used] = '\0';
	line = strrchr(h->words, '\n');
	line = line != NULL ? line + 1 : h->words;
	for (p = line; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return line;
}

static void on_exit_seen(struct ev_loop *loop, ev_child *w, int events)
{
	struct hook *h = w->data;
	char failure[WORDS_MAX + 96];
	int status = w->rstatus;
	const char *said;

	(void)loop;
	(void)events;
	read_output(h);
	said = last_line(h);
	failure[0] = '\0';
	if (h->killed)
		snprintf(failure, sizeof(failure), "was killed after %.0f s", HOOK_SECONDS);
	else if (WIFSIGNALED(status))
		snprintf(failure, sizeof(failure), "was ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		snprintf(failure, sizeof(failure), "ended with status %d%s%s", WEXITSTATUS(status),
		    *said != '\0' ? ": " : "", said);
	if (h->done != NULL)
		h->done(h->arg, failure[0] != '\0' ? failure : NULL);
	hook_free(h);
}

static void on_timeout(struct ev_loop *loop, ev_timer *w, int events)
{
	struct hook *h = w->data;

	(void)loop;
	(void)events;
	h->killed = true;
	kill(-h->pid, SIGKILL);
}

/* ---- its beginning ------------------------------------------------------------------------- */

/* In a group of its own, with ordinary signals, output into fd. Returns 0 or an errno. */
static int spawn(const char *const *argv, int fd, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, fd, 1);
	posix_spawn_file_actions_adddup2(&files, fd, 2);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	posix_spawnattr_setflags(
	    &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setsigmask(&attributes, &none);
	rc = posix_spawn(pid, argv[0], &files, &attributes, (char *const *)argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static struct hook *hook_new(struct ev_loop *loop, pid_t pid, int output)
{
	struct hook *h = mem_zalloc(sizeof(*h));

	h->loop = loop;
	h->pid = pid;
	h->next = running;
	if (running != NULL)
		running->prev = h;
	running = h;
	ev_child_init(&h->exited, on_exit_seen, pid, 0);
	ev_io_init(&h->output, on_output, output, EV_READ);
	ev_timer_init(&h->timer, on_timeout, HOOK_SECONDS, 0.);
	h->exited.data = h->output.data = h->timer.data = h;
	ev_child_start(loop, &h->exited);
	ev_io_start(loop, &h->output);
	ev_timer_start(loop, &h->timer);
	return h;
}

struct hook *hook_start(struct ev_loop *loop, const char *const *argv,
    void (*done)(void *arg, const char *failure), void *arg, struct error *err)
{
	struct hook *h;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1) {
		error_errno(err, ERROR_INTERNAL, "cannot make a pipe for '%s'", argv[0]);
		return NULL;
	}
	/* Our end alone: a program that writes much is to wait, not to meet EAGAIN. */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	errno = spawn(argv, ends[1], &pid);
	close(ends[1]);
	if (errno != 0) {
		error_errno(err, ERROR_INVALID, "cannot run '%s'", argv[0]);
		close(ends[0]);
		return NULL;
	}
	h = hook_new(loop, pid, ends[0]);
	h->done = done;
	h->arg = arg;
	return h;
}

void hook_cancel(struct hook *hook)
{
	hook->done = NULL;
	kill(-hook->pid, SIGKILL);
}

void hooks_stop(void)
{
	while (running != NULL) {
		kill(-running->pid, SIGKILL);
		waitpid(running->pid, NULL, 0);
		hook_free(running);
	}
}
