/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scanner against msgpack-c: what it calls complete must unpack, and to the same length; how
 * the bytes come in must not matter.
 */
#include <config.h>

#include <stdlib.h>

#include "common/scanner.h"
#include "common/unpack.h"

#include <pointsman/control.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct scanner_limits limits = {
    .size = CONTROL_REQUEST_MAX,
    .depth = CONTROL_DEPTH_MAX,
    .elements = CONTROL_ELEMENTS_MAX,
};

static enum scanner_result scan_in_steps(struct scanner *s, struct span bytes, size_t step)
{
	enum scanner_result result = SCANNER_MORE;
	size_t n;

	scanner_init(s, limits);
	for (n = 0; result == SCANNER_MORE && n < bytes.n; n += step)
		result = scanner_run(s, span_of(bytes.p, n));
	return result == SCANNER_MORE ? scanner_run(s, bytes) : result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scanner whole, parts;
	enum scanner_result result;
	msgpack_unpacked value;
	struct error err;

	scanner_init(&whole, limits);
	result = scanner_run(&whole, span_of(data, size));
	if (scan_in_steps(&parts, span_of(data, size), 1 + size / 64) != result)
		abort();
	if (result != SCANNER_DONE)
		return 0;
	if (parts.at != whole.at || whole.at > size)
		abort();
	if (unpack_value(&value, span_of(data, whole.at), &err) == -1)
		abort();
	msgpack_unpacked_destroy(&value);
	return 0;
}
