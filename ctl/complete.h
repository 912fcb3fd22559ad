/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command line may go on with: objects, verbs, options, their values, and names of what
 * lives in the daemon. All but the last comes from the tables of commands and options; live names
 * come from a source that the caller gives, complete_live() or one of a test. Nothing here prints,
 * quotes or fails: what is not known has no candidates.
 *
 *	complete(&c, count, words, complete_live);
 *	for (i = 0; i < c.count; i++)
 *		printf("%s\t%s\n", c.items[i].text, c.items[i].help);
 *	complete_fini(&c);
 */
#ifndef CTL_COMPLETE_H
#define CTL_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#define COMPLETE_MAX 1000 /* candidates; more are left out */

struct arena;
struct command;

struct complete_candidate {
	const char *text; /* the whole word, not quoted */
	const char *help; /* a few words; "": none */
};

struct completion {
	struct complete_candidate *items;
	size_t count, size;
	bool files;                    /* the word may be a file's name, too */
	const char *word;              /* borrowed: what there is of the last one */
	const char *socket;            /* borrowed: of the option; NULL: not said */
	const struct command *command; /* NULL: not known yet */
	struct arena *arena;
};

/* Things that have names while the daemon runs. */
enum complete_kind {
	COMPLETE_NONE,
	COMPLETE_CERT,
	COMPLETE_CONN,
	COMPLETE_LISTENER,
	COMPLETE_METHOD, /* of the control protocol */
	COMPLETE_PROXY,  /* ROUTE or ROUTE/proxy[1], as operations on upstreams name it */
	COMPLETE_REVISION,
	COMPLETE_ROUTE,
	COMPLETE_SERVER,
	COMPLETE_SUBSYSTEM, /* of the log */
	COMPLETE_UPSTREAM,
	COMPLETE_WRAPPER, /* HTTP servers, as --wrapper names them */
};

/* Adds them with complete_add(). within: the proxy whose upstreams are meant; else NULL. */
typedef void complete_source(struct completion *c, enum complete_kind kind, const char *within);

/*
 * words is the command line without the program's name, up to and with the word at the cursor,
 * which may be "". source NULL: no live names. c is filled; complete_fini() frees what it has.
 */
void complete(struct completion *c, int count, const char *const *words, complete_source *source);
void complete_fini(struct completion *c);

/* Adds a copy of text if it begins with what there is, and is not there yet. */
void complete_add(struct completion *c, const char *text, const char *help);

/* The source that asks the daemon, which has to answer within a second. */
void complete_live(struct completion *c, enum complete_kind kind, const char *within);

/* Adds names of files; a folder's ends with a slash. */
void complete_files(struct completion *c);

#endif
