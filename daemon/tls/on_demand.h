/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates that are made when a client first asks for their name: a handshake waits while the
 * operator's endpoint is asked whether the name may have one, and while it is made. Names that were
 * allowed are managed from then on, as long as the document has them on demand and the daemon runs.
 */
#ifndef DAEMON_TLS_ON_DEMAND_H
#define DAEMON_TLS_ON_DEMAND_H

#include <stdbool.h>

#include "common/span.h"
#include "daemon/tls/automation.h"

struct conn;
struct tls_app;

#define ON_DEMAND_NAMES_MAX 10000 /* that were allowed; beyond that no more are asked for */

/* ---- from workers ---- */

/* May any name have a certificate on demand? Cheap. */
bool on_demand_possible(void);
/*
 * Is there no certificate for name, so that it is to be asked for? text (256 bytes) is then the
 * name in lower case.
 */
bool on_demand_is_missing(struct span name, char text[256]);
/*
 * Asks for name. go_on is called on the connection's worker, unless it has ended by then, when
 * there is a certificate or there will be none soon.
 */
void on_demand_ask(struct conn *conn, const char *name, void (*go_on)(struct conn *conn));

/* ---- from the control thread ---- */

/* By the document that is in force now: hands all managed names, with those allowed, to the issuer.
 */
void on_demand_publish(const struct tls_app *app);
/* Forgets all names, and whoever waits for one. */
void on_demand_stop(void);

#endif
