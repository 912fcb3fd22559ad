/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals that end a command which would go on for ever: they are noted, and waiting ends.
 */
#ifndef CTL_STOP_H
#define CTL_STOP_H

#include <poll.h>
#include <stdbool.h>
#include <time.h>

/* flags: of sigaction(); SA_RESETHAND: a second one is not caught any more. */
void stop_on(int number, int flags);

/* One has come. */
bool stop_asked(void);

/* ppoll(); -1, too, where one has come before. timeout NULL: for ever. */
int stop_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout);

#endif
