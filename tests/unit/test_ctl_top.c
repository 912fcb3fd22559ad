/* SPDX-License-Identifier: BSD-2-Clause */
/* Rates from two snapshots, their order, what keys do, and lines that fit the terminal. */
#include <config.h>

#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "common/pack.h"
#include "common/unpack.h"
#include "ctl/human.h"
#include "ctl/rates.h"
#include "ctl/top_lines.h"
#include "ctl/top_view.h"

/* ---- snapshots ------------------------------------------------------------------------------- */

struct row {
	const char *kind, *name, *server; /* NULL: none */
	uint64_t active, connections, in, out, errors;
};

static void add_row(struct snapshot *s, const struct row *row)
{
	struct buf bytes = {0};
	msgpack_unpacked value;
	struct pack_box map;
	struct pack pack;
	struct error err;

	pack_init(&pack, &bytes);
	pack_map_open(&pack, &map);
	pack_str(pack_key(&map, "kind"), row->kind);
	pack_str(pack_key(&map, "name"), row->name);
	if (row->server != NULL)
		pack_str(pack_key(&map, "server"), row->server);
	else
		pack_nil(pack_key(&map, "server"));
	pack_u64(pack_key(&map, "connections"), row->connections);
	pack_u64(pack_key(&map, "active"), row->active);
	pack_u64(pack_key(&map, "errors"), row->errors);
	pack_u64(pack_key(&map, "bytes_in"), row->in);
	pack_u64(pack_key(&map, "bytes_out"), row->out);
	pack_close(&map);
	ck_assert_int_eq(unpack_value(&value, buf_span(&bytes), &err), 0);
	snapshot_add(s, &value.data);
	msgpack_unpacked_destroy(&value);
	buf_fini(&bytes);
}

/* rows: ended by one without a kind */
static void look(struct snapshot *s, uint64_t pid, double time, const struct row *rows)
{
	snapshot_init(s);
	for (; rows->kind != NULL; rows++)
		add_row(s, rows);
	s->status.pid = pid;
	snapshot_end(s, time);
}

static struct snapshot before, now;
static struct rates rates;

static void forget(void)
{
	rates_fini(&rates);
	snapshot_fini(&before);
	snapshot_fini(&now);
}

static const struct rate *rate(const char *name)
{
	size_t i;

	for (i = 0; i < rates.count; i++)
		if (strcmp(rates.rows[i].row->name, name) == 0)
			return &rates.rows[i];
	ck_abort_msg("no row %s", name);
	return NULL;
}

static void expect_rate(const char *name, double connections, double in, double out, double errors)
{
	const struct rate *r = rate(name);

	ck_assert_double_eq(r->values[RATES_CONNECTIONS], connections);
	ck_assert_double_eq(r->values[RATES_BYTES_IN], in);
	ck_assert_double_eq(r->values[RATES_BYTES_OUT], out);
	ck_assert_double_eq(r->values[RATES_ERRORS], errors);
}

static void expect_unknown(const char *name)
{
	expect_rate(name, RATE_UNKNOWN, RATE_UNKNOWN, RATE_UNKNOWN, RATE_UNKNOWN);
}

/* ---- rates ----------------------------------------------------------------------------------- */

START_TEST(two_looks)
{
	look(&before, 1, 10,
	    (struct row[]){{"daemon", "pointsmand", NULL, 1, 10, 100, 1000, 1},
		{"listener", "tcp/:1", "a", 1, 10, 100, 1000, 1},
		{"route", "web", "a", 0, 3, 0, 0, 0}, {"route", "web", "b", 0, 4, 0, 0, 0}, {0}});
	/* in another order: rows are found by what they are */
	look(&now, 1, 12,
	    (struct row[]){{"route", "web", "b", 5, 14, 0, 0, 4},
		{"route", "web", "a", 2, 3, 0, 0, 0},
		{"listener", "tcp/:1", "a", 7, 13, 2148, 1000, 1},
		{"daemon", "pointsmand", NULL, 7, 30, 100, 1000, 1}, {0}});
	rates_make(&rates, &before, &now);
	ck_assert_uint_eq(rates.count, 3);
	ck_assert_double_eq(rates.seconds, 2);
	ck_assert_double_eq(rates.daemon.values[RATES_CONNECTIONS], 10);
	expect_rate("tcp/:1", 1.5, 1024, 0, 0);
	ck_assert_double_eq(rate("tcp/:1")->values[RATES_ACTIVE], 7);
	ck_assert_str_eq(rates.rows[1].row->server, "a");
	ck_assert_double_eq(rates.rows[1].values[RATES_CONNECTIONS], 0);
	ck_assert_str_eq(rates.rows[2].row->server, "b");
	ck_assert_double_eq(rates.rows[2].values[RATES_CONNECTIONS], 5);
	ck_assert_double_eq(rates.rows[2].values[RATES_ERRORS], 2);
	forget();
}
END_TEST

START_TEST(rows_come_and_go)
{
	look(&before, 1, 1,
	    (struct row[]){{"upstream", "a", NULL, 0, 1, 0, 0, 0},
		{"upstream", "c", NULL, 0, 1, 0, 0, 0}, {"upstream", "e", NULL, 0, 1, 0, 0, 0},
		{0}});
	look(&now, 1, 2,
	    (struct row[]){{"upstream", "b", NULL, 3, 9, 9, 9, 9},
		{"upstream", "c", NULL, 0, 2, 0, 0, 0}, {"upstream", "d", NULL, 0, 1, 0, 0, 0},
		{"upstream", "f", NULL, 0, 1, 0, 0, 0}, {0}});
	rates_make(&rates, &before, &now);
	ck_assert_uint_eq(rates.count, 4);
	expect_unknown("b");
	expect_rate("c", 1, 0, 0, 0);
	expect_unknown("d");
	expect_unknown("f");
	ck_assert_double_eq(rate("b")->values[RATES_ACTIVE], 3);
	forget();
}
END_TEST

START_TEST(nothing_to_compare_with)
{
	const struct row rows[] = {{"route", "r", "s", 1, 5, 5, 5, 5}, {0}};
	const struct snapshot none = {0};

	look(&now, 1, 2, rows);
	rates_make(&rates, &none, &now);
	ck_assert_double_eq(rates.seconds, 0);
	expect_unknown("r");
	/* another daemon, though it has counted more; and no time between the two */
	look(&before, 2, 1, (struct row[]){{"route", "r", "s", 1, 1, 1, 1, 1}, {0}});
	rates_make(&rates, &before, &now);
	expect_unknown("r");
	before.status.pid = 1;
	rates_make(&rates, &before, &now);
	expect_rate("r", 4, 4, 4, 4);
	before.time = 2;
	rates_make(&rates, &before, &now);
	expect_unknown("r");
	forget();
}
END_TEST

START_TEST(a_counter_that_went_back)
{
	look(&before, 1, 1,
	    (struct row[]){
		{"route", "r", "s", 1, 5, 5, 5, 5}, {"route", "t", "s", 1, 5, 5, 5, 5}, {0}});
	look(&now, 1, 2,
	    (struct row[]){
		{"route", "r", "s", 1, 9, 9, 4, 9}, {"route", "t", "s", 0, 5, 5, 5, 6}, {0}});
	rates_make(&rates, &before, &now);
	expect_unknown("r");
	expect_rate("t", 0, 0, 0, 1); /* that fewer are here is no such thing */
	forget();
}
END_TEST

START_TEST(nonsense_is_left_out)
{
	const char *const items[] = {"\xc0", "\x80", "\x81\xa4kind\x01", "\x81\xa4kind\xa5route",
	    "\x82\xa4kind\xa5other\xa4name\xa1x"};
	struct error err;
	msgpack_unpacked value;
	size_t i;

	look(&now, 1, 1, (struct row[]){{"server", "s", NULL, 0, 1, 1, 1, 1}, {0}});
	for (i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		ck_assert_int_eq(unpack_value(&value, span_str(items[i]), &err), 0);
		snapshot_add(&now, &value.data);
		snapshot_status(&now, &value.data);
		msgpack_unpacked_destroy(&value);
	}
	ck_assert_uint_eq(now.count, 0);
	forget();
}
END_TEST

/* ---- order ----------------------------------------------------------------------------------- */

static void some_routes(void)
{
	look(&before, 1, 1,
	    (struct row[]){{"route", "imap", "mail", 0, 0, 0, 0, 0},
		{"route", "Web", "main", 0, 0, 0, 0, 0}, {"route", "db", "main", 0, 0, 0, 0, 0},
		{"upstream", "u", NULL, 0, 0, 0, 0, 0}, {0}});
	look(&now, 1, 2,
	    (struct row[]){{"route", "imap", "mail", 1, 30, 10, 0, 0},
		{"route", "Web", "main", 9, 20, 20, 0, 0}, {"route", "db", "main", 5, 20, 30, 0, 0},
		{"route", "new", "main", 7, 99, 99, 0, 0}, {"upstream", "u", NULL, 0, 1, 0, 0, 0},
		{0}});
	rates_make(&rates, &before, &now);
}

/* want: names, each followed by a comma */
static void expect_order(struct rates_wanted wanted, const char *want)
{
	struct buf got = {0};
	size_t i, n, all;

	if (wanted.filter == NULL)
		wanted.filter = "";
	n = rates_choose(&rates, &wanted, &all);
	ck_assert_uint_eq(all, wanted.kind == RATES_ROUTE ? 4 : 1);
	for (i = 0; i < n; i++)
		buf_printf(&got, "%s,", rates.rows[i].row->name);
	ck_assert_str_eq(buf_str(&got), want);
	buf_fini(&got);
}

START_TEST(orders)
{
	const enum rates_kind r = RATES_ROUTE;

	some_routes();
	expect_order((struct rates_wanted){.kind = r, .by = RATES_NAME}, "Web,db,imap,new,");
	expect_order((struct rates_wanted){.kind = r, .by = RATES_NAME, .reverse = true},
	    "new,imap,db,Web,");
	expect_order((struct rates_wanted){.kind = r, .by = RATES_SERVER}, "imap,Web,db,new,");
	expect_order((struct rates_wanted){.kind = r, .by = RATES_ACTIVE}, "Web,new,db,imap,");
	/* what is unknown comes last either way, and equal ones by name */
	expect_order((struct rates_wanted){.kind = r, .by = RATES_CONNECTIONS}, "imap,Web,db,new,");
	expect_order((struct rates_wanted){.kind = r, .by = RATES_CONNECTIONS, .reverse = true},
	    "Web,db,imap,new,");
	expect_order((struct rates_wanted){.kind = r, .by = RATES_BYTES_IN}, "db,Web,imap,new,");
	expect_order((struct rates_wanted){.kind = RATES_UPSTREAM, .by = RATES_SERVER}, "u,");
	forget();
}
END_TEST

START_TEST(filters)
{
	const enum rates_kind r = RATES_ROUTE;

	some_routes();
	expect_order((struct rates_wanted){.kind = r, .by = RATES_NAME, .filter = "we"}, "Web,");
	expect_order((struct rates_wanted){.kind = r, .by = RATES_NAME, .filter = "MAI"},
	    "Web,db,imap,new,");
	expect_order((struct rates_wanted){.kind = r, .by = RATES_NAME, .filter = "mail"}, "imap,");
	expect_order((struct rates_wanted){.kind = r, .by = RATES_NAME, .filter = "zz"}, "");
	expect_order(
	    (struct rates_wanted){.kind = RATES_UPSTREAM, .by = RATES_NAME, .filter = "main"}, "");
	forget();
}
END_TEST

/* ---- keys ------------------------------------------------------------------------------------ */

static struct top_view view;

static void keys(const char *text)
{
	for (; *text != '\0'; text++)
		top_view_key(&view, (unsigned char)*text);
}

START_TEST(keys_choose)
{
	top_view_init(&view, RATES_ROUTE, DURATION_S);
	keys("\t");
	ck_assert_int_eq(view.kind, RATES_UPSTREAM);
	keys("\t");
	ck_assert_int_eq(view.kind, RATES_LISTENER);
	keys("3r");
	ck_assert_int_eq(view.kind, RATES_UPSTREAM);
	ck_assert(view.reverse);
	keys("n");
	ck_assert_int_eq(view.by, RATES_NAME);
	ck_assert(!view.reverse);
	keys(">"); /* upstreams have no server */
	ck_assert_int_eq(view.by, RATES_ACTIVE);
	keys("<<");
	ck_assert_int_eq(view.by, RATES_ERRORS);
	keys("1>>");
	ck_assert_int_eq(view.by, RATES_SERVER);
	keys("x!\x01");
	top_view_key(&view, TOP_KEY_OTHER);
	ck_assert_int_eq(view.by, RATES_SERVER);
	keys("p");
	ck_assert(view.paused);
	keys("pq");
	ck_assert(!view.paused && view.left);
}
END_TEST

START_TEST(keys_change_the_interval)
{
	top_view_init(&view, RATES_ROUTE, 3 * DURATION_S);
	keys("+");
	ck_assert_int_eq(view.interval, 5 * DURATION_S);
	keys("--");
	ck_assert_int_eq(view.interval, DURATION_S);
	keys("--------------------");
	ck_assert_int_eq(view.interval, 200 * DURATION_MS);
	keys("++++++++++++++++++++");
	ck_assert_int_eq(view.interval, 60 * DURATION_S);
	view.interval = 3600 * DURATION_S;
	keys("+");
	ck_assert_int_eq(view.interval, 3600 * DURATION_S);
}
END_TEST

START_TEST(keys_filter)
{
	size_t i;

	top_view_init(&view, RATES_ROUTE, DURATION_S);
	keys("/q1\xc3\xa9");
	ck_assert(view.typing && !view.left);
	ck_assert_str_eq(view.filter, "q1\xc3\xa9");
	keys("\x7f");
	ck_assert_str_eq(view.filter, "q1");
	keys("\x7f\x7f\x7f");
	ck_assert_str_eq(view.filter, "");
	keys("web\n");
	ck_assert(!view.typing);
	ck_assert_str_eq(view.filter, "web");
	keys("\x1b");
	ck_assert_str_eq(view.filter, "");
	keys("/");
	for (i = 0; i < 1000; i++)
		keys("x");
	ck_assert_uint_eq(strlen(view.filter), sizeof(view.filter) - 1);
	keys("\x1b");
	ck_assert(!view.typing && view.filter[0] == '\0' && !view.left);
}
END_TEST

static void expect_first(int key, size_t first)
{
	top_view_key(&view, key);
	ck_assert_uint_eq(view.first, first);
}

START_TEST(keys_scroll)
{
	top_view_init(&view, RATES_ROUTE, DURATION_S);
	top_view_fit(&view, 50, 20);
	expect_first(TOP_KEY_UP, 0);
	expect_first(TOP_KEY_DOWN, 1);
	expect_first(TOP_KEY_PAGE_DOWN, 21);
	expect_first(TOP_KEY_PAGE_DOWN, 30);
	expect_first(TOP_KEY_DOWN, 30);
	expect_first(TOP_KEY_PAGE_UP, 10);
	expect_first(TOP_KEY_PAGE_UP, 0);
	expect_first(TOP_KEY_END, 30);
	top_view_fit(&view, 35, 20);
	ck_assert_uint_eq(view.first, 15);
	top_view_fit(&view, 5, 0);
	ck_assert_uint_eq(view.first, 4);
	expect_first(TOP_KEY_HOME, 0);
	expect_first(TOP_KEY_DOWN, 1);
	expect_first('2', 0);
}
END_TEST

/* ---- lines ----------------------------------------------------------------------------------- */

static void expect_fit(const char *text, size_t width, enum fit fit, const char *want)
{
	struct buf out = {0};

	top_lines_fit(&out, text, width, fit);
	ck_assert_str_eq(buf_str(&out), want);
	buf_fini(&out);
}

START_TEST(texts_fit)
{
	expect_fit("abc", 5, FIT_LEFT, "abc  ");
	expect_fit("abc", 5, FIT_RIGHT, "  abc");
	expect_fit("abc", 3, FIT_LEFT, "abc");
	expect_fit("abcd", 3, FIT_LEFT, "ab~");
	expect_fit("abcd", 3, FIT_RIGHT, "ab~");
	expect_fit("abc", 1, FIT_LEFT, "~");
	expect_fit("abc", 0, FIT_LEFT, "");
	expect_fit("abcdef", 7, FIT_MIDDLE, "abcdef ");
	expect_fit("abcdef", 5, FIT_MIDDLE, "ab~ef");
	expect_fit("abcdef", 4, FIT_MIDDLE, "a~ef");
	expect_fit("abcdef", 2, FIT_MIDDLE, "~f");
	expect_fit("abcdef", 1, FIT_MIDDLE, "~");
	expect_fit("a\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2z", 5, FIT_MIDDLE, "a~\xe6\xbc\xa2z");
	expect_fit("tcp/[2001:db8:1:2:3:4:5:6]:443", 20, FIT_MIDDLE, "tcp/[2001~4:5:6]:443");
	expect_fit("a\x1b[2Jb\x7f\n", 9, FIT_LEFT, "a?[2Jb?? ");
	expect_fit("caf\xc3\xa9", 5, FIT_LEFT, "caf\xc3\xa9 ");
	expect_fit("caf\xc3\xa9s", 5, FIT_LEFT, "caf\xc3\xa9s");
	expect_fit(
	    "\xe6\xbc\xa2\xe5\xad\x97x", 4, FIT_LEFT, "\xe6\xbc\xa2~ "); /* two places each */
	expect_fit("\xff\xc3", 3, FIT_LEFT, "?? ");
	expect_fit("\xc2\x9b"
		   "31m",
	    4, FIT_LEFT, "?31m"); /* a control character of the second set */
}
END_TEST

static void expect_rate_text(double value, const char *want)
{
	char text[HUMAN_MAX];

	ck_assert_str_eq(human_rate(value, text), want);
}

START_TEST(numbers_are_short)
{
	char text[HUMAN_MAX];

	expect_rate_text(0, "0");
	expect_rate_text(0.034, "0.03");
	expect_rate_text(0.1, "0.1");
	expect_rate_text(9.94, "9.9");
	expect_rate_text(9.96, "10");
	expect_rate_text(999.4, "999");
	expect_rate_text(999.6, "1.0k");
	expect_rate_text(12345678, "12M");
	expect_rate_text(1.8e19, "18E");
	expect_rate_text(1.8e20, "180E");
	ck_assert_str_eq(human_byte_rate(1535.7, text), "1.5K");
	ck_assert_str_eq(human_byte_rate(1e30, text), "16E");
}
END_TEST

/* The largest numbers there are, and long names, at every width that has room for one of them. */
START_TEST(rows_fit)
{
	static const char name[] = "udp/[2001:db8:1234:5678:9abc:def0:1234:5678]:65535";
	struct top_frame frame = {
	    .rates = &rates, .view = &view, .status = &now.status, .problem = "", .notice = ""};
	struct top_columns columns;
	struct buf line = {0};
	size_t width;

	look(&before, 1, 1,
	    (struct row[]){
		{.kind = "listener", .name = name, .server = "a server's long name"}, {0}});
	look(&now, 1, 1.1,
	    (struct row[]){{"listener", name, "a server's long name", UINT64_MAX, UINT64_MAX,
			       UINT64_MAX, UINT64_MAX, UINT64_MAX},
		{0}});
	rates_make(&rates, &before, &now);
	top_view_init(&view, RATES_LISTENER, DURATION_S);
	top_view_fit(&view, 1, 19);
	for (width = 6; width <= 200; width++) {
		columns = top_lines_columns(&frame, width);
		top_lines_titles(&columns, &line);
		ck_assert_uint_eq(buf_len(&line), width);
		buf_clear(&line);
		top_lines_row(&columns, rates.rows, &line);
		ck_assert_uint_eq(buf_len(&line), width);
		if (width == 80)
			ck_assert_str_eq(buf_str(&line),
			    "udp/[2001:~5678]:65535 a server's long name "
			    "    18E    184E   16E   16E     184E");
		buf_clear(&line);
	}
	buf_fini(&line);
	forget();
}
END_TEST

START_TEST(lines_around)
{
	struct top_frame frame = {.rates = &rates,
	    .view = &view,
	    .status = &now.status,
	    .all = 4,
	    .problem = "",
	    .notice = ""};
	struct buf line = {0};

	some_routes();
	top_view_init(&view, RATES_ROUTE, 1500 * DURATION_MS);
	top_lines_bottom(&frame, &line);
	ck_assert_uint_le(buf_len(&line), 80);
	buf_clear(&line);
	top_lines_totals(&frame, &line); /* this daemon has no row of its own */
	ck_assert_str_eq(buf_str(&line), "all: conns/s -  in/s -  out/s -  errors/s -  every 1.5s");
	buf_clear(&line);
	keys("/ma\nrp");
	top_view_fit(&view, 3, 2);
	top_view_key(&view, TOP_KEY_DOWN);
	top_lines_view(&frame, &line);
	ck_assert_str_eq(buf_str(&line), " 1 listeners [2 routes] 3 upstreams   3 of 4 from 2  "
					 "by CONNS/S reversed  with 'ma'");
	buf_clear(&line);
	frame.problem = "gone";
	top_lines_status(&frame, &line);
	ck_assert_str_eq(buf_str(&line), "trying again: gone");
	buf_fini(&line);
	forget();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ctl_top");
	TCase *tc = tcase_create("top");
	SRunner *runner;
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	tcase_add_test(tc, two_looks);
	tcase_add_test(tc, rows_come_and_go);
	tcase_add_test(tc, nothing_to_compare_with);
	tcase_add_test(tc, a_counter_that_went_back);
	tcase_add_test(tc, nonsense_is_left_out);
	tcase_add_test(tc, orders);
	tcase_add_test(tc, filters);
	tcase_add_test(tc, keys_choose);
	tcase_add_test(tc, keys_change_the_interval);
	tcase_add_test(tc, keys_filter);
	tcase_add_test(tc, keys_scroll);
	tcase_add_test(tc, texts_fit);
	tcase_add_test(tc, numbers_are_short);
	tcase_add_test(tc, rows_fit);
	tcase_add_test(tc, lines_around);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
