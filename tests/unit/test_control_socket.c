/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket's place in the file system, and whom it lets in. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/control_path.h"
#include "control_support.h"
#include "daemon/control/server.h"

static char folder[] = "/tmp/pointsman-control.XXXXXX";
static char path[64];

static void set_up(void)
{
	snprintf(folder + sizeof(folder) - 7, 7, "XXXXXX");
	ck_assert(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/run/control.sock", folder);
	daemon_start();
}

static void tear_down(void)
{
	char below[64];

	control_server_stop();
	daemon_stop();
	unlink(path);
	snprintf(below, sizeof(below), "%s/run", folder);
	rmdir(below);
	ck_assert_int_eq(rmdir(folder), 0);
}

static int connect_to_path(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static unsigned mode_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(stat(name, &st), 0);
	return st.st_mode & 07777;
}

static void start(void)
{
	struct error err;

	ck_assert_msg(control_server_start(path, &err) == 0, "%s", err.message);
}

static void refuse_start(enum error_code code)
{
	struct error err;

	ck_assert_int_eq(control_server_start(path, &err), -1);
	ck_assert_msg(err.code == code, "%s", err.message);
}

/* A socket at path as another program makes one; it listens while its descriptor is open. */
static int make_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char below[64];

	snprintf(below, sizeof(below), "%s/run", folder);
	mkdir(below, 0700);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

START_TEST(modes)
{
	mode_t before = umask(_i == 0 ? 022 : 0);
	char below[64];

	snprintf(below, sizeof(below), "%s/run", folder);
	start();
	ck_assert_uint_eq(mode_of(path), 0660);
	ck_assert_uint_eq(mode_of(below), 0750);
	umask(before);
	control_server_stop();
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(serves)
{
	struct peer_client c = {0};

	start();
	c.fd = connect_to_path();
	ck_assert_int_ne(c.fd, -1);
	greet(&c);
	client_stop(&c);
}
END_TEST

START_TEST(dead_socket_is_replaced)
{
	close(make_socket());
	ck_assert_int_eq(connect_to_path(), -1);
	start();
	close(connect_to_path());
}
END_TEST

START_TEST(live_socket_stays)
{
	int fd = make_socket();

	refuse_start(ERROR_IN_USE);
	ck_assert_int_eq(access(path, F_OK), 0);
	close(fd);
}
END_TEST

/* Its backlog full: busy is not dead. */
START_TEST(busy_socket_stays)
{
	int fd = make_socket();
	int clients[8], i;

	for (i = 0; i < 8; i++)
		clients[i] = connect_to_path();
	refuse_start(ERROR_IN_USE);
	for (i = 0; i < 8; i++)
		if (clients[i] != -1)
			close(clients[i]);
	close(fd);
}
END_TEST

START_TEST(no_socket_is_left_alone)
{
	int fd;

	close(make_socket());
	unlink(path);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	refuse_start(ERROR_EXISTS);
	ck_assert_int_eq(access(path, F_OK), 0);
	unlink(path);
	ck_assert_int_eq(symlink("elsewhere", path), 0);
	refuse_start(ERROR_EXISTS);
}
END_TEST

/* What is at the path by then is not ours to remove. */
START_TEST(removes_only_its_own)
{
	int fd;

	start();
	unlink(path);
	fd = make_socket();
	control_server_stop();
	ck_assert_int_eq(access(path, F_OK), 0);
	close(fd);
}
END_TEST

START_TEST(too_many_clients)
{
	struct peer_client c[CONTROL_CLIENTS_MAX + 1] = {0};
	int i;

	start();
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		c[i].fd = connect_to_path();
		ck_assert_int_ne(c[i].fd, -1);
		greet(&c[i]);
	}
	c[i].fd = connect_to_path();
	expect_closing(&c[i], "limit");
	client_stop(&c[0]);
	turns(3);
	client_stop(&c[i]);
	c[i].fd = connect_to_path();
	c[i] = (struct peer_client){.fd = c[i].fd};
	greet(&c[i]);
	for (i = 1; i <= CONTROL_CLIENTS_MAX; i++)
		client_stop(&c[i]);
}
END_TEST

START_TEST(says_goodbye)
{
	struct peer_client c = {0};

	start();
	c.fd = connect_to_path();
	greet(&c);
	control_server_stop();
	expect_closing(&c, "busy");
	client_stop(&c);
}
END_TEST

START_TEST(paths_by_environment)
{
	char text[CONTROL_PATH_MAX];

	setenv("XDG_RUNTIME_DIR", "/run/user/5", 1);
	control_path_daemon(text);
	ck_assert_str_eq(
	    text, geteuid() == 0 ? CONTROL_SOCKET_SYSTEM : "/run/user/5/pointsman/control.sock");
	setenv(CONTROL_SOCKET_ENV, "/somewhere/else", 1);
	ck_assert_str_eq(control_path_client(text), "/somewhere/else");
	setenv(CONTROL_SOCKET_ENV, "", 1);
	ck_assert_str_eq(control_path_client(text), CONTROL_SOCKET_SYSTEM);
	unsetenv(CONTROL_SOCKET_ENV);
	ck_assert_str_eq(control_path_client(text), CONTROL_SOCKET_SYSTEM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("control_socket");
	TCase *tc = tcase_create("socket");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, modes, 0, 2);
	tcase_add_test(tc, serves);
	tcase_add_test(tc, dead_socket_is_replaced);
	tcase_add_test(tc, live_socket_stays);
	tcase_add_test(tc, busy_socket_stays);
	tcase_add_test(tc, no_socket_is_left_alone);
	tcase_add_test(tc, removes_only_its_own);
	tcase_add_test(tc, too_many_clients);
	tcase_add_test(tc, says_goodbye);
	tcase_add_test(tc, paths_by_environment);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
