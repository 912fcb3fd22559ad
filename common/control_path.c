/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/control_path.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <pointsman/control.h>

/* false: the variable is not set, or the path would not fit. */
static bool from_environment(const char *variable, const char *below, char out[CONTROL_PATH_MAX])
{
	const char *value = getenv(variable);
	int n;

	if (value == NULL || value[0] == '\0')
		return false;
	n = snprintf(out, CONTROL_PATH_MAX, "%s%s", value, below);
	return n > 0 && n < CONTROL_PATH_MAX;
}

const char *control_path_daemon(char out[CONTROL_PATH_MAX])
{
	if (geteuid() == 0 || !from_environment("XDG_RUNTIME_DIR", "/" CONTROL_SOCKET_USER, out))
		snprintf(out, CONTROL_PATH_MAX, "%s", CONTROL_SOCKET_SYSTEM);
	return out;
}

const char *control_path_client(char out[CONTROL_PATH_MAX])
{
	if (from_environment(CONTROL_SOCKET_ENV, "", out))
		return out;
	control_path_daemon(out);
	if (access(out, F_OK) == -1)
		snprintf(out, CONTROL_PATH_MAX, "%s", CONTROL_SOCKET_SYSTEM);
	return out;
}
