/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_schedule.h"

#include <stdbool.h>
#include <stdint.h>
#include <gnutls/crypto.h>

#define SOON_FIRST 2.
#define SOON_MAX 600.
#define REFUSED_FIRST 60.
#define REFUSED_MAX (6 * 3600.)

double acme_retry_delay(
    enum acme_fault_kind kind, unsigned failures, long retry_after, double random)
{
	bool soon = kind == FAULT_NETWORK || retry_after >= 0;
	double delay = soon ? SOON_FIRST : REFUSED_FIRST;
	double most = soon ? SOON_MAX : REFUSED_MAX;

	for (; failures > 1 && delay < most; failures--)
		delay *= 2;
	if (delay > most)
		delay = most;
	if (delay < (double)retry_after)
		delay = (double)retry_after;
	return delay * (1 + random / 10);
}

time_t acme_renewal_time(time_t from, time_t to, double ratio, double random)
{
	double life = (double)(to - from), left = ratio > 0 ? ratio : 1. / 3, after;

	after = life * (1 - left) - life / 12 * random;
	if (after < life / 10)
		after = life / 10;
	return from + (time_t)after;
}

time_t acme_window_time(const struct acme_window *window, time_t from, time_t to, double random)
{
	time_t last = to - (to - from) / 10;
	time_t at = window->start + (time_t)((double)(window->end - window->start) * random);

	return at < last ? at : last;
}

double acme_random(void)
{
	uint32_t bits = 0;

	gnutls_rnd(GNUTLS_RND_NONCE, &bits, sizeof(bits));
	return (double)bits / 4294967296.;
}
