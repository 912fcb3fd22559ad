/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/ip_lines.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"

#define BLOCK_SIZE (256u << 10)
#define ADDRESS_MAX 64 /* letters of an address and its prefix's length */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void add_range(struct ip_lines *lines, const struct cidr *range)
{
	if (lines->count == lines->size) {
		lines->size = lines->size > 0 ? 2 * lines->size : 256;
		lines->ranges = mem_realloc(lines->ranges, lines->size * sizeof(*lines->ranges));
	}
	lines->ranges[lines->count++] = *range;
}

static void add_line(struct ip_lines *lines, const char *text, size_t n)
{
	const char *comment = memchr(text, '#', n);
	char address[ADDRESS_MAX];
	struct cidr range;

	lines->lines++;
	if (comment != NULL)
		n = (size_t)(comment - text);
	while (n > 0 && is_blank(text[n - 1]))
		n--;
	for (; n > 0 && is_blank(*text); n--)
		text++;
	if (n == 0)
		return;
	if (n < sizeof(address) && memchr(text, '\0', n) == NULL) {
		memcpy(address, text, n);
		address[n] = '\0';
		if (cidr_parse(address, &range)) {
			add_range(lines, &range);
			return;
		}
	}
	if (lines->ignored++ == 0)
		lines->first_ignored = lines->lines;
}

/* Takes the lines that are complete. Returns how many bytes they are. */
static size_t add_lines(struct ip_lines *lines, const char *text, size_t n)
{
	size_t used = 0;
	const char *end;

	while (used < n && (end = memchr(text + used, '\n', n - used)) != NULL) {
		add_line(lines, text + used, (size_t)(end - text) - used);
		used = (size_t)(end - text) + 1;
	}
	return used;
}

/*
 * A line that is longer than the block is cut into several: what is beyond the first can be no
 * address either, as long as it is.
 */
static int read_blocks(struct ip_lines *lines, int fd, char *block, struct error *err)
{
	size_t held = 0, total = 0, used;
	ssize_t n;

	for (;;) {
		n = read(fd, block + held, BLOCK_SIZE - held);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return error_errno(err, ERROR_INVALID, "cannot read it");
		if (n == 0)
			break;
		total += (size_t)n;
		if (total > IP_LINES_SIZE_MAX)
			return error_set(err, ERROR_LIMIT, "it is larger than %u bytes",
			    (unsigned)IP_LINES_SIZE_MAX);
		held += (size_t)n;
		used = add_lines(lines, block, held);
		if (used == 0 && held == BLOCK_SIZE) {
			add_line(lines, block, held);
			used = held;
		}
		held -= used;
		memmove(block, block + used, held);
	}
	if (held > 0)
		add_line(lines, block, held);
	return 0;
}

int ip_lines_read(struct ip_lines *lines, int fd, struct error *err)
{
	char *block = mem_alloc(BLOCK_SIZE);
	int result = read_blocks(lines, fd, block, err);

	free(block);
	return result;
}

void ip_lines_fini(struct ip_lines *lines)
{
	free(lines->ranges);
	*lines = (struct ip_lines){0};
}
