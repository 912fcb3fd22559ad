/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/journal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>

#define DIGEST_SIZE 32 /* SHA-256 */
#define HEAD "pointsman 1 sha256:"
#define HEAD_SIZE (sizeof(HEAD) - 1 + 2 * DIGEST_SIZE + 1) /* with its line feed */

/* The first line: its format, and the digest of what follows it. */
static void make_head(struct span body, char out[HEAD_SIZE + 1])
{
	unsigned char digest[DIGEST_SIZE] = {0};
	size_t used = sizeof(HEAD) - 1, i;

	gnutls_hash_fast(GNUTLS_DIG_SHA256, body.p, body.n, digest);
	memcpy(out, HEAD, used);
	for (i = 0; i < DIGEST_SIZE; i++)
		used += (size_t)snprintf(out + used, 3, "%02x", digest[i]);
	out[used++] = '\n';
	out[used] = '\0';
}

int journal_write(struct state *state, const char *name, const json_t *object, struct error *err)
{
	char head[HEAD_SIZE + 1], *text = json_dumps(object, JSON_COMPACT);
	struct buf bytes = {0};
	int rc;

	make_head(span_str(text), head);
	buf_append(&bytes, head, HEAD_SIZE);
	buf_append_str(&bytes, text);
	free(text);
	if (buf_len(&bytes) > STATE_FILE_MAX)
		rc = error_set(err, ERROR_LIMIT,
		    "what is to be saved has %zu bytes, more than %u MiB; write it into the "
		    "configuration file instead",
		    buf_len(&bytes), STATE_FILE_MAX >> 20);
	else
		rc = state_write(state, name, buf_span(&bytes), err);
	buf_fini(&bytes);
	return rc;
}

static bool is_whole(struct span bytes)
{
	char head[HEAD_SIZE + 1];

	if (bytes.n < HEAD_SIZE)
		return false;
	make_head(span_of(bytes.p + HEAD_SIZE, bytes.n - HEAD_SIZE), head);
	return memcmp(bytes.p, head, HEAD_SIZE) == 0;
}

int journal_read(
    struct state *state, const char *name, json_t **out, struct buf *bytes, struct error *err)
{
	struct span all;

	if (state_read(state, name, STATE_FILE_MAX, bytes, err) == -1)
		return -1;
	all = buf_span(bytes);
	*out = is_whole(all)
		   ? json_loadb((const char *)all.p + HEAD_SIZE, all.n - HEAD_SIZE, 0, NULL)
		   : NULL;
	if (json_is_object(*out))
		return 0;
	json_decref(*out);
	return error_set(err, ERROR_INVALID, "'%s/%s' is damaged", state_path(state), name);
}
