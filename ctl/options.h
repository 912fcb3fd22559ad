/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of pointsctl. All are in one table, which drives reading and usage texts; they may
 * stand anywhere on the command line. Each command says which it takes besides the common ones.
 */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ctl/fault.h"
#include "ctl/output.h"

/* Those that are not common. */
enum option_bit {
	OPTION_FILTER = 1 << 0,
	OPTION_LIMIT = 1 << 1,
	OPTION_AFTER = 1 << 2,
	OPTION_DRY_RUN = 1 << 3,
	OPTION_IF_REV = 1 << 4,
	OPTION_COMMENT = 1 << 5,
	OPTION_EXISTING = 1 << 6,
	OPTION_FIRST = 1 << 7,
	OPTION_LAST = 1 << 8,
	OPTION_BEFORE = 1 << 9,
	OPTION_IN = 1 << 10,
	OPTION_SERVER = 1 << 11,
	OPTION_FILE = 1 << 12,
	OPTION_SAVE = 1 << 13,
	OPTION_CONFIRM = 1 << 14,
	OPTION_TXN_ID = 1 << 15,
	OPTION_SECRETS = 1 << 16,
	OPTION_WAIT = 1 << 17,
	OPTION_LISTENER = 1 << 18,
	OPTION_SRC = 1 << 19,
	OPTION_SINCE = 1 << 20,
	OPTION_SNI = 1 << 21,
	OPTION_ALPN = 1 << 22,
	OPTION_BYTES = 1 << 23,
	OPTION_EXPIRES_WITHIN = 1 << 24,
	OPTION_STATE = 1 << 25,
	OPTION_ECHO = 1 << 26,
	OPTION_WRAPPER = 1 << 27,
	OPTION_COUNT = 1 << 28,
	OPTION_FOR = 1 << 29,
	OPTION_STRICT = 1 << 30,
};

/* No int has these, so they cannot be in the enum. */
#define OPTION_DRAIN (UINT64_C(1) << 31)
#define OPTION_INTERVAL (UINT64_C(1) << 32)
#define OPTION_ONCE (UINT64_C(1) << 33)

/* Of whatever changes the document; of transactions; and where a route goes in its list. */
#define OPTIONS_CHANGE                                                                             \
	(OPTION_DRY_RUN | OPTION_IF_REV | OPTION_COMMENT | OPTION_SAVE | OPTION_CONFIRM)
#define OPTIONS_TXN (OPTIONS_CHANGE | OPTION_TXN_ID)
#define OPTIONS_PLACE (OPTION_FIRST | OPTION_LAST | OPTION_BEFORE | OPTION_AFTER)

#define BYTES_FILES_MAX 16 /* --bytes may be given again */

struct options {
	const char *socket; /* NULL: not said */
	const char *level;  /* to go down to; NULL: the own one */
	enum format format;
	bool format_given;
	int64_t timeout; /* ns; 0: none */
	bool help, version;
	const char *common; /* the first of the common options that was given; NULL: none was */
	uint64_t given;     /* of option_bit */
	const char *filter, *comment, *before, *after, *in, *server, *file, *txn_id;
	const char *wrapper;
	const char *listener, *src, *sni, *alpn, *state;
	const char *bytes[BYTES_FILES_MAX];
	size_t bytes_count;
	const char *since_time; /* of the event with that number; NULL: not said */
	uint64_t limit, if_rev, since, confirm_s, count, for_s, drain_s;
	const char *existing;   /* "keep", "drain", "kill" */
	const char *drain;      /* drain=T: the duration; NULL: the daemon's default */
	int64_t expires_within; /* ns */
	int64_t interval;       /* ns */
};

/* A line of the table. */
struct option_spec {
	int letter; /* OPTION_LONG_ONLY and above: no letter */
	const char *name;
	const char *argument; /* NULL: none */
	uint64_t bit;         /* 0: common */
	const char *help;
};

#define OPTION_LONG_ONLY 256

/* The table, in the order of usage texts. */
const struct option_spec *options_table(size_t *count);

/* "keep|drain|kill", if the option takes only such values; else NULL. */
const char *options_values(const struct option_spec *spec);

/*
 * Reads argv; afterwards argv[*first..argc) are the arguments. base: what holds for output and
 * session unless it is given; NULL: the defaults. On failure -1 with fault, and out has what came
 * before, so that the fault is printed as asked for.
 */
int options_read(int argc, char **argv, const struct options *base, struct options *out, int *first,
    struct fault *fault);

/* Errors are to be JSON, as the output is. */
bool options_json(const struct options *options);

/* The name of an option that is in given and not in allowed; NULL: all are allowed. */
const char *options_excess(uint64_t given, uint64_t allowed);

/* Is that at most so many seconds? 0, or -1 with fault in words of the option. */
int options_most(const char *name, uint64_t seconds, uint64_t most, struct fault *fault);

/* Lines for a usage text: the common options (bits 0), or those in bits. */
void options_print(uint64_t bits, FILE *to);

#endif
