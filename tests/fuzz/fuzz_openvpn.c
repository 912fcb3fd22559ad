/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/openvpn_key.h"
#include "tests/fuzz/verdicts.h"

static enum openvpn_mode mode;

static bool lies_in(struct span part, struct span whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static enum wire_verdict parse_one(struct span bytes, bool datagram)
{
	static const uint8_t key[OPENVPN_KEY];
	uint8_t client[OPENVPN_KEY];
	struct openvpn_reset reset;
	enum wire_verdict verdict = openvpn_parse(bytes, datagram, mode, &reset);

	if (verdict != WIRE_YES)
		return verdict;
	require(reset.mode == mode && lies_in(reset.packet, bytes));
	require(lies_in(reset.hmac, bytes) && lies_in(reset.sealed, bytes));
	require(lies_in(reset.wrapped, bytes));
	if (mode == OPENVPN_AUTH)
		openvpn_check_auth(&reset, key, OPENVPN_NORMAL, NULL);
	if (mode == OPENVPN_CRYPT || mode == OPENVPN_CRYPT2)
		openvpn_check_crypt(&reset, key);
	if (mode == OPENVPN_CRYPT2)
		openvpn_unwrap(reset.wrapped, key, client);
	return verdict;
}

static enum wire_verdict parse(struct span bytes)
{
	return parse_one(bytes, false);
}

/* Text that is a key is one with line breaks, too. */
static void check_keys(struct span text)
{
	struct openvpn_key key;
	enum openvpn_key_kind kind;

	for (kind = OPENVPN_KEY_GROUP; kind <= OPENVPN_KEY_CLIENT; kind++) {
		if (openvpn_key_parse(text, kind, &key) == 0)
			require(key.size <= sizeof(key.bytes));
		if (openvpn_key_file_parse(text, kind, &key) == 0)
			require(key.size <= sizeof(key.bytes));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (mode = OPENVPN_PLAIN; mode <= OPENVPN_CRYPT2; mode++) {
		check_verdicts(parse, data, size, false);
		require(parse_one(span_of(data, size), true) != WIRE_MORE);
	}
	check_keys(span_of(data, size));
	return 0;
}
