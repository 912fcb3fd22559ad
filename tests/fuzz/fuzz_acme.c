/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as what an ACME server says: bodies of every kind, and values of header fields. What is
 * taken has https URLs alone, tokens that are good for paths, and no control characters.
 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/certs/acme_chain.h"
#include "daemon/certs/acme_jws.h"
#include "daemon/certs/acme_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_url(const char *url)
{
	require(url == NULL || (acme_url_valid(url) && strlen(url) <= ACME_URL_MAX));
}

static void require_printable(const char *text)
{
	for (; *text != '\0'; text++)
		require(!iscntrl((unsigned char)*text));
}

static void bodies(struct span body, struct arena *arena)
{
	struct acme_authorization a;
	struct acme_order_message o;
	struct acme_directory d;
	struct acme_problem p;
	struct acme_window w;
	struct error err;
	size_t i;

	if (acme_directory_parse(body, arena, &d, &err) == 0) {
		require(d.new_nonce != NULL && d.new_account != NULL && d.new_order != NULL);
		require_url(d.new_nonce);
		require_url(d.renewal_info);
		require_url(d.terms);
	}
	if (acme_order_parse(body, arena, &o, &err) == 0) {
		require(o.finalize != NULL && o.authorization_count <= ACME_NAMES_MAX);
		for (i = 0; i < o.authorization_count; i++)
			require_url(o.authorizations[i]);
		require_url(o.certificate);
		require_printable(o.problem.detail);
	}
	if (acme_authorization_parse(body, arena, &a, &err) == 0) {
		require(a.challenge_count <= ACME_CHALLENGES);
		for (i = 0; i < a.challenge_count; i++) {
			require_url(a.challenges[i].url);
			require(strpbrk(a.challenges[i].token, "/.\\% \r\n") == NULL);
		}
	}
	if (acme_window_parse(body, arena, &w, &err) == 0)
		require(w.start < w.end);
	acme_problem_parse(body, &p);
	require_printable(p.type);
	require_printable(p.detail);
}

static void values(struct span value, struct arena *arena)
{
	const char *text = arena_strndup(arena, (const char *)value.p, value.n);
	long seconds = acme_retry_after(text, 1700000000);
	struct buf decoded = {0};
	struct span url;

	require(seconds >= -1 && seconds <= ACME_RETRY_MAX);
	if (acme_link_alternate(value, &url))
		require(url.p > value.p && url.p + url.n < value.p + value.n);
	acme_time_parse(text);
	if (base64url_decode(value, &decoded)) {
		struct buf again = {0};

		base64url_append(&again, buf_span(&decoded));
		require(span_eq(buf_span(&again), value));
		buf_fini(&again);
	}
	buf_fini(&decoded);
}

static void certificates(struct span bytes)
{
	static const char *names[] = {"root"};
	const struct acme_chains wanted = {.any_common_name = {.items = names, .count = 1}};
	struct span chains[2] = {bytes, bytes};
	struct buf id = {0};
	struct error err;

	require(acme_chain_choose(&wanted, chains, 2) < 2);
	acme_certificate_id(bytes, &id, &err);
	buf_fini(&id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1024);

	bodies(span_of(data, size), arena);
	values(span_of(data, size), arena);
	certificates(span_of(data, size));
	arena_free(arena);
	return 0;
}
