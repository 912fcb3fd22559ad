/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transaction as the verbs make it: operations are begun and filled, then sent as a whole with
 * what the options say, and what became of them is printed.
 *
 *	change_begin(&change, c, "route", "removed");
 *	change_operation(&change, CONTROL_OP..., argv[0]);
 *	change_text(&change, "id", argv[0]);
 *	return change_apply(&change);
 */
#ifndef CTL_CHANGE_H
#define CTL_CHANGE_H

#include <jansson.h>

#include "ctl/command.h"
#include "ctl/input.h"

#define CHANGE_MAX 1024 /* operations of one command */

struct change {
	struct context *c;
	const char *object; /* "route" */
	const char *done;   /* "removed": it was, or would be */
	json_t *operations, *last;
	size_t count;
	const char *names[CHANGE_MAX]; /* of what each is about; NULL: the daemon says */
	const struct input *input;     /* what was sent of it; NULL: nothing */
	bool failed;                   /* with the context's fault */
};

/* What the daemon answers to any of them. */
extern const struct column change_answer[];

void change_begin(struct change *change, struct context *c, const char *object, const char *done);

/* A new operation about what is called name (borrowed; NULL: not known yet). */
void change_operation(struct change *change, const char *op, const char *name);

/* Arguments of the operation begun last. A fault is kept until change_apply(). */
void change_text(struct change *change, const char *key, const char *text);
void change_buf(struct change *change, const char *key, const struct buf *text);
void change_json(struct change *change, const char *key, json_t *value); /* takes value */
/* Those that options stand for: --existing; --first, --last, --before and --after. */
void change_existing(struct change *change);
void change_place(struct change *change);

/* Sends it and prints the answer; ends the change. Returns a command's result. */
int change_apply(struct change *change);

/* A whole command: the operation once for each of argv, which is its argument called key. */
int change_each(struct change *change, const char *op, const char *key, int argc, char **argv);

/* A whole command: the operation once for each upstream that follows argv[0], its proxy handler. */
int change_upstreams(struct change *change, const char *op, int argc, char **argv);

/*
 * A whole command: one operation for each "key=value" of argv, on the route or (proxy not NULL) the
 * upstream called id.
 */
int change_members(struct change *change, const char *op, const char *proxy, const char *id,
    int argc, char **argv);

/*
 * Splits "key=value": value is in text, key is copied. 0, or -1 with the context's fault.
 */
int change_pair(struct context *c, const char *text, char *key, size_t size, const char **value);

/*
 * The "key=value" of argv as members of object; a value is JSON, or where it is not, text. Returns
 * 0, or -1 with the context's fault.
 */
int change_pairs(struct context *c, int argc, char **argv, json_t *object);

#endif
