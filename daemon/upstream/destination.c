/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/destination.h"

#include <string.h>

#include "daemon/core/iprange.h"
#include "daemon/core/listener.h"
#include "daemon/core/replacer.h"
#include "daemon/core/route.h"
#include "daemon/net/sockets.h"

/* Never the address of an upstream that somebody meant. */
static const char *const senseless_ranges[] = {
    "0.0.0.0/8", "224.0.0.0/4", "255.255.255.255", "::", "ff00::/8", NULL};
static const char *const local_ranges[] = {
    "127.0.0.0/8", "169.254.0.0/16", "::1", "fe80::/10", NULL};
static const char *const private_ranges[] = {
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", NULL};

#define RANGES_MAX 16

static void release_peer(void *object)
{
	peer_unref(object);
}

static int check_network(
    const struct jnode *node, const struct address_range *range, struct error *err)
{
	if (range->first.network == NETWORK_UNIXPACKET)
		return jnode_error(node, err, ERROR_UNSUPPORTED,
		    "unixpacket cannot be dialled; unix and unixgram can");
	return 0;
}

static int parse(struct destination *d, struct load *load, const struct jnode *node,
    const char *text, struct error *err)
{
	struct address_range range;
	struct error inner;

	if (address_parse_dial(text, &range, &inner) == -1)
		return jnode_error(node, err, inner.code, "%s", inner.message);
	if (check_network(node, &range, err) == -1)
		return -1;
	load->needs |= address_socket_type(range.first.network) == SOCK_DGRAM ? TRANSPORT_DATAGRAMS
									      : TRANSPORT_STREAM;
	d->address = range.first;
	d->ports = address_range_count(&range);
	if (d->ports > 1)
		load->needs |= TRANSPORT_RANGE;
	return 0;
}

/* ---- dynamic ones --------------------------------------------------------------------------- */

static void add_ranges(struct cidr *ranges, size_t *count, const char *const *texts)
{
	for (; *texts != NULL; texts++)
		if (cidr_parse(*texts, &ranges[*count]))
			++*count;
}

static struct iprange *make_refused(struct arena *arena, const struct destination_rules *rules)
{
	struct cidr ranges[RANGES_MAX];
	size_t count = 0;

	add_ranges(ranges, &count, senseless_ranges);
	if (!rules->allow_local)
		add_ranges(ranges, &count, local_ranges);
	if (rules->deny_private)
		add_ranges(ranges, &count, private_ranges);
	return iprange_new(arena, ranges, count);
}

/*
 * The network before the host and the port behind it must stand there: they are read with another
 * host in the place of what is between.
 */
static int init_dynamic(struct destination *d, struct load *load, const struct jnode *node,
    const char *text, const struct destination_rules *rules, struct error *err)
{
	const char *brace = strchr(text, '{'), *slash = strchr(text, '/');
	const char *host = slash != NULL ? slash + 1 : text;
	const char *colon = strrchr(text, ':');
	size_t length;

	if (slash != NULL && slash > brace)
		return jnode_error(node, err, ERROR_INVALID,
		    "'%s': the network cannot depend on the connection", text);
	if (colon == NULL || strchr(colon, '}') != NULL)
		return jnode_error(node, err, ERROR_INVALID,
		    "'%s' needs a port; it cannot depend on the connection", text);
	if (parse(d, load, node,
		arena_printf(load->arena, "%.*shost%s", (int)(host - text), text, colon),
		err) == -1)
		return -1;
	if (!address_is_ip(d->address.network))
		return jnode_error(node, err, ERROR_INVALID,
		    "'%s': the path of a Unix socket cannot depend on the connection", text);
	length = (size_t)(colon - host);
	if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
		host++;
		length -= 2;
	}
	d->host = template_new(load->arena, arena_strndup(load->arena, host, length));
	d->allow_local = rules->allow_local;
	d->refused = make_refused(load->arena, rules);
	return 0;
}

int destination_init(struct destination *d, struct load *load, const struct jnode *node,
    const char *text, const struct destination_rules *rules, struct error *err)
{
	const struct template *template = template_new(load->arena, text);
	char key[ADDRESS_TEXT_MAX];

	if (!template_constant(template))
		return init_dynamic(d, load, node, replace_at_load(load->arena, text), rules, err);
	if (parse(d, load, node, template_text(template), err) == -1)
		return -1;
	if (d->ports > 1) {
		d->host = template_new(load->arena, d->address.host);
		return 0;
	}
	if (!address_is_ip(d->address.network))
		d->fixed = (struct netaddr){.family = AF_UNIX, .path = d->address.host};
	else if (netaddr_parse_ip(d->address.host, &d->fixed))
		d->fixed.port = d->address.port;
	d->peer = peer_get(address_text(&d->address, key));
	arena_release(load->arena, release_peer, d->peer);
	return 0;
}

/* A DNS name, or what may be an IP address; a zone would say which interface to use. */
static bool is_host(struct span host)
{
	size_t i;

	for (i = 0; i < host.n; i++) {
		uint8_t c = host.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '.' && c != '_' && c != ':')
			return false;
	}
	return host.n > 0 && host.n <= 253;
}

const char *destination_expand(
    const struct destination *d, struct facts *facts, unsigned place, struct address *out)
{
	struct buf host = {0};
	struct netaddr ip;
	const char *problem = NULL;

	template_expand(d->host, facts, &host);
	*out = d->address;
	out->port = (uint16_t)(d->address.port + (d->ports > 1 ? place : 0));
	if (d->ports > 1 && place >= d->ports)
		problem = "the port is not in the range that is dialled any more";
	else if (buf_len(&host) == 0)
		problem = "the address is empty for this connection";
	else if (!is_host(buf_span(&host)))
		problem = "the address for this connection is no name and no IP address";
	else
		memcpy(out->host, buf_str(&host), buf_len(&host) + 1);
	buf_fini(&host);
	if (problem == NULL && strchr(out->host, ':') != NULL && !netaddr_parse_ip(out->host, &ip))
		problem = "the address for this connection is no name and no IP address";
	return problem;
}

/* What listens on any address listens on each of the machine's. */
static bool listened_on(const struct netaddr *addr, bool datagrams, const struct listener *l)
{
	for (; l != NULL; l = l->next) {
		if (l->local.port != addr->port || l->datagrams != datagrams)
			continue;
		if (l->local.family == AF_UNSPEC ? sockets_is_own(addr)
						 : netaddr_equal_ip(&l->local, addr))
			return true;
	}
	return false;
}

const char *destination_refusal(
    const struct destination *d, const struct netaddr *addr, const struct listener *listeners)
{
	bool datagrams = address_socket_type(d->address.network) == SOCK_DGRAM;

	if (d->refused == NULL)
		return NULL;
	if (iprange_contains(d->refused, addr))
		return "refused: an address that the connection may not choose (allow_local, "
		       "deny_private)";
	if (!d->allow_local && listened_on(addr, datagrams, listeners))
		return "refused: this program listens there (allow_local)";
	return NULL;
}
