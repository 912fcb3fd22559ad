/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GnuTLS priorities: which versions, cipher suites and groups a policy allows, from the names that
 * documents use. Equal ones are shared by all policies of the process.
 */
#ifndef DAEMON_TLS_PRIORITY_H
#define DAEMON_TLS_PRIORITY_H

#include <gnutls/gnutls.h>

#include "common/buf.h"
#include "common/error.h"
#include "daemon/input/json.h"

enum tls_version { TLS_VERSION_1_2, TLS_VERSION_1_3 };
extern const char *const tls_version_names[]; /* NULL-ended */

struct priority_options {
	struct jnode cipher_suites, curves; /* arrays of names, value NULL: the defaults */
	enum tls_version min, max;
};

/*
 * The priority for these options, and unless ordered is NULL the one with which the server's order
 * decides, not the client's; release both with priority_unref(). -1 with err where a name is
 * unknown or nothing usable is left.
 */
int priority_get(const struct priority_options *options, gnutls_priority_t *out,
    gnutls_priority_t *ordered, struct error *err);
void priority_unref(gnutls_priority_t priority);

#endif
