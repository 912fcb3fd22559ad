/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_http.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>

#include "common/arena.h"
#include "daemon/certs/acme_message.h"

#define CONNECT_SECONDS 10L
#define HEADERS_MAX 128          /* lines */
#define HEADER_BYTES (64u << 10) /* of all of them */
#define HOST_CONNECTIONS_MAX 8L  /* to one server: one that hangs is to hold up no other */
#define CONNECTIONS_MAX 64L

struct acme_exchange {
	struct acme_exchange *prev, *next;
	CURL *easy;
	struct curl_slist *headers;
	struct arena *arena;
	void (*done)(void *arg, const struct acme_http_reply *reply);
	void *arg;
	struct buf body;
	struct acme_http_reply reply;
	unsigned header_count;
	size_t header_bytes;
	bool too_long;
	char failure[CURL_ERROR_SIZE];
};

/* A socket of libcurl's that is watched. */
struct watched {
	ev_io io;
};

static struct {
	struct ev_loop *loop;
	CURLM *multi;
	ev_timer timer;
	struct acme_exchange *exchanges;
} http;

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- the end of an exchange ---------------------------------------------------------------- */

static void exchange_free(struct acme_exchange *x)
{
	curl_multi_remove_handle(http.multi, x->easy);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	if (x->prev != NULL)
		x->prev->next = x->next;
	else
		http.exchanges = x->next;
	if (x->next != NULL)
		x->next->prev = x->prev;
	buf_fini(&x->body);
	arena_free(x->arena);
	free(x);
}

static void finish(struct acme_exchange *x, CURLcode code)
{
	if (x->too_long)
		x->reply.failure = "the answer is too long";
	else if (code != CURLE_OK)
		x->reply.failure = x->failure[0] != '\0' ? x->failure : curl_easy_strerror(code);
	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->reply.status);
	x->reply.body = buf_span(&x->body);
	x->done(x->arg, &x->reply);
	exchange_free(x);
}

static void take_finished(void)
{
	struct CURLMsg *message;
	struct acme_exchange *x;
	int left;

	while ((message = curl_multi_info_read(http.multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&x);
		finish(x, message->data.result);
	}
}

/* ---- libcurl and the loop ------------------------------------------------------------------ */

static void on_socket_event(struct ev_loop *loop, ev_io *w, int events)
{
	int running, what = 0;

	(void)loop;
	if (events & EV_READ)
		what |= CURL_CSELECT_IN;
	if (events & EV_WRITE)
		what |= CURL_CSELECT_OUT;
	curl_multi_socket_action(http.multi, w->fd, what, &running);
	take_finished();
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	int running;

	(void)loop;
	(void)w;
	(void)events;
	curl_multi_socket_action(http.multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_finished();
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
	struct watched *watched = socket;
	int events = 0;

	(void)easy;
	(void)arg;
	if (what == CURL_POLL_REMOVE) {
		if (watched != NULL)
			ev_io_stop(http.loop, &watched->io);
		free(watched);
		curl_multi_assign(http.multi, fd, NULL);
		return 0;
	}
	if (watched == NULL) {
		watched = mem_zalloc(sizeof(*watched));
		ev_io_init(&watched->io, on_socket_event, fd, 0);
		curl_multi_assign(http.multi, fd, watched);
	}
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	ev_io_stop(http.loop, &watched->io);
	ev_io_set(&watched->io, fd, events);
	ev_io_start(http.loop, &watched->io);
	return 0;
}

/* 0 means soon: libcurl must not be entered again from here. */
static int on_timer_wanted(CURLM *multi, long milliseconds, void *arg)
{
	(void)multi;
	(void)arg;
	ev_timer_stop(http.loop, &http.timer);
	if (milliseconds < 0)
		return 0;
	ev_timer_set(&http.timer, (double)milliseconds / 1000, 0.);
	ev_timer_start(http.loop, &http.timer);
	return 0;
}

/* ---- what comes in ------------------------------------------------------------------------- */

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct acme_exchange *x = arg;
	size_t n = size * count;

	if (n > ACME_BODY_MAX - buf_len(&x->body)) {
		x->too_long = true;
		return 0;
	}
	buf_append(&x->body, bytes, n);
	return n;
}

static struct span trimmed(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		span_skip(&s, 1);
	while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

static void keep_field(struct acme_exchange *x, struct span name, struct span value)
{
	struct acme_http_reply *r = &x->reply;
	const struct {
		const char *name;
		const char **to;
	} kept[] = {{"Replay-Nonce", &r->nonce}, {"Location", &r->location},
	    {"Retry-After", &r->retry_after}};
	struct span url;
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (strlen(kept[i].name) == name.n &&
		    strncasecmp(kept[i].name, (const char *)name.p, name.n) == 0)
			*kept[i].to = arena_strndup(x->arena, (const char *)value.p, value.n);
	if (name.n == 4 && strncasecmp("Link", (const char *)name.p, 4) == 0 &&
	    r->alternate_count < ACME_ALTERNATES_MAX && acme_link_alternate(value, &url))
		r->alternates[r->alternate_count++] =
		    arena_strndup(x->arena, (const char *)url.p, url.n);
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct acme_exchange *x = arg;
	struct span line = span_of(bytes, size * count), value;
	const uint8_t *colon = memchr(line.p, ':', line.n);

	/* libcurl itself keeps all that comes. */
	x->header_bytes += line.n;
	if (++x->header_count > HEADERS_MAX || x->header_bytes > HEADER_BYTES) {
		x->too_long = true;
		return 0;
	}
	if (colon == NULL)
		return size * count;
	value = trimmed(span_of(colon + 1, line.n - (size_t)(colon - line.p) - 1));
	if (value.n <= ACME_FIELD_MAX && memchr(value.p, '\0', value.n) == NULL)
		keep_field(x, span_of(line.p, (size_t)(colon - line.p)), value);
	return size * count;
}

/* ---- sending ------------------------------------------------------------------------------- */

static void set_request(struct acme_exchange *x, const struct acme_http_request *r)
{
	CURL *easy = x->easy;

	curl_easy_setopt(easy, CURLOPT_URL, r->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, r->plain ? "http,https" : "https");
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "pointsman/" PACKAGE_VERSION);
	if (r->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, r->ca_file);
	if (r->verb == ACME_HEAD)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (r->verb != ACME_POST)
		return;
	x->headers =
	    curl_slist_append(x->headers, arena_printf(x->arena, "Content-Type: %s",
					      r->type != NULL ? r->type : "application/jose+json"));
	x->headers = curl_slist_append(x->headers, "Expect:");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)r->body.n);
	curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, (const char *)r->body.p);
}

static void set_limits(struct acme_exchange *x, const struct acme_http_request *r)
{
	CURL *easy = x->easy;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(r->timeout * 1000));
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	/* A resolver's thread that hangs must not hold up the end of the program. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->failure);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
}

struct acme_exchange *acme_http_send(const struct acme_http_request *request,
    void (*done)(void *arg, const struct acme_http_reply *reply), void *arg)
{
	struct acme_exchange *x = mem_zalloc(sizeof(*x));

	x->easy = curl_easy_init();
	if (x->easy == NULL)
		abort(); /* as everywhere where there is no memory for something small */
	x->arena = arena_new(1024);
	x->done = done;
	x->arg = arg;
	x->reply.nonce = x->reply.location = x->reply.retry_after = "";
	x->next = http.exchanges;
	if (x->next != NULL)
		x->next->prev = x;
	http.exchanges = x;
	set_request(x, request);
	set_limits(x, request);
	curl_multi_add_handle(http.multi, x->easy);
	return x;
}

void acme_http_cancel(struct acme_exchange *exchange)
{
	exchange_free(exchange);
}

/* ---- beginning and end --------------------------------------------------------------------- */

int acme_http_start(struct ev_loop *loop, struct error *err)
{
	pthread_once(&curl_once, init_curl);
	http.multi = curl_multi_init();
	if (http.multi == NULL)
		return error_set(err, ERROR_INTERNAL, "libcurl cannot be started");
	http.loop = loop;
	ev_timer_init(&http.timer, on_timer, 0., 0.);
	curl_multi_setopt(http.multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
	curl_multi_setopt(http.multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
	curl_multi_setopt(http.multi, CURLMOPT_MAX_HOST_CONNECTIONS, HOST_CONNECTIONS_MAX);
	curl_multi_setopt(http.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, CONNECTIONS_MAX);
	return 0;
}

void acme_http_stop(void)
{
	if (http.multi == NULL)
		return;
	while (http.exchanges != NULL)
		exchange_free(http.exchanges);
	curl_multi_cleanup(http.multi);
	ev_timer_stop(http.loop, &http.timer);
	memset(&http, 0, sizeof(http));
}
