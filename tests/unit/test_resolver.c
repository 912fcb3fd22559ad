/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/resolver.h"

#include <check.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a name server -------------------------------------------------------------------------- */

enum behaviour { ANSWERS, REFUSES_NAME, FAILS, SILENT };

static struct ev_loop *loop;
static struct resolver *resolver;
static struct {
	ev_io io;
	enum behaviour behaviour;
	unsigned ttl;
	uint8_t last; /* the A record is 192.0.2.last */
	uint8_t step; /* from one record to the next */
	unsigned count, asked;
} server;

/* Appends a record of the question's name (RFC 1035 section 4.1.3). */
static size_t add_record(uint8_t *to, uint8_t type, unsigned ttl, const uint8_t *data, uint8_t size)
{
	const uint8_t head[] = {
	    0xc0, 12, 0, type, 0, 1, 0, 0, (uint8_t)(ttl >> 8), (uint8_t)ttl, 0, size};

	memcpy(to, head, sizeof(head));
	memcpy(to + sizeof(head), data, size);
	return sizeof(head) + size;
}

static size_t answer_question(uint8_t *packet, size_t size, bool six)
{
	uint8_t ip[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = server.last};
	uint8_t ip4[4] = {192, 0, 2, server.last};
	unsigned i;

	packet[2] |= 0x80; /* an answer */
	packet[7] = 0;
	packet[11] = 0; /* without the question's EDNS */
	if (server.behaviour == REFUSES_NAME || server.behaviour == FAILS) {
		packet[3] = server.behaviour == FAILS ? 2 : 3;
		return size;
	}
	packet[3] = 0;
	packet[7] = (uint8_t)server.count;
	for (i = 0; i < server.count; i++) {
		if (six)
			size += add_record(packet + size, 28, server.ttl, ip, 16);
		else
			size += add_record(packet + size, 1, server.ttl, ip4, 4);
		ip[14]++;
		ip4[3] += server.step;
	}
	return size;
}

static void on_packet(struct ev_loop *l, ev_io *w, int events)
{
	uint8_t packet[4096];
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	ssize_t n = recvfrom(w->fd, packet, 512, 0, (struct sockaddr *)&from, &length);
	size_t end = 12;

	(void)l;
	(void)events;
	if (n < 17)
		return;
	server.asked++;
	if (server.behaviour == SILENT)
		return;
	while (end < (size_t)n && packet[end] != 0)
		end += packet[end] + 1u;
	end += 5;
	ck_assert_uint_le(end, (size_t)n);
	end = answer_question(packet, end, packet[end - 3] == 28);
	sendto(w->fd, packet, end, 0, (struct sockaddr *)&from, length);
}

static void setup(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(sa);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char text[32];

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &length), 0);
	memset(&server, 0, sizeof(server));
	server.ttl = 60;
	server.last = 1;
	server.count = 1;
	loop = ev_loop_new(0);
	ev_io_init(&server.io, on_packet, fd, EV_READ);
	ev_io_start(loop, &server.io);
	resolver = resolver_new(loop);
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(sa.sin_port));
	ck_assert_int_eq(resolver_set_servers(resolver, text), 0);
}

static void teardown(void)
{
	resolver_free(resolver);
	ev_io_stop(loop, &server.io);
	close(server.io.fd);
	ev_loop_destroy(loop);
}

/* ---- asking --------------------------------------------------------------------------------- */

struct outcome {
	struct resolver_answer answer;
	bool done;
};

static void on_done(void *arg, const struct resolver_answer *answer)
{
	struct outcome *o = arg;

	ck_assert(!o->done);
	o->answer = *answer;
	o->done = true;
}

static void on_give_up(struct ev_loop *l, ev_timer *w, int events)
{
	(void)w;
	(void)events;
	ev_break(l, EVBREAK_ONE);
}

/* Runs the loop until *done, or for so many seconds. */
static void run(const bool *done, double seconds)
{
	ev_timer timer;

	ev_timer_init(&timer, on_give_up, seconds, 0.);
	ev_timer_start(loop, &timer);
	while ((done == NULL || !*done) && ev_is_active(&timer))
		ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &timer);
}

/* Asks and waits; *waited: the answer was not known. */
static struct resolver_answer ask(const char *host, int family, bool *waited)
{
	struct outcome o = {.done = false};

	ev_now_update(loop);
	*waited = resolver_ask(resolver, host, family, on_done, &o, &o.answer) != NULL;
	if (*waited) {
		run(&o.done, 10);
		ck_assert(o.done);
	}
	return o.answer;
}

static void is(const struct resolver_answer *answer, size_t index, const char *text)
{
	char ip[NETADDR_TEXT_MAX];

	ck_assert_uint_lt(index, answer->count);
	ck_assert_str_eq(netaddr_ip_text(&answer->items[index], ip), text);
	ck_assert_uint_eq(answer->items[index].port, 0);
}

START_TEST(test_at_once)
{
	struct resolver_answer a;
	bool waited;

	a = ask("10.1.2.3", AF_UNSPEC, &waited);
	ck_assert(!waited && a.count == 1);
	is(&a, 0, "10.1.2.3");
	a = ask("2001:db8::1", AF_INET6, &waited);
	is(&a, 0, "2001:db8::1");
	a = ask("10.1.2.3", AF_INET6, &waited);
	ck_assert(!waited && a.count == 0 && a.problem != NULL);
	a = ask("LocalHost", AF_UNSPEC, &waited);
	ck_assert(!waited && a.count == 2);
	is(&a, 0, "127.0.0.1");
	is(&a, 1, "::1");
	a = ask("localhost", AF_INET6, &waited);
	ck_assert_uint_eq(a.count, 1);
	is(&a, 0, "::1");
	a = ask("localhost", AF_INET, &waited);
	ck_assert_uint_eq(a.count, 1);
	is(&a, 0, "127.0.0.1");
	ck_assert_uint_eq(server.asked, 0);
}
END_TEST

START_TEST(test_answer_is_kept)
{
	struct resolver_answer a;
	unsigned asked;
	bool waited;

	a = ask("a.test", AF_INET, &waited);
	ck_assert(waited && a.count == 1);
	is(&a, 0, "192.0.2.1");
	asked = server.asked;
	server.last = 2;
	a = ask("A.TEST", AF_INET, &waited);
	ck_assert(!waited);
	is(&a, 0, "192.0.2.1");
	a = ask("b.test", AF_INET, &waited);
	ck_assert(waited);
	is(&a, 0, "192.0.2.2");
	ck_assert_uint_gt(server.asked, asked);
}
END_TEST

START_TEST(test_families)
{
	struct resolver_answer a;
	bool waited, four, six;

	a = ask("a.test", AF_UNSPEC, &waited);
	ck_assert_uint_eq(a.count, 2);
	four = a.items[0].family == AF_INET || a.items[1].family == AF_INET;
	six = a.items[0].family == AF_INET6 || a.items[1].family == AF_INET6;
	ck_assert(four && six);
	a = ask("a.test", AF_INET6, &waited);
	ck_assert_uint_eq(a.count, 1);
	is(&a, 0, "2001:db8::1");
}
END_TEST

START_TEST(test_many_addresses)
{
	struct resolver_answer a;
	bool waited;

	server.count = 28;
	a = ask("same.test", AF_INET, &waited);
	ck_assert_uint_eq(a.count, 1);
	server.step = 1;
	a = ask("many.test", AF_INET, &waited);
	ck_assert_uint_eq(a.count, RESOLVER_ADDRESSES_MAX);
}
END_TEST

START_TEST(test_ttl)
{
	struct resolver_answer a;
	bool waited;

	server.ttl = 1;
	ask("a.test", AF_INET, &waited);
	server.last = 2;
	run(NULL, 1.1);
	a = ask("a.test", AF_INET, &waited);
	ck_assert(waited);
	is(&a, 0, "192.0.2.2");
}
END_TEST

START_TEST(test_no_such_name)
{
	struct resolver_answer a;
	unsigned asked;
	bool waited;

	server.behaviour = REFUSES_NAME;
	a = ask("none.test", AF_INET, &waited);
	ck_assert(waited && a.count == 0 && a.problem != NULL);
	asked = server.asked;
	a = ask("none.test", AF_INET, &waited); /* not again at once */
	ck_assert(!waited && a.count == 0 && a.problem != NULL);
	ck_assert_uint_eq(server.asked, asked);
	server.behaviour = ANSWERS;
	run(NULL, 1.1);
	a = ask("none.test", AF_INET, &waited);
	ck_assert_uint_eq(a.count, 1);
}
END_TEST

/* While DNS fails the last good answer is used, and after the first time nobody waits. */
START_TEST(test_last_good)
{
	struct resolver_answer a;
	bool waited;

	server.ttl = 1;
	ask("a.test", AF_INET, &waited);
	server.behaviour = FAILS;
	run(NULL, 1.1);
	a = ask("a.test", AF_INET, &waited);
	ck_assert(waited);
	is(&a, 0, "192.0.2.1");
	run(NULL, 1.1);
	a = ask("a.test", AF_INET, &waited);
	ck_assert(!waited);
	is(&a, 0, "192.0.2.1");
	server.behaviour = ANSWERS;
	server.last = 7;
	run(NULL, 1.1); /* what was asked beside the last one has failed by now */
	ask("a.test", AF_INET, &waited);
	run(NULL, 0.2);
	a = ask("a.test", AF_INET, &waited);
	is(&a, 0, "192.0.2.7");
}
END_TEST

/* Many who ask the same are one question. */
START_TEST(test_together)
{
	struct outcome o[20] = {{.done = false}};
	int i;

	for (i = 0; i < 20; i++)
		ck_assert_ptr_nonnull(
		    resolver_ask(resolver, "a.test", AF_INET, on_done, &o[i], &o[i].answer));
	for (i = 0; i < 20; i++) {
		run(&o[i].done, 10);
		ck_assert(o[i].done);
		is(&o[i].answer, 0, "192.0.2.1");
	}
	ck_assert_uint_eq(server.asked, 1);
}
END_TEST

START_TEST(test_cancel)
{
	struct outcome first = {.done = false}, second = {.done = false};
	struct resolver_query *q =
	    resolver_ask(resolver, "a.test", AF_INET, on_done, &first, &first.answer);

	resolver_ask(resolver, "a.test", AF_INET, on_done, &second, &second.answer);
	resolver_cancel(q);
	run(&second.done, 10);
	ck_assert(second.done && !first.done);
}
END_TEST

START_TEST(test_give_up)
{
	struct resolver_answer a;
	struct outcome o = {.done = false};
	struct resolver_query *q;
	bool waited;

	server.behaviour = SILENT;
	q = resolver_ask(resolver, "a.test", AF_INET, on_done, &o, &o.answer);
	run(&o.done, 0.1);
	resolver_give_up(q, &a);
	ck_assert(a.count == 0 && a.problem != NULL);
	server.behaviour = ANSWERS;
	server.ttl = 1;
	ask("b.test", AF_INET, &waited);
	server.behaviour = SILENT;
	run(NULL, 1.1);
	ev_now_update(loop);
	q = resolver_ask(resolver, "b.test", AF_INET, on_done, &o, &o.answer);
	ck_assert_ptr_nonnull(q);
	resolver_give_up(q, &a);
	is(&a, 0, "192.0.2.1");
	ck_assert(!o.done);
}
END_TEST

/* A server that says nothing: an end all the same. */
START_TEST(test_silence)
{
	struct resolver_answer a;
	bool waited;

	server.behaviour = SILENT;
	a = ask("a.test", AF_INET, &waited);
	ck_assert(a.count == 0 && a.problem != NULL);
	ck_assert_uint_eq(server.asked, 2);
}
END_TEST

START_TEST(test_free_while_asking)
{
	struct outcome o = {.done = false};

	server.behaviour = SILENT;
	resolver_ask(resolver, "a.test", AF_UNSPEC, on_done, &o, &o.answer);
	run(&o.done, 0.05);
	resolver_free(resolver);
	resolver = NULL;
	run(NULL, 0.05);
	ck_assert(!o.done);
}
END_TEST

/* Names that are none, and more names than are kept. */
START_TEST(test_odd_names)
{
	struct resolver_answer a;
	char name[400];
	bool waited;

	server.behaviour = REFUSES_NAME;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	a = ask(name, AF_INET, &waited);
	ck_assert(!waited && a.count == 0 && a.problem != NULL);
	name[200] = '\0'; /* a label of 200 bytes */
	a = ask(name, AF_INET, &waited);
	ck_assert(a.count == 0 && a.problem != NULL);
	a = ask("", AF_INET, &waited);
	ck_assert(a.count == 0 && a.problem != NULL);
	a = ask("..", AF_INET, &waited);
	ck_assert(a.count == 0 && a.problem != NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("resolver");
	TCase *tc = tcase_create("resolver");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_at_once);
	tcase_add_test(tc, test_answer_is_kept);
	tcase_add_test(tc, test_families);
	tcase_add_test(tc, test_many_addresses);
	tcase_add_test(tc, test_ttl);
	tcase_add_test(tc, test_no_such_name);
	tcase_add_test(tc, test_last_good);
	tcase_add_test(tc, test_together);
	tcase_add_test(tc, test_cancel);
	tcase_add_test(tc, test_give_up);
	tcase_add_test(tc, test_silence);
	tcase_add_test(tc, test_free_while_asking);
	tcase_add_test(tc, test_odd_names);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
