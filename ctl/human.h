/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For people: numbers in five places at the most, and texts of others that cannot steer the
 * terminal.
 */
#ifndef CTL_HUMAN_H
#define CTL_HUMAN_H

#include <stdint.h>
#include <stdio.h>

#include "common/span.h"

#define HUMAN_MAX 44 /* two numbers of 64 bits and their units */

/* "0", "999", "1.2K", "34M": units of 1024. Returns out. */
const char *human_bytes(uint64_t bytes, char out[HUMAN_MAX]);

/* "350ms", "12s", "3m20s", "2h5m", "12d3h". Returns out. */
const char *human_seconds(double seconds, char out[HUMAN_MAX]);

/* Prints text with a '?' for each control character. */
void human_print(struct span text, FILE *to);

#endif
