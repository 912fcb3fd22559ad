/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <dirent.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/arena.h"
#include "daemon/config/confirm.h"
#include "daemon/config/overlay.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/session.h"
#include "daemon/control/time_text.h"
#include "daemon/core/counters.h"
#include "daemon/core/instance.h"
#include "daemon/core/worker.h"

/* When the process began, nanoseconds since 1970; kept from the first look at it. */
static int64_t process_start(void)
{
	static int64_t start;
	struct timespec now, up;
	unsigned long long ticks = 0;
	FILE *file;

	if (start != 0)
		return start;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	file = fopen("/proc/self/stat", "re");
	/* Field 22 is the start in ticks after boot; the command's name may hold blanks. */
	if (file == NULL ||
	    fscanf(file,
		"%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
		"%*d %*d %*d %llu",
		&ticks) != 1)
		ticks = (unsigned long long)(up.tv_sec * sysconf(_SC_CLK_TCK));
	if (file != NULL)
		fclose(file);
	start = (int64_t)now.tv_sec * DURATION_S + now.tv_nsec -
		((int64_t)up.tv_sec * DURATION_S + up.tv_nsec) +
		(int64_t)(ticks * (uint64_t)DURATION_S / (uint64_t)sysconf(_SC_CLK_TCK));
	return start;
}

static uint64_t open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	uint64_t count = 0;

	if (folder == NULL)
		return 0;
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

static void pack_descriptors(struct pack *pack)
{
	struct pack_box map;
	struct rlimit limit;

	pack_map_open(pack, &map);
	pack_u64(pack_key(&map, "open"), open_descriptors());
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		pack_u64(pack_key(&map, "limit"), limit.rlim_cur);
	pack_close(&map);
}

static void pack_counters(struct pack_box *map)
{
	uint64_t accepted, ended, in = 0, out = 0, refused = 0, lost = 0;
	unsigned i;

	workers_connections(&accepted, &ended);
	for (i = 0; i < workers_count(); i++) {
		const struct counters *c = &worker_at(i)->counters;

		in += counter_get(&c->bytes_in);
		out += counter_get(&c->bytes_out);
		refused += counter_get(&c->flows_refused);
		lost += counter_get(&c->datagrams_lost);
	}
	pack_u64(pack_key(map, "connections"), accepted - ended);
	pack_u64(pack_key(map, "accepted"), accepted);
	pack_u64(pack_key(map, "bytes_in"), in);
	pack_u64(pack_key(map, "bytes_out"), out);
	pack_u64(pack_key(map, "flows_refused"), refused);
	pack_u64(pack_key(map, "datagrams_lost"), lost);
}

/* Routes of the list that connections hold. */
static uint64_t held_of(const struct route_list *list)
{
	uint64_t held = 0;
	size_t i;

	for (i = 0; i < list->count; i++)
		held += atomic_load_explicit(&list->items[i]->held, memory_order_relaxed) > 0;
	return held;
}

static void pack_document(struct pack_box *map)
{
	const struct instance *instance = instance_current();
	uint64_t listeners = 0, routes = 0, held = routes_held();
	size_t i, servers = instance != NULL ? instance->server_count : 0;

	for (i = 0; i < servers; i++)
		listeners += instance->servers[i]->listen.count;
	for (i = 0; instance != NULL && i < instance->table_count; i++) {
		uint64_t now = held_of(instance->tables[i]->routes);

		routes += instance->tables[i]->routes->count;
		held -= now < held ? now : held; /* connections come and go meanwhile */
	}
	pack_u64(pack_key(map, "servers"), servers);
	pack_u64(pack_key(map, "listeners"), listeners);
	pack_u64(pack_key(map, "routes"), routes);
	pack_u64(pack_key(map, "old_routes"), held);
	pack_u64(pack_key(map, "saved"), overlay_count());
	pack_u64(pack_key(map, "unsaved"),
	    instance != NULL ? json_array_size(overlay_unsaved(instance->document)) : 0);
	pack_u64(pack_key(map, "set_aside"), json_array_size(overlay_aside()));
}

static void pack_unconfirmed(struct pack_box *map)
{
	double left;
	uint64_t revision = confirm_waiting(&left);

	if (revision != 0)
		pack_u64(pack_key(map, "unconfirmed"), revision);
	else
		pack_nil(pack_key(map, "unconfirmed"));
	pack_double(pack_key(map, "confirm_left"), time_round(left));
}

static void run_status(struct call *call, const struct argument *args)
{
	struct pack_box *map = call_result(call);
	char text[TIME_TEXT_MAX];
	int64_t start = process_start();

	(void)args;
	pack_str(pack_key(map, "version"), PACKAGE_VERSION);
	pack_u64(pack_key(map, "pid"), (uint64_t)getpid());
	pack_str(pack_key(map, "started"), time_text(start, text));
	pack_double(pack_key(map, "uptime"), time_seconds_since(start));
	pack_str(pack_key(map, "level"), level_name(call->caller.level));
	pack_u64(pack_key(map, "workers"), workers_count());
	pack_u64(pack_key(map, "clients"), session_count());
	pack_document(map);
	pack_unconfirmed(map);
	pack_counters(map);
	pack_descriptors(pack_key(map, "descriptors"));
	call_finish(call);
}

const struct method method_status = {
    .name = CONTROL_STATUS,
    .help = "what runs: revision, unsaved changes, workers, connections, descriptors, your level",
    .level = LEVEL_OBSERVE,
    .run = run_status,
};
