/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/config_existing.h"

#include <stdio.h>

#include "common/duration.h"
#include "daemon/core/instance.h"

#define DRAIN_DEFAULT (30 * DURATION_S)
#define DRAIN_TEXT_MAX 40

static int read_existing(const struct argument *arg, enum existing *out, struct error *err)
{
	static const char *const names[] = {
	    [EXISTING_KEEP] = "keep", [EXISTING_DRAIN] = "drain", [EXISTING_KILL] = "kill"};
	size_t i;

	*out = EXISTING_KEEP;
	if (!arg->given)
		return 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_eq_str(arg->text, names[i])) {
			*out = (enum existing)i;
			return 0;
		}
	error_set(err, ERROR_INVALID, "must be keep, drain or kill");
	return error_at(err, "existing");
}

static int read_drain(
    const struct argument *arg, enum existing existing, int64_t *out, struct error *err)
{
	char text[DRAIN_TEXT_MAX];

	*out = DRAIN_DEFAULT;
	if (!arg->given)
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)arg->text.n, (const char *)arg->text.p);
	if (existing != EXISTING_DRAIN)
		error_set(err, ERROR_INVALID, "goes with existing drain alone");
	else if (!duration_parse(text, out) || *out < 0)
		error_set(err, ERROR_INVALID, "must be a duration such as 30s");
	else
		return 0;
	return error_at(err, "drain");
}

int config_existing_concerns(const struct argument *args, struct concerns **out, struct error *err)
{
	const struct instance *base = instance_current();
	enum existing existing;
	int64_t drain;

	*out = NULL;
	if (read_existing(&args[0], &existing, err) == -1 ||
	    read_drain(&args[1], existing, &drain, err) == -1)
		return -1;
	if (base != NULL)
		*out = concerns_new_whole(base, existing, drain);
	return 0;
}
