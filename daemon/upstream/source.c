/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/source.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/core/replacer.h"

#define SOURCE_TEXT_MAX 64

struct source {
	struct template *template;
	struct netaddr fixed; /* AF_UNSPEC: it depends on the connection */
};

static bool parse_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*port = (uint16_t)n;
	return *text >= '0' && *text <= '9' && *end == '\0' && n <= UINT16_MAX;
}

static bool parse(const char *text, struct netaddr *out)
{
	char host[SOURCE_TEXT_MAX];
	const char *colon = strrchr(text, ':');
	size_t n;
	uint16_t port;

	memset(out, 0, sizeof(*out));
	if (netaddr_parse_ip(text, out))
		return true;
	n = text[0] == '[' ? strcspn(text, "]") : strcspn(text, ":");
	if (n >= sizeof(host))
		return false;
	if (text[0] == '[' && text[n] == ']') {
		memcpy(host, text + 1, n - 1);
		host[n - 1] = '\0';
		colon = text[n + 1] == ':' ? text + n + 1 : NULL;
		if (colon == NULL && text[n + 1] != '\0')
			return false;
	} else {
		memcpy(host, text, n);
		host[n] = '\0';
	}
	if (!netaddr_parse_ip(host, out) || (colon != NULL && !parse_port(colon + 1, &port)))
		return false;
	out->port = colon != NULL ? port : 0;
	return true;
}

int sources_init(struct sources *sources, struct load *load, const struct jnode *node,
    struct strings texts, struct error *err)
{
	size_t i;

	sources->count = texts.count;
	sources->items = arena_array(load->arena, texts.count, sizeof(*sources->items));
	for (i = 0; i < texts.count; i++) {
		struct source *s = &sources->items[i];
		struct jnode item = jnode_item(node, i);

		s->template = template_new(load->arena, texts.items[i]);
		if (template_constant(s->template) && !parse(template_text(s->template), &s->fixed))
			return jnode_error(&item, err, ERROR_INVALID,
			    "'%s' is no local address: an IP address, with a port if need be",
			    texts.items[i]);
	}
	return 0;
}

bool sources_may_have(const struct sources *sources, int family)
{
	size_t i;

	for (i = 0; i < sources->count; i++)
		if (sources->items[i].fixed.family == AF_UNSPEC ||
		    sources->items[i].fixed.family == family)
			return true;
	return false;
}

static bool expand(const struct source *s, struct facts *facts, struct netaddr *out)
{
	struct buf text = {0};
	bool good;

	*out = s->fixed;
	if (out->family != AF_UNSPEC)
		return true;
	if (facts == NULL)
		return false;
	template_expand(s->template, facts, &text);
	good = buf_len(&text) > 0 && parse(buf_str(&text), out);
	buf_fini(&text);
	return good;
}

const struct netaddr *sources_choose(
    const struct sources *sources, struct facts *facts, int family, struct netaddr *out)
{
	size_t i;

	for (i = 0; i < sources->count; i++)
		if (expand(&sources->items[i], facts, out) && out->family == family)
			return out;
	return NULL;
}
