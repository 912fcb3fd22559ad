/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/file_text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns how much was appended, or -1. One byte more than allowed shows that it is too much. */
static ssize_t read_all(int fd, struct buf *out)
{
	size_t got = 0;
	ssize_t n;

	do {
		n = read(fd, buf_reserve(out, 4096), 4096);
		if (n > 0)
			buf_commit(out, (size_t)n);
		got += n > 0 ? (size_t)n : 0;
	} while ((n > 0 || (n == -1 && errno == EINTR)) && got <= FILE_TEXT_MAX);
	return n == -1 ? -1 : (ssize_t)got;
}

static int read_file(int fd, const char *path, struct buf *out, struct error *err)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return error_set(err, ERROR_INVALID, "%s is not a file", path);
	n = read_all(fd, out);
	if (n == -1)
		return error_errno(err, ERROR_INVALID, "cannot read %s", path);
	if (n > FILE_TEXT_MAX)
		return error_set(
		    err, ERROR_LIMIT, "%s has more than %u bytes", path, FILE_TEXT_MAX);
	return 0;
}

int file_text_put(const char *path, struct buf *out, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc;
	struct buf text = {0};
	struct span span;

	if (fd == -1)
		return error_errno(err, ERROR_INVALID, "cannot open %s", path);
	rc = read_file(fd, path, &text, err);
	close(fd);
	span = buf_span(&text);
	if (rc == 0 && span.n > 0 && memchr(span.p, '\0', span.n) != NULL)
		rc = error_set(err, ERROR_INVALID, "%s is not a text: it has a NUL", path);
	if (span.n > 0 && span.p[span.n - 1] == '\n')
		span.n--;
	if (span.n > 0 && span.p[span.n - 1] == '\r')
		span.n--;
	if (rc == 0)
		buf_append(out, span.p, span.n);
	buf_fini(&text);
	return rc;
}

bool file_text_in(const char *text)
{
	return strstr(text, "{file.") != NULL;
}
