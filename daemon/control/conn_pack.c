/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/conn_pack.h"

#include "daemon/control/time_text.h"

#define TEXT_MAX 256

static void pack_address(struct pack *pack, const struct netaddr *addr)
{
	char text[NETADDR_TEXT_MAX];

	pack_str(pack, netaddr_text(addr, text));
}

static void pack_optional(struct pack *pack, struct span text)
{
	if (text.n == 0)
		pack_nil(pack);
	else
		pack_text(pack, span_of(text.p, pack_text_cut(text, TEXT_MAX)));
}

void conn_pack(const struct conn_row *row, struct pack_box *map)
{
	pack_u64(pack_key(map, "id"), row->id);
	pack_address(pack_key(map, "src"), &row->src);
	pack_address(pack_key(map, "dst"), &row->dst);
	pack_optional(pack_key(map, "listener"), row->listener);
	pack_optional(pack_key(map, "server"), row->server);
	pack_optional(pack_key(map, "route"), row->route);
	pack_optional(pack_key(map, "upstream"), row->upstream);
	pack_optional(pack_key(map, "sni"), row->sni);
	pack_optional(pack_key(map, "alpn"), row->alpn);
	pack_optional(pack_key(map, "proto"), row->proto);
	pack_optional(pack_key(map, "tls"), row->tls);
	pack_double(pack_key(map, "age"), time_round(row->age));
	pack_double(pack_key(map, "idle"), time_round(row->idle));
	pack_u64(pack_key(map, "bytes_in"), row->bytes_in);
	pack_u64(pack_key(map, "bytes_out"), row->bytes_out);
	pack_optional(pack_key(map, "state"), row->state);
}
