/* SPDX-License-Identifier: BSD-2-Clause */
/* pointsmand fmt: the Caddyfile formatter as a command. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buf.h"
#include "daemon/commands.h"
#include "daemon/input/format.h"
#include "daemon/input/line_diff.h"

#define FILE_SIZE_MAX (8u << 20)

static int problem(const char *path)
{
	fprintf(stderr, "pointsmand: error: %s: %s\n", path, strerror(errno));
	return 1;
}

/* All of path, or of standard input ("-"). Returns an exit status; 0: out has it. */
static int read_all(const char *path, struct buf *out)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;
	int rc = 0;

	if (fd == -1)
		return problem(path);
	while (n > 0 && buf_len(out) <= FILE_SIZE_MAX) {
		n = read(fd, buf_reserve(out, 65536), 65536);
		if (n > 0)
			buf_commit(out, (size_t)n);
	}
	if (n == -1) {
		rc = problem(path);
	} else if (buf_len(out) > FILE_SIZE_MAX) {
		fprintf(stderr, "pointsmand: error: %s: is larger than %u MiB\n", path,
		    FILE_SIZE_MAX >> 20);
		rc = 1;
	}
	if (fd != STDIN_FILENO)
		close(fd);
	return rc;
}

static int write_all(int fd, struct span text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n == -1)
			return -1;
		text = span_of(text.p + n, text.n - (size_t)n);
	}
	return 0;
}

/* A new file beside it takes its place when it is complete, with the same rights. */
static int replace(const char *path, struct span text)
{
	char *real = realpath(path, NULL), *temporary = NULL;
	struct stat st;
	int fd = -1, rc = 1;

	if (real == NULL || stat(real, &st) == -1)
		goto out;
	temporary = mem_alloc(strlen(real) + sizeof(".XXXXXX"));
	sprintf(temporary, "%s.XXXXXX", real);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd == -1)
		goto out;
	if (fchmod(fd, st.st_mode & 07777) == -1 ||
	    (fchown(fd, st.st_uid, st.st_gid) == -1 && geteuid() == 0) ||
	    write_all(fd, text) == -1 || fsync(fd) == -1 || rename(temporary, real) == -1) {
		int saved = errno;

		unlink(temporary);
		errno = saved;
		goto out;
	}
	rc = 0;
out:
	if (rc != 0)
		problem(path);
	if (fd != -1)
		close(fd);
	free(temporary);
	free(real);
	return rc;
}

enum mode { MODE_PRINT, MODE_OVERWRITE, MODE_DIFF };

static int carry_out(enum mode mode, const char *path, struct span before, struct span after)
{
	bool same = span_eq(before, after);

	switch (mode) {
	case MODE_OVERWRITE:
		return same ? 0 : replace(path, after);
	case MODE_DIFF:
		if (!same)
			line_diff(before, after, path, stdout);
		break;
	case MODE_PRINT:
		fwrite(after.p, 1, after.n, stdout);
		break;
	}
	if (fflush(stdout) == EOF || ferror(stdout))
		return problem("standard output");
	return mode == MODE_DIFF && !same;
}

int command_fmt(int argc, char **argv)
{
	static const struct option options[] = {
	    {"overwrite", no_argument, NULL, 'w'},
	    {"diff", no_argument, NULL, 'd'},
	    {0},
	};
	struct buf before = {0}, after = {0};
	enum mode mode = MODE_PRINT;
	int option, rc;

	while ((option = getopt_long(argc, argv, "wd", options, NULL)) != -1) {
		if (option == '?')
			return 2;
		if (mode != MODE_PRINT) {
			fprintf(stderr, "pointsmand: give one of --overwrite and --diff\n");
			return 2;
		}
		mode = option == 'w' ? MODE_OVERWRITE : MODE_DIFF;
	}
	if (optind + 1 != argc || (mode == MODE_OVERWRITE && strcmp(argv[optind], "-") == 0)) {
		fprintf(stderr,
		    "usage: pointsmand fmt [--overwrite|--diff] FILE (- is standard input, which "
		    "cannot be overwritten)\n");
		return 2;
	}
	rc = read_all(argv[optind], &before);
	if (rc == 0) {
		caddyfile_format(buf_span(&before), &after);
		rc = carry_out(mode, argv[optind], buf_span(&before), buf_span(&after));
	}
	buf_fini(&before);
	buf_fini(&after);
	return rc;
}
