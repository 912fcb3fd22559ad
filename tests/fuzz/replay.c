/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A main() for fuzz targets built without libFuzzer: gives the target each file named, or found in
 * a folder named, and each of its beginnings, once. Options of libFuzzer ("-runs=0") are ignored.
 */
#include <config.h>

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Beyond this a file is tried at PREFIX_STEPS lengths only, so that large seeds stay quick. */
#define PREFIX_ALL 512
#define PREFIX_STEPS 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An exact copy on the heap, so that a sanitizer sees the first byte read beyond the end. */
static void replay_bytes(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void replay_prefixes(const uint8_t *bytes, size_t size)
{
	size_t step = size <= PREFIX_ALL ? 1 : size / PREFIX_STEPS;
	size_t n;

	for (n = 0; n < size; n += step)
		replay_bytes(bytes, n);
	replay_bytes(bytes, size);
}

static int replay_file(const char *path, size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);
	FILE *file = fopen(path, "rb");
	int result = -1;

	if (file == NULL || bytes == NULL || fread(bytes, 1, size, file) != size) {
		perror(path);
		goto out;
	}
	replay_prefixes(bytes, size);
	result = 1;
out:
	if (file != NULL)
		fclose(file);
	free(bytes);
	return result;
}

static int replay_path(const char *path);

static int replay_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	int total = 0, count;

	if (folder == NULL) {
		perror(path);
		return -1;
	}
	while ((entry = readdir(folder)) != NULL) {
		char name[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		count = replay_path(name);
		if (count == -1) {
			total = -1;
			break;
		}
		total += count;
	}
	closedir(folder);
	return total;
}

/* How many files were replayed, or -1. */
static int replay_path(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		perror(path);
		return -1;
	}
	if (S_ISDIR(st.st_mode))
		return replay_folder(path);
	return replay_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	int i, count, total = 0;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			continue;
		count = replay_path(argv[i]);
		if (count == -1)
			return 1;
		total += count;
	}
	printf("%d files replayed\n", total);
	return total > 0 ? 0 : 1;
}
