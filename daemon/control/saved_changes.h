/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of saved and unsaved changes in answers. */
#ifndef DAEMON_CONTROL_SAVED_CHANGES_H
#define DAEMON_CONTROL_SAVED_CHANGES_H

#include <jansson.h>

#include "common/pack.h"

/* [{path, change}] of a patch (daemon/config/patch.h), at most SAVED_CHANGES_MAX. */
#define SAVED_CHANGES_MAX 200
void saved_changes_pack(struct pack *pack, const json_t *entries);
/* [{path, reason}] of what overlay_aside() returns, as many. */
void saved_changes_pack_aside(struct pack *pack, const json_t *aside);

#endif
