/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/config/site_address.h"

#define HOST_MAX 4096

bool split_host_port(const char *text, struct arena *arena, const char **host, const char **port)
{
	const char *colon = strrchr(text, ':'), *end;

	if (!colon)
		return false;
	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || end + 1 != colon || strchr(text + 1, '[') || strchr(end + 1, ']'))
			return false;
		*host = arena_strndup(arena, text + 1, (size_t)(end - text - 1));
	} else {
		if (strchr(text, ':') != colon || strpbrk(text, "[]"))
			return false;
		*host = arena_strndup(arena, text, (size_t)(colon - text));
	}
	*port = arena_strdup(arena, colon + 1);
	return true;
}

const char *join_host_port(struct arena *arena, const char *host, const char *port)
{
	return arena_printf(arena, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

/* Lower case, except in placeholders. */
static const char *lower(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);
	bool escaped = false, inside = false;

	for (char *c = copy; *c; c++) {
		if (*c == '\\' && !escaped) {
			escaped = true;
			continue;
		}
		if (*c == '{' && !escaped)
			inside = true;
		if (*c == '}' && !escaped)
			inside = false;
		if (!inside && *c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
		escaped = false;
	}
	return copy;
}

/* An IPv6 address in its shortest form, with its zone; anything else as it is. */
static const char *normal_host(struct arena *arena, const char *host)
{
	size_t length = strcspn(host, "%");
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ip;

	if (length >= sizeof text)
		return host;
	memcpy(text, host, length);
	text[length] = '\0';
	if (inet_pton(AF_INET6, text, &ip) != 1 || IN6_IS_ADDR_V4MAPPED(&ip))
		return host;
	inet_ntop(AF_INET6, &ip, text, sizeof text);
	return arena_printf(arena, "%s%s", text, host + length);
}

static int check_port(const struct token *token, const char *port, struct error *err)
{
	char *end;
	long number;

	if (!*port)
		return 0;
	number = strtol(port, &end, 10);
	if (*end || *port < '0' || *port > '9')
		return token_error(token, err, ERROR_INVALID, "'%s' is not a port number", port);
	if (number > 65535)
		return token_error(token, err, ERROR_INVALID, "port %s is out of range", port);
	return 0;
}

static int check_scheme(const struct token *token, const char *scheme, struct error *err)
{
	if (!*scheme || strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0)
		return 0;
	if (strcmp(scheme, "ws") == 0 || strcmp(scheme, "wss") == 0)
		return token_error(token, err, ERROR_INVALID,
		    "the scheme %s:// is for browsers only, write %s://", scheme,
		    scheme[2] ? "https" : "http");
	return token_error(token, err, ERROR_INVALID, "unknown scheme %s://", scheme);
}

int site_address_parse(
    const struct token *token, struct arena *arena, struct site_address *out, struct error *err)
{
	const char *rest = token->text, *end, *slash;

	if (strlen(rest) > HOST_MAX)
		return token_error(token, err, ERROR_INVALID, "this address is too long");
	*out = (struct site_address){.token = token, .scheme = "", .port = "", .path = ""};
	end = strstr(rest, "://");
	if (end) {
		out->scheme = lower(arena, arena_strndup(arena, rest, (size_t)(end - rest)));
		rest = end + 3;
	}
	slash = strchr(rest, '/');
	if (slash) {
		out->path = slash;
		rest = arena_strndup(arena, rest, (size_t)(slash - rest));
	}
	if (!split_host_port(rest, arena, &out->host, &out->port) &&
	    !split_host_port(arena_printf(arena, "%s:", rest), arena, &out->host, &out->port))
		out->host = rest;
	out->host = lower(arena, normal_host(arena, out->host));
	if (check_port(token, out->port, err) == -1)
		return -1;
	return check_scheme(token, out->scheme, err);
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

const char *listen_address(const struct token *at, const char *bind, const char *port,
    struct arena *arena, struct error *err)
{
	const char *slash = strchr(bind, '/'), *network = "", *host, *ignored;
	size_t length;

	if (slash) {
		network = lower(arena, arena_strndup(arena, bind, (size_t)(slash - bind)));
		bind = slash + 1;
		if (starts_with(network, "unix") || starts_with(network, "fd"))
			return arena_printf(arena, "%s/%s", network, bind);
	}
	host = bind;
	if (!split_host_port(bind, arena, &host, &ignored)) {
		while (*host == '[')
			host++;
		length = strlen(host);
		while (length > 0 && host[length - 1] == ']')
			length--;
		host = arena_strndup(arena, host, length);
		if (strpbrk(host, "[]")) {
			token_error(at, err, ERROR_INVALID, "'%s' is not an address", bind);
			return NULL;
		}
	}
	if (strcmp(network, "tcp") == 0)
		network = "";
	host = join_host_port(arena, host, port);
	return *network ? arena_printf(arena, "%s/%s", network, host) : host;
}
