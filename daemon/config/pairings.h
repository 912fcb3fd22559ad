/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which sites are served together: every site is listened for at the addresses of its keys, and
 * what is listened for at one address, or at several alike, is one server.
 */
#ifndef DAEMON_CONFIG_PAIRINGS_H
#define DAEMON_CONFIG_PAIRINGS_H

#include "daemon/config/site.h"

/* Those keys of a site that are served at one address. */
struct served {
	const struct site *site;
	const struct site_address **addresses;
	size_t count;
};

/* What becomes one server. */
struct pairing {
	json_t *listen;    /* addresses */
	json_t *protocols; /* for each a list or null; NULL: all are null */
	struct served *sites;
	size_t count;
};

struct pairings {
	struct pairing *items;
	size_t count;
};

/* Finds out what is served together. Free out with pairings_free() in any case. */
int pairings_make(
    struct adaptation *a, const struct sites *sites, struct pairings *out, struct error *err);
void pairings_free(struct pairings *pairings);

/*
 * The names of these keys, each once; a new reference. A key without a host matches every name:
 * then there are none.
 */
json_t *served_hosts(const struct served *served);

/* Does a server at these addresses listen anywhere but at port? */
bool listens_beyond_port(const json_t *listen, long port);

#endif
