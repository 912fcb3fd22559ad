/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/priority.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"

const char *const tls_version_names[] = {"tls1.2", "tls1.3", NULL};

/* ---- names to GnuTLS's words --------------------------------------------------------------- */

/*
 * GnuTLS has no list of suites but of their parts, so that the suites it will use are all that can
 * be put together from the parts of those named.
 */
struct suite {
	const char *name;
	const char *exchange, *cipher, *mac; /* exchange and mac NULL: TLS 1.3, or an AEAD */
};

static const struct suite suites[] = {
    {"TLS_AES_128_GCM_SHA256", NULL, "AES-128-GCM", NULL},
    {"TLS_AES_256_GCM_SHA384", NULL, "AES-256-GCM", NULL},
    {"TLS_CHACHA20_POLY1305_SHA256", NULL, "CHACHA20-POLY1305", NULL},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA", "AES-128-GCM", NULL},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA", "AES-256-GCM", NULL},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA", "CHACHA20-POLY1305", NULL},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA", "AES-128-GCM", NULL},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA", "AES-256-GCM", NULL},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA", "CHACHA20-POLY1305", NULL},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA", "AES-128-CBC", "SHA1"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA", "AES-256-CBC", "SHA1"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA", "AES-128-CBC", "SHA1"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA", "AES-256-CBC", "SHA1"},
};

#define SUITE_COUNT (sizeof(suites) / sizeof(*suites))

/* group NULL: known to clients and the reference, but not to this GnuTLS. */
static const struct {
	const char *name, *group;
} curves[] = {
    {"x25519", "X25519"},
    {"secp256r1", "SECP256R1"},
    {"secp384r1", "SECP384R1"},
    {"secp521r1", "SECP521R1"},
    {"x25519mlkem768", NULL},
};

#define CURVE_COUNT (sizeof(curves) / sizeof(*curves))

/* Appends ":+word" unless it is there. */
static void allow(struct buf *b, const char *word)
{
	char item[64];
	const char *at;

	snprintf(item, sizeof(item), ":+%s", word);
	for (at = strstr(buf_str(b), item); at != NULL; at = strstr(at + 1, item))
		if (at[strlen(item)] == ':' || at[strlen(item)] == '\0')
			return;
	buf_append_str(b, item);
}

static const struct suite *suite_find(const char *name)
{
	size_t i;

	for (i = 0; i < SUITE_COUNT; i++)
		if (strcmp(suites[i].name, name) == 0)
			return &suites[i];
	return NULL;
}

static int unknown(const struct jnode *node, const char *what, const char *name,
    const char *const *known, struct error *err)
{
	const char *near = error_suggest(name, known);

	if (near != NULL)
		return jnode_error(node, err, ERROR_INVALID, "unknown %s '%s', did you mean '%s'?",
		    what, name, near);
	return jnode_error(node, err, ERROR_INVALID, "unknown %s '%s'", what, name);
}

static int unknown_suite(const struct jnode *node, const char *name, struct error *err)
{
	const char *known[SUITE_COUNT + 1];
	size_t i;

	for (i = 0; i < SUITE_COUNT; i++)
		known[i] = suites[i].name;
	known[i] = NULL;
	return unknown(node, "cipher suite", name, known, err);
}

static int unknown_curve(const struct jnode *node, const char *name, struct error *err)
{
	const char *known[CURVE_COUNT + 1];
	size_t i;

	for (i = 0; i < CURVE_COUNT; i++)
		known[i] = curves[i].name;
	known[i] = NULL;
	return unknown(node, "curve", name, known, err);
}

/*
 * Ciphers in the order of the list; the client's own order decides among them, for it knows
 * whether it has AES in hardware.
 */
static int add_suites(const struct jnode *node, struct buf *b, bool *tls12, struct error *err)
{
	static const char defaults[] = ":-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM"
				       ":+AES-256-GCM:+CHACHA20-POLY1305";
	bool aead = false;
	size_t i;

	*tls12 = true;
	if (node->value == NULL || json_array_size(node->value) == 0) {
		buf_append_str(b, defaults);
		return 0;
	}
	*tls12 = false;
	buf_append_str(b, ":-KX-ALL:-CIPHER-ALL");
	for (i = 0; i < json_array_size(node->value); i++) {
		struct jnode item = jnode_item(node, i);
		const struct suite *suite;
		const char *name;

		if (jnode_string(&item, &name, err) == -1)
			return -1;
		suite = suite_find(name);
		if (suite == NULL)
			return unknown_suite(&item, name, err);
		allow(b, suite->cipher);
		if (suite->exchange != NULL)
			allow(b, suite->exchange);
		if (suite->mac != NULL)
			allow(b, suite->mac);
		aead |= suite->mac == NULL;
		*tls12 |= suite->exchange != NULL;
	}
	/* As in the reference TLS 1.3 is not left without a suite of its own. */
	if (!aead)
		buf_append_str(b, ":+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305");
	if (!*tls12)
		buf_append_str(b, ":+ECDHE-ECDSA:+ECDHE-RSA");
	return 0;
}

/*
 * X25519 first, and the client's order decides: with the server's, whoever sends a key share for
 * another group than our first would be made to send a second hello.
 */
static int add_curves(const struct jnode *node, struct buf *b, struct error *err)
{
	size_t i, k, left = 0;

	buf_append_str(b, ":-GROUP-ALL");
	if (node->value == NULL || json_array_size(node->value) == 0) {
		buf_append_str(b, ":+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1");
		return 0;
	}
	for (i = 0; i < json_array_size(node->value); i++) {
		struct jnode item = jnode_item(node, i);
		const char *name;

		if (jnode_string(&item, &name, err) == -1)
			return -1;
		for (k = 0; k < CURVE_COUNT && strcmp(curves[k].name, name) != 0; k++)
			;
		if (k == CURVE_COUNT)
			return unknown_curve(&item, name, err);
		if (curves[k].group == NULL) {
			log_msg(LOG_WARN, "tls", "curve '%s' is not available and left out", name);
			continue;
		}
		buf_printf(b, ":+GROUP-%s", curves[k].group);
		left++;
	}
	if (left == 0)
		return jnode_error(node, err, ERROR_UNSUPPORTED, "none of these is available");
	return 0;
}

static int describe(const struct priority_options *o, struct buf *b, struct error *err)
{
	bool tls12;

	buf_append_str(b, "SECURE128:-VERS-ALL");
	if (o->max == TLS_VERSION_1_3)
		buf_append_str(b, ":+VERS-TLS1.3");
	if (o->min == TLS_VERSION_1_2)
		buf_append_str(b, ":+VERS-TLS1.2");
	if (add_suites(&o->cipher_suites, b, &tls12, err) == -1)
		return -1;
	if (!tls12 && o->max == TLS_VERSION_1_2)
		return jnode_error(&o->cipher_suites, err, ERROR_INVALID,
		    "has only suites of TLS 1.3, which the highest version excludes");
	return add_curves(&o->curves, b, err);
}

/* ---- sharing ------------------------------------------------------------------------------- */

struct shared {
	struct shared *next;
	gnutls_priority_t priority;
	char *text;
	unsigned refs;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shared *all; /* few: as many as there are different policies */

static int share(const char *text, gnutls_priority_t *out)
{
	struct shared *s;
	int rc;

	for (s = all; s != NULL && strcmp(s->text, text) != 0; s = s->next)
		;
	if (s == NULL) {
		rc = gnutls_priority_init(out, text, NULL);
		if (rc < 0)
			return rc;
		s = mem_zalloc(sizeof(*s));
		s->priority = *out;
		s->text = mem_strdup(text);
		s->next = all;
		all = s;
	}
	s->refs++;
	*out = s->priority;
	return 0;
}

static int get(const char *text, gnutls_priority_t *out, struct error *err)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = share(text, out);
	pthread_mutex_unlock(&lock);
	if (rc < 0)
		return error_set(err, ERROR_INTERNAL, "GnuTLS does not take '%s': %s", text,
		    gnutls_strerror(rc));
	return 0;
}

int priority_get(const struct priority_options *options, gnutls_priority_t *out,
    gnutls_priority_t *ordered, struct error *err)
{
	struct buf b = {0};
	int rc = describe(options, &b, err);

	if (rc == 0)
		rc = get(buf_str(&b), out, err);
	if (rc == 0 && ordered != NULL) {
		buf_append_str(&b, ":%SERVER_PRECEDENCE");
		rc = get(buf_str(&b), ordered, err);
		if (rc == -1)
			priority_unref(*out);
	}
	buf_fini(&b);
	return rc;
}

void priority_unref(gnutls_priority_t priority)
{
	struct shared **at, *s;

	pthread_mutex_lock(&lock);
	for (at = &all; *at != NULL && (*at)->priority != priority; at = &(*at)->next)
		;
	s = *at;
	if (s != NULL && --s->refs == 0) {
		*at = s->next;
		gnutls_priority_deinit(s->priority);
		free(s->text);
		free(s);
	}
	pthread_mutex_unlock(&lock);
}
