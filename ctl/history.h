/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands that were typed, kept for the next time in
 * $XDG_STATE_HOME/pointsman/history, else ~/.local/state/pointsman/history, a line each. Nobody
 * but the user can read it. What may have secrets is for the caller to leave out.
 */
#ifndef CTL_HISTORY_H
#define CTL_HISTORY_H

#define HISTORY_MAX 1000 /* lines that are kept */

/* Opens the file, making it and its folders; returns its descriptor, or -1 with errno. */
int history_open(void);

/* Calls each with every line that is kept, the oldest first. */
void history_load(int fd, void (*each)(const char *line, void *arg), void *arg);

/* Adds a line; one that cannot be written is lost. */
void history_append(int fd, const char *line);

#endif
