/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/propagation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/duration.h"
#include "common/log.h"
#include "daemon/net/records.h"
#include "daemon/net/resolver.h"

#define INTERVAL 2. /* seconds before each look: a name server keeps in mind what is not there */
#define SERVERS_MAX 16
#define ALIASES_MAX 8
#define PROBLEM_MAX 256
#define PORT_DNS 53

/*
 * A look goes through these. Each asks one thing; what has come of it decides, in the loop and out
 * of c-ares' callbacks, how the look goes on.
 */
enum step {
	STEP_ALIAS,   /* which name the record's name stands for */
	STEP_ZONE,    /* which part of it is a zone */
	STEP_SERVERS, /* which name servers the zone has */
	STEP_ADDRESS, /* where one of them is */
	STEP_TEXT,    /* what one of them says */
};

struct propagation {
	struct propagation_spec spec;
	void (*done)(void *arg, const char *failure);
	void *arg;
	ev_timer interval, deadline, go_on;
	struct arena *arena;      /* of one look */
	struct resolver *system;  /* finds out whom to ask */
	struct resolver *current; /* asks one server */
	struct resolver_query *query;
	enum step step;
	const char *name; /* of the record, aliases followed */
	const char *zone; /* a part of it */
	const char *servers[SERVERS_MAX];
	size_t count, next;
	struct records records;        /* what the last question has brought */
	struct resolver_answer answer; /* ... for an address */
	const char *problem;           /* ... or why it has brought nothing */
	char last[PROBLEM_MAX];        /* what the last look lacked */
};

/* ---- a look's end -------------------------------------------------------------------------- */

static void drop_current(struct propagation *p)
{
	resolver_free(p->current);
	p->current = NULL;
}

static void end_look(struct propagation *p)
{
	drop_current(p);
	arena_free(p->arena);
	p->arena = NULL;
}

static void finish(struct propagation *p, const char *failure)
{
	void (*done)(void *arg, const char *failure) = p->done;
	void *arg = p->arg;

	propagation_cancel(p);
	done(arg, failure);
}

static void look_again(struct propagation *p, const char *what, const char *why)
{
	snprintf(p->last, sizeof(p->last), "%s: %s", what, why);
	log_msg(LOG_DEBUG, "certs", "TXT record %s: %s", p->spec.name, p->last);
	end_look(p);
	ev_timer_set(&p->interval, INTERVAL, 0.);
	ev_timer_start(p->spec.loop, &p->interval);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
	struct propagation *p = w->data;
	char failure[PROBLEM_MAX + 512], timeout[DURATION_TEXT_MAX];

	(void)loop;
	(void)events;
	snprintf(failure, sizeof(failure),
	    "the TXT record '%s' was not seen within %s (propagation_timeout); %s", p->spec.name,
	    duration_text(p->spec.timeout, timeout), p->last[0] != '\0' ? p->last : "no answer");
	finish(p, failure);
}

/* ---- questions ----------------------------------------------------------------------------- */

static void schedule(struct propagation *p)
{
	ev_timer_set(&p->go_on, 0., 0.);
	ev_timer_start(p->spec.loop, &p->go_on);
}

static void on_records(void *arg, struct span message, const char *problem)
{
	struct propagation *p = arg;

	p->problem = problem;
	p->records.count = 0;
	if (problem == NULL && !records_parse(message, p->arena, &p->records))
		p->problem = "the answer is malformed";
	schedule(p);
}

static void on_address(void *arg, const struct resolver_answer *answer)
{
	struct propagation *p = arg;

	p->query = NULL;
	p->answer = *answer;
	schedule(p);
}

static void ask_address(struct propagation *p)
{
	p->query =
	    resolver_ask(p->system, p->servers[p->next], AF_UNSPEC, on_address, p, &p->answer);
	if (p->query == NULL)
		schedule(p);
}

/* server: an address, with or without a port */
static void ask_server(struct propagation *p, const char *server)
{
	p->step = STEP_TEXT;
	drop_current(p);
	p->current = resolver_new(p->spec.loop);
	if (p->current == NULL || resolver_set_servers(p->current, server) == -1)
		look_again(p, server, "no resolver for it");
	else
		resolver_records(p->current, p->name, RECORD_TXT, on_records, p);
}

static void ask(struct propagation *p)
{
	switch (p->step) {
	case STEP_ALIAS:
		if (p->system == NULL)
			look_again(p, p->name, "the system has no resolver");
		else
			resolver_records(p->system, p->name, RECORD_TXT, on_records, p);
		break;
	case STEP_ZONE:
		resolver_records(p->system, p->zone, RECORD_SOA, on_records, p);
		break;
	case STEP_SERVERS:
		resolver_records(p->system, p->zone, RECORD_NS, on_records, p);
		break;
	case STEP_ADDRESS:
		ask_address(p);
		break;
	case STEP_TEXT:
		ask_server(p, p->servers[p->next]);
		break;
	}
}

/* ---- answers ------------------------------------------------------------------------------- */

static void go_on(struct propagation *p, enum step step)
{
	p->step = step;
	ask(p);
}

/* The text of the record of that type that name has; NULL: none. */
static const char *text_of(const struct records *r, const char *name, enum record_type type)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->items[i].type == type && strcasecmp(r->items[i].name, name) == 0)
			return r->items[i].text;
	return NULL;
}

static void take_alias(struct propagation *p)
{
	const char *alias;
	int i;

	for (i = 0; i < ALIASES_MAX; i++) {
		alias = text_of(&p->records, p->name, RECORD_CNAME);
		if (alias == NULL)
			break;
		p->name = alias;
	}
	p->zone = p->name;
	go_on(p, STEP_ZONE);
}

/* Label by label, up to the name that has an SOA record. */
static void take_zone(struct propagation *p)
{
	const char *dot;

	if (text_of(&p->records, p->zone, RECORD_SOA) != NULL) {
		go_on(p, STEP_SERVERS);
		return;
	}
	dot = strchr(p->zone, '.');
	if (dot == NULL) {
		look_again(p, p->name, "no zone was found that it is in");
		return;
	}
	p->zone = dot + 1;
	go_on(p, STEP_ZONE);
}

static void take_servers(struct propagation *p)
{
	size_t i;

	for (i = 0; i < p->records.count && p->count < SERVERS_MAX; i++)
		if (p->records.items[i].type == RECORD_NS)
			p->servers[p->count++] = p->records.items[i].text;
	if (p->count == 0)
		look_again(p, p->zone, "no name servers were found");
	else
		go_on(p, STEP_ADDRESS);
}

static void take_address(struct propagation *p)
{
	char text[NETADDR_TEXT_MAX];
	struct netaddr addr;

	if (p->answer.count == 0) {
		look_again(p, p->servers[p->next], "its address was not found");
		return;
	}
	addr = p->answer.items[0];
	addr.port = PORT_DNS;
	ask_server(p, arena_strdup(p->arena, netaddr_text(&addr, text)));
}

/* One server has been asked: all must have it. */
static void take_text(struct propagation *p)
{
	size_t i;

	for (i = 0; i < p->records.count; i++)
		if (p->records.items[i].type == RECORD_TXT &&
		    strcmp(p->records.items[i].text, p->spec.value) == 0)
			break;
	if (i == p->records.count)
		look_again(p, p->servers[p->next], "it is not there");
	else if (++p->next == p->count)
		finish(p, NULL);
	else
		go_on(p, p->spec.resolvers->count > 0 ? STEP_TEXT : STEP_ADDRESS);
}

static void on_go_on(struct ev_loop *loop, ev_timer *w, int events)
{
	static void (*const take[])(struct propagation * p) = {
	    [STEP_ALIAS] = take_alias,
	    [STEP_ZONE] = take_zone,
	    [STEP_SERVERS] = take_servers,
	    [STEP_ADDRESS] = take_address,
	    [STEP_TEXT] = take_text,
	};
	struct propagation *p = w->data;

	(void)loop;
	(void)events;
	if (p->problem != NULL && p->step != STEP_ADDRESS)
		look_again(p, p->step == STEP_TEXT ? p->servers[p->next] : p->zone, p->problem);
	else
		take[p->step](p);
}

/* ---- from the start ------------------------------------------------------------------------ */

static void on_interval(struct ev_loop *loop, ev_timer *w, int events)
{
	struct propagation *p = w->data;
	const struct strings *resolvers = p->spec.resolvers;
	size_t i;

	(void)loop;
	(void)events;
	p->arena = arena_new(1024);
	p->name = p->zone = p->spec.name;
	p->count = p->next = 0;
	p->problem = NULL;
	for (i = 0; i < resolvers->count && p->count < SERVERS_MAX; i++)
		p->servers[p->count++] = resolvers->items[i];
	go_on(p, p->count > 0 ? STEP_TEXT : STEP_ALIAS);
}

struct propagation *propagation_start(
    const struct propagation_spec *spec, void (*done)(void *arg, const char *failure), void *arg)
{
	struct propagation *p = mem_zalloc(sizeof(*p));

	p->spec = *spec;
	p->done = done;
	p->arg = arg;
	p->system = resolver_new(spec->loop);
	ev_timer_init(&p->interval, on_interval, INTERVAL, 0.);
	ev_timer_init(&p->deadline, on_deadline, duration_seconds(spec->timeout), 0.);
	ev_timer_init(&p->go_on, on_go_on, 0., 0.);
	p->interval.data = p->deadline.data = p->go_on.data = p;
	ev_timer_start(spec->loop, &p->interval);
	ev_timer_start(spec->loop, &p->deadline);
	return p;
}

void propagation_cancel(struct propagation *p)
{
	if (p == NULL)
		return;
	ev_timer_stop(p->spec.loop, &p->interval);
	ev_timer_stop(p->spec.loop, &p->deadline);
	ev_timer_stop(p->spec.loop, &p->go_on);
	end_look(p);
	resolver_free(p->system);
	free(p);
}
