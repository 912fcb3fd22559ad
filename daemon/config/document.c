/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/document.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "daemon/config/caddyfile.h"
#include "daemon/input/json.h"

static const char *const default_paths[] = {
    "/etc/pointsman/Caddyfile", "/etc/pointsman/config.json", NULL};

int adapter_parse(const char *text)
{
	if (strcmp(text, "caddyfile") == 0)
		return ADAPTER_CADDYFILE;
	if (strcmp(text, "json") == 0)
		return ADAPTER_JSON;
	return -1;
}

/* A JSON object starts with a brace and then a quote or the closing brace; a Caddyfile's does not.
 */
static bool looks_like_json(struct span text)
{
	bool brace = false;

	for (; text.n > 0; text.p++, text.n--) {
		if (isspace(*text.p))
			continue;
		if (brace)
			return *text.p == '"' || *text.p == '}';
		if (*text.p != '{')
			return false;
		brace = true;
	}
	return false;
}

static int read_all(int fd, const char *path, struct buf *out, struct error *err)
{
	ssize_t n;

	do {
		n = read(fd, buf_reserve(out, 65536), 65536);
		if (n == -1) {
			error_errno(err, ERROR_INVALID, "cannot read");
			return error_at(err, "%s", path);
		}
		buf_commit(out, (size_t)n);
		if (buf_len(out) > JSON_SIZE_MAX) {
			error_set(err, ERROR_LIMIT, "larger than %u MiB", JSON_SIZE_MAX >> 20);
			return error_at(err, "%s", path);
		}
	} while (n > 0);
	return 0;
}

static int read_file(const char *path, struct buf *out, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd == -1) {
		error_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID, "cannot open");
		return error_at(err, "%s", path);
	}
	rc = read_all(fd, path, out, err);
	close(fd);
	return rc;
}

static const char *find_default(struct error *err)
{
	size_t i;

	for (i = 0; default_paths[i] != NULL; i++)
		if (access(default_paths[i], F_OK) == 0)
			return default_paths[i];
	error_set(err, ERROR_NOT_FOUND,
	    "no configuration: neither %s nor %s exists; name one with "
	    "--config, or try --demo",
	    default_paths[0], default_paths[1]);
	return NULL;
}

int document_read(const char *path, enum adapter adapter, void (*warn)(const char *text),
    json_t **out, struct error *err)
{
	struct buf text = {0};
	int rc = -1;

	if (path == NULL)
		path = find_default(err);
	if (path == NULL || read_file(path, &text, err) == -1)
		goto out;
	if (adapter == ADAPTER_BY_CONTENT)
		adapter = looks_like_json(buf_span(&text)) ? ADAPTER_JSON : ADAPTER_CADDYFILE;
	if (adapter == ADAPTER_JSON)
		rc = json_parse(buf_str(&text), buf_len(&text), path, out, err);
	else
		rc = caddyfile_adapt(buf_str(&text), buf_len(&text), path, warn, out, err);
out:
	buf_fini(&text);
	return rc;
}

int document_parse(const char *text, size_t length, const char *name,
    void (*warn)(const char *text), json_t **out, struct error *err)
{
	if (looks_like_json(span_of(text, length)))
		return json_parse(text, length, name, out, err);
	return caddyfile_adapt(text, length, NULL, warn, out, err);
}
