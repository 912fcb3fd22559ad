/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which automation policy is for a name, found by the name: there may be many of both.
 */
#ifndef DAEMON_TLS_SUBJECTS_H
#define DAEMON_TLS_SUBJECTS_H

#include "common/arena.h"
#include "daemon/tls/automation.h"

struct subjects;

/* The policies are borrowed. Everything lives in arena. */
struct subjects *subjects_new(
    struct arena *arena, const struct automation_policy *policies, size_t count);

/* The first one that has name, or a wildcard for it, among its subjects, or has none; NULL. */
const struct automation_policy *subjects_find(const struct subjects *subjects, const char *name);

#endif
