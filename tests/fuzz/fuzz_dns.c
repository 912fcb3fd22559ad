/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a DNS request: as a datagram every question can be read and its name is text; on a
 * stream the verdict stays.
 */
#include <config.h>

#include "daemon/wire/dns.h"
#include "tests/fuzz/verdicts.h"

static void check_name(const char *name)
{
	size_t n = strlen(name), i;

	require(n > 0 && name[n - 1] == '.');
	for (i = 0; i < n; i++)
		require(name[i] > ' ' - 1 && name[i] <= '~' && (name[i] < 'A' || name[i] > 'Z'));
}

static void check_questions(struct dns_request request)
{
	uint16_t left = request.question_count;
	struct dns_question question;

	for (; left > 0; left--) {
		require(dns_next_question(&request, &question));
		check_name(question.name);
		dns_type_name(question.type);
		dns_class_name(question.class);
	}
	require(request.questions.n == 0 && !dns_next_question(&request, &question));
}

static enum wire_verdict parse_stream(struct span bytes)
{
	struct dns_request request;
	size_t used;
	enum wire_verdict verdict = dns_parse_stream(bytes, &request, &used);

	require(verdict != WIRE_YES || used <= bytes.n);
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_request request;
	enum wire_verdict whole = dns_parse(span_of(data, size), size, &request);

	require(whole != WIRE_MORE);
	if (whole == WIRE_YES)
		check_questions(request);
	check_verdicts(parse_stream, data, size, false);
	return 0;
}
