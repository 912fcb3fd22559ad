/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/secrets_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LABEL_MAX 64
#define BYTES_MAX 64 /* of a secret */

struct secrets_log {
	int fd;
};

static void close_log(void *p)
{
	struct secrets_log *log = p;

	close(log->fd);
}

struct secrets_log *secrets_log_open(struct load *load, const char *path, struct error *err)
{
	struct secrets_log *log = arena_alloc(load->arena, sizeof(*log));

	log->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log->fd == -1) {
		error_errno(err, ERROR_INVALID, "cannot open '%s'", path);
		return NULL;
	}
	arena_release(load->arena, close_log, log);
	return log;
}

static char *put_hex(char *at, const gnutls_datum_t *bytes)
{
	unsigned i;

	for (i = 0; i < bytes->size && i < BYTES_MAX; i++)
		at += sprintf(at, "%02x", bytes->data[i]);
	return at;
}

/* One write a line, so that those of several threads do not mix. */
void secrets_log_write(struct secrets_log *log, gnutls_session_t session, const char *label,
    const gnutls_datum_t *secret)
{
	char line[LABEL_MAX + 4 * BYTES_MAX + 8], *at = line;
	gnutls_datum_t client, server;

	gnutls_session_get_random(session, &client, &server);
	at += snprintf(line, LABEL_MAX, "%.60s ", label);
	at = put_hex(at, &client);
	*at++ = ' ';
	at = put_hex(at, secret);
	*at++ = '\n';
	(void)!write(log->fd, line, (size_t)(at - line));
	explicit_bzero(line, sizeof(line));
}
