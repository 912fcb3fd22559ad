/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What went wrong, as the user gets to see it: from the daemon or found here. The owner is whoever
 * runs the command; one place prints it.
 */
#ifndef CTL_FAULT_H
#define CTL_FAULT_H

#include <stdbool.h>
#include <stdio.h>
#include <msgpack/object.h>

#include <pointsman/control.h>

#define FAULT_OTHERS 9

/* What else is wrong with the same document. */
struct fault_other {
	char code[32], message[1024], path[512];
};

struct fault {
	enum control_exit exit;
	char code[32];
	char message[1024];
	char path[512]; /* "": none, as with hint */
	char hint[128];
	struct fault_other others[FAULT_OTHERS];
	size_t other_count;
	const char *word; /* borrowed: that of the command line which is at fault; NULL: not one */
};

/* Returns -1, so that it can be returned. code is that of exit, where exit stands for one code. */
int fault_set(struct fault *fault, enum control_exit exit, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * word is none of "a|b|c": "WHAT a, b or c, not 'word'", and the nearest ("-o takes text, ...").
 * Wrong use. Returns -1.
 */
int fault_choice(struct fault *fault, const char *what, const char *choices, const char *word);

/* From the error map of an answer, or the parameters of a "closing". Returns -1. */
int fault_from(struct fault *fault, const msgpack_object *error);

/*
 * Puts a place in a text before the path: "name:12:1". column 0: not known. What was in path stays
 * behind it, as far as there is room.
 */
void fault_place(struct fault *fault, const char *name, unsigned line, unsigned column);

/* A line, and one for each of the others; or one JSON object on one line. */
void fault_print(const struct fault *fault, bool json, FILE *to);

#endif
