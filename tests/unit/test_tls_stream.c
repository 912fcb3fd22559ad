/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "tests/unit/tls_pair.h"

#define BIG (3u << 20)

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

#define RECORDS_MAX 256

/* Opens a session whose client sends "whole" and "half"; their records' bytes go to raw. */
static ssize_t two_records(struct pair *p, const char *version, uint8_t raw[RECORDS_MAX])
{
	struct tls_policies policies = policies_of(NULL);

	pair_open(p, policies.items, version);
	name(p, "a.test");
	must_handshake(p);
	ck_assert_int_eq(gnutls_record_send(p->client, "whole", 5), 5);
	ck_assert_int_eq(gnutls_record_send(p->client, "half", 4), 4);
	return recv(p->e.io.fd, raw, RECORDS_MAX, 0);
}

START_TEST(test_cut_off)
{
	uint8_t raw[RECORDS_MAX], got[64];
	struct pair p;
	ssize_t n;

	n = two_records(&p, versions[_i], raw);
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
	uint8_t raw[RECORDS_MAX], got[64];
	struct pair p;
	ssize_t n;

	n = two_records(&p, versions[_i], raw);
	raw[n - 1] ^= 1;
	ck_assert_int_eq(send(p.fd, raw, (size_t)n, 0), n);
	ck_assert_int_eq(read_server(&p, got, sizeof(got)), 5);
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
	tcase_add_test(tc, test_nested);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
