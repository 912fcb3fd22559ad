/* SPDX-License-Identifier: BSD-2-Clause */
/* The directives that answer by themselves: respond, redir, abort. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/config/directives.h"
#include "daemon/input/settings.h"

/* A status code as the document has it: a number if it is one. */
static json_t *status_code(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits > 0 && digits < 10 && text[digits] == '\0')
		return json_integer(atoi(text));
	return json_string(text);
}

static int adapt_close(struct dispenser *d, json_t *out, struct error *err)
{
	json_object_set_new(out, "close", json_true());
	return dispenser_none(d, err);
}

static int adapt_body(struct dispenser *d, json_t *out, struct error *err)
{
	const char *text;

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	return dispenser_set(d, out, "body", json_string(text), err);
}

/* respond [<matcher>] <status>|<body> [<status>] { body <text>; close } */
int directive_respond(
    const struct scope *scope, struct dispenser *d, json_t **out, struct error *err)
{
	static const struct setting settings[] = {{"body", SETTING_CUSTOM, NULL, adapt_body},
	    {"close", SETTING_CUSTOM, NULL, adapt_close}, {0}};
	const char *first, *second;

	(void)scope;
	*out = json_pack("{s:s}", "handler", "static_response");
	first = dispenser_arg(d);
	second = dispenser_arg(d);
	if (!first || dispenser_args_left(d) > 0) {
		dispenser_arg_error(d, err);
		goto fail;
	}
	if (!second && strlen(first) == 3 && strspn(first, "0123456789") == 3 && atoi(first) > 0) {
		second = first;
		first = "";
	}
	settings_put(*out, "body", json_string(first));
	if (second)
		settings_put(*out, "status_code", status_code(second));
	if (settings_adapt(d, settings, "option of respond", *out, err) == 0)
		return 0;
fail:
	json_decref(*out);
	*out = NULL;
	return -1;
}

int directive_abort(const struct scope *scope, struct dispenser *d, json_t **out, struct error *err)
{
	(void)scope;
	if (dispenser_none(d, err) == -1)
		return -1;
	*out = json_pack("{s:s, s:b}", "handler", "static_response", "abort", 1);
	return 0;
}

static void append_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			buf_append_str(out, "&amp;");
			break;
		case '<':
			buf_append_str(out, "&lt;");
			break;
		case '>':
			buf_append_str(out, "&gt;");
			break;
		case '"':
			buf_append_str(out, "&#34;");
			break;
		case '\'':
			buf_append_str(out, "&#39;");
			break;
		default:
			buf_append(out, text, 1);
		}
	}
}

/* "redir … html": a page that sends a browser on, for clients that follow nothing by themselves. */
static json_t *redirect_page(const char *to)
{
	struct buf safe = {0}, page = {0};
	json_t *body;

	append_escaped(&safe, to);
	buf_printf(&page,
	    "<!doctype html>\n<title>Moved</title>\n<script>location.replace(\"%s\")</script>\n"
	    "<meta http-equiv=\"refresh\" content=\"0; url='%s'\">\n"
	    "<p>This page is now at <a href=\"%s\">%s</a>.</p>\n",
	    buf_str(&safe), buf_str(&safe), buf_str(&safe), buf_str(&safe));
	body = json_string(buf_str(&page));
	buf_fini(&safe);
	buf_fini(&page);
	return json_pack("{s:s, s:i, s:o, s:{s:[s]}}", "handler", "static_response", "status_code",
	    200, "body", body, "headers", "Content-Type", "text/html; charset=utf-8");
}

/* redir [<matcher>] <to> [<code>] */
int directive_redir(const struct scope *scope, struct dispenser *d, json_t **out, struct error *err)
{
	const char *to = dispenser_arg(d), *code = dispenser_arg(d);
	int number;

	(void)scope;
	if (!to || dispenser_args_left(d) > 0)
		return dispenser_arg_error(d, err);
	if (code && strcmp(code, "html") == 0) {
		*out = redirect_page(to);
		return 0;
	}
	if (!code || strcmp(code, "temporary") == 0)
		code = "302";
	else if (strcmp(code, "permanent") == 0)
		code = "301";
	number = strspn(code, "0123456789") == strlen(code) ? atoi(code) : 0;
	if (code[0] != '{' && (number < 300 || number > 399) && number != 401)
		return dispenser_error(d, err, ERROR_INVALID,
		    "'%s' is not 'permanent', 'temporary', 'html', 401 or a number from 300 to 399",
		    code);
	*out = json_pack("{s:s, s:o, s:{s:[s]}}", "handler", "static_response", "status_code",
	    status_code(code), "headers", "Location", to);
	return 0;
}
