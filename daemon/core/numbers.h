/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Short lists of small numbers, as several matchers have them: ports, methods.
 */
#ifndef DAEMON_CORE_NUMBERS_H
#define DAEMON_CORE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/error.h"

struct dispenser;
struct jnode;
struct load;
struct shape;

struct numbers {
	uint16_t *items;
	size_t count;
};

/*
 * For FIELD_CUSTOM: a list of numbers up to 65535, or up to 255, into a struct numbers, and their
 * shapes.
 */
int numbers_load(struct load *load, const struct jnode *node, void *target, struct error *err);
int numbers_load_bytes(
    struct load *load, const struct jnode *node, void *target, struct error *err);

extern const struct shape numbers_shape, numbers_shape_bytes;

bool numbers_contain(const struct numbers *list, uint16_t number);

/* One or more arguments up to max, added to the list key of out. Returns 0, or -1 with err. */
int numbers_adapt(
    struct dispenser *d, json_t *out, const char *key, unsigned max, struct error *err);

/* A decimal number without a sign, up to max. Is it one? */
bool number_parse(const char *text, uint64_t max, uint64_t *out);

#endif
