/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replacing a loaded certificate while it is served, on an operator's word.
 */
#ifndef DAEMON_TLS_REPLACE_H
#define DAEMON_TLS_REPLACE_H

#include "common/error.h"
#include "common/span.h"

/*
 * The loaded certificate that serves name (in lower case) is from now on the one of these PEM
 * texts, until it is loaded from files that have changed. Of several kinds of keys the one of the
 * new key's kind is replaced. Sessions that stand, and handshakes on their way, keep what they
 * have. Control thread. Returns 0, or -1 with err, which never quotes the key.
 */
int tls_replace(const char *name, struct span chain, struct span key, struct error *err);

#endif
