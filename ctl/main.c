/* SPDX-License-Identifier: BSD-2-Clause */
/* pointsctl: changes the points while the trains run. */
#include <config.h>

#include <locale.h>
#include <signal.h>

#include "ctl/invocation.h"

int main(int argc, char **argv)
{
	struct invocation in;
	struct fault fault;
	int rc;

	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_DFL);
	rc = invocation_read(&in, NULL, argc, argv, &fault);
	if (rc == 0)
		rc = invocation_run(&in, NULL, &fault);
	if (rc != -1)
		return rc;
	fault_print(&fault, options_json(&in.options), stderr);
	return (int)fault.exit;
}
