/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the handler socks5: its options, a client's session, and a file for each command.
 */
#ifndef DAEMON_HANDLERS_SOCKS5_H
#define DAEMON_HANDLERS_SOCKS5_H

#include "daemon/core/conn.h"
#include "daemon/input/field.h"
#include "daemon/net/resolver.h"
#include "daemon/upstream/relay.h"
#include "daemon/wire/socks5.h"

struct iprange;

/* SHA-256 of a user's name and password, so that comparing them tells nothing of either. */
struct socks5_credential {
	uint8_t user[32], password[32];
};

struct socks5_params {
	struct strings command_texts, deny_texts;
	const char *bind_text;
	struct socks5_credential *credentials;
	size_t credential_count;
	bool password; /* a client has to have one */

	bool allowed[SOCKS5_ASSOCIATE + 1]; /* by command */
	struct netaddr bind_ip;             /* AF_UNSPEC: none */
	const struct iprange *refused;      /* destinations */
};

struct socks5 {
	struct conn *conn;
	const struct socks5_params *params;
	enum socks5_reply reply; /* what a refused client has been told */
	const char *why;         /* for the log; a constant or in the arena */
	uint8_t out[SOCKS5_REPLY_MAX];
	size_t out_length, out_sent;
	void (*step)(struct socks5 *s); /* what comes next: with more bytes, or out having gone */

	struct socks5_request request;
	char name[SOCKS5_NAME_MAX + 1]; /* the target's, if it has one */
	struct resolver_query *query;
	struct netaddr addresses[RESOLVER_ADDRESSES_MAX]; /* of the target, with its port */
	size_t address, address_count;                    /* the next one to try */

	struct endpoint upstream; /* io.fd -1: none open */
	ev_tstamp give_up;        /* loop time */
	void *command;            /* state of the command's own */
};

/* Is there a user of that name with that password? Takes the same time whatever it finds. */
bool socks5_is_known(const struct socks5_params *params, struct span user, struct span password);

/* Begins with the greeting. The connection is the session's from now on. */
void socks5_start(struct conn *conn, const struct socks5_params *params);

/* Answers, and goes on with step when that has been sent. address may be NULL. */
void socks5_answer(struct socks5 *s, enum socks5_reply reply, const struct netaddr *address,
    void (*step)(struct socks5 *s));
/* Answers, and ends the connection with why. */
void socks5_refuse(struct socks5 *s, enum socks5_reply reply, const char *why);

/*
 * Finds s->addresses, those that are not refused, then goes on with step; where there are none the
 * client is refused. A target without an address is none of these.
 */
void socks5_resolve(struct socks5 *s, void (*step)(struct socks5 *s));

/* May a client of these options have to do with addr? */
bool socks5_may_reach(const struct socks5_params *params, const struct netaddr *addr);

/* The resolver of the worker; NULL: there is none. */
struct resolver *socks5_resolver(struct conn *conn);

/* While something else is awaited: ends the connection when the client goes away. */
void socks5_watch_client(struct socks5 *s);

/* Where a socket for the client's use is bound; AF_UNSPEC: the client came by no IP address. */
struct netaddr socks5_bind_address(struct socks5 *s);

/* s->upstream is connected, and the client knows: from now on a relay. */
void socks5_relay(struct socks5 *s);

/* The commands. */
void socks5_connect(struct socks5 *s);
void socks5_bind(struct socks5 *s);
void socks5_associate(struct socks5 *s);

#endif
