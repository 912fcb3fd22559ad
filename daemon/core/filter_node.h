/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A compiled filter: what filter_parse.c makes and filter.c matches with. For these two alone.
 */
#ifndef DAEMON_CORE_FILTER_NODE_H
#define DAEMON_CORE_FILTER_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/netaddr.h"
#include "daemon/core/filter.h"

enum op { OP_SET, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_LIKE, OP_IN };

enum node_kind { NODE_ANY, NODE_ALL, NODE_NOT, NODE_TEST };

/* One value of a test, read by the field's kind. */
struct value {
	struct value *next;
	struct span text;
	uint64_t number;
	double seconds;
	struct cidr range;
	bool with_port;
};

struct node {
	struct node *next;  /* among its parent's parts */
	struct node *parts; /* of ANY, ALL, NOT */
	enum node_kind kind;
	enum op op;
	const struct filter_field *field;
	struct value *values;
};

struct filter {
	struct arena *arena;
	struct node *root;
};

#endif
