/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/config_document.h"

#include <ctype.h>

#include "daemon/config/document.h"
#include "daemon/config/secrets.h"
#include "daemon/control/call.h"
#include "daemon/control/stage.h"
#include "daemon/core/instance.h"

/* As an empty Caddyfile it would end everything: rather a file that was not written. */
static bool is_blank(struct span text)
{
	while (text.n > 0 && isspace(text.p[0])) {
		text.p++;
		text.n--;
	}
	return text.n == 0;
}

/* What config.show showed is accepted back: masked secrets are those of the document in force. */
static int parse_document(
    struct span text, void (*warn)(const char *text), json_t **out, struct error *err)
{
	json_t *parsed;
	int rc;

	if (is_blank(text)) {
		error_set(err, ERROR_INVALID, "is empty; a document without anything is {}");
		return error_at(err, "document");
	}
	if (document_parse((const char *)text.p, text.n, "document", warn, out, err) == -1)
		return -1;
	if (!secrets_has_masks((const char *)text.p, text.n))
		return 0;
	parsed = *out;
	rc = secrets_restore(parsed, instance_current()->document, out, err);
	json_decref(parsed);
	return rc;
}

int config_document_read(struct call *call, const struct argument *args,
    void (*warn)(const char *text), json_t **out, struct error *err)
{
	struct span text;
	struct buf held;
	int rc = stage_text(call->session, &args[0], &args[1], &held, &text, err);

	if (rc == 0)
		rc = parse_document(text, warn, out, err);
	buf_fini(&held);
	return rc;
}
