/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/socks5.h"
#include "tests/fuzz/verdicts.h"

static bool lies_in(struct span part, struct span whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static enum wire_verdict parse_greeting(struct span bytes)
{
	struct span methods;
	enum wire_verdict verdict = socks5_greeting_parse(bytes, &methods);

	require(lies_in(methods, bytes));
	require(verdict != WIRE_YES || methods.n == bytes.p[1]);
	return verdict;
}

static enum wire_verdict parse_password(struct span bytes)
{
	struct span user, password;
	size_t length;
	enum wire_verdict verdict = socks5_password_parse(bytes, &user, &password, &length);

	if (verdict == WIRE_YES)
		require(lies_in(user, bytes) && lies_in(password, bytes) &&
			length == 3 + user.n + password.n && length <= bytes.n);
	return verdict;
}

static bool is_sound(const struct socks5_target *target, struct span bytes)
{
	if (!lies_in(target->name, bytes) || target->name.n > SOCKS5_NAME_MAX)
		return false;
	return (target->name.n > 0) == (target->address.family == AF_UNSPEC);
}

static enum wire_verdict parse_request(struct span bytes)
{
	struct socks5_request r;
	size_t length;
	enum wire_verdict verdict = socks5_request_parse(bytes, &r, &length);

	if (verdict == WIRE_YES)
		require(length <= bytes.n &&
			(r.problem != SOCKS5_SUCCEEDED || is_sound(&r.target, bytes)));
	return verdict;
}

static void check_datagram(struct span bytes)
{
	struct socks5_target target;
	struct span payload;

	if (socks5_datagram_parse(bytes, &target, &payload))
		require(is_sound(&target, bytes) &&
			(payload.n == 0 || payload.p + payload.n == bytes.p + bytes.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_verdicts(parse_greeting, data, size, false);
	check_verdicts(parse_password, data, size, false);
	check_verdicts(parse_request, data, size, false);
	check_datagram(span_of(data, size));
	return 0;
}
