/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of IP addresses in files, a line each, read again whenever a file changes. One file is read
 * and watched once, however many matchers of however many instances use it.
 */
#ifndef DAEMON_CORE_IP_FILE_H
#define DAEMON_CORE_IP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ev.h>

#include "common/error.h"
#include "common/netaddr.h"

struct ip_file;

/*
 * A reference to the set of the file at path (copied), which may not be there yet: then it is
 * empty. Its folder must be there, and is watched on loop, which is the same for all; NULL: the
 * file is read once, for this caller alone. Control thread. NULL with err.
 */
struct ip_file *ip_file_open(struct ev_loop *loop, const char *path, struct error *err);

/* Could it be opened? Reads nothing. Returns 0, or -1 with err. */
int ip_file_check(const char *path, struct error *err);

/* Lets go of a reference, from any thread. NULL is allowed. */
void ip_file_close(struct ip_file *file);

/* From any thread. */
bool ip_file_contains(struct ip_file *file, const struct netaddr *addr);

/* Ranges after merging, and how often the file was read. */
size_t ip_file_count(struct ip_file *file);
uint64_t ip_file_loads(struct ip_file *file);

#endif
