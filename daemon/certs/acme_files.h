/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where ACME's state lies in the state folder, and reading and writing it:
 *
 *	acme/CA/ACCOUNT/account.pem         the account's key
 *	acme/CA/ACCOUNT/account.json        its URL with the CA
 *	acme/CA/ACCOUNT/orders/NAME.json    an order on its way: its URL and names
 *	acme/CA/ACCOUNT/orders/NAME.pem     the key that its certificate is to have
 *	certificates/NAME.pem               a certificate: its key, then its chain
 *	certificates/NAME.json              where it came from
 *
 * CA is the directory's URL without "https://", ACCOUNT the e-mail address or "default", followed
 * by the external account's name where there is one, NAME the (first) name of the certificate.
 */
#ifndef DAEMON_CERTS_ACME_FILES_H
#define DAEMON_CERTS_ACME_FILES_H

#include <jansson.h>

#include "common/error.h"

struct acme_options;
struct state;

#define ACME_PATH_MAX 600

/* "acme/CA/ACCOUNT" for a directory and the account that options name. Returns out. */
const char *acme_account_folder(
    const char *directory, const struct acme_options *options, char out[ACME_PATH_MAX]);
/* "FOLDER/NAME.EXTENSION". Returns out. */
const char *acme_path(
    const char *folder, const char *name, const char *extension, char out[ACME_PATH_MAX]);

#define ACME_CERTIFICATES "certificates"

/* A new reference; NULL with err (ERROR_NOT_FOUND: no such file). */
json_t *acme_json_read(struct state *state, const char *path, struct error *err);
/* Takes json. Returns 0, or -1 with err. */
int acme_json_write(struct state *state, const char *path, json_t *json, struct error *err);

#endif
