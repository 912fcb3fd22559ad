/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions about a ClientHello: the options of the `tls` and `quic` matchers and of a connection
 * policy's `match`. All that are given must say yes; none given: any hello does.
 */
#ifndef DAEMON_TLS_HELLO_MATCH_H
#define DAEMON_TLS_HELLO_MATCH_H

#include <stdbool.h>

#include "common/span.h"
#include "daemon/core/facts.h"
#include "daemon/core/match_regexp.h"
#include "daemon/input/dispenser.h"
#include "daemon/input/field.h"
#include "daemon/wire/hello.h"

struct iprange;
struct template;

struct hello_match {
	/* As written. */
	struct strings sni, alpn;
	struct match_regexp sni_regexp;
	struct hello_match_remote {
		struct strings ranges, not_ranges;
	} remote_ip;
	struct hello_match_local {
		struct strings ranges;
	} local_ip;
	/* Made of it. An empty list that is given never matches, an absent one always does. */
	bool has_sni, has_alpn;
	struct template **protocols;                 /* of alpn */
	struct iprange *remote, *not_remote, *local; /* NULL: not given */
};

extern const struct field hello_match_fields[];

/* As matcher_type.load: params is a struct hello_match whose fields were read. */
int hello_match_load(struct load *load, const struct jnode *node, void *params, struct error *err);

/* facts: the connection's addresses are looked at, groups of sni_regexp are set. */
bool hello_match(const struct hello_match *m, const struct hello *hello, struct facts *facts);

/* Does it ask for server names without wildcards alone? Then *out is these, borrowed. */
bool hello_match_names(const struct hello_match *m, struct strings *out);

/*
 * Does a server name match a pattern? Case is ignored; "*" stands for one label, in any number of
 * leading labels ("*.example.com", "*.*.example.com"). pattern is ASCII.
 */
bool hello_match_name(struct span name, const char *pattern);

/* name with its labels beyond ASCII in their ASCII form (IDNA) where they have one; in arena. */
const char *hello_match_ascii(struct arena *arena, const char *name);

/*
 * The options on the same line or in a block, with the cursor on the token before them. *out is a
 * new object. Returns 0, or -1 with err.
 */
int hello_match_adapt(struct dispenser *d, json_t **out, struct error *err);

#endif
