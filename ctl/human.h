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

/* How often in a second: "0", "0.03", "1.5", "42", "1.2k", "34M": units of 1000. Returns out. */
const char *human_rate(double per_second, char out[HUMAN_MAX]);

/* Bytes in a second, as human_bytes(). Returns out. */
const char *human_byte_rate(double per_second, char out[HUMAN_MAX]);

/* "350ms", "12s", "3m20s", "2h5m", "12d3h". Returns out. */
const char *human_seconds(double seconds, char out[HUMAN_MAX]);

/* Prints text with a '?' for each control character. */
void human_print(struct span text, FILE *to);

#endif
