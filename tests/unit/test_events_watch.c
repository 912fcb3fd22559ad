/* SPDX-License-Identifier: BSD-2-Clause */
/* events.watch: what readers get, how they end, and what they miss. */
#include <config.h>

#include "control_support.h"
#include "daemon/control/event_log.h"
#include "daemon/core/events.h"

#define LINGER 0.05

static void set_up(void)
{
	daemon_start();
	event_log_linger(LINGER);
	event_log_start();
}

static void tear_down(void)
{
	session_close_all("the test ends");
	event_log_stop();
	daemon_stop();
}

/* ---- events -------------------------------------------------------------------------------- */

static void publish_up(const char *upstream)
{
	struct event e = {.type = EVENT_UPSTREAM_UP};

	e.row.upstream = span_str(upstream);
	events_publish(&e);
}

static void publish_many(unsigned count)
{
	while (count-- > 0)
		publish_up("127.0.0.1:1");
}

/* On the first worker, in one go. */
static void visit_note(struct worker *w, void *arg)
{
	const struct fakes *fakes = arg;
	struct event e = {.type = EVENT_CONN_CLOSE};
	unsigned i;

	for (i = 0; w->index == 0 && i < fakes->each; i++) {
		e.row.id = i;
		events_note(w, &e);
	}
}

static void note_on_worker(unsigned count)
{
	struct fakes fakes = {.each = count};

	visit_wait(visit_note, &fakes);
}

/* ---- a reader ------------------------------------------------------------------------------ */

#define ALL NULL
#define NOW UINT64_MAX

/* types and filter may be NULL. */
static void send_watch(
    struct peer_client *c, uint32_t id, uint64_t since, const char *types, const char *filter)
{
	struct request r;

	request_begin(&r, id, "events.watch");
	if (since != NOW)
		pack_u64(pack_key(&r.map, "since"), since);
	if (types != NULL)
		pack_str(pack_key(&r.map, "types"), types);
	if (filter != NULL)
		pack_str(pack_key(&r.map, "filter"), filter);
	request_send(&r, c);
}

/* One that has begun. */
static void watch(struct peer_client *c, uint64_t since, const char *types, const char *filter)
{
	const msgpack_object *map;

	client_ready(c, LEVEL_OBSERVE);
	send_watch(c, 2, since, types, filter);
	map = notification(client_message(c), CONTROL_CHUNK);
	ck_assert(map != NULL);
	expect_keys(map, "id,rev,items,seq");
	ck_assert_uint_eq(unpack_get(map, "items")->via.array.size, 0);
	ck_assert_uint_eq(number_of(map, "seq"), since == NOW ? events_last() : since);
}

/* What a reader has got. */
struct got {
	uint64_t seq;    /* of the last one */
	uint64_t events; /* without event.lost */
	uint64_t lost;   /* by its counts */
	uint64_t up;     /* to where the chunks say it has read */
	char type[32];   /* of the last one */
	char reason[32]; /* of the last event.lost */
};

static void count_event(struct got *got, const msgpack_object *event)
{
	uint64_t seq = number_of(event, "seq");

	ck_assert_uint_gt(seq, got->seq);
	ck_assert(unpack_copy(unpack_get(event, "type"), got->type, sizeof(got->type)));
	if (strcmp(got->type, "event.lost") == 0) {
		expect_keys(event, "seq,type,time,reason,first,last,count");
		got->lost += number_of(event, "count");
		unpack_copy(unpack_get(event, "reason"), got->reason, sizeof(got->reason));
		if (strcmp(got->reason, CONTROL_LOST_FORGOTTEN) == 0) {
			ck_assert_uint_eq(number_of(event, "first"), got->seq + 1);
			ck_assert_uint_eq(number_of(event, "last"), seq);
			ck_assert_uint_eq(number_of(event, "count"), seq - got->seq);
		}
	} else {
		got->events++;
	}
	got->seq = seq;
}

/* The next chunk; returns its items. */
static const msgpack_object_array *read_chunk(struct peer_client *c, struct got *got)
{
	const msgpack_object *map = notification(client_message(c), CONTROL_CHUNK);
	const msgpack_object_array *items;
	uint32_t i;

	ck_assert(map != NULL);
	ck_assert_uint_le(buf_len(&c->bytes), CONTROL_CHUNK_MAX);
	items = &unpack_get(map, "items")->via.array;
	ck_assert_uint_gt(items->size, 0);
	for (i = 0; i < items->size; i++)
		count_event(got, &items->ptr[i]);
	got->up = number_of(map, "seq");
	ck_assert_uint_ge(got->up, got->seq);
	return items;
}

static void read_to(struct peer_client *c, struct got *got, uint64_t seq)
{
	while (got->seq < seq)
		read_chunk(c, got);
	ck_assert_uint_eq(got->seq, seq);
}

static void wait_for(bool (*is)(void))
{
	ev_tstamp until = ev_time() + PATIENCE;

	while (!is()) {
		turn();
		ck_assert(ev_time() < until);
	}
}

/* ---- tests --------------------------------------------------------------------------------- */

START_TEST(two_readers)
{
	uint64_t before = events_last();
	struct got first = {.seq = before}, second = {.seq = before};
	struct peer_client a, b;

	watch(&a, NOW, ALL, NULL);
	publish_many(3);
	watch(&b, before, ALL, NULL);
	publish_many(2);
	read_to(&a, &first, before + 5);
	read_to(&b, &second, before + 5);
	ck_assert_uint_eq(first.events, 5);
	ck_assert_uint_eq(second.events, 5);
	ck_assert_uint_eq(first.lost + second.lost, 0);
	client_stop(&a);
	client_stop(&b);
}
END_TEST

START_TEST(since)
{
	uint64_t before = events_last();
	struct got got = {.seq = before + 2};
	struct peer_client c;

	publish_many(5);
	watch(&c, before + 2, ALL, NULL);
	read_to(&c, &got, before + 5);
	ck_assert_uint_eq(got.events, 3);
	client_stop(&c);
	client_ready(&c, LEVEL_OBSERVE);
	send_watch(&c, 2, events_last() + 1, ALL, NULL);
	expect_error(&c, 2, "conflict", "since", NULL);
	client_stop(&c);
}
END_TEST

START_TEST(types_and_filter)
{
	uint64_t before = events_last();
	const msgpack_object_array *items;
	struct event e = {.type = EVENT_CONFIG_CHANGED, .revision = 9, .who = span_str("me")};
	struct got got = {.seq = before};
	struct peer_client c;

	watch(&c, NOW, "upstream,config", "upstream==a || revision>8");
	publish_up("b");
	publish_up("a");
	events_publish(&e);
	e.type = EVENT_CONFIG_REFUSED;
	e.revision = 1;
	events_publish(&e);
	items = read_chunk(&c, &got);
	ck_assert_uint_eq(got.events, 2);
	ck_assert_uint_eq(got.up, before + 4);
	expect_keys(&items->ptr[0], "seq,type,time,upstream");
	expect_text(&items->ptr[0], "upstream", "a");
	expect_keys(&items->ptr[1], "seq,type,time,revision,who,comment");
	expect_text(&items->ptr[1], "type", "config.changed");
	expect_text(&items->ptr[1], "who", "me");
	ck_assert(unpack_is_nil(unpack_get(&items->ptr[1], "comment")));
	client_stop(&c);
}
END_TEST

START_TEST(refused)
{
	struct peer_client c;

	client_ready(&c, LEVEL_OBSERVE);
	send_watch(&c, 2, NOW, "con", NULL);
	expect_error(&c, 2, "invalid", "types", "conn");
	send_watch(&c, 3, NOW, NULL, "rout==x");
	expect_error(&c, 3, "invalid", "filter", NULL);
	send_watch(&c, 4, NOW, "", NULL);
	expect_error(&c, 4, "invalid", "types", NULL);
	client_stop(&c);
}
END_TEST

/* It reads nothing while more events come than are remembered. */
START_TEST(slow_reader)
{
	uint64_t before = events_last();
	struct got got = {.seq = before};
	struct peer_client c;
	unsigned i;

	watch(&c, NOW, ALL, NULL);
	for (i = 0; i < 200; i++) {
		publish_many(100);
		turn();
	}
	read_to(&c, &got, before + 20000);
	ck_assert_uint_eq(got.events + got.lost, 20000);
	ck_assert_uint_gt(got.lost, 5000);
	ck_assert_uint_gt(got.events, 1000);
	ck_assert_str_eq(got.reason, CONTROL_LOST_FORGOTTEN);
	client_stop(&c);
}
END_TEST

/* What workers noted before something is published comes before it; and they are asked again. */
START_TEST(worker_by_worker)
{
	uint64_t before = events_last();
	struct got got = {.seq = before};
	struct peer_client c;

	watch(&c, NOW, ALL, NULL);
	note_on_worker(3);
	publish_up("127.0.0.1:1");
	read_to(&c, &got, before + 4);
	ck_assert_str_eq(got.type, "upstream.up");
	turns(50); /* the message of the first ones has come and gone */
	note_on_worker(2);
	read_to(&c, &got, before + 6);
	turns(50);
	note_on_worker(1);
	read_to(&c, &got, before + 7);
	client_stop(&c);
}
END_TEST

START_TEST(slow_worker_ring)
{
	uint64_t before = events_last();
	struct got got = {.seq = before};
	struct peer_client c;

	watch(&c, NOW, "conn", NULL);
	note_on_worker(5000);
	while (got.events + got.lost < 5000)
		read_chunk(&c, &got);
	ck_assert_uint_eq(got.events + got.lost, 5000);
	ck_assert_uint_gt(got.events, 500);
	ck_assert_uint_gt(got.lost, 500);
	ck_assert_str_eq(got.reason, CONTROL_LOST_OVERFLOW);
	client_stop(&c);
}
END_TEST

/* Whoever watches nothing of connections misses nothing. */
START_TEST(lost_connections_are_not_for_all)
{
	uint64_t before = events_last();
	struct got got = {.seq = before};
	struct peer_client a, b;

	watch(&a, NOW, "conn", NULL);
	watch(&b, NOW, "upstream.up", NULL);
	note_on_worker(5000);
	turns(20);
	publish_up("127.0.0.1:1");
	read_to(&b, &got, events_last());
	ck_assert_uint_eq(got.events, 1);
	ck_assert_uint_eq(got.lost, 0);
	client_stop(&a);
	client_stop(&b);
}
END_TEST

START_TEST(half_closed)
{
	struct peer_client c;

	watch(&c, NOW, ALL, NULL);
	ck_assert_int_eq(shutdown(c.fd, SHUT_WR), 0);
	ck_assert_uint_eq(number_of(expect_result(&c, 2), "seq"), events_last());
	client_expect_end(&c);
	client_stop(&c);
	ck_assert_uint_eq(session_count(), 0);
}
END_TEST

static bool is_silent(void)
{
	return !events_wanted(EVENT_CONN_OPEN);
}

static bool nobody_is_there(void)
{
	return session_count() == 0;
}

/* Connections are told while someone wants them, and a little longer. */
START_TEST(asked_for_while_read)
{
	struct peer_client c;

	ck_assert(is_silent());
	watch(&c, NOW, "config", NULL);
	ck_assert(is_silent());
	client_stop(&c);
	wait_for(nobody_is_there);
	event_log_linger(EVENT_LOG_LINGER);
	watch(&c, NOW, "conn.close", NULL);
	ck_assert(!is_silent());
	client_stop(&c);
	wait_for(nobody_is_there);
	ck_assert(!is_silent());
	event_log_linger(LINGER);
	watch(&c, NOW, "conn.close", NULL);
	client_stop(&c);
	wait_for(nobody_is_there);
	/* One that comes back in time goes on being told, however long. */
	watch(&c, NOW, "conn.close", NULL);
	turns((unsigned)(4 * LINGER / 0.002));
	ck_assert(!is_silent());
	client_stop(&c);
	wait_for(is_silent);
}
END_TEST

/* A reader that comes back is told how many it has missed. */
START_TEST(unheard)
{
	uint64_t before = events_last();
	struct got got = {.seq = before};
	struct peer_client c;

	add_connections(7);
	watch(&c, before, ALL, NULL);
	read_to(&c, &got, before + 1);
	ck_assert_uint_eq(got.lost, 14);
	ck_assert_str_eq(got.reason, CONTROL_LOST_UNHEARD);
	client_stop(&c);
	wait_for(nobody_is_there);
	/* Soon enough: nothing was missed. */
	watch(&c, events_last(), ALL, NULL);
	ck_assert_uint_eq(events_last(), before + 1);
	client_stop(&c);
	wait_for(is_silent);
}
END_TEST

START_TEST(connection_ends)
{
	uint64_t before;
	const msgpack_object *event;
	struct got got = {0};
	struct peer_client c, killer;
	struct request r;

	add_connections(2);
	watch(&c, NOW, "conn", "route==db");
	before = events_last();
	got.seq = before;
	client_ready(&killer, LEVEL_OPERATE);
	pack_str(pack_key(request_begin(&r, 2, "conn.kill"), "filter"), "id>0");
	request_send(&r, &killer);
	ck_assert_uint_eq(number_of(expect_result(&killer, 2), "killed"), 4);
	event = &read_chunk(&c, &got)->ptr[0];
	expect_keys(event, "seq,type,time,id,src,dst,listener,server,route,upstream,sni,alpn,proto,"
			   "tls,duration,bytes_in,bytes_out,reason,detail");
	expect_text(event, "type", "conn.close");
	expect_text(event, "src", "10.1.2.3:1001");
	expect_text(event, "sni", "a.example.com");
	expect_text(event, "reason", "killed");
	expect_text(event, "detail", "uid 1000 pid 1");
	ck_assert_uint_eq(number_of(event, "bytes_in"), 1000);
	while (got.events < 2)
		read_chunk(&c, &got);
	ck_assert_uint_eq(events_last(), before + 4);
	client_stop(&killer);
	client_stop(&c);
}
END_TEST

START_TEST(leaves_in_the_middle)
{
	struct peer_client c[8];
	unsigned i;

	for (i = 0; i < 8; i++)
		watch(&c[i], NOW, ALL, NULL);
	publish_many(3000);
	turns(3);
	for (i = 0; i < 8; i++)
		client_stop(&c[i]);
	publish_many(10);
	wait_for(nobody_is_there);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("events_watch");
	TCase *tc = tcase_create("watch");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, two_readers);
	tcase_add_test(tc, since);
	tcase_add_test(tc, types_and_filter);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, slow_reader);
	tcase_add_test(tc, worker_by_worker);
	tcase_add_test(tc, slow_worker_ring);
	tcase_add_test(tc, lost_connections_are_not_for_all);
	tcase_add_test(tc, half_closed);
	tcase_add_test(tc, asked_for_while_read);
	tcase_add_test(tc, unheard);
	tcase_add_test(tc, connection_ends);
	tcase_add_test(tc, leaves_in_the_middle);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
