/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/core/facts.h"
#include "daemon/http/handler.h"
#include "daemon/input/field.h"

/* The loggers of a host. */
struct host_logs {
	const char *host;       /* lower case; labels may be "*" */
	struct strings loggers; /* whole names */
};

struct http_access {
	struct host_logs *hosts; /* sorted by host */
	size_t host_count;
	const char *fallback;     /* the logger of other hosts */
	struct strings skipped;   /* hosts, lower case */
	const char *default_name; /* as written */
	bool skip_unmapped;
};

/* ---- loading -------------------------------------------------------------------------------- */

static const char *lower(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text), *p;

	for (p = copy; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

/* The default access log has no name. */
static const char *logger_name(struct load *load, const char *name)
{
	if (name == NULL || *name == '\0')
		return LOG_HTTP_ACCESS;
	return arena_printf(load->arena, "%s.%s", LOG_HTTP_ACCESS, name);
}

static int compare_hosts(const void *a, const void *b)
{
	const struct host_logs *first = a, *second = b;

	return strcmp(first->host, second->host);
}

/* One name, or a list of them. */
static int load_loggers(
    struct load *load, const struct jnode *node, struct strings *out, struct error *err)
{
	bool one = json_is_string(node->value);
	const char *name;
	size_t i;

	if (!one && jnode_array(node, err) == -1)
		return -1;
	out->count = one ? 1 : json_array_size(node->value);
	out->items = arena_array(load->arena, out->count, sizeof(*out->items));
	for (i = 0; i < out->count; i++) {
		struct jnode item = one ? *node : jnode_item(node, i);

		if (jnode_string(&item, &name, err) == -1)
			return -1;
		out->items[i] = logger_name(load, name);
	}
	return 0;
}

static int load_hosts(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct http_access *access = target;
	struct host_logs *h;
	const char *host;
	json_t *value;

	if (jnode_object(node, err) == -1)
		return -1;
	h = access->hosts =
	    arena_array(load->arena, json_object_size(node->value), sizeof(*access->hosts));
	json_object_foreach (node->value, host, value) {
		struct jnode member = jnode_member(node, host);

		h->host = lower(load->arena, host);
		if (load_loggers(load, &member, &h->loggers, err) == -1)
			return -1;
		h++;
	}
	access->host_count = (size_t)(h - access->hosts);
	if (access->host_count > 0)
		qsort(access->hosts, access->host_count, sizeof(*h), compare_hosts);
	return 0;
}

static const struct shape *const logger_choices[] = {&shape_text, &shape_texts, NULL};
static const struct shape loggers_shape = {.type = SHAPE_EITHER, .choices = logger_choices};
static const struct shape hosts_shape = {.type = SHAPE_MAP, .of = &loggers_shape};

static const struct field fields[] = {
    {.name = "logger_names",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_hosts,
	.shape = &hosts_shape,
	.help = "host: the names of its access logs; '*' stands for a label"},
    FIELD_STRING(struct http_access, default_name, "default_logger_name", 0,
	"the name of the access log of other hosts"),
    FIELD_STRINGS(struct http_access, skipped, "skip_hosts", 0, "hosts without an access log"),
    FIELD_BOOL(struct http_access, skip_unmapped, "skip_unmapped_hosts", 0,
	"only hosts of logger_names have one"),
    FIELD_CUSTOM(struct http_access, hosts, "should_log_credentials", FIELD_HIDDEN, field_ignore,
	&shape_bool, "without effect: credentials are in no header that is logged"),
    FIELD_CUSTOM(
	struct http_access, hosts, "trace", FIELD_HIDDEN, field_refuse, &shape_empty, NULL),
    FIELD_END,
};

const struct shape http_access_shape = {.type = SHAPE_OBJECT, .fields = fields, .null = true};

int http_access_load(
    struct load *load, const struct jnode *node, struct http_access **out, struct error *err)
{
	struct http_access *access;
	size_t i;

	*out = NULL;
	if (node->value == NULL || json_is_null(node->value))
		return 0;
	access = arena_alloc(load->arena, sizeof(*access));
	if (fields_load(fields, load, node, NULL, load->arena, access, err) == -1)
		return -1;
	access->fallback = logger_name(load, access->default_name);
	for (i = 0; i < access->skipped.count; i++)
		access->skipped.items[i] = lower(load->arena, access->skipped.items[i]);
	*out = access;
	return 0;
}

/* ---- whose ---------------------------------------------------------------------------------- */

static const struct host_logs *find(const struct http_access *access, const char *host)
{
	const struct host_logs key = {.host = host};

	return access->host_count > 0
		   ? bsearch(&key, access->hosts, access->host_count, sizeof(key), compare_hosts)
		   : NULL;
}

/* Puts "*" in the place of the label at at. Returns where the next one begins, or NULL. */
static char *star(char *at)
{
	char *end = at + strcspn(at, ".");

	if (end == at)
		return NULL;
	*at = '*';
	memmove(at + 1, end, strlen(end) + 1);
	return at[1] == '.' ? at + 2 : NULL;
}

/* The host itself, else with more and more of its first labels replaced by "*". */
static const struct host_logs *find_wild(const struct http_access *access, const char *host)
{
	const struct host_logs *found = NULL;
	char name[256], *at = name;

	snprintf(name, sizeof(name), "%s", host);
	while (at != NULL && found == NULL) {
		at = star(at);
		found = find(access, name);
	}
	return found;
}

static bool is_skipped(const struct http_access *access, const char *host)
{
	const char *parent = strchr(host, '.');
	size_t i;

	for (i = 0; i < access->skipped.count; i++) {
		const char *name = access->skipped.items[i];

		if (strcmp(name, host) == 0 ||
		    (name[0] == '*' && parent != NULL && strcmp(name + 1, parent) == 0))
			return true;
	}
	return access->skip_unmapped;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void write_line(const char *logger, const struct http_exchange *x)
{
	const struct http_request *r = &x->request;
	const struct http_response *a = &x->response;
	char address[NETADDR_TEXT_MAX], version[16];
	struct log_line line;
	struct span agent;

	log_begin(&line, LOG_INFO, logger, "request");
	log_u64(&line, "id", r->facts.id);
	log_str(&line, "server", r->facts.server);
	log_str(&line, "src", netaddr_text(&r->facts.src, address));
	if (!netaddr_equal_ip(&r->client, &r->facts.src))
		log_str(&line, "client_ip", netaddr_ip_text(&r->client, address));
	snprintf(version, sizeof(version), r->major > 1 ? "HTTP/%u.0" : "HTTP/%u.%u", r->major,
	    r->minor);
	log_str(&line, "proto", version);
	log_bytes(&line, "method", r->method);
	log_bytes(&line, "host", r->host_port);
	log_bytes(&line, "uri", r->target);
	if (http_fields_find(&r->fields, span_str("User-Agent"), &agent))
		log_bytes(&line, "user_agent", agent);
	log_u64(&line, "status", a->abort ? 0 : a->status != 0 ? a->status : 200);
	log_u64(&line, "size", a->abort ? 0 : http_response_body(a).n);
	log_end(&line);
}

void http_access_write(const struct http_access *access, const struct http_exchange *x)
{
	const struct host_logs *logs;
	char host[256];
	size_t i;

	if (access == NULL || !log_enabled(LOG_INFO, LOG_HTTP_ACCESS))
		return;
	snprintf(host, sizeof(host), "%.*s", (int)x->request.host.n,
	    x->request.host.n > 0 ? (const char *)x->request.host.p : "");
	for (i = 0; host[i] != '\0'; i++)
		if (host[i] >= 'A' && host[i] <= 'Z')
			host[i] = (char)(host[i] - 'A' + 'a');
	logs = find(access, host);
	if (logs == NULL && is_skipped(access, host))
		return;
	if (logs == NULL)
		logs = find_wild(access, host);
	if (logs == NULL)
		write_line(access->fallback, x);
	for (i = 0; logs != NULL && i < logs->loggers.count; i++)
		write_line(logs->loggers.items[i], x);
}
