/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tls app: certificates that are loaded, names whose certificates are managed, session tickets.
 */
#ifndef DAEMON_TLS_APP_H
#define DAEMON_TLS_APP_H

#include <stdatomic.h>

#include "daemon/core/instance.h"
#include "daemon/tls/automation.h"
#include "daemon/tls/issuer.h"

struct cert_files;

/* Of one instance, in its arena; instance->tls points at it. */
struct tls_app {
	_Atomic(struct cert_files *) loaded; /* in the store as long as the instance lives */
	struct automation automation;
	struct strings automate; /* names from "certificates" */
	struct managed_name *managed;
	size_t managed_count;
	bool staples; /* OCSP responses, to loaded certificates */
	bool tickets;
	int64_t ticket_rotation; /* ns; 0: never */
};

extern const struct app_type app_tls;

#endif
