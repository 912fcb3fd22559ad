/* SPDX-License-Identifier: BSD-2-Clause */
/* The filter language: any text is a filter that can be asked, or an error with a message. */
#include <config.h>

#include <stdlib.h>

#include "common/netaddr.h"
#include "daemon/core/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct record {
	uint64_t id;
	double age;
	struct span route;
	struct netaddr src;
};

static const struct filter_field fields[] = {
    {.name = "id", .kind = FILTER_NUMBER, .offset = offsetof(struct record, id)},
    {.name = "age", .kind = FILTER_SECONDS, .offset = offsetof(struct record, age)},
    {.name = "route", .kind = FILTER_TEXT, .offset = offsetof(struct record, route)},
    {.name = "src", .kind = FILTER_ADDRESS, .offset = offsetof(struct record, src)},
    {.name = NULL},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record record = {.id = 17, .age = 90, .route = span_str("db")};
	struct error err = {.code = ERROR_NONE};
	struct filter *f;

	if (!netaddr_parse_ip("10.1.2.3", &record.src))
		abort();
	f = filter_new(span_of(data, size), fields, &err);
	if (f == NULL && (err.code == ERROR_NONE || err.message[0] == '\0'))
		abort();
	if (f != NULL)
		filter_match(f, &record);
	filter_free(f);
	return 0;
}
