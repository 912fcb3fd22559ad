/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several errors in one go. While somebody on this thread listens, whoever finds one of several
 *parts wrong that do not depend on one another notes why, and goes on with the next:
 *
 *	for (i = 0; i < count; i++)
 *		if (!errors_go_on(load_part(i, err), &rc, err))
 *			break;
 *	return rc;
 *
 * What came of the parts is not to be used then; err travels up as ever, and is noted once.
 */
#ifndef COMMON_ERRORS_H
#define COMMON_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

#define ERRORS_MAX 10

struct errors {
	struct error items[ERRORS_MAX]; /* in the order in which they were found */
	size_t count;
	struct errors *outer; /* who listened before */
};

/* Empties list, and has errors noted in it until errors_end(). */
void errors_begin(struct errors *list);
/* result: what came of it, -1 with err. Then err becomes the first one that was noted if it is one
 * of them; else the list is emptied, for err is about the whole. Returns result. */
int errors_end(struct errors *list, int result, struct error *err);

/*
 * After a part: where it was refused (-1), err is noted and *rc becomes -1. Is there reason to go
 * on with the next: was it not, or does somebody listen and has room for more?
 */
bool errors_go_on(int part, int *rc, const struct error *err);

/* What was noted so far does not count: the whole is tried again in another way. */
void errors_forget(void);

#endif
