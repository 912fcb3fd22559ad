/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The authorities of the internal CA: each has a root that clients are told to trust and an
 * intermediate that signs. They are made when first needed and kept in the storage, or are the
 * operator's files. Belongs to the control thread.
 */
#ifndef DAEMON_CERTS_CA_H
#define DAEMON_CERTS_CA_H

#include <stdint.h>
#include <time.h>

#include "common/error.h"

struct authority;
struct ca;
struct pki_ca;
struct state;

/*
 * Begins; nothing is made or read before it is needed. state is borrowed until ca_stop(); NULL:
 * they are kept in memory alone. Lifetimes in seconds; 0 for the intermediate: as each says.
 */
void ca_start(struct state *state, int64_t root_lifetime, int64_t intermediate_lifetime);
void ca_stop(void);

/*
 * The authority that spec (borrowed) describes; NULL: the local one, as it was described last. Its
 * certificates are looked at anew where the description has changed. Good until ca_stop().
 */
struct ca *ca_get(const struct pki_ca *spec);
/* Its description, of now and of later: it stays at this address until ca_stop(). */
const struct pki_ca *ca_description(const struct ca *ca);
/* Counts the descriptions that it has had. */
unsigned ca_definition(const struct ca *ca);

/* Good for use now; borrowed until the next call for ca. NULL with err. */
const struct authority *ca_root(struct ca *ca, time_t now, struct error *err);
const struct authority *ca_intermediate(struct ca *ca, time_t now, struct error *err);

#endif
