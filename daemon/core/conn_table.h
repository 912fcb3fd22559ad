/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The connections of a worker: made by its listeners, found by id, freed at the end of the round.
 */
#ifndef DAEMON_CORE_CONN_TABLE_H
#define DAEMON_CORE_CONN_TABLE_H

#include <sys/socket.h>

struct conn;
struct flow_key;
struct listener;
struct worker;

/* Takes fd, a connection accepted by l from sa, and starts it on its way. */
void conn_accept(struct listener *l, int fd, const struct sockaddr *sa, socklen_t length);

/*
 * A connection of the client that sends datagrams to l, with its flow, which is in no table yet;
 * then starts it on its way.
 */
struct conn *conn_new_flow(struct listener *l, const struct flow_key *key);
void conn_start(struct conn *conn);

/* Puts conn into its worker's table and gives it an id; takes it out. */
void conn_table_add(struct conn *conn);
void conn_table_remove(struct conn *conn);

/* Ends every connection of the worker. */
void conn_table_end_all(struct worker *w);

/* Frees the ended ones: once a round, and when the worker stops. */
void conn_table_reap(struct worker *w);

void conn_table_fini(struct worker *w);

#endif
