/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/ssh.h"

/* Only servers may send other lines before it. */
enum wire_verdict ssh_parse(struct span bytes)
{
	return wire_begins(bytes, span_str("SSH-"));
}
