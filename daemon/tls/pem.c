/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/pem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room comes first: a buffer that grows would leave a copy of a key behind. */
static int read_whole(int fd, struct buf *out)
{
	size_t left = PEM_FILE_MAX + 1;
	struct stat st;
	uint8_t *to;
	ssize_t n;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < PEM_FILE_MAX)
		left = (size_t)st.st_size + 1;
	to = buf_reserve(out, left);
	while (left > 0) {
		n = read(fd, to, left);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		buf_commit(out, (size_t)n);
		to += n;
		left -= (size_t)n;
	}
	errno = EFBIG;
	return -1;
}

int pem_read_file(const char *path, struct buf *out, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), rc, saved;

	if (fd == -1)
		return error_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID,
		    "cannot read '%s'", path);
	rc = read_whole(fd, out);
	saved = errno;
	close(fd);
	errno = saved;
	if (rc == -1)
		error_errno(err, ERROR_INVALID, "cannot read '%s'", path);
	return rc;
}

void pem_wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->size);
	buf_fini(b);
}
