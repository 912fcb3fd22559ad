/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/resolver.h"

#include <ares.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/arena.h"
#include "common/siphash.h"

/* Names may come from clients. */
#define HASH_FUNCTION(key, length, hash) ((hash) = (unsigned)siphash(key, length))
#include <uthash.h>

#define CLASS_IN 1  /* RFC 1035 section 3.2.4 */
#define TTL_MIN 1.0 /* seconds */
#define TTL_MAX 3600.0
#define TTL_FAILED 1.0 /* before a name that failed is asked for again */

#define SERVERS_FILE "/etc/resolv.conf"
#define SERVERS_CHECK 5.0 /* seconds between two looks at it */

struct resolver_query {
	struct resolver_query *next;
	struct entry *entry; /* NULL: cancelled */
	void (*done)(void *arg, const struct resolver_answer *answer);
	void *arg;
};

/* What is known of a name in a family. */
struct entry {
	char *key; /* family and name */
	struct resolver *resolver;
	struct resolver_answer answer; /* the last good one; count 0: none yet */
	ev_tstamp fresh_until;
	struct resolver_query *waiting;
	bool asked;        /* a query is under way */
	bool failing;      /* the last one brought nothing */
	UT_hash_handle hh; /* in the order of use */
};

/* A socket of c-ares. */
struct sock {
	struct sock *next;
	ev_io io;
};

struct resolver {
	struct ev_loop *loop;
	ares_channel channel;
	ev_timer timer;
	struct sock *socks;
	struct entry *entries;
	struct timespec servers_changed; /* of SERVERS_FILE, when it was last read */
	ev_tstamp servers_checked;
	bool servers_fixed; /* by resolver_set_servers() */
	bool closing;
};

/* ---- c-ares on the loop --------------------------------------------------------------------- */

static void on_timer(struct ev_loop *loop, ev_timer *w, int events);

/* c-ares says when it wants to be called without an event. */
static void set_timer(struct resolver *r)
{
	struct timeval longest = {.tv_sec = 5}, tv;
	struct timeval *next = ares_timeout(r->channel, &longest, &tv);

	ev_timer_stop(r->loop, &r->timer);
	if (r->socks == NULL)
		return;
	ev_timer_set(&r->timer, (double)next->tv_sec + (double)next->tv_usec / 1e6, 0.);
	ev_timer_start(r->loop, &r->timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	struct resolver *r = w->data;

	(void)loop;
	(void)events;
	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(r);
}

static void on_io(struct ev_loop *loop, ev_io *w, int events)
{
	struct resolver *r = w->data;
	int fd = w->fd; /* the watcher may go while c-ares works */

	(void)loop;
	ares_process_fd(r->channel, (events & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
	    (events & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	set_timer(r);
}

static void on_sock_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolver *r = arg;
	struct sock **at = &r->socks, *s;

	while (*at != NULL && (*at)->io.fd != fd)
		at = &(*at)->next;
	s = *at;
	if (s != NULL)
		ev_io_stop(r->loop, &s->io);
	if (!readable && !writable) {
		if (s != NULL) {
			*at = s->next;
			free(s);
		}
		return;
	}
	if (s == NULL) {
		s = mem_zalloc(sizeof(*s));
		s->next = r->socks;
		r->socks = s;
		ev_init(&s->io, on_io);
		s->io.data = r;
	}
	ev_io_set(&s->io, fd, (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
	ev_io_start(r->loop, &s->io);
}

static void library_init(void)
{
	ares_library_init(ARES_LIB_INIT_ALL);
}

struct resolver *resolver_new(struct ev_loop *loop)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct resolver *r = mem_zalloc(sizeof(*r));
	struct ares_options options = {
	    .sock_state_cb = on_sock_state,
	    .sock_state_cb_data = r,
	    .timeout = 1000, /* ms, for the first try; twice that for the second */
	    .tries = 2,
	};

	pthread_once(&once, library_init);
	r->loop = loop;
	ev_init(&r->timer, on_timer);
	r->timer.data = r;
	if (ares_init_options(&r->channel, &options,
		ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS) {
		free(r);
		return NULL;
	}
	return r;
}

static void entry_free(struct resolver *r, struct entry *e)
{
	struct resolver_query *q;

	HASH_DEL(r->entries, e);
	while ((q = e->waiting) != NULL) {
		e->waiting = q->next;
		free(q);
	}
	free(e->key);
	free(e);
}

void resolver_free(struct resolver *r)
{
	struct entry *e, *next;

	if (r == NULL)
		return;
	r->closing = true;
	ares_destroy(r->channel);
	ev_timer_stop(r->loop, &r->timer);
	HASH_ITER (hh, r->entries, e, next)
		entry_free(r, e);
	free(r);
}

/* Takes over the system's servers anew where their file has changed, as c-ares does not. */
static void refresh_servers(struct resolver *r)
{
	struct ares_addr_port_node *servers = NULL;
	ev_tstamp now = ev_now(r->loop);
	ares_channel fresh;
	struct stat st;

	if (r->servers_fixed || r->socks != NULL || now < r->servers_checked + SERVERS_CHECK)
		return;
	r->servers_checked = now;
	if (stat(SERVERS_FILE, &st) == -1 || (st.st_mtim.tv_sec == r->servers_changed.tv_sec &&
						 st.st_mtim.tv_nsec == r->servers_changed.tv_nsec))
		return;
	r->servers_changed = st.st_mtim;
	if (ares_init(&fresh) != ARES_SUCCESS)
		return;
	if (ares_get_servers_ports(fresh, &servers) == ARES_SUCCESS)
		ares_set_servers_ports(r->channel, servers);
	ares_free_data(servers);
	ares_destroy(fresh);
}

int resolver_set_servers(struct resolver *r, const char *servers)
{
	r->servers_fixed = true;
	return ares_set_servers_ports_csv(r->channel, servers) == ARES_SUCCESS ? 0 : -1;
}

/* ---- answers -------------------------------------------------------------------------------- */

static void add_address(struct resolver_answer *answer, const struct netaddr *addr)
{
	size_t i;

	for (i = 0; i < answer->count; i++)
		if (netaddr_equal_ip(&answer->items[i], addr))
			return;
	if (answer->count < RESOLVER_ADDRESSES_MAX)
		answer->items[answer->count++] = *addr;
}

/* Hands the answer to all who wait. They may ask again from their callbacks. */
static void deliver(struct entry *e, const struct resolver_answer *answer)
{
	struct resolver_query *q;

	while ((q = e->waiting) != NULL) {
		e->waiting = q->next;
		if (q->entry != NULL)
			q->done(q->arg, answer);
		free(q);
	}
}

static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
	struct entry *e = arg;
	struct resolver *r = e->resolver;
	struct resolver_answer answer = {.problem = ares_strerror(status)};
	struct ares_addrinfo_node *node;
	double ttl = TTL_MAX;

	(void)timeouts;
	if (r->closing) {
		ares_freeaddrinfo(info);
		return;
	}
	e->asked = false;
	for (node = info != NULL ? info->nodes : NULL; node != NULL; node = node->ai_next) {
		struct netaddr addr = netaddr_from_sockaddr(node->ai_addr, node->ai_addrlen);

		add_address(&answer, &addr);
		if (node->ai_ttl < ttl)
			ttl = node->ai_ttl;
	}
	ares_freeaddrinfo(info);
	e->failing = answer.count == 0;
	if (e->failing) {
		ttl = TTL_FAILED;
		e->answer.problem = answer.problem;
	} else {
		e->answer = answer;
	}
	if (e->answer.count > 0)
		answer = e->answer; /* the last good one */
	e->fresh_until = ev_now(r->loop) + (ttl < TTL_MIN ? TTL_MIN : ttl);
	deliver(e, &answer);
}

/* ---- asking --------------------------------------------------------------------------------- */

/* What needs no asking: addresses, and this machine. */
static bool answer_at_once(const char *host, int family, struct resolver_answer *answer)
{
	struct netaddr addr;

	memset(answer, 0, sizeof(*answer));
	if (netaddr_parse_ip(host, &addr)) {
		if (family == AF_UNSPEC || family == addr.family)
			add_address(answer, &addr);
		else
			answer->problem = "the address is of the other family";
		return true;
	}
	if (strcasecmp(host, "localhost") != 0)
		return false;
	if (family != AF_INET6 && netaddr_parse_ip("127.0.0.1", &addr))
		add_address(answer, &addr);
	if (family != AF_INET && netaddr_parse_ip("::1", &addr))
		add_address(answer, &addr);
	return true;
}

/* The entry of a name, made where it is missing; the one used longest ago makes room. */
static struct entry *find_entry(struct resolver *r, const char *host, int family)
{
	char key[300];
	struct entry *e, *next;
	size_t i;

	snprintf(key, sizeof(key), "%d %s", family, host);
	for (i = 0; key[i] != '\0'; i++)
		if (key[i] >= 'A' && key[i] <= 'Z')
			key[i] = (char)(key[i] - 'A' + 'a');
	HASH_FIND_STR(r->entries, key, e);
	if (e != NULL) {
		HASH_DEL(r->entries, e); /* to the end of the order */
	} else {
		if (HASH_COUNT(r->entries) >= RESOLVER_NAMES_MAX) {
			HASH_ITER (hh, r->entries, e, next) {
				if (!e->asked && e->waiting == NULL) {
					entry_free(r, e);
					break;
				}
			}
		}
		e = mem_zalloc(sizeof(*e));
		e->key = mem_strdup(key);
		e->resolver = r;
	}
	HASH_ADD_KEYPTR(hh, r->entries, e->key, strlen(e->key), e);
	return e;
}

static void ask(struct entry *e, const char *host, int family)
{
	struct ares_addrinfo_hints hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};

	refresh_servers(e->resolver);
	e->asked = true;
	ares_getaddrinfo(e->resolver->channel, host, NULL, &hints, on_answer, e);
	set_timer(e->resolver);
}

struct resolver_query *resolver_ask(struct resolver *r, const char *host, int family,
    void (*done)(void *arg, const struct resolver_answer *answer), void *arg,
    struct resolver_answer *answer)
{
	struct resolver_query *q;
	struct entry *e;
	bool fresh;

	if (answer_at_once(host, family, answer))
		return NULL;
	if (strlen(host) > 253) {
		answer->problem = "the name is too long";
		return NULL;
	}
	e = find_entry(r, host, family);
	fresh = ev_now(r->loop) < e->fresh_until;
	if (!fresh && !e->asked) {
		ask(e, host, family);
		fresh = !e->asked; /* answered within the call */
	}
	/* While DNS fails nobody waits for it: the last good answer, or the failure. */
	if (fresh || (e->failing && e->answer.count > 0)) {
		*answer = e->answer;
		return NULL;
	}
	q = mem_zalloc(sizeof(*q));
	q->entry = e;
	q->done = done;
	q->arg = arg;
	q->next = e->waiting;
	e->waiting = q;
	return q;
}

void resolver_cancel(struct resolver_query *query)
{
	query->entry = NULL;
}

void resolver_give_up(struct resolver_query *query, struct resolver_answer *answer)
{
	*answer = query->entry->answer;
	if (answer->count == 0)
		answer->problem = "no answer from the name servers in time";
	query->entry = NULL;
}

/* ---- records -------------------------------------------------------------------------------- */

struct records_query {
	struct resolver *resolver;
	void (*done)(void *arg, struct span message, const char *problem);
	void *arg;
};

static void on_records(void *arg, int status, int timeouts, unsigned char *message, int length)
{
	struct records_query q = *(struct records_query *)arg;
	bool answered =
	    status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;

	(void)timeouts;
	free(arg);
	if (q.resolver->closing)
		return;
	if (answered && message != NULL)
		q.done(q.arg, span_of(message, (size_t)length), NULL);
	else
		q.done(q.arg, span_of(NULL, 0), ares_strerror(status));
}

void resolver_records(struct resolver *r, const char *name, int type,
    void (*done)(void *arg, struct span message, const char *problem), void *arg)
{
	struct records_query *q = mem_alloc(sizeof(*q));

	*q = (struct records_query){r, done, arg};
	refresh_servers(r);
	ares_query(r->channel, name, CLASS_IN, type, on_records, q);
	set_timer(r);
}
