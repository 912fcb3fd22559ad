/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Folders of certificates.
 */
#ifndef DAEMON_TLS_FOLDER_H
#define DAEMON_TLS_FOLDER_H

#include "common/error.h"

/*
 * Calls visit with the path of every file in folder and its subfolders whose name ends in ".pem",
 * until it returns non-zero, and returns that; else 0, or -1 with err where a folder cannot be
 * read. Symbolic links to folders are not followed.
 */
int folder_each_pem(const char *folder,
    int (*visit)(void *arg, const char *path, struct error *err), void *arg, struct error *err);

#endif
