/* SPDX-License-Identifier: BSD-2-Clause */
/* Events written down and read again, the ring between two threads, the history. */
#include <config.h>

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/event_history.h"
#include "daemon/core/event_ring.h"

/* ---- writing down -------------------------------------------------------------------------- */

/* Every field set, whatever the type. */
static struct event example(enum event_type type)
{
	struct event e = {
	    .type = type,
	    .name = event_name(type),
	    .time_ns = 1234567890123456789,
	    .reason = span_str("killed"),
	    .detail = span_str("uid 0 pid 1"),
	    .revision = 7,
	    .who = span_str("reload"),
	    .comment = span_str("why"),
	    .code = span_str("invalid"),
	    .path = span_str("apps"),
	    .message = span_str("wrong"),
	    .problem = span_str("refused"),
	    .forced = span_str("up"),
	    .first = 3,
	    .last = 5,
	    .count = 3,
	};

	e.row = (struct conn_row){
	    .id = 17,
	    .listener = span_str("tcp/:993"),
	    .server = span_str("main"),
	    .route = span_str("db"),
	    .upstream = span_str("10.0.0.1:1"),
	    .sni = span_str("a.example.com"),
	    .alpn = span_str("imap"),
	    .proto = span_str("tcp"),
	    .tls = span_str("1.3"),
	    .age = 1.5,
	    .bytes_in = UINT64_MAX,
	    .bytes_out = 9,
	};
	ck_assert(netaddr_parse_ip("2001:db8::7", &e.row.src));
	e.row.src.port = 4000;
	e.row.dst = (struct netaddr){.family = AF_UNIX, .path = "/run/x"};
	return e;
}

static bool same_value(enum filter_kind kind, const void *a, const void *b)
{
	switch (kind) {
	case FILTER_TEXT:
		return span_eq(*(const struct span *)a, *(const struct span *)b);
	case FILTER_NUMBER:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case FILTER_SECONDS:
		return *(const double *)a == *(const double *)b;
	case FILTER_ADDRESS:
		return netaddr_equal(a, b);
	}
	return false;
}

START_TEST(written_and_read)
{
	struct event e = example((enum event_type)_i), back;
	const struct filter_field *f;
	uint8_t bytes[EVENT_SIZE_MAX];

	ck_assert_uint_gt(event_write(&e, bytes), 9);
	ck_assert_int_eq(event_type_of(bytes), _i);
	event_read(bytes, &back);
	ck_assert(back.type == e.type && back.time_ns == e.time_ns);
	ck_assert(span_eq(back.name, e.name));
	for (f = event_fields; f->name != NULL; f++)
		if (f->kinds & EVENT_BIT(e.type))
			ck_assert_msg(
			    same_value(f->kind, (char *)&e + f->offset, (char *)&back + f->offset),
			    "%s", f->name);
}
END_TEST

/* All texts as long as they come: cut, and still within bounds. */
START_TEST(long_texts)
{
	struct event e = example((enum event_type)_i), back;
	const struct filter_field *f;
	uint8_t bytes[EVENT_SIZE_MAX];
	char text[2 * EVENT_TEXT_MAX];

	memset(text, 'x', sizeof(text));
	text[EVENT_TEXT_MAX - 1] = '\xc3'; /* a character that must not be cut in two */
	text[EVENT_TEXT_MAX] = '\xa4';
	for (f = event_fields + EVENT_FIELDS_COMMON; f->name != NULL; f++)
		if (f->kind == FILTER_TEXT)
			*(struct span *)((char *)&e + f->offset) = span_of(text, sizeof(text));
	event_write(&e, bytes);
	event_read(bytes, &back);
	for (f = event_fields + EVENT_FIELDS_COMMON; f->name != NULL; f++)
		if (f->kind == FILTER_TEXT && (f->kinds & EVENT_BIT(e.type)))
			ck_assert_uint_eq(
			    ((struct span *)((char *)&back + f->offset))->n, EVENT_TEXT_MAX - 1);
}
END_TEST

static const struct {
	const char *list;
	uint32_t types; /* 0: refused */
	const char *hint;
} lists[] = {
    {"conn.open", EVENT_BIT(EVENT_CONN_OPEN), NULL},
    {"conn", EVENTS_CONN, NULL},
    {"conn,config.changed", EVENTS_CONN | EVENT_BIT(EVENT_CONFIG_CHANGED), NULL},
    {"event", EVENT_BIT(EVENT_LOST), NULL},
    {"con", 0, "conn"},
    {"conn.clos", 0, "conn.close"},
    {"conn.close,listner", 0, "listener"},
    {"conn.", 0, "conn"},
    {"zzzzzzzz", 0, NULL},
    {"", 0, NULL},
    {",", 0, NULL},
};

START_TEST(type_lists)
{
	const char *hint;
	struct error err;

	ck_assert_msg(event_types(span_str(lists[_i].list), &hint, &err) == lists[_i].types, "%s",
	    lists[_i].list);
	if (lists[_i].hint != NULL)
		ck_assert_str_eq(hint, lists[_i].hint);
	else
		ck_assert_ptr_null(hint);
}
END_TEST

/* A test of what an event does not have is false, its negation true. */
START_TEST(filtered)
{
	static const struct {
		const char *text;
		bool of_close, of_changed;
	} cases[] = {
	    {"id==17", true, false},
	    {"bytes_out<10", true, false},
	    {"sni!=x", true, false},
	    {"!sni==x", true, true},
	    {"type==conn.close || revision==7", true, true},
	    {"revision!=8", false, true},
	    {"type~config.*", false, true},
	    {"src in 2001:db8::/32", true, false},
	    {"duration>1s", true, false},
	    {"reason", true, false},
	};
	struct event close = example(EVENT_CONN_CLOSE), changed = example(EVENT_CONFIG_CHANGED);
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err;
		struct filter *f = filter_new(span_str(cases[i].text), event_fields, &err);

		ck_assert_msg(f != NULL, "%s: %s", cases[i].text, err.message);
		ck_assert_msg(
		    filter_match_kind(f, &close, EVENT_BIT(EVENT_CONN_CLOSE)) == cases[i].of_close,
		    "%s", cases[i].text);
		ck_assert_msg(filter_match_kind(f, &changed, EVENT_BIT(EVENT_CONFIG_CHANGED)) ==
				  cases[i].of_changed,
		    "%s", cases[i].text);
		filter_free(f);
	}
}
END_TEST

/* ---- the ring ------------------------------------------------------------------------------ */

static bool put(struct event_ring *ring, uint64_t id)
{
	static const char filler[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	struct event e = {.type = EVENT_CONN_CLOSE};

	e.row.id = id;
	e.row.route = span_of(filler, id % sizeof(filler)); /* so that ends fall everywhere */
	return event_ring_put(ring, &e);
}

/* Takes all that is there; each id must be above *last. Returns how many. */
static uint64_t take_all(struct event_ring *ring, uint64_t *last)
{
	size_t end = event_ring_end(ring);
	uint8_t bytes[EVENT_SIZE_MAX];
	uint64_t n = 0;
	struct event e;

	for (; event_ring_take(ring, end, bytes, &e); n++) {
		ck_assert_uint_gt(e.row.id, *last);
		ck_assert_uint_eq(e.row.route.n, e.row.id % 60);
		*last = e.row.id;
	}
	return n;
}

START_TEST(ring_wakes_once)
{
	struct event_ring ring;
	uint64_t last = 0;

	event_ring_init(&ring, EVENT_RING_SIZE);
	ck_assert_uint_eq(take_all(&ring, &last), 0);
	ck_assert(put(&ring, 1));
	ck_assert(!put(&ring, 2));
	ck_assert_uint_eq(take_all(&ring, &last), 2);
	/* Taken without being rearmed: the message is still on its way. */
	ck_assert(!put(&ring, 3));
	event_ring_rearm(&ring);
	ck_assert(put(&ring, 4));
	ck_assert_uint_eq(take_all(&ring, &last), 2);
	event_ring_fini(&ring);
}
END_TEST

START_TEST(ring_overflows)
{
	struct event_ring ring;
	uint64_t id = 0, last = 0, held, lost;

	event_ring_init(&ring, EVENT_RING_SIZE);
	while (id < 5000)
		put(&ring, ++id);
	lost = event_ring_lost(&ring);
	held = take_all(&ring, &last);
	ck_assert_uint_gt(held, 500);
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_eq(held + lost, 5000);
	ck_assert_uint_eq(event_ring_lost(&ring), 0);
	/* There is room again, also across the end of the memory. */
	for (; id < 100000; id++) {
		put(&ring, id + 1);
		if (id % 100 == 0)
			take_all(&ring, &last);
	}
	take_all(&ring, &last);
	ck_assert_uint_eq(last, 100000);
	ck_assert_uint_eq(event_ring_lost(&ring), 0);
	event_ring_fini(&ring);
}
END_TEST

/* A record of n bytes that can be told from others; false: it was lost. */
static bool put_record(struct event_ring *ring, size_t n)
{
	uint8_t *room = event_ring_room(ring, n);

	if (room == NULL)
		return false;
	ck_assert_uint_eq((uintptr_t)room % 8, 0);
	memset(room, (int)(n % 251), n);
	event_ring_keep(ring, n);
	return true;
}

static void expect_record(struct event_ring *ring, size_t n)
{
	struct span record;

	ck_assert(event_ring_look(ring, event_ring_end(ring), &record));
	ck_assert_uint_eq(record.n, n);
	ck_assert_uint_eq(record.p[0], n % 251);
	ck_assert_mem_eq(record.p, record.p + 1, n - 1); /* in one piece */
	event_ring_drop(ring);
}

START_TEST(ring_of_records)
{
	struct event_ring ring;
	struct span record;
	size_t n;

	event_ring_init(&ring, 4096);
	/* Seen when it is published, not before. */
	ck_assert(put_record(&ring, 100));
	ck_assert(!event_ring_look(&ring, event_ring_end(&ring), &record));
	event_ring_publish(&ring);
	expect_record(&ring, 100);
	/* Each length up to half of it, wherever the one before has ended, and two at a time. */
	for (n = 2; n < 2040; n++) {
		ck_assert(put_record(&ring, n));
		event_ring_publish(&ring);
		expect_record(&ring, n);
		ck_assert(put_record(&ring, n / 2));
		ck_assert(put_record(&ring, n / 3 + 1));
		event_ring_publish(&ring);
		expect_record(&ring, n / 2);
		expect_record(&ring, n / 3 + 1);
	}
	ck_assert_uint_eq(event_ring_lost(&ring), 0);
	event_ring_fini(&ring);
}
END_TEST

START_TEST(ring_filled_at_once)
{
	struct event_ring ring;
	struct span record;
	int i, round;

	event_ring_init(&ring, 4096);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 4096 / 512; i++)
			ck_assert(put_record(&ring, 504));
		ck_assert(!put_record(&ring, 1));
		event_ring_lose(&ring, 2);
		event_ring_publish(&ring);
		for (i = 0; i < 4096 / 512; i++)
			expect_record(&ring, 504);
		ck_assert(!event_ring_look(&ring, event_ring_end(&ring), &record));
		ck_assert_uint_eq(event_ring_lost(&ring), 3);
	}
	event_ring_fini(&ring);
}
END_TEST

#define STRESS 300000

static void *produce(void *arg)
{
	struct event_ring *ring = arg;
	uint64_t id;

	for (id = 1; id <= STRESS; id++)
		put(ring, id);
	return NULL;
}

START_TEST(ring_between_threads)
{
	uint64_t last = 0, seen = 0, lost = 0;
	struct event_ring ring;
	pthread_t thread;

	event_ring_init(&ring, EVENT_RING_SIZE);
	ck_assert_int_eq(pthread_create(&thread, NULL, produce, &ring), 0);
	while (seen + lost < STRESS) {
		event_ring_rearm(&ring);
		seen += take_all(&ring, &last);
		lost += event_ring_lost(&ring);
	}
	pthread_join(thread, NULL);
	ck_assert_uint_eq(seen + lost, STRESS);
	ck_assert_uint_eq(take_all(&ring, &last), 0);
	event_ring_fini(&ring);
}
END_TEST

/* ---- the history --------------------------------------------------------------------------- */

/* Two parts that show their number and lengths. */
static void add(struct event_history *h, size_t written, size_t packed)
{
	uint8_t bytes[2][256];

	memset(bytes[0], (uint8_t)h->next, sizeof(bytes[0]));
	memset(bytes[1], (uint8_t)(h->next + 1), sizeof(bytes[1]));
	event_history_add(h, span_of(bytes[0], written), span_of(bytes[1], packed));
}

static void expect_held(const struct event_history *h)
{
	const uint8_t *written;
	struct span packed;
	uint64_t seq;

	for (seq = h->first; seq < h->next; seq++) {
		ck_assert(event_history_get(h, seq, &written, &packed));
		ck_assert_uint_eq(written[0], (uint8_t)seq);
		ck_assert_uint_eq(packed.p[0], (uint8_t)(seq + 1));
		ck_assert_uint_eq(packed.p[packed.n - 1], (uint8_t)(seq + 1));
	}
	ck_assert(!event_history_get(h, h->next, &written, &packed));
	ck_assert(h->first == 0 || !event_history_get(h, h->first - 1, &written, &packed));
}

START_TEST(history_forgets_the_oldest)
{
	struct event_history h;
	unsigned i;

	event_history_init(&h, 1000, 10);
	expect_held(&h);
	for (i = 0; i < 5; i++)
		add(&h, 100, 100);
	ck_assert(h.first == 10 && h.next == 15);
	expect_held(&h);
	add(&h, 100, 100);
	ck_assert(h.first == 11 && h.next == 16);
	add(&h, 100, 150); /* at the place of two */
	ck_assert(h.first == 13 && h.next == 17);
	expect_held(&h);
	event_history_fini(&h);
}
END_TEST

START_TEST(history_of_all_sizes)
{
	struct event_history h;
	unsigned i, seed = 1;

	event_history_init(&h, 2000, 1);
	for (i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		add(&h, 1 + (seed >> 16) % 200, 1 + (seed >> 8) % 200);
		expect_held(&h);
		ck_assert_uint_le(h.first, h.next - 1);
	}
	ck_assert_uint_gt(h.next - h.first, 2);
	event_history_fini(&h);
}
END_TEST

START_TEST(history_of_small_ones)
{
	struct event_history h;
	unsigned i;

	event_history_init(&h, 1 << 20, 1);
	for (i = 0; i < 3 * EVENT_HISTORY_SLOTS; i++)
		add(&h, 1, 1);
	ck_assert_uint_eq(h.next - h.first, EVENT_HISTORY_SLOTS);
	expect_held(&h);
	event_history_fini(&h);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("events");
	TCase *tc = tcase_create("events");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, written_and_read, 0, EVENT_TYPE_COUNT);
	tcase_add_loop_test(tc, long_texts, 0, EVENT_TYPE_COUNT);
	tcase_add_loop_test(tc, type_lists, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(tc, filtered);
	tcase_add_test(tc, ring_wakes_once);
	tcase_add_test(tc, ring_overflows);
	tcase_add_test(tc, ring_of_records);
	tcase_add_test(tc, ring_filled_at_once);
	tcase_add_test(tc, ring_between_threads);
	tcase_add_test(tc, history_forgets_the_oldest);
	tcase_add_test(tc, history_of_all_sizes);
	tcase_add_test(tc, history_of_small_ones);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
