/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that an operator names: certificates, keys, lists of trusted authorities.
 */
#ifndef DAEMON_TLS_PEM_H
#define DAEMON_TLS_PEM_H

#include "common/buf.h"
#include "common/error.h"

#define PEM_FILE_MAX (1u << 20)

/* Appends the whole of a file, at most PEM_FILE_MAX bytes, to out. Returns 0, or -1 with err. */
int pem_read_file(const char *path, struct buf *out, struct error *err);

/* Overwrites what the buffer has held, then frees it. */
void pem_wipe(struct buf *b);

#endif
