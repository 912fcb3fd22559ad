/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of changes in answers. */
#ifndef DAEMON_CONTROL_CHANGES_H
#define DAEMON_CONTROL_CHANGES_H

#include <jansson.h>

#include "common/pack.h"

#define CHANGES_MAX 200 /* items of a list; config.diff has all */

/* [{path, change}] of what diff_documents() returns. */
void changes_pack(struct pack *pack, const json_t *changes);
/* The same of a patch (daemon/config/patch.h). */
void changes_pack_patch(struct pack *pack, const json_t *entries);
/* [{path, reason}] of what overlay_aside() returns. */
void changes_pack_aside(struct pack *pack, const json_t *aside);

#endif
