/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/ocsp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/log.h"
#include "daemon/certs/acme_http.h"
#include "daemon/certs/ocsp_message.h"
#include "daemon/core/instance.h"
#include "daemon/state/state.h"
#include "daemon/tls/app.h"
#include "daemon/tls/cert.h"
#include "daemon/tls/staple.h"
#include "daemon/tls/store.h"

#define FOLDER "ocsp"
#define FILE_NAME_MAX 96
#define SETTLE 0.1 /* seconds after a change of the store: often more follow */
#define TIMEOUT 20.
#define FLIGHT_MAX 4 /* at once: a CA's renewals go over the same transport */
#define RETRY_FIRST 5
#define RETRY_MAX 3600
#define REFRESH_MIN 60 /* seconds between two answers, however short-lived */

/* A certificate that there is a responder for. */
struct entry {
	UT_hash_handle hh;
	struct cert *cert;              /* a reference; its fingerprint is the key */
	struct acme_exchange *exchange; /* on its way; NULL: none */
	time_t due;
	unsigned failures; /* in a row */
	bool seen;         /* in this look at the store */
};

static struct {
	struct state *state;
	struct ev_loop *loop; /* NULL: not started */
	ev_async changed;
	ev_timer look, timer;
	struct entry *entries;
	unsigned in_flight;
} ocsp;

static void arm(void);

/* ---- the file ------------------------------------------------------------------------------ */

static const char *file_of(const struct entry *e, char out[FILE_NAME_MAX])
{
	int n = snprintf(out, FILE_NAME_MAX, FOLDER "/");
	size_t i;

	for (i = 0; i < sizeof(e->cert->fingerprint); i++)
		n += snprintf(out + n, FILE_NAME_MAX - (size_t)n, "%02x", e->cert->fingerprint[i]);
	snprintf(out + n, FILE_NAME_MAX - (size_t)n, ".der");
	return out;
}

static void log_problem(const struct entry *e, const char *what, const char *why)
{
	struct log_line line;

	log_begin(&line, LOG_WARN, "certs", what);
	log_str(&line, "name", e->cert->names.count > 0 ? e->cert->names.items[0] : "");
	log_str(&line, "responder", e->cert->responder);
	if (why != NULL)
		log_str(&line, "error", why);
	log_end(&line);
}

static void keep(const struct entry *e, struct span der)
{
	char name[FILE_NAME_MAX];
	struct error err;

	if (ocsp.state != NULL && state_write(ocsp.state, file_of(e, name), der, &err) == -1)
		log_problem(e, "an OCSP response is not kept", err.message);
}

/* ---- responses ----------------------------------------------------------------------------- */

/* When half of its time is over, or up to a tenth earlier: not all certificates at once. */
static time_t refresh_at(const struct entry *e, const struct ocsp_answer *answer, time_t now)
{
	time_t half = (answer->expires - answer->made) / 2;
	time_t at = answer->made + half - half / 10 * e->cert->fingerprint[0] / 256;

	return at < now + REFRESH_MIN ? now + REFRESH_MIN : at;
}

/* Takes a response, whether it came just now or was kept. Returns 0, or -1 with err. */
static int use(struct entry *e, struct span der, struct error *err)
{
	struct ocsp_answer answer;
	time_t now = time(NULL);

	if (ocsp_check(e->cert, der, now, &answer, err) == -1)
		return -1;
	e->due = refresh_at(e, &answer, now);
	e->failures = 0;
	if (answer.revoked)
		log_problem(e, "a certificate is revoked, says its issuer", NULL);
	staple_put(e->cert, answer.revoked ? NULL : staple_new(der, answer.expires));
	return 0;
}

static void read_kept(struct entry *e)
{
	char name[FILE_NAME_MAX];
	struct buf der = {0};
	struct error err;

	if (ocsp.state != NULL &&
	    state_read(ocsp.state, file_of(e, name), OCSP_RESPONSE_MAX, &der, &err) == 0 &&
	    use(e, buf_span(&der), &err) == -1)
		state_remove(ocsp.state, name, &err);
	buf_fini(&der);
}

static void failed(struct entry *e, const char *why)
{
	time_t wait = RETRY_MAX;

	if (e->failures < 10)
		wait = (time_t)RETRY_FIRST << e->failures;
	e->failures++;
	e->due = time(NULL) + (wait < RETRY_MAX ? wait : RETRY_MAX);
	log_problem(e, "no OCSP response to staple", why);
}

static void on_reply(void *arg, const struct acme_http_reply *reply)
{
	struct entry *e = arg;
	struct error err;
	char text[64];

	e->exchange = NULL;
	ocsp.in_flight--;
	if (reply->failure != NULL) {
		failed(e, reply->failure);
	} else if (reply->status != 200) {
		snprintf(text, sizeof(text), "status %ld", reply->status);
		failed(e, text);
	} else if (use(e, reply->body, &err) == -1) {
		failed(e, err.message);
	} else {
		keep(e, reply->body);
	}
	arm();
}

static void ask(struct entry *e)
{
	struct buf der = {0};
	struct error err;
	struct acme_http_request request = {
	    .verb = ACME_POST,
	    .url = e->cert->responder,
	    .type = "application/ocsp-request",
	    .plain = true,
	    .timeout = TIMEOUT,
	};

	if (ocsp_request(e->cert, &der, &err) == -1) {
		failed(e, err.message);
		return;
	}
	request.body = buf_span(&der);
	e->exchange = acme_http_send(&request, on_reply, e);
	ocsp.in_flight++;
	buf_fini(&der);
}

/* ---- when ---------------------------------------------------------------------------------- */

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	time_t now = time(NULL);
	struct entry *e;

	(void)loop;
	(void)timer;
	(void)events;
	for (e = ocsp.entries; e != NULL && ocsp.in_flight < FLIGHT_MAX; e = e->hh.next)
		if (e->exchange == NULL && e->due <= now)
			ask(e);
	arm();
}

/* The timer goes off when the next one is due; not while all that may are on their way. */
static void arm(void)
{
	time_t now = time(NULL), next = now + RETRY_MAX;
	struct entry *e;

	ev_timer_stop(ocsp.loop, &ocsp.timer);
	if (ocsp.entries == NULL || ocsp.in_flight >= FLIGHT_MAX)
		return;
	for (e = ocsp.entries; e != NULL; e = e->hh.next) {
		if (e->failures > 0 && e->due > now + RETRY_MAX) /* the clock was set back */
			e->due = now;
		if (e->exchange == NULL && e->due < next)
			next = e->due;
	}
	ev_timer_set(&ocsp.timer, next > now ? (double)(next - now) : 0., 0.);
	ev_timer_start(ocsp.loop, &ocsp.timer);
}

/* ---- which --------------------------------------------------------------------------------- */

static bool is_wanted(const struct cert *cert)
{
	const struct instance *in = instance_current();
	const struct tls_app *app = in != NULL ? in->tls : NULL;

	if (app == NULL || cert->count < 2 || cert->responder == NULL)
		return false;
	if (strcmp(cert->source, "acme") == 0)
		return cert->names.count > 0 &&
		       automation_staples(&app->automation, cert->names.items[0]);
	return app->staples;
}

static void entry_free(struct entry *e)
{
	if (e->exchange != NULL) {
		acme_http_cancel(e->exchange);
		ocsp.in_flight--;
	}
	HASH_DEL(ocsp.entries, e);
	staple_put(e->cert, NULL);
	cert_unref(e->cert);
	free(e);
}

static void add(struct cert *cert)
{
	struct entry *e = mem_zalloc(sizeof(*e));

	e->cert = cert_ref(cert);
	e->seen = true;
	HASH_ADD_KEYPTR(hh, ocsp.entries, e->cert->fingerprint, sizeof(e->cert->fingerprint), e);
	read_kept(e);
}

/* The same certificate, loaded once more: what the one has, the other gets. */
static void move_to(struct entry *e, struct cert *cert)
{
	struct cert *old = e->cert;

	if (old == cert)
		return;
	HASH_DEL(ocsp.entries, e);
	staple_put(cert, staple_of(old));
	e->cert = cert_ref(cert);
	HASH_ADD_KEYPTR(hh, ocsp.entries, e->cert->fingerprint, sizeof(e->cert->fingerprint), e);
	cert_unref(old);
}

/* The newest of equal ones comes first. */
static void visit(void *arg, const struct cert *visited)
{
	struct cert *cert = (struct cert *)visited;
	struct entry *e;

	(void)arg;
	if (!is_wanted(cert)) {
		staple_put(cert, NULL); /* it may have been handed on */
		return;
	}
	HASH_FIND(hh, ocsp.entries, cert->fingerprint, sizeof(cert->fingerprint), e);
	if (e != NULL) {
		if (!e->seen)
			move_to(e, cert);
		e->seen = true;
		return;
	}
	add(cert);
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct entry *e, *next;
	char name[FILE_NAME_MAX];
	struct error err;

	(void)loop;
	(void)timer;
	(void)events;
	for (e = ocsp.entries; e != NULL; e = e->hh.next)
		e->seen = false;
	store_each(visit, NULL);
	HASH_ITER (hh, ocsp.entries, e, next) {
		if (e->seen)
			continue;
		if (ocsp.state != NULL)
			state_remove(ocsp.state, file_of(e, name), &err);
		entry_free(e);
	}
	arm();
}

/* The store has changed. */
static void on_changed(struct ev_loop *loop, ev_async *async, int events)
{
	(void)async;
	(void)events;
	if (ev_is_active(&ocsp.look))
		return;
	ev_timer_set(&ocsp.look, SETTLE, 0.);
	ev_timer_start(loop, &ocsp.look);
}

/* From any thread. */
static void tell(void)
{
	ev_async_send(ocsp.loop, &ocsp.changed);
}

/* ---- beginning and end --------------------------------------------------------------------- */

void ocsp_start(struct state *state, struct ev_loop *loop)
{
	ocsp.state = state;
	ocsp.loop = loop;
	ev_async_init(&ocsp.changed, on_changed);
	ev_async_start(loop, &ocsp.changed);
	ev_timer_init(&ocsp.look, on_look, SETTLE, 0.);
	ev_timer_init(&ocsp.timer, on_timer, 0., 0.);
	store_listen(tell);
}

void ocsp_stop(void)
{
	struct entry *e, *next;

	if (ocsp.loop == NULL)
		return;
	store_listen(NULL);
	HASH_ITER (hh, ocsp.entries, e, next)
		entry_free(e);
	ev_async_stop(ocsp.loop, &ocsp.changed);
	ev_timer_stop(ocsp.loop, &ocsp.look);
	ev_timer_stop(ocsp.loop, &ocsp.timer);
	memset(&ocsp, 0, sizeof(ocsp));
}
