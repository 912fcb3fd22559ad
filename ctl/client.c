/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/duration.h"
#include "common/scanner.h"
#include "common/unpack.h"

#define READ_SIZE (64u << 10)

struct client {
	int fd;
	int64_t timeout;
	uint32_t id; /* of the request under way */
	struct buf in, out;
	struct pack pack;
	struct pack_box params;
	struct client_facts facts;
	int (*wait)(int fd, void *arg); /* NULL: the timeout counts */
	void *wait_arg;
};

void reply_fini(struct reply *reply)
{
	msgpack_unpacked_destroy(&reply->value);
	buf_fini(&reply->bytes);
	*reply = (struct reply){0};
}

/* ---- bytes --------------------------------------------------------------------------------- */

static int gone(const struct client *c, struct fault *fault)
{
	char text[DURATION_TEXT_MAX];

	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return fault_set(fault, CONTROL_EXIT_TIMEOUT, "no answer within %s",
		    duration_text(c->timeout, text));
	return fault_set(
	    fault, CONTROL_EXIT_UNREACHABLE, "the daemon went away: %s", strerror(errno));
}

static int send_all(struct client *c, struct fault *fault)
{
	while (buf_len(&c->out) > 0) {
		struct span out = buf_span(&c->out);
		ssize_t n = send(c->fd, out.p, out.n, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		/* A daemon that closed has perhaps said why: that is still to be read. */
		if (n == -1 && (errno == EPIPE || errno == ECONNRESET))
			return 0;
		if (n == -1)
			return gone(c, fault);
		buf_consume(&c->out, (size_t)n);
	}
	return 0;
}

static int receive_some(struct client *c, struct fault *fault)
{
	ssize_t n;

	if (c->wait != NULL && c->wait(c->fd, c->wait_arg) == -1)
		return fault_set(fault, CONTROL_EXIT_DONE, "ended here");
	do {
		n = recv(c->fd, buf_reserve(&c->in, READ_SIZE), READ_SIZE, 0);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return gone(c, fault);
	if (n == 0)
		return fault_set(
		    fault, CONTROL_EXIT_UNREACHABLE, "the daemon closed the connection");
	buf_commit(&c->in, (size_t)n);
	return 0;
}

/* ---- messages ------------------------------------------------------------------------------ */

/* One whole message into out. */
static int receive(struct client *c, struct reply *out, struct fault *fault)
{
	const struct scanner_limits limits = {
	    .size = CONTROL_ANSWER_MAX,
	    .depth = CONTROL_DEPTH_MAX,
	    .elements = CONTROL_ANSWER_ELEMENTS_MAX,
	};
	enum scanner_result result;
	struct scanner scanner;
	struct error err;

	scanner_init(&scanner, limits);
	while ((result = scanner_run(&scanner, buf_span(&c->in))) == SCANNER_MORE)
		if (receive_some(c, fault) == -1)
			return -1;
	if (result != SCANNER_DONE)
		return fault_set(fault, CONTROL_EXIT_PROTOCOL, "the daemon sent nonsense: %s",
		    scanner_text(result));
	*out = (struct reply){0};
	buf_append(&out->bytes, buf_span(&c->in).p, scanner.at);
	buf_consume(&c->in, scanner.at);
	if (unpack_value(&out->value, buf_span(&out->bytes), &err) == -1) {
		reply_fini(out);
		return fault_set(
		    fault, CONTROL_EXIT_PROTOCOL, "the daemon sent nonsense: %s", err.message);
	}
	return 0;
}

enum kind { KIND_OTHER, KIND_CHUNK, KIND_RESULT, KIND_ERROR, KIND_CLOSING };

static enum kind notification_kind(
    const msgpack_object *parts, uint32_t id, const msgpack_object **map)
{
	const msgpack_object *params = &parts[2];
	struct span name;
	uint64_t theirs;

	if (!unpack_text(&parts[1], &name) || !unpack_is_array(params) ||
	    params->via.array.size != 1)
		return KIND_OTHER;
	*map = &params->via.array.ptr[0];
	if (span_eq_str(name, CONTROL_CLOSING))
		return KIND_CLOSING;
	if (span_eq_str(name, CONTROL_CHUNK) && unpack_u64(unpack_get(*map, "id"), &theirs) &&
	    theirs == id)
		return KIND_CHUNK;
	return KIND_OTHER;
}

/* What a message is to the request id, and the map in it that matters. */
static enum kind classify(const msgpack_object *o, uint32_t id, const msgpack_object **map)
{
	const msgpack_object *parts;
	uint64_t type, theirs;

	if (!unpack_is_array(o) || o->via.array.size < 3 || !unpack_u64(o->via.array.ptr, &type))
		return KIND_OTHER;
	parts = o->via.array.ptr;
	if (type == CONTROL_NOTIFICATION && o->via.array.size == 3)
		return notification_kind(parts, id, map);
	if (type != CONTROL_RESPONSE || o->via.array.size != 4 || !unpack_u64(&parts[1], &theirs) ||
	    theirs != id)
		return KIND_OTHER;
	*map = unpack_is_nil(&parts[2]) ? &parts[3] : &parts[2];
	return unpack_is_nil(&parts[2]) ? KIND_RESULT : KIND_ERROR;
}

/* "busy" is said by a daemon that stops: for us it is gone. */
static void closed(struct fault *fault, const msgpack_object *why)
{
	fault_from(fault, why);
	if (strcmp(fault->code, "busy") == 0)
		fault_set(fault, CONTROL_EXIT_UNREACHABLE, "the daemon went away: it stops");
}

struct pack_box *client_begin(struct client *c, const char *method)
{
	buf_clear(&c->out);
	pack_init(&c->pack, &c->out);
	pack_array_of(&c->pack, 4);
	pack_u64(&c->pack, CONTROL_REQUEST);
	pack_u64(&c->pack, ++c->id);
	pack_str(&c->pack, method);
	pack_array_of(&c->pack, 1);
	pack_map_open(&c->pack, &c->params);
	return &c->params;
}

int client_call(struct client *c, void (*on_chunk)(struct reply *chunk, void *arg), void *arg,
    struct reply *out, struct fault *fault)
{
	struct reply reply;

	pack_close(&c->params);
	if (buf_len(&c->out) > CONTROL_REQUEST_MAX)
		return fault_set(fault, CONTROL_EXIT_LIMIT,
		    "the request has %zu bytes; the daemon takes at most %u", buf_len(&c->out),
		    CONTROL_REQUEST_MAX);
	if (send_all(c, fault) == -1)
		return -1;
	for (;;) {
		if (receive(c, &reply, fault) == -1)
			return -1;
		switch (classify(&reply.value.data, c->id, &reply.result)) {
		case KIND_RESULT:
			*out = reply;
			return 0;
		case KIND_ERROR:
			fault_from(fault, reply.result);
			reply_fini(&reply);
			return -1;
		case KIND_CLOSING:
			closed(fault, reply.result);
			reply_fini(&reply);
			return -1;
		case KIND_CHUNK:
			if (on_chunk != NULL)
				on_chunk(&reply, arg);
			break;
		case KIND_OTHER:
			break;
		}
		reply_fini(&reply);
	}
}

void client_wait_with(struct client *c, int (*wait)(int fd, void *arg), void *arg)
{
	c->wait = wait;
	c->wait_arg = arg;
}

/* ---- the session --------------------------------------------------------------------------- */

static int connect_to(struct client *c, const char *path, struct fault *fault)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval timeout = {
	    .tv_sec = c->timeout / DURATION_S,
	    .tv_usec = c->timeout % DURATION_S / DURATION_US,
	};

	if (strlen(path) >= sizeof(address.sun_path))
		return fault_set(
		    fault, CONTROL_EXIT_USAGE, "the socket's path is too long: %s", path);
	memcpy(address.sun_path, path, strlen(path));
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		return fault_set(
		    fault, CONTROL_EXIT_INTERNAL, "cannot make a socket: %s", strerror(errno));
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(c->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	if (errno == EACCES)
		return fault_set(fault, CONTROL_EXIT_DENIED, "no permission to use %s", path);
	return fault_set(fault, CONTROL_EXIT_UNREACHABLE, "no daemon answers at %s: %s", path,
	    errno == EAGAIN ? "it is busy" : strerror(errno));
}

static void read_facts(struct client *c, const msgpack_object *result)
{
	unpack_u64(unpack_get(result, "protocol"), &c->facts.protocol);
	unpack_u64(unpack_get(result, "pid"), &c->facts.pid);
	unpack_copy(unpack_get(result, "version"), c->facts.version, sizeof(c->facts.version));
	unpack_copy(unpack_get(result, "level"), c->facts.level, sizeof(c->facts.level));
}

static int greet(struct client *c, const char *level, struct fault *fault)
{
	struct pack_box *params = client_begin(c, CONTROL_HELLO);
	struct reply reply;

	pack_u64(pack_key(params, "protocol"), CONTROL_PROTOCOL);
	pack_str(pack_key(params, "client"), "pointsctl " PACKAGE_VERSION);
	if (level != NULL)
		pack_str(pack_key(params, "level"), level);
	if (client_call(c, NULL, NULL, &reply, fault) == -1)
		return -1;
	read_facts(c, reply.result);
	reply_fini(&reply);
	if (c->facts.protocol < CONTROL_PROTOCOL_MIN)
		return fault_set(fault, CONTROL_EXIT_PROTOCOL,
		    "the daemon speaks protocol %llu, this pointsctl %d to %d",
		    (unsigned long long)c->facts.protocol, CONTROL_PROTOCOL_MIN, CONTROL_PROTOCOL);
	return 0;
}

struct client *client_open(
    const char *path, const char *level, int64_t timeout, struct fault *fault)
{
	struct client *c = mem_zalloc(sizeof(*c));

	c->fd = -1;
	c->timeout = timeout;
	if (connect_to(c, path, fault) == 0 && greet(c, level, fault) == 0)
		return c;
	client_close(c);
	return NULL;
}

void client_close(struct client *c)
{
	if (c == NULL)
		return;
	if (c->fd != -1)
		close(c->fd);
	buf_fini(&c->in);
	buf_fini(&c->out);
	free(c);
}

const struct client_facts *client_facts(const struct client *c)
{
	return &c->facts;
}
