/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a log of the document's "logging" goes: standard error or output, a file, nowhere.
 */
#ifndef DAEMON_CONFIG_LOG_WRITERS_H
#define DAEMON_CONFIG_LOG_WRITERS_H

#include <stdbool.h>

#include "common/log_file.h"
#include "daemon/core/load.h"
#include "daemon/input/shape.h"

struct log_target {
	bool discard;
	int fd;           /* of a standard stream; -1: a file */
	const char *path; /* of a file */
	struct log_file_options options;
};

extern const struct shape log_writer_shape;

/* Reads a log's "writer"; a value of NULL is standard error. Returns 0, or -1 with err. */
int log_writer_load(
    struct load *load, const struct jnode *node, struct log_target *out, struct error *err);

#endif
