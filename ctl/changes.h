/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Differences between documents, for people: a line for each place, what was there and what is.
 */
#ifndef CTL_CHANGES_H
#define CTL_CHANGES_H

#include "ctl/command.h"

/* What JSON has of a change, and of a saved one that is set aside. */
extern const struct column changes_members[], changes_aside_members[];

/* One of the daemon's changes; brief: without the values. */
void changes_print_one(const struct output *output, const msgpack_object *change, bool brief);

/* "changes" of a result, and how many more there are. */
void changes_print(const struct output *output, const msgpack_object *result, bool brief);

#endif
