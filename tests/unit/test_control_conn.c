/* SPDX-License-Identifier: BSD-2-Clause */
/* conn.ls, conn.show, conn.kill over connections that exist only in the workers' tables. */
#include <config.h>

#include "control_support.h"

#define ROW_KEYS                                                                                   \
	"id,src,dst,listener,server,route,upstream,sni,alpn,proto,tls,age,idle,bytes_in,"          \
	"bytes_out,state"

/* Reads a list to its end, checks ids and counts; returns how many there were. */
static uint64_t read_list(struct peer_client *c, uint32_t id, uint64_t after)
{
	const msgpack_object *map, *items;
	uint64_t count = 0, last = after;
	uint32_t i;

	for (;;) {
		const msgpack_object *o = client_message(c);

		ck_assert(o != NULL);
		map = notification(o, CONTROL_CHUNK);
		if (map == NULL)
			break;
		ck_assert_uint_le(buf_len(&c->bytes), CONTROL_CHUNK_MAX);
		expect_keys(map, "id,rev,items");
		ck_assert_uint_eq(number_of(map, "id"), id);
		items = unpack_get(map, "items");
		ck_assert(unpack_is_array(items) && items->via.array.size > 0);
		for (i = 0; i < items->via.array.size; i++) {
			uint64_t row = number_of(&items->via.array.ptr[i], "id");

			ck_assert_uint_gt(row, last);
			last = row;
			count++;
		}
	}
	ck_assert(unpack_is_array(&c->value.data) && c->value.data.via.array.size == 4);
	map = &c->value.data.via.array.ptr[3];
	expect_keys(map, "rev,count");
	ck_assert_uint_eq(number_of(map, "count"), count);
	return count;
}

/* A request, sent while nothing is read. */
static void send_unread(struct peer_client *c, uint32_t id, const char *method)
{
	struct request r;

	request_begin(&r, id, method);
	pack_close(&r.map);
	ck_assert(send(c->fd, buf_span(&r.bytes).p, buf_len(&r.bytes), MSG_NOSIGNAL) ==
		  (ssize_t)buf_len(&r.bytes));
	buf_fini(&r.bytes);
}

static void send_filter(struct peer_client *c, uint32_t id, const char *method, const char *filter)
{
	struct request r;

	pack_str(pack_key(request_begin(&r, id, method), "filter"), filter);
	request_send(&r, c);
}

START_TEST(empty_list)
{
	struct peer_client c;

	client_ready(&c, LEVEL_OBSERVE);
	send_plain(&c, 2, "conn.ls");
	ck_assert_uint_eq(read_list(&c, 2, 0), 0);
	client_stop(&c);
}
END_TEST

START_TEST(row_shape)
{
	const msgpack_object *map;
	struct peer_client c;

	add_connections(2);
	client_ready(&c, LEVEL_OBSERVE);
	send_plain(&c, 2, "conn.ls");
	map = notification(client_message(&c), CONTROL_CHUNK);
	ck_assert(map != NULL);
	map = &unpack_get(map, "items")->via.array.ptr[3];
	expect_keys(map, ROW_KEYS);
	expect_text(map, "src", "10.1.2.3:1001");
	expect_text(map, "listener", "tcp/127.0.0.1:993");
	expect_text(map, "server", "main");
	expect_text(map, "route", "db");
	expect_text(map, "sni", "a.example.com");
	expect_text(map, "proto", "tcp");
	expect_text(map, "state", "relaying");
	ck_assert_uint_eq(number_of(map, "bytes_in"), 1000);
	ck_assert(unpack_is_nil(unpack_get(map, "upstream")));
	client_stop(&c);
}
END_TEST

START_TEST(cursor_and_limit)
{
	struct peer_client c;
	struct request r;

	add_connections(500);
	client_ready(&c, LEVEL_OBSERVE);
	send_plain(&c, 2, "conn.ls");
	ck_assert_uint_eq(read_list(&c, 2, 0), 1000);
	pack_u64(pack_key(request_begin(&r, 3, "conn.ls"), "limit"), 7);
	request_send(&r, &c);
	ck_assert_uint_eq(read_list(&c, 3, 0), 7);
	/* Ids begin at the number of workers and leave no gap here. */
	pack_u64(pack_key(request_begin(&r, 4, "conn.ls"), "after"), 901);
	request_send(&r, &c);
	ck_assert_uint_eq(read_list(&c, 4, 901), 100);
	pack_u64(pack_key(request_begin(&r, 5, "conn.ls"), "after"), UINT64_MAX);
	request_send(&r, &c);
	ck_assert_uint_eq(read_list(&c, 5, 0), 0);
	pack_u64(pack_key(request_begin(&r, 6, "conn.ls"), "limit"), 0);
	request_send(&r, &c);
	ck_assert_uint_eq(read_list(&c, 6, 0), 0);
	client_stop(&c);
}
END_TEST

START_TEST(filtered)
{
	struct peer_client c;

	add_connections(300);
	client_ready(&c, LEVEL_OBSERVE);
	send_filter(&c, 2, "conn.ls", "route==db");
	ck_assert_uint_eq(read_list(&c, 2, 0), 400);
	send_filter(&c, 3, "conn.ls", "src in 10.0.0.0/8 && bytes_in<10k");
	ck_assert_uint_eq(read_list(&c, 3, 0), 10);
	send_filter(&c, 4, "conn.ls", "age>290s");
	ck_assert_uint_ge(read_list(&c, 4, 0), 18);
	send_filter(&c, 5, "conn.ls", "rout==db");
	expect_error(&c, 5, "invalid", "filter", NULL);
	client_stop(&c);
}
END_TEST

/* The list waits for its reader, the others do not; and it is whole in the end. */
START_TEST(slow_reader)
{
	struct peer_client slow, other;

	add_connections(4500);
	client_ready(&slow, LEVEL_OBSERVE);
	client_ready(&other, LEVEL_OBSERVE);
	send_plain(&slow, 2, "conn.ls");
	turns(100);
	send_plain(&other, 2, "conn.ls");
	ck_assert_uint_eq(read_list(&other, 2, 0), 9000);
	ck_assert_uint_eq(read_list(&slow, 2, 0), 9000);
	client_stop(&slow);
	client_stop(&other);
}
END_TEST

/* More than may ever wait for a client: unread lists pause instead of piling up. */
START_TEST(unread_lists)
{
	struct peer_client c;
	unsigned ends = 0, rows = 0;
	uint32_t id;

	add_connections(4500);
	client_ready(&c, LEVEL_OBSERVE);
	for (id = 2; id < 7; id++)
		send_unread(&c, id, "conn.ls");
	turns(300);
	while (ends < 5) {
		const msgpack_object *map = notification(client_message(&c), CONTROL_CHUNK);

		if (map != NULL)
			rows += unpack_get(map, "items")->via.array.size;
		else
			ends++;
	}
	ck_assert_uint_eq(rows, 5 * 9000);
	client_stop(&c);
}
END_TEST

/* ---- in flight ----------------------------------------------------------------------------- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void wait_at_gate(struct worker *w, void *arg)
{
	(void)w;
	(void)arg;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static bool answered(struct peer_client *c)
{
	bool ended;

	turns(30);
	client_read(c, &ended);
	return client_take(c);
}

static void send_show(struct peer_client *c, uint32_t request, uint64_t id)
{
	struct request r;

	pack_u64(pack_key(request_begin(&r, request, "conn.show"), "id"), id);
	request_send(&r, c);
}

/* With workers that do not answer: a last request is run with 31 before it, not with 32. */
START_TEST(in_flight)
{
	struct peer_client c;
	bool first, second;
	uint32_t id;

	client_ready(&c, LEVEL_OBSERVE);
	pthread_mutex_lock(&gate);
	workers_visit(wait_at_gate, NULL, NULL);
	for (id = 2; id < 2 + CONTROL_IN_FLIGHT_MAX - 1; id++)
		send_show(&c, id, 1);
	send_unread(&c, 100, "ping");
	first = answered(&c);
	send_show(&c, id, 1);
	send_unread(&c, 101, "ping");
	second = answered(&c);
	pthread_mutex_unlock(&gate); /* or a failure would never end */
	ck_assert(first && !second);
	for (id = 0; id < CONTROL_IN_FLIGHT_MAX + 1; id++)
		ck_assert(client_message(&c) != NULL);
	client_stop(&c);
}
END_TEST

/*
 * What ends only with the client leaves room for requests that end: otherwise nobody would read
 * that the client has gone, and its place would never be free again.
 */
START_TEST(watches)
{
	ev_tstamp until = ev_time() + PATIENCE;
	struct peer_client c;
	uint32_t id;

	client_ready(&c, LEVEL_OBSERVE);
	for (id = 2; id < 2 + CONTROL_WATCHES_MAX; id++) {
		send_plain(&c, id, "events.watch");
		ck_assert(notification(client_message(&c), CONTROL_CHUNK) != NULL);
	}
	for (; id < 2 + 2 * CONTROL_IN_FLIGHT_MAX; id++) {
		send_plain(&c, id, "events.watch");
		expect_error(&c, id, "limit", NULL, NULL);
	}
	send_plain(&c, id, "ping");
	expect_result(&c, id);
	client_stop(&c);
	while (session_count() > 0) {
		turn();
		ck_assert_msg(ev_time() < until, "the client has gone, its session has not");
	}
}
END_TEST

/* A list holds much: while it is made no other request of its client is, but those of others. */
START_TEST(lists_run_alone)
{
	struct peer_client c, other;
	bool own, others;

	client_ready(&c, LEVEL_OBSERVE);
	client_ready(&other, LEVEL_OBSERVE);
	pthread_mutex_lock(&gate);
	workers_visit(wait_at_gate, NULL, NULL);
	send_unread(&c, 2, "conn.ls");
	send_unread(&c, 3, "ping");
	send_unread(&other, 2, "ping");
	others = answered(&other);
	own = answered(&c);
	pthread_mutex_unlock(&gate);
	ck_assert(others && !own);
	expect_result(&c, 2);
	expect_result(&c, 3);
	client_stop(&c);
	client_stop(&other);
}
END_TEST

START_TEST(leaves_in_the_middle)
{
	struct peer_client c;
	int i;

	add_connections(2000);
	for (i = 0; i < 8; i++) {
		client_ready(&c, LEVEL_OBSERVE);
		send_plain(&c, 2, "conn.ls");
		send_plain(&c, 3, "conn.show");
		turns((unsigned)i);
		client_stop(&c);
	}
	turns(20);
	ck_assert_uint_eq(session_count(), 0);
}
END_TEST

/* More requests than may be in flight, each of which needs the workers. */
START_TEST(many_lists_at_once)
{
	struct peer_client c;
	uint32_t id;
	unsigned ends = 0, rows = 0;

	add_connections(20);
	client_ready(&c, LEVEL_OBSERVE);
	for (id = 2; id < 102; id++)
		send_plain(&c, id, "conn.ls");
	while (ends < 100) {
		const msgpack_object *o = client_message(&c);
		const msgpack_object *map = notification(o, CONTROL_CHUNK);

		if (map != NULL)
			rows += unpack_get(map, "items")->via.array.size;
		else
			ends++;
	}
	ck_assert_uint_eq(rows, 4000);
	client_stop(&c);
}
END_TEST

START_TEST(show)
{
	const msgpack_object *result;
	struct peer_client c;

	add_connections(3);
	client_ready(&c, LEVEL_OBSERVE);
	send_show(&c, 2, 5);
	result = expect_result(&c, 2);
	expect_keys(result,
	    "rev," ROW_KEYS ",started,remote,local,worker,matching,branch_of,streams,facts");
	ck_assert_uint_eq(number_of(result, "id"), 5);
	ck_assert_uint_eq(number_of(result, "worker"), 1);
	expect_text(unpack_get(result, "facts"), "l4.tls.server_name", "a.example.com");
	send_show(&c, 3, 99);
	expect_error(&c, 3, "not_found", NULL, NULL);
	send_show(&c, 4, 0);
	expect_error(&c, 4, "not_found", NULL, NULL);
	send_show(&c, 5, UINT64_MAX);
	expect_error(&c, 5, "not_found", NULL, NULL);
	client_stop(&c);
}
END_TEST

static void send_kill(struct peer_client *c, uint32_t id, const uint64_t *ids, size_t count)
{
	struct pack_box list;
	struct request r;
	size_t i;

	pack_array_open(pack_key(request_begin(&r, id, "conn.kill"), "ids"), &list);
	for (i = 0; i < count; i++)
		pack_u64(pack_item(&list), ids[i]);
	pack_close(&list);
	request_send(&r, c);
}

START_TEST(kill_by_ids)
{
	static const uint64_t some[] = {2, 3, 77, 3}, gone[] = {2, 3};
	const msgpack_object *result, *missing;
	struct peer_client c;

	add_connections(3);
	client_ready(&c, LEVEL_OPERATE);
	send_kill(&c, 2, some, 4);
	result = expect_result(&c, 2);
	expect_keys(result, "rev,killed,dry_run,missing");
	ck_assert_uint_eq(number_of(result, "killed"), 2);
	missing = unpack_get(result, "missing");
	ck_assert(unpack_is_array(missing) && missing->via.array.size == 2);
	send_plain(&c, 3, "conn.ls");
	ck_assert_uint_eq(read_list(&c, 3, 0), 4);
	send_kill(&c, 4, gone, 2);
	expect_error(&c, 4, "not_found", NULL, NULL);
	send_kill(&c, 5, NULL, 0);
	expect_error(&c, 5, "invalid", "ids", NULL);
	send_plain(&c, 6, "conn.kill");
	expect_error(&c, 6, "invalid", NULL, NULL);
	client_stop(&c);
}
END_TEST

START_TEST(kill_by_filter)
{
	struct peer_client c;
	struct request r;

	add_connections(300);
	client_ready(&c, LEVEL_OPERATE);
	request_begin(&r, 2, "conn.kill");
	pack_str(pack_key(&r.map, "filter"), "route==db");
	pack_bool(pack_key(&r.map, "dry_run"), true);
	request_send(&r, &c);
	ck_assert_uint_eq(number_of(expect_result(&c, 2), "killed"), 400);
	send_plain(&c, 3, "conn.ls");
	ck_assert_uint_eq(read_list(&c, 3, 0), 600);
	send_filter(&c, 4, "conn.kill", "route==db");
	ck_assert_uint_eq(number_of(expect_result(&c, 4), "killed"), 400);
	send_plain(&c, 5, "conn.ls");
	ck_assert_uint_eq(read_list(&c, 5, 0), 200);
	send_filter(&c, 6, "conn.kill", "(");
	expect_error(&c, 6, "invalid", "filter", NULL);
	client_stop(&c);
}
END_TEST

/* Connections come and go while the list is on its way. */
START_TEST(list_while_killing)
{
	struct peer_client lister, killer;

	add_connections(1500);
	client_ready(&lister, LEVEL_OBSERVE);
	client_ready(&killer, LEVEL_OPERATE);
	send_plain(&lister, 2, "conn.ls");
	send_filter(&killer, 2, "conn.kill", "route==db");
	turns(20);
	ck_assert_uint_ge(read_list(&lister, 2, 0), 1000);
	ck_assert_uint_eq(number_of(expect_result(&killer, 2), "killed"), 2000);
	client_stop(&lister);
	client_stop(&killer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("control_conn");
	TCase *tc = tcase_create("conn");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, daemon_start, daemon_stop);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, empty_list);
	tcase_add_test(tc, row_shape);
	tcase_add_test(tc, cursor_and_limit);
	tcase_add_test(tc, filtered);
	tcase_add_test(tc, slow_reader);
	tcase_add_test(tc, unread_lists);
	tcase_add_test(tc, in_flight);
	tcase_add_test(tc, lists_run_alone);
	tcase_add_test(tc, watches);
	tcase_add_test(tc, leaves_in_the_middle);
	tcase_add_test(tc, many_lists_at_once);
	tcase_add_test(tc, show);
	tcase_add_test(tc, kill_by_ids);
	tcase_add_test(tc, kill_by_filter);
	tcase_add_test(tc, list_while_killing);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
