/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The placeholders {l4.tls.client.*}: what the certificate says that a client has shown. It is kept
 * as it came and read when somebody asks.
 */
#ifndef DAEMON_TLS_CLIENT_FACTS_H
#define DAEMON_TLS_CLIENT_FACTS_H

#include "common/span.h"
#include "daemon/core/facts.h"

/*
 * Certificates that are larger, or where the subject's or the issuer's name is, say nothing: GnuTLS
 * reads names in a time that grows with the square of their number, and anybody may send some.
 */
#define CLIENT_FACTS_CERT_MAX (8 * 1024)
#define CLIENT_FACTS_NAME_MAX 1024

/* der: the certificate, copied. */
void client_facts_set(struct facts *f, struct span der);

#endif
