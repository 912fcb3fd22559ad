/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_message.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>

#include "daemon/input/json.h"

#define IDENTIFIER_MAX 255

/* ---- values -------------------------------------------------------------------------------- */

bool acme_url_valid(const char *url)
{
	size_t i;

	if (strncmp(url, "https://", 8) != 0 || url[8] == '\0' || url[8] == '/')
		return false;
	for (i = 0; url[i] != '\0'; i++)
		if (i == ACME_URL_MAX || url[i] <= ' ' || url[i] >= 0x7f || url[i] == '"' ||
		    url[i] == '\\')
			return false;
	return true;
}

static int read_object(struct span body, json_t **out, struct error *err)
{
	struct jnode root;

	*out = NULL;
	if (body.n == 0)
		return error_set(err, ERROR_INVALID, "the answer is empty");
	if (json_parse((const char *)body.p, body.n, "answer", out, err) == -1)
		return -1;
	root = jnode_root(*out);
	if (jnode_object(&root, err) == 0)
		return 0;
	json_decref(*out);
	*out = NULL;
	return -1;
}

/* A member that is an https URL; absent: NULL, unless it is required. */
static int read_url(const struct jnode *object, const char *key, bool required, struct arena *arena,
    const char **out, struct error *err)
{
	struct jnode node = jnode_member(object, key);
	const char *text;

	*out = NULL;
	if (node.value == NULL || json_is_null(node.value))
		return required ? jnode_error(&node, err, ERROR_INVALID, "is missing") : 0;
	if (jnode_string(&node, &text, err) == -1)
		return -1;
	if (!acme_url_valid(text))
		return jnode_error(&node, err, ERROR_INVALID, "is not an https URL");
	*out = arena_strdup(arena, text);
	return 0;
}

static int read_status(const struct jnode *object, enum acme_status *out, struct error *err)
{
	static const char *const names[] = {"pending", "processing", "ready", "valid", "invalid",
	    "deactivated", "expired", "revoked", NULL};
	struct jnode node = jnode_member(object, "status");
	const char *text;
	int i;

	if (node.value == NULL)
		return jnode_error(&node, err, ERROR_INVALID, "is missing");
	if (jnode_string(&node, &text, err) == -1)
		return -1;
	for (i = 0; names[i] != NULL; i++) {
		if (strcmp(names[i], text) == 0) {
			*out = (enum acme_status)i;
			return 0;
		}
	}
	return jnode_error(&node, err, ERROR_INVALID, "unknown status '%.32s'", text);
}

/* Printable, and cut to size. */
static void copy_text(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n + 1 < size; text++)
		out[n++] = iscntrl((unsigned char)*text) ? ' ' : *text;
	out[n] = '\0';
}

static void problem_from(const json_t *json, struct acme_problem *out)
{
	static const char prefix[] = "urn:ietf:params:acme:error:";
	const char *type = json_string_value(json_object_get(json, "type"));
	const char *detail = json_string_value(json_object_get(json, "detail"));

	memset(out, 0, sizeof(*out));
	if (type != NULL && strncmp(type, prefix, sizeof(prefix) - 1) == 0)
		type += sizeof(prefix) - 1;
	copy_text(out->type, sizeof(out->type), type != NULL ? type : "");
	copy_text(out->detail, sizeof(out->detail), detail != NULL ? detail : "");
}

/* ---- messages ------------------------------------------------------------------------------ */

typedef int message_reader(
    const struct jnode *root, struct arena *arena, void *out, struct error *err);

static int read_message(
    struct span body, message_reader *from, struct arena *arena, void *out, struct error *err)
{
	struct jnode root;
	json_t *json;
	int rc;

	if (read_object(body, &json, err) == -1)
		return -1;
	root = jnode_root(json);
	rc = from(&root, arena, out, err);
	json_decref(json);
	return rc;
}

static int directory_from(
    const struct jnode *root, struct arena *arena, void *target, struct error *err)
{
	struct acme_directory *out = target;
	const struct {
		const char *key;
		bool required;
		const char **to;
	} members[] = {
	    {"newNonce", true, &out->new_nonce},
	    {"newAccount", true, &out->new_account},
	    {"newOrder", true, &out->new_order},
	    {"revokeCert", false, &out->revoke_cert},
	    {"keyChange", false, &out->key_change},
	    {"renewalInfo", false, &out->renewal_info},
	};
	struct jnode meta = jnode_member(root, "meta");
	const char *terms;
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (read_url(
			root, members[i].key, members[i].required, arena, members[i].to, err) == -1)
			return -1;
	terms = json_string_value(json_object_get(meta.value, "termsOfService"));
	if (terms != NULL && acme_url_valid(terms))
		out->terms = arena_strdup(arena, terms);
	out->external_account_required =
	    json_is_true(json_object_get(meta.value, "externalAccountRequired"));
	return 0;
}

int acme_directory_parse(
    struct span body, struct arena *arena, struct acme_directory *out, struct error *err)
{
	memset(out, 0, sizeof(*out));
	return read_message(body, directory_from, arena, out, err);
}

static int order_from(
    const struct jnode *root, struct arena *arena, void *target, struct error *err)
{
	struct acme_order_message *out = target;
	struct jnode list = jnode_member(root, "authorizations");
	size_t i, count;

	if (read_status(root, &out->status, err) == -1 ||
	    read_url(root, "finalize", true, arena, &out->finalize, err) == -1 ||
	    read_url(root, "certificate", false, arena, &out->certificate, err) == -1)
		return -1;
	problem_from(json_object_get(root->value, "error"), &out->problem);
	if (list.value == NULL)
		return jnode_error(&list, err, ERROR_INVALID, "is missing");
	if (jnode_array(&list, err) == -1)
		return -1;
	count = json_array_size(list.value);
	if (count > ACME_NAMES_MAX)
		return jnode_error(&list, err, ERROR_LIMIT, "more than %d", ACME_NAMES_MAX);
	out->authorizations = arena_array(arena, count, sizeof(*out->authorizations));
	for (i = 0; i < count; i++) {
		const char *url = json_string_value(json_array_get(list.value, i));

		if (url == NULL || !acme_url_valid(url))
			return jnode_error(&list, err, ERROR_INVALID, "must be https URLs");
		out->authorizations[i] = arena_strdup(arena, url);
	}
	out->authorization_count = count;
	return 0;
}

int acme_order_parse(
    struct span body, struct arena *arena, struct acme_order_message *out, struct error *err)
{
	memset(out, 0, sizeof(*out));
	return read_message(body, order_from, arena, out, err);
}

/* Tokens are base64url (RFC 8555 section 8.1): they go into paths and files. */
static bool token_valid(const char *token)
{
	size_t n =
	    strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

	return n >= 16 && n <= ACME_TOKEN_MAX && token[n] == '\0';
}

/* Challenges of kinds that we do not know, or without a token, are passed over. */
static int challenge_from(const struct jnode *node, struct arena *arena,
    struct acme_authorization *out, struct error *err)
{
	struct acme_challenge_message *c = &out->challenges[out->challenge_count];
	const char *type = json_string_value(json_object_get(node->value, "type"));
	const char *token = json_string_value(json_object_get(node->value, "token"));

	if (type == NULL || strlen(type) > 32 || token == NULL || !token_valid(token))
		return 0;
	memset(c, 0, sizeof(*c));
	if (read_url(node, "url", true, arena, &c->url, err) == -1 ||
	    read_status(node, &c->status, err) == -1)
		return -1;
	problem_from(json_object_get(node->value, "error"), &c->problem);
	c->type = arena_strdup(arena, type);
	c->token = arena_strdup(arena, token);
	out->challenge_count++;
	return 0;
}

static int authorization_from(
    const struct jnode *root, struct arena *arena, void *target, struct error *err)
{
	struct acme_authorization *out = target;
	struct jnode list = jnode_member(root, "challenges");
	struct jnode identifier = jnode_member(root, "identifier");
	struct jnode value = jnode_member(&identifier, "value");
	const char *text = json_string_value(json_object_get(identifier.value, "value"));
	size_t i;

	if (read_status(root, &out->status, err) == -1)
		return -1;
	if (text == NULL || *text == '\0' || strlen(text) > IDENTIFIER_MAX)
		return jnode_error(&value, err, ERROR_INVALID, "is not a name");
	out->identifier = arena_strdup(arena, text);
	out->wildcard = json_is_true(json_object_get(root->value, "wildcard"));
	if (list.value == NULL)
		return jnode_error(&list, err, ERROR_INVALID, "is missing");
	if (jnode_array(&list, err) == -1)
		return -1;
	for (i = 0; i < json_array_size(list.value) && out->challenge_count < ACME_CHALLENGES;
	     i++) {
		struct jnode item = jnode_item(&list, i);

		if (jnode_object(&item, err) == -1 || challenge_from(&item, arena, out, err) == -1)
			return -1;
	}
	return 0;
}

int acme_authorization_parse(
    struct span body, struct arena *arena, struct acme_authorization *out, struct error *err)
{
	memset(out, 0, sizeof(*out));
	return read_message(body, authorization_from, arena, out, err);
}

static int read_time(const struct jnode *object, const char *key, time_t *out, struct error *err)
{
	struct jnode node = jnode_member(object, key);
	const char *text = json_string_value(node.value);

	*out = text != NULL ? acme_time_parse(text) : -1;
	return *out == -1 ? jnode_error(&node, err, ERROR_INVALID, "is not a time") : 0;
}

static int window_from(
    const struct jnode *root, struct arena *arena, void *target, struct error *err)
{
	struct acme_window *out = target;
	struct jnode window = jnode_member(root, "suggestedWindow");
	const char *url = json_string_value(json_object_get(root->value, "explanationURL"));

	if (url != NULL && acme_url_valid(url))
		out->explanation = arena_strdup(arena, url);
	if (read_time(&window, "start", &out->start, err) == -1 ||
	    read_time(&window, "end", &out->end, err) == -1)
		return -1;
	if (out->end <= out->start)
		return jnode_error(&window, err, ERROR_INVALID, "ends before it starts");
	return 0;
}

int acme_window_parse(
    struct span body, struct arena *arena, struct acme_window *out, struct error *err)
{
	memset(out, 0, sizeof(*out));
	return read_message(body, window_from, arena, out, err);
}

/* ---- problems ------------------------------------------------------------------------------ */

void acme_problem_parse(struct span body, struct acme_problem *out)
{
	struct error ignored;
	json_t *json;

	memset(out, 0, sizeof(*out));
	if (read_object(body, &json, &ignored) == -1)
		return;
	problem_from(json, out);
	json_decref(json);
}

bool acme_problem_is(const struct acme_problem *problem, const char *type)
{
	return strcmp(problem->type, type) == 0;
}

const char *acme_problem_text(const struct acme_problem *problem, char *out, size_t size)
{
	if (problem->type[0] == '\0' && problem->detail[0] == '\0')
		snprintf(out, size, "no reason given");
	else
		snprintf(out, size, "%s%s%s", problem->type,
		    problem->type[0] != '\0' && problem->detail[0] != '\0' ? ": " : "",
		    problem->detail);
	return out;
}

/* ---- header fields and times --------------------------------------------------------------- */

long acme_retry_after(const char *value, time_t now)
{
	size_t n = strspn(value, "0123456789");
	long seconds;
	time_t date;

	if (n > 0 && value[n] == '\0')
		return n > 9                                                  ? ACME_RETRY_MAX
		       : (seconds = strtol(value, NULL, 10)) < ACME_RETRY_MAX ? seconds
									      : ACME_RETRY_MAX;
	if (!isalpha((unsigned char)value[0]))
		return -1;
	date = curl_getdate(value, NULL);
	if (date == -1)
		return -1;
	if (date <= now)
		return 0;
	return date - now < ACME_RETRY_MAX ? (long)(date - now) : ACME_RETRY_MAX;
}

/* "; rel=alternate", with or without quotes, among other parameters (RFC 8288 section 3). */
bool acme_link_alternate(struct span value, struct span *url)
{
	const uint8_t *end = value.n > 0 ? memchr(value.p, '>', value.n) : NULL;
	char parameters[256];
	const char *rel;
	size_t n;

	*url = span_of(NULL, 0);
	if (end == NULL || value.p[0] != '<')
		return false;
	*url = span_of(value.p + 1, (size_t)(end - value.p) - 1);
	n = value.n - url->n - 2;
	if (n >= sizeof(parameters))
		return false;
	memcpy(parameters, end + 1, n);
	parameters[n] = '\0';
	rel = strcasestr(parameters, "rel=");
	if (rel == NULL)
		return false;
	rel += 4;
	rel += *rel == '"';
	n = strlen("alternate");
	return strncasecmp(rel, "alternate", n) == 0 && !isalnum((unsigned char)rel[n]);
}

time_t acme_time_parse(const char *text)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int hours, minutes, used = 0;
	time_t time;

	if (rest == NULL || tm.tm_year < 70)
		return -1;
	if (*rest == '.') /* fractions do not matter */
		for (rest++; isdigit((unsigned char)*rest); rest++)
			;
	time = timegm(&tm);
	if ((*rest == 'Z' || *rest == 'z') && rest[1] == '\0')
		return time;
	if ((*rest != '+' && *rest != '-') ||
	    sscanf(rest + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5 ||
	    rest[6] != '\0')
		return -1;
	return time - (*rest == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
}
