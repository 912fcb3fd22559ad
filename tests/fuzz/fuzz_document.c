/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader: any JSON is a document that loads as `pointsmand validate` loads it, or is refused
 * with a reason, also while others are looked for.
 */
#include <config.h>

#include <stdlib.h>
#include <jansson.h>

#include "common/errors.h"
#include "common/log.h"
#include "daemon/config/compile.h"
#include "daemon/config/layer4.h"
#include "daemon/http/app.h"
#include "daemon/input/json.h"
#include "daemon/tls/app.h"
#include "tests/unit/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct app_type *const apps[] = {&app_tls, &app_layer4, &app_http, NULL};

static void load(json_t *document)
{
	struct instance *instance;
	struct error err = {.code = ERROR_NONE};
	struct errors errors;
	size_t i;

	errors_begin(&errors);
	instance = instance_compile(document, 0, NULL, NULL, false, true, &err);
	errors_end(&errors, instance != NULL ? 0 : -1, &err);
	for (i = 0; i < errors.count; i++)
		if (errors.items[i].code == ERROR_NONE || errors.items[i].message[0] == '\0')
			abort();
	if (instance == NULL && (err.code == ERROR_NONE || err.message[0] == '\0'))
		abort();
	if (instance != NULL)
		instance_check_addresses(instance, &err);
	instance_unref(instance);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {.code = ERROR_NONE};
	json_t *document;

	matcher_types_set(matchers);
	handler_types_set(handlers);
	app_types_set(apps);
	log_init(LOG_TEXT, LOG_ERROR, -1);
	if (json_parse((const char *)data, size, "fuzz", &document, &err) == -1)
		return 0;
	load(document);
	json_decref(document);
	return 0;
}
