/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/datagrams.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/net/sockets.h"

static struct datagram_reader *reader;
static struct datagram_writer *writer;
static struct datagram batch[DATAGRAM_BATCH];
static unsigned cut;
static int server = -1, client = -1;
static struct error err;

static void setup(void)
{
	reader = datagram_reader_new();
	writer = datagram_writer_new();
	cut = 0;
}

static void teardown(void)
{
	datagram_reader_free(reader);
	datagram_writer_free(writer);
	close(server);
	close(client);
	server = client = -1;
}

static void listen_on(const char *text)
{
	struct address_range range;

	ck_assert_msg(address_parse_listen(text, &range, &err) == 0, "%s", err.message);
	ck_assert_msg(sockets_listen(&range.first, 1, &server, &err) == 0, "%s", err.message);
}

static struct netaddr name_of(int fd)
{
	struct sockaddr_storage sa;
	socklen_t length = sizeof(sa);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &length), 0);
	return netaddr_from_sockaddr((struct sockaddr *)&sa, length);
}

/* A client of the server's port at that address. */
static void connect_to(const char *ip)
{
	struct netaddr to;
	bool done;

	ck_assert(netaddr_parse_ip(ip, &to));
	to.port = name_of(server).port;
	client = sockets_connect(SOCK_DGRAM, &to, NULL, &done);
	ck_assert_int_ne(client, -1);
	ck_assert(done);
}

static int read_batch(void)
{
	struct pollfd readable = {.fd = server, .events = POLLIN};

	ck_assert_int_eq(poll(&readable, 1, 5000), 1);
	return datagram_reader_read(reader, server, batch, &cut);
}

static void answer(const struct flow_key *key, const char *text)
{
	strcpy((char *)datagram_writer_room(writer), text);
	datagram_writer_put(writer, server, name_of(server).family, key, strlen(text));
}

static void expect_answer(const char *text)
{
	struct pollfd readable = {.fd = client, .events = POLLIN};
	char got[64];
	ssize_t n;

	ck_assert_int_eq(poll(&readable, 1, 5000), 1);
	n = recv(client, got, sizeof(got), 0);
	ck_assert_int_eq(n, (ssize_t)strlen(text));
	ck_assert_int_eq(memcmp(got, text, strlen(text)), 0);
}

static const char *const locals[] = {"127.0.0.1", "127.0.0.77", "::1"};

/* A connected client takes answers from the address alone that it has written to. */
START_TEST(test_any_address)
{
	struct netaddr local, from;
	const char *const *text = &locals[_i];

	listen_on("udp/:0");
	connect_to(*text);
	ck_assert_int_eq(send(client, "ask", 3, 0), 3);
	ck_assert_int_eq(read_batch(), 1);
	ck_assert_int_eq(batch[0].bytes.n, 3);
	ck_assert(netaddr_parse_ip(*text, &local));
	ck_assert(netaddr_equal(&batch[0].key.local, &local));
	from = name_of(client);
	ck_assert(netaddr_equal(&batch[0].key.client, &from));
	strcpy((char *)datagram_writer_room(writer), "told");
	datagram_writer_put(writer, server, AF_INET6, &batch[0].key, 4);
	ck_assert_uint_eq(datagram_writer_flush(writer), 0);
	expect_answer("told");
}
END_TEST

START_TEST(test_any_ipv4)
{
	struct netaddr local;

	listen_on("udp4/:0");
	connect_to("127.0.0.9");
	ck_assert_int_eq(send(client, "", 0, 0), 0);
	ck_assert_int_eq(read_batch(), 1);
	ck_assert_uint_eq(batch[0].bytes.n, 0);
	ck_assert(netaddr_parse_ip("127.0.0.9", &local));
	ck_assert(netaddr_equal(&batch[0].key.local, &local));
	strcpy((char *)datagram_writer_room(writer), "x");
	datagram_writer_put(writer, server, AF_INET, &batch[0].key, 1);
	ck_assert_uint_eq(datagram_writer_flush(writer), 0);
	expect_answer("x");
}
END_TEST

START_TEST(test_one_address)
{
	listen_on("udp/127.0.0.1:0");
	connect_to("127.0.0.1");
	ck_assert_int_eq(send(client, "a", 1, 0), 1);
	ck_assert_int_eq(read_batch(), 1);
	ck_assert_int_eq(batch[0].key.local.family, AF_UNSPEC);
	answer(&batch[0].key, "b");
	ck_assert_uint_eq(datagram_writer_flush(writer), 0);
	expect_answer("b");
}
END_TEST

START_TEST(test_batches)
{
	uint32_t i, sent = DATAGRAM_BATCH + 10;
	uint32_t value;
	int n, got = 0;

	listen_on("udp/127.0.0.1:0");
	connect_to("127.0.0.1");
	for (i = 0; i < sent; i++)
		ck_assert_int_eq(send(client, &i, sizeof(i), 0), sizeof(i));
	while (got < (int)sent) {
		n = read_batch();
		ck_assert_int_gt(n, 0);
		for (i = 0; i < (uint32_t)n; i++, got++) {
			memcpy(&value, batch[i].bytes.p, sizeof(value));
			ck_assert_uint_eq(value, got);
			memcpy(datagram_writer_room(writer), &value, sizeof(value));
			datagram_writer_put(writer, server, AF_INET, &batch[i].key, sizeof(value));
		}
	}
	ck_assert_int_eq(datagram_reader_read(reader, server, batch, &cut), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_uint_eq(datagram_writer_flush(writer), 0);
	for (i = 0; i < sent; i++) {
		ck_assert_int_eq(recv(client, &value, sizeof(value), 0), sizeof(value));
		ck_assert_uint_eq(value, i);
	}
}
END_TEST

/* More in all than the writer has room for. */
START_TEST(test_large)
{
	static uint8_t large[65507], got[DATAGRAM_MAX];
	int i, most = 1 << 20;

	listen_on("udp/127.0.0.1:0");
	connect_to("127.0.0.1");
	setsockopt(client, SOL_SOCKET, SO_RCVBUF, &most, sizeof(most));
	for (i = 0; i < 8; i++) {
		memset(large, 'a' + i, sizeof(large));
		ck_assert_int_eq(send(client, large, sizeof(large), 0), sizeof(large));
		ck_assert_int_eq(read_batch(), 1);
		ck_assert_uint_eq(batch[0].bytes.n, sizeof(large));
		memcpy(datagram_writer_room(writer), batch[0].bytes.p, sizeof(large));
		datagram_writer_put(writer, server, AF_INET, &batch[0].key, sizeof(large));
		if (i % 4 != 3)
			continue;
		ck_assert_uint_eq(datagram_writer_flush(writer), 0);
		for (int j = i - 3; j <= i; j++) {
			ck_assert_int_eq(recv(client, got, sizeof(got), 0), sizeof(large));
			ck_assert_uint_eq(got[0], 'a' + j);
			ck_assert_uint_eq(got[sizeof(large) - 1], 'a' + j);
		}
	}
	ck_assert_uint_eq(cut, 0);
}
END_TEST

/* One that cannot be sent is counted, and keeps back none of the others. */
START_TEST(test_lost)
{
	struct flow_key unnamed = {.client = {.family = AF_UNSPEC}}, bad;

	listen_on("udp/127.0.0.1:0");
	connect_to("127.0.0.1");
	ck_assert_int_eq(send(client, "a", 1, 0), 1);
	ck_assert_int_eq(read_batch(), 1);
	bad = batch[0].key;
	bad.client.port = 0; /* none can be sent there */
	answer(&batch[0].key, "one");
	answer(&bad, "no");
	answer(&unnamed, "no");
	answer(&batch[0].key, "two");
	ck_assert_uint_eq(datagram_writer_flush(writer), 2);
	ck_assert_uint_eq(datagram_writer_flush(writer), 0);
	expect_answer("one");
	expect_answer("two");
}
END_TEST

static void bind_unix(const char *name, size_t length)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	memcpy(sa.sun_path, name, length);
	client = socket(AF_UNIX, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(client, (struct sockaddr *)&sa,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
	    0);
}

static void send_to_unix(const char *path, const void *bytes, size_t size)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	strcpy(sa.sun_path, path);
	ck_assert_int_eq(
	    sendto(client, bytes, size, 0, (struct sockaddr *)&sa, sizeof(sa)), (ssize_t)size);
}

START_TEST(test_unix)
{
	static uint8_t huge[DATAGRAM_MAX + 1];
	char folder[] = "/tmp/test_datagrams.XXXXXX", path[64], text[80], mine[64], want[64];
	int n;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/server", folder);
	snprintf(mine, sizeof(mine), "%s/client", folder);
	snprintf(text, sizeof(text), "unixgram/%s", path);
	listen_on(text);

	bind_unix(mine, strlen(mine) + 1);
	send_to_unix(path, "a", 1);
	ck_assert_int_eq(read_batch(), 1);
	ck_assert_str_eq(batch[0].key.client.path, mine);
	answer(&batch[0].key, "file");
	ck_assert_uint_eq(datagram_writer_flush(writer), 0);
	expect_answer("file");
	close(client);

	n = snprintf(want, sizeof(want), "@test_datagrams_%ld", (long)getpid());
	memcpy(text, want, (size_t)n);
	text[0] = '\0';
	bind_unix(text, (size_t)n);
	send_to_unix(path, huge, sizeof(huge));
	send_to_unix(path, huge, DATAGRAM_MAX);
	ck_assert_int_eq(read_batch(), 1);
	ck_assert_uint_eq(cut, 1);
	ck_assert_uint_eq(batch[0].bytes.n, DATAGRAM_MAX);
	ck_assert_str_eq(batch[0].key.client.path, want);
	answer(&batch[0].key, "name");
	ck_assert_uint_eq(datagram_writer_flush(writer), 0);
	expect_answer("name");
	close(client);

	client = socket(AF_UNIX, SOCK_DGRAM, 0);
	send_to_unix(path, "x", 1);
	ck_assert_int_eq(read_batch(), 1);
	ck_assert_str_eq(batch[0].key.client.path, "");
	answer(&batch[0].key, "nobody");
	ck_assert_uint_eq(datagram_writer_flush(writer), 1);
	unlink(path);
	unlink(mine);
	rmdir(folder);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("datagrams");
	TCase *tc = tcase_create("datagrams");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_any_address, 0, 3);
	tcase_add_test(tc, test_any_ipv4);
	tcase_add_test(tc, test_one_address);
	tcase_add_test(tc, test_batches);
	tcase_add_test(tc, test_large);
	tcase_add_test(tc, test_lost);
	tcase_add_test(tc, test_unix);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
