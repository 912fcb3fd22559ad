/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of addresses in files, how changes of them are noticed, and the matcher remote_ip_list.
 */
#include <config.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/core/file_watch.h"
#include "daemon/core/ip_file.h"
#include "daemon/core/ip_lines.h"
#include "tests/unit/matcher_support.h"

static char folder[64];
static struct ev_loop *loop;

static void setup(void)
{
	support_setup();
	log_init(LOG_TEXT, LOG_ERROR, STDERR_FILENO);
	strcpy(folder, "/tmp/pointsman-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
}

static void teardown(void)
{
	char command[128];

	file_watch_stop();
	ev_loop_destroy(loop);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
	support_teardown();
}

static const char *path_of(const char *name)
{
	return arena_printf(arena, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static bool contains(struct ip_file *file, const char *ip)
{
	struct netaddr addr;

	ck_assert(netaddr_parse_ip(ip, &addr));
	return ip_file_contains(file, &addr);
}

static struct ip_file *open_file(const char *name)
{
	struct error err;
	struct ip_file *file = ip_file_open(loop, path_of(name), &err);

	ck_assert_msg(file != NULL, "%s", err.message);
	return file;
}

static void on_time(struct ev_loop *l, ev_timer *timer, int events)
{
	(void)events;
	(void)timer;
	ev_break(l, EVBREAK_ALL);
}

/* Lets the loop go round until the file was read so often; 5 seconds at the most. */
static void wait_loads(struct ip_file *file, uint64_t loads)
{
	ev_timer timer;

	ev_timer_init(&timer, on_time, 5., 0.);
	ev_timer_start(loop, &timer);
	while (ip_file_loads(file) < loads && ev_is_active(&timer))
		ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &timer);
	ck_assert_uint_ge(ip_file_loads(file), loads);
}

/* --- lines ----------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	size_t ranges, lines, ignored, first_ignored;
} texts[] = {
    {"", 0, 0, 0, 0},
    {"\n\n", 0, 2, 0, 0},
    {"10.0.0.1", 1, 1, 0, 0},
    {"10.0.0.1\n", 1, 1, 0, 0},
    {"10.0.0.1\r\n192.0.2.0/24\r\n2001:db8::/32\n", 3, 3, 0, 0},
    {"# a list\n10.0.0.1 # one\n  \t10.0.0.2\t\n#10.0.0.3\n", 2, 4, 0, 0},
    {"10.0.0.1\nhost.example\n10.0.0.0/33\n10.0.0.2\n", 2, 4, 2, 2},
    {"10.0.0.1 10.0.0.2\n", 0, 1, 1, 1},
    {"::ffff:10.0.0.1\n::1/128\n", 2, 2, 0, 0},
    {"0123456789012345678901234567890123456789012345678901234567890123\n::1", 1, 2, 1, 1},
    {"10.0.0.1\n10.0.0.1\n10.0.0.1", 3, 3, 0, 0},
};

static void check_text(const char *text, size_t n, struct ip_lines *lines)
{
	struct error err;
	int fd;

	fd = open(path_of("lines"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	*lines = (struct ip_lines){0};
	ck_assert_int_eq(ip_lines_read(lines, fd, &err), 0);
	close(fd);
}

START_TEST(test_lines)
{
	struct ip_lines lines;

	check_text(texts[_i].text, strlen(texts[_i].text), &lines);
	ck_assert_uint_eq(lines.count, texts[_i].ranges);
	ck_assert_uint_eq(lines.lines, texts[_i].lines);
	ck_assert_uint_eq(lines.ignored, texts[_i].ignored);
	ck_assert_uint_eq(lines.first_ignored, texts[_i].first_ignored);
	ip_lines_fini(&lines);
}
END_TEST

/* Longer than what is read at once, with and without an end; and a NUL in a line. */
START_TEST(test_long_lines)
{
	struct ip_lines lines;
	struct buf text = {0};
	size_t i;

	for (i = 0; i < 600000; i++)
		buf_append_str(&text, "x");
	buf_append_str(&text, "\n10.0.0.1\n");
	buf_append(&text, "10.0.0.2\0\n", 10);
	for (i = 0; i < 50000; i++)
		buf_printf(&text, "10.%zu.%zu.%zu\n", i >> 16, i >> 8 & 255, i & 255);
	check_text(buf_str(&text), buf_len(&text), &lines);
	ck_assert_uint_eq(lines.count, 50001);
	ck_assert_uint_ge(lines.ignored, 2);
	ck_assert_uint_eq(lines.first_ignored, 1);
	ip_lines_fini(&lines);
	buf_fini(&text);
}
END_TEST

START_TEST(test_too_large)
{
	struct ip_lines lines = {0};
	struct error err;
	int fd = open(path_of("large"), O_RDWR | O_CREAT, 0600);

	ck_assert_int_eq(ftruncate(fd, (off_t)IP_LINES_SIZE_MAX + 1), 0);
	ck_assert_int_eq(ip_lines_read(&lines, fd, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ip_lines_fini(&lines);
	close(fd);
}
END_TEST

/* --- changes --------------------------------------------------------------------------------- */

START_TEST(test_missing_then_there)
{
	struct ip_file *file = open_file("list");

	ck_assert(!contains(file, "10.0.0.1"));
	ck_assert_uint_eq(ip_file_count(file), 0);
	write_file("list", "10.0.0.1\n");
	wait_loads(file, 2);
	ck_assert(contains(file, "10.0.0.1"));
	ck_assert(!contains(file, "10.0.0.2"));
	ip_file_close(file);
}
END_TEST

START_TEST(test_written_again)
{
	struct ip_file *file;
	FILE *more;

	write_file("list", "10.0.0.1\n2001:db8::/32\n");
	file = open_file("list");
	ck_assert(contains(file, "10.0.0.1") && contains(file, "2001:db8::5"));
	more = fopen(path_of("list"), "a");
	fputs("10.0.0.2\n", more);
	fclose(more);
	wait_loads(file, 2);
	ck_assert(contains(file, "10.0.0.1") && contains(file, "10.0.0.2"));
	write_file("list", "10.0.0.3\n");
	wait_loads(file, 3);
	ck_assert(!contains(file, "10.0.0.1") && contains(file, "10.0.0.3"));
	ip_file_close(file);
}
END_TEST

START_TEST(test_replaced)
{
	struct ip_file *file;

	write_file("list", "10.0.0.1\n");
	file = open_file("list");
	write_file("list.new", "10.0.0.2\n");
	ck_assert_int_eq(rename(path_of("list.new"), path_of("list")), 0);
	wait_loads(file, 2);
	ck_assert(!contains(file, "10.0.0.1") && contains(file, "10.0.0.2"));
	ip_file_close(file);
}
END_TEST

START_TEST(test_removed)
{
	struct ip_file *file;

	write_file("list", "10.0.0.1\n");
	file = open_file("list");
	ck_assert_int_eq(unlink(path_of("list")), 0);
	wait_loads(file, 2);
	ck_assert(!contains(file, "10.0.0.1"));
	write_file("list", "10.0.0.1\n");
	wait_loads(file, 3);
	ck_assert(contains(file, "10.0.0.1"));
	ip_file_close(file);
}
END_TEST

/* What the link leads to is swapped by the name of another link, as configuration maps are. */
START_TEST(test_link)
{
	struct ip_file *file;

	ck_assert_int_eq(mkdir(path_of("v1"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of("v2"), 0700), 0);
	write_file("v1/list", "10.0.0.1\n");
	write_file("v2/list", "10.0.0.2\n");
	ck_assert_int_eq(symlink("v1", path_of("data")), 0);
	ck_assert_int_eq(symlink("data/list", path_of("list")), 0);
	file = open_file("list");
	ck_assert(contains(file, "10.0.0.1"));
	ck_assert_int_eq(symlink("v2", path_of("data.new")), 0);
	ck_assert_int_eq(rename(path_of("data.new"), path_of("data")), 0);
	wait_loads(file, 2);
	ck_assert(contains(file, "10.0.0.2") && !contains(file, "10.0.0.1"));
	ip_file_close(file);
}
END_TEST

/* The folder goes with the file, and comes back; or another one takes its place. */
START_TEST(test_folder)
{
	struct ip_file *file;

	ck_assert_int_eq(mkdir(path_of("d"), 0700), 0);
	write_file("d/list", "10.0.0.1\n");
	file = open_file("d/list");
	ck_assert_int_eq(unlink(path_of("d/list")), 0);
	ck_assert_int_eq(rmdir(path_of("d")), 0);
	wait_loads(file, 2);
	ck_assert(!contains(file, "10.0.0.1"));
	ck_assert_int_eq(mkdir(path_of("d"), 0700), 0);
	write_file("d/list", "10.0.0.2\n");
	wait_loads(file, 3);
	ck_assert(contains(file, "10.0.0.2"));
	ck_assert_int_eq(mkdir(path_of("e"), 0700), 0);
	write_file("e/list", "10.0.0.3\n");
	ck_assert_int_eq(rename(path_of("d"), path_of("old")), 0);
	ck_assert_int_eq(rename(path_of("e"), path_of("d")), 0);
	wait_loads(file, 4);
	while (!contains(file, "10.0.0.3"))
		wait_loads(file, ip_file_loads(file) + 1);
	write_file("d/list", "10.0.0.4\n");
	wait_loads(file, ip_file_loads(file) + 1);
	ck_assert(contains(file, "10.0.0.4"));
	ip_file_close(file);
}
END_TEST

/* Other files of the folder are nothing to it: it is not read again for them. */
START_TEST(test_others)
{
	struct ip_file *a, *b;

	write_file("a", "10.0.0.1\n");
	write_file("b", "10.0.0.2\n");
	a = open_file("a");
	b = open_file("b");
	write_file("c", "10.0.0.3\n");
	write_file("b", "10.0.0.4\n");
	wait_loads(b, 2);
	ck_assert_uint_eq(ip_file_loads(a), 1);
	ip_file_close(b);
	write_file("a", "10.0.0.5\n"); /* the folder is watched still */
	wait_loads(a, 2);
	ck_assert(contains(a, "10.0.0.5"));
	ip_file_close(a);
}
END_TEST

START_TEST(test_shared)
{
	struct ip_file *a, *b;

	write_file("list", "10.0.0.1\n");
	a = open_file("list");
	b = open_file("list");
	ck_assert_ptr_eq(a, b);
	ck_assert_uint_eq(ip_file_loads(a), 1);
	ip_file_close(a);
	ck_assert(contains(b, "10.0.0.1"));
	write_file("list", "10.0.0.2\n");
	wait_loads(b, 2);
	ip_file_close(b);
	ip_file_close(NULL);
}
END_TEST

/* What cannot be read changes nothing. */
START_TEST(test_unreadable)
{
	struct ip_file *file, *other;
	struct error err;

	write_file("list", "10.0.0.1\n");
	write_file("other", "10.0.0.1\n");
	file = open_file("list");
	other = open_file("other");
	ck_assert_int_eq(unlink(path_of("list")), 0);
	ck_assert_int_eq(mkdir(path_of("list"), 0700), 0);
	write_file("other", "10.0.0.2\n");
	wait_loads(other, 2);
	ck_assert(contains(file, "10.0.0.1"));
	ip_file_close(file);
	ip_file_close(other);
	ck_assert_ptr_null(ip_file_open(loop, path_of("list"), &err));
	ck_assert_ptr_nonnull(strstr(err.message, "is not a file"));
	ck_assert_ptr_null(ip_file_open(loop, path_of("none/list"), &err));
	ck_assert_ptr_nonnull(strstr(err.message, "cannot watch"));
	ck_assert_ptr_null(ip_file_open(loop, path_of(""), &err));
	ck_assert_ptr_null(ip_file_open(NULL, path_of("none/list"), &err));
	ck_assert_int_eq(ip_file_check(path_of("list"), &err), -1);
	ck_assert_int_eq(ip_file_check(path_of("none/list"), &err), -1);
	ck_assert_int_eq(ip_file_check(path_of("missing"), &err), 0);
	ck_assert_int_eq(ip_file_check(path_of("other"), &err), 0);
}
END_TEST

/* --- threads --------------------------------------------------------------------------------- */

static struct {
	struct ip_file *file;
	_Atomic bool over;
	_Atomic unsigned wrong;
} race;

/* 10.0.0.1 is in every version of the list, 10.9.9.9 in none. Check's macros are for one thread. */
static void *ask(void *arg)
{
	struct netaddr always, never;

	(void)arg;
	if (!netaddr_parse_ip("10.0.0.1", &always) || !netaddr_parse_ip("10.9.9.9", &never))
		race.wrong++;
	while (!race.over) {
		if (!ip_file_contains(race.file, &always) || ip_file_contains(race.file, &never))
			race.wrong++;
	}
	return NULL;
}

START_TEST(test_readers)
{
	pthread_t threads[3];
	uint64_t loads;
	size_t i;

	write_file("list", "10.0.0.1\n");
	race.file = open_file("list");
	race.over = false;
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, NULL), 0);
	for (i = 0; i < 10; i++) {
		loads = ip_file_loads(race.file);
		write_file("new", i % 2 == 0 ? "10.0.0.1\n10.0.0.2\n" : "10.0.0.0/30\n");
		ck_assert_int_eq(rename(path_of("new"), path_of("list")), 0);
		wait_loads(race.file, loads + 1);
	}
	race.over = true;
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(race.wrong, 0);
	ip_file_close(race.file);
}
END_TEST

/* --- figures --------------------------------------------------------------------------------- */

static double cpu_seconds(void)
{
	struct timespec at;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

START_TEST(test_million)
{
	FILE *out = fopen(path_of("list"), "w");
	struct netaddr addr = {.family = AF_INET};
	struct ip_file *file;
	uint32_t i, found = 0, x = 1;
	double start;

	for (i = 0; i < 1000000; i++, x = x * 1664525 + 1013904223) {
		if (i % 10 == 0)
			fprintf(out, "2001:db8:%x:%x::/64\n", x >> 16, x & 0xffff);
		else
			fprintf(
			    out, "%u.%u.%u.%u\n", x >> 24, x >> 16 & 255, x >> 8 & 255, x & 255);
	}
	fclose(out);
	start = cpu_seconds();
	file = open_file("list");
	start = cpu_seconds() - start;
	printf("1000000 lines read in %.3f s\n", start);
	ck_assert_uint_gt(ip_file_count(file), 900000);
	start = cpu_seconds();
	for (i = 0; i < 1000000; i++, x = x * 1664525 + 1013904223) {
		memcpy(addr.ip, &x, 4);
		found += ip_file_contains(file, &addr);
	}
	start = cpu_seconds() - start;
	printf("a look-up takes %.0f ns\n", start * 1e3);
	ck_assert_uint_lt(found, 1000000);
	ip_file_close(file);
}
END_TEST

/* --- the matcher ----------------------------------------------------------------------------- */

START_TEST(test_matcher)
{
	const char *set =
	    arena_printf(arena, "{'remote_ip_list': {'remote_ip_file': '%s'}}", path_of("list"));
	const char *missing =
	    arena_printf(arena, "{'remote_ip_list': {'remote_ip_file': '%s'}}", path_of("missing"));

	write_file("list", "# ours\n10.0.0.0/8\n");
	ck_assert_int_eq(support_verdict(set, span_str(""), false), MATCH_YES);
	ck_assert_int_eq(support_verdict(missing, span_str(""), false), MATCH_NO);
	ck_assert(!support_set(set).bytes);
	ck_assert(netaddr_parse_ip("11.0.0.1", &facts.src));
	ck_assert_int_eq(support_verdict(set, span_str(""), false), MATCH_NO);
	facts.src = (struct netaddr){.family = AF_UNIX, .path = "/run/x"};
	ck_assert_int_eq(support_verdict(set, span_str(""), false), MATCH_NO);
}
END_TEST

START_TEST(test_options)
{
	struct load dry = {.arena = arena, .dry = true};
	json_t *json = support_json("{'remote_ip_list': {'remote_ip_file': '/nowhere/x'}}");
	struct jnode node = jnode_root(json);
	struct matcher_set set;
	struct error err;

	ck_assert_int_eq(matcher_set_load(&dry, &node, &set, &err), -1);
	ck_assert_str_eq(err.path, "remote_ip_list.remote_ip_file");
	json_decref(json);
	support_refused("{'remote_ip_list': {'remote_ip_file': '/nowhere/x'}}",
	    "remote_ip_list.remote_ip_file: cannot watch /nowhere");
	support_refused("{'remote_ip_list': {}}", "remote_ip_list");
	support_refused("{'remote_ip_list': {'remote_ip_file': ''}}", "remote_ip_list");
	support_adapt("remote_ip_list /etc/ips", "{'remote_ip_file': '/etc/ips'}");
	support_adapt("remote_ip_list", NULL);
	support_adapt("remote_ip_list a b", NULL);
	support_adapt("remote_ip_list a {\nb\n}", NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ip_file");
	TCase *tc = tcase_create("ip_file");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	SUPPORT_LOOP(tc, test_lines, texts);
	tcase_add_test(tc, test_long_lines);
	tcase_add_test(tc, test_too_large);
	tcase_add_test(tc, test_missing_then_there);
	tcase_add_test(tc, test_written_again);
	tcase_add_test(tc, test_replaced);
	tcase_add_test(tc, test_removed);
	tcase_add_test(tc, test_link);
	tcase_add_test(tc, test_folder);
	tcase_add_test(tc, test_others);
	tcase_add_test(tc, test_shared);
	tcase_add_test(tc, test_unreadable);
	tcase_add_test(tc, test_readers);
	tcase_add_test(tc, test_million);
	tcase_add_test(tc, test_matcher);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
