/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes private keys on threads of their own: an RSA key may take seconds, and the loop must not
 * wait for it.
 */
#ifndef DAEMON_CERTS_KEYMAKER_H
#define DAEMON_CERTS_KEYMAKER_H

#include <ev.h>

#include "common/error.h"
#include "daemon/tls/key.h"

struct keymaking;

void keymaker_start(struct ev_loop *loop);
/* Waits for what is being made; nobody is told any more. */
void keymaker_stop(void);

/*
 * done(arg, key, err) is called from the loop; key NULL: err says why. key is borrowed. NULL with
 * err where no thread can be had.
 */
struct keymaking *keymaking_start(enum key_type type,
    void (*done)(void *arg, struct key *key, const struct error *err), void *arg,
    struct error *err);
/* done() is not called any more. NULL is allowed. */
void keymaking_cancel(struct keymaking *making);

#endif
