/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/tls_support.h"

#define BIG (3u << 20)

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

static struct tls_policies policies_of(const char *json)
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

static void refuses(const char *json, const char *path, const char *message)
{
	struct load load = {.arena = arena};
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	struct jnode node = jnode_root(value);
	struct tls_policies out;

	ck_assert_int_eq(tls_policies_load(&load, &node, &out, &err), -1);
	ck_assert_str_eq(err.path, path);
	ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
	json_decref(value);
}

static void pair_open(struct pair *p, const struct tls_policy *policy, const char *priority)
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

static void name(struct pair *p, const char *server_name)
{
	gnutls_server_name_set(p->client, GNUTLS_NAME_DNS, server_name, strlen(server_name));
}

static void pair_close(struct pair *p)
{
	endpoint_close(&p->e);
	arena_free(p->arena);
	gnutls_deinit(p->client);
	gnutls_certificate_free_credentials(p->credentials);
	close(p->fd);
}

static void step_server(struct pair *p)
{
	enum tls_result r = tls_stream_handshake(p->t, &p->why);

	p->server_done = r == TLS_DONE;
	p->server_failed = r == TLS_FAILED;
}

static void step_client(struct pair *p)
{
	int rc = gnutls_handshake(p->client);

	p->client_done = rc == 0;
	if (rc < 0 && gnutls_error_is_fatal(rc))
		p->client_error = rc;
}

static void handshake(struct pair *p)
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

static void must_handshake(struct pair *p)
{
	handshake(p);
	ck_assert_msg(p->client_done && p->server_done, "server: %s, client: %s", p->why,
	    gnutls_strerror(p->client_error));
}

static ssize_t read_server(struct pair *p, void *to, size_t size)
{
	return stream_read(p->e.top, to, size);
}

static ssize_t write_server(struct pair *p, const void *from, size_t size)
{
	struct iovec iov = {.iov_base = (void *)from, .iov_len = size};

	return stream_write(p->e.top, &iov, 1);
}

/* A ticket or the like may come before the data. */
static ssize_t read_client(struct pair *p, void *to, size_t size)
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

static void must_exchange(struct pair *p)
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

static void setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	arena = arena_new(4096);
	loop = ev_loop_new(EVFLAG_AUTO);
	area.size = 512u << 10;
	area.data = malloc(area.size);
	set = store_set_new(STORE_LOADED);
	make_stored(set, &(struct make){.names = {"a.test", "*.w.test"}});
}

static void teardown(void)
{
	store_set_free(set);
	free(area.data);
	ev_loop_destroy(loop);
	arena_free(arena);
}

#define V13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define V12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
static const char *const versions[] = {V13, V12};

/* ---- handshakes ---------------------------------------------------------------------------- */

START_TEST(test_handshake)
{
	struct tls_policies policies = policies_of(NULL);
	struct tls_info info;
	struct pair p;

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "A.test");
	must_handshake(&p);
	tls_stream_info(p.t, &info);
	ck_assert(span_eq_str(info.server_name, "A.test"));
	ck_assert_str_eq(info.version, _i == 0 ? "tls1.3" : "tls1.2");
	ck_assert_str_eq(info.cipher_suite,
	    _i == 0 ? "TLS_AES_256_GCM_SHA384" : "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
	ck_assert(!info.resumed);
	ck_assert_uint_eq(info.alpn.n, 0);
	must_exchange(&p);
	must_exchange(&p);
	pair_close(&p);
}
END_TEST

/* The bytes of the first flight read ahead for matching, then handed over in two parts. */
START_TEST(test_prefetched)
{
	struct tls_policies policies = policies_of(NULL);
	uint8_t hello[4096];
	struct pair p;
	ssize_t n, cut;

	for (cut = 0;; cut += cut < 20 ? 1 : 23) {
		pair_open(&p, policies.items, NULL);
		name(&p, "a.test");
		step_client(&p);
		n = recv(p.e.io.fd, hello, sizeof(hello), 0);
		ck_assert_int_gt(n, 100);
		if (cut > n) {
			pair_close(&p);
			return;
		}
		buf_append(&p.e.socket.ahead, hello, (size_t)cut);
		step_server(&p);
		ck_assert(!p.server_failed);
		ck_assert_int_eq(p.server_done, false);
		buf_append(&p.e.socket.ahead, hello + cut, (size_t)(n - cut));
		must_handshake(&p);
		must_exchange(&p);
		pair_close(&p);
	}
}
END_TEST

static void refused(const struct tls_policy *policy, const char *server_name, const char *priority,
    gnutls_alert_description_t alert)
{
	struct pair p;

	pair_open(&p, policy, priority);
	if (server_name != NULL)
		name(&p, server_name);
	handshake(&p);
	ck_assert(p.server_failed);
	ck_assert_ptr_nonnull(p.why);
	ck_assert_int_eq(p.client_error, GNUTLS_E_FATAL_ALERT_RECEIVED);
	ck_assert_int_eq(gnutls_alert_get(p.client), alert);
	pair_close(&p);
}

START_TEST(test_unknown_name)
{
	struct tls_policies policies = policies_of(NULL);

	refused(policies.items, "b.test", versions[_i], 112);
	refused(policies.items, "x.y.w.test", versions[_i], 112);
	refused(policies.items, NULL, versions[_i], 109);
}
END_TEST

START_TEST(test_default_name)
{
	struct tls_policies policies =
	    policies_of("[{\"default_sni\": \"A.test\", \"fallback_sni\": \"a.test\"}]");
	struct pair p;

	pair_open(&p, policies.items, versions[_i]);
	must_handshake(&p);
	must_exchange(&p);
	pair_close(&p);
	pair_open(&p, policies.items, versions[_i]);
	name(&p, "unknown.test");
	must_handshake(&p);
	pair_close(&p);
}
END_TEST

static void offer(struct pair *p, const char *protocol)
{
	gnutls_datum_t d = {.data = (unsigned char *)protocol, .size = (unsigned)strlen(protocol)};

	gnutls_alpn_set_protocols(p->client, &d, 1, 0);
}

START_TEST(test_alpn)
{
	struct tls_policies policies = policies_of(NULL), none = policies_of("[{\"alpn\": []}]");
	struct tls_info info;
	struct pair p;

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "a.test");
	offer(&p, "http/1.1");
	must_handshake(&p);
	tls_stream_info(p.t, &info);
	ck_assert(span_eq_str(info.alpn, "http/1.1"));
	pair_close(&p);

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "a.test");
	offer(&p, "imap");
	handshake(&p);
	ck_assert(p.server_failed);
	ck_assert_int_eq(gnutls_alert_get(p.client), GNUTLS_A_NO_APPLICATION_PROTOCOL);
	pair_close(&p);

	pair_open(&p, none.items, versions[_i]);
	name(&p, "a.test");
	offer(&p, "imap");
	must_handshake(&p);
	pair_close(&p);
}
END_TEST

START_TEST(test_versions)
{
	struct tls_policies only12 = policies_of("[{\"protocol_max\": \"tls1.2\"}]");
	struct tls_policies only13 = policies_of("[{\"protocol_min\": \"tls1.3\"}]");
	struct tls_info info;
	struct pair p;

	pair_open(&p, only12.items, NULL);
	name(&p, "a.test");
	must_handshake(&p);
	tls_stream_info(p.t, &info);
	ck_assert_str_eq(info.version, "tls1.2");
	pair_close(&p);
	refused(only13.items, "a.test", V12, GNUTLS_A_HANDSHAKE_FAILURE);
	refused(policies_of(NULL).items, "a.test", "NORMAL:-VERS-ALL:+VERS-TLS1.1",
	    GNUTLS_A_PROTOCOL_VERSION);
}
END_TEST

START_TEST(test_rsa_and_ecdsa)
{
	struct tls_policies policies = policies_of(NULL);
	static const struct {
		const char *priority;
		const char *key;
	} cases[] = {
	    {"NORMAL", "ECDSA"},
	    {"NORMAL:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-SHA256", "RSA"},
	    {V12 ":-SIGN-ALL:+SIGN-RSA-SHA256:-KX-ALL:+ECDHE-RSA", "RSA"},
	};
	const gnutls_datum_t *peer;
	gnutls_x509_crt_t crt;
	struct pair p;
	unsigned n;

	make_stored(set, &(struct make){.names = {"a.test"}, .type = KEY_RSA2048});
	pair_open(&p, policies.items, cases[_i].priority);
	name(&p, "a.test");
	must_handshake(&p);
	peer = gnutls_certificate_get_peers(p.client, &n);
	ck_assert_ptr_nonnull(peer);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_import(crt, peer, GNUTLS_X509_FMT_DER);
	ck_assert_int_eq(gnutls_x509_crt_get_pk_algorithm(crt, NULL),
	    strcmp(cases[_i].key, "RSA") == 0 ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA);
	gnutls_x509_crt_deinit(crt);
	must_exchange(&p);
	pair_close(&p);
}
END_TEST

/* OpenSSL's and browsers' order: a key share for X25519 must do without a second hello. */
START_TEST(test_no_second_hello)
{
	struct tls_policies policies = policies_of(NULL);
	static const char *const groups[] = {
	    V13 ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1",
	    V13 ":-GROUP-ALL:+GROUP-SECP256R1:+GROUP-X25519",
	};
	struct pair p;

	pair_open(&p, policies.items, groups[_i]);
	name(&p, "a.test");
	step_client(&p);
	step_server(&p);
	step_client(&p);
	ck_assert(p.client_done);
	pair_close(&p);
}
END_TEST

START_TEST(test_policy_errors)
{
	refuses("{}", "", "array");
	refuses("[{\"alpm\": []}]", "[0]", "did you mean 'alpn'");
	refuses("[{\"protocol_min\": \"tls1.1\"}]", "[0].protocol_min", "tls1.2");
	refuses("[{\"protocol_min\": \"tls1.3\", \"protocol_max\": \"tls1.2\"}]",
	    "[0].protocol_min", "higher");
	refuses("[{}, {\"cipher_suites\": [\"TLS_AES_128_GCM_SHA265\"]}]", "[1].cipher_suites[0]",
	    "TLS_AES_128_GCM_SHA256");
	refuses("[{\"curves\": [\"x25519\", \"p256\"]}]", "[0].curves[1]", "unknown curve");
	refuses("[{\"curves\": [\"x25519mlkem768\"]}]", "[0].curves", "none of these");
	refuses("[{\"cipher_suites\": [\"TLS_AES_128_GCM_SHA256\"], \"protocol_max\": \"tls1.2\"}]",
	    "[0].cipher_suites", "only suites of TLS 1.3");
	refuses("[{\"alpn\": [\"a\", \"\"]}]", "[0].alpn[1]", "1 to 31");
	refuses("[{\"certificate_selection\": {\"serial_number\": [\"0x1\"]}}]",
	    "[0].certificate_selection.serial_number[0]", "decimal");
	policies_of("[{\"curves\": [\"x25519mlkem768\", \"secp256r1\"], \"cipher_suites\": "
		    "[\"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA\"]}]");
}
END_TEST

START_TEST(test_garbage)
{
	static const char *const firsts[] = {"GET / HTTP/1.1\r\n\r\n",
	    "\x16\x03\x01\xff\xff garbage",
	    "\x80\x2e\x01\x03\x01 an SSL 2 hello of long ago that is not even one",
	    "\x16\x03\x01\x00\x05hello", "\x17\x03\x03\x00\x05hello"};
	struct tls_policies policies = policies_of(NULL);
	struct pair p;

	pair_open(&p, policies.items, NULL);
	ck_assert_int_gt(
	    send(p.fd, firsts[_i], _i == 3 || _i == 4 ? 10 : strlen(firsts[_i]), 0), 0);
	step_server(&p);
	ck_assert(p.server_failed || !p.server_done);
	shutdown(p.fd, SHUT_WR);
	step_server(&p);
	ck_assert(p.server_failed);
	pair_close(&p);
}
END_TEST

/* ---- data ---------------------------------------------------------------------------------- */

static void fill_pattern(uint8_t *to, size_t n, unsigned seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		to[i] = (uint8_t)((i * 2654435761u + seed) >> 13);
}

/* Both directions at once, in odd sizes, with a socket that holds little. */
START_TEST(test_big_transfer)
{
	static const size_t sizes[] = {512u << 10, 65536, 2048, 16384, 1000, 7};
	struct tls_policies policies = policies_of(NULL);
	size_t size = sizes[_i % 6], total = size < 100 ? 20000 : BIG;
	uint8_t *up = malloc(total), *down = malloc(total), *got_up = malloc(total + size);
	uint8_t *got_down = malloc(total + 70000);
	size_t sent_up = 0, sent_down = 0, n_up = 0, n_down = 0;
	struct pair p;
	ssize_t n;
	int idle = 0, small = 20000;

	fill_pattern(up, total, 1);
	fill_pattern(down, total, 2);
	pair_open(&p, policies.items, versions[_i / 6]);
	setsockopt(p.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	name(&p, "a.test");
	must_handshake(&p);
	while ((n_up < total || n_down < total) && ++idle < 1000) {
		if (sent_up < total) {
			n = gnutls_record_send(p.client, up + sent_up,
			    total - sent_up < 30000 ? total - sent_up : 30000);
			if (n > 0)
				sent_up += (size_t)n;
			ck_assert(n > 0 || n == GNUTLS_E_AGAIN);
		}
		n = read_server(&p, got_up + n_up, size);
		ck_assert(n > 0 || (n == -1 && errno == EAGAIN));
		if (n > 0) {
			n_up += (size_t)n;
			idle = 0;
		}
		if (sent_down < total) {
			n = write_server(&p, down + sent_down,
			    total - sent_down < size ? total - sent_down : size);
			ck_assert(n > 0 || (n == -1 && errno == EAGAIN));
			if (n > 0)
				sent_down += (size_t)n;
		} else {
			stream_flush(p.e.top);
		}
		n = gnutls_record_recv(p.client, got_down + n_down, 70000);
		ck_assert(n > 0 || n == GNUTLS_E_AGAIN);
		if (n > 0) {
			n_down += (size_t)n;
			idle = 0;
		}
	}
	ck_assert_uint_eq(n_up, total);
	ck_assert_uint_eq(n_down, total);
	ck_assert(memcmp(up, got_up, total) == 0);
	ck_assert(memcmp(down, got_down, total) == 0);
	pair_close(&p);
	free(up);
	free(down);
	free(got_up);
	free(got_down);
}
END_TEST

/* Pieces of all sizes, several at once, empty ones among them, come out as they went in. */
START_TEST(test_pieces)
{
	struct tls_policies policies = policies_of(NULL);
	static uint8_t data[40000], got[50000];
	struct iovec iov[6];
	struct pair p;
	size_t have;
	ssize_t n;

	fill_pattern(data, sizeof(data), 3);
	pair_open(&p, policies.items, NULL);
	name(&p, "a.test");
	must_handshake(&p);
	iov[0] = (struct iovec){data, 3};
	iov[1] = (struct iovec){data + 3, 0};
	iov[2] = (struct iovec){data + 3, 16384};
	iov[3] = (struct iovec){data + 16387, 20000};
	iov[4] = (struct iovec){data + 36387, 3613};
	iov[5] = (struct iovec){NULL, 0};
	ck_assert_int_eq(stream_write(p.e.top, iov, 6), 40000);
	for (have = 0; have < 40000; have += (size_t)n) {
		n = read_client(&p, got + have, sizeof(got) - have);
		ck_assert_int_gt(n, 0);
	}
	ck_assert(memcmp(data, got, 40000) == 0);
	ck_assert_int_eq(stream_write(p.e.top, iov, 0), 0);
	ck_assert_int_eq(stream_write(p.e.top, iov + 5, 1), 0);
	must_exchange(&p);
	pair_close(&p);
}
END_TEST

/* A record that comes a byte at a time is no data until it is whole, and nothing is lost. */
START_TEST(test_cut_records)
{
	struct tls_policies policies = policies_of(NULL);
	uint8_t raw[256], got[64];
	struct pair p;
	ssize_t n, i;

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "a.test");
	must_handshake(&p);
	ck_assert_int_eq(gnutls_record_send(p.client, "first", 5), 5);
	ck_assert_int_eq(gnutls_record_send(p.client, "second", 6), 6);
	n = recv(p.e.io.fd, raw, sizeof(raw), 0);
	for (i = 0; i < n; i++) {
		ck_assert_int_eq(send(p.fd, raw + i, 1, 0), 1);
		if (i == (n - 1) / 2 || i == n - 1)
			continue;
		if (read_server(&p, got, sizeof(got)) == -1) {
			ck_assert_int_eq(errno, EAGAIN);
			ck_assert(!stream_pending(p.e.top));
		}
	}
	n = read_server(&p, got, 3);
	ck_assert_int_eq(n, 3);
	ck_assert(stream_pending(p.e.top));
	n = read_server(&p, got + 3, sizeof(got) - 3);
	ck_assert_int_eq(n, 3);
	ck_assert(memcmp(got, "second", 6) == 0);
	ck_assert(!stream_pending(p.e.top));
	must_exchange(&p);
	pair_close(&p);
}
END_TEST

/* A small reader: what came in one go with the rest is announced, not forgotten. */
START_TEST(test_pending)
{
	struct tls_policies policies = policies_of(NULL);
	uint8_t got[2];
	struct pair p;
	int i;

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "a.test");
	must_handshake(&p);
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(gnutls_record_send(p.client, "xy", 2), 2);
	gnutls_bye(p.client, GNUTLS_SHUT_WR);
	for (i = 0; i < 10; i++) {
		ck_assert_int_eq(read_server(&p, got, 2), 2);
		ck_assert(stream_pending(p.e.top));
	}
	ck_assert_int_eq(read_server(&p, got, 2), 0);
	ck_assert(!stream_pending(p.e.top));
	pair_close(&p);
}
END_TEST

/* The goodbye that was read together with the last data is announced: nothing else will come. */
START_TEST(test_pending_end)
{
	struct tls_policies policies = policies_of(NULL);
	char text[64];
	struct pair p;

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "a.test");
	must_handshake(&p);
	ck_assert_int_eq(gnutls_record_send(p.client, "last", 4), 4);
	gnutls_bye(p.client, GNUTLS_SHUT_WR);
	ck_assert_int_eq(read_server(&p, text, sizeof(text)), 4);
	ck_assert(stream_pending(p.e.top));
	ck_assert_int_eq(read_server(&p, text, sizeof(text)), 0);
	ck_assert(!stream_pending(p.e.top));
	pair_close(&p);
}
END_TEST

/* A client that reads nothing: what we keep for it is bounded. */
START_TEST(test_blocked_peer)
{
	struct tls_policies policies = policies_of(NULL);
	static uint8_t data[512u << 10];
	size_t taken = 0, had;
	struct pair p;
	ssize_t n;
	int i;

	pair_open(&p, policies.items, NULL);
	name(&p, "a.test");
	must_handshake(&p);
	while ((n = write_server(&p, data, sizeof(data))) > 0) {
		taken += (size_t)n;
		ck_assert_uint_lt(taken, 8u << 20);
	}
	ck_assert_int_eq(errno, EAGAIN);
	had = p.e.bytes_out;
	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(write_server(&p, data, sizeof(data)), -1);
		ck_assert_int_eq(errno, EAGAIN);
	}
	ck_assert_int_eq(stream_flush(p.e.top), -1);
	ck_assert_uint_eq(had, p.e.bytes_out);
	/* Plaintext taken less what is on the socket: kept in memory. */
	ck_assert_uint_lt(taken, had + (300u << 10));
	ck_assert_int_eq(tls_stream_wants(p.t) & EV_WRITE, EV_WRITE);
	pair_close(&p);
}
END_TEST

/* ---- ends ---------------------------------------------------------------------------------- */

/* The client is done sending; we are not, whether it said goodbye or not. */
START_TEST(test_client_half_close)
{
	struct tls_policies policies = policies_of(NULL);
	char text[64];
	struct pair p;

	pair_open(&p, policies.items, versions[_i / 2]);
	name(&p, "a.test");
	must_handshake(&p);
	must_exchange(&p);
	ck_assert_int_eq(gnutls_record_send(p.client, "last", 4), 4);
	if (_i % 2 == 0)
		gnutls_bye(p.client, GNUTLS_SHUT_WR);
	else
		shutdown(p.fd, SHUT_WR);
	ck_assert_int_eq(read_server(&p, text, sizeof(text)), 4);
	ck_assert_int_eq(read_server(&p, text, sizeof(text)), 0);
	ck_assert_int_eq(read_server(&p, text, sizeof(text)), 0);
	ck_assert_int_eq(write_server(&p, "answer", 6), 6);
	ck_assert_int_eq(read_client(&p, text, sizeof(text)), 6);
	ck_assert_int_eq(stream_shutdown(p.e.top), 0);
	ck_assert_int_eq(read_client(&p, text, sizeof(text)), 0);
	pair_close(&p);
}
END_TEST

/* We are done sending: close_notify and FIN; what the client still sends is read. */
START_TEST(test_server_half_close)
{
	struct tls_policies policies = policies_of(NULL);
	char text[64];
	struct pair p;

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "a.test");
	must_handshake(&p);
	ck_assert_int_eq(write_server(&p, "bye", 3), 3);
	ck_assert_int_eq(stream_shutdown(p.e.top), 0);
	ck_assert_int_eq(stream_shutdown(p.e.top), 0);
	ck_assert_int_eq(write_server(&p, "more", 4), -1);
	ck_assert_int_eq(errno, EPIPE);
	ck_assert_int_eq(read_client(&p, text, sizeof(text)), 3);
	ck_assert_int_eq(read_client(&p, text, sizeof(text)), 0);
	ck_assert_int_eq(recv(p.fd, text, sizeof(text), 0), 0);
	ck_assert_int_eq(gnutls_record_send(p.client, "still here", 10), 10);
	ck_assert_int_eq(read_server(&p, text, sizeof(text)), 10);
	pair_close(&p);
}
END_TEST

/* A shutdown that cannot be sent yet goes after what was written. */
START_TEST(test_blocked_shutdown)
{
	struct tls_policies policies = policies_of(NULL);
	static uint8_t data[512u << 10], got[65536];
	size_t taken = 0, came = 0;
	struct pair p;
	ssize_t n;
	int i, down = -1;

	pair_open(&p, policies.items, NULL);
	name(&p, "a.test");
	must_handshake(&p);
	while ((n = write_server(&p, data, sizeof(data))) > 0)
		taken += (size_t)n;
	ck_assert_int_eq(stream_shutdown(p.e.top), -1);
	ck_assert_int_eq(errno, EAGAIN);
	for (i = 0; i < 10000; i++) {
		n = read_client(&p, got, sizeof(got));
		if (n == 0)
			break;
		ck_assert(n > 0 || n == GNUTLS_E_AGAIN);
		if (n > 0)
			came += (size_t)n;
		else if (down == -1)
			down = stream_shutdown(p.e.top);
	}
	ck_assert_int_eq(down, 0);
	ck_assert_uint_eq(came, taken);
	pair_close(&p);
}
END_TEST

START_TEST(test_cut_off)
{
	struct tls_policies policies = policies_of(NULL);
	uint8_t raw[256], got[64];
	struct pair p;
	ssize_t n;

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "a.test");
	must_handshake(&p);
	ck_assert_int_eq(gnutls_record_send(p.client, "whole", 5), 5);
	ck_assert_int_eq(gnutls_record_send(p.client, "half", 4), 4);
	n = recv(p.e.io.fd, raw, sizeof(raw), 0);
	ck_assert_int_eq(send(p.fd, raw, (size_t)n - 3, 0), n - 3);
	shutdown(p.fd, SHUT_WR);
	ck_assert_int_eq(read_server(&p, got, sizeof(got)), 5);
	ck_assert_int_eq(read_server(&p, got, sizeof(got)), -1);
	ck_assert_int_eq(errno, EPROTO);
	pair_close(&p);
}
END_TEST

START_TEST(test_damaged_record)
{
	struct tls_policies policies = policies_of(NULL);
	uint8_t raw[256], got[64];
	struct pair p;
	ssize_t n;

	pair_open(&p, policies.items, versions[_i]);
	name(&p, "a.test");
	must_handshake(&p);
	ck_assert_int_eq(gnutls_record_send(p.client, "good", 4), 4);
	ck_assert_int_eq(gnutls_record_send(p.client, "damaged", 7), 7);
	n = recv(p.e.io.fd, raw, sizeof(raw), 0);
	raw[n - 1] ^= 1;
	ck_assert_int_eq(send(p.fd, raw, (size_t)n, 0), n);
	ck_assert_int_eq(read_server(&p, got, sizeof(got)), 4);
	ck_assert(stream_pending(p.e.top));
	ck_assert_int_eq(read_server(&p, got, sizeof(got)), -1);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_int_eq(read_client(&p, got, sizeof(got)), GNUTLS_E_FATAL_ALERT_RECEIVED);
	ck_assert_int_eq(gnutls_alert_get(p.client), GNUTLS_A_BAD_RECORD_MAC);
	pair_close(&p);
}
END_TEST

START_TEST(test_stalled_client)
{
	struct tls_policies policies = policies_of(NULL);
	uint8_t hello[4096];
	struct pair p;
	ssize_t n;
	int i;

	pair_open(&p, policies.items, NULL);
	name(&p, "a.test");
	step_client(&p);
	n = recv(p.e.io.fd, hello, sizeof(hello), 0);
	ck_assert_int_eq(send(p.fd, hello, (size_t)n - 1, 0), n - 1);
	for (i = 0; i < 3; i++) {
		step_server(&p);
		ck_assert(!p.server_failed && !p.server_done);
		ck_assert_int_eq(tls_stream_wants(p.t), EV_READ);
		ck_assert(!stream_pending(p.e.top));
	}
	shutdown(p.fd, SHUT_WR);
	step_server(&p);
	ck_assert(p.server_failed);
	ck_assert_str_eq(p.why, "the client ended the connection");
	pair_close(&p);
}
END_TEST

/* ---- renegotiation, key updates ------------------------------------------------------------ */

START_TEST(test_renegotiation)
{
	struct tls_policies policies = policies_of(NULL);
	uint8_t got[64];
	struct pair p;

	pair_open(&p, policies.items, V12);
	name(&p, "a.test");
	must_handshake(&p);
	ck_assert_int_eq(gnutls_record_send(p.client, "before", 6), 6);
	ck_assert_int_eq(gnutls_handshake(p.client), GNUTLS_E_AGAIN);
	ck_assert_int_eq(read_server(&p, got, sizeof(got)), 6);
	ck_assert_int_eq(read_server(&p, got, sizeof(got)), -1);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_int_eq(gnutls_handshake(p.client), GNUTLS_E_FATAL_ALERT_RECEIVED);
	ck_assert_int_eq(gnutls_alert_get(p.client), GNUTLS_A_NO_RENEGOTIATION);
	pair_close(&p);
}
END_TEST

START_TEST(test_key_update)
{
	struct tls_policies policies = policies_of(NULL);
	uint8_t got[64];
	struct pair p;

	pair_open(&p, policies.items, V13);
	name(&p, "a.test");
	must_handshake(&p);
	ck_assert_int_eq(gnutls_session_key_update(p.client, GNUTLS_KU_PEER), 0);
	ck_assert_int_eq(read_server(&p, got, sizeof(got)), -1);
	ck_assert_int_eq(errno, EAGAIN);
	must_exchange(&p);
	must_exchange(&p);
	pair_close(&p);
}
END_TEST

/* ---- tickets ------------------------------------------------------------------------------- */

/* Connects with a session's data, if any; keeps the new data. Returns whether it was resumed. */
static bool connect_with(
    const struct tls_policy *policy, const char *priority, gnutls_datum_t *data)
{
	struct tls_info info;
	struct pair p;
	bool resumed;

	pair_open(&p, policy, priority);
	name(&p, "a.test");
	if (data->data != NULL)
		gnutls_session_set_data(p.client, data->data, data->size);
	must_handshake(&p);
	must_exchange(&p);
	gnutls_free(data->data);
	ck_assert_int_eq(gnutls_session_get_data2(p.client, data), 0);
	tls_stream_info(p.t, &info);
	resumed = gnutls_session_is_resumed(p.client) != 0;
	ck_assert_int_eq(info.resumed, resumed);
	pair_close(&p);
	return resumed;
}

START_TEST(test_resumption)
{
	/* Two workers' handlers: loaded apart, of the same text. */
	struct tls_policies one = policies_of("[{\"default_sni\": \"a.test\"}]");
	struct tls_policies same = policies_of("[{\"default_sni\": \"a.test\"}]");
	struct tls_policies other = policies_of("[{\"default_sni\": \"b.test\"}]");
	gnutls_datum_t data = {0};

	ck_assert(!connect_with(one.items, versions[_i], &data));
	ck_assert(connect_with(one.items, versions[_i], &data));
	ck_assert(connect_with(same.items, versions[_i], &data));
	ck_assert(connect_with(one.items, versions[_i], &data));
	ck_assert(!connect_with(other.items, versions[_i], &data));
	ck_assert(connect_with(other.items, versions[_i], &data));
	ticket_rotate();
	ck_assert(!connect_with(other.items, versions[_i], &data));
	ck_assert(connect_with(other.items, versions[_i], &data));
	ticket_set_enabled(false);
	ck_assert(!connect_with(other.items, versions[_i], &data));
	ticket_set_enabled(true);
	gnutls_free(data.data);
}
END_TEST

/* TLS inside TLS: the two work in each other's calls and must not share their scratch memory. */
START_TEST(test_nested)
{
	struct tls_policies policies = policies_of(NULL);
	static uint8_t data[200000], got[400000];
	struct tls_stream *inner;
	gnutls_session_t client;
	gnutls_certificate_credentials_t credentials;
	const char *why;
	enum tls_result r = TLS_AGAIN;
	size_t up = 0, n_up = 0, down = 0, n_down = 0;
	struct pair p;
	ssize_t n;
	int i, rc = -1;

	pair_open(&p, policies.items, NULL);
	name(&p, "a.test");
	must_handshake(&p);
	inner = tls_stream_push(p.arena, &p.e, policies.items, NULL, area);
	gnutls_init(&client, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
	gnutls_priority_set_direct(client, "NORMAL", NULL);
	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_credentials_set(client, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_server_name_set(client, GNUTLS_NAME_DNS, "x.w.test", 8);
	gnutls_transport_set_ptr(client, p.client);
	gnutls_transport_set_push_function(client, (gnutls_push_func)gnutls_record_send);
	gnutls_transport_set_pull_function(client, (gnutls_pull_func)gnutls_record_recv);
	for (i = 0; i < 20 && (rc != 0 || r != TLS_DONE); i++) {
		errno = EAGAIN;
		rc = gnutls_handshake(client);
		if (r != TLS_DONE)
			r = tls_stream_handshake(inner, &why);
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq(r, TLS_DONE);
	fill_pattern(data, sizeof(data), 5);
	for (i = 0; i < 1000 && (n_up < sizeof(data) || n_down < sizeof(data)); i++) {
		errno = EAGAIN;
		n = up < sizeof(data) ? gnutls_record_send(client, data + up, 10000) : 0;
		if (n > 0)
			up += (size_t)n;
		n = read_server(&p, got + n_up, sizeof(got) - n_up);
		if (n > 0)
			n_up += (size_t)n;
		n = down < sizeof(data) ? write_server(&p, data + down, sizeof(data) - down) : 0;
		if (n > 0)
			down += (size_t)n;
		errno = EAGAIN;
		n = gnutls_record_recv(client, got + 200000 + n_down, sizeof(data) - n_down);
		if (n > 0)
			n_down += (size_t)n;
		stream_flush(p.e.top);
	}
	ck_assert_uint_eq(n_up, sizeof(data));
	ck_assert_uint_eq(n_down, sizeof(data));
	ck_assert(memcmp(got, data, sizeof(data)) == 0);
	ck_assert(memcmp(got + 200000, data, sizeof(data)) == 0);
	gnutls_deinit(client);
	gnutls_certificate_free_credentials(credentials);
	pair_close(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tls_stream");
	TCase *tc = tcase_create("tls_stream");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_handshake, 0, 2);
	tcase_add_test(tc, test_prefetched);
	tcase_add_loop_test(tc, test_unknown_name, 0, 2);
	tcase_add_loop_test(tc, test_default_name, 0, 2);
	tcase_add_loop_test(tc, test_alpn, 0, 2);
	tcase_add_test(tc, test_versions);
	tcase_add_loop_test(tc, test_rsa_and_ecdsa, 0, 3);
	tcase_add_loop_test(tc, test_no_second_hello, 0, 2);
	tcase_add_test(tc, test_policy_errors);
	tcase_add_loop_test(tc, test_garbage, 0, 5);
	tcase_add_loop_test(tc, test_big_transfer, 0, 12);
	tcase_add_test(tc, test_pieces);
	tcase_add_loop_test(tc, test_cut_records, 0, 2);
	tcase_add_loop_test(tc, test_pending, 0, 2);
	tcase_add_loop_test(tc, test_pending_end, 0, 2);
	tcase_add_test(tc, test_blocked_peer);
	tcase_add_loop_test(tc, test_client_half_close, 0, 4);
	tcase_add_loop_test(tc, test_server_half_close, 0, 2);
	tcase_add_test(tc, test_blocked_shutdown);
	tcase_add_loop_test(tc, test_cut_off, 0, 2);
	tcase_add_loop_test(tc, test_damaged_record, 0, 2);
	tcase_add_test(tc, test_stalled_client);
	tcase_add_test(tc, test_renegotiation);
	tcase_add_test(tc, test_key_update);
	tcase_add_loop_test(tc, test_resumption, 0, 2);
	tcase_add_test(tc, test_nested);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
