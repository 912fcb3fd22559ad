/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks of routes and of their order.
 */
#ifndef DAEMON_CONFIG_LINT_ROUTES_H
#define DAEMON_CONFIG_LINT_ROUTES_H

struct lint;

void lint_shadowed(struct lint *l);
void lint_server_first(struct lint *l);
void lint_silence_close(struct lint *l);
void lint_dead_end(struct lint *l);

#endif
