/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transactions: operations on the document in force, all or nothing, effective on every worker
 * when they are answered. Control thread.
 */
#ifndef DAEMON_CONFIG_TXN_H
#define DAEMON_CONFIG_TXN_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "common/error.h"

struct txn_request {
	json_t *operations; /* a list of objects, borrowed; see operation.h */
	bool rev_given;     /* only if this is the revision in force; else ERROR_CONFLICT */
	uint64_t if_rev;
	bool dry_run;        /* only find out what it would do */
	bool save;           /* it survives restarts */
	bool limited;        /* by somebody below the level admin; see change.h */
	unsigned confirm_s;  /* see change.h */
	const char *who;     /* for history and logs */
	const char *comment; /* NULL: none */
};

/* Valid during the call that brings it. */
struct txn_result {
	uint64_t revision;           /* of the document after it (dry_run: in force) */
	bool unchanged;              /* it is the one that was in force before */
	size_t count;                /* operations */
	const uint64_t *connections; /* how many each of them concerned, before the change */
	uint64_t touched;            /* how many were concerned by any */
	const char *const
	    *names;      /* of the route that each added or changed; NULL: none, or unknown */
	json_t *changes; /* dry_run: as diff_documents() lists them; else NULL */
};

/*
 * Applies the request. Where the document stays as it is, there is no new revision, and nothing to
 * be saved or confirmed; connections are ended as the operations say. done(arg, result) is called
 * once every worker has taken the change (or, for a dry run, once all is known). Returns 0, or -1
 * with err (path: "operations[2].route") and nothing changed, and done is not called.
 */
int txn_apply(const struct txn_request *request,
    void (*done)(void *arg, const struct txn_result *result), void *arg, struct error *err);

#endif
