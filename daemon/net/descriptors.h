/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sharing out the descriptors that the process may have, so that a flood of clients leaves some for
 * dialling upstreams for them, and these leave some for the daemon itself: reading its
 * configuration, answering pointsctl. The system gives the lowest number that is free, so a high
 * one says that all below it are taken.
 */
#ifndef DAEMON_NET_DESCRIPTORS_H
#define DAEMON_NET_DESCRIPTORS_H

#include <stdbool.h>

/* How many there are (RLIMIT_NOFILE). Before the workers start; without it nothing is kept back. */
void descriptors_set_limit(unsigned long limit);

/* fd, just opened: has it used up the share of new clients, and of outgoing connections? */
bool descriptors_accepted_enough(int fd);
bool descriptors_dialled_enough(int fd);

/* Would a client be accepted now? Opens a descriptor, like fd, to see. */
bool descriptors_may_accept(int fd);

#endif
