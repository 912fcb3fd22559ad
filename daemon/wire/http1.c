/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/http1.h"

/* ---- characters ---------------------------------------------------------------------------- */

static bool is_alpha(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_one_of(uint8_t c, const char *set)
{
	return c != 0 && strchr(set, c) != NULL;
}

/* RFC 9110 section 5.6.2 */
static bool is_tchar(uint8_t c)
{
	return is_alpha(c) || is_digit(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

/* RFC 3986 section 3.2.2, with the port and the brackets. */
static bool is_host_char(uint8_t c)
{
	return is_alpha(c) || is_digit(c) || is_one_of(c, "-._~!$&'()*+,;=%:[]");
}

/* Not a blank, not a control character. Bytes over 0x7f come from clients that do not encode. */
static bool is_target_char(uint8_t c)
{
	return c > 0x20 && c != 0x7f;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool all(struct span s, bool (*is)(uint8_t c))
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is(s.p[i]))
			return false;
	return true;
}

/* RFC 9110 section 5.5: no control character but the tab. */
static bool is_value_char(uint8_t c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\t';
}

bool http1_is_token(struct span s)
{
	return s.n > 0 && all(s, is_tchar);
}

bool http1_is_value(struct span s)
{
	return all(s, is_value_char);
}

bool http1_is_host(struct span s)
{
	return all(s, is_host_char);
}

bool http1_equal(struct span a, struct span b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

static struct span trim(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		span_skip(&s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* ---- lines --------------------------------------------------------------------------------- */

/*
 * Takes a line, without its end. A lone LF ends one too (RFC 9112 section 2.2 allows it, and people
 * who type requests send it); a CR elsewhere is left in the line, where nothing accepts it.
 */
static bool next_line(struct span *s, struct span *line)
{
	const uint8_t *end = s->n > 0 ? memchr(s->p, '\n', s->n) : NULL;

	if (end == NULL || !span_take(s, (size_t)(end - s->p) + 1, line))
		return false;
	line->n--;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* The name must touch the colon: blanks there have been used to smuggle (RFC 9112 section 5.1). */
static bool split_header(struct span line, struct span *name, struct span *value)
{
	const uint8_t *colon = line.n > 0 ? memchr(line.p, ':', line.n) : NULL;

	if (colon == NULL || !span_take(&line, (size_t)(colon - line.p), name))
		return false;
	span_skip(&line, 1);
	*value = trim(line);
	return true;
}

bool http1_next_header(struct span *headers, struct span *name, struct span *value)
{
	struct span line;

	return next_line(headers, &line) && split_header(line, name, value);
}

bool http1_header(const struct http1_head *head, const char *name, struct span *value)
{
	struct span list = head->headers, n, v;

	while (http1_next_header(&list, &n, &v)) {
		if (http1_equal(n, span_str(name))) {
			*value = v;
			return true;
		}
	}
	return false;
}

bool http1_next_element(struct span *list, struct span *out)
{
	while (list->n > 0) {
		const uint8_t *comma = memchr(list->p, ',', list->n);

		span_take(list, comma != NULL ? (size_t)(comma - list->p) : list->n, out);
		span_skip(list, 1);
		*out = trim(*out);
		if (out->n > 0)
			return true;
	}
	return false;
}

/* ---- the request line ---------------------------------------------------------------------- */

static enum http1_result bad(struct http1_head *out, unsigned status)
{
	out->status = status;
	return HTTP1_BAD;
}

static enum http1_result take_method(struct span *s, struct http1_head *out)
{
	size_t n = 0;

	while (n < s->n && is_tchar(s->p[n]))
		n++;
	if (n > HTTP1_METHOD_MAX)
		return bad(out, 405);
	if (n == s->n)
		return HTTP1_MORE;
	if (n == 0 || s->p[n] != ' ')
		return HTTP1_NO;
	span_take(s, n, &out->method);
	span_skip(s, 1);
	return HTTP1_OK;
}

static enum http1_result take_target(struct span *s, struct http1_head *out)
{
	size_t n = 0;

	if (s->n > 0 && s->p[0] != '/' && s->p[0] != '*' && !is_host_char(s->p[0]))
		return HTTP1_NO;
	while (n < s->n && is_target_char(s->p[n]))
		n++;
	if (n == s->n)
		return HTTP1_MORE;
	if (n == 0 || s->p[n] != ' ')
		return HTTP1_NO;
	span_take(s, n, &out->target);
	span_skip(s, 1);
	return HTTP1_OK;
}

/* "HTTP/1.1" and the line's end. */
static enum http1_result take_version(struct span *s, struct http1_head *out)
{
	static const char form[] = "HTTP/d.d";
	size_t i;

	for (i = 0; i < sizeof(form) - 1; i++) {
		if (i == s->n)
			return HTTP1_MORE;
		if (form[i] == 'd' ? !is_digit(s->p[i]) : s->p[i] != (uint8_t)form[i])
			return HTTP1_NO;
	}
	if (i < s->n && s->p[i] == '\r')
		i++;
	if (i == s->n)
		return HTTP1_MORE;
	if (s->p[i] != '\n')
		return HTTP1_NO;
	if (s->p[5] != '1')
		return bad(out, 505);
	out->minor = s->p[7] == '0' ? 0 : 1; /* a later 1.x is one that we may answer as 1.1 */
	span_skip(s, i + 1);
	return HTTP1_OK;
}

static bool escapes_valid(struct span path)
{
	size_t i;

	for (i = 0; i < path.n; i++) {
		if (path.p[i] != '%')
			continue;
		if (path.n - i < 3 || !is_hex(path.p[i + 1]) || !is_hex(path.p[i + 2]))
			return false;
	}
	return true;
}

/* "scheme://authority" of an absolute target; what follows is left in *s. */
static bool take_authority(struct span *s, struct span *authority)
{
	size_t n = 0;

	if (!is_alpha(s->p[0]))
		return false;
	while (n < s->n && (is_alpha(s->p[n]) || is_digit(s->p[n]) || is_one_of(s->p[n], "+-.")))
		n++;
	span_skip(s, n);
	if (!span_starts(*s, span_str("://")))
		return false;
	span_skip(s, 3);
	for (n = 0; n < s->n && s->p[n] != '/' && s->p[n] != '?'; n++)
		;
	span_take(s, n, authority);
	return authority->n > 0 && all(*authority, is_host_char);
}

bool http1_split_path(struct span target, struct span *path, struct span *query, bool *has_query)
{
	const uint8_t *mark = target.n > 0 ? memchr(target.p, '?', target.n) : NULL;

	*has_query = mark != NULL;
	*path = target;
	*query = span_of(NULL, 0);
	if (mark != NULL) {
		span_take(&target, (size_t)(mark - target.p), path);
		span_skip(&target, 1);
		*query = target;
	}
	return all(target, is_target_char) && escapes_valid(*path);
}

/* The four forms of RFC 9112 section 3.2. */
static bool split_target(struct http1_head *out)
{
	struct span s = out->target;

	if (span_eq_str(out->method, "CONNECT")) {
		out->host = s;
		return all(s, is_host_char);
	}
	if (s.p[0] == '*') {
		out->path = s;
		return s.n == 1 && span_eq_str(out->method, "OPTIONS");
	}
	if (s.p[0] != '/' && !take_authority(&s, &out->host))
		return false;
	return http1_split_path(s, &out->path, &out->query, &out->has_query);
}

static enum http1_result request_line(struct span *s, struct http1_head *out)
{
	enum http1_result result = take_method(s, out);

	if (result == HTTP1_OK)
		result = take_target(s, out);
	if (result == HTTP1_OK)
		result = take_version(s, out);
	if (result == HTTP1_OK && !split_target(out))
		return bad(out, 400);
	return result;
}

/* ---- headers ------------------------------------------------------------------------------- */

/* What has been seen of the headers that decide how the message is read. */
struct seen {
	unsigned count;
	bool host, content_length, transfer_encoding;
	bool close, keep_alive;
};

static bool parse_length(struct span digits, uint64_t *out)
{
	uint64_t value = 0;
	size_t i;

	if (digits.n == 0 || digits.n > 18) /* 18 digits fit 63 bits */
		return false;
	for (i = 0; i < digits.n; i++) {
		if (!is_digit(digits.p[i]))
			return false;
		value = value * 10 + (digits.p[i] - '0');
	}
	*out = value;
	return true;
}

static void note_connection(struct span list, struct seen *seen)
{
	struct span option;

	while (http1_next_element(&list, &option)) {
		if (http1_equal(option, span_str("close")))
			seen->close = true;
		else if (http1_equal(option, span_str("keep-alive")))
			seen->keep_alive = true;
	}
}

static bool note_host(struct span value, struct seen *seen, struct http1_head *out)
{
	if (seen->host || !all(value, is_host_char))
		return false;
	seen->host = true;
	if (out->host.n == 0) /* the target's goes first: RFC 9112 section 3.2.2 */
		out->host = value;
	return true;
}

/* Returns 0, or the status to refuse with. */
static unsigned note_header(
    struct span name, struct span value, struct seen *seen, struct http1_head *out)
{
	if (http1_equal(name, span_str("host")))
		return note_host(value, seen, out) ? 0 : 400;
	if (http1_equal(name, span_str("content-length"))) {
		if (seen->content_length || !parse_length(value, &out->content_length))
			return 400;
		seen->content_length = true;
	} else if (http1_equal(name, span_str("transfer-encoding"))) {
		if (seen->transfer_encoding)
			return 400;
		if (!http1_equal(value, span_str("chunked")))
			return 501;
		seen->transfer_encoding = out->chunked = true;
	} else if (http1_equal(name, span_str("connection"))) {
		note_connection(value, seen);
	} else if (http1_equal(name, span_str("expect"))) {
		if (!http1_equal(value, span_str("100-continue")))
			return 417;
		out->expect_continue = true;
	}
	return 0;
}

static unsigned header_line(struct span line, struct seen *seen, struct http1_head *out)
{
	struct span name, value;

	if (++seen->count > HTTP1_HEADERS_MAX)
		return 431;
	/* A folded line starts with a blank, which no name does. */
	if (!split_header(line, &name, &value) || !http1_is_token(name) || !http1_is_value(value))
		return 400;
	return note_header(name, value, seen, out);
}

/* RFC 9112 sections 3.2, 6.1, 6.3 and 9.3. Returns 0, or the status to refuse with. */
static unsigned check(const struct seen *seen, struct http1_head *out)
{
	if (out->minor > 0 && !seen->host)
		return 400;
	if (seen->transfer_encoding && (seen->content_length || out->minor == 0))
		return 400;
	out->keep_alive = !seen->close && (out->minor > 0 || seen->keep_alive);
	out->expect_continue = out->expect_continue && out->minor > 0;
	return 0;
}

static enum http1_result header_lines(struct span *s, struct http1_head *out)
{
	struct seen seen = {0};
	const uint8_t *start = s->p;
	struct span line;
	unsigned status;

	while (next_line(s, &line)) {
		if (line.n == 0) {
			status = check(&seen, out);
			return status == 0 ? HTTP1_OK : bad(out, status);
		}
		status = header_line(line, &seen, out);
		if (status != 0)
			return bad(out, status);
		out->headers = span_of(start, (size_t)(s->p - start));
	}
	return HTTP1_MORE;
}

enum http1_result http1_parse(struct span bytes, size_t size_max, struct http1_head *out)
{
	struct span s = bytes;
	enum http1_result result;

	memset(out, 0, sizeof(*out));
	if (s.n > size_max)
		s.n = size_max;
	result = request_line(&s, out);
	if (result == HTTP1_OK)
		result = header_lines(&s, out);
	if (result == HTTP1_OK)
		out->length = (size_t)(s.p - bytes.p);
	if (result == HTTP1_MORE && bytes.n >= size_max)
		return bad(out, 431);
	return result;
}

void http1_split_host(struct span host, struct span *name, struct span *port)
{
	const uint8_t *colon = host.n > 0 ? memrchr(host.p, ':', host.n) : NULL;
	const uint8_t *close = host.n > 0 ? memrchr(host.p, ']', host.n) : NULL;
	bool several = colon != NULL && memchr(host.p, ':', (size_t)(colon - host.p)) != NULL;

	*name = host;
	*port = span_of(NULL, 0);
	if (colon != NULL && (close != NULL ? close < colon : !several)) {
		name->n = (size_t)(colon - host.p);
		*port = span_of(colon + 1, host.n - name->n - 1);
	}
	if (name->n >= 2 && name->p[0] == '[' && name->p[name->n - 1] == ']')
		*name = span_of(name->p + 1, name->n - 2);
}
