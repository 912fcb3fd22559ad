/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks of what is listened on, and of what anyone may do there.
 */
#ifndef DAEMON_CONFIG_LINT_LISTENERS_H
#define DAEMON_CONFIG_LINT_LISTENERS_H

struct lint;

void lint_overlap(struct lint *l);
void lint_udp_forgotten(struct lint *l);
void lint_loop(struct lint *l);

/* lint_trust.c */
void lint_proxy_protocol_open(struct lint *l);
void lint_socks5_open(struct lint *l);
void lint_unverified(struct lint *l);

#endif
