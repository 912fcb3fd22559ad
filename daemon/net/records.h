/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of a DNS answer (RFC 1035 section 4), of the types that we look at, as text.
 */
#ifndef DAEMON_NET_RECORDS_H
#define DAEMON_NET_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/span.h"

enum record_type {
	RECORD_NS = 2,    /* text: the server's name */
	RECORD_CNAME = 5, /* the name that it stands for */
	RECORD_SOA = 6,   /* the first server's name */
	RECORD_TXT = 16,  /* its strings, joined; none where a NUL is in them */
};

#define RECORDS_MAX 64 /* of one answer; more are ignored */

/* Names are without the dot at the end. */
struct record {
	const char *name;
	enum record_type type;
	const char *text;
};

struct records {
	struct record items[RECORDS_MAX];
	size_t count;
};

/* Reads the answer section of message; texts are in arena. false: it is malformed. */
bool records_parse(struct span message, struct arena *arena, struct records *out);

#endif
