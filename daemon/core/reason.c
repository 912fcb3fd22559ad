/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/reason.h"

#include <errno.h>

const char *end_reason_name(enum end_reason reason)
{
	static const char *const names[] = {
#define END_NAME(id, name, help) [id] = name,
	    END_REASONS(END_NAME)
#undef END_NAME
	};

	return names[reason];
}

bool end_reason_is_error(enum end_reason reason)
{
	switch (reason) {
	case END_CLIENT_CLOSED:
	case END_CLIENT_RESET:
	case END_UPSTREAM_CLOSED:
	case END_HANDLER_DONE:
	case END_CHALLENGE:
	case END_HTTP:
	case END_IDLE_TIMEOUT:
	case END_FIN_TIMEOUT:
	case END_MAX_AGE:
	case END_KILLED:
	case END_DRAINED:
		return false;
	default:
		return true;
	}
}

const char *dial_problem_name(enum dial_problem problem)
{
	static const char *const names[] = {
#define DIAL_NAME(id, name, help) [id] = name,
	    DIAL_PROBLEMS(DIAL_NAME)
#undef DIAL_NAME
	};

	return names[problem];
}

enum dial_problem dial_problem_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ENOENT: /* a Unix socket that is not there */
		return DIAL_REFUSED;
	case ETIMEDOUT:
		return DIAL_TIMEOUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return DIAL_UNREACHABLE;
	default:
		return DIAL_OTHER;
	}
}
