/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/limits.h"

#include <pointsman/control.h>

#include "common/pack.h"

void limits_pack(struct pack *pack)
{
	struct pack_box map;

	pack_map_open(pack, &map);
	pack_u64(pack_key(&map, "request"), CONTROL_REQUEST_MAX);
	pack_u64(pack_key(&map, "depth"), CONTROL_DEPTH_MAX);
	pack_u64(pack_key(&map, "elements"), CONTROL_ELEMENTS_MAX);
	pack_u64(pack_key(&map, "in_flight"), CONTROL_IN_FLIGHT_MAX);
	pack_u64(pack_key(&map, "watches"), CONTROL_WATCHES_MAX);
	pack_u64(pack_key(&map, "clients"), CONTROL_CLIENTS_MAX);
	pack_u64(pack_key(&map, "chunk"), CONTROL_CHUNK_MAX);
	pack_u64(pack_key(&map, "queue"), CONTROL_QUEUE_MAX);
	pack_u64(pack_key(&map, "answer"), CONTROL_ANSWER_MAX);
	pack_u64(pack_key(&map, "message_seconds"), CONTROL_MESSAGE_SECONDS);
	pack_close(&map);
}
