/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/facts.h"

#include <string.h>
#include <sys/socket.h>

const struct netaddr *facts_local(struct facts *f)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (f->local.family != AF_UNSPEC || f->fd == -1)
		return &f->local;
	if (getsockname(f->fd, (struct sockaddr *)&address, &length) != -1)
		f->local = netaddr_from_sockaddr((struct sockaddr *)&address, length);
	if (f->local.family == AF_UNIX && f->local.path != NULL)
		f->local.path = arena_strdup(f->arena, f->local.path);
	f->fd = -1; /* asked once, whatever came of it */
	return &f->local;
}

const struct netaddr *facts_dst(struct facts *f)
{
	return f->dst.family != AF_UNSPEC ? &f->dst : facts_local(f);
}

static struct fact *find(const struct facts *f, const char *name)
{
	struct fact *fact;

	for (fact = f->named; fact != NULL; fact = fact->next) {
		if (fact->name == name || strcmp(fact->name, name) == 0)
			return fact;
	}
	return NULL;
}

/* Matchers run again whenever bytes came: a value that is the same costs no memory. */
void facts_set(struct facts *f, const char *name, struct span value)
{
	struct fact *fact = find(f, name);

	if (fact == NULL) {
		fact = arena_alloc(f->arena, sizeof(*fact));
		fact->name = name;
		fact->next = f->named;
		f->named = fact;
	} else if (span_eq(span_of(fact->value, fact->length), value)) {
		return;
	}
	fact->value = arena_strndup(f->arena, (const char *)value.p, value.n);
	fact->length = value.n;
}

void facts_set_copied(struct facts *f, const char *name, struct span value)
{
	const struct fact *old = find(f, name);

	facts_set(f, old != NULL ? old->name : arena_strdup(f->arena, name), value);
}

const struct fact *facts_get(const struct facts *f, const char *name)
{
	return find(f, name);
}

bool facts_put(const struct facts *f, const char *name, struct buf *out)
{
	const struct fact *fact = find(f, name);

	if (fact == NULL)
		return f->on_demand != NULL && f->on_demand(f, name, out);
	buf_append(out, fact->value, fact->length);
	return true;
}
