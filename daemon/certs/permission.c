/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/permission.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "daemon/certs/acme_http.h"

#define TIMEOUT 8. /* seconds: a handshake waits for it */

struct asking {
	struct asking *next, **link;
	struct acme_exchange *exchange;
	void (*done)(void *arg, bool allowed, const char *why);
	void *arg;
};

static struct asking *all;

static void forget(struct asking *a)
{
	*a->link = a->next;
	if (a->next != NULL)
		a->next->link = a->link;
	free(a);
}

static void on_reply(void *arg, const struct acme_http_reply *reply)
{
	struct asking a = *(struct asking *)arg;

	forget(arg);
	a.done(a.arg, reply->failure == NULL && reply->status >= 200 && reply->status < 300,
	    reply->failure);
}

void permission_ask(const char *endpoint, const char *name,
    void (*done)(void *arg, bool allowed, const char *why), void *arg)
{
	struct asking *a = mem_zalloc(sizeof(*a));
	struct buf url = {0};
	struct acme_http_request request = {.verb = ACME_GET, .plain = true, .timeout = TIMEOUT};

	buf_printf(
	    &url, "%s%cdomain=%s", endpoint, strchr(endpoint, '?') != NULL ? '&' : '?', name);
	request.url = buf_str(&url);
	a->done = done;
	a->arg = arg;
	a->next = all;
	a->link = &all;
	if (all != NULL)
		all->link = &a->next;
	all = a;
	a->exchange = acme_http_send(&request, on_reply, a);
	buf_fini(&url);
}

void permission_stop(void)
{
	while (all != NULL) {
		acme_http_cancel(all->exchange);
		forget(all);
	}
}
