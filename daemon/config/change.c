/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/change.h"

#include "daemon/config/compile.h"
#include "daemon/core/instance.h"

int change_document(json_t *document, void (*done)(void *arg), void *arg, struct error *err)
{
	struct instance *before = instance_current();
	uint64_t revision = before != NULL ? before->revision + 1 : 1;
	struct instance *next = instance_compile(document, revision, before, false, err);

	if (next == NULL)
		return -1;
	if (instance_publish(next, done, arg, err) == -1) {
		instance_unref(next);
		return -1;
	}
	return 0;
}

int change_check(json_t *document, struct error *err)
{
	struct instance *instance = instance_compile(document, 0, NULL, true, err);
	int rc;

	if (instance == NULL)
		return -1;
	rc = instance_check_addresses(instance, err);
	instance_unref(instance);
	return rc;
}
