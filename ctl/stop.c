/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/stop.h"

#include <signal.h>

static volatile sig_atomic_t stopped;
static sigset_t caught; /* zeroed memory is an empty set */

static void on_stop(int number)
{
	(void)number;
	stopped = 1;
}

void stop_on(int number, int flags)
{
	struct sigaction action = {.sa_handler = on_stop, .sa_flags = flags};

	sigaddset(&caught, number);
	sigaction(number, &action, NULL);
}

bool stop_asked(void)
{
	return stopped != 0;
}

/* Between the look at what was noted and the wait none may come. */
int stop_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout)
{
	sigset_t before;
	int rc = -1;

	sigprocmask(SIG_BLOCK, &caught, &before);
	if (!stopped)
		rc = ppoll(fds, count, timeout, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}
