/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The document in force, as config show and config export print it.
 */
#ifndef CTL_DOCUMENT_H
#define CTL_DOCUMENT_H

#include "ctl/command.h"

/*
 * Asks for it and prints it: indented, or for programs on one line; then, unless bare, within an
 * object that has the revision. Returns a command's result.
 */
int document_print(struct context *c, bool bare);

#endif
