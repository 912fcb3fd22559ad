/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/control/admin_client.h"
#include "daemon/core/load.h"
#include "daemon/core/worker.h"
#include "daemon/net/sockets.h"

#define ACCEPTS_PER_WAKE 4
#define PAUSE 0.5 /* seconds, after running out of descriptors */

struct admin_settings {
	const char *listen;
	bool disabled;
	json_t *config;
	struct address address; /* of listen */
};

/* Is there anything to listen on? */
static bool is_on(const struct admin_settings *s)
{
	return s != NULL && s->listen != NULL && !s->disabled;
}

/* ---- the socket ----------------------------------------------------------------------------- */

struct socket {
	int fd; /* -1: none */
	char address[ADDRESS_TEXT_MAX];
};

static struct {
	struct socket open;    /* what is listened on */
	struct socket pending; /* bound for the instance that is about to be published */
	bool keep;             /* it goes on with what is open */
	bool prepared;         /* bind() was called for it */
	ev_io io;
	ev_timer pause;
} admin = {.open.fd = -1, .pending.fd = -1};

static void close_socket(struct socket *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}

static void listen_on(void)
{
	if (admin.open.fd != -1 && !ev_is_active(&admin.io) && !ev_is_active(&admin.pause) &&
	    admin_client_count() < ADMIN_CLIENTS_MAX)
		ev_io_start(control_loop(), &admin.io);
}

static void on_pause_over(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	listen_on();
}

/* Those over the limit wait in the socket's queue: no client stays for long. */
static void on_accept(struct ev_loop *loop, ev_io *w, int events)
{
	struct netaddr from;
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPTS_PER_WAKE; i++) {
		if (admin_client_count() >= ADMIN_CLIENTS_MAX) {
			ev_io_stop(loop, w);
			return;
		}
		fd = sockets_accept(w->fd, &from);
		if (fd != -1) {
			admin_client_start(fd, listen_on);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			ev_io_stop(loop, w);
			ev_timer_init(&admin.pause, on_pause_over, PAUSE, 0.);
			ev_timer_start(loop, &admin.pause);
		}
		return;
	}
}

static void stop_listening(void)
{
	if (admin.open.fd == -1)
		return;
	ev_io_stop(control_loop(), &admin.io);
	ev_timer_stop(control_loop(), &admin.pause);
	log_msg(LOG_INFO, "admin", "not listening at %s any more", admin.open.address);
	close_socket(&admin.open);
}

static void start_listening(void)
{
	admin.open = admin.pending;
	admin.pending.fd = -1;
	ev_io_init(&admin.io, on_accept, admin.open.fd, EV_READ);
	log_msg(LOG_INFO, "admin", "metrics and health at %s", admin.open.address);
	listen_on();
}

/* ---- publishing ----------------------------------------------------------------------------- */

static int open_socket(struct instance *in, struct error *err)
{
	const struct admin_settings *s = in->admin;

	admin.prepared = true;
	admin.keep = false;
	if (!is_on(s))
		return 0;
	address_text(&s->address, admin.pending.address);
	if (admin.open.fd != -1 && strcmp(admin.pending.address, admin.open.address) == 0) {
		admin.keep = true;
		return 0;
	}
	if (sockets_listen(&s->address, 1, &admin.pending.fd, err) == -1) {
		admin.pending.fd = -1;
		error_at(err, "admin.listen");
		return -1;
	}
	return 0;
}

static void bound(bool published)
{
	if (published && admin.prepared && !admin.keep) {
		stop_listening();
		if (admin.pending.fd != -1)
			start_listening();
	}
	close_socket(&admin.pending);
	admin.prepared = false;
}

void admin_stop(void)
{
	stop_listening();
	admin_clients_stop();
}

/* ---- the document --------------------------------------------------------------------------- */

/* Of Caddy's files: how it keeps changes, which is not decided here. */
static int load_config(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	static const char *const known[] = {"persist", NULL};

	(void)load;
	if (jnode_object(node, err) == -1 || jnode_known(node, known, err) == -1)
		return -1;
	*(json_t **)target = node->value;
	return 0;
}

static const struct field config_fields[] = {
    {.name = "persist", .type = FIELD_TYPE_CUSTOM, .shape = &shape_any},
    FIELD_END,
};
static const struct shape config_shape = {.type = SHAPE_OBJECT, .fields = config_fields};

static const struct field fields[] = {
    FIELD_STRING(struct admin_settings, listen, "listen", FIELD_OPEN | FIELD_PATH | FIELD_ADDRESS,
	"address for /metrics and /healthz: [network/][host]:port; none: it is off"),
    FIELD_BOOL(struct admin_settings, disabled, "disabled", 0, "it is off all the same"),
    FIELD_CUSTOM(
	struct admin_settings, config, "config", FIELD_HIDDEN, load_config, &config_shape, NULL),
    FIELD_END,
};

static int parse_listen(struct admin_settings *s, const struct jnode *node, struct error *err)
{
	struct jnode listen = jnode_member(node, "listen");
	struct address_range range;
	struct error reason;

	if (address_parse_listen(s->listen, &range, &reason) == -1)
		return jnode_error(&listen, err, reason.code, "%s", reason.message);
	if (address_range_count(&range) > 1)
		return jnode_error(&listen, err, ERROR_INVALID, "must be one port, not a range");
	if (address_socket_type(range.first.network) != SOCK_STREAM)
		return jnode_error(
		    &listen, err, ERROR_INVALID, "must be an address for streams: tcp or unix");
	s->address = range.first;
	return 0;
}

static int load_admin(struct load *load, const struct jnode *node, struct error *err)
{
	struct admin_settings *s;

	if (node->value == NULL)
		return 0;
	s = arena_alloc(load->arena, sizeof(*s));
	if (jnode_object(node, err) == -1 ||
	    fields_load(fields, load, node, NULL, load->arena, s, err) == -1)
		return -1;
	if (s->config != NULL)
		log_msg(LOG_WARN, "admin", "admin.config has no effect");
	load->instance->admin = s;
	return s->listen != NULL ? parse_listen(s, node, err) : 0;
}

/* Two sockets of ours on one address would share what comes between them. */
static int check_address(const struct admin_settings *s, const struct server *server,
    const char *text, struct error *err)
{
	char mine[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX];
	struct address_range range;
	unsigned i;

	if (address_parse_listen(text, &range, err) == -1)
		return -1;
	address_text(&s->address, mine);
	for (i = 0; i < address_range_count(&range); i++) {
		struct address address = address_range_at(&range, i);

		if (strcmp(address_text(&address, other), mine) == 0)
			return error_set(err, ERROR_INVALID,
			    "server '%s' listens on %s, too; give each an address of its own",
			    server->name, mine);
	}
	return 0;
}

static int finish(struct load *load, struct error *err)
{
	const struct instance *in = load->instance;
	size_t i, k;

	for (i = 0; is_on(in->admin) && i < in->server_count; i++) {
		const struct server *server = in->servers[i];

		for (k = 0; k < server->listen.count; k++) {
			if (check_address(in->admin, server, server->listen.items[k], err) == -1) {
				error_at(err, "admin.listen");
				return -1;
			}
		}
	}
	return 0;
}

const struct app_type app_admin = {
    .name = "admin",
    .help = "an HTTP listener for /metrics and /healthz, beside the apps of the document",
    .fields = fields,
    .top = true,
    .load = load_admin,
    .finish = finish,
    .bind = open_socket,
    .bound = bound,
};
