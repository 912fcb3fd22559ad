/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/hello_match.h"

#include <string.h>
#include <strings.h>
#include <gnutls/gnutls.h>

#include "common/buf.h"
#include "daemon/core/iprange.h"
#include "daemon/core/load.h"
#include "daemon/core/replacer.h"

static const struct field remote_fields[] = {
    FIELD_STRINGS(struct hello_match_remote, ranges, "ranges", FIELD_ENV,
	"addresses and CIDR ranges of which one must hold the client"),
    FIELD_STRINGS(struct hello_match_remote, not_ranges, "not_ranges", FIELD_ENV,
	"addresses and CIDR ranges of which none may hold the client"),
    FIELD_END,
};

static const struct field local_fields[] = {
    FIELD_STRINGS(struct hello_match_local, ranges, "ranges", FIELD_ENV,
	"addresses and CIDR ranges of which one must hold the address connected to"),
    FIELD_END,
};

const struct field hello_match_fields[] = {
    FIELD_STRINGS(struct hello_match, sni, "sni", FIELD_ENV,
	"server names; '*' stands for one label, from the left"),
    FIELD_OBJECT(struct hello_match, sni_regexp, "sni_regexp", 0, match_regexp_fields,
	"a regular expression on the server name"),
    FIELD_STRINGS(struct hello_match, alpn, "alpn", FIELD_PLACEHOLDERS | FIELD_ENV,
	"protocols of which the client offers one"),
    FIELD_OBJECT(
	struct hello_match, remote_ip, "remote_ip", 0, remote_fields, "the client's address"),
    FIELD_OBJECT(struct hello_match, local_ip, "local_ip", 0, local_fields,
	"the address that the client connected to"),
    FIELD_END,
};

/* --- server names ---------------------------------------------------------------------------- */

static struct span next_label(struct span *name)
{
	const uint8_t *dot = name->n > 0 ? memchr(name->p, '.', name->n) : NULL;
	struct span label = *name;

	if (dot != NULL)
		label.n = (size_t)(dot - name->p);
	span_skip(name, label.n);
	return label;
}

static bool same_label(struct span a, struct span b)
{
	return a.n == b.n &&
	       (a.n == 0 || strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0);
}

bool hello_match_name(struct span name, const char *pattern)
{
	struct span rest = span_str(pattern), a, b;
	bool leading = true;

	while (true) {
		a = next_label(&name);
		b = next_label(&rest);
		if (!leading || a.n == 0 || !span_eq_str(b, "*")) {
			leading = leading && a.n == 0;
			if (!same_label(a, b))
				return false;
		}
		if (name.n == 0 || rest.n == 0)
			return name.n == rest.n;
		span_skip(&name, 1); /* the dots */
		span_skip(&rest, 1);
	}
}

static void append_ascii(struct buf *out, const char *label, size_t length)
{
	gnutls_datum_t ascii;
	size_t i;

	for (i = 0; i < length && (unsigned char)label[i] < 0x80; i++)
		;
	if (i < length && gnutls_idna_map(label, (unsigned)length, &ascii, 0) == 0) {
		buf_append(out, ascii.data, ascii.size);
		gnutls_free(ascii.data);
	} else {
		buf_append(out, label, length);
	}
}

const char *hello_match_ascii(struct arena *arena, const char *name)
{
	struct buf ascii = {0};
	const char *result;
	size_t n;

	while (true) {
		n = strcspn(name, ".");
		append_ascii(&ascii, name, n);
		name += n;
		if (*name == '\0')
			break;
		buf_append(&ascii, name++, 1);
	}
	result = arena_strdup(arena, buf_str(&ascii));
	buf_fini(&ascii);
	return result;
}

/* --- loading --------------------------------------------------------------------------------- */

static bool given(const struct jnode *node, const char *key)
{
	return json_object_get(node->value, key) != NULL;
}

static int load_ranges(struct load *load, const struct jnode *node, const char *key,
    const struct strings *texts, struct iprange **out, struct error *err)
{
	return texts->count == 0 ? 0 : iprange_load(load, node, key, texts, out, err);
}

static int load_addresses(
    struct load *load, const struct jnode *node, struct hello_match *m, struct error *err)
{
	struct jnode remote = jnode_member(node, "remote_ip");
	struct jnode local = jnode_member(node, "local_ip");

	if (load_ranges(load, &remote, "ranges", &m->remote_ip.ranges, &m->remote, err) != 0 ||
	    load_ranges(
		load, &remote, "not_ranges", &m->remote_ip.not_ranges, &m->not_remote, err) != 0)
		return -1;
	return load_ranges(load, &local, "ranges", &m->local_ip.ranges, &m->local, err);
}

int hello_match_load(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct hello_match *m = params;
	struct jnode regexp = jnode_member(node, "sni_regexp");
	size_t i;

	m->has_sni = given(node, "sni");
	m->has_alpn = given(node, "alpn");
	for (i = 0; i < m->sni.count; i++)
		m->sni.items[i] =
		    hello_match_ascii(load->arena, replace_at_load(load->arena, m->sni.items[i]));
	m->protocols = arena_array(load->arena, m->alpn.count, sizeof(struct template *));
	for (i = 0; i < m->alpn.count; i++)
		m->protocols[i] = template_new(load->arena, m->alpn.items[i]);
	if (regexp.value != NULL &&
	    match_regexp_load(load, &regexp, "tls.regexp", &m->sni_regexp, err) != 0)
		return -1;
	return load_addresses(load, node, m, err);
}

/* --- matching -------------------------------------------------------------------------------- */

bool hello_match_names(const struct hello_match *m, struct strings *out)
{
	size_t i;

	if (!m->has_sni || m->has_alpn || m->sni_regexp.regex != NULL || m->remote != NULL ||
	    m->not_remote != NULL || m->local != NULL)
		return false;
	for (i = 0; i < m->sni.count; i++)
		if (m->sni.items[i][0] == '\0' || strchr(m->sni.items[i], '*') != NULL ||
		    strchr(m->sni.items[i], '{') != NULL)
			return false;
	*out = m->sni;
	return true;
}

static bool match_sni(const struct hello_match *m, struct span name)
{
	size_t i;

	for (i = 0; i < m->sni.count; i++) {
		if (hello_match_name(name, m->sni.items[i]))
			return true;
	}
	return false;
}

static bool offers(struct span list, struct span protocol)
{
	struct span name;

	while (hello_next_name(&list, &name)) {
		if (span_eq(name, protocol))
			return true;
	}
	return false;
}

static bool match_alpn(const struct hello_match *m, struct span offered, struct facts *facts)
{
	struct buf text = {0};
	bool found = false;
	size_t i;

	for (i = 0; i < m->alpn.count && !found; i++) {
		if (template_constant(m->protocols[i])) {
			found = offers(offered, span_str(template_text(m->protocols[i])));
			continue;
		}
		buf_clear(&text);
		template_expand(m->protocols[i], facts, &text);
		found = offers(offered, buf_span(&text));
	}
	buf_fini(&text);
	return found;
}

static bool match_addresses(const struct hello_match *m, struct facts *facts)
{
	if (m->remote != NULL && !iprange_contains(m->remote, &facts->src))
		return false;
	if (m->not_remote != NULL && iprange_contains(m->not_remote, &facts->src))
		return false;
	return m->local == NULL || iprange_contains(m->local, facts_dst(facts));
}

bool hello_match(const struct hello_match *m, const struct hello *hello, struct facts *facts)
{
	if (m->has_sni && !match_sni(m, hello->server_name))
		return false;
	if (m->has_alpn && !match_alpn(m, hello->alpn, facts))
		return false;
	if (!match_addresses(m, facts))
		return false;
	return m->sni_regexp.regex == NULL ||
	       match_regexp(&m->sni_regexp, hello->server_name, facts);
}

/* --- Caddyfile ------------------------------------------------------------------------------- */

/* One array of an object, made when something is put into it. */
static json_t *list_of(json_t *object, const char *key)
{
	json_t *list = json_object_get(object, key);

	if (list == NULL) {
		list = json_array();
		json_object_set_new(object, key, list);
	}
	return list;
}

/* "!" before a range puts it into not_ranges. */
static int adapt_remote(struct dispenser *d, json_t *object, struct error *err)
{
	const char *text;

	if (dispenser_args_left(d) == 0)
		return dispenser_arg_error(d, err);
	while ((text = dispenser_arg(d)) != NULL) {
		bool not = text[0] == '!' && text[1] != '\0';

		iprange_adapt(
		    not ? text + 1 : text, list_of(object, not ? "not_ranges" : "ranges"));
	}
	return 0;
}

static int adapt_local(struct dispenser *d, json_t *object, struct error *err)
{
	const char *text;

	if (dispenser_args_left(d) == 0)
		return dispenser_arg_error(d, err);
	while ((text = dispenser_arg(d)) != NULL)
		iprange_adapt(text, list_of(object, "ranges"));
	return 0;
}

static int adapt_strings(struct dispenser *d, json_t *list, struct error *err)
{
	return dispenser_strings(d, &list, err);
}

static json_t *object_of(json_t *object, const char *key)
{
	json_t *inner = json_object_get(object, key);

	if (inner == NULL) {
		inner = json_object();
		json_object_set_new(object, key, inner);
	}
	return inner;
}

static int adapt_option(struct dispenser *d, json_t *object, struct error *err)
{
	static const char *const known[] = {
	    "alpn", "local_ip", "remote_ip", "sni", "sni_regexp", NULL};
	const char *name = dispenser_text(d);
	json_t *regexp;

	if (strcmp(name, "sni") == 0)
		return adapt_strings(d, list_of(object, "sni"), err);
	if (strcmp(name, "alpn") == 0)
		return adapt_strings(d, list_of(object, "alpn"), err);
	if (strcmp(name, "remote_ip") == 0)
		return adapt_remote(d, object_of(object, "remote_ip"), err);
	if (strcmp(name, "local_ip") == 0)
		return adapt_local(d, object_of(object, "local_ip"), err);
	if (strcmp(name, "sni_regexp") != 0)
		return dispenser_unknown(d, "TLS hello matcher", known, err);
	if (match_regexp_adapt(d, &regexp, err) != 0)
		return -1;
	return dispenser_set(d, object, "sni_regexp", regexp, err);
}

int hello_match_adapt(struct dispenser *d, json_t **out, struct error *err)
{
	json_t *object = json_object();
	int level = d->nesting;

	while (dispenser_next_arg(d) || dispenser_next_block(d, level)) {
		if (adapt_option(d, object, err) != 0 || dispenser_no_block(d, err) != 0) {
			json_decref(object);
			return -1;
		}
	}
	*out = object;
	return 0;
}
