/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private keys. A key is a handle that signs; no other module sees its bytes, so that they can live
 * in a process of their own. Counted; may be used by any number of threads at once.
 */
#ifndef DAEMON_TLS_KEY_H
#define DAEMON_TLS_KEY_H

#include <stdbool.h>
#include <gnutls/abstract.h>

#include "common/error.h"
#include "common/span.h"

struct key;
struct state;

/* In the order of their names in documents: p256 p384 ed25519 rsa2048 rsa4096. */
enum key_type { KEY_P256, KEY_P384, KEY_ED25519, KEY_RSA2048, KEY_RSA4096 };
extern const char *const key_type_names[]; /* NULL-ended */

/* Each returns a key with one reference, or NULL with err. */
struct key *key_generate(enum key_type type, struct error *err);
/* The first private key of a PEM text (SEC 1, PKCS #1, PKCS #8 unencrypted); it may hold more. */
struct key *key_load_pem(struct span pem, struct error *err);
struct key *key_load_file(const char *path, struct error *err);
/* From a state file that key_store() wrote. */
struct key *key_load_state(struct state *state, const char *name, struct error *err);

/* Writes the key, then more PEM text (its certificates), as one state file. 0, or -1 with err. */
int key_store(const struct key *key, struct state *state, const char *name, struct span more,
    struct error *err);

struct key *key_ref(struct key *key);
void key_unref(struct key *key); /* NULL is allowed */

/* For GnuTLS to sign with; borrowed. */
gnutls_privkey_t key_handle(const struct key *key);

/* Is this the key of that certificate? */
bool key_fits(const struct key *key, gnutls_x509_crt_t certificate);

#endif
