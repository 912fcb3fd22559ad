/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Document to instance: the one way by which a configuration gets into the daemon.
 */
#ifndef DAEMON_CONFIG_COMPILE_H
#define DAEMON_CONFIG_COMPILE_H

#include <stdbool.h>
#include <jansson.h>

#include "common/error.h"
#include "daemon/core/instance.h"

struct edit;

/*
 * Compiles document (borrowed; from then on never changed by anyone) into a new instance with one
 * reference and the given revision. Routes whose JSON is unchanged since before (NULL: none) are
 * the same objects. edit (NULL: none) made the document; what it changed keeps its identity.
 * limited: on behalf of somebody below the level admin, who may bring in nothing of core/trust.h.
 * dry: for `validate`: asks no one, makes no certificate. Control thread. Returns NULL with err
 * where the document is refused.
 */
struct instance *instance_compile(json_t *document, uint64_t revision,
    const struct instance *before, const struct edit *edit, bool limited, bool dry,
    struct error *err);

/* What a document looks like. */
extern const struct shape document_shape;

#endif
