/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Levels of the log that hold for a time. Control thread.
 */
#ifndef DAEMON_CONTROL_LOG_LEVELS_H
#define DAEMON_CONTROL_LOG_LEVELS_H

/* Before the program ends: none goes back any more. */
void log_levels_stop(void);

#endif
