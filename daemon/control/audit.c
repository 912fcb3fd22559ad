/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/pack.h"
#include "common/unpack.h"
#include "daemon/control/call.h"

#define VALUE_MAX 128 /* bytes of one value */

/* What operations are about, in this order. All else of them may be, or hold, a secret. */
static const char *const about[] = {"id", "name", "address", "proxy", "server", "wrapper", "in",
    "before", "after", "first", "last", "dial", "key", "existing", "drain"};

static bool is_audited(const struct call *call)
{
	return call->method->changes && !call->dry_run;
}

static bool is_full(const struct call *call)
{
	return buf_len(&call->what) >= AUDIT_WHAT_MAX;
}

/* Bare where nobody can take it for more than one value. */
static bool is_plain(struct span text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || strchr("\"\\=;", text.p[i]) != NULL)
			return false;
	return text.n > 0;
}

static void add_text(struct buf *what, const char *key, struct span text)
{
	size_t i, n = text.n > VALUE_MAX ? pack_text_cut(text, VALUE_MAX) : text.n;

	buf_printf(what, "%s%s=", buf_len(what) > 0 ? " " : "", key);
	if (is_plain(text)) {
		buf_append(what, text.p, n);
	} else {
		buf_append_str(what, "\"");
		for (i = 0; i < n; i++) {
			if (text.p[i] == '"' || text.p[i] == '\\')
				buf_append_str(what, "\\");
			buf_append(what, &text.p[i], 1);
		}
		buf_append_str(what, "\"");
	}
	if (n < text.n)
		buf_append_str(what, "...");
}

static void add_argument(struct buf *what, const struct param *p, const struct argument *arg)
{
	char number[32];
	uint64_t item;
	size_t i, n;

	switch (p->type) {
	case PARAM_TEXT:
		add_text(what, p->name, arg->text);
		break;
	case PARAM_INT:
		n = (size_t)snprintf(
		    number, sizeof(number), "%llu", (unsigned long long)arg->number);
		add_text(what, p->name, span_of(number, n));
		break;
	case PARAM_BOOL:
		add_text(what, p->name, span_str(arg->yes ? "true" : "false"));
		break;
	case PARAM_INTS:
		buf_printf(what, "%s%s=", buf_len(what) > 0 ? " " : "", p->name);
		for (i = 0; i < arg->count && buf_len(what) < AUDIT_WHAT_MAX; i++)
			if (unpack_u64(&arg->items[i], &item))
				buf_printf(
				    what, "%s%llu", i > 0 ? "," : "", (unsigned long long)item);
		break;
	}
}

void audit_arguments(struct call *call, const struct argument *args)
{
	const struct param *p = call->method->params;

	if (!is_audited(call))
		return;
	for (; p != NULL && p->name != NULL && !is_full(call); p++, args++)
		if (args->given && !p->unlogged)
			add_argument(&call->what, p, args);
}

/* What server.add calls "server" is a part of the document; for others it is a name. */
static bool is_name(const char *op, const char *key)
{
	return op == NULL || strcmp(op, "server.add") != 0 || strcmp(key, "server") != 0;
}

static void add_operation(struct buf *what, const json_t *operation)
{
	const char *op = json_string_value(json_object_get(operation, "op"));
	const json_t *value;
	char *text;
	size_t i;

	buf_printf(what, "%s%.32s", buf_len(what) > 0 ? "; " : "", op != NULL ? op : "?");
	for (i = 0; i < sizeof(about) / sizeof(about[0]); i++) {
		value = json_object_get(operation, about[i]);
		if (!is_name(op, about[i]))
			continue;
		if (json_is_string(value)) {
			add_text(what, about[i], span_str(json_string_value(value)));
		} else if (value != NULL) {
			text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
			add_text(what, about[i], span_str(text != NULL ? text : ""));
			free(text);
		}
	}
}

void audit_operations(struct call *call, const json_t *operations)
{
	const json_t *operation;
	size_t i;

	if (!is_audited(call))
		return;
	json_array_foreach (operations, i, operation) {
		if (is_full(call)) {
			buf_printf(&call->what, "; and %zu more", json_array_size(operations) - i);
			break;
		}
		add_operation(&call->what, operation);
	}
}

static const char *result_of(const struct call *call, const struct error *err)
{
	if (err != NULL)
		return error_code_name(err->code);
	return call->repeated ? "repeated" : "done";
}

void audit_log(const struct call *call, const struct error *err)
{
	struct log_line line;

	if (!is_audited(call))
		return;
	log_begin(&line, err != NULL ? LOG_WARN : LOG_INFO, "control", call->method->name);
	log_u64(&line, "uid", call->caller.uid);
	log_u64(&line, "pid", (uint64_t)call->caller.pid);
	log_str(&line, "command", call->caller.command);
	log_u64(&line, "rev", call->changed_to != 0 ? call->changed_to : call_revision());
	log_str(&line, "result", result_of(call, err));
	if (err != NULL && err->path[0] != '\0')
		log_str(&line, "path", err->path);
	if (err != NULL)
		log_str(&line, "reason", err->message);
	if (buf_len(&call->what) > 0)
		log_bytes(&line, "what", buf_span(&call->what));
	log_end(&line);
}
