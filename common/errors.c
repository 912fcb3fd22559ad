/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/errors.h"

#include <string.h>

static _Thread_local struct errors *listening;

void errors_begin(struct errors *list)
{
	list->count = 0;
	list->outer = listening;
	listening = list;
}

static bool is_noted(const struct errors *list, const struct error *err)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->items[i].path, err->path) == 0 &&
		    strcmp(list->items[i].message, err->message) == 0)
			return true;
	return false;
}

int errors_end(struct errors *list, int result, struct error *err)
{
	listening = list->outer;
	if (result == -1 && list->count > 0 && is_noted(list, err))
		*err = list->items[0];
	else
		list->count = 0;
	return result;
}

bool errors_go_on(int part, int *rc, const struct error *err)
{
	if (part == 0)
		return true;
	*rc = -1;
	if (listening == NULL)
		return false;
	if (listening->count < ERRORS_MAX && !is_noted(listening, err))
		listening->items[listening->count++] = *err;
	return listening->count < ERRORS_MAX;
}

void errors_forget(void)
{
	if (listening != NULL)
		listening->count = 0;
}
