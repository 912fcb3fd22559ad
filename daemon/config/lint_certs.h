/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks of the certificates that a document loads. Files that cannot be read are left to who loads
 * them.
 */
#ifndef DAEMON_CONFIG_LINT_CERTS_H
#define DAEMON_CONFIG_LINT_CERTS_H

struct lint;

#define LINT_EXPIRES_SOON_DAYS 14

void lint_cert_expired(struct lint *l);
void lint_cert_expires_soon(struct lint *l);
void lint_cert_unused(struct lint *l);

#endif
