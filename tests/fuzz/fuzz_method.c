/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arguments of every control method: a request as it comes off the socket, whose parameters
 * are read by the tables of all of them. What is taken must be what the table says.
 */
#include <config.h>

#include <stdlib.h>

#include "common/scanner.h"
#include "common/unpack.h"
#include "daemon/control/method.h"
#include "daemon/control/methods_tbl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DECLARE(name) extern const struct method method_##name;
METHODS(DECLARE)
#undef DECLARE

static const struct method *const methods[] = {
#define ENTRY(name) &method_##name,
    METHODS(ENTRY)
#undef ENTRY
	NULL,
};

static void must(bool so)
{
	if (!so)
		abort();
}

static void check_argument(const struct param *p, const struct argument *arg)
{
	uint64_t max = p->max > 0 ? p->max : PARAM_MAX;
	uint64_t number;
	size_t i;

	must(arg->given || !p->required);
	if (!arg->given)
		return;
	switch (p->type) {
	case PARAM_TEXT:
		must(arg->text.n <= max);
		for (i = 0; i < arg->text.n; i++)
			must(arg->text.p[i] != 0);
		break;
	case PARAM_INT:
		must(p->max == 0 || arg->number <= p->max);
		break;
	case PARAM_INTS:
		must(arg->count <= max);
		for (i = 0; i < arg->count; i++)
			must(unpack_u64(&arg->items[i], &number));
		break;
	case PARAM_BOOL:
		break;
	}
}

static void read_by(const struct method *method, const msgpack_object *params)
{
	struct argument args[PARAMS_MAX];
	const char *hint = NULL;
	struct error err = {.code = ERROR_NONE};
	size_t i, count = 0;

	while (method->params != NULL && method->params[count].name != NULL)
		count++;
	must(count <= PARAMS_MAX);
	if (method_arguments(method, params, args, &hint, &err) == -1) {
		must(err.code != ERROR_NONE && err.message[0] != '\0');
		return;
	}
	for (i = 0; i < count; i++)
		check_argument(&method->params[i], &args[i]);
	must(method_levels(method, args, LEVEL_ADMIN, &err) == 0);
	method_is_dry_run(method, args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct scanner_limits limits = {
	    .size = CONTROL_REQUEST_MAX,
	    .depth = CONTROL_DEPTH_MAX,
	    .elements = CONTROL_ELEMENTS_MAX,
	};
	const struct method *const *m;
	struct scanner scanner;
	msgpack_unpacked value;
	const msgpack_object *parts;
	const char *hint;
	struct span name;
	struct error err;

	scanner_init(&scanner, limits);
	if (scanner_run(&scanner, span_of(data, size)) != SCANNER_DONE ||
	    unpack_value(&value, span_of(data, scanner.at), &err) == -1)
		return 0;
	parts = unpack_is_array(&value.data) && value.data.via.array.size == 4
		    ? value.data.via.array.ptr
		    : NULL;
	if (parts != NULL && unpack_text(&parts[2], &name)) {
		method_find(name, &hint, &err);
		for (m = methods; *m != NULL; m++)
			read_by(*m, &parts[3]);
	}
	msgpack_unpacked_destroy(&value);
	return 0;
}
