/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/issuer.h"

#include <string.h>

#include "common/netaddr.h"

static const struct tls_issuer *registered;

void tls_issuer_set(const struct tls_issuer *issuer)
{
	registered = issuer;
}

const struct tls_issuer *tls_issuer(void)
{
	return registered;
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return (n == m - 1 && strcmp(name, suffix + 1) == 0) ||
	       (n >= m && strcmp(name + n - m, suffix) == 0);
}

bool tls_name_is_public(const char *name)
{
	static const char *const local[] = {
	    ".localhost", ".local", ".internal", ".home.arpa", NULL};
	struct netaddr addr;
	int i;

	if (strchr(name, '.') == NULL || netaddr_parse_ip(name, &addr))
		return false;
	for (i = 0; local[i] != NULL; i++)
		if (ends_in(name, local[i]))
			return false;
	return true;
}
