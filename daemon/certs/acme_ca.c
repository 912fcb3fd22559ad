/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_ca.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "common/arena.h"
#include "daemon/certs/acme_jws.h"

#define DIRECTORY_LIFE 3600 /* seconds */
#define NONCES_MAX 16
#define NONCE_MAX 512
#define NONCE_TRIES 10
#define CALL_SECONDS 30.

struct acme_ca {
	struct acme_ca *next;
	unsigned refs;
	char *url, *roots;
	int roots_fd;        /* a file in memory with roots; -1: none */
	char roots_file[32]; /* its path, as libcurl wants one */
	struct arena *arena; /* of the directory */
	struct acme_directory directory;
	time_t fetched; /* 0: never */
	char *nonces[NONCES_MAX];
	size_t nonce_count;
};

struct acme_call {
	struct acme_ca *ca;
	struct key *key; /* NULL: nothing is signed */
	char *kid, *url;
	struct buf payload;
	unsigned tries;
	char failure[256]; /* it could not be signed */
	struct acme_exchange *exchange;
	acme_done *done;
	void *arg;
};

static struct acme_ca *all;

/* ---- servers ------------------------------------------------------------------------------- */

/* libcurl with GnuTLS takes roots from a file alone. */
static int keep_roots(struct acme_ca *ca, struct error *err)
{
	size_t n = strlen(ca->roots);

	ca->roots_fd = memfd_create("acme-roots", MFD_CLOEXEC);
	if (ca->roots_fd == -1 || write(ca->roots_fd, ca->roots, n) != (ssize_t)n)
		return error_errno(err, ERROR_INTERNAL, "cannot hold the roots of '%s'", ca->url);
	snprintf(ca->roots_file, sizeof(ca->roots_file), "/proc/self/fd/%d", ca->roots_fd);
	return 0;
}

static void ca_free(struct acme_ca *ca)
{
	while (ca->nonce_count > 0)
		free(ca->nonces[--ca->nonce_count]);
	if (ca->roots_fd != -1)
		close(ca->roots_fd);
	arena_free(ca->arena);
	free(ca->roots);
	free(ca->url);
	free(ca);
}

struct acme_ca *acme_ca_get(const char *directory, const char *roots, struct error *err)
{
	struct acme_ca *ca;

	for (ca = all; ca != NULL; ca = ca->next) {
		if (strcmp(ca->url, directory) == 0 && strcmp(ca->roots, roots) == 0) {
			ca->refs++;
			return ca;
		}
	}
	ca = mem_zalloc(sizeof(*ca));
	ca->refs = 1;
	ca->url = mem_strdup(directory);
	ca->roots = mem_strdup(roots);
	ca->roots_fd = -1;
	if (*roots != '\0' && keep_roots(ca, err) == -1) {
		ca_free(ca);
		return NULL;
	}
	ca->next = all;
	all = ca;
	return ca;
}

void acme_ca_unref(struct acme_ca *ca)
{
	struct acme_ca **at;

	if (ca == NULL || --ca->refs > 0)
		return;
	for (at = &all; *at != ca; at = &(*at)->next)
		;
	*at = ca->next;
	ca_free(ca);
}

const char *acme_ca_url(const struct acme_ca *ca)
{
	return ca->url;
}

const struct acme_directory *acme_ca_directory(const struct acme_ca *ca)
{
	return ca->fetched != 0 ? &ca->directory : NULL;
}

bool acme_ca_is_fresh(const struct acme_ca *ca)
{
	time_t now = time(NULL);

	return ca->fetched != 0 && ca->fetched <= now && now - ca->fetched < DIRECTORY_LIFE;
}

/* ---- nonces -------------------------------------------------------------------------------- */

static void keep_nonce(struct acme_ca *ca, const char *nonce)
{
	size_t n =
	    strspn(nonce, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

	if (n == 0 || n > NONCE_MAX || nonce[n] != '\0' || ca->nonce_count == NONCES_MAX)
		return;
	ca->nonces[ca->nonce_count++] = mem_strdup(nonce);
}

static void drop_nonces(struct acme_ca *ca)
{
	while (ca->nonce_count > 0)
		free(ca->nonces[--ca->nonce_count]);
}

/* ---- faults -------------------------------------------------------------------------------- */

int acme_fault_set(struct acme_fault *fault, enum acme_fault_kind kind, const char *format, ...)
{
	va_list args;

	memset(fault, 0, sizeof(*fault));
	fault->kind = kind;
	fault->retry_after = -1;
	va_start(args, format);
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	return -1;
}

/* What a reply that is no success means. */
static void fault_from(
    const struct acme_ca *ca, const struct acme_http_reply *reply, struct acme_fault *fault)
{
	struct acme_problem problem;
	char text[sizeof(problem.type) + sizeof(problem.detail) + 4];

	if (reply->failure != NULL) {
		acme_fault_set(fault, FAULT_NETWORK, "%s: %s", ca->url, reply->failure);
		return;
	}
	acme_problem_parse(reply->body, &problem);
	acme_fault_set(fault, reply->status >= 500 ? FAULT_NETWORK : FAULT_PROBLEM,
	    "status %ld: %s", reply->status, acme_problem_text(&problem, text, sizeof(text)));
	fault->problem = problem;
	fault->retry_after = acme_retry_after(reply->retry_after, time(NULL));
}

static bool is_success(const struct acme_http_reply *reply)
{
	return reply->failure == NULL && reply->status >= 200 && reply->status < 300;
}

/* ---- calls --------------------------------------------------------------------------------- */

static void call_free(struct acme_call *call)
{
	if (call->exchange != NULL)
		acme_http_cancel(call->exchange);
	acme_ca_unref(call->ca);
	key_unref(call->key);
	buf_fini(&call->payload);
	free(call->kid);
	free(call->url);
	free(call);
}

void acme_call_cancel(struct acme_call *call)
{
	if (call != NULL)
		call_free(call);
}

static void end(
    struct acme_call *call, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	acme_done *done = call->done;
	void *arg = call->arg;

	/* What is told may begin the next call, or cancel this one's owner. */
	call->exchange = NULL;
	call->done = NULL;
	done(arg, reply, fault);
	call_free(call);
}

static void end_by(struct acme_call *call, const struct acme_http_reply *reply)
{
	struct acme_fault fault;

	if (is_success(reply)) {
		end(call, reply, NULL);
		return;
	}
	fault_from(call->ca, reply, &fault);
	end(call, reply, &fault);
}

static void send_request(struct acme_call *call, enum acme_verb verb, const char *url,
    struct span body, void (*done)(void *arg, const struct acme_http_reply *reply))
{
	struct acme_http_request request = {
	    .verb = verb,
	    .url = url,
	    .body = body,
	    .ca_file = call->ca->roots_fd != -1 ? call->ca->roots_file : NULL,
	    .timeout = CALL_SECONDS,
	};

	call->exchange = acme_http_send(&request, done, call);
}

static struct acme_call *call_new(struct acme_ca *ca, const char *url, acme_done *done, void *arg)
{
	struct acme_call *call = mem_zalloc(sizeof(*call));

	ca->refs++;
	call->ca = ca;
	call->url = mem_strdup(url);
	call->done = done;
	call->arg = arg;
	return call;
}

static void on_reply(void *arg, const struct acme_http_reply *reply)
{
	end_by(arg, reply);
}

struct acme_call *acme_call_get(struct acme_ca *ca, const char *url, acme_done *done, void *arg)
{
	struct acme_call *call = call_new(ca, url, done, arg);

	send_request(call, ACME_GET, url, span_of(NULL, 0), on_reply);
	return call;
}

static void on_directory(void *arg, const struct acme_http_reply *reply)
{
	struct acme_call *call = arg;
	struct acme_ca *ca = call->ca;
	struct acme_directory directory;
	struct arena *arena;
	struct acme_fault fault;
	struct error err;

	if (!is_success(reply)) {
		end_by(call, reply);
		return;
	}
	arena = arena_new(1024);
	if (acme_directory_parse(reply->body, arena, &directory, &err) == -1) {
		arena_free(arena);
		acme_fault_set(&fault, FAULT_ANSWER, "%s is no ACME directory: %s%s%s", ca->url,
		    err.path, *err.path != '\0' ? ": " : "", err.message);
		end(call, reply, &fault);
		return;
	}
	arena_free(ca->arena);
	ca->arena = arena;
	ca->directory = directory;
	ca->fetched = time(NULL);
	end(call, reply, NULL);
}

struct acme_call *acme_call_directory(struct acme_ca *ca, acme_done *done, void *arg)
{
	struct acme_call *call = call_new(ca, ca->url, done, arg);

	send_request(call, ACME_GET, ca->url, span_of(NULL, 0), on_directory);
	return call;
}

/* ---- signed calls -------------------------------------------------------------------------- */

static void post(struct acme_call *call);

static void on_posted(void *arg, const struct acme_http_reply *reply)
{
	struct acme_call *call = arg;
	struct acme_problem problem;

	call->exchange = NULL;
	if (!is_success(reply) && reply->failure == NULL) {
		acme_problem_parse(reply->body, &problem);
		/* The others are as old as the one that was refused. */
		if (acme_problem_is(&problem, "badNonce"))
			drop_nonces(call->ca);
		keep_nonce(call->ca, reply->nonce);
		if (acme_problem_is(&problem, "badNonce") && ++call->tries < NONCE_TRIES) {
			post(call);
			return;
		}
	} else {
		keep_nonce(call->ca, reply->nonce);
	}
	end_by(call, reply);
}

static void on_nonce(void *arg, const struct acme_http_reply *reply)
{
	struct acme_call *call = arg;
	struct acme_fault fault;

	call->exchange = NULL;
	if (call->failure[0] != '\0') {
		acme_fault_set(&fault, FAULT_LOCAL, "%s", call->failure);
		end(call, reply, &fault);
		return;
	}
	if (!is_success(reply)) {
		end_by(call, reply);
		return;
	}
	keep_nonce(call->ca, reply->nonce);
	if (call->ca->nonce_count > 0) {
		post(call);
		return;
	}
	acme_fault_set(&fault, FAULT_ANSWER, "%s gives out no nonces", call->ca->url);
	end(call, reply, &fault);
}

static void ask_nonce(struct acme_call *call)
{
	send_request(call, ACME_HEAD, call->ca->directory.new_nonce, span_of(NULL, 0), on_nonce);
}

static void post(struct acme_call *call)
{
	struct acme_ca *ca = call->ca;
	struct jws_header header = {.url = call->url, .kid = call->kid};
	struct buf body = {0};
	struct error err;
	char *nonce;

	if (ca->nonce_count == 0) {
		ask_nonce(call);
		return;
	}
	nonce = ca->nonces[--ca->nonce_count];
	header.nonce = nonce;
	if (jws_sign(call->key, &header, buf_span(&call->payload), &body, &err) == 0) {
		send_request(call, ACME_POST, call->url, buf_span(&body), on_posted);
	} else {
		/* To be told from the loop: whoever asked does not have the call yet. */
		snprintf(call->failure, sizeof(call->failure), "%.255s", err.message);
		ask_nonce(call);
	}
	free(nonce);
	buf_fini(&body);
}

struct acme_call *acme_call_post(struct acme_ca *ca, struct key *key, const char *kid,
    const char *url, struct span payload, acme_done *done, void *arg)
{
	struct acme_call *call = call_new(ca, url, done, arg);

	call->key = key_ref(key); /* the account may have another before a nonce is had */
	call->kid = kid != NULL ? mem_strdup(kid) : NULL;
	buf_append(&call->payload, payload.p, payload.n);
	post(call);
	return call;
}
