/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of whole configurations: all matchers and handlers, as the daemon has them. */
#ifndef TESTS_UNIT_MODULES_H
#define TESTS_UNIT_MODULES_H

#include "daemon/core/handler.h"
#include "daemon/core/matcher.h"
#include "daemon/handlers/handlers_tbl.h"
#include "daemon/matchers/matchers_tbl.h"

#define X(name) extern const struct matcher_type matcher_##name;
MATCHERS(X)
#undef X
#define X(name) extern const struct handler_type handler_##name;
HANDLERS(X)
#undef X

#define X(name) &matcher_##name,
static const struct matcher_type *const matchers[] = {MATCHERS(X) NULL};
#undef X
#define X(name) &handler_##name,
static const struct handler_type *const handlers[] = {HANDLERS(X) NULL};
#undef X

#endif
