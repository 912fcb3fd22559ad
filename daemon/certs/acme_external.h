/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers for other programs that obtain certificates (certbot, lego, uacme): put in and taken away
 * through the control socket.
 */
#ifndef DAEMON_CERTS_ACME_EXTERNAL_H
#define DAEMON_CERTS_ACME_EXTERNAL_H

#include "common/error.h"

/*
 * type "http-01": name is the token, value the key authorization. type "tls-alpn-01": name is the
 * DNS name, value the key authorization or the base64url SHA-256 of it. Returns 0, or -1 with err.
 */
int acme_external_add(const char *type, const char *name, const char *value, struct error *err);
/* ERROR_NOT_FOUND where there is none. */
int acme_external_remove(const char *type, const char *name, struct error *err);

#endif
