/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/rune.h"

/* The length that a leading byte announces, and the lowest character that may be so long. */
static size_t sequence(uint8_t lead, uint32_t *bits, uint32_t *lowest)
{
	if (lead < 0x80) {
		*bits = lead;
		*lowest = 1;
		return 1;
	}
	if ((lead & 0xe0) == 0xc0) {
		*bits = lead & 0x1f;
		*lowest = 0x80;
		return 2;
	}
	if ((lead & 0xf0) == 0xe0) {
		*bits = lead & 0x0f;
		*lowest = 0x800;
		return 3;
	}
	if ((lead & 0xf8) == 0xf0) {
		*bits = lead & 0x07;
		*lowest = 0x10000;
		return 4;
	}
	return 0;
}

uint32_t rune_at(struct span s, size_t *size)
{
	uint32_t rune, lowest;
	size_t length;

	*size = 1;
	if (s.n == 0) {
		*size = 0;
		return RUNE_NONE;
	}
	length = sequence(s.p[0], &rune, &lowest);
	if (length == 0 || length > s.n)
		return RUNE_BAD;
	for (size_t i = 1; i < length; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return RUNE_BAD;
		rune = rune << 6 | (s.p[i] & 0x3f);
	}
	if (rune < lowest || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
		return RUNE_BAD;
	*size = length;
	return rune;
}

bool rune_is_space(uint32_t rune)
{
	switch (rune) {
	case '\t':
	case '\n':
	case '\v':
	case '\f':
	case '\r':
	case ' ':
	case 0x85:
	case 0xa0:
	case 0x1680:
	case 0x2028:
	case 0x2029:
	case 0x202f:
	case 0x205f:
	case 0x3000:
		return true;
	default:
		return rune >= 0x2000 && rune <= 0x200a;
	}
}
