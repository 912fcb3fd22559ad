/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/descriptors.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define OWN 64   /* kept for the daemon itself, at most a quarter of all */
#define DIALS 16 /* of the others one in so many is kept for dialling */

static int accept_end = INT_MAX, dial_end = INT_MAX;

void descriptors_set_limit(unsigned long limit)
{
	unsigned long own = limit / 4 < OWN ? limit / 4 : OWN;

	if (limit > INT_MAX)
		limit = INT_MAX;
	dial_end = (int)(limit - own);
	accept_end = dial_end - dial_end / DIALS;
}

bool descriptors_accepted_enough(int fd)
{
	return fd >= accept_end;
}

bool descriptors_dialled_enough(int fd)
{
	return fd >= dial_end;
}

bool descriptors_may_accept(int fd)
{
	int lowest = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (lowest == -1)
		return false;
	close(lowest);
	return !descriptors_accepted_enough(lowest);
}
