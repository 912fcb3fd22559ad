/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <string.h>
#include <strings.h>

#include "common/netaddr.h"
#include "daemon/core/subject.h"

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcasecmp(text + length - tail, end) == 0;
}

bool subject_qualifies(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && name[0] != '.' && name[length - 1] != '.' &&
	       (!strchr(name, '*') || strncmp(name, "*.", 2) == 0 || strcmp(name, "*") == 0) &&
	       !strpbrk(name, "()[]{}<> \t\n\"\\!@#$%^&|;'+=");
}

bool subject_is_ip(const char *name)
{
	struct netaddr addr;

	return netaddr_parse_ip(name, &addr);
}

static bool is_internal_ip(const char *name)
{
	static const char *const ranges[] = {"127.0.0.0/8", "0.0.0.0/16", "10.0.0.0/8",
	    "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::/7", "fe80::/10", "fc00::/7"};
	struct netaddr addr;
	struct cidr range;

	if (!netaddr_parse_ip(name, &addr))
		return false;
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (cidr_parse(ranges[i], &range) && cidr_contains(&range, &addr))
			return true;
	return false;
}

bool subject_is_internal(const char *name)
{
	return strcasecmp(name, "localhost") == 0 || ends_with(name, ".localhost") ||
	       ends_with(name, ".local") || ends_with(name, ".internal") ||
	       ends_with(name, ".home.arpa") || is_internal_ip(name);
}

bool subject_is_public(const char *name)
{
	const char *star = strchr(name, '*'), *dot = strchr(name, '.');

	if (!subject_qualifies(name) || subject_is_internal(name))
		return false;
	return !star || (!strchr(star + 1, '*') && dot && strchr(dot + 1, '.'));
}

bool subject_matches(const char *name, const char *pattern)
{
	/* The pattern's stars stand for whole labels and are all at its front. */
	if (strcasecmp(name, pattern) == 0)
		return true;
	if (!strchr(pattern, '*'))
		return false;
	while (strncmp(pattern, "*.", 2) == 0 || strcmp(pattern, "*") == 0) {
		const char *dot = strchr(name, '.');

		if (name[0] == '\0' || name[0] == '.')
			return false;
		if (!pattern[1])
			return !dot;
		if (!dot)
			return false;
		name = dot + 1;
		pattern += 2;
		if (strcasecmp(name, pattern) == 0)
			return true;
	}
	return false;
}

bool subject_wildcard(const char *name, unsigned stars, char out[SUBJECT_MAX + 1])
{
	size_t used = 0;

	for (; stars > 0; stars--) {
		const char *dot = strchr(name, '.');

		if (!*name || *name == '.' || used + 2 > SUBJECT_MAX)
			return false;
		out[used++] = '*';
		name = dot ? dot + 1 : "";
		if (dot)
			out[used++] = '.';
		else if (stars > 1)
			return false;
	}
	if (used + strlen(name) > SUBJECT_MAX)
		return false;
	for (; *name; name++)
		out[used++] = (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
	out[used] = '\0';
	return true;
}
