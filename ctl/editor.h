/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines that somebody types at a terminal: editing and recalling by libedit, completion by the
 * owner. One at a time in a process.
 */
#ifndef CTL_EDITOR_H
#define CTL_EDITOR_H

#include "ctl/complete.h"
#include "common/span.h"

enum editor_result { EDITOR_LINE, EDITOR_END, EDITOR_INTERRUPTED };

struct editor;

/*
 * What the text before the cursor may go on with: fills *out and *start, where the word begins
 * that candidates stand for, or returns false.
 */
typedef bool editor_candidates(struct span typed, struct completion *out, size_t *start, void *arg);

struct editor *editor_new(editor_candidates *candidates, void *arg);
void editor_free(struct editor *e);

/* The next line, without its line feed, valid until the next call. */
enum editor_result editor_read(struct editor *e, const char *prompt, struct span *out);

/* A line that can be recalled. */
void editor_remember(struct editor *e, const char *line);

#endif
