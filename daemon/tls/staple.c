/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/staple.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/readers.h"
#include "daemon/tls/cert.h"

struct staple {
	_Atomic unsigned refs;
	gnutls_ocsp_data_st data;
};

static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER; /* exchanges one at a time */
static struct readers readers;                              /* of all certificates' staples */

struct staple *staple_new(struct span der, time_t expires)
{
	struct staple *staple = mem_zalloc(sizeof(*staple) + der.n);

	memcpy(staple + 1, der.p, der.n);
	staple->refs = 1;
	staple->data.exptime = expires;
	staple->data.response.data = (unsigned char *)(staple + 1);
	staple->data.response.size = (unsigned)der.n;
	return staple;
}

void staple_unref(struct staple *staple)
{
	if (staple != NULL && atomic_fetch_sub(&staple->refs, 1) == 1)
		free(staple);
}

time_t staple_expires(const struct staple *staple)
{
	return staple->data.exptime;
}

gnutls_ocsp_data_st *staple_data(struct staple *staple)
{
	return &staple->data;
}

void staple_put(struct cert *cert, struct staple *staple)
{
	struct staple *old;

	pthread_mutex_lock(&writing);
	old = atomic_exchange(&cert->staple, staple);
	if (old != NULL)
		readers_wait(&readers);
	pthread_mutex_unlock(&writing);
	staple_unref(old);
}

struct staple *staple_of(const struct cert *cert)
{
	struct staple *staple;
	unsigned place;

	if (cert->staple ==
	    NULL) /* most have none, and all are asked at each change of the store */
		return NULL;
	place = readers_enter(&readers);
	staple = cert->staple;
	if (staple != NULL && staple->data.exptime <= time(NULL))
		staple = NULL;
	if (staple != NULL)
		atomic_fetch_add(&staple->refs, 1);
	readers_leave(&readers, place);
	return staple;
}
