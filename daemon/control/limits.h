/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The limits of the control protocol, as hello and api.info tell them.
 */
#ifndef DAEMON_CONTROL_LIMITS_H
#define DAEMON_CONTROL_LIMITS_H

struct pack;

/* A map, packed as one value. */
void limits_pack(struct pack *pack);

#endif
