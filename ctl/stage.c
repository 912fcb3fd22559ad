/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/stage.h"

#define OTHERS_MAX 16384      /* bytes of a request besides the text */
#define PART_MAX (256u << 10) /* bytes of a part: far below the limit */

static int upload(struct context *c, struct span text)
{
	size_t offset = 0, n;
	struct pack_box *params;
	struct reply reply;

	while (offset < text.n) {
		n = pack_text_cut(span_of(text.p + offset, text.n - offset), PART_MAX);
		params = client_begin(c->client, CONTROL_CONFIG_STAGE);
		pack_u64(pack_key(params, "offset"), offset);
		pack_text(pack_key(params, "text"), span_of(text.p + offset, n));
		if (command_call(c, &reply) == -1)
			return -1;
		reply_fini(&reply);
		offset += n;
	}
	return 0;
}

int stage_begin(struct context *c, const char *method, const char *key, struct span text,
    struct pack_box **params)
{
	bool fits = text.n <= CONTROL_REQUEST_MAX - OTHERS_MAX;

	if (!fits && upload(c, text) == -1)
		return -1;
	*params = client_begin(c->client, method);
	if (fits)
		pack_text(pack_key(*params, key), text);
	else
		pack_bool(pack_key(*params, "staged"), true);
	return 0;
}
