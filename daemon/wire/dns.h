/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS requests (RFC 1035 section 4): whether a message is one, and what it asks for.
 */
#ifndef DAEMON_WIRE_DNS_H
#define DAEMON_WIRE_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/wire/verdict.h"

#define DNS_SIZE_MIN (12 + 5) /* bytes of a request: its header, and a question for the root */

/* Room for any name as text, each of its 254 bytes written as \DDD. */
#define DNS_NAME_TEXT_MAX 1024

struct dns_question {
	char name[DNS_NAME_TEXT_MAX]; /* as in zone files, lower case, with the dot at the end */
	uint16_t type, class;
};

/* Spans point into what was parsed. */
struct dns_request {
	struct span questions; /* see dns_next_question() */
	uint16_t question_count;
};

/*
 * bytes are what has come of a message of size bytes. It must be a request without a response code,
 * ask at least one question, and be filled exactly by the records that it says it has. *out is
 * set with yes only.
 */
enum wire_verdict dns_parse(struct span bytes, size_t size, struct dns_request *out);

/* The same for a stream, where each message has its length before it. *used: of both. */
enum wire_verdict dns_parse_stream(struct span bytes, struct dns_request *out, size_t *used);

/* Iterates the questions: false at the end. */
bool dns_next_question(struct dns_request *request, struct dns_question *out);

/* "MX", "IN"; NULL: not assigned. */
const char *dns_type_name(uint16_t type);
const char *dns_class_name(uint16_t class);

#endif
