/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An instance: one document compiled into what carries traffic. Immutable once published; counted.
 */
#ifndef DAEMON_CORE_INSTANCE_H
#define DAEMON_CORE_INSTANCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "daemon/core/route_table.h"

struct load;
struct tallies;

/* As "1h" in the table of options. */
#define LOG_INTERVAL_DEFAULT (3600 * DURATION_S)

/* A named group of listeners that share a list of routes. */
struct server {
	const char *name;      /* "srv0"; servers of the http app are "http/srv0" */
	const char *path;      /* in the document, for complaints: "apps.layer4.servers.srv0" */
	struct strings listen; /* as written */
	struct strings paused; /* those of them that accept nothing for now (ours) */
	struct route_list routes;
	struct route_table own; /* where those are */
	/* Lists of its listener wrappers "layer4", in their order (http app). */
	const struct route_table *const *wrappers;
	int64_t idle_timeout;                    /* ns, UDP flows */
	int64_t max_flows, max_flows_per_source; /* of each address that it listens on */
	int64_t log_interval;                    /* ns, of long connections; 0: none */
	struct tallies *tallies;                 /* found by its name; the arena's */
};

struct instance {
	struct arena *arena;
	_Atomic unsigned refs;
	uint64_t revision;
	json_t *document;        /* a reference; never changed */
	struct trusted *trusted; /* values of core/trust.h that are in none of the routes */
	struct server **servers;
	size_t server_count;
	const struct route_table **tables; /* all lists of top-level routes */
	size_t table_count;
	/* Names that want a certificate of ours, found while loading; for the tls app's finish().
	 */
	struct strings managed;
	/* The same three by name. */
	struct named *server_names, *table_names, *managed_names;
	void *pki;            /* struct pki, of daemon/tls; NULL: not loaded */
	void *tls;            /* struct tls_app, of daemon/tls */
	void *http;           /* struct http_app, of daemon/http */
	void *logging;        /* struct logging, of daemon/config; NULL: as before it */
	void *admin;          /* struct admin_settings, of daemon/control; NULL: none */
	void *control;        /* struct control_settings, likewise */
	int64_t grace_period; /* ns */
	struct instance *next_retired;
};

struct instance *instance_ref(struct instance *instance);
void instance_unref(struct instance *instance); /* NULL is allowed; from any thread */
/*
 * Gives back the reference of whoever published it, on the control thread: it is freed there, soon
 * after the last worker has given back its own, for it may be thousands of routes.
 */
void instance_retire(struct instance *instance);
/* All that are retired, when no worker is left. */
void instances_forget(void);

/* The server, or the list of routes, of that name; NULL. */
const struct server *instance_server(const struct instance *instance, const char *name);
const struct route_table *instance_table(const struct instance *instance, const char *name);

/* Gives a new server its name, which is borrowed, and its list that of it. */
void server_set_name(struct server *server, const char *name);

/*
 * While loading: adds a server with its list, another list (both in load->arena) or a name to be
 * managed (copied, once each).
 */
int instance_add_server(struct load *load, struct server *server, struct error *err);
int instance_add_table(struct load *load, const struct route_table *table, struct error *err);
void instance_manage(struct load *load, const char *name);

/*
 * An app: a member of the document's "apps", or of the document itself. All are loaded in the order
 * of the program's table, then finished in the same order.
 */
struct app_type {
	const char *name;
	const char *help; /* one line */
	const struct field *fields;
	bool top; /* a member of the document */
	/* app has a NULL value where the document does not have it. */
	int (*load)(struct load *load, const struct jnode *app, struct error *err);
	/* After all apps were loaded (managed names are known). May be NULL. */
	int (*finish)(struct load *load, struct error *err);
	/*
	 * Of instance_bind(): opens what it needs beside the servers' sockets; then bound(), which
	 * begins to use it, or closes it. On the control thread. Both or none.
	 */
	int (*bind)(struct instance *instance, struct error *err);
	void (*bound)(bool published);
	/* On the control thread, after every worker took the instance. May be NULL. */
	void (*published)(struct instance *instance);
};

void app_types_set(const struct app_type *const *types); /* NULL-ended, kept */
const struct app_type *const *app_types(void);

/* An instance whose sockets are bound, not yet given to the workers. */
struct publication;

/*
 * Binds what is new in instance. Takes the reference on success; NULL with err where an address
 * cannot be bound. What follows, before any other, is instance_publish() or instance_unbind().
 * Control thread.
 */
struct publication *instance_bind(struct instance *instance, struct error *err);
/* Closes what was bound and lets the instance go. */
void instance_unbind(struct publication *publication);
/*
 * Makes it the current one: hands it to every worker, and calls done(arg) (may be NULL) on the
 * control thread after all have taken it, or one that came after it.
 */
void instance_publish(struct publication *publication, void (*done)(void *arg), void *arg);

/* The addresses alone, for `validate`: malformed ones, two servers on one. 0, or -1 with err. */
int instance_check_addresses(struct instance *instance, struct error *err);

/*
 * Calls visit for every address that a server of the current one listens on, as connections name
 * it. Control thread.
 */
void instance_listeners(
    void (*visit)(const char *address, const struct server *server, void *arg), void *arg);

/* After the workers have stopped: lets go of the published one. */
void instance_forget(void);

/* The one published last, taken by the workers or on its way; borrowed. Control thread. */
struct instance *instance_current(void);

#endif
