/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Placeholders: "{l4.conn.remote_ip}" in texts of the document. Compiled at load into segments,
 * expanded at each use. "\{" and "\}" are literal braces; so are those around what cannot be a
 * name (nothing, blanks, quotes), such as a piece of JSON.
 */
#ifndef DAEMON_CORE_REPLACER_H
#define DAEMON_CORE_REPLACER_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/span.h"
#include "daemon/core/facts.h"

struct template;

/*
 * Compiles text into arena. {env.*}, {file.*} and {system.*} are resolved now; what is unknown is
 * kept for use time. Never NULL: a brace that closes nothing is text.
 */
struct template *template_new(struct arena *arena, const char *text);

/* Does nothing depend on the connection or the clock? Then template_text() is the whole. */
bool template_constant(const struct template *t);
const char *template_text(const struct template *t); /* NULL where it is not constant */

/* Appends the expansion; what is unknown or empty expands to nothing. facts may be NULL. */
void template_expand(const struct template *t, struct facts *facts, struct buf *out);

/* Is the expansion equal to text? */
bool template_equals(const struct template *t, struct facts *facts, struct span text);

/* {env.*}, {file.*}, {system.*}, {time.now.*} at load time, others kept as they are; in arena. */
const char *replace_at_load(struct arena *arena, const char *text);

#endif
