/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands in a text, a line each: the words of a command line, in a small part of the language of
 * sh. What is written here means the same there; what only sh would understand is refused.
 *
 *	route rm web 'a b' "a \"b\""       single quotes, double quotes, backslash
 *	upstream add web 10.0.0.7:443 \    a line that goes on in the next
 *	    weight=2                       # a comment
 *	route add --server main <<END      a here-document: the command's standard input
 *	@fair tls sni fair.example.com
 *	route @fair {
 *	    proxy 10.0.0.7:443
 *	}
 *	END
 *
 * Nothing is replaced: no variables, no file names, also in a here-document. A word such as #12 is
 * the handle of a route and no comment, unless it begins the line.
 */
#ifndef CTL_SCRIPT_H
#define CTL_SCRIPT_H

#include "common/span.h"
#include "ctl/fault.h"
#include "ctl/input.h"

struct arena;

#define SCRIPT_COMMAND_MAX CONTROL_REQUEST_MAX /* bytes of one, without its here-document */
#define SCRIPT_WORDS_MAX CONTROL_ELEMENTS_MAX  /* in one command */

/* A text that is being read. */
struct script {
	const char *name;    /* for messages; borrowed */
	struct span text;    /* borrowed */
	size_t at;           /* what comes before has been read */
	unsigned line;       /* of at, from 1 on */
	struct arena *arena; /* of the commands; borrowed */
};

struct script_command {
	int argc;    /* argv[0] is the program's name, argv[argc] NULL */
	char **argv; /* may be put in another order */
	struct input_place place;
	struct input_here here;
	const char *open_until; /* SCRIPT_OPEN: the line that ends the here-document; NULL: it is
				 * something else that is open */
	const struct script *script;
	size_t *starts; /* of words in the text */
	char **words;   /* as argv, in their order */
};

enum script_result {
	SCRIPT_COMMAND,
	SCRIPT_END,
	SCRIPT_OPEN, /* the text ends within a command; more of it would help */
	SCRIPT_BAD,  /* what follows cannot be understood any more */
};

void script_init(struct script *script, const char *name, struct span text, struct arena *arena);

/* The next command. With SCRIPT_OPEN and SCRIPT_BAD fault says what and where. */
enum script_result script_next(
    struct script *script, struct script_command *out, struct fault *fault);

/*
 * The words of a command that somebody is typing, up to the cursor: the last one is what there is
 * of it, perhaps nothing, and begins at *start in the text. Whatever is wrong is taken as it
 * stands. No words: the cursor is where none of them is.
 */
void script_typed(struct script *script, struct script_command *out, size_t *start);

/* Gives a fault the place of its word, else that of the command. */
void script_fault(const struct script_command *command, struct fault *fault);

/* Appends word, quoted where it has to be. */
void script_quote(struct buf *out, const char *word);

#endif
