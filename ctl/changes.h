/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Differences between documents, for people: a line for each place, what was there and what is.
 */
#ifndef CTL_CHANGES_H
#define CTL_CHANGES_H

#include "ctl/command.h"

/* One of the daemon's changes; brief: without the values. */
void changes_print_one(const struct output *output, const msgpack_object *change, bool brief);

/* "changes" of a result, and how many more there are. */
void changes_print(const struct output *output, const msgpack_object *result, bool brief);

#endif
