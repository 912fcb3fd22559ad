/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/replacer.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/core/file_text.h"

/* A run of text, or a placeholder. */
struct segment {
	const char *text; /* the text, or the placeholder's name; ends with a NUL */
	size_t length;
	const struct value *value; /* NULL: text, or a name that facts may know */
	bool placeholder;
	bool needs_facts;
};

struct template
{
	struct segment *segments;
	size_t count;
	const char *text; /* the whole, where nothing depends on the connection */
	bool constant;
};

/* A placeholder that the program itself knows. facts is NULL while loading. */
struct value {
	const char *name;
	void (*put)(struct facts *facts, struct buf *out);
};

/* ---- the system ---------------------------------------------------------------------------- */

static void put_hostname(struct facts *facts, struct buf *out)
{
	char name[HOST_NAME_MAX + 1];

	(void)facts;
	if (gethostname(name, sizeof(name)) == 0)
		buf_append(out, name, strnlen(name, sizeof(name)));
}

static void put_os(struct facts *facts, struct buf *out)
{
	(void)facts;
	buf_append_str(out, "linux");
}

/* As Go calls the machine. */
static void put_arch(struct facts *facts, struct buf *out)
{
	struct utsname names;

	(void)facts;
	if (uname(&names) == -1)
		return;
	if (strcmp(names.machine, "x86_64") == 0)
		buf_append_str(out, "amd64");
	else if (strcmp(names.machine, "aarch64") == 0)
		buf_append_str(out, "arm64");
	else
		buf_append_str(out, names.machine);
}

static void put_slash(struct facts *facts, struct buf *out)
{
	(void)facts;
	buf_append_str(out, "/");
}

static void put_folder(struct facts *facts, struct buf *out)
{
	char path[PATH_MAX];

	(void)facts;
	if (getcwd(path, sizeof(path)) != NULL)
		buf_append_str(out, path);
}

/* Never changes while the program runs, so it is put in at load. */
static const struct value system_values[] = {
    {"system.hostname", put_hostname},
    {"system.os", put_os},
    {"system.arch", put_arch},
    {"system.slash", put_slash},
    {"system.wd", put_folder},
    {NULL, NULL},
};

/* ---- the clock ----------------------------------------------------------------------------- */

#define DATE_MAX 64

/* As Go prints a time: the fraction without zeros at its end. */
static void put_time(struct buf *out, const struct timespec *at, const struct tm *tm)
{
	char text[DATE_MAX];
	size_t n;

	buf_append(out, text, strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", tm));
	n = (size_t)snprintf(text, sizeof(text), ".%09ld", at->tv_nsec);
	while (n > 0 && text[n - 1] == '0')
		n--;
	buf_append(out, text, n > 1 ? n : 0);
	if (tm->tm_gmtoff == 0)
		buf_append_str(out, " +0000 UTC");
	else
		buf_append(out, text, strftime(text, sizeof(text), " %z %Z", tm));
}

static struct timespec now(struct tm *local, struct tm *utc)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	if (local != NULL)
		localtime_r(&at.tv_sec, local);
	if (utc != NULL)
		gmtime_r(&at.tv_sec, utc);
	return at;
}

static void put_now(struct facts *facts, struct buf *out)
{
	struct tm tm;
	struct timespec at = now(&tm, NULL);

	(void)facts;
	put_time(out, &at, &tm);
}

/* Names of days and months are English whatever the locale: the program never sets one. */
static void put_now_http(struct facts *facts, struct buf *out)
{
	char text[DATE_MAX];
	struct tm tm;

	(void)facts;
	now(NULL, &tm);
	buf_append(out, text, strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm));
}

static void put_now_common_log(struct facts *facts, struct buf *out)
{
	char text[DATE_MAX];
	struct tm tm;

	(void)facts;
	now(&tm, NULL);
	buf_append(out, text, strftime(text, sizeof(text), "%d/%b/%Y:%H:%M:%S %z", &tm));
}

static void put_now_year(struct facts *facts, struct buf *out)
{
	struct tm tm;

	(void)facts;
	now(&tm, NULL);
	buf_printf(out, "%d", tm.tm_year + 1900);
}

static void put_now_unix(struct facts *facts, struct buf *out)
{
	(void)facts;
	buf_printf(out, "%lld", (long long)now(NULL, NULL).tv_sec);
}

static void put_now_unix_ms(struct facts *facts, struct buf *out)
{
	struct timespec at = now(NULL, NULL);

	(void)facts;
	buf_printf(out, "%lld", (long long)at.tv_sec * 1000 + at.tv_nsec / 1000000);
}

static const struct value time_values[] = {
    {"time.now", put_now},
    {"time.now.http", put_now_http},
    {"time.now.common_log", put_now_common_log},
    {"time.now.year", put_now_year},
    {"time.now.unix", put_now_unix},
    {"time.now.unix_ms", put_now_unix_ms},
    {NULL, NULL},
};

/* ---- the connection ------------------------------------------------------------------------ */

static void put_address(struct buf *out, const struct netaddr *addr)
{
	char text[NETADDR_TEXT_MAX];

	if (addr->family != AF_UNSPEC)
		buf_append_str(out, netaddr_text(addr, text));
}

static void put_ip(struct buf *out, const struct netaddr *addr)
{
	char text[NETADDR_TEXT_MAX];

	if (addr->family != AF_UNSPEC)
		buf_append_str(out, netaddr_ip_text(addr, text));
}

static void put_port(struct buf *out, const struct netaddr *addr)
{
	if (addr->family == AF_INET || addr->family == AF_INET6)
		buf_printf(out, "%u", addr->port);
}

static void put_remote_addr(struct facts *facts, struct buf *out)
{
	put_address(out, &facts->remote);
}

static void put_local_addr(struct facts *facts, struct buf *out)
{
	put_address(out, facts_local(facts));
}

static void put_remote_ip(struct facts *facts, struct buf *out)
{
	put_ip(out, &facts->src);
}

static void put_remote_port(struct facts *facts, struct buf *out)
{
	put_port(out, &facts->src);
}

static void put_local_ip(struct facts *facts, struct buf *out)
{
	put_ip(out, facts_dst(facts));
}

static void put_local_port(struct facts *facts, struct buf *out)
{
	put_port(out, facts_dst(facts));
}

static void put_id(struct facts *facts, struct buf *out)
{
	buf_printf(out, "%" PRIu64, facts->id);
}

static void put_server(struct facts *facts, struct buf *out)
{
	if (facts->server != NULL)
		buf_append_str(out, facts->server);
}

static void put_route(struct facts *facts, struct buf *out)
{
	if (facts->route != NULL)
		buf_append_str(out, facts->route);
}

static void put_wrap_time(struct facts *facts, struct buf *out)
{
	struct timespec at = {
	    .tv_sec = facts->start_ns / 1000000000,
	    .tv_nsec = facts->start_ns % 1000000000,
	};
	struct tm tm;

	gmtime_r(&at.tv_sec, &tm);
	put_time(out, &at, &tm);
}

static const struct value conn_values[] = {
    {"l4.conn.remote_addr", put_remote_addr}, /* of the socket, as the reference's */
    {"l4.conn.local_addr", put_local_addr},
    {"l4.conn.remote_ip", put_remote_ip}, /* effective: after a PROXY header */
    {"l4.conn.remote_port", put_remote_port},
    {"l4.conn.local_ip", put_local_ip},
    {"l4.conn.local_port", put_local_port},
    {"l4.conn.id", put_id},
    {"l4.conn.server", put_server},
    {"l4.conn.route", put_route},
    {"l4.conn.wrap_time", put_wrap_time},
    {NULL, NULL},
};

/* ---- names --------------------------------------------------------------------------------- */

static const struct value *find(const struct value *values, const char *name)
{
	for (; values->name != NULL; values++)
		if (strcmp(values->name, name) == 0)
			return values;
	return NULL;
}

/* As in the reference, what cannot be read stands for nothing. */
static void put_file(const char *path, struct buf *out)
{
	struct error err;

	if (file_text_put(path, out, &err) == -1)
		log_msg(LOG_WARN, "config", "{file.%s} stands for nothing: %s", path, err.message);
}

/* Appends what name stands for from now on. false: it is not such a name. */
static bool put_fixed(const char *name, struct buf *out)
{
	const struct value *value;
	const char *text;

	if (strncmp(name, "file.", 5) == 0) {
		put_file(name + 5, out);
		return true;
	}

	if (strncmp(name, "env.", 4) == 0) {
		text = getenv(name + 4);
		if (text != NULL)
			buf_append_str(out, text);
		return true;
	}
	value = find(system_values, name);
	if (value == NULL)
		return false;
	value->put(NULL, out);
	return true;
}

/* ---- reading ------------------------------------------------------------------------------- */

enum piece { PIECE_END, PIECE_TEXT, PIECE_NAME };

/* Could this stand between braces? What cannot, such as JSON, stays text. */
static bool name_byte(char c)
{
	return (unsigned char)c > ' ' && c != '"' && c != '{' && c != '\\';
}

/* The length of the name that begins behind the brace at text, 0: it is none. */
static size_t name_length(const char *text)
{
	size_t n = 1;

	while (text[n] != '}' && name_byte(text[n]))
		n++;
	return text[n] == '}' ? n - 1 : 0;
}

/*
 * Takes the next piece: *p, *n are its text or its name. An escaped brace is a piece of its own.
 */
static enum piece next_piece(const char **text, const char **p, size_t *n)
{
	const char *at = *text;

	if (*at == '\0')
		return PIECE_END;
	if (at[0] == '{' && (*n = name_length(at)) > 0) {
		*p = at + 1;
		*text = at + *n + 2;
		return PIECE_NAME;
	}
	if (at[0] == '\\' && (at[1] == '{' || at[1] == '}')) {
		*p = at + 1;
		*n = 1;
		*text = at + 2;
		return PIECE_TEXT;
	}
	*p = at;
	do
		at++;
	while (*at != '\0' && *at != '{' && *at != '\\');
	*n = (size_t)(at - *p);
	*text = at;
	return PIECE_TEXT;
}

/* ---- templates ----------------------------------------------------------------------------- */

static struct segment *add_segment(struct template *t)
{
	t->constant = false;
	return &t->segments[t->count++];
}

static void end_text(struct arena *arena, struct template *t, struct buf *text)
{
	struct segment *s;

	if (buf_len(text) == 0)
		return;
	s = add_segment(t);
	s->length = buf_len(text);
	s->text = arena_strndup(arena, (const char *)text->data + text->start, s->length);
	buf_clear(text);
}

static void add_name(struct template *t, const char *name)
{
	struct segment *s = add_segment(t);

	s->placeholder = true;
	s->text = name;
	s->length = strlen(name);
	s->value = find(time_values, name);
	s->needs_facts = s->value == NULL;
	if (s->value == NULL)
		s->value = find(conn_values, name);
}

/* No more segments than these can come out of text. */
static size_t segments_max(const char *text)
{
	size_t n = 1;

	for (; *text != '\0'; text++)
		n += *text == '{' ? 2 : 0;
	return n;
}

struct template *template_new(struct arena *arena, const char *text)
{
	struct template *t = arena_alloc(arena, sizeof(*t));
	struct buf held = {0};
	enum piece piece;
	const char *p, *name;
	size_t n;

	t->segments = arena_array(arena, segments_max(text), sizeof(*t->segments));
	while ((piece = next_piece(&text, &p, &n)) != PIECE_END) {
		if (piece == PIECE_TEXT) {
			buf_append(&held, p, n);
			continue;
		}
		name = arena_strndup(arena, p, n);
		if (put_fixed(name, &held))
			continue;
		end_text(arena, t, &held);
		add_name(t, name);
	}
	t->constant = t->count == 0;
	t->text = arena_strdup(arena, buf_str(&held));
	if (!t->constant)
		end_text(arena, t, &held);
	buf_fini(&held);
	return t;
}

bool template_constant(const struct template *t)
{
	return t->constant;
}

const char *template_text(const struct template *t)
{
	return t->constant ? t->text : NULL;
}

void template_expand(const struct template *t, struct facts *facts, struct buf *out)
{
	size_t i;

	if (t->constant)
		buf_append_str(out, t->text);
	for (i = 0; i < t->count; i++) {
		const struct segment *s = &t->segments[i];

		if (!s->placeholder)
			buf_append(out, s->text, s->length);
		else if (facts == NULL && s->needs_facts)
			continue;
		else if (s->value != NULL)
			s->value->put(facts, out);
		else
			facts_put(facts, s->text, out);
	}
}

bool template_equals(const struct template *t, struct facts *facts, struct span text)
{
	struct buf expanded = {0};
	bool equal;

	if (t->constant)
		return span_eq_str(text, t->text);
	template_expand(t, facts, &expanded);
	equal = span_eq(buf_span(&expanded), text);
	buf_fini(&expanded);
	return equal;
}

const char *replace_at_load(struct arena *arena, const char *text)
{
	struct buf out = {0};
	enum piece piece;
	const char *p, *name, *result;
	const struct value *value;
	size_t n;

	if (strpbrk(text, "{}") == NULL)
		return arena_strdup(arena, text);
	while ((piece = next_piece(&text, &p, &n)) != PIECE_END) {
		if (piece == PIECE_TEXT) {
			buf_append(&out, p, n);
			continue;
		}
		name = arena_strndup(arena, p, n);
		if (put_fixed(name, &out))
			continue;
		value = find(time_values, name);
		if (value != NULL)
			value->put(NULL, &out);
		else
			buf_printf(&out, "{%s}", name);
	}
	result = arena_strdup(arena, buf_str(&out));
	buf_fini(&out);
	return result;
}
