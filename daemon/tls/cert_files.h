/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The certificates that one document has loaded: from pairs of files and from folders, read again
 * when they change, and from text. They are in the store until they are freed. Where a changed file
 * cannot be used, as the key's while the certificate's is still the old one, what was there stays.
 */
#ifndef DAEMON_TLS_CERT_FILES_H
#define DAEMON_TLS_CERT_FILES_H

#include <ev.h>

#include "common/error.h"
#include "daemon/input/field.h"

struct cert_files;

/*
 * Seen by handshakes after the next store_commit(). loop is the control thread's; NULL: the files
 * are not watched.
 */
struct cert_files *cert_files_new(struct ev_loop *loop);
/* From any thread. NULL is allowed. */
void cert_files_free(struct cert_files *files);

/* Control thread. Parameters are copied. Each returns 0, or -1 with err. */
int cert_files_add_pair(struct cert_files *files, const char *chain, const char *key,
    const struct strings *tags, struct error *err);
int cert_files_add_folder(struct cert_files *files, const char *folder, struct error *err);
int cert_files_add_pem(struct cert_files *files, const char *chain, const char *key,
    const struct strings *tags, struct error *err);

#endif
