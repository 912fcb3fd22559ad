/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/lint_cover.h"

#include <string.h>

#include "common/netaddr.h"
#include "daemon/core/subject.h"

#define PAIRS_MAX 4096 /* of the items of two lists */

static bool same_text(const char *wide, const char *narrow)
{
	return strcmp(wide, narrow) == 0;
}

/* What depends on the connection or the environment is only itself. */
bool lint_name_covers(const char *wide, const char *narrow)
{
	if (strcmp(wide, narrow) == 0)
		return true;
	return strpbrk(wide, "{}") == NULL && strpbrk(narrow, "{}") == NULL &&
	       subject_matches(narrow, wide);
}

static bool range_covers(const char *wide, const char *narrow)
{
	struct cidr w, n;

	if (!cidr_parse(wide, &w) || !cidr_parse(narrow, &n))
		return strcmp(wide, narrow) == 0;
	return n.bits >= w.bits && cidr_contains(&w, &n.net);
}

/* Lists are OR-ed: each of narrow must be within one of wide. */
static bool list_covers(
    const json_t *wide, const json_t *narrow, bool (*covers)(const char *wide, const char *narrow))
{
	json_t *n, *w;
	size_t i, j;

	if (!json_is_array(wide) || json_array_size(narrow) == 0 ||
	    json_array_size(wide) * json_array_size(narrow) > PAIRS_MAX)
		return false;
	json_array_foreach ((json_t *)narrow, i, n) {
		bool found = false;

		json_array_foreach ((json_t *)wide, j, w)
			found = found || (json_is_string(w) && json_is_string(n) &&
					     covers(json_string_value(w), json_string_value(n)));
		if (!found)
			return false;
	}
	return true;
}

static bool member_covers(const char *name, const json_t *wide, const json_t *narrow);

/* Members are AND-ed: what wide asks for, narrow must ask for, no less. */
static bool object_covers(const json_t *wide, const json_t *narrow)
{
	const char *name;
	json_t *value;

	if (!json_is_object(wide) || !json_is_object(narrow))
		return false;
	json_object_foreach ((json_t *)wide, name, value) {
		const json_t *other = json_object_get(narrow, name);

		if (name[0] == '@')
			continue;
		if (other == NULL || !member_covers(name, value, other))
			return false;
	}
	return true;
}

/* As a list of sets: none at all asks for nothing. */
static bool sets_cover(const json_t *wide, const json_t *narrow)
{
	json_t *n, *w;
	size_t i, j;

	if (json_array_size(wide) == 0)
		return true;
	if (json_array_size(wide) * json_array_size(narrow) > PAIRS_MAX)
		return false;
	json_array_foreach ((json_t *)narrow, i, n) {
		bool found = false;

		json_array_foreach ((json_t *)wide, j, w)
			found = found || object_covers(w, n);
		if (!found)
			return false;
	}
	return json_array_size(narrow) > 0;
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* A matcher, or an option of one, that has a meaning we know; else only the same is. */
static bool member_covers(const char *name, const json_t *wide, const json_t *narrow)
{
	/* Each option asks for more; and those of which only "without any option" is known. */
	static const char *const objects[] = {"local_ip", "quic", "remote_ip", "tls", NULL};
	static const char *const bare[] = {
	    "dns", "postgres", "proxy_protocol", "rdp", "ssh", "winbox", "xmpp", NULL};
	static const char *const texts[] = {"alpn", "host", "method", NULL};

	if (json_equal((json_t *)wide, (json_t *)narrow))
		return true;
	if (is_one_of(name, objects))
		return object_covers(wide, narrow);
	if (is_one_of(name, bare))
		return json_is_object(wide) && json_object_size(wide) == 0;
	if (strcmp(name, "http") == 0)
		return sets_cover(wide, narrow);
	if (strcmp(name, "sni") == 0)
		return list_covers(wide, narrow, lint_name_covers);
	if (strcmp(name, "ranges") == 0)
		return list_covers(wide, narrow, range_covers);
	return is_one_of(name, texts) && list_covers(wide, narrow, same_text);
}

bool lint_covers(const json_t *wide, const json_t *narrow)
{
	return object_covers(wide, narrow);
}
