/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks an operator's endpoint whether a name may have a certificate: GET ENDPOINT?domain=NAME, and
 * a status 2xx means yes. Control thread.
 */
#ifndef DAEMON_CERTS_PERMISSION_H
#define DAEMON_CERTS_PERMISSION_H

#include <stdbool.h>

/* done is called from the loop; why: of a no that was no answer, else NULL. name is a DNS name. */
void permission_ask(const char *endpoint, const char *name,
    void (*done)(void *arg, bool allowed, const char *why), void *arg);
/* Nobody is answered any more. */
void permission_stop(void);

#endif
