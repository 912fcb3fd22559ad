/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "daemon/input/json.h"
#include "daemon/state/state.h"
#include "daemon/tls/acme_options.h"

#define PART_MAX 200 /* leaves room for extensions within STATE_NAME_MAX */
#define JSON_FILE_MAX (64u << 10)

/* One part of a path: the text where it fits, else its hash. */
static void part(const char *text, char out[PART_MAX])
{
	uint8_t hash[32];
	size_t i;

	if (state_part(text, out, PART_MAX))
		return;
	gnutls_hash_fast(GNUTLS_DIG_SHA256, text, strlen(text), hash);
	for (i = 0; i < sizeof(hash); i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

const char *acme_account_folder(
    const char *directory, const struct acme_options *options, char out[ACME_PATH_MAX])
{
	const char *email = options->email != NULL ? options->email : "default";
	char ca[PART_MAX], account[PART_MAX], both[1024];

	part(directory + strlen("https://"), ca);
	if (options->external_key_id != NULL)
		snprintf(both, sizeof(both), "%s,%s", email, options->external_key_id);
	else
		snprintf(both, sizeof(both), "%s", email);
	part(both, account);
	snprintf(out, ACME_PATH_MAX, "acme/%s/%s", ca, account);
	return out;
}

const char *acme_path(
    const char *folder, const char *name, const char *extension, char out[ACME_PATH_MAX])
{
	char file[PART_MAX];

	part(name, file);
	snprintf(out, ACME_PATH_MAX, "%s/%s.%s", folder, file, extension);
	return out;
}

json_t *acme_json_read(struct state *state, const char *path, struct error *err)
{
	struct buf text = {0};
	json_t *json = NULL;

	if (state_read(state, path, JSON_FILE_MAX, &text, err) == 0 &&
	    json_parse(buf_str(&text), buf_len(&text), path, &json, err) == -1)
		json = NULL;
	buf_fini(&text);
	return json;
}

int acme_json_write(struct state *state, const char *path, json_t *json, struct error *err)
{
	char *text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);
	int rc = -1;

	if (text != NULL)
		rc = state_write(state, path, span_str(text), err);
	else
		error_set(err, ERROR_INTERNAL, "cannot write '%s'", path);
	free(text);
	json_decref(json);
	return rc;
}
