/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one way to change what runs, whoever asks: a document becomes an instance and is published,
 * or it is refused and nothing has changed. The documents that were in force are the history.
 * Control thread.
 */
#ifndef DAEMON_CONFIG_CHANGE_H
#define DAEMON_CONFIG_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <jansson.h>

#include "common/error.h"

struct concerns;
struct edit;

#define CHANGE_HISTORY 64               /* documents that are remembered */
#define CHANGE_HISTORY_SIZE (32u << 20) /* bytes of those that came whole, as text */
#define CHANGE_NOTE_MAX 256             /* bytes of a comment; longer ones are cut */

/* A document that is or was in force. */
struct revision {
	uint64_t number;
	time_t time;
	char who[64];                  /* "start", "reload", "uid 0 pid 4711" */
	char comment[CHANGE_NOTE_MAX]; /* may be empty */
	json_t *document;              /* a reference */
	size_t size;                   /* bytes of its text; 0: it shares what it has */
};

/* What is to run next. All borrowed. */
struct change {
	json_t *document;
	const struct edit *edit;   /* what made it; NULL: it came whole */
	const char *who, *comment; /* for the history; comment may be NULL */
	bool save;                 /* it survives restarts, see overlay.h */
	bool limited;   /* by somebody below the level admin: brings in nothing of core/trust.h */
	bool overrides; /* may be made while another one waits to be confirmed */
	/* Of a whole document (concern.h): told what stays, also by change_check(). NULL: nobody
	 * is. */
	struct concerns *concerns;
	unsigned confirm_s; /* taken back unless confirmed within so many seconds; 0: it stays */
};

/*
 * Makes the change's document the running one, as the next revision. done(arg), if not NULL, is
 * called on this thread once every worker has taken it. Returns 0, or -1 with err.
 */
int change_document(
    const struct change *change, void (*done)(void *arg), void *arg, struct error *err);

/*
 * Instead, where the change's document is the one that runs: refuses it as that would, and else
 * does nothing. Returns 0, or -1 with err.
 */
int change_nothing(const struct change *change, struct error *err);

/* Saves all of what runs and is not saved. Returns 0, or -1 with err. */
int change_save(struct error *err);

/*
 * Reads the daemon's configuration file into a new document; set once, at the start. Unset, there
 * is nothing to reload.
 */
void change_source_set(int (*read)(json_t **out, struct error *err));
/* The file as it is now, a new reference. Returns 0, or -1 with err. */
int change_source_read(json_t **out, struct error *err);
/*
 * Makes what the file says, with the overlay, the running document; saved changes that do not go
 * with the file are set aside (overlay.h). concerns (may be NULL) as in struct change. As
 * change_document().
 */
int change_reload(const char *who, struct concerns *concerns, void (*done)(void *arg), void *arg,
    struct error *err);

/*
 * Everything short of binding sockets, asking anyone and writing; who and comment are not looked
 * at. Returns 0, or -1 with err.
 */
int change_check(const struct change *change, struct error *err);

/* The number of the document in force; 0: none yet. */
uint64_t change_revision(void);
/*
 * Is there one that may be changed, and, where given, is it that one? 0, or -1 with err
 * (ERROR_BUSY: the daemon is stopping; ERROR_CONFLICT).
 */
int change_expect(bool given, uint64_t revision, struct error *err);

/* The history, newest first: the nth, or NULL. Borrowed until the next change. */
const struct revision *change_history(size_t n);
/* The one of that number; NULL: it is not remembered (any more). */
const struct revision *change_find(uint64_t number);

/*
 * At the end of the daemon: a document without servers closes the listeners, the connections go on.
 * From then on nothing is changed or saved any more. Returns 0, or -1 with err.
 */
int change_stop(struct error *err);
/* Forgets the history: at the end of the program. */
void change_forget(void);

#endif
