/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/response.h"

#include <time.h>

#include "daemon/wire/http1.h"

static const struct {
	unsigned status;
	const char *text;
} status_texts[] = {
    {100, "Continue"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Requested Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Entity"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
    {511, "Network Authentication Required"},
};

const char *http_status_text(unsigned status)
{
	size_t i;

	for (i = 0; i < sizeof(status_texts) / sizeof(status_texts[0]); i++)
		if (status_texts[i].status == status)
			return status_texts[i].text;
	return "";
}

void http_response_fini(struct http_response *r)
{
	buf_fini(&r->body);
}

struct span http_response_body(const struct http_response *r)
{
	return r->const_body.n > 0 ? r->const_body : buf_span(&r->body);
}

void http_response_error(struct http_response *r, struct arena *arena, unsigned status)
{
	r->status = status;
	r->const_body = span_of(NULL, 0);
	buf_clear(&r->body);
	buf_printf(&r->body, "%u %s\n", status, http_status_text(status));
	http_fields_set(
	    &r->fields, arena, span_str("Content-Type"), span_str("text/plain; charset=utf-8"));
}

void http_response_add_interim(struct http_response *r, struct arena *arena, unsigned status)
{
	struct http_interim *interim = arena_alloc(arena, sizeof(*interim)), **end;
	size_t i;

	interim->status = status;
	for (i = 0; i < r->fields.count; i++)
		http_fields_add(
		    &interim->fields, arena, r->fields.items[i].name, r->fields.items[i].value);
	for (end = &r->interim; *end != NULL; end = &(*end)->next)
		;
	*end = interim;
}

bool http_status_has_body(unsigned status)
{
	return status >= 200 && status != 204 && status != 304;
}

bool http_field_is_framing(struct span name)
{
	return http1_equal(name, span_str("Content-Length")) ||
	       http1_equal(name, span_str("Transfer-Encoding")) ||
	       http1_equal(name, span_str("Connection"));
}

const char *http_date(void)
{
	static _Thread_local time_t made;
	static _Thread_local char text[40];
	time_t now = time(NULL);
	struct tm tm;

	if (now != made) {
		gmtime_r(&now, &tm);
		strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		made = now;
	}
	return text;
}

struct span http_field_value(struct arena *arena, struct span value)
{
	uint8_t *copy;
	size_t i;

	if (http1_is_value(value))
		return value;
	copy = arena_alloc(arena, value.n);
	for (i = 0; i < value.n; i++)
		copy[i] = http1_is_value(span_of(value.p + i, 1)) ? value.p[i] : ' ';
	return span_of(copy, value.n);
}

/* ---- HTTP/1 -------------------------------------------------------------------------------- */

static void write_value(struct span value, struct buf *out)
{
	size_t i;

	if (http1_is_value(value)) {
		buf_append(out, value.p, value.n);
		return;
	}
	for (i = 0; i < value.n; i++)
		buf_append(out,
		    http1_is_value(span_of(value.p + i, 1)) ? value.p + i : (const uint8_t *)" ",
		    1);
}

/* How the message is framed is not the operator's to say. Returns whether there was a Date. */
static bool write_fields(const struct http_fields *f, struct buf *out)
{
	bool dated = false;
	size_t i;

	for (i = 0; i < f->count; i++) {
		const struct http_field *field = &f->items[i];

		if (!http1_is_token(field->name) || http_field_is_framing(field->name))
			continue;
		dated = dated || http1_equal(field->name, span_str("Date"));
		buf_append(out, field->name.p, field->name.n);
		buf_append(out, ": ", 2);
		write_value(field->value, out);
		buf_append(out, "\r\n", 2);
	}
	return dated;
}

static void write_status(unsigned status, struct buf *out)
{
	buf_printf(out, "HTTP/1.1 %03u %s\r\n", status, http_status_text(status));
}

static void write_interim(const struct http_interim *interim, struct buf *out)
{
	for (; interim != NULL; interim = interim->next) {
		write_status(interim->status, out);
		write_fields(&interim->fields, out);
		buf_append(out, "\r\n", 2);
	}
}

bool http1_write_head(const struct http_response *r, const struct http1_form *form, struct buf *out)
{
	unsigned status = r->status != 0 ? r->status : 200;
	size_t length = http_response_body(r).n;

	if (form->minor > 0)
		write_interim(r->interim, out);
	write_status(status, out);
	if (!write_fields(&r->fields, out))
		buf_printf(out, "Date: %s\r\n", http_date());
	if (http_status_has_body(status))
		buf_printf(out, "Content-Length: %zu\r\n", length);
	if (!form->keep_alive)
		buf_append_str(out, "Connection: close\r\n");
	else if (form->minor == 0)
		buf_append_str(out, "Connection: keep-alive\r\n");
	buf_append(out, "\r\n", 2);
	return http_status_has_body(status) && !form->head && length > 0;
}
