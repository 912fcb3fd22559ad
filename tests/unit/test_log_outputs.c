/* SPDX-License-Identifier: BSD-2-Clause */
/* Several outputs: which lines each takes, files that are moved aside and opened anew. */
#include <config.h>

#include "common/log.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/log_file.h"

static char folder[64], path[128];
static struct error err;

static void setup(void)
{
	strcpy(folder, "/tmp/test_log.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.log", folder);
}

static void teardown(void)
{
	char command[96];

	log_stop();
	log_init(LOG_TEXT, LOG_INFO, STDERR_FILENO);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* ---- which lines ---------------------------------------------------------------------------- */

/* The rule's verdict on a line, without any output. */
static bool takes(const struct log_rule *rule, const char *subsystem, enum log_level level)
{
	struct log_routes routes;
	bool taken;

	log_routes_init(&routes);
	log_routes_set(&routes, rule, 1);
	taken = log_routes_takers(&routes, log_subsystem(subsystem), subsystem, level) == 1;
	ck_assert(!taken || (int)level >= routes.lowest);
	return taken;
}

START_TEST(test_rules)
{
	static const char *const layer4[] = {"layer4", NULL};
	static const char *const access[] = {"layer4.log", "http.log.access.one", NULL};
	static const char *const proxy[] = {"layer4.handlers.proxy", NULL};
	static const char *const health[] = {"layer4.handlers.proxy.health", NULL};
	static const char *const part[] = {"laye", "tls.iss", NULL};
	struct log_rule all = {.level = LOG_INFO};
	struct log_rule some = {.level = LOG_WARN, .include = access};
	struct log_rule others = {.level = LOG_DEBUG, .exclude = access};
	struct log_rule within = {.level = LOG_INFO, .include = layer4, .exclude = proxy};
	struct log_rule further = {.level = LOG_INFO, .include = health, .exclude = proxy};
	struct log_rule none = {.level = LOG_DEBUG, .include = part};

	ck_assert(takes(&all, "core", LOG_INFO) && takes(&all, "access", LOG_ERROR));
	ck_assert(!takes(&all, "core", LOG_DEBUG));
	ck_assert(takes(&all, "http.log.access", LOG_INFO));
	ck_assert(takes(&some, "access", LOG_WARN) && !takes(&some, "access", LOG_INFO));
	ck_assert(!takes(&some, "core", LOG_ERROR));
	ck_assert(takes(&some, "http.log.access.one", LOG_WARN));
	ck_assert(!takes(&some, "http.log.access.onetwo", LOG_WARN));
	ck_assert(!takes(&some, "http.log.access", LOG_WARN));
	ck_assert(!takes(&others, "access", LOG_ERROR) && takes(&others, "core", LOG_DEBUG));
	ck_assert(!takes(&others, "http.log.access.one", LOG_ERROR));
	ck_assert(takes(&others, "http.log.access.two", LOG_DEBUG));
	ck_assert(takes(&within, "core", LOG_INFO) && takes(&within, "tee", LOG_INFO));
	ck_assert(!takes(&within, "upstream", LOG_INFO) && !takes(&within, "health", LOG_INFO));
	ck_assert(!takes(&within, "tls", LOG_INFO));
	ck_assert(takes(&further, "health", LOG_INFO) && !takes(&further, "upstream", LOG_INFO));
	ck_assert(!takes(&none, "core", LOG_ERROR) && !takes(&none, "certs", LOG_ERROR));
	ck_assert(log_logger_exists("layer4") && log_logger_exists("tls.issuance"));
	ck_assert(log_logger_exists("http.log.access.any") && log_logger_exists("http.log"));
	ck_assert(!log_logger_exists("http.handlers") && !log_logger_exists("laye"));
}
END_TEST

/* Outputs of these rules and formats, to files a, b, ... of the folder. */
static void set_outputs(struct log_output *outputs, size_t count)
{
	static const struct log_file_options options = {.folder_mode = 0700};
	struct log_file *files[4];
	char name[sizeof(path)];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s/%c", folder, (char)('a' + i));
		files[i] = log_file_open(name, &options, &err);
		ck_assert_msg(files[i] != NULL, "%s", err.message);
		outputs[i].file = i;
	}
	log_outputs_set(outputs, count, files, count);
}

/* What a file of the folder holds, to be used at once. */
static const char *contents(const char *name)
{
	static char text[1 << 20];
	char file[sizeof(path)];
	ssize_t n;
	int fd;

	snprintf(file, sizeof(file), "%s/%s", folder, name);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	n = read(fd, text, sizeof(text) - 1);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	close(fd);
	return text;
}

static size_t lines(const char *name)
{
	const char *p = contents(name);
	size_t n = 0;

	while ((p = strchr(p, '\n')) != NULL) {
		n++;
		p++;
	}
	return n;
}

START_TEST(test_formats_and_levels)
{
	static const char *const tls[] = {"tls", NULL};
	struct log_output outputs[] = {
	    {.rule = {.level = LOG_INFO}, .format = LOG_TEXT},
	    {.rule = {.level = LOG_DEBUG, .include = tls}, .format = LOG_JSON},
	};
	struct log_line line;
	size_t index;

	set_outputs(outputs, 2);
	log_begin(&line, LOG_WARN, "certs", "both");
	log_str(&line, "key", "a b");
	log_end(&line);
	ck_assert_ptr_nonnull(strstr(contents("a"), " warn  certs: both key=\"a b\"\n"));
	ck_assert_ptr_nonnull(strstr(contents("b"), "\"msg\":\"both\",\"key\":\"a b\"}\n"));
	log_msg(LOG_DEBUG, "tls", "one");
	log_msg(LOG_INFO, "core", "the other");
	log_msg(LOG_DEBUG, "core", "none");
	ck_assert_uint_eq(lines("a"), 2);
	ck_assert_uint_eq(lines("b"), 2);
	/* Asked for while it runs, of one subsystem and of all. */
	ck_assert_int_eq(log_set_level("core", LOG_DEBUG), 0);
	ck_assert_int_eq(log_set_level("cor", LOG_DEBUG), -1);
	index = (size_t)log_subsystem("core");
	ck_assert_int_eq(log_level_set_for(index), LOG_DEBUG);
	ck_assert_int_eq(log_level_with(index, -1), LOG_INFO);
	ck_assert_int_eq(log_level_with((size_t)log_subsystem("tls"), -1), LOG_DEBUG);
	log_msg(LOG_DEBUG, "core", "now it is wanted");
	log_msg(LOG_DEBUG, "http", "this is not");
	ck_assert_uint_eq(lines("a"), 3);
	ck_assert_int_eq(log_set_level(NULL, LOG_ERROR), 0);
	log_msg(LOG_WARN, "core", "none");
	log_msg(LOG_WARN, "http.log.access.x", "none");
	ck_assert(!log_enabled(LOG_WARN, "core"));
	ck_assert_uint_eq(lines("a"), 3);
	/* It outlives a change of the outputs, and may be taken back. */
	set_outputs(outputs, 2);
	ck_assert(!log_enabled(LOG_WARN, "core"));
	ck_assert_int_eq(log_set_level(NULL, -1), 0);
	log_msg(LOG_INFO, "core", "as the outputs say");
	log_msg(LOG_DEBUG, "core", "none");
	ck_assert_uint_eq(lines("a"), 4);
	ck_assert_uint_eq(lines("b"), 2);
}
END_TEST

/* Lines between the beginning and the end of which the outputs change go to the new ones. */
START_TEST(test_change_within_a_line)
{
	struct log_output outputs[] = {
	    {.rule = {.level = LOG_INFO}, .format = LOG_TEXT},
	    {.rule = {.level = LOG_INFO}, .format = LOG_TEXT},
	    {.rule = {.level = LOG_INFO}, .format = LOG_JSON},
	};
	struct log_line line;

	set_outputs(outputs, 1);
	log_begin(&line, LOG_INFO, "core", "here");
	set_outputs(outputs, 3);
	log_end(&line);
	ck_assert_uint_eq(lines("a"), 1);
	ck_assert_uint_eq(lines("b"), 1);
	ck_assert_uint_eq(lines("c"), 0); /* it was not made in that format */
}
END_TEST

/* One that nobody reads is let go without waiting; the other has all its lines. */
START_TEST(test_stuck_target)
{
	struct log_output outputs[] = {
	    {.rule = {.level = LOG_INFO}, .file = 0},
	    {.rule = {.level = LOG_INFO}, .file = 1},
	};
	const struct log_file_options options = {.folder_mode = 0700};
	struct log_file *files[2];
	struct timespec from, to;
	char fifo[sizeof(path)];
	int i;

	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	files[0] = log_file_open(fifo, &options, &err);
	files[1] = log_file_open(path, &options, &err);
	ck_assert(files[0] != NULL && files[1] != NULL);
	log_outputs_set(outputs, 2, files, 2);
	log_start();
	for (i = 0; i < 40000; i++) {
		log_msg(LOG_INFO, "core", "a line of some length, number %d, for a full pipe", i);
		if (i % 1000 == 0)
			usleep(2000); /* for the other one's thread */
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	log_init(LOG_TEXT, LOG_ERROR, STDERR_FILENO);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ck_assert_int_le(to.tv_sec - from.tv_sec, 1);
	log_stop(); /* which waits for the one that can be written */
	ck_assert_ptr_nonnull(strstr(contents("a.log"), "number 0, "));
	ck_assert_int_eq(log_file_check(fifo, &err), 0);
}
END_TEST

/* ---- changes while lines are written -------------------------------------------------------- */

static _Atomic bool held, changed;
static _Atomic pid_t holder;

/* A line to an output that takes none until the writer gives up on it, after two seconds. */
static void *write_blocked(void *unused)
{
	holder = gettid();
	log_msg(LOG_INFO, "tls", "to a full pipe");
	held = false;
	return unused;
}

static void *change_level(void *unused)
{
	log_set_level("core", LOG_DEBUG);
	changed = true;
	return unused;
}

/* Does a thread of this process sleep? */
static bool sleeps(pid_t thread)
{
	char name[64], text[128] = "", *state;
	FILE *stat;

	snprintf(name, sizeof(name), "/proc/self/task/%d/stat", (int)thread);
	stat = fopen(name, "r");
	if (stat == NULL)
		return false;
	state = fgets(text, sizeof(text), stat) != NULL ? strrchr(text, ')') : NULL;
	fclose(stat);
	return state != NULL && state[2] == 'S';
}

/* true: the line was written while another held an older setup, and a change waited for him. */
static bool written_beside_change(void)
{
	pthread_t blocked, changer;
	bool beside;

	held = true;
	changed = false;
	holder = 0;
	log_set_level("core", LOG_INFO);
	ck_assert_int_eq(pthread_create(&blocked, NULL, write_blocked, NULL), 0);
	while (holder == 0 || (held && !sleeps(holder)))
		usleep(100);
	ck_assert_int_eq(pthread_create(&changer, NULL, change_level, NULL), 0);
	while (held && !log_enabled(LOG_DEBUG, "core"))
		usleep(100);
	log_msg(LOG_DEBUG, "core", "not held up");
	beside = held && !changed;
	pthread_join(blocked, NULL);
	pthread_join(changer, NULL);
	ck_assert(changed);
	return beside;
}

/* Whoever writes a line waits for no change of the outputs, nor for one who writes elsewhere. */
START_TEST(test_no_waiting)
{
	static const char *const tls[] = {"tls", NULL}, *const core[] = {"layer4", NULL};
	struct log_output outputs[] = {
	    {.rule = {.level = LOG_INFO, .include = tls}, .file = 0},
	    {.rule = {.level = LOG_INFO, .include = core}, .file = 1},
	};
	const struct log_file_options options = {.folder_mode = 0700};
	struct log_file *files[2];
	int ends[2], tries = 0;

	ck_assert_int_ne(pipe2(ends, O_NONBLOCK), -1);
	while (write(ends[1], "x", 1) == 1)
		;
	files[0] = log_file_of("pipe", ends[1]);
	files[1] = log_file_open(path, &options, &err);
	ck_assert_ptr_nonnull(files[1]);
	log_outputs_set(outputs, 2, files, 2);
	while (!written_beside_change()) /* a machine that stood still for two seconds */
		ck_assert_int_lt(++tries, 10);
	ck_assert_uint_ge(lines("a.log"), 1);
	log_init(LOG_TEXT, LOG_INFO, STDERR_FILENO);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

#define WRITERS 4
#define LINES_EACH 2000

static _Atomic int writers_left;

static void *write_some(void *name)
{
	int i;

	for (i = 0; i < LINES_EACH; i++) {
		log_msg(LOG_INFO, i % 2 ? "core" : "http.log.access.site", "%s %d",
		    (const char *)name, i);
		if (i % 100 == 0)
			usleep(500);
	}
	writers_left--;
	return NULL;
}

/* Every line goes to the one output that is there, whichever of the two files that is. */
START_TEST(test_changes_lose_nothing)
{
	static const char *const filters[] = {"layer4", "http.log", NULL};
	struct log_output output = {.rule = {.level = LOG_INFO, .include = filters}};
	static const struct log_file_options options = {.folder_mode = 0700};
	static char writer_names[WRITERS][2] = {"a", "b", "c", "d"};
	char names[2][sizeof(path)];
	pthread_t threads[WRITERS];
	struct log_file *file;
	size_t i;

	log_start();
	writers_left = WRITERS;
	for (i = 0; i < 2; i++)
		snprintf(names[i], sizeof(names[i]), "%s/%zu", folder, i);
	file = log_file_open(names[0], &options, &err);
	log_outputs_set(&output, 1, &file, 1);
	for (i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_some, writer_names[i]), 0);
	for (i = 1; writers_left > 0; i++) {
		file = log_file_open(names[i % 2], &options, &err);
		ck_assert_ptr_nonnull(file);
		log_outputs_set(&output, 1, &file, 1);
		log_set_level("core", i % 3 == 0 ? LOG_DEBUG : -1);
		usleep(1000);
	}
	for (i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	log_init(LOG_TEXT, LOG_ERROR, STDERR_FILENO);
	log_stop();
	ck_assert_uint_eq(lines("0") + lines("1"), WRITERS * LINES_EACH);
}
END_TEST

/* ---- files ---------------------------------------------------------------------------------- */

static mode_t mode_of(const char *file)
{
	struct stat st;

	ck_assert_int_eq(stat(file, &st), 0);
	return st.st_mode & 07777;
}

START_TEST(test_open)
{
	struct log_file_options options = {.mode = 0640, .folder_mode = 0750};
	struct log_file *file;
	char deep[sizeof(folder) + 32], parent[sizeof(folder) + 8];

	snprintf(parent, sizeof(parent), "%s/x", folder);
	snprintf(deep, sizeof(deep), "%s/y/b.log", parent);
	ck_assert_int_eq(log_file_check(deep, &err), 0);
	ck_assert_int_eq(access(parent, F_OK), -1);
	file = log_file_open(deep, &options, &err);
	ck_assert_msg(file != NULL, "%s", err.message);
	log_file_close(file);
	ck_assert_int_eq(mode_of(deep), 0640);
	ck_assert_int_eq(mode_of(parent) & ~0750u, 0);
	ck_assert_int_eq(log_file_check(deep, &err), 0);
	/* One that is there keeps its mode, unless one is said. */
	chmod(deep, 0604);
	options.mode = 0;
	file = log_file_open(deep, &options, &err);
	ck_assert_int_eq(mode_of(deep), 0604);
	log_file_close(file);
	ck_assert_ptr_null(log_file_open(folder, &options, &err));
	ck_assert_ptr_nonnull(strstr(err.message, folder));
	ck_assert_int_eq(log_file_check(folder, &err), -1);
	strcat(deep, "/under");
	ck_assert_int_eq(log_file_check(deep, &err), -1);
	ck_assert_ptr_null(log_file_open(deep, &options, &err));
}
END_TEST

static void put(struct log_file *file, const char *text)
{
	size_t n = strlen(text);

	ck_assert_int_eq(write(log_file_fd(file), text, n), (ssize_t)n);
	ck_assert_msg(log_file_wrote(file, n, &err) == 0, "%s", err.message);
}

/* Files of the folder whose names begin so. */
static size_t count_files(const char *prefix)
{
	char command[160];
	unsigned n = 0;
	FILE *pipe;

	snprintf(command, sizeof(command), "ls %s | grep -c '^%s'", folder, prefix);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	ck_assert_int_eq(fscanf(pipe, "%u", &n), 1);
	pclose(pipe);
	return n;
}

START_TEST(test_roll)
{
	const struct log_file_options options = {
	    .folder_mode = 0700, .roll_size = 10, .roll_keep = 3, .roll_age = 3600};
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct log_file *file = log_file_open(path, &options, &err);
	char name[sizeof(path) + 32];
	int i;

	ck_assert_ptr_nonnull(file);
	put(file, "12345");
	ck_assert_uint_eq(count_files("a.log"), 1);
	put(file, "67890");
	ck_assert_uint_eq(count_files("a.log"), 2);
	ck_assert_str_eq(contents("a.log"), "");
	put(file, "next");
	ck_assert_str_eq(contents("a.log"), "next");
	/* Names that are not ours stay, old ones go, and so do those beyond the number. */
	snprintf(name, sizeof(name), "%s-2020-01-01T00-00-00.00x", path);
	close(creat(name, 0600));
	snprintf(name, sizeof(name), "%s-2099-01-01T00-00-00.000", path);
	close(creat(name, 0600));
	ck_assert_int_eq(utimensat(AT_FDCWD, name, old, 0), 0);
	put(file, "0123456");
	ck_assert_uint_eq(count_files("a.log-"), 3);
	ck_assert_int_eq(access(name, F_OK), -1);
	for (i = 0; i < 5; i++) {
		usleep(2000); /* each has its millisecond */
		put(file, "0123456789");
	}
	ck_assert_uint_eq(count_files("a.log-"), 4);
	/* What a file has when it is opened counts. */
	put(file, "123456789");
	log_file_close(file);
	file = log_file_open(path, &options, &err);
	put(file, "x");
	ck_assert_str_eq(contents("a.log"), "");
	log_file_close(file);
}
END_TEST

START_TEST(test_reopen)
{
	const struct log_file_options options = {.folder_mode = 0700};
	struct log_file *file = log_file_open(path, &options, &err);
	char moved[sizeof(path) + 8];

	ck_assert_ptr_nonnull(file);
	put(file, "one");
	snprintf(moved, sizeof(moved), "%s.1", path);
	ck_assert_int_eq(rename(path, moved), 0);
	put(file, "two");
	ck_assert_int_eq(log_file_reopen(file, &err), 0);
	put(file, "three");
	ck_assert_str_eq(contents("a.log"), "three");
	ck_assert_str_eq(contents("a.log.1"), "onetwo");
	/* Where that cannot be done, the old one stays. */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(log_file_reopen(file, &err), -1);
	put(file, "four");
	log_file_close(file);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log outputs");
	TCase *tests = tcase_create("log outputs");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_rules);
	tcase_add_test(tests, test_formats_and_levels);
	tcase_add_test(tests, test_change_within_a_line);
	tcase_add_test(tests, test_stuck_target);
	tcase_add_test(tests, test_no_waiting);
	tcase_add_test(tests, test_changes_lose_nothing);
	tcase_add_test(tests, test_open);
	tcase_add_test(tests, test_roll);
	tcase_add_test(tests, test_reopen);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
