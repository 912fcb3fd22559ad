/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Caddyfile adapter: any text is a document that can be written, or an error with a message.
 */
#include <config.h>

#include <stdlib.h>
#include <jansson.h>

#include "daemon/config/caddyfile.h"
#include "tests/unit/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void warn(const char *text)
{
	if (text[0] == '\0')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {.code = ERROR_NONE};
	json_t *document;
	char *dump;

	matcher_types_set(matchers);
	handler_types_set(handlers);
	if (caddyfile_adapt((const char *)data, size, NULL, warn, &document, &err) == -1) {
		if (err.code == ERROR_NONE || err.message[0] == '\0')
			abort();
		return 0;
	}
	dump = json_dumps(document, JSON_COMPACT);
	if (dump == NULL)
		abort();
	free(dump);
	json_decref(document);
	return 0;
}
