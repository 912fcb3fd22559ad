/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Caddyfile block of plain options as one table: what each is called, what it takes, and the
 * JSON key that it sets. What is zero, empty or false is left out of the JSON, as the reference
 * does; an option given again replaces what was there, except in lists that add up.
 */
#ifndef DAEMON_INPUT_SETTINGS_H
#define DAEMON_INPUT_SETTINGS_H

#include <jansson.h>

#include "common/error.h"
#include "daemon/input/dispenser.h"

enum setting_type {
	SETTING_TRUE,     /* no argument */
	SETTING_FALSE,    /* no argument; sets false */
	SETTING_STRING,   /* one */
	SETTING_STRINGS,  /* one or more, replacing what was there */
	SETTING_ADD,      /* one or more, added to what was there */
	SETTING_INT,      /* a whole number, not negative */
	SETTING_PORT,     /* 1 to 65535 */
	SETTING_RATIO,    /* between 0 and 1, these not included */
	SETTING_DURATION, /* nanoseconds */
	SETTING_BYTES,
	SETTING_CUSTOM, /* adapt() does it, with the cursor on the option's name */
};

struct setting {
	const char *name; /* NULL ends a table */
	enum setting_type type;
	const char *key; /* may be a way, "challenges.dns.ttl": objects are made as needed */
	int (*adapt)(struct dispenser *d, json_t *out, struct error *err);
};

/* Sets the value (taken) at the way key in object. One that is zero or empty is left out. */
void settings_put(json_t *object, const char *key, json_t *value);

/* The value at the way key, borrowed; NULL: none. */
json_t *settings_get(const json_t *object, const char *key);

/*
 * Reads the block that follows by table into out; what is the kind of option in errors ("ACME
 * option"). No block is no options. Returns 0, or -1 with err.
 */
int settings_adapt(struct dispenser *d, const struct setting *table, const char *what, json_t *out,
    struct error *err);

/*
 * Reads a module's name without arguments (the next token) and its block as settings_adapt() does.
 * *out: the object, also with an error; the caller's.
 */
int settings_adapt_module(struct dispenser *d, const struct setting *table, const char *what,
    json_t **out, struct error *err);

/* One option, with the cursor on its name. */
int setting_adapt(struct dispenser *d, const struct setting *table, const char *what, json_t *out,
    struct error *err);

#endif
