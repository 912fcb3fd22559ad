/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/proxy_header.h"

#include <arpa/inet.h>
#include <stdio.h>

static const uint8_t signature_v1[] = {'P', 'R', 'O', 'X', 'Y', ' '};
static const uint8_t signature_v2[] = {
    '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

#define V2_FIXED 16 /* signature, version and command, family and transport, length */

enum { COMMAND_LOCAL = 0, COMMAND_PROXY = 1 };
enum { FAMILY_UNSPEC = 0, FAMILY_INET = 1, FAMILY_INET6 = 2, FAMILY_UNIX = 3 };
enum { TRANSPORT_UNSPEC = 0, TRANSPORT_STREAM = 1, TRANSPORT_DATAGRAM = 2 };

/* Bytes of both addresses and ports, by family. */
static const size_t address_size[] = {0, 12, 36, 216};

static enum proxy_header_result compare(struct span bytes, const uint8_t *signature, size_t size)
{
	size_t n = bytes.n < size ? bytes.n : size;

	if (n > 0 && memcmp(bytes.p, signature, n) != 0)
		return PROXY_HEADER_NO;
	return n == size ? PROXY_HEADER_OK : PROXY_HEADER_MORE;
}

enum proxy_header_result proxy_header_signature(struct span bytes)
{
	if (bytes.n > 0 && bytes.p[0] == signature_v2[0])
		return compare(bytes, signature_v2, sizeof(signature_v2));
	return compare(bytes, signature_v1, sizeof(signature_v1));
}

/* The mapped form that stands for an IPv4 address becomes that address. */
static struct netaddr make_address(int family, const uint8_t *ip, uint16_t port)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct netaddr addr = {.port = port};

	if (family == AF_INET6 && memcmp(ip, mapped, sizeof(mapped)) == 0) {
		family = AF_INET;
		ip += sizeof(mapped);
	}
	addr.family = (uint8_t)family;
	memcpy(addr.ip, ip, family == AF_INET ? 4 : 16);
	return addr;
}

/* --- version 1 ------------------------------------------------------------------------------- */

/* Takes what is before the next space, or the rest. false: nothing is left. */
static bool next_word(struct span *line, struct span *out)
{
	const uint8_t *space;

	if (line->n == 0)
		return false;
	space = memchr(line->p, ' ', line->n);
	span_take(line, space != NULL ? (size_t)(space - line->p) : line->n, out);
	span_skip(line, 1);
	return true;
}

static bool word_ip(struct span word, bool v6, struct netaddr *out)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t ip[16];

	if (word.n == 0 || word.n >= sizeof(text) || memchr(word.p, 0, word.n) != NULL)
		return false;
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	/* nginx writes plain IPv4 addresses in TCP6 lines. */
	if (inet_pton(AF_INET, text, ip) == 1)
		*out = make_address(AF_INET, ip, 0);
	else if (v6 && inet_pton(AF_INET6, text, ip) == 1)
		*out = make_address(AF_INET6, ip, 0);
	else
		return false;
	return true;
}

static bool word_port(struct span word, uint16_t *out)
{
	uint32_t port = 0;
	size_t i;

	if (word.n == 0 || word.n > 5 || (word.n > 1 && word.p[0] == '0'))
		return false;
	for (i = 0; i < word.n; i++) {
		if (word.p[i] < '0' || word.p[i] > '9')
			return false;
		port = port * 10 + (word.p[i] - '0');
	}
	*out = (uint16_t)port;
	return port <= UINT16_MAX;
}

/* What is between "PROXY " and CR LF. */
static bool parse_line(struct span line, struct proxy_header *out)
{
	struct span protocol, src, dst, sport, dport;
	bool v6;

	if (!next_word(&line, &protocol))
		return false;
	if (span_eq_str(protocol, "UNKNOWN")) {
		out->local = true;
		return true;
	}
	v6 = span_eq_str(protocol, "TCP6");
	if (!v6 && !span_eq_str(protocol, "TCP4"))
		return false;
	/* dport takes the rest, so that a word too many is a wrong port. */
	if (!next_word(&line, &src) || !next_word(&line, &dst) || !next_word(&line, &sport))
		return false;
	dport = line;
	return word_ip(src, v6, &out->src) && word_ip(dst, v6, &out->dst) &&
	       word_port(sport, &out->src.port) && word_port(dport, &out->dst.port);
}

/* Can the line still become one of the three? Tells a wrong word before its line ends. */
static bool protocol_possible(struct span line)
{
	static const char *const starts[] = {"TCP4 ", "TCP6 ", "UNKNOWN"};
	size_t i, n;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		n = strlen(starts[i]);
		if (memcmp(line.p, starts[i], n < line.n ? n : line.n) == 0)
			return true;
	}
	return false;
}

static enum proxy_header_result parse_v1(struct span bytes, struct proxy_header *out)
{
	struct span line = bytes;
	const uint8_t *end;

	if (line.n > PROXY_HEADER_V1_SIZE_MAX)
		line.n = PROXY_HEADER_V1_SIZE_MAX;
	span_skip(&line, sizeof(signature_v1));
	if (!protocol_possible(line))
		return PROXY_HEADER_BAD;
	end = memchr(line.p, '\n', line.n);
	if (end == NULL)
		return bytes.n < PROXY_HEADER_V1_SIZE_MAX ? PROXY_HEADER_MORE : PROXY_HEADER_BAD;
	if (end == line.p || end[-1] != '\r')
		return PROXY_HEADER_BAD;
	out->version = 1;
	out->length = (size_t)(end + 1 - bytes.p);
	return parse_line(span_of(line.p, (size_t)(end - 1 - line.p)), out) ? PROXY_HEADER_OK
									    : PROXY_HEADER_BAD;
}

/* --- version 2 ------------------------------------------------------------------------------- */

bool proxy_header_next_tlv(struct span *tlvs, uint8_t *type, struct span *value)
{
	struct span rest = *tlvs;

	if (!span_u8(&rest, type) || !span_vec16(&rest, value))
		return false;
	*tlvs = rest;
	return true;
}

static uint32_t crc32c(uint32_t crc, const uint8_t *p, size_t n)
{
	size_t i;
	int bit;

	for (i = 0; i < n; i++) {
		crc ^= p[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

/* Over the whole header, with the checksum's own four bytes taken as zero. */
static bool checksum_valid(struct span header, struct span tlvs)
{
	static const uint8_t zero[4];
	struct span value;
	uint32_t crc = ~UINT32_C(0), want;
	size_t before;
	uint8_t type;

	do {
		if (!proxy_header_next_tlv(&tlvs, &type, &value))
			return true; /* it has none */
	} while (type != PROXY_TLV_CRC32C);
	before = (size_t)(value.p - header.p);
	if (value.n != sizeof(zero) || !span_u32(&value, &want))
		return false;
	crc = crc32c(crc, header.p, before);
	crc = crc32c(crc, zero, sizeof(zero));
	crc = crc32c(crc, value.p, header.n - before - sizeof(zero));
	return ~crc == want;
}

static void take_addresses(int family, struct span addresses, struct proxy_header *out)
{
	size_t size = family == AF_INET ? 4 : 16;
	struct span src, dst;
	uint16_t sport, dport;

	if (!span_take(&addresses, size, &src) || !span_take(&addresses, size, &dst) ||
	    !span_u16(&addresses, &sport) || !span_u16(&addresses, &dport))
		return;
	out->src = make_address(family, src.p, sport);
	out->dst = make_address(family, dst.p, dport);
}

/*
 * What follows the fixed part. LOCAL means that all of it is to be skipped; its TLVs are kept where
 * the family tells where they begin.
 */
static bool parse_rest(uint8_t command, uint8_t kind, struct span rest, struct proxy_header *out)
{
	uint8_t family = kind >> 4, transport = kind & 15;
	struct span addresses;

	if (family > FAMILY_UNIX || transport > TRANSPORT_DATAGRAM ||
	    !span_take(&rest, address_size[family], &addresses)) {
		out->local = true;
		return command == COMMAND_LOCAL;
	}
	out->tlvs = rest;
	out->datagram = transport == TRANSPORT_DATAGRAM;
	out->local = command == COMMAND_LOCAL || family == FAMILY_UNSPEC || family == FAMILY_UNIX ||
		     transport == TRANSPORT_UNSPEC;
	if (!out->local)
		take_addresses(family == FAMILY_INET ? AF_INET : AF_INET6, addresses, out);
	return true;
}

/*
 *	signature            12
 *	version | command     1    0x20 LOCAL, 0x21 PROXY
 *	family | transport    1
 *	length                2    of addresses and TLVs
 */
static enum proxy_header_result parse_v2(struct span bytes, struct proxy_header *out)
{
	struct span rest = bytes, body;
	uint8_t command, kind;
	uint16_t length;

	span_skip(&rest, sizeof(signature_v2));
	if (!span_u8(&rest, &command))
		return PROXY_HEADER_MORE;
	if (command != (2 << 4 | COMMAND_LOCAL) && command != (2 << 4 | COMMAND_PROXY))
		return PROXY_HEADER_BAD;
	if (!span_u8(&rest, &kind) || !span_u16(&rest, &length))
		return PROXY_HEADER_MORE;
	if (length > PROXY_HEADER_V2_REST_MAX)
		return PROXY_HEADER_BAD;
	if (!span_take(&rest, length, &body))
		return PROXY_HEADER_MORE;
	out->version = 2;
	out->length = V2_FIXED + length;
	if (!parse_rest(command & 15, kind, body, out) ||
	    !checksum_valid(span_of(bytes.p, out->length), out->tlvs))
		return PROXY_HEADER_BAD;
	return PROXY_HEADER_OK;
}

enum proxy_header_result proxy_header_parse(struct span bytes, struct proxy_header *out)
{
	enum proxy_header_result result = proxy_header_signature(bytes);
	struct proxy_header header = {0};

	if (result != PROXY_HEADER_OK)
		return result;
	if (bytes.p[0] == signature_v1[0])
		result = parse_v1(bytes, &header);
	else
		result = parse_v2(bytes, &header);
	if (result == PROXY_HEADER_OK)
		*out = header;
	return result;
}

/* --- builders -------------------------------------------------------------------------------- */

/* The family that can carry both. */
static int common_family(const struct netaddr *src, const struct netaddr *dst)
{
	bool src_ip = src->family == AF_INET || src->family == AF_INET6;
	bool dst_ip = dst->family == AF_INET || dst->family == AF_INET6;

	if (src_ip && dst_ip)
		return src->family == dst->family ? src->family : AF_INET6;
	if (src->family == AF_UNIX && dst->family == AF_UNIX)
		return AF_UNIX;
	return AF_UNSPEC;
}

/* The address in family's form. Returns its length. */
static size_t put_ip(uint8_t out[16], int family, const struct netaddr *addr)
{
	if (addr->family == family) {
		memcpy(out, addr->ip, family == AF_INET ? 4 : 16);
	} else {
		memset(out, 0, 10);
		memset(out + 10, 0xff, 2);
		memcpy(out + 12, addr->ip, 4);
	}
	return family == AF_INET ? 4 : 16;
}

static size_t put_u16(uint8_t *out, uint16_t value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return 2;
}

size_t proxy_header_v1(
    uint8_t out[PROXY_HEADER_V1_SIZE_MAX], const struct netaddr *src, const struct netaddr *dst)
{
	char line[128] = "PROXY UNKNOWN\r\n"; /* 104 bytes are the most that is written */
	char src_text[INET6_ADDRSTRLEN], dst_text[INET6_ADDRSTRLEN];
	int family = common_family(src, dst);
	uint8_t ip[16];
	size_t n;

	if (family == AF_INET || family == AF_INET6) {
		put_ip(ip, family, src);
		inet_ntop(family, ip, src_text, sizeof(src_text));
		put_ip(ip, family, dst);
		inet_ntop(family, ip, dst_text, sizeof(dst_text));
		snprintf(line, sizeof(line), "PROXY TCP%c %s %s %u %u\r\n",
		    family == AF_INET ? '4' : '6', src_text, dst_text, src->port, dst->port);
	}
	n = strlen(line);
	memcpy(out, line, n);
	return n;
}

/* AF_UNIX: two times 108 bytes, filled up with zeros; "@" stays for the abstract ones. */
static size_t put_path(uint8_t *out, const char *path)
{
	size_t size = address_size[FAMILY_UNIX] / 2;
	size_t n = path != NULL ? strnlen(path, size) : 0;

	memset(out, 0, size);
	if (n > 0)
		memcpy(out, path, n);
	return size;
}

/* Returns the family's code. */
static uint8_t put_addresses(uint8_t *out, const struct netaddr *src, const struct netaddr *dst)
{
	int family = common_family(src, dst);

	switch (family) {
	case AF_INET:
	case AF_INET6:
		out += put_ip(out, family, src);
		out += put_ip(out, family, dst);
		out += put_u16(out, src->port);
		put_u16(out, dst->port);
		return family == AF_INET ? FAMILY_INET : FAMILY_INET6;
	case AF_UNIX:
		out += put_path(out, src->path);
		put_path(out, dst->path);
		return FAMILY_UNIX;
	default:
		return FAMILY_UNSPEC;
	}
}

size_t proxy_header_v2(uint8_t out[PROXY_HEADER_SIZE_MAX], const struct netaddr *src,
    const struct netaddr *dst, bool datagram)
{
	uint8_t family = put_addresses(out + V2_FIXED, src, dst);
	uint8_t transport = datagram ? TRANSPORT_DATAGRAM : TRANSPORT_STREAM;

	memcpy(out, signature_v2, sizeof(signature_v2));
	if (family == FAMILY_UNSPEC) {
		out[12] = 2 << 4 | COMMAND_LOCAL;
		out[13] = 0;
	} else {
		out[12] = 2 << 4 | COMMAND_PROXY;
		out[13] = (uint8_t)(family << 4 | transport);
	}
	put_u16(out + 14, (uint16_t)address_size[family]);
	return V2_FIXED + address_size[family];
}

bool proxy_header_add_tlv(
    uint8_t *header, size_t *length, size_t size, uint8_t type, struct span value)
{
	size_t end = *length + 3 + value.n;

	if (value.n > UINT16_MAX || end > size || end > V2_FIXED + PROXY_HEADER_V2_REST_MAX)
		return false;
	header[*length] = type;
	put_u16(header + *length + 1, (uint16_t)value.n);
	if (value.n > 0)
		memcpy(header + *length + 3, value.p, value.n);
	*length = end;
	put_u16(header + 14, (uint16_t)(end - V2_FIXED));
	return true;
}
