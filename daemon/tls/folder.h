/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Folders of certificates.
 */
#ifndef DAEMON_TLS_FOLDER_H
#define DAEMON_TLS_FOLDER_H

#include "common/error.h"

struct folder_visitor {
	/* A file whose name ends in ".pem"; non-zero ends the walk. */
	int (*file)(void *arg, const char *path, struct error *err);
	/* The folder itself and each one in it, before what it holds; may be NULL. */
	int (*folder)(void *arg, const char *path, struct error *err);
};

/*
 * Walks over folder and its subfolders in the order of names, until a visit returns non-zero, and
 * returns that; else 0, or -1 with err where a folder cannot be read. Symbolic links to folders are
 * not followed.
 */
int folder_walk(
    const char *folder, const struct folder_visitor *visitor, void *arg, struct error *err);

#endif
