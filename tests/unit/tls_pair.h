/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of TLS sessions: our stream at one end of a socket pair, a GnuTLS client at the other.
 */
#ifndef TESTS_UNIT_TLS_PAIR_H
#define TESTS_UNIT_TLS_PAIR_H

#include "daemon/tls/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/tls_support.h"

static struct store_set *set;
static struct arena *arena;
static struct ev_loop *loop;
static struct tls_area area;
static struct error err;

/* One side is our stream, the other a GnuTLS client over the other end of a socket pair. */
struct pair {
	struct arena *arena;
	struct endpoint e;
	struct tls_stream *t;
	int fd; /* the client's */
	gnutls_session_t client;
	gnutls_certificate_credentials_t credentials;
	bool client_done, server_done, server_failed;
	int client_error;
	const char *why;
};

static inline struct tls_policies policies_of(const char *json)
{
	struct load load = {.arena = arena};
	struct tls_policies out;
	json_t *value = NULL;
	struct jnode node;

	if (json != NULL)
		value = json_loads(json, JSON_DECODE_ANY, NULL);
	node = jnode_root(value);
	ck_assert_msg(
	    tls_policies_load(&load, &node, &out, &err) == 0, "%s: %s", err.path, err.message);
	json_decref(value);
	return out;
}

static inline void pair_open(struct pair *p, const struct tls_policy *policy, const char *priority)
{
	int fds[2];

	memset(p, 0, sizeof(*p));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	p->arena = arena_new(512);
	endpoint_init(&p->e, loop, fds[0]);
	p->t = tls_stream_push(p->arena, &p->e, policy, NULL, area);
	ck_assert_ptr_nonnull(p->t);
	p->fd = fds[1];
	ck_assert_int_eq(gnutls_init(&p->client, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
	ck_assert_int_eq(
	    gnutls_priority_set_direct(p->client, priority != NULL ? priority : "NORMAL", NULL), 0);
	gnutls_certificate_allocate_credentials(&p->credentials);
	gnutls_credentials_set(p->client, GNUTLS_CRD_CERTIFICATE, p->credentials);
	gnutls_transport_set_int(p->client, p->fd);
}

static inline void name(struct pair *p, const char *server_name)
{
	gnutls_server_name_set(p->client, GNUTLS_NAME_DNS, server_name, strlen(server_name));
}

static inline void pair_close(struct pair *p)
{
	endpoint_close(&p->e);
	arena_free(p->arena);
	gnutls_deinit(p->client);
	gnutls_certificate_free_credentials(p->credentials);
	close(p->fd);
}

static inline void step_server(struct pair *p)
{
	enum tls_result r = tls_stream_handshake(p->t, &p->why);

	p->server_done = r == TLS_DONE;
	p->server_failed = r == TLS_FAILED || r == TLS_HTTP;
}

static inline void step_client(struct pair *p)
{
	int rc = gnutls_handshake(p->client);

	p->client_done = rc == 0;
	if (rc < 0 && gnutls_error_is_fatal(rc))
		p->client_error = rc;
}

static inline void handshake(struct pair *p)
{
	int i;

	for (i = 0; i < 20 && !p->server_failed; i++) {
		if (!p->client_done && p->client_error == 0)
			step_client(p);
		if (!p->server_done)
			step_server(p);
		if (p->client_done && p->server_done)
			return;
	}
	/* The alert, if any. */
	if (!p->client_done && p->client_error == 0)
		step_client(p);
}

static inline void must_handshake(struct pair *p)
{
	handshake(p);
	ck_assert_msg(p->client_done && p->server_done, "server: %s, client: %s", p->why,
	    gnutls_strerror(p->client_error));
}

static inline ssize_t read_server(struct pair *p, void *to, size_t size)
{
	return stream_read(p->e.top, to, size);
}

static inline ssize_t write_server(struct pair *p, const void *from, size_t size)
{
	struct iovec iov = {.iov_base = (void *)from, .iov_len = size};

	return stream_write(p->e.top, &iov, 1);
}

/* A ticket or the like may come before the data. */
static inline ssize_t read_client(struct pair *p, void *to, size_t size)
{
	ssize_t n;
	int i;

	for (i = 0; i < 4; i++) {
		n = gnutls_record_recv(p->client, to, size);
		if (n != GNUTLS_E_AGAIN)
			break;
	}
	return n;
}

static inline void must_exchange(struct pair *p)
{
	char text[64];

	ck_assert_int_eq(gnutls_record_send(p->client, "to server", 9), 9);
	ck_assert_int_eq(read_server(p, text, sizeof(text)), 9);
	ck_assert(memcmp(text, "to server", 9) == 0);
	ck_assert_int_eq(write_server(p, "to client", 9), 9);
	ck_assert_int_eq(read_client(p, text, sizeof(text)), 9);
	ck_assert(memcmp(text, "to client", 9) == 0);
	ck_assert_int_eq(read_server(p, text, sizeof(text)), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert(!stream_pending(p->e.top));
}

static inline void setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	arena = arena_new(4096);
	loop = ev_loop_new(EVFLAG_AUTO);
	area.size = 512u << 10;
	area.data = malloc(area.size);
	set = store_set_new(STORE_LOADED);
	make_stored(set, &(struct make){.names = {"a.test", "*.w.test"}});
}

static inline void teardown(void)
{
	store_set_free(set);
	free(area.data);
	ev_loop_destroy(loop);
	arena_free(arena);
}

#define V13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define V12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
static const char *const versions[] = {V13, V12};

#endif
