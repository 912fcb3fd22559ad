/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/challenge.h"

#include "daemon/core/answers.h"

#define PREFIX "/.well-known/acme-challenge/"

bool http_challenge_answer(struct http_exchange *x)
{
	struct span token = x->request.path, prefix;
	struct answer *a;

	if (!answers_pending(ANSWER_HTTP) || !span_eq_str(x->request.method, "GET") ||
	    !span_take(&token, sizeof(PREFIX) - 1, &prefix) || !span_eq_str(prefix, PREFIX))
		return false;
	a = answers_find(ANSWER_HTTP, token, x->request.host);
	if (a == NULL)
		return false;
	x->response.status = 200;
	http_fields_add(&x->response.fields, x->request.arena, span_str("Content-Type"),
	    span_str("application/octet-stream"));
	buf_append_str(&x->response.body, answer_text(a));
	answer_unref(a);
	return true;
}
