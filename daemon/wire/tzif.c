/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/tzif.h"

#define RESERVED_SIZE 15
#define TYPE_SIZE 6 /* offset 4, daylight saving 1, abbreviation 1 */

struct head {
	uint8_t version;                                      /* 0 for the first */
	uint32_t utc, standard, leaps, times, types, letters; /* counts */
};

static bool take_head(struct span *s, struct head *out)
{
	struct span magic;

	return span_take(s, 4, &magic) && span_eq_str(magic, "TZif") && span_u8(s, &out->version) &&
	       span_skip(s, RESERVED_SIZE) && span_u32(s, &out->utc) &&
	       span_u32(s, &out->standard) && span_u32(s, &out->leaps) &&
	       span_u32(s, &out->times) && span_u32(s, &out->types) && span_u32(s, &out->letters);
}

/* Is no count beyond what a file could hold? So their products stay small. */
static bool counts_possible(const struct head *head)
{
	return head->utc <= TZIF_SIZE_MAX && head->standard <= TZIF_SIZE_MAX &&
	       head->leaps <= TZIF_SIZE_MAX && head->times <= TZIF_SIZE_MAX &&
	       head->types <= TZIF_SIZE_MAX && head->letters <= TZIF_SIZE_MAX;
}

/* What of a body is wanted; the rest is skipped. width is that of a time. */
static bool take_body(struct span *s, const struct head *head, size_t width, struct tzif *out)
{
	out->width = width;
	return counts_possible(head) && span_take(s, head->times * width, &out->times) &&
	       span_take(s, head->times, &out->kinds) &&
	       span_take(s, (size_t)head->types * TYPE_SIZE, &out->types) &&
	       span_skip(s, head->letters) && span_skip(s, head->leaps * (width + 4)) &&
	       span_skip(s, head->standard) && span_skip(s, head->utc);
}

static bool kinds_valid(const struct tzif *zone)
{
	size_t count = zone->types.n / TYPE_SIZE, i;

	for (i = 0; i < zone->kinds.n; i++) {
		if (zone->kinds.p[i] >= count)
			return false;
	}
	return count > 0;
}

/* A rule between two line ends, perhaps an empty one. */
static bool take_rule(struct span s, struct tzif *out)
{
	struct span text;
	const uint8_t *end;

	if (s.n == 0 || s.p[0] != '\n')
		return false;
	span_skip(&s, 1);
	end = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;
	if (end == NULL)
		return false;
	span_take(&s, (size_t)(end - s.p), &text);
	out->has_rule = text.n > 0;
	return text.n == 0 || posix_tz_parse(text, &out->rule);
}

/* Everything is there twice from version 2 on: with times of 32 bits, then with those of 64. */
bool tzif_parse(struct span file, struct tzif *out)
{
	struct tzif zone = {0};
	struct head head;

	if (file.n > TZIF_SIZE_MAX || !take_head(&file, &head) ||
	    !take_body(&file, &head, 4, &zone))
		return false;
	if (head.version != 0 && (!take_head(&file, &head) || !take_body(&file, &head, 8, &zone) ||
				     !take_rule(file, &zone)))
		return false;
	if (!kinds_valid(&zone))
		return false;
	*out = zone;
	return true;
}

static int64_t time_at(const struct tzif *zone, size_t i)
{
	struct span s = span_of(zone->times.p + i * zone->width, zone->width);
	uint32_t high = 0, low = 0;

	span_u32(&s, &high);
	if (!span_u32(&s, &low))
		return (int32_t)high;
	return (int64_t)((uint64_t)high << 32 | low);
}

static int32_t type_offset(const struct tzif *zone, size_t type)
{
	struct span s = span_of(zone->types.p + type * TYPE_SIZE, TYPE_SIZE);
	uint32_t offset = 0;

	span_u32(&s, &offset);
	return (int32_t)offset;
}

/* Halving finds how many changes are not after at. Before the first, type 0 holds. */
int32_t tzif_offset(const struct tzif *zone, int64_t at)
{
	size_t low = 0, high = zone->kinds.n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (time_at(zone, middle) <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == zone->kinds.n && zone->has_rule)
		return posix_tz_offset(&zone->rule, at);
	return type_offset(zone, low > 0 ? zone->kinds.p[low - 1] : 0);
}
