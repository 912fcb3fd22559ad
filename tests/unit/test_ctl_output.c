/* SPDX-License-Identifier: BSD-2-Clause */
/* What pointsctl prints: numbers, JSON, tables at several widths, faults. */
#include <config.h>

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pack.h"
#include "common/unpack.h"
#include "ctl/fault.h"
#include "ctl/human.h"
#include "ctl/json_text.h"
#include "ctl/output.h"

/* ---- numbers ------------------------------------------------------------------------------- */

START_TEST(sizes)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = {{0, "0"}, {999, "999"}, {1000, "1.0K"}, {1024, "1.0K"}, {1536, "1.5K"},
	    {10188, "9.9K"}, {10189, "10K"}, {1023487, "999K"}, {1023488, "1.0M"},
	    {5368709120, "5.0G"}, {UINT64_MAX, "16E"}};
	char text[HUMAN_MAX];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(human_bytes(cases[i].n, text), cases[i].text);
}
END_TEST

START_TEST(seconds)
{
	static const struct {
		double n;
		const char *text;
	} cases[] = {{0, "0ms"}, {0.0004, "0ms"}, {0.35, "350ms"}, {0.9994, "999ms"},
	    {0.9996, "1s"}, {1, "1s"}, {59.9, "59s"}, {60, "1m"}, {61, "1m1s"}, {3599, "59m59s"},
	    {3600, "1h"}, {7500, "2h5m"}, {86399, "23h59m"}, {86400, "1d"}, {1047600, "12d3h"},
	    {86400.0 * 400 + 7200, "400d"}, {-5, "0s"}, {1e300, "0s"}};
	char text[HUMAN_MAX];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(human_seconds(cases[i].n, text), cases[i].text);
}
END_TEST

/* ---- JSON ---------------------------------------------------------------------------------- */

static void expect_string(struct span text, const char *want)
{
	struct buf out = {0};

	json_text_string(&out, text);
	ck_assert_str_eq(buf_str(&out), want);
	buf_fini(&out);
}

START_TEST(strings)
{
	expect_string(span_str(""), "\"\"");
	expect_string(span_str("plain"), "\"plain\"");
	expect_string(span_str("\"quoted\" back\\slash"), "\"\\\"quoted\\\" back\\\\slash\"");
	expect_string(span_str("a\nb\tc\x1b[0m\x7f"), "\"a\\nb\\tc\\u001b[0m\\u007f\"");
	expect_string(span_of("\0x", 2), "\"\\u0000x\"");
	expect_string(span_str("caf\xc3\xa9"), "\"caf\xc3\xa9\"");
}
END_TEST

static void expect_value(struct buf *packed, const char *want)
{
	msgpack_unpacked value;
	struct buf out = {0};
	struct error err;

	ck_assert_int_eq(unpack_value(&value, buf_span(packed), &err), 0);
	json_text_value(&out, &value.data);
	ck_assert_str_eq(buf_str(&out), want);
	msgpack_unpacked_destroy(&value);
	buf_fini(&out);
	buf_clear(packed);
}

START_TEST(values)
{
	struct buf packed = {0};
	struct pack_box map, list;
	struct pack p;

	pack_init(&p, &packed);
	pack_nil(&p);
	expect_value(&packed, "null");
	pack_bool(&p, true);
	expect_value(&packed, "true");
	pack_u64(&p, UINT64_MAX);
	expect_value(&packed, "18446744073709551615");
	pack_double(&p, 1.5);
	expect_value(&packed, "1.5");
	pack_double(&p, 0.1);
	expect_value(&packed, "0.1");
	pack_double(&p, 90);
	expect_value(&packed, "90");
	pack_double(&p, INFINITY);
	expect_value(&packed, "null");
	pack_map_open(&p, &map);
	pack_str(pack_key(&map, "z"), "last");
	pack_array_open(pack_key(&map, "a"), &list);
	pack_u64(pack_item(&list), 1);
	pack_nil(pack_item(&list));
	pack_close(&list);
	pack_close(&map);
	expect_value(&packed, "{\"z\":\"last\",\"a\":[1,null]}");
	pack_text(&p, span_of("\xff\x41\xc3", 3)); /* no UTF-8: shown, and legal JSON */
	expect_value(&packed, "\"\\\\xffA\\\\xc3\"");
	buf_fini(&packed);
}
END_TEST

/* ---- lists and objects --------------------------------------------------------------------- */

static const struct column columns[] = {
    {.title = "ID", .key = "id", .kind = COLUMN_NUMBER},
    {.title = "SRC", .key = "src", .cut = true},
    {.title = "LISTENER", .key = "listener", .cut = true, .drop = 1},
    {.title = "UPSTREAM", .key = "upstream", .cut = true},
    {.title = "IDLE", .key = "idle", .kind = COLUMN_SECONDS, .drop = 2},
    {.title = "IN", .key = "bytes_in", .kind = COLUMN_BYTES},
    {.title = "STATE", .key = "state"},
    {.title = NULL},
};

static void pack_row(struct pack *p, uint64_t id, const char *src, const char *upstream)
{
	struct pack_box map;

	pack_map_open(p, &map);
	pack_u64(pack_key(&map, "id"), id);
	pack_str(pack_key(&map, "src"), src);
	pack_str(pack_key(&map, "listener"), "tcp/127.0.0.1:9993");
	pack_str(pack_key(&map, "upstream"), upstream);
	pack_double(pack_key(&map, "idle"), 12.25);
	pack_u64(pack_key(&map, "bytes_in"), id * 1000);
	pack_str(pack_key(&map, "state"), "relaying");
	pack_close(&map);
}

/* A chunk's map with two rows. */
static void make_chunk(struct reply *reply)
{
	struct pack_box map, items;
	struct error err;
	struct pack p;

	*reply = (struct reply){0};
	pack_init(&p, &reply->bytes);
	pack_map_open(&p, &map);
	pack_array_open(pack_key(&map, "items"), &items);
	pack_row(pack_item(&items), 7, "10.0.0.1:40000", "127.0.0.1:9143");
	pack_row(pack_item(&items), 1234, "[2001:db8::17]:40001", NULL);
	pack_close(&items);
	pack_close(&map);
	ck_assert_int_eq(unpack_value(&reply->value, buf_span(&reply->bytes), &err), 0);
	reply->result = &reply->value.data;
}

static void make_result(struct reply *reply)
{
	struct pack_box map, inner;
	struct error err;
	struct pack p;

	*reply = (struct reply){0};
	pack_init(&p, &reply->bytes);
	pack_map_open(&p, &map);
	pack_str(pack_key(&map, "version"), "1\x1b[2J");
	pack_u64(pack_key(&map, "rev"), 57);
	pack_u64(pack_key(&map, "bytes_in"), 4096);
	pack_map_open(pack_key(&map, "limits"), &inner);
	pack_u64(pack_key(&inner, "open"), 3);
	pack_str(pack_key(&inner, "soft"), "no");
	pack_close(&inner);
	pack_close(&map);
	ck_assert_int_eq(unpack_value(&reply->value, buf_span(&reply->bytes), &err), 0);
	reply->result = &reply->value.data;
}

/* count: how many chunks. */
static void expect_list(enum format format, size_t width, int count, const char *want)
{
	struct reply chunk, result;
	struct output_list list;
	char *text = NULL;
	size_t size = 0;
	struct output output = {
	    .format = format, .to = open_memstream(&text, &size), .width = width};

	make_result(&result);
	output_list_begin(&list, &output, columns, "id");
	while (count-- > 0) {
		make_chunk(&chunk);
		output_list_chunk(&chunk, &list);
		reply_fini(&chunk);
	}
	ck_assert_int_eq(output_list_end(&list, result.result), 0);
	reply_fini(&result);
	fclose(output.to);
	ck_assert_str_eq(text, want);
	free(text);
}

#define ROW_7                                                                                      \
	"{\"id\":7,\"src\":\"10.0.0.1:40000\",\"listener\":\"tcp/127.0.0.1:9993\","                \
	"\"upstream\":\"127.0.0.1:9143\",\"idle\":12.25,\"bytes_in\":7000,\"state\":\"relaying\"}"
#define ROW_1234                                                                                   \
	"{\"id\":1234,\"src\":\"[2001:db8::17]:40001\",\"listener\":\"tcp/127.0.0.1:9993\","       \
	"\"upstream\":null,\"idle\":12.25,\"bytes_in\":1234000,\"state\":\"relaying\"}"

START_TEST(list_as_json)
{
	expect_list(FORMAT_JSON, 0, 0, "{\"rev\":57,\"items\":[]}\n");
	expect_list(FORMAT_JSON, 80, 1, "{\"rev\":57,\"items\":[" ROW_7 "," ROW_1234 "]}\n");
	expect_list(FORMAT_JSON, 0, 2,
	    "{\"rev\":57,\"items\":[" ROW_7 "," ROW_1234 "," ROW_7 "," ROW_1234 "]}\n");
	expect_list(FORMAT_JSONL, 0, 1, ROW_7 "\n" ROW_1234 "\n");
	expect_list(FORMAT_JSONL, 0, 0, "");
	expect_list(FORMAT_NAME, 0, 1, "7\n1234\n");
}
END_TEST

#define WHOLE                                                                                      \
	"  ID SRC                  LISTENER           UPSTREAM       IDLE   IN STATE\n"            \
	"   7 10.0.0.1:40000       tcp/127.0.0.1:9993 127.0.0.1:9143  12s 6.8K relaying\n"         \
	"1234 [2001:db8::17]:40001 tcp/127.0.0.1:9993 -               12s 1.2M relaying\n"

START_TEST(list_as_table)
{
	expect_list(FORMAT_TEXT, 0, 1, WHOLE); /* no terminal: nothing is cut */
	expect_list(FORMAT_WIDE, 40, 1, WHOLE);
	expect_list(FORMAT_TEXT, 200, 1, WHOLE);
	expect_list(FORMAT_TEXT, 80, 1, WHOLE);
	expect_list(FORMAT_TEXT, 78, 1, WHOLE);
	expect_list(FORMAT_TEXT, 77, 1,
	    "  ID SRC                  UPSTREAM       IDLE   IN STATE\n"
	    "   7 10.0.0.1:40000       127.0.0.1:9143  12s 6.8K relaying\n"
	    "1234 [2001:db8::17]:40001 -               12s 1.2M relaying\n");
	expect_list(FORMAT_TEXT, 55, 1,
	    "  ID SRC                  UPSTREAM         IN STATE\n"
	    "   7 10.0.0.1:40000       127.0.0.1:9143 6.8K relaying\n"
	    "1234 [2001:db8::17]:40001 -              1.2M relaying\n");
	expect_list(FORMAT_TEXT, 80, 0, "ID SRC LISTENER UPSTREAM IDLE IN STATE\n");
}
END_TEST

/* Too narrow even so: some are cut, no line is too long. */
START_TEST(list_on_a_narrow_terminal)
{
	struct reply chunk, result;
	struct output_list list;
	char *text = NULL, *line;
	size_t size = 0;
	struct output output = {
	    .format = FORMAT_TEXT, .to = open_memstream(&text, &size), .width = 40};

	make_result(&result);
	output_list_begin(&list, &output, columns, "id");
	make_chunk(&chunk);
	output_list_chunk(&chunk, &list);
	reply_fini(&chunk);
	output_list_end(&list, result.result);
	reply_fini(&result);
	fclose(output.to);
	for (line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) <= 40, "'%s'", line);
	free(text);
}
END_TEST

static void expect_object(enum format format, const char *want)
{
	static const struct column lines[] = {
	    {.title = "revision", .key = "rev"},
	    {.title = "version", .key = "version"},
	    {.title = "in", .key = "bytes_in", .kind = COLUMN_BYTES},
	    {.title = "limits", .key = "limits"},
	    {.title = "absent", .key = "absent"},
	    {.title = NULL},
	};
	struct reply reply;
	char *text = NULL;
	size_t size = 0;
	struct output output = {.format = format, .to = open_memstream(&text, &size), .width = 80};

	make_result(&reply);
	ck_assert_int_eq(output_object(&output, reply.result, lines, "rev"), 0);
	reply_fini(&reply);
	fclose(output.to);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(objects)
{
	expect_object(FORMAT_JSON, "{\"rev\":57,\"version\":\"1\\u001b[2J\",\"bytes_in\":4096,"
				   "\"limits\":{\"open\":3,\"soft\":\"no\"}}\n");
	expect_object(FORMAT_NAME, "57\n");
	/* What others sent does not steer the terminal. */
	expect_object(FORMAT_TEXT, "revision 57\n"
				   "version  1\\x1b[2J\n"
				   "in       4.0K\n"
				   "limits   open 3, soft no\n");
}
END_TEST

START_TEST(list_fails_midway)
{
	struct output_list list;
	struct reply chunk;
	char *text = NULL;
	size_t size = 0;
	struct output output = {.format = FORMAT_JSON, .to = open_memstream(&text, &size)};

	output_list_begin(&list, &output, columns, "id");
	make_chunk(&chunk);
	output_list_chunk(&chunk, &list);
	reply_fini(&chunk);
	output_list_end(&list, NULL);
	fclose(output.to);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

/* ---- faults -------------------------------------------------------------------------------- */

static void expect_fault(const struct fault *fault, bool json, const char *want)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	fault_print(fault, json, to);
	fclose(to);
	ck_assert_str_eq(text, want);
	free(text);
}

static void error_map(struct fault *fault, const char *code, const char *path, const char *hint)
{
	struct buf bytes = {0};
	msgpack_unpacked value;
	struct pack_box map;
	struct error err;
	struct pack p;

	pack_init(&p, &bytes);
	pack_map_open(&p, &map);
	pack_str(pack_key(&map, "code"), code);
	pack_str(pack_key(&map, "message"), "no\033 way");
	if (path != NULL)
		pack_str(pack_key(&map, "path"), path);
	if (hint != NULL)
		pack_str(pack_key(&map, "hint"), hint);
	pack_str(pack_key(&map, "new_key"), "must be ignored");
	pack_close(&map);
	ck_assert_int_eq(unpack_value(&value, buf_span(&bytes), &err), 0);
	ck_assert_int_eq(fault_from(fault, &value.data), -1);
	msgpack_unpacked_destroy(&value);
	buf_fini(&bytes);
}

START_TEST(faults)
{
	struct fault fault;

	error_map(&fault, "not_found", NULL, "conn.ls");
	ck_assert_int_eq(fault.exit, CONTROL_EXIT_NOT_FOUND);
	expect_fault(&fault, false, "pointsctl: no? way, did you mean 'conn.ls'?\n");
	expect_fault(&fault, true,
	    "{\"code\":\"not_found\",\"message\":\"no\\u001b way\",\"hint\":\"conn.ls\","
	    "\"exit\":5}\n");
	error_map(&fault, "denied", "ids", NULL);
	ck_assert_int_eq(fault.exit, CONTROL_EXIT_DENIED);
	expect_fault(&fault, false, "pointsctl: ids: no? way\n");
	error_map(&fault, "of the future", NULL, NULL);
	ck_assert_int_eq(fault.exit, CONTROL_EXIT_INTERNAL);
	fault_set(&fault, CONTROL_EXIT_UNREACHABLE, "nobody at %s", "/x");
	expect_fault(
	    &fault, true, "{\"code\":\"unreachable\",\"message\":\"nobody at /x\",\"exit\":3}\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ctl_output");
	TCase *tc = tcase_create("output");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, sizes);
	tcase_add_test(tc, seconds);
	tcase_add_test(tc, strings);
	tcase_add_test(tc, values);
	tcase_add_test(tc, list_as_json);
	tcase_add_test(tc, list_as_table);
	tcase_add_test(tc, list_on_a_narrow_terminal);
	tcase_add_test(tc, objects);
	tcase_add_test(tc, list_fails_midway);
	tcase_add_test(tc, faults);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
