/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transaction of pointsctl: operations are begun and filled by the commands that change routes,
 * upstreams, servers and listeners, then sent as a whole, and what became of them is printed. A
 * command says how its operations are made; change_run() makes and sends those of one command,
 * a script those of many.
 *
 *	static int make_rm(struct change *change, int argc, char **argv)
 *	{
 *		return change_each(change, "route.rm", "id", argc, argv);
 *	}
 */
#ifndef CTL_CHANGE_H
#define CTL_CHANGE_H

#include <jansson.h>

#include "ctl/command.h"
#include "ctl/input.h"

/* Of one operation: what the answer to it needs. All texts are borrowed. */
struct change_item {
	const struct command *command;
	const char *name;             /* of what it is about; NULL: the daemon says */
	const char *existing, *drain; /* as they were sent; NULL: not */
	struct input_place input;     /* of the text that was sent; name NULL: none was */
	struct input_place place;     /* of the command in its script; name NULL: in none */
};

struct change {
	struct context *c; /* of the command whose operations are made now */
	json_t *operations, *last;
	struct change_item *items;
	size_t count, size;
	size_t bytes; /* of all texts, about */
};

void change_init(struct change *change);
void change_fini(struct change *change);

/* ---- for those that make operations: 0, or -1 with the fault of change->c ---------------------
 */

/* A new operation about what is called name (borrowed; NULL: not known yet). */
int change_operation(struct change *change, const char *op, const char *name);

/* Arguments of the operation begun last. */
int change_text(struct change *change, const char *key, const char *text);
int change_json(struct change *change, const char *key, json_t *value); /* takes value */
/* value as JSON text, as of a route or a server. */
int change_encoded(struct change *change, const char *key, const json_t *value);
/* The text of the file, as for input_read(). */
int change_file(struct change *change, const char *key, const char *file, const char *what);
/* Those that options stand for: --existing; --first, --last, --before and --after. */
int change_existing(struct change *change);
int change_place(struct change *change);

/* All of a command: the operation once for each of argv, which is its argument called key. */
int change_each(struct change *change, const char *op, const char *key, int argc, char **argv);

/* The operation once for each upstream that follows argv[0], its proxy handler. */
int change_upstreams(struct change *change, const char *op, int argc, char **argv);

/*
 * One operation for each "key=value" of argv, on the route or (proxy not NULL) the upstream called
 * id.
 */
int change_members(struct change *change, const char *op, const char *proxy, const char *id,
    int argc, char **argv);

/* Splits "key=value": value is in text, key is copied. */
int change_pair(struct context *c, const char *text, char *key, size_t size, const char **value);

/* The "key=value" of argv as members of object; a value is JSON, or where it is not, text. */
int change_pairs(struct context *c, int argc, char **argv, json_t *object);

/* ---- for those that have them made ------------------------------------------------------------
 */

/*
 * Adds the operations of the command c->command, or nothing where that fails. place: of the
 * command in its script; NULL: none. Keeps argv borrowed. 0, or -1 with the fault of c.
 */
int change_make(struct change *change, struct context *c, const struct input_place *place, int argc,
    char **argv);

/*
 * Sends all with what the options of c say and prints the answer. Returns a command's result; a
 * fault names the command and the line that the daemon found wrong.
 */
int change_send(struct change *change, struct context *c);

/* What is printed of the answer in JSON. */
extern const struct column change_answer[];

/* The run function of a command that has a make function. */
int change_run(struct context *c, int argc, char **argv);

#endif
