/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/server.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <ev.h>

#include "common/control_path.h"
#include "common/log.h"
#include "daemon/control/event_log.h"
#include "daemon/control/level.h"
#include "daemon/control/session.h"
#include "daemon/control/txn_memory.h"
#include "daemon/core/worker.h"

#define SOCKET_MODE 0660
#define FOLDER_MODE 0750
#define BACKLOG 128
#define ACCEPTS_PER_WAKE 16
#define PAUSE 0.5 /* seconds, after running out of descriptors */
#define FOLDER_LOCK_MS 2000

static struct {
	ev_io io; /* active: started */
	ev_timer pause;
	struct level_rules rules;
	char path[CONTROL_PATH_MAX];
	dev_t device; /* of the socket's file, to know it again */
	ino_t inode;
} control;

/* ---- clients ------------------------------------------------------------------------------- */

static void welcome(int fd)
{
	struct caller caller;

	if (session_count() >= CONTROL_CLIENTS_MAX) {
		session_turn_away(fd, error_code_name(ERROR_LIMIT), "too many clients");
		close(fd);
	} else if (level_identify(&control.rules, fd, &caller) == -1) {
		log_msg(LOG_WARN, "control", "cannot tell who a client is: %s", strerror(errno));
		close(fd);
	} else {
		session_start(fd, &caller);
	}
}

static void on_accept(struct ev_loop *loop, ev_io *w, int events)
{
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPTS_PER_WAKE; i++) {
		fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1) {
			welcome(fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			ev_io_stop(loop, w);
			ev_timer_set(&control.pause, PAUSE, 0.);
			ev_timer_start(loop, &control.pause);
		}
		return;
	}
}

static void on_pause_over(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)w;
	(void)events;
	ev_io_start(loop, &control.io);
}

/* ---- the socket's place -------------------------------------------------------------------- */

/* Our own folder's mode, whatever the umask is. */
static void set_folder_mode(int fd, const char *folder)
{
	if (control.rules.has_group && fchown(fd, (uid_t)-1, control.rules.group) == -1)
		log_msg(LOG_DEBUG, "control", "%s stays with our own group: %s", folder,
		    strerror(errno));
	if (fchmod(fd, FOLDER_MODE) == -1)
		log_msg(
		    LOG_WARN, "control", "cannot set the mode of %s: %s", folder, strerror(errno));
}

/* Opens the folder of path, made if it is not there. */
static int open_folder(const char *path, struct error *err)
{
	char copy[CONTROL_PATH_MAX];
	const char *folder;
	bool made;
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	folder = dirname(copy);
	made = mkdir(folder, FOLDER_MODE) == 0;
	if (!made && errno != EEXIST)
		return error_errno(err, ERROR_INVALID, "cannot make the folder %s", folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (made ? O_NOFOLLOW : 0));
	if (fd == -1)
		return error_errno(err, ERROR_INVALID, "cannot open the folder %s", folder);
	if (made)
		set_folder_mode(fd, folder);
	return fd;
}

/*
 * Two daemons that start at once must not remove each other's socket: looking, removing and
 * binding happen under a lock of the folder.
 */
static int lock_folder(int folder, struct error *err)
{
	int waited;

	for (waited = 0; waited < FOLDER_LOCK_MS; waited += 10) {
		if (flock(folder, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_errno(
			    err, ERROR_INTERNAL, "cannot lock the folder of %s", control.path);
		usleep(10000);
	}
	return error_set(
	    err, ERROR_BUSY, "another program keeps the folder of %s locked", control.path);
}

static void address_of(const char *path, struct sockaddr_un *out)
{
	memset(out, 0, sizeof(*out));
	out->sun_family = AF_UNIX;
	snprintf(out->sun_path, sizeof(out->sun_path), "%s", path);
}

/* Does someone listen there? 1, 0, or -1 with err where that cannot be told. */
static int is_live(const char *path, struct error *err)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int result;

	if (fd == -1)
		return error_errno(err, ERROR_INTERNAL, "cannot make a socket");
	address_of(path, &address);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN)
		result = 1;
	else if (errno == ECONNREFUSED || errno == ENOENT)
		result = 0;
	else
		result = error_errno(err, ERROR_IN_USE, "cannot tell who listens at %s", path);
	close(fd);
	return result;
}

/* Makes way for our socket: only a dead one goes. */
static int clear_path(const char *path, struct error *err)
{
	struct stat st;
	int live;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			return 0;
		return error_errno(err, ERROR_INVALID, "cannot look at %s", path);
	}
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, ERROR_EXISTS, "%s is there and is no socket", path);
	live = is_live(path, err);
	if (live == -1)
		return -1;
	if (live)
		return error_set(err, ERROR_IN_USE,
		    "another daemon listens at %s; give this one its own --control", path);
	if (unlink(path) == -1)
		return error_errno(err, ERROR_INVALID, "cannot remove the dead socket %s", path);
	log_msg(LOG_INFO, "control", "removed the dead socket %s", path);
	return 0;
}

/* Group and mode of the file that is ours, whatever path leads to by now. */
static int give_to_group(const char *path, struct error *err)
{
	char self[64];
	struct stat st;
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int rc = -1;

	if (fd == -1 || fstat(fd, &st) == -1) {
		error_errno(err, ERROR_INTERNAL, "cannot look at %s", path);
		goto out;
	}
	if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid()) {
		error_set(err, ERROR_CONFLICT, "someone replaced %s", path);
		goto out;
	}
	control.device = st.st_dev;
	control.inode = st.st_ino;
	if (control.rules.has_group &&
	    fchownat(fd, "", (uid_t)-1, control.rules.group, AT_EMPTY_PATH) == -1)
		log_msg(
		    LOG_DEBUG, "control", "%s stays with our own group: %s", path, strerror(errno));
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (chmod(self, SOCKET_MODE) == -1) {
		error_errno(err, ERROR_INTERNAL, "cannot set the mode of %s", path);
		goto out;
	}
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	return rc;
}

static int bind_socket(int fd, const char *path, struct error *err)
{
	struct sockaddr_un address;

	address_of(path, &address);
	/* The file gets the socket's mode less the umask, so it is never open to others. */
	if (fchmod(fd, SOCKET_MODE) == -1)
		return error_errno(err, ERROR_INTERNAL, "cannot set the mode of a socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1)
		return error_errno(err, ERROR_INVALID, "cannot bind %s", path);
	if (give_to_group(path, err) == -1 || listen(fd, BACKLOG) == -1) {
		unlink(path);
		return err->code != ERROR_NONE
			   ? -1
			   : error_errno(err, ERROR_INTERNAL, "cannot listen at %s", path);
	}
	return 0;
}

static int open_socket(const char *path, struct error *err)
{
	int folder = open_folder(path, err);
	int fd = -1, rc = -1;

	if (folder == -1)
		return -1;
	if (lock_folder(folder, err) == -1 || clear_path(path, err) == -1)
		goto out;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		error_errno(err, ERROR_INTERNAL, "cannot make a socket");
	else
		rc = bind_socket(fd, path, err);
out:
	close(folder);
	if (rc == -1 && fd != -1)
		close(fd);
	return rc == -1 ? -1 : fd;
}

/* ---- start and stop ------------------------------------------------------------------------ */

int control_server_start(const char *path, struct error *err)
{
	int fd;

	*err = (struct error){.code = ERROR_NONE};
	if (path == NULL)
		control_path_daemon(control.path);
	else if (snprintf(control.path, sizeof(control.path), "%s", path) >=
		 (int)sizeof(control.path))
		return error_set(
		    err, ERROR_INVALID, "the control socket's path is too long: %s", path);
	control.rules = level_rules_default();
	fd = open_socket(control.path, err);
	if (fd == -1)
		return -1;
	ev_timer_init(&control.pause, on_pause_over, PAUSE, 0.);
	ev_io_init(&control.io, on_accept, fd, EV_READ);
	ev_io_start(control_loop(), &control.io);
	event_log_start();
	log_msg(LOG_INFO, "control", "listening at %s", control.path);
	return 0;
}

static void remove_socket(void)
{
	struct stat st;

	if (lstat(control.path, &st) == 0 && st.st_dev == control.device &&
	    st.st_ino == control.inode)
		unlink(control.path);
}

void control_server_stop(void)
{
	if (!ev_is_active(&control.io) && !ev_is_active(&control.pause))
		return;
	session_close_all("the daemon stops");
	workers_settle(); /* calls on their way end, though nobody hears of it */
	event_log_stop();
	txn_memory_forget();
	ev_io_stop(control_loop(), &control.io);
	ev_timer_stop(control_loop(), &control.pause);
	remove_socket(); /* while we still listen, so that nobody takes it for a dead one */
	close(control.io.fd);
}
