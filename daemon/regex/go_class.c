/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "daemon/regex/go_class.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CHARACTER_MAX 0x10ffff

/* --- characters ------------------------------------------------------------------------------ */

/* Length of the UTF-8 sequence that a byte begins; 1 for what begins none. */
static size_t sequence_length(unsigned char c)
{
	if (c >= 0xf0 && c <= 0xf4)
		return 4;
	if (c >= 0xe0 && c < 0xf0)
		return 3;
	return c >= 0xc2 && c < 0xe0 ? 2 : 1;
}

uint32_t go_next(struct go_reader *in)
{
	const char *s = in->pattern + in->at;
	size_t n = sequence_length((unsigned char)s[0]), i;
	uint32_t c = n == 1 ? (unsigned char)s[0] : (unsigned char)s[0] & (0x7fu >> n);

	for (i = 1; i < n; i++) {
		if (in->length - in->at <= i || ((unsigned char)s[i] & 0xc0) != 0x80) {
			in->at++;
			return (unsigned char)s[0];
		}
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	in->at += n;
	return c;
}

static size_t encode(uint32_t c, uint8_t out[4])
{
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	for (i = n; i > 1; i--) {
		out[i - 1] = (uint8_t)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (uint8_t)(n == 1 ? c : lead[n] | c);
	return n;
}

size_t go_put_literal(struct buf *out, uint32_t c, bool text)
{
	uint8_t bytes[4];
	size_t n, i;

	if (c < 0x80 && (isalnum((int)c) || c == '_')) {
		buf_printf(out, "%c", (int)c);
		return 1;
	}
	if (text || c < 0x80) {
		buf_printf(out, "\\x{%x}", (unsigned)c);
		return encode(c, bytes);
	}
	n = encode(c, bytes);
	for (i = 0; i < n; i++)
		buf_printf(out, "\\x%02x", bytes[i]);
	return n;
}

/* --- escapes --------------------------------------------------------------------------------- */

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \x7f or \x{10FFFF} */
static const char *hex_escape(struct go_reader *in, uint32_t *c)
{
	size_t n = 3;

	*c = 0;
	if (go_peek(in, 2) != '{') {
		if (hex_digit(go_peek(in, 2)) < 0 || hex_digit(go_peek(in, 3)) < 0)
			return "\\x wants two hexadecimal digits";
		*c = (uint32_t)(hex_digit(go_peek(in, 2)) << 4 | hex_digit(go_peek(in, 3)));
		in->at += 4;
		return NULL;
	}
	for (; hex_digit(go_peek(in, n)) >= 0; n++) {
		*c = *c << 4 | (uint32_t)hex_digit(go_peek(in, n));
		if (*c > CHARACTER_MAX)
			return "there is no such character";
	}
	if (n == 3 || go_peek(in, n) != '}')
		return "\\x{ wants hexadecimal digits and }";
	in->at += n + 1;
	return NULL;
}

static bool octal(int c)
{
	return c >= '0' && c <= '7';
}

/* \0, \01, \012, \123; a lone digit would be a back-reference. */
static const char *octal_escape(struct go_reader *in, uint32_t *c)
{
	size_t n = 1;

	if (go_peek(in, 1) != '0' && (!octal(go_peek(in, 1)) || !octal(go_peek(in, 2))))
		return "back-references are not supported";
	for (*c = 0; n <= 3 && octal(go_peek(in, n)); n++)
		*c = *c << 3 | (uint32_t)(go_peek(in, n) - '0');
	in->at += n;
	return NULL;
}

const char *go_escape(struct go_reader *in, uint32_t *c)
{
	static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
	int letter = go_peek(in, 1);
	const char *found;

	if (letter == -1)
		return "nothing follows the backslash";
	if (isdigit(letter))
		return octal_escape(in, c);
	if (letter == 'x')
		return hex_escape(in, c);
	found = strchr(letters, letter);
	if (letter >= 0x80 || (isalnum(letter) && found == NULL)) {
		if (letter == 'k' || letter == 'g')
			return "back-references are not supported";
		return letter == 'C' ? "\\C is not supported" : "unknown escape";
	}
	*c = found != NULL ? (uint32_t)values[found - letters] : (uint32_t)letter;
	in->at += 2;
	return NULL;
}

/* Does PCRE2 know the property? It is asked, so that the complaint can name the place. */
static bool property_known(const char *s, size_t n)
{
	PCRE2_SIZE offset;
	int code;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)s, n, 0, &code, &offset, NULL);

	pcre2_code_free(re);
	return re != NULL;
}

/* \pL, \p{Greek}, \p{^Greek}, \P... */
static const char *property(struct go_reader *in, struct buf *out)
{
	const char *s = in->pattern + in->at;
	const char *end;
	size_t n = 3;

	if (go_peek(in, 2) == -1)
		return "\\p wants a class of characters";
	if (go_peek(in, 2) == '{') {
		end = memchr(s, '}', in->length - in->at);
		if (end == NULL)
			return "\\p{ wants a class of characters and }";
		n = (size_t)(end + 1 - s);
	}
	if (!property_known(s, n))
		return "unknown class of characters";
	buf_append(out, s, n);
	in->at += n;
	return NULL;
}

/* Go's \s has no vertical tab. */
bool go_class_escape(struct go_reader *in, bool inside, struct buf *out, const char **what)
{
	int letter = go_peek(in, 1);

	switch (letter) {
	case 'd':
	case 'D':
	case 'w':
	case 'W':
		buf_printf(out, "\\%c", letter);
		break;
	case 's':
		buf_append_str(out, inside ? "\\t\\n\\f\\r\\x20" : "[\\t\\n\\f\\r\\x20]");
		break;
	case 'S':
		buf_append_str(out, inside ? "\\S\\x0b" : "[^\\t\\n\\f\\r\\x20]");
		break;
	case 'p':
	case 'P':
		*what = property(in, out);
		return true;
	default:
		return false;
	}
	in->at += 2;
	return true;
}

/* --- bracketed classes ----------------------------------------------------------------------- */

/* "[:alpha:]" or "[:^alpha:]". Returns its length, 0: the "[" stands for itself, or what is wrong.
 */
static size_t named_class(const struct go_reader *in, const char **what)
{
	static const char *const names[] = {"alnum", "alpha", "ascii", "blank", "cntrl", "digit",
	    "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"};
	const char *s = in->pattern + in->at, *end, *name = s + 2;
	size_t i, n;

	if (go_peek(in, 1) != ':')
		return 0;
	end = strstr(name, ":]");
	if (end == NULL)
		return 0;
	name += *name == '^';
	n = (size_t)(end - name);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			return (size_t)(end + 2 - s);
	}
	*what = "unknown class of characters";
	return 0;
}

/* One end of a range. */
static const char *class_character(struct go_reader *in, uint32_t *c)
{
	const char *what = NULL;
	bool escaped = go_peek(in, 0) == '\\';

	if (escaped)
		what = go_escape(in, c);
	else
		*c = go_next(in);
	if (what == NULL && !in->text && (*c > 0xff || (*c >= 0x80 && !escaped)))
		return "a class of bytes has no characters beyond ASCII, except as \\xHH";
	return what;
}

static const char *class_range(struct go_reader *in, struct buf *out)
{
	size_t start = in->at;
	uint32_t first, last;
	const char *what = class_character(in, &first);

	if (what != NULL)
		return what;
	last = first;
	if (go_peek(in, 0) == '-' && go_peek(in, 1) != ']' && go_peek(in, 1) != -1) {
		in->at++;
		what = class_character(in, &last);
		if (what != NULL)
			return what;
	}
	if (last < first) {
		in->at = start;
		return "the range's ends are in the wrong order";
	}
	buf_printf(out, "\\x{%x}", (unsigned)first);
	if (last > first)
		buf_printf(out, "-\\x{%x}", (unsigned)last);
	return NULL;
}

static const char *class_item(struct go_reader *in, struct buf *out)
{
	const char *what = NULL;
	size_t n;

	if (go_peek(in, 0) == '[') {
		n = named_class(in, &what);
		if (what != NULL)
			return what;
		if (n > 0) {
			buf_append(out, in->pattern + in->at, n);
			in->at += n;
			return NULL;
		}
	}
	if (go_peek(in, 0) == '\\' && go_class_escape(in, true, out, &what))
		return what;
	return class_range(in, out);
}

const char *go_class(struct go_reader *in, struct buf *out)
{
	const char *what;
	bool first = true;

	buf_append(out, "[", 1);
	in->at++;
	if (go_peek(in, 0) == '^') {
		buf_append(out, "^", 1);
		in->at++;
	}
	for (; first || go_peek(in, 0) != ']'; first = false) {
		if (go_peek(in, 0) == -1)
			return "']' is missing";
		what = class_item(in, out);
		if (what != NULL)
			return what;
	}
	buf_append(out, "]", 1);
	in->at++;
	return NULL;
}
