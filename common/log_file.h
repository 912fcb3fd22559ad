/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that log lines are appended to, or a descriptor that was there before. A file that has
 * grown too large is moved aside, and those moved aside earlier are removed when there are too many
 * or when they are too old.
 */
#ifndef COMMON_LOG_FILE_H
#define COMMON_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/* Names of the standard streams. */
#define LOG_STDERR "(stderr)"
#define LOG_STDOUT "(stdout)"

struct log_file_options {
	mode_t mode; /* of a new file, and set where an older one differs; 0: 0600 for new ones */
	mode_t folder_mode;  /* of folders that are missing */
	uint64_t roll_size;  /* bytes; 0: it is never moved aside */
	unsigned roll_keep;  /* how many stay */
	int64_t roll_age;    /* seconds that they stay; 0: for good */
	bool roll_localtime; /* their names have local time */
};

/*
 * Opens path, made with its folders where it is missing. A FIFO needs no reader. NULL with err,
 * which names the path.
 */
struct log_file *log_file_open(
    const char *path, const struct log_file_options *options, struct error *err);
/* Could it be opened? Makes nothing. Returns 0, or -1 with err. */
int log_file_check(const char *path, struct error *err);
/* fd is borrowed. name tells it from others. */
struct log_file *log_file_of(const char *name, int fd);
void log_file_close(struct log_file *file); /* NULL is allowed; frees it */

const char *log_file_name(const struct log_file *file);
int log_file_fd(const struct log_file *file);

/* Opens it anew by its name; where that fails the old one stays. Returns 0, or -1 with err. */
int log_file_reopen(struct log_file *file, struct error *err);
/* After so many bytes were written: moves it aside if it is time. Returns 0, or -1 with err. */
int log_file_wrote(struct log_file *file, size_t length, struct error *err);

#endif
