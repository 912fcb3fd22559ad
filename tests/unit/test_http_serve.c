/* SPDX-License-Identifier: BSD-2-Clause */
/* Serving HTTP/1: a real worker at the other end of a Unix socket, and clients of all manners. */
#include <config.h>

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/config/change.h"
#include "daemon/core/answers.h"
#include "daemon/core/instance.h"
#include "daemon/core/worker.h"
#include "daemon/http/app.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PATIENCE 10000 /* ms: longer than anything takes */

static char folder[64], socket_path[96];

/* ---- the server ---------------------------------------------------------------------------- */

static const char document[] =
    "{\"apps\": {\"http\": {\"servers\": {\"a\": {\"listen\": [\"unix/%s\"], \"max_header_bytes\": "
    "2048, \"read_header_timeout\": \"2s\", \"idle_timeout\": \"2s\", "
    "\"read_idle_timeout\": \"2s\", \"write_idle_timeout\": \"2s\", \"routes\": ["
    "{\"match\": [{\"path\": [\"/text\"]}], \"handle\": [{\"handler\": \"static_response\", "
    "\"body\": \"text\"}]},"
    "{\"match\": [{\"path\": [\"/json\"]}], \"handle\": [{\"handler\": \"static_response\", "
    "\"body\": \" {\\\"a\\\": 1} \", \"status_code\": \"201\", \"headers\": {\"x-a\": [\"1\", "
    "\"2\"]}}]},"
    "{\"match\": [{\"path\": [\"/echo\"]}], \"handle\": [{\"handler\": \"static_response\", "
    "\"body\": \"{http.request.uri.query.a}{unknown}\", \"headers\": {\"X-A\": "
    "[\"{http.request.uri.query.a}\"]}}]},"
    "{\"match\": [{\"path\": [\"/status\"]}], \"handle\": [{\"handler\": \"static_response\", "
    "\"status_code\": \"{http.request.uri.query.s}\"}]},"
    "{\"match\": [{\"path\": [\"/big\"]}], \"handle\": [{\"handler\": \"static_response\", "
    "\"body\": \"%s\"}]},"
    "{\"match\": [{\"path\": [\"/close\"]}], \"handle\": [{\"handler\": \"static_response\", "
    "\"body\": \"bye\", \"close\": true}]},"
    "{\"match\": [{\"path\": [\"/abort\"]}], \"handle\": [{\"handler\": \"static_response\", "
    "\"abort\": true}]},"
    "{\"match\": [{\"path\": [\"/none\"]}], \"handle\": [{\"handler\": \"static_response\", "
    "\"status_code\": 204, \"body\": \"x\"}]},"
    "{\"match\": [{\"path\": [\"/hints\"]}], \"handle\": [{\"handler\": \"static_response\", "
    "\"status_code\": 103, \"headers\": {\"Link\": [\"</s.css>\"]}}, {\"handler\": "
    "\"static_response\", \"body\": \"after\"}]},"
    "{\"match\": [{\"path\": [\"/headers\"]}], \"handle\": ["
    "{\"handler\": \"headers\", \"response\": {\"deferred\": true, \"delete\": [\"Server\", "
    "\"x-b*\"], \"add\": {\"x-late\": [\"l\"]}, \"replace\": {\"X-C\": [{\"search\": \"o\", "
    "\"replace\": \"0\"}, {\"search_regexp\": \"(f)(0+)\", \"replace\": \"${2}$1$$\"}]}}},"
    "{\"handler\": \"headers\", \"response\": {\"set\": {\"x-set\": [\"one\", \"two\"]}}},"
    "{\"handler\": \"static_response\", \"headers\": {\"X-Bad\": [\"b\"], \"X-C\": [\"foo "
    "foo\"]}}]},"
    "{\"match\": [{\"path\": [\"/require\"]}], \"handle\": ["
    "{\"handler\": \"headers\", \"response\": {\"set\": {\"X-One\": [\"default\"], \"X-Two\": "
    "[\"set\"]}, \"require\": {\"headers\": {\"X-One\": null}}, \"deferred\": false}},"
    "{\"handler\": \"headers\", \"response\": {\"set\": {\"X-Status\": [\"4xx\"]}, "
    "\"require\": {\"status_code\": [500, 4]}}},"
    "{\"handler\": \"static_response\", \"status_code\": \"{http.request.uri.query.s}\", "
    "\"headers\": {\"{http.request.uri.query.name}\": [\"given\"]}}]},"
    "{\"match\": [{\"path\": [\"/order*\"]}], \"handle\": [{\"handler\": \"subroute\", "
    "\"routes\": ["
    "{\"match\": [{\"path\": [\"*never\"]}], \"handle\": [{\"handler\": \"static_response\", "
    "\"body\": \"never\"}], \"group\": \"g\"},"
    "{\"handle\": [{\"handler\": \"headers\", \"response\": {\"add\": {\"X-O\": [\"1\"]}}}], "
    "\"group\": \"g\"},"
    "{\"handle\": [{\"handler\": \"headers\", \"response\": {\"add\": {\"X-O\": [\"2\"]}}}], "
    "\"group\": \"g\"},"
    "{\"match\": [{\"path\": [\"*end\"]}], \"terminal\": true}]}]},"
    "{\"match\": [{\"path\": [\"/order*\"]}], \"handle\": [{\"handler\": \"static_response\", "
    "\"body\": \"fell through\"}]}"
    "]}}}}}";

static void stop_loop(void *arg)
{
	(void)arg;
	ev_break(control_loop(), EVBREAK_ALL);
}

static void publish(const char *text)
{
	struct error err;
	json_error_t where;
	struct change change = {.document = json_loads(text, 0, &where), .who = "test"};

	ck_assert_msg(change.document != NULL, "%s at %d", where.text, where.position);
	ck_assert_msg(
	    change_document(&change, stop_loop, NULL, &err) == 0, "%s: %s", err.path, err.message);
	json_decref(change.document);
	ev_run(control_loop(), 0);
}

static char big[300001];

static void publish_document(void)
{
	struct buf text = {0};

	memset(big, 'b', sizeof(big) - 1);
	buf_printf(&text, document, socket_path, big);
	publish(buf_str(&text));
	buf_fini(&text);
}

static void setup(void)
{
	static const struct app_type *const apps[] = {&app_http, NULL};
	struct error err;

	log_init(LOG_TEXT, LOG_ERROR, 2);
	strcpy(folder, "/tmp/test_http_serve.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(socket_path, sizeof(socket_path), "%s/socket", folder);
	app_types_set(apps);
	ck_assert_int_eq(workers_start(1, &err), 0);
	ev_ref(control_loop()); /* it runs until it is told to stop */
	publish_document();
}

static void teardown(void)
{
	workers_stop();
	instance_forget();
	unlink(socket_path);
	rmdir(folder);
}

/* ---- a client ------------------------------------------------------------------------------ */

static int client(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(sa.sun_path, socket_path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void put(int fd, const char *bytes, size_t n)
{
	ck_assert_int_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

static void put_str(int fd, const char *text)
{
	put(fd, text, strlen(text));
}

/* Reads up to the end of the stream; returns 0, or an errno. */
static int get_up_to_end(int fd, struct buf *out)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	for (;;) {
		ck_assert_int_eq(poll(&p, 1, PATIENCE), 1);
		n = recv(fd, buf_reserve(out, 65536), 65536, 0);
		if (n <= 0)
			break;
		buf_commit(out, (size_t)n);
	}
	return n == 0 ? 0 : errno;
}

static void get_all(int fd, struct buf *out)
{
	int problem = get_up_to_end(fd, out);

	ck_assert_msg(problem == 0, "%s", strerror(problem));
}

/* Reads until so many bytes are there. */
static void get_some(int fd, struct buf *out, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	while (buf_len(out) < size) {
		ck_assert_int_eq(poll(&p, 1, PATIENCE), 1);
		n = recv(fd, buf_reserve(out, 65536), 65536, 0);
		ck_assert_int_gt(n, 0);
		buf_commit(out, (size_t)n);
	}
}

/* What the server says to bytes, after which the client ends its side. */
static const char *talk(const char *bytes, struct buf *out)
{
	int fd = client();

	put_str(fd, bytes);
	shutdown(fd, SHUT_WR);
	get_all(fd, out);
	close(fd);
	return buf_str(out);
}

/* Takes "Date: ...\r\n" out, everywhere. Returns what is left. */
static const char *without_date(struct buf *text)
{
	char *at = (char *)buf_str(text), *date;

	while ((date = strstr(at, "Date: ")) != NULL) {
		ck_assert_int_eq(strncmp(date + 32, "GMT\r\n", 5), 0);
		memmove(date, date + 37, strlen(date + 37) + 1);
		text->end -= 37;
		at = date;
	}
	return buf_str(text);
}

/* ---- answers ------------------------------------------------------------------------------- */

#define LINE "HTTP/1.1 200 OK\r\nServer: pointsman\r\n"
#define TEXT_TYPE "Content-Type: text/plain; charset=utf-8\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define TEXT LINE TEXT_TYPE "Content-Length: 4\r\n\r\ntext"
#define EMPTY LINE "Content-Length: 0\r\n\r\n"
#define ERROR(status, length)                                                                      \
	"HTTP/1.1 " status "\r\nServer: pointsman\r\n" TEXT_TYPE "Content-Length: " length         \
	"\r\nConnection: close\r\n\r\n" status "\n"

static const struct talk_case {
	const char *request, *answer;
} talk_cases[] = {
    {"", ""},
    {GET("/text"), TEXT},
    {GET("/nothing"), EMPTY},
    {"HEAD /text HTTP/1.1\r\nHost: a\r\n\r\n" GET("/text"),
	LINE TEXT_TYPE "Content-Length: 4\r\n\r\n" TEXT},
    {GET("/json"), "HTTP/1.1 201 Created\r\nServer: pointsman\r\nX-A: 1\r\nX-A: "
		   "2\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n {\"a\": 1} "},
    {GET("/echo?a=x%0d%0ay"),
	LINE "X-A: x  y\r\n" TEXT_TYPE "Content-Length: 13\r\n\r\nx\r\ny{unknown}"},
    {GET("/status?s=404"),
	"HTTP/1.1 404 Not Found\r\nServer: pointsman\r\nContent-Length: 0\r\n\r\n"},
    {GET("/status?s=4x4"), "HTTP/1.1 500 Internal Server Error\r\nServer: pointsman\r\n" TEXT_TYPE
			   "Content-Length: 26\r\n\r\n500 Internal Server Error\n"},
    {GET("/none"), "HTTP/1.1 204 No Content\r\nServer: pointsman\r\n" TEXT_TYPE "\r\n"},
    {GET("/hints"), "HTTP/1.1 103 Early Hints\r\nServer: pointsman\r\nLink: </s.css>\r\n\r\n" LINE
		    "Link: </s.css>\r\n" TEXT_TYPE "Content-Length: 5\r\n\r\nafter"},
    {GET("/headers"), "HTTP/1.1 200 OK\r\nX-Set: one,two\r\nX-C: 00f$ 00f$\r\nX-Late: "
		      "l\r\nContent-Length: 0\r\n\r\n"},
    {GET("/require?s=200&name=x-one"), LINE "X-One: given\r\nContent-Length: 0\r\n\r\n"},
    {GET("/require?s=404&name=x-three"),
	"HTTP/1.1 404 Not Found\r\nServer: pointsman\r\nX-Three: given\r\nX-Status: 4xx\r\nX-One: "
	"default\r\nX-Two: set\r\nContent-Length: 0\r\n\r\n"},
    {GET("/order"), LINE "X-O: 1\r\n" TEXT_TYPE "Content-Length: 12\r\n\r\nfell through"},
    {GET("/order/never"), LINE TEXT_TYPE "Content-Length: 5\r\n\r\nnever"},
    {GET("/order/end"), LINE "X-O: 1\r\nContent-Length: 0\r\n\r\n"},
    /* keeping the connection, and ending it */
    {GET("/text") GET("/nothing") GET("/text"), TEXT EMPTY TEXT},
    {GET("/close") GET("/text"),
	LINE TEXT_TYPE "Content-Length: 3\r\nConnection: close\r\n\r\nbye"},
    {GET("/text") GET("/abort") GET("/text"), TEXT},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET("/text"),
	LINE "Content-Length: 0\r\nConnection: close\r\n\r\n"},
    {"GET / HTTP/1.0\r\n\r\n" GET("/text"), LINE "Content-Length: 0\r\nConnection: close\r\n\r\n"},
    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" GET("/text"),
	LINE "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n" TEXT},
    {"GET /hints HTTP/1.0\r\n\r\n",
	LINE "Link: </s.css>\r\n" TEXT_TYPE "Content-Length: 5\r\nConnection: close\r\n\r\nafter"},
    {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n" GET("/text"),
	LINE "Content-Length: 0\r\nConnection: close\r\n\r\n"},
    /* bodies */
    {"POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" GET("/text"), TEXT TEXT},
    {"POST /text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
     "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n\r\n" GET("/text"),
	TEXT TEXT},
    {"POST /text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n" GET("/text"),
	TEXT},
    {"POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n",
	LINE TEXT_TYPE "Content-Length: 4\r\nConnection: close\r\n\r\ntext"},
    {"POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n" GET(
	 "/text"),
	LINE TEXT_TYPE "Content-Length: 4\r\nConnection: close\r\n\r\ntext"},
    /* what is refused */
    {"\x16\x03\x01\r\n", ERROR("400 Bad Request", "16")},
    {GET("/text") "nonsense\r\n", TEXT ERROR("400 Bad Request", "16")},
    {"GET / HTTP/1.1\r\n\r\n", ERROR("400 Bad Request", "16")},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", ERROR("400 Bad Request", "16")},
    {"GET / HTTP/2.0\r\n", ERROR("505 HTTP Version Not Supported", "31")},
    {"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n", ERROR("501 Not Implemented", "20")},
    {"GET / HTTP/1.1\r\nHost: a\r\nExpect: much\r\n", ERROR("417 Expectation Failed", "23")},
};

START_TEST(test_talk)
{
	const struct talk_case *c = &talk_cases[_i];
	struct buf answer = {0};

	talk(c->request, &answer);
	ck_assert_str_eq(without_date(&answer), c->answer);
	buf_fini(&answer);
}
END_TEST

/* The same, whatever the packets. */
/* HTTP-01: the token of a pending order, asked of the name it is for, goes before all routes. */
START_TEST(test_challenge)
{
	static const char path[] = "/.well-known/acme-challenge/token";
	static const struct {
		const char *method, *before, *after, *host, *body;
	} cases[] = {
	    {"GET", "", "", "A.Example:80", "\r\n\r\ntoken.print"},
	    {"GET", "", "", "b.example", NULL},
	    {"GET", "", "x", "a.example", NULL},
	    {"GET", "/x", "", "a.example", NULL},
	    {"POST", "", "", "a.example", NULL},
	};
	struct error err;
	char request[128];
	size_t i;

	answers_add(ANSWER_HTTP, "token", "a.example", "token.print", NULL, NULL, &err);
	for (i = 0; i < COUNT(cases); i++) {
		struct buf answer = {0};
		const char *text;

		snprintf(request, sizeof(request), "%s %s%s%s HTTP/1.1\r\nHost: %s\r\n\r\n",
		    cases[i].method, cases[i].before, path, cases[i].after, cases[i].host);
		text = talk(request, &answer);
		ck_assert_msg((strstr(text, "token.print") != NULL) == (cases[i].body != NULL),
		    "%s%s", request, text);
		ck_assert(cases[i].body == NULL || strstr(text, cases[i].body) != NULL);
		buf_fini(&answer);
	}
	answers_remove(ANSWER_HTTP, "token");
}
END_TEST

START_TEST(test_byte_by_byte)
{
	const struct talk_case *c = &talk_cases[_i];
	struct buf answer = {0};
	int fd = client(), problem;
	size_t i;

	for (i = 0; c->request[i] != '\0'; i++)
		if (send(fd, c->request + i, 1, MSG_NOSIGNAL) == -1)
			break; /* refused meanwhile */
	shutdown(fd, SHUT_WR);
	/* What was still on its way when the connection was aborted turns its end into a reset. */
	problem = get_up_to_end(fd, &answer);
	close(fd);
	ck_assert_msg(problem == 0 || problem == ECONNRESET, "%s", strerror(problem));
	ck_assert_str_eq(without_date(&answer), c->answer);
	buf_fini(&answer);
}
END_TEST

/* Two long heads in crumbs of all lengths, so that each place is an end once. */
START_TEST(test_long_head_in_crumbs)
{
	struct buf request = {0}, answer = {0};
	size_t n, step = (size_t)_i;
	int fd = client(), i;

	for (i = 0; i < 2; i++) {
		buf_append_str(&request, "GET /text HTTP/1.1\r\nHost: a\r\n");
		for (n = 0; n < 20; n++)
			buf_printf(&request, "X-%zu: %080d\r\n", n, 0);
		buf_append_str(&request, "\r\n");
	}
	while (buf_len(&request) > 0) {
		n = buf_len(&request) < step ? buf_len(&request) : step;
		put(fd, buf_str(&request), n);
		buf_consume(&request, n);
	}
	shutdown(fd, SHUT_WR);
	get_all(fd, &answer);
	close(fd);
	ck_assert_str_eq(without_date(&answer), TEXT TEXT);
	buf_fini(&request);
	buf_fini(&answer);
}
END_TEST

START_TEST(test_header_limit)
{
	struct buf request = {0}, answer = {0};

	buf_append_str(&request, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	while (buf_len(&request) < 2048 + 4096)
		buf_append_str(&request, "x");
	talk(buf_str(&request), &answer);
	ck_assert_str_eq(without_date(&answer), ERROR("431 Request Header Fields Too Large", "36"));
	buf_fini(&request);
	buf_fini(&answer);
}
END_TEST

/* ---- back-pressure ------------------------------------------------------------------------- */

/* Many large answers that nobody reads yet: requests are not taken, nothing is lost. */
START_TEST(test_slow_reader)
{
	struct buf answer = {0};
	int fd = client(), i;
	size_t count = 0;
	const char *at;

	for (i = 0; i < 20; i++)
		put_str(fd, GET("/big"));
	put_str(fd, GET("/close"));
	usleep(50000);
	get_all(fd, &answer);
	for (at = buf_str(&answer); (at = strstr(at, "HTTP/1.1 200 OK")) != NULL; at++)
		count++;
	ck_assert_uint_eq(count, 21);
	ck_assert_uint_gt(buf_len(&answer), 20 * (sizeof(big) - 1));
	ck_assert_ptr_nonnull(strstr(buf_str(&answer), "bye"));
	close(fd);
	buf_fini(&answer);
}
END_TEST

/* One that never reads is given up. */
START_TEST(test_stuck_reader)
{
	struct pollfd p = {.events = POLLHUP};
	int i;

	p.fd = client();
	for (i = 0; i < 20; i++)
		put_str(p.fd, GET("/big"));
	p.events = 0;
	ck_assert_int_eq(poll(&p, 1, PATIENCE), 1);
	ck_assert(p.revents & POLLHUP);
	close(p.fd);
}
END_TEST

/* ---- time ---------------------------------------------------------------------------------- */

START_TEST(test_head_timeout)
{
	struct buf answer = {0};
	int fd = client();

	put_str(fd, "GET / HTTP/1.1\r\nHost: ");
	get_all(fd, &answer);
	ck_assert_str_eq(without_date(&answer), ERROR("408 Request Timeout", "20"));
	close(fd);
	buf_fini(&answer);
}
END_TEST

/* A client that sends a byte now and then does not last longer. */
START_TEST(test_trickled_head)
{
	struct pollfd p = {.fd = client(), .events = POLLIN};
	int i;

	for (i = 0; i < 100; i++) {
		if (send(p.fd, "G", 1, MSG_NOSIGNAL) == -1 || poll(&p, 1, 50) == 1)
			break;
	}
	ck_assert_int_lt(i, 100);
	close(p.fd);
}
END_TEST

START_TEST(test_silent)
{
	struct buf answer = {0};
	int fd = client();

	get_all(fd, &answer);
	ck_assert_uint_eq(buf_len(&answer), 0);
	close(fd);
	buf_fini(&answer);
}
END_TEST

START_TEST(test_idle)
{
	struct buf answer = {0};
	int fd = client();

	put_str(fd, GET("/text"));
	get_all(fd, &answer);
	ck_assert_str_eq(without_date(&answer), TEXT);
	close(fd);
	buf_fini(&answer);
}
END_TEST

START_TEST(test_stalled_body)
{
	struct buf answer = {0};
	int fd = client();

	put_str(fd, "POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
	get_all(fd, &answer);
	ck_assert_str_eq(without_date(&answer), TEXT);
	close(fd);
	buf_fini(&answer);
}
END_TEST

/* ---- changes ------------------------------------------------------------------------------- */

/* A server that is gone lets go of clients that wait, and at once. */
START_TEST(test_removed)
{
	struct buf answer = {0};
	int fd = client();

	put_str(fd, GET("/text"));
	get_some(fd, &answer, sizeof(TEXT) - 1 + 37);
	publish("{}");
	get_all(fd, &answer);
	ck_assert_str_eq(without_date(&answer), TEXT);
	close(fd);
	buf_fini(&answer);
	publish_document();
}
END_TEST

/* One with a request on its way gets its answer, and is then told to come again. */
START_TEST(test_removed_busy)
{
	struct buf answer = {0};
	int fd = client();

	put_str(fd, "GET /text HTTP/1.1\r\n");
	usleep(20000); /* it does no harm if that is not enough */
	publish("{}");
	put_str(fd, "Host: a\r\n\r\n");
	get_all(fd, &answer);
	ck_assert_str_eq(without_date(&answer),
	    LINE TEXT_TYPE "Content-Length: 4\r\nConnection: close\r\n\r\ntext");
	close(fd);
	buf_fini(&answer);
	publish_document();
}
END_TEST

/* The same document again disturbs nobody. */
START_TEST(test_unchanged)
{
	struct buf answer = {0};
	int fd = client();

	put_str(fd, GET("/text"));
	get_some(fd, &answer, sizeof(TEXT) - 1 + 37);
	publish_document();
	put_str(fd, GET("/text"));
	get_some(fd, &answer, 2 * (sizeof(TEXT) - 1 + 37));
	ck_assert_str_eq(without_date(&answer), TEXT TEXT);
	close(fd);
	buf_fini(&answer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_serve");
	TCase *tc = tcase_create("http_serve");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_talk, 0, COUNT(talk_cases));
	tcase_add_loop_test(tc, test_byte_by_byte, 0, COUNT(talk_cases));
	tcase_add_test(tc, test_challenge);
	tcase_add_loop_test(tc, test_long_head_in_crumbs, 1, 12);
	tcase_add_test(tc, test_header_limit);
	tcase_add_test(tc, test_slow_reader);
	tcase_add_test(tc, test_stuck_reader);
	tcase_add_test(tc, test_head_timeout);
	tcase_add_test(tc, test_trickled_head);
	tcase_add_test(tc, test_silent);
	tcase_add_test(tc, test_idle);
	tcase_add_test(tc, test_stalled_body);
	tcase_add_test(tc, test_removed);
	tcase_add_test(tc, test_removed_busy);
	tcase_add_test(tc, test_unchanged);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
