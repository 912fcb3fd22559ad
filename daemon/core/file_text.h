/* SPDX-License-Identifier: BSD-2-Clause */
/* What {file.PATH} stands for: a short text file, read while the document is loaded. */
#ifndef DAEMON_CORE_FILE_TEXT_H
#define DAEMON_CORE_FILE_TEXT_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/error.h"

#define FILE_TEXT_MAX (1u << 20)

/*
 * Appends what the regular file at path holds, without the newline at its end. Returns 0, or -1
 * with err where it cannot be read, has over FILE_TEXT_MAX bytes or is no text (it has a NUL).
 */
int file_text_put(const char *path, struct buf *out, struct error *err);

/* Does text have such a placeholder? */
bool file_text_in(const char *text);

#endif
