/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a change does with the connections on what it takes away: --existing, and what became of
 * them.
 */
#ifndef CTL_CONCERNED_H
#define CTL_CONCERNED_H

#include <stdint.h>
#include <stdio.h>
#include <msgpack/object.h>

#include "ctl/output.h"

/* Of a dry run: how many each choice would touch, the members of "existing". */
extern const struct column concerned_choices[];
/* A line about them; nothing where the result has none. */
void concerned_print_choices(const msgpack_object *result, FILE *to);

/* ", 3 connections kept", or nothing for none. existing and drain as they were sent, or NULL. */
void concerned_print(const char *existing, const char *drain, uint64_t count, FILE *to);

#endif
