/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of IP addresses and CIDR ranges as text: one a line, '#' and what is behind it left out.
 */
#ifndef DAEMON_CORE_IP_LINES_H
#define DAEMON_CORE_IP_LINES_H

#include <stddef.h>

#include "common/error.h"
#include "common/netaddr.h"

#define IP_LINES_SIZE_MAX (64u << 20) /* bytes of a list */

/* Zeroed memory is an empty one; the caller's to free with ip_lines_fini(). */
struct ip_lines {
	struct cidr *ranges;
	size_t count, size;
	size_t lines;         /* read so far */
	size_t ignored;       /* lines that are neither empty nor an address or range */
	size_t first_ignored; /* the first of them, counted from 1 */
};

/* Reads fd, at its beginning, to its end. Returns 0, or -1 with err. */
int ip_lines_read(struct ip_lines *lines, int fd, struct error *err);
void ip_lines_fini(struct ip_lines *lines);

#endif
