/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions of the control socket: what clients may send, and what becomes of those that do not. */
#include <config.h>

#include "control_support.h"
#include "daemon/control/stage.h"

#define ADMIN LEVEL_ADMIN

/* ---- hello --------------------------------------------------------------------------------- */

START_TEST(hello_comes_first)
{
	const msgpack_object *result;
	struct peer_client c;
	struct request r;

	client_start(&c, ADMIN);
	send_plain(&c, 7, "ping");
	expect_error(&c, 7, "invalid", NULL, NULL);
	send_plain(&c, 8, CONTROL_HELLO);
	expect_error(&c, 8, "invalid", "protocol", NULL);
	pack_u64(pack_key(request_begin(&r, 9, CONTROL_HELLO), "protocol"), 0);
	request_send(&r, &c);
	expect_error(&c, 9, "unsupported", NULL, NULL);
	pack_u64(pack_key(request_begin(&r, 10, CONTROL_HELLO), "protocol"), 1);
	pack_str(pack_key(&r.map, "client"), "test \x1b[31m");
	request_send(&r, &c);
	result = expect_result(&c, 10);
	expect_keys(result, "rev,protocol,protocol_min,version,level,pid,limits");
	expect_keys(unpack_get(result, "limits"),
	    "request,depth,elements,in_flight,watches,clients,chunk,queue,answer,message_seconds");
	expect_text(result, "level", "admin");
	send_plain(&c, UINT32_MAX, "ping");
	expect_keys(expect_result(&c, UINT32_MAX), "rev");
	client_stop(&c);
}
END_TEST

START_TEST(newer_client_is_answered_with_ours)
{
	struct peer_client c;
	struct request r;

	client_start(&c, ADMIN);
	pack_u64(pack_key(request_begin(&r, 1, CONTROL_HELLO), "protocol"), 99);
	request_send(&r, &c);
	ck_assert_uint_eq(number_of(expect_result(&c, 1), "protocol"), CONTROL_PROTOCOL);
	client_stop(&c);
}
END_TEST

START_TEST(no_hello_in_time)
{
	struct peer_client c;

	session_patience(0.05);
	client_start(&c, ADMIN);
	expect_closing(&c, "timeout");
	client_stop(&c);
	/* Other requests do not put it off. */
	client_start(&c, ADMIN);
	session_patience(CONTROL_MESSAGE_SECONDS);
	send_plain(&c, 1, "ping");
	expect_error(&c, 1, "invalid", NULL, NULL);
	expect_closing(&c, "timeout");
	client_stop(&c);
}
END_TEST

/* ---- requests ------------------------------------------------------------------------------ */

START_TEST(unknown_method)
{
	struct peer_client c;

	client_ready(&c, ADMIN);
	send_plain(&c, 2, "conn.sl");
	expect_error(&c, 2, "not_found", NULL, "conn.ls");
	send_plain(&c, 3, "statsu");
	expect_error(&c, 3, "not_found", NULL, "stats");
	send_plain(&c, 4, "frobnicate");
	expect_error(&c, 4, "not_found", NULL, NULL);
	send_plain(&c, 5, "");
	expect_error(&c, 5, "not_found", NULL, NULL);
	client_stop(&c);
}
END_TEST

START_TEST(strict_parameters)
{
	struct peer_client c;
	struct request r;

	client_ready(&c, ADMIN);
	pack_bool(pack_key(request_begin(&r, 2, "ping"), "loud"), true);
	request_send(&r, &c);
	expect_error(&c, 2, "invalid", "loud", NULL);
	pack_str(pack_key(request_begin(&r, 3, "conn.ls"), "filtre"), "x");
	request_send(&r, &c);
	expect_error(&c, 3, "invalid", "filtre", "filter");
	pack_str(pack_key(request_begin(&r, 4, "conn.show"), "id"), "seven");
	request_send(&r, &c);
	expect_error(&c, 4, "invalid", "id", NULL);
	send_plain(&c, 5, "conn.show");
	expect_error(&c, 5, "invalid", "id", NULL);
	request_begin(&r, 6, "conn.show");
	pack_u64(pack_key(&r.map, "id"), 1);
	pack_u64(pack_key(&r.map, "id"), 2);
	request_send(&r, &c);
	expect_error(&c, 6, "invalid", "id", NULL);
	pack_text(pack_key(request_begin(&r, 7, "conn.ls"), "filter"), span_of("id\0", 3));
	request_send(&r, &c);
	expect_error(&c, 7, "invalid", "filter", NULL);
	pack_u64(pack_key(request_begin(&r, 8, "conn.kill"), "dry_run"), 1);
	request_send(&r, &c);
	expect_error(&c, 8, "invalid", "dry_run", NULL);
	client_stop(&c);
}
END_TEST

START_TEST(oversized_parameters)
{
	struct pack_box ids;
	struct peer_client c;
	struct request r;
	char text[5000];
	int i;

	client_ready(&c, ADMIN);
	memset(text, 'a', sizeof(text));
	pack_text(pack_key(request_begin(&r, 2, "conn.ls"), "filter"), span_of(text, 5000));
	request_send(&r, &c);
	expect_error(&c, 2, "limit", "filter", NULL);
	pack_array_open(pack_key(request_begin(&r, 3, "conn.kill"), "ids"), &ids);
	for (i = 0; i < 1025; i++)
		pack_u64(pack_item(&ids), 1);
	pack_close(&ids);
	request_send(&r, &c);
	expect_error(&c, 3, "limit", "ids", NULL);
	client_stop(&c);
}
END_TEST

/* Requests whose parameters are no array of one map are answered; the session goes on. */
START_TEST(parameters_not_one_map)
{
	static const uint8_t two_maps[] = {0x94, 0, 2, 0xa4, 'p', 'i', 'n', 'g', 0x92, 0x80, 0x80};
	static const uint8_t no_map[] = {0x94, 0, 3, 0xa4, 'p', 'i', 'n', 'g', 0x90};
	static const uint8_t bare_map[] = {0x94, 0, 4, 0xa4, 'p', 'i', 'n', 'g', 0x80};
	static const uint8_t key[] = {0x94, 0, 5, 0xa4, 'p', 'i', 'n', 'g', 0x91, 0x81, 1, 1};
	struct peer_client c;

	client_ready(&c, ADMIN);
	client_send(&c, two_maps, sizeof(two_maps));
	expect_error(&c, 2, "invalid", NULL, NULL);
	client_send(&c, no_map, sizeof(no_map));
	expect_error(&c, 3, "invalid", NULL, NULL);
	client_send(&c, bare_map, sizeof(bare_map));
	expect_error(&c, 4, "invalid", NULL, NULL);
	client_send(&c, key, sizeof(key));
	expect_error(&c, 5, "invalid", NULL, NULL);
	send_plain(&c, 6, "ping");
	expect_result(&c, 6);
	client_stop(&c);
}
END_TEST

/* ---- what is no request -------------------------------------------------------------------- */

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static const struct {
	const uint8_t *bytes;
	size_t size;
	const char *code;
} refused[] = {
    {BYTES(0xc1), "invalid"},
    {BYTES(0x94, 0, 1, 0xc1), "invalid"},
    {BYTES(0xc0), "invalid"},
    {BYTES(0x80), "invalid"},
    {BYTES(0x90), "invalid"},
    {BYTES('G', 'E', 'T', ' ', '/'), "invalid"},
    {BYTES(0x93, 2, 0xa4, 'p', 'i', 'n', 'g', 0x91, 0x80), "invalid"}, /* a notification */
    {BYTES(0x94, 1, 1, 0xc0, 0x80), "invalid"},                        /* a response */
    {BYTES(0x94, 0, 0xff, 0xa4, 'p', 'i', 'n', 'g', 0x91, 0x80), "invalid"},
    {BYTES(0x94, 0, 0xcf, 0, 0, 0, 1, 0, 0, 0, 0, 0xa1, 'x', 0x91, 0x80), "invalid"},
    {BYTES(0x94, 0, 1, 5, 0x91, 0x80), "invalid"},
    {BYTES(0xdb, 0xff, 0xff, 0xff, 0xff), "limit"},
    {BYTES(0xdb, 0, 0x10, 0, 0), "limit"},
    {BYTES(0xdd, 0, 1, 0, 0), "limit"},
    {BYTES(0xdf, 0xff, 0xff, 0xff, 0xff), "limit"},
    {BYTES(0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91,
	 0x91, 0x91),
	"limit"},
};

START_TEST(refused_messages)
{
	struct peer_client c;

	client_ready(&c, ADMIN);
	client_send(&c, refused[_i].bytes, refused[_i].size);
	expect_closing(&c, refused[_i].code);
	client_stop(&c);
	ck_assert_uint_eq(session_count(), 0);
}
END_TEST

/* What came before a bad message is answered. */
START_TEST(answers_before_the_end)
{
	static const uint8_t bytes[] = {
	    0x94, 0, 2, 0xa4, 'p', 'i', 'n', 'g', 0x91, 0x80, 0xc1, 0x94, 0, 3};
	struct peer_client c;

	client_ready(&c, ADMIN);
	client_send(&c, bytes, sizeof(bytes));
	expect_result(&c, 2);
	expect_closing(&c, "invalid");
	client_stop(&c);
}
END_TEST

/* ---- pieces -------------------------------------------------------------------------------- */

static void hello_and_ping(struct buf *out)
{
	struct request r;

	pack_u64(pack_key(request_begin(&r, 1, CONTROL_HELLO), "protocol"), 1);
	pack_close(&r.map);
	buf_append(out, buf_span(&r.bytes).p, buf_len(&r.bytes));
	buf_fini(&r.bytes);
	request_begin(&r, 2, "ping");
	pack_close(&r.map);
	buf_append(out, buf_span(&r.bytes).p, buf_len(&r.bytes));
	buf_fini(&r.bytes);
}

START_TEST(byte_by_byte)
{
	struct buf bytes = {0};
	struct peer_client c;
	size_t i;

	client_start(&c, ADMIN);
	hello_and_ping(&bytes);
	for (i = 0; i < buf_len(&bytes); i++)
		client_send(&c, buf_span(&bytes).p + i, 1);
	expect_result(&c, 1);
	expect_result(&c, 2);
	buf_fini(&bytes);
	client_stop(&c);
}
END_TEST

/* A client that leaves at any byte takes nothing down and leaves nothing behind. */
START_TEST(leaves_at_every_byte)
{
	struct buf bytes = {0};
	struct peer_client c;
	size_t i;

	hello_and_ping(&bytes);
	for (i = 0; i < buf_len(&bytes); i++) {
		client_start(&c, ADMIN);
		client_send(&c, buf_span(&bytes).p, i);
		client_stop(&c);
		turns(2);
	}
	buf_fini(&bytes);
	turns(5);
	ck_assert_uint_eq(session_count(), 0);
}
END_TEST

/* As `nc -N` does: what was asked for is still answered. */
START_TEST(half_closed)
{
	struct buf bytes = {0};
	struct peer_client c;

	hello_and_ping(&bytes);
	client_start(&c, ADMIN);
	ck_assert(send(c.fd, buf_span(&bytes).p, buf_len(&bytes), 0) > 0);
	shutdown(c.fd, SHUT_WR);
	expect_result(&c, 1);
	expect_result(&c, 2);
	client_expect_end(&c);
	buf_fini(&bytes);
	client_stop(&c);
}
END_TEST

START_TEST(message_never_ends)
{
	static const uint8_t begin[] = {0x94, 0, 1};
	struct peer_client c;

	client_ready(&c, ADMIN);
	session_patience(0.05);
	client_send(&c, begin, sizeof(begin));
	expect_closing(&c, "timeout");
	client_stop(&c);
	session_patience(CONTROL_MESSAGE_SECONDS);
}
END_TEST

/* Idle between messages is no offence. */
START_TEST(idle_is_allowed)
{
	struct peer_client c;

	client_ready(&c, ADMIN);
	session_patience(0.03);
	turns(60);
	send_plain(&c, 2, "ping");
	expect_result(&c, 2);
	session_patience(CONTROL_MESSAGE_SECONDS);
	client_stop(&c);
}
END_TEST

/* ---- many at once -------------------------------------------------------------------------- */

START_TEST(pipelined)
{
	struct peer_client c;
	uint32_t i;

	client_ready(&c, ADMIN);
	for (i = 2; i < 1002; i++)
		send_plain(&c, i, i % 2 ? "ping" : "status");
	for (i = 2; i < 1002; i++)
		expect_result(&c, i);
	client_stop(&c);
}
END_TEST

/* Sends whole requests until the daemon takes no more; returns how many. */
static uint32_t flood(struct peer_client *c, const char *method)
{
	unsigned idle = 0;
	uint32_t count = 0;
	struct request r;
	ssize_t n;

	while (idle < 50 && count < 200000) {
		request_begin(&r, count + 2, method);
		pack_close(&r.map);
		n = send(c->fd, buf_span(&r.bytes).p, buf_len(&r.bytes), MSG_NOSIGNAL);
		if (n == (ssize_t)buf_len(&r.bytes)) {
			count++;
			idle = 0;
		} else {
			ck_assert(n == -1 && errno == EAGAIN);
			turn();
			idle++;
		}
		buf_fini(&r.bytes);
	}
	return count;
}

/*
 * Who does not read is not read from: the flood stops long before it fills memory, others are
 * served meanwhile, and all of it is answered in the end.
 */
START_TEST(flood_without_reading)
{
	struct peer_client c, other;
	uint32_t count, i;

	client_ready(&c, ADMIN);
	client_ready(&other, ADMIN);
	count = flood(&c, "status");
	ck_assert_uint_lt(count, 100000);
	send_plain(&other, 2, "ping");
	expect_result(&other, 2);
	for (i = 0; i < count; i++)
		expect_result(&c, i + 2);
	client_stop(&c);
	client_stop(&other);
}
END_TEST

/* ---- long messages ------------------------------------------------------------------------- */

/* A hello with a key that makes it size bytes long; refused in the end, for that key. */
static void long_hello(struct buf *out, size_t size)
{
	char *filler = mem_zalloc(size);
	struct request r;

	request_begin(&r, 1, CONTROL_HELLO);
	memset(filler, 'x', size);
	pack_text(pack_key(&r.map, "filler"), span_of(filler, size));
	pack_close(&r.map);
	buf_append(out, buf_span(&r.bytes).p, buf_len(&r.bytes));
	buf_fini(&r.bytes);
	free(filler);
}

START_TEST(longest_message)
{
	struct buf bytes = {0};
	struct peer_client c;

	long_hello(&bytes, CONTROL_REQUEST_MAX - 100);
	client_start(&c, ADMIN);
	client_send(&c, buf_span(&bytes).p, buf_len(&bytes));
	expect_error(&c, 1, "invalid", "filler", NULL);
	greet(&c);
	buf_fini(&bytes);
	client_stop(&c);
}
END_TEST

/* Those that wait for a place wait unread; each gets its turn when others are done or gone. */
START_TEST(long_messages_take_turns)
{
	enum { CLIENTS = 6 };
	struct peer_client c[CLIENTS];
	size_t sent[CLIENTS] = {0}, size, waiting = 0;
	struct buf bytes = {0};
	int i, round;

	long_hello(&bytes, 900000);
	size = buf_len(&bytes);
	for (i = 0; i < CLIENTS; i++)
		client_start(&c[i], ADMIN);
	for (round = 0; round < 400; round++) {
		for (i = 0; i < CLIENTS; i++) {
			/* The last byte comes later. */
			ssize_t n = send(c[i].fd, buf_span(&bytes).p + sent[i], size - 1 - sent[i],
			    MSG_NOSIGNAL);

			sent[i] += n > 0 ? (size_t)n : 0;
		}
		turn();
	}
	for (i = 0; i < CLIENTS; i++)
		waiting += sent[i] < size - 1;
	ck_assert_uint_eq(waiting, CLIENTS - 1);
	for (i = 0; i < CLIENTS; i++)
		if (sent[i] == size - 1)
			client_stop(&c[i]);
	for (i = 0; i < CLIENTS; i++)
		if (sent[i] < size - 1) {
			client_send(&c[i], buf_span(&bytes).p + sent[i], size - sent[i]);
			expect_error(&c[i], 1, "invalid", "filler", NULL);
			client_stop(&c[i]);
		}
	buf_fini(&bytes);
}
END_TEST

/* ---- staged texts -------------------------------------------------------------------------- */

static void send_part(struct peer_client *c, uint32_t id, uint64_t offset)
{
	struct request r;
	struct pack_box *map = request_begin(&r, id, "config.stage");

	pack_u64(pack_key(map, "offset"), offset);
	pack_str(pack_key(map, "text"), "[]");
	request_send(&r, c);
}

START_TEST(staged_texts_go)
{
	struct peer_client c;

	stage_patience(0.05);
	client_ready(&c, ADMIN);
	send_part(&c, 2, 0);
	ck_assert_uint_eq(number_of(expect_result(&c, 2), "bytes"), 2);
	send_part(&c, 3, 2);
	ck_assert_uint_eq(number_of(expect_result(&c, 3), "bytes"), 4);
	turns(100);
	send_part(&c, 4, 4);
	expect_error(&c, 4, "conflict", NULL, NULL);
	client_stop(&c);
	stage_patience(STAGE_SECONDS);
}
END_TEST

/* ---- levels -------------------------------------------------------------------------------- */

START_TEST(level_none_may_nothing)
{
	struct peer_client c;
	struct request r;

	client_start(&c, LEVEL_NONE);
	pack_u64(pack_key(request_begin(&r, 1, CONTROL_HELLO), "protocol"), 1);
	request_send(&r, &c);
	expect_error(&c, 1, "denied", NULL, NULL);
	send_plain(&c, 2, "ping");
	expect_error(&c, 2, "denied", NULL, NULL);
	client_stop(&c);
}
END_TEST

START_TEST(levels_by_method)
{
	static const char *const read[] = {"ping", "status"};
	struct peer_client c;
	struct request r;
	size_t i;

	client_ready(&c, LEVEL_OBSERVE);
	for (i = 0; i < 2; i++) {
		send_plain(&c, 2, read[i]);
		expect_result(&c, 2);
	}
	pack_str(pack_key(request_begin(&r, 3, "conn.kill"), "filter"), "id");
	request_send(&r, &c);
	expect_error(&c, 3, "denied", NULL, NULL);
	client_stop(&c);

	client_ready(&c, LEVEL_OPERATE);
	pack_str(pack_key(request_begin(&r, 3, "conn.kill"), "filter"), "id");
	request_send(&r, &c);
	ck_assert_uint_eq(number_of(expect_result(&c, 3), "killed"), 0);
	client_stop(&c);
}
END_TEST

START_TEST(level_rules)
{
	const struct level_rules rules = {.owner = 500, .has_group = true, .group = 77};
	const struct level_rules no_group = {.owner = 500};
	const gid_t with[] = {1, 77}, without[] = {1, 2}, zero[] = {0};

	ck_assert_int_eq(level_for(&rules, 0, without, 2), LEVEL_ADMIN);
	ck_assert_int_eq(level_for(&rules, 500, without, 2), LEVEL_ADMIN);
	ck_assert_int_eq(level_for(&rules, 501, with, 2), LEVEL_OPERATE);
	ck_assert_int_eq(level_for(&rules, 501, without, 2), LEVEL_NONE);
	ck_assert_int_eq(level_for(&rules, 501, with, 0), LEVEL_NONE);
	ck_assert_int_eq(level_for(&no_group, 501, zero, 1), LEVEL_NONE);
}
END_TEST

START_TEST(level_grants)
{
	const struct level_grant users[] = {{501, LEVEL_OBSERVE}, {502, LEVEL_NONE}};
	const struct level_grant groups[] = {{80, LEVEL_ADMIN}, {81, LEVEL_OBSERVE}};
	struct level_rules rules = {.owner = 500, .has_group = true, .group = 77};
	const gid_t all[] = {77, 80, 81}, few[] = {77, 81}, one[] = {81};

	rules.users = (struct level_grants){users, 2};
	rules.groups = (struct level_grants){groups, 2};
	ck_assert_int_eq(level_for(&rules, 501, all, 3), LEVEL_OBSERVE);
	ck_assert_int_eq(level_for(&rules, 502, all, 3), LEVEL_NONE);
	ck_assert_int_eq(level_for(&rules, 503, all, 3), LEVEL_ADMIN);
	ck_assert_int_eq(level_for(&rules, 503, few, 2), LEVEL_OPERATE);
	ck_assert_int_eq(level_for(&rules, 503, one, 1), LEVEL_OBSERVE);
	rules.group = 81; /* what the document says of it counts */
	ck_assert_int_eq(level_for(&rules, 503, one, 1), LEVEL_OBSERVE);
}
END_TEST

/* ---- status -------------------------------------------------------------------------------- */

START_TEST(status_shape)
{
	const msgpack_object *result;
	struct peer_client c;

	client_ready(&c, LEVEL_OBSERVE);
	send_plain(&c, 2, "status");
	result = expect_result(&c, 2);
	expect_keys(result,
	    "rev,version,pid,started,uptime,level,workers,clients,servers,listeners,routes,"
	    "old_routes,saved,unsaved,set_aside,unconfirmed,confirm_left,connections,accepted,"
	    "bytes_in,bytes_out,flows_refused,datagrams_lost,descriptors");
	expect_text(result, "level", "observe");
	ck_assert_uint_eq(number_of(result, "workers"), TEST_WORKERS);
	ck_assert_uint_eq(number_of(result, "pid"), (uint64_t)getpid());
	ck_assert_uint_eq(number_of(result, "clients"), 1);
	ck_assert_uint_gt(number_of(unpack_get(result, "descriptors"), "open"), 5);
	client_stop(&c);
}
END_TEST

START_TEST(no_document_to_show)
{
	struct peer_client c;

	client_ready(&c, LEVEL_OBSERVE);
	send_plain(&c, 2, "config.show");
	expect_error(&c, 2, "not_found", NULL, NULL);
	client_stop(&c);
}
END_TEST

/* The codes that travel are those of the header, in the order of the enum. */
START_TEST(error_codes)
{
	static const char *const codes[] = {
#define CODE(code, exit, help) code,
	    CONTROL_ERRORS(CODE)
#undef CODE
	};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		ck_assert_str_eq(error_code_name((enum error_code)(ERROR_INVALID + i)), codes[i]);
	ck_assert_uint_eq(i, ERROR_INTERNAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("control");
	TCase *tc = tcase_create("sessions");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, daemon_start, daemon_stop);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, hello_comes_first);
	tcase_add_test(tc, newer_client_is_answered_with_ours);
	tcase_add_test(tc, no_hello_in_time);
	tcase_add_test(tc, unknown_method);
	tcase_add_test(tc, strict_parameters);
	tcase_add_test(tc, oversized_parameters);
	tcase_add_test(tc, parameters_not_one_map);
	tcase_add_loop_test(tc, refused_messages, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tc, answers_before_the_end);
	tcase_add_test(tc, byte_by_byte);
	tcase_add_test(tc, leaves_at_every_byte);
	tcase_add_test(tc, half_closed);
	tcase_add_test(tc, message_never_ends);
	tcase_add_test(tc, idle_is_allowed);
	tcase_add_test(tc, pipelined);
	tcase_add_test(tc, flood_without_reading);
	tcase_add_test(tc, longest_message);
	tcase_add_test(tc, long_messages_take_turns);
	tcase_add_test(tc, staged_texts_go);
	tcase_add_test(tc, level_none_may_nothing);
	tcase_add_test(tc, levels_by_method);
	tcase_add_test(tc, level_rules);
	tcase_add_test(tc, level_grants);
	tcase_add_test(tc, status_shape);
	tcase_add_test(tc, no_document_to_show);
	tcase_add_test(tc, error_codes);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
