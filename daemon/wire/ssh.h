/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The identification string that an SSH client sends first (RFC 4253 section 4.2).
 */
#ifndef DAEMON_WIRE_SSH_H
#define DAEMON_WIRE_SSH_H

#include "daemon/wire/verdict.h"

/* Yes with "SSH-", whatever version follows. */
enum wire_verdict ssh_parse(struct span bytes);

#endif
