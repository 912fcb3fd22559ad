/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OCSP stapling: for each certificate of the store whose issuer has a responder, a response is
 * fetched, checked, kept in the state folder, handed to handshakes and fetched anew when half of
 * its time is over. Nothing waits for it: without a response nothing is stapled. Control thread.
 */
#ifndef DAEMON_CERTS_OCSP_H
#define DAEMON_CERTS_OCSP_H

#include <ev.h>

struct state;

/*
 * Between acme_http_start() and acme_http_stop(). state (NULL: nothing is kept) and loop are
 * borrowed until ocsp_stop().
 */
void ocsp_start(struct state *state, struct ev_loop *loop);
void ocsp_stop(void);

#endif
