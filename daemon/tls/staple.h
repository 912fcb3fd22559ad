/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The OCSP response that goes with a certificate (RFC 6961, RFC 8446 section 4.4.2.1). Immutable
 * and counted: a handshake that has taken it keeps it. Any thread.
 */
#ifndef DAEMON_TLS_STAPLE_H
#define DAEMON_TLS_STAPLE_H

#include <time.h>
#include <gnutls/gnutls.h>

#include "common/span.h"

struct cert;
struct staple;

/* A copy of a response in DER that has been checked and is good before expires. One reference. */
struct staple *staple_new(struct span der, time_t expires);
void staple_unref(struct staple *staple); /* NULL is allowed */

time_t staple_expires(const struct staple *staple);
/* For GnuTLS; lives as long as the reference. */
gnutls_ocsp_data_st *staple_data(struct staple *staple);

/* From now on it goes with cert; the reference is taken. NULL: none does. */
void staple_put(struct cert *cert, struct staple *staple);
/* A reference to the one that goes with cert now; NULL: none, or it has expired. */
struct staple *staple_of(const struct cert *cert);

#endif
