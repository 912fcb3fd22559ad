/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/event_pack.h"

#include "common/pack.h"
#include "daemon/control/time_text.h"

static void pack_text_of(struct pack *pack, struct span text)
{
	if (text.n == 0)
		pack_nil(pack);
	else
		pack_text(pack, span_of(text.p, pack_text_cut(text, EVENT_TEXT_MAX)));
}

static void pack_address(struct pack *pack, const struct netaddr *addr)
{
	char text[NETADDR_TEXT_MAX];

	pack_str(pack, netaddr_text(addr, text));
}

static void pack_field(struct pack *pack, enum filter_kind kind, const void *value)
{
	switch (kind) {
	case FILTER_TEXT:
		pack_text_of(pack, *(const struct span *)value);
		break;
	case FILTER_NUMBER:
		pack_u64(pack, *(const uint64_t *)value);
		break;
	case FILTER_SECONDS:
		pack_double(pack, time_round(*(const double *)value));
		break;
	case FILTER_ADDRESS:
		pack_address(pack, value);
		break;
	}
}

void event_pack(const struct event *e, struct buf *out)
{
	const struct filter_field *f;
	char time[TIME_TEXT_MAX];
	struct pack pack;
	struct pack_box map;

	pack_init(&pack, out);
	pack_map_open(&pack, &map);
	pack_u64(pack_key(&map, "seq"), e->seq);
	pack_text(pack_key(&map, "type"), e->name);
	pack_str(pack_key(&map, "time"), time_text(e->time_ns, time));
	for (f = event_fields + EVENT_FIELDS_COMMON; f->name != NULL; f++)
		if (f->kinds & EVENT_BIT(e->type))
			pack_field(pack_key(&map, f->name), f->kind, (const char *)e + f->offset);
	pack_close(&map);
}
