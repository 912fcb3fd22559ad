/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of log ls, which log level prints too where it is not told what to change.
 */
#ifndef CTL_LOG_LS_H
#define CTL_LOG_LS_H

struct context;

/* Returns a command's result. */
int log_ls(struct context *c);

#endif
