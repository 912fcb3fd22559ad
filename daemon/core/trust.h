/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a document only the level admin may bring in: files that the daemon opens, secrets, its
 * environment, what it opens to the network. Otherwise whoever may change routes could read, write
 * and listen as the daemon. While a document is loaded each such value is noted with the route or
 * the instance that has it; in a change by somebody below that level it must be one that the
 * instance before has too, in the same field: moving and removing are free. Control thread.
 */
#ifndef DAEMON_CORE_TRUST_H
#define DAEMON_CORE_TRUST_H

#include <stdbool.h>

#include "daemon/input/field.h"

struct instance;
struct trust_known;

/* A value that was noted, in the arena of what has it. */
struct trusted {
	struct trusted *next;
	const struct field *field;
	const char *text;
};

/* Of one loading. Zeroed: notes alone, all is allowed. */
struct trust {
	bool limited;                  /* by somebody below the level admin */
	const struct instance *before; /* whose values are known; NULL: none is */
	struct trusted **notes;        /* of the route, or the instance, that is loaded now */
	struct trust_known *known;     /* gathered when first asked for */
	bool gathered;
};

void trust_fini(struct trust *trust);

/* From now on what is noted belongs to the object, in load->arena, that has this list. */
void trust_notes(struct load *load, struct trusted **notes);

/*
 * Notes what counts of the value of a field; for fields_watch(), and for loaders that read a value
 * without a table. Returns 0, or -1 with err: ERROR_DENIED.
 */
int trust_field(
    struct load *load, const struct field *field, const struct jnode *node, struct error *err);

/* The same of a text that counts whatever it says; node is its place. */
int trust_text(struct load *load, const struct field *field, const char *text,
    const struct jnode *node, struct error *err);

/* The same of a whole object, such as a handler that anybody may use. */
int trust_object(
    struct load *load, const struct field *field, const struct jnode *node, struct error *err);

/* For what stands where no table says anything: placeholders alone count. */
extern const struct field trust_placeholders;

#endif
