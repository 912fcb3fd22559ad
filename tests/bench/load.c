/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load for proxies that are compared, with backend.c behind them. Every connection is a thread with
 * blocking sockets: what the client costs is not measured. See usage().
 */
#include <config.h>

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE 64
#define CHUNK (256u << 10)
#define PATIENCE 10 /* seconds until an answer is missing */
#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM"
#define NAME "bench.example"

static const char usage[] =
    "usage: load PORT WORK TRANSPORT CONNECTIONS SECONDS\n"
    "\n"
    "WORK: push, pull      bytes, as fast as they go\n"
    "      exchange        a message of 64 bytes and its answer, again and again\n"
    "      connect         a connection for each exchange\n"
    "      hold            connections that have had one exchange and say nothing more\n"
    "TRANSPORT: plain, udp, tls, resume (tls, with a ticket), hello (a ClientHello, then plain)\n"
    "\n"
    "Says 'ready' when it has what it needs (connections, tickets), begins when a line comes, and\n"
    "prints in the end how much was done (bytes, exchanges, connections) and how often it "
    "failed.\n";

enum transport { PLAIN, UDP, TLS, RESUME, HELLO };
static const char *const transports[] = {"plain", "udp", "tls", "resume", "hello"};

struct client {
	pthread_t thread;
	int fd; /* -1: none */
	gnutls_session_t tls;
	gnutls_datum_t ticket; /* of the last session */
	bool told;             /* the other side knows what is wanted */
	uint64_t done, failed;
	uint8_t buffer[CHUNK];
};

struct work {
	const char *name;
	bool (*prepare)(struct client *c); /* before the time begins */
	bool (*run)(struct client *c);     /* until the end; false: it failed */
};

static int port;
static enum transport transport;
static const struct work *work;
static double seconds, end;
static pthread_barrier_t ready, go;
static gnutls_certificate_credentials_t credentials;
static uint8_t hello[2048];
static size_t hello_length;
static const uint8_t zeros[CHUNK];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- one connection ------------------------------------------------------------------------- */

static gnutls_session_t session_new(void)
{
	gnutls_session_t session;

	gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
	gnutls_priority_set_direct(session, PRIORITY, NULL);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_server_name_set(session, GNUTLS_NAME_DNS, NAME, strlen(NAME));
	return session;
}

static ssize_t keep_hello(gnutls_transport_ptr_t to, const void *p, size_t n)
{
	(void)to;
	if (n > sizeof(hello) - hello_length)
		return -1;
	memcpy(hello + hello_length, p, n);
	hello_length += n;
	return (ssize_t)n;
}

static ssize_t give_nothing(gnutls_transport_ptr_t from, void *p, size_t n)
{
	(void)from;
	(void)p;
	(void)n;
	return 0;
}

/* The first flight of a TLS client that is never answered. */
static void make_hello(void)
{
	gnutls_session_t session = session_new();

	gnutls_transport_set_push_function(session, keep_hello);
	gnutls_transport_set_pull_function(session, give_nothing);
	gnutls_handshake(session);
	gnutls_deinit(session);
}

static bool put(struct client *c, const uint8_t *p, size_t n)
{
	ssize_t sent;

	for (; n > 0; p += sent, n -= (size_t)sent) {
		sent = c->tls != NULL ? gnutls_record_send(c->tls, p, n)
				      : send(c->fd, p, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
	}
	return true;
}

/* As many bytes as come at once; 0: none any more. */
static size_t get(struct client *c, size_t most)
{
	ssize_t n;

	if (c->tls == NULL)
		n = recv(c->fd, c->buffer, most, 0);
	else /* a ticket has come, no data */
		while ((n = gnutls_record_recv(c->tls, c->buffer, most)) == GNUTLS_E_AGAIN)
			;
	return n > 0 ? (size_t)n : 0;
}

static void leave(struct client *c)
{
	if (c->tls != NULL) {
		gnutls_bye(c->tls, GNUTLS_SHUT_WR);
		gnutls_deinit(c->tls);
	}
	if (c->fd != -1)
		close(c->fd);
	c->tls = NULL;
	c->fd = -1;
}

static bool handshake(struct client *c)
{
	int status;

	c->tls = session_new();
	gnutls_transport_set_int(c->tls, c->fd);
	if (c->ticket.size > 0)
		gnutls_session_set_data(c->tls, c->ticket.data, c->ticket.size);
	do
		status = gnutls_handshake(c->tls);
	while (status < 0 && !gnutls_error_is_fatal(status));
	return status == 0 && (c->ticket.size == 0 || gnutls_session_is_resumed(c->tls));
}

static bool enter(struct client *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_sec = PATIENCE};
	int one = 1;

	c->told = false;
	c->fd = socket(AF_INET, transport == UDP ? SOCK_DGRAM : SOCK_STREAM, 0);
	if (c->fd == -1 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		return false;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (transport != UDP)
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (transport == HELLO)
		return put(c, hello, hello_length);
	return (transport != TLS && transport != RESUME) || handshake(c);
}

static bool tell(struct client *c, char wanted)
{
	c->told = true;
	return put(c, (const uint8_t *)&wanted, 1);
}

static bool exchange(struct client *c)
{
	static const uint8_t message[1 + MESSAGE] = "e";
	bool told = c->told || transport == UDP;
	size_t got = 0, n;

	c->told = true;
	if (!put(c, message + told, sizeof(message) - told))
		return false;
	for (; got < MESSAGE; got += n)
		if ((n = get(c, MESSAGE)) == 0)
			return false;
	return true;
}

/* ---- works ---------------------------------------------------------------------------------- */

static bool push(struct client *c)
{
	if (!tell(c, 's'))
		return false;
	for (; now() < end; c->done += CHUNK)
		if (!put(c, zeros, CHUNK))
			return false;
	return tell(c, 'k') && get(c, 1) == 1;
}

static bool pull(struct client *c)
{
	bool asked = false;
	size_t n;

	if (!tell(c, 'g'))
		return false;
	while ((n = get(c, CHUNK)) > 0) {
		c->done += n;
		if (c->buffer[n - 1] != 0)
			return true;
		if (!asked && now() >= end)
			asked = tell(c, 'k');
	}
	return false;
}

static bool enter_and_exchange(struct client *c)
{
	return enter(c) && exchange(c);
}

static bool exchange_on(struct client *c)
{
	for (; now() < end; c->done++)
		if (!exchange(c))
			return false;
	return true;
}

/* With a ticket for the next one, where that is wanted. */
static bool one_connection(struct client *c)
{
	bool well = enter_and_exchange(c);

	if (well && transport == RESUME) {
		gnutls_free(c->ticket.data);
		c->ticket = (gnutls_datum_t){0};
		well = gnutls_session_get_data2(c->tls, &c->ticket) == 0;
	}
	leave(c);
	return well;
}

static bool connect_on(struct client *c)
{
	for (; now() < end; c->done++)
		if (!one_connection(c))
			return false;
	return true;
}

static bool hold(struct client *c)
{
	c->done++;
	return true;
}

static const struct work works[] = {
    {"push", enter, push},
    {"pull", enter, pull},
    {"exchange", enter_and_exchange, exchange_on},
    {"connect", one_connection, connect_on},
    {"hold", enter_and_exchange, hold},
};
#define WORK_COUNT (sizeof(works) / sizeof(works[0]))
#define HOLD (&works[WORK_COUNT - 1])

static void *run(void *arg)
{
	struct client *c = arg;
	bool well = work->prepare(c);

	pthread_barrier_wait(&ready);
	pthread_barrier_wait(&go);
	c->failed += !well || !work->run(c);
	leave(c);
	return NULL;
}

static void wait_for_go(void)
{
	puts("ready");
	fflush(stdout);
	getchar();
	end = now() + seconds;
}

static void run_threads(struct client **clients, unsigned count)
{
	pthread_attr_t small;
	unsigned i;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 256u << 10);
	pthread_barrier_init(&ready, NULL, count + 1);
	pthread_barrier_init(&go, NULL, count + 1);
	for (i = 0; i < count; i++)
		if (pthread_create(&clients[i]->thread, &small, run, clients[i]) != 0)
			abort();
	pthread_barrier_wait(&ready);
	wait_for_go();
	pthread_barrier_wait(&go);
	for (i = 0; i < count; i++)
		pthread_join(clients[i]->thread, NULL);
}

/* One after the other, without a thread for each. */
static void hold_all(struct client **clients, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		clients[i]->failed += !work->prepare(clients[i]) || !work->run(clients[i]);
	wait_for_go();
}

static int find(const char *name, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return (int)i;
	fputs(usage, stderr);
	exit(2);
}

static struct client **clients_new(unsigned count)
{
	struct client **clients = calloc(count, sizeof(struct client *));
	unsigned i;

	for (i = 0; clients != NULL && i < count; i++) {
		clients[i] = calloc(1, sizeof(struct client));
		if (clients[i] == NULL)
			abort();
		clients[i]->fd = -1;
	}
	return clients;
}

int main(int argc, char **argv)
{
	const char *names[WORK_COUNT];
	struct client **clients;
	uint64_t done = 0, failed = 0;
	unsigned count, i;

	for (i = 0; i < WORK_COUNT; i++)
		names[i] = works[i].name;
	if (argc != 6 || (port = atoi(argv[1])) <= 0 || (count = (unsigned)atoi(argv[4])) == 0) {
		fputs(usage, stderr);
		return 2;
	}
	work = &works[find(argv[2], names, WORK_COUNT)];
	transport =
	    (enum transport)find(argv[3], transports, sizeof(transports) / sizeof(transports[0]));
	seconds = atof(argv[5]);
	gnutls_certificate_allocate_credentials(&credentials);
	make_hello();
	clients = clients_new(count);
	if (clients == NULL)
		abort();
	(work == HOLD ? hold_all : run_threads)(clients, count);
	for (i = 0; i < count; i++) {
		done += clients[i]->done;
		failed += clients[i]->failed;
	}
	printf("%llu %llu\n", (unsigned long long)done, (unsigned long long)failed);
	return 0;
}
