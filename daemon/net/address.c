/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/un.h>

#define MODE_DEFAULT 0200 /* of a Unix socket's file: its owner may connect */

static const char *const networks[] = {
    [NETWORK_TCP] = "tcp",
    [NETWORK_TCP4] = "tcp4",
    [NETWORK_TCP6] = "tcp6",
    [NETWORK_UDP] = "udp",
    [NETWORK_UDP4] = "udp4",
    [NETWORK_UDP6] = "udp6",
    [NETWORK_UNIX] = "unix",
    [NETWORK_UNIXGRAM] = "unixgram",
    [NETWORK_UNIXPACKET] = "unixpacket",
    [NETWORK_FD] = "fd",
    [NETWORK_FDGRAM] = "fdgram",
    NULL,
};

const char *address_network_name(enum address_network network)
{
	return networks[network];
}

bool address_is_ip(enum address_network network)
{
	return network <= NETWORK_UDP6;
}

int address_socket_type(enum address_network network)
{
	switch (network) {
	case NETWORK_UDP:
	case NETWORK_UDP4:
	case NETWORK_UDP6:
	case NETWORK_UNIXGRAM:
	case NETWORK_FDGRAM:
		return SOCK_DGRAM;
	case NETWORK_UNIXPACKET:
		return SOCK_SEQPACKET;
	default:
		return SOCK_STREAM;
	}
}

int address_family(const struct address *a)
{
	struct netaddr ip;

	switch (a->network) {
	case NETWORK_TCP4:
	case NETWORK_UDP4:
		return AF_INET;
	case NETWORK_TCP6:
	case NETWORK_UDP6:
		return AF_INET6;
	case NETWORK_UNIX:
	case NETWORK_UNIXGRAM:
	case NETWORK_UNIXPACKET:
		return AF_UNIX;
	default:
		return netaddr_parse_ip(a->host, &ip) ? ip.family : AF_UNSPEC;
	}
}

/* ---- reading -------------------------------------------------------------------------------- */

static int set_host(struct address *a, const char *host, size_t length, struct error *err)
{
	if (length >= sizeof(a->host))
		return error_set(err, ERROR_INVALID, "address '%.32s...' is too long", host);
	memcpy(a->host, host, length);
	a->host[length] = '\0';
	return 0;
}

/* Takes "network/" off the front; without one it is TCP. */
static int parse_network(const char **text, struct address *a, struct error *err)
{
	const char *slash = strchr(*text, '/');
	char name[16];
	int i;

	a->network = NETWORK_TCP;
	if (slash == NULL)
		return 0;
	if ((size_t)(slash - *text) < sizeof(name)) {
		memcpy(name, *text, (size_t)(slash - *text));
		name[slash - *text] = '\0';
		for (i = 0; networks[i] != NULL; i++) {
			if (strcasecmp(networks[i], name) == 0) {
				a->network = (enum address_network)i;
				*text = slash + 1;
				return 0;
			}
		}
	}
	return error_set(err, ERROR_INVALID,
	    "unknown network '%.*s' in address '%s'; it is one of tcp, tcp4, tcp6, udp, udp4, "
	    "udp6, unix, unixgram, unixpacket, fd, fdgram",
	    (int)(slash - *text), *text, *text);
}

static int parse_port(
    const char *text, size_t length, const char *whole, uint16_t *out, struct error *err)
{
	unsigned long port = 0;
	size_t i;

	for (i = 0; i < length && text[i] >= '0' && text[i] <= '9' && port <= 65535; i++)
		port = port * 10 + (unsigned long)(text[i] - '0');
	if (length == 0 || i < length || port > 65535)
		return error_set(err, ERROR_INVALID,
		    "port '%.*s' in address '%s' is not a number from 0 to 65535", (int)length,
		    text, whole);
	*out = (uint16_t)port;
	return 0;
}

static int parse_ports(
    const char *text, const char *whole, struct address_range *out, struct error *err)
{
	const char *dash = strchr(text, '-');

	if (parse_port(text, dash != NULL ? (size_t)(dash - text) : strlen(text), whole,
		&out->first.port, err) == -1)
		return -1;
	out->last_port = out->first.port;
	if (dash == NULL)
		return 0;
	if (parse_port(dash + 1, strlen(dash + 1), whole, &out->last_port, err) == -1)
		return -1;
	if (out->last_port < out->first.port)
		return error_set(err, ERROR_INVALID,
		    "port range '%s' in address '%s' ends before it begins", text, whole);
	return 0;
}

/* "host:port", "[v6]:port", ":port". A bare IPv6 address needs its brackets. */
static int parse_host_port(const char *text, struct address_range *out, struct error *err)
{
	const char *colon, *host = text, *host_end;

	if (*text == '[') {
		host = text + 1;
		host_end = strchr(text, ']');
		if (host_end == NULL || host_end[1] != ':')
			return error_set(err, ERROR_INVALID,
			    "address '%s': an IPv6 address is written [address]:port", text);
		colon = host_end + 1;
	} else {
		colon = strrchr(text, ':');
		host_end = colon;
		if (colon == NULL)
			return error_set(err, ERROR_INVALID,
			    "address '%s' has no port; write host:port, or :port for any host",
			    text);
		if (memchr(text, ':', (size_t)(colon - text)) != NULL)
			return error_set(err, ERROR_INVALID,
			    "address '%s': an IPv6 address is written [address]:port", text);
	}
	if (set_host(&out->first, host, (size_t)(host_end - host), err) == -1)
		return -1;
	return parse_ports(colon + 1, text, out, err);
}

/* "path", "path|0222", "@abstract". */
static int parse_path(const char *text, struct address *a, struct error *err)
{
	const char *bar = strrchr(text, '|');
	size_t length = bar != NULL ? (size_t)(bar - text) : strlen(text);
	unsigned long mode;
	char *end;

	if (length == 0 || length >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return error_set(err, ERROR_INVALID,
		    "Unix socket '%s': the path must have 1 to %zu bytes", text,
		    sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
	if (bar != NULL) {
		mode = strtoul(bar + 1, &end, 8);
		if (bar[1] < '0' || bar[1] > '7' || *end != '\0' || mode > 0777)
			return error_set(err, ERROR_INVALID,
			    "Unix socket '%s': permissions '%s' are not octal like 0660", text,
			    bar + 1);
		if ((mode & S_IWUSR) == 0)
			return error_set(err, ERROR_INVALID,
			    "Unix socket '%s': permissions '%s' must let the owner write", text,
			    bar + 1);
		a->mode = (mode_t)mode;
	}
	return set_host(a, text, length, err);
}

static int parse(const char *whole, struct address_range *out, struct error *err)
{
	const char *text = whole;

	memset(out, 0, sizeof(*out));
	out->first.mode = MODE_DEFAULT;
	if (parse_network(&text, &out->first, err) == -1)
		return -1;
	if (address_is_ip(out->first.network))
		return parse_host_port(text, out, err);
	if (out->first.network < NETWORK_FD)
		return parse_path(text, &out->first, err);
	if (*text == '\0' || strlen(text) > 9 || strspn(text, "0123456789") != strlen(text))
		return error_set(err, ERROR_INVALID,
		    "address '%s': a descriptor is a number, such as fd/3", whole);
	return set_host(&out->first, text, strlen(text), err);
}

/* An IP address must be of the network's family. */
static int check_family(const struct address *a, const char *text, struct error *err)
{
	struct netaddr ip;
	int family = address_family(a);

	if (!address_is_ip(a->network) || family == AF_UNSPEC || !netaddr_parse_ip(a->host, &ip) ||
	    ip.family == family)
		return 0;
	return error_set(err, ERROR_INVALID, "address '%s': %s is not an address of %s", text,
	    a->host, networks[a->network]);
}

/* One text for one IP address, so that two ways of writing it are the same address. */
static void normalize(struct address *a)
{
	char text[NETADDR_TEXT_MAX];
	struct netaddr ip;

	if (address_is_ip(a->network) && netaddr_parse_ip(a->host, &ip))
		strcpy(a->host, netaddr_ip_text(&ip, text));
}

static const char *loopback(enum address_network network)
{
	return network == NETWORK_TCP6 || network == NETWORK_UDP6 ? "::1" : "127.0.0.1";
}

int address_parse_listen(const char *text, struct address_range *out, struct error *err)
{
	struct netaddr ip;
	struct address *a = &out->first;

	if (parse(text, out, err) == -1 || check_family(a, text, err) == -1)
		return -1;
	if (!address_is_ip(a->network) || a->host[0] == '\0')
		return 0;
	if (strcmp(a->host, "localhost") == 0)
		strcpy(a->host, loopback(a->network));
	if (!netaddr_parse_ip(a->host, &ip))
		return error_set(err, ERROR_INVALID,
		    "cannot listen on '%s': the host must be an IP address of this machine, or "
		    "nothing for all of them",
		    text);
	normalize(a);
	/* As in the reference, "tcp/0.0.0.0" is any address of both families; tcp4 is one. */
	if (netaddr_is_any(&ip))
		a->host[0] = '\0';
	return 0;
}

int address_parse_dial(const char *text, struct address_range *out, struct error *err)
{
	struct address *a = &out->first;

	if (parse(text, out, err) == -1 || check_family(a, text, err) == -1)
		return -1;
	if (a->network >= NETWORK_FD)
		return error_set(err, ERROR_INVALID, "cannot dial a descriptor ('%s')", text);
	if (!address_is_ip(a->network))
		return 0;
	if (a->port == 0)
		return error_set(err, ERROR_INVALID, "cannot dial port 0 ('%s')", text);
	if (a->host[0] == '\0') /* as in the reference */
		strcpy(a->host, loopback(a->network));
	normalize(a);
	return 0;
}

/* ---- ranges and text ------------------------------------------------------------------------ */

unsigned address_range_count(const struct address_range *range)
{
	return (unsigned)(range->last_port - range->first.port) + 1;
}

struct address address_range_at(const struct address_range *range, unsigned index)
{
	struct address a = range->first;

	a.port = (uint16_t)(a.port + index);
	return a;
}

const char *address_text(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
	const char *name = networks[a->network];

	if (!address_is_ip(a->network))
		snprintf(out, ADDRESS_TEXT_MAX, "%s/%s", name, a->host);
	else if (strchr(a->host, ':') != NULL)
		snprintf(out, ADDRESS_TEXT_MAX, "%s/[%s]:%u", name, a->host, a->port);
	else
		snprintf(out, ADDRESS_TEXT_MAX, "%s/%s:%u", name, a->host, a->port);
	return out;
}
