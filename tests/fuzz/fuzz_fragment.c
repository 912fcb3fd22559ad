/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A route that comes over the control socket: any text is a JSON object, or an error with a
 * message.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "daemon/config/fragment.h"
#include "tests/unit/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {.code = ERROR_NONE};
	json_t *route;

	matcher_types_set(matchers);
	handler_types_set(handlers);
	if (fragment_route((const char *)data, size, &route, &err) == -1) {
		if (err.code == ERROR_NONE || err.message[0] == '\0')
			abort();
		return 0;
	}
	if (!json_is_object(route))
		abort();
	json_decref(route);
	return 0;
}
