/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Matchers: a no / yes / want-more question about a connection. A matcher is pure: it looks at the
 * bytes so far and the facts, keeps no pointer, and writes captures through facts_set() alone. It
 * says no at the first byte that rules its protocol out, yes as soon as it is sure.
 */
#ifndef DAEMON_CORE_MATCHER_H
#define DAEMON_CORE_MATCHER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/span.h"
#include "daemon/core/facts.h"
#include "daemon/input/dispenser.h"
#include "daemon/input/field.h"
#include "daemon/wire/hello.h"
#include "daemon/wire/verdict.h"

enum match_verdict { MATCH_NO, MATCH_YES, MATCH_MORE };

/* "no", "yes", "more" */
const char *match_verdict_name(enum match_verdict verdict);

/* How a want-more is to be taken (SPEC section 5). */
enum match_phase {
	MATCH_LIVE,   /* more may come */
	MATCH_ENDED,  /* the stream has ended: want-more is no, and `not` of it is yes */
	MATCH_SILENT, /* silence_timeout has passed: want-more is no, `not` of it is no too */
};

/* "live", "ended", "silent" */
const char *match_phase_name(enum match_phase phase);

struct http_request;
struct quic_gather;
struct worker;

/*
 * One parse shared by all matchers of a connection. Zeroed memory is an empty one; freed with
 * match_cache_fini().
 */
struct match_cache {
	size_t hello_length; /* bytes the hello's verdict was made from; 0: none yet */
	enum hello_result hello_result;
	struct hello hello;
	struct buf hello_bytes; /* a ClientHello put together from several records */
	size_t http_length;     /* the same for a request's head */
	enum match_verdict http_verdict;
	struct http_request *http_request; /* with yes */
	struct arena *http_arena;          /* where it lies */
	struct quic_gather *quic;          /* of this datagram and those before it; NULL: nothing */
	bool quic_taken;                   /* this datagram is in it */
};

/* The bytes are other ones now, such as plaintext after a handshake. */
void match_cache_clear(struct match_cache *cache);
/* They are the client's next datagram: what `quic` has gathered stays. */
void match_cache_next_datagram(struct match_cache *cache);
void match_cache_fini(struct match_cache *cache);

struct match_input {
	struct span bytes; /* read so far on the current stream */
	bool datagram;     /* bytes is one whole datagram */
	enum match_phase phase;
	struct facts *facts;
	struct match_cache *cache;
	const struct worker *worker; /* where routes count what they say; NULL: they do not */
};

struct matcher_type {
	const char *name;
	const char *help;           /* one line */
	bool bytes;                 /* does its yes rest on bytes? */
	const struct field *fields; /* of an object; NULL where load() reads the node alone */
	const struct shape *shape;  /* ... which is this then */
	size_t params_size;
	/*
	 * Called after the fields were read into params (zeroed where fields is NULL): checks, and
	 * makes derived state in load->arena. May be NULL. Returns 0, or -1 with err.
	 */
	int (*load)(struct load *load, const struct jnode *node, void *params, struct error *err);
	enum match_verdict (*match)(const void *params, struct match_input *in);
	/*
	 * For a matcher that may ask no more than whether a text of the connection is one of some,
	 * case ignored: keys() finds these (false: it asks more), key() the connection's, with the
	 * verdict of a matcher that any text satisfies. Both or none.
	 */
	bool (*keys)(const void *params, struct strings *out);
	enum match_verdict (*key)(struct match_input *in, struct span *out);
	/* Where bytes depends on the parameters (`not`); NULL: the member bytes says it. */
	bool (*rests_on_bytes)(const void *params);
	/*
	 * Caddyfile to JSON. The dispenser is a segment, cursor before the matcher's name; *out is
	 * the matcher's value (new reference; an earlier value of the same name in the set is
	 * handed in, for those that add up, else NULL). Returns 0, or -1 with err.
	 */
	int (*adapt)(struct dispenser *d, json_t **out, struct error *err);
};

/* A loaded matcher. */
struct matcher {
	const struct matcher_type *type;
	const void *params;
};

/* AND of matchers, in document order. */
struct matcher_set {
	struct matcher *items;
	size_t count;
	bool bytes; /* its yes rests on bytes */
};

/* OR of sets. None: always yes. */
struct matcher_sets {
	struct matcher_set *items;
	size_t count;
};

/* Reads a JSON list of sets, which is of this shape. */
extern const struct shape matcher_sets_shape;
int matcher_sets_load(
    struct load *load, const struct jnode *node, struct matcher_sets *out, struct error *err);
/* Reads one set: a JSON object of name -> parameters. */
int matcher_set_load(
    struct load *load, const struct jnode *node, struct matcher_set *out, struct error *err);

enum match_verdict matcher_set_match(const struct matcher_set *set, struct match_input *in);
/* *on_bytes (may be NULL): does the yes rest on bytes? */
enum match_verdict matcher_sets_match(
    const struct matcher_sets *sets, struct match_input *in, bool *on_bytes);

/* A parser's verdict as a matcher's. A datagram is whole: no more will come of it. */
static inline enum match_verdict match_wire(const struct match_input *in, enum wire_verdict verdict)
{
	switch (verdict) {
	case WIRE_YES:
		return MATCH_YES;
	case WIRE_MORE:
		return in->datagram ? MATCH_NO : MATCH_MORE;
	default:
		return MATCH_NO;
	}
}

/* The type called name, or NULL. */
const struct matcher_type *matcher_type_find(const char *name);

/* The program's types, handed over once by main.c (NULL-ended, kept). */
void matcher_types_set(const struct matcher_type *const *types);
const struct matcher_type *const *matcher_types(void);

/* The connection's ClientHello, parsed once for all matchers (cache). */
enum hello_result match_hello(struct match_input *in, const struct hello **out);

#endif
