/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The global option "pki": certificate authorities of our own.
 */
#ifndef DAEMON_CONFIG_PKI_OPTION_H
#define DAEMON_CONFIG_PKI_OPTION_H

#include "daemon/config/adaptation.h"

/* The option (cursor on its name): *out is name -> authority. Returns 0, or -1 with err. */
int pki_adapt(struct dispenser *d, json_t **out, struct error *err);

/* The pki app, a new reference; NULL: none is needed. */
json_t *pki_app(const struct adaptation *a);

#endif
