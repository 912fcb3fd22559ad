/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that gets the secrets of sessions, a line each, in the format that Wireshark reads
 * (SSLKEYLOGFILE): for debugging alone, who reads it reads all that was said.
 */
#ifndef DAEMON_TLS_SECRETS_LOG_H
#define DAEMON_TLS_SECRETS_LOG_H

#include <gnutls/gnutls.h>

#include "common/error.h"
#include "daemon/core/load.h"

struct secrets_log;

/* Opens path (mode 0600) for appending, for as long as load->arena lives. NULL with err. */
struct secrets_log *secrets_log_open(struct load *load, const char *path, struct error *err);

/* One secret of session. Any thread. */
void secrets_log_write(struct secrets_log *log, gnutls_session_t session, const char *label,
    const gnutls_datum_t *secret);

#endif
