/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens to managed certificates is said here, in one place: a log line and an event.
 */
#ifndef DAEMON_CERTS_ANNOUNCE_H
#define DAEMON_CERTS_ANNOUNCE_H

#include <time.h>

enum certs_event { CERTS_OBTAINED, CERTS_RENEWED, CERTS_FAILED };

struct announcement {
	enum certs_event event;
	const char *name;
	const char *issuer; /* the directory's URL, or "internal" */
	time_t expires;     /* 0: there is none */
	time_t next;        /* when it is renewed, or tried again */
	const char *error;  /* of a failure */
};

void announce(const struct announcement *a);

#endif
