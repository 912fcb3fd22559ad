/* SPDX-License-Identifier: BSD-2-Clause */
/* `pointsmand run`: from the command line to the last connection. */
#include <config.h>

#include "daemon/commands.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <gnutls/gnutls.h>

#include "common/control_path.h"
#include "common/log.h"
#include "daemon/certs/certs.h"
#include "daemon/config/change.h"
#include "daemon/core/item_key.h"
#include "daemon/config/overlay.h"
#include "daemon/config/storage.h"
#include "daemon/control/admin.h"
#include "daemon/control/log_levels.h"
#include "daemon/control/server.h"
#include "daemon/core/instance.h"
#include "daemon/core/file_watch.h"
#include "daemon/core/worker.h"
#include "daemon/demo.h"
#include "daemon/input/places.h"
#include "daemon/net/descriptors.h"
#include "daemon/state/state.h"
#include "daemon/stopping.h"
#include "daemon/tls/issuer.h"
#include "daemon/tls/on_demand.h"
#include "daemon/upstream/health.h"
#include "daemon/upstream/peer.h"

#define LARGE (1 << 20)

struct options {
	const char *config;
	enum adapter adapter;
	const char *control, *state;
	unsigned workers;
	bool demo;
};

static struct {
	struct options options;
	ev_signal hangup, reopen, terminate, interrupt, quit;
	json_t *first; /* the document of the start, until it is taken */
} daemon_;

/* ---- options -------------------------------------------------------------------------------- */

static unsigned usable_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == -1)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

static int parse_workers(const char *text, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || n < 1 || n > WORKERS_MAX) {
		fprintf(stderr, "pointsmand: --workers takes a number from 1 to %d, not '%s'\n",
		    WORKERS_MAX, text);
		return -1;
	}
	*out = (unsigned)n;
	return 0;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"adapter", required_argument, NULL, 'a'},
	    {"control", required_argument, NULL, 's'},
	    {"state", required_argument, NULL, 'd'},
	    {"workers", required_argument, NULL, 'w'},
	    {"demo", no_argument, NULL, 'D'},
	    {0},
	};
	int option, adapter;

	while ((option = getopt_long(argc, argv, "c:", table, NULL)) != -1) {
		switch (option) {
		case 'c':
			o->config = optarg;
			break;
		case 'a':
			adapter = adapter_parse(optarg);
			if (adapter == -1) {
				fprintf(stderr,
				    "pointsmand: --adapter is caddyfile or json, not '%s'\n",
				    optarg);
				return -1;
			}
			o->adapter = (enum adapter)adapter;
			break;
		case 's':
			o->control = optarg;
			break;
		case 'd':
			o->state = optarg;
			break;
		case 'w':
			if (parse_workers(optarg, &o->workers) == -1)
				return -1;
			break;
		case 'D':
			o->demo = true;
			break;
		default:
			return -1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "pointsmand: '%s' is not an option; name the file with --config\n",
		    argv[optind]);
		return -1;
	}
	if (o->demo && o->config != NULL) {
		fprintf(stderr, "pointsmand: --demo brings its own configuration; leave out one of "
				"--demo and --config\n");
		return -1;
	}
	return 0;
}

/* As many descriptors as the system lets us have: a connection needs two. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			log_msg(LOG_WARN, "core", "cannot raise the limit of open files: %s",
			    strerror(errno));
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	descriptors_set_limit(limit.rlim_cur);
}

/* ---- reload --------------------------------------------------------------------------------- */

static void log_warning(const char *text)
{
	log_msg(LOG_WARN, "config", "%s", text);
}

static void log_failure(const char *what, const struct error *err)
{
	char text[sizeof(err->path) + sizeof(err->message) + 4];

	log_msg(LOG_ERROR, "config", "%s: %s", what, error_text(err, text, sizeof(text)));
}

static void on_published(void *arg)
{
	struct instance *in = instance_current();

	(void)arg;
	log_msg(LOG_INFO, "config", "revision %llu is in force on all workers",
	    (unsigned long long)in->revision);
}

static int load_document(json_t **out, struct error *err)
{
	const struct options *o = &daemon_.options;

	if (daemon_.first != NULL) {
		*out = daemon_.first;
		daemon_.first = NULL;
		return 0;
	}
	if (o->demo) {
		*out = demo_document();
		return 0;
	}
	return document_read(o->config, o->adapter, log_warning, out, err);
}

static void on_hangup(struct ev_loop *loop, ev_signal *w, int events)
{
	struct places places;
	struct errors errors;
	struct error err;
	size_t i;
	int rc;

	(void)loop;
	(void)w;
	(void)events;
	log_msg(LOG_INFO, "config", "reloading");
	places_begin(&places);
	errors_begin(&errors);
	rc = errors_end(&errors, change_reload("reload", NULL, on_published, NULL, &err), &err);
	places_end(&places);
	if (rc == 0)
		return;
	log_failure("nothing changed", &err);
	for (i = 1; i < errors.count; i++)
		log_failure("nor would it without that", &errors.items[i]);
}

static void on_reopen(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	log_reopen();
}

/* ---- the end -------------------------------------------------------------------------------- */

static void on_terminate(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)w;
	(void)events;
	if (stopping_begun()) /* asked twice: at once */
		ev_break(loop, EVBREAK_ALL);
	else
		stopping_begin(-1);
}

static void on_quit(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)w;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* ---- the beginning -------------------------------------------------------------------------- */

static void watch_signals(struct ev_loop *loop)
{
	signal(SIGPIPE, SIG_IGN);
	ev_signal_init(&daemon_.hangup, on_hangup, SIGHUP);
	ev_signal_init(&daemon_.reopen, on_reopen, SIGUSR1);
	ev_signal_init(&daemon_.terminate, on_terminate, SIGTERM);
	ev_signal_init(&daemon_.interrupt, on_quit, SIGINT);
	ev_signal_init(&daemon_.quit, on_quit, SIGQUIT);
	ev_signal_start(loop, &daemon_.hangup);
	ev_signal_start(loop, &daemon_.reopen);
	ev_signal_start(loop, &daemon_.terminate);
	ev_signal_start(loop, &daemon_.interrupt);
	ev_signal_start(loop, &daemon_.quit);
}

/* ---- from nothing to serving, and back ------------------------------------------------------ */

static const char *state_folder(const char *named, char out[4096])
{
	const char *home = getenv("XDG_STATE_HOME");

	if (named != NULL)
		return named;
	if (geteuid() == 0)
		return "/var/lib/pointsman";
	if (home != NULL && home[0] == '/') {
		snprintf(out, 4096, "%s/pointsman", home);
		return out;
	}
	home = getenv("HOME");
	snprintf(out, 4096, "%s/.local/state/pointsman", home != NULL ? home : "");
	return out;
}

/* The demo leaves nothing behind: its state is a folder that goes with it. */
static struct state *open_state(struct error *err)
{
	char folder[4096];

	if (daemon_.options.demo && daemon_.options.state == NULL)
		return NULL;
	return state_open(state_folder(daemon_.options.state, folder), err);
}

static void print_demo(void *arg)
{
	char path[CONTROL_PATH_MAX];

	(void)arg;
	demo_print(
	    daemon_.options.control != NULL ? daemon_.options.control : control_path_daemon(path));
}

static int start(struct state **state, struct error *err)
{
	const struct options *o = &daemon_.options;
	bool kept_in_memory = o->demo && o->state == NULL;
	struct state *storage;

	*state = open_state(err);
	if (*state == NULL && !kept_in_memory)
		return -1;
	if (load_document(&daemon_.first, err) == -1 ||
	    storage_open(daemon_.first, *state, &storage, err) == -1)
		return -1;
	if (workers_start(o->workers, err) == -1)
		return -1;
	if (certs_start(storage, control_loop(), err) == -1)
		return -1;
	tls_issuer_set(&certs_issuer);
	change_source_set(load_document);
	overlay_start(*state);
	if (change_reload("start", NULL, o->demo ? print_demo : on_published, NULL, err) == -1 ||
	    control_server_start(o->control, err) == -1)
		return -1;
	control_stop_set(stopping_begin);
	watch_signals(control_loop());
	return 0;
}

/* Also after a start that went half the way. */
static void stop(struct state *state)
{
	control_server_stop();
	admin_stop();
	log_levels_stop();
	health_stop();
	workers_stop();
	instance_forget();
	peers_forget_recent();
	file_watch_stop();
	change_forget();
	overlay_stop();
	item_keys_forget();
	on_demand_stop();
	certs_stop();
	json_decref(daemon_.first);
	storage_close();
	state_close(state);
}

int command_run(int argc, char **argv)
{
	struct options *o = &daemon_.options;
	struct state *state = NULL;
	struct places places;
	struct errors errors;
	struct error err;
	int rc;

	o->workers = usable_cpus();
	if (parse_options(argc, argv, o) == -1)
		return 2;
	log_init(LOG_TEXT, LOG_INFO, STDERR_FILENO);
	mallopt(
	    M_MMAP_THRESHOLD, LARGE); /* fixed: what is larger goes back to the system at once */
	raise_descriptor_limit();
	places_begin(&places);
	errors_begin(&errors);
	rc = errors_end(&errors, start(&state, &err), &err);
	places_end(&places);
	if (rc == 0) {
		log_start();
		ev_run(control_loop(), 0);
		log_msg(LOG_INFO, "core", "stopping");
	}
	stop(state);
	log_stop();
	return rc == -1 ? command_failed(&err, &errors) : 0;
}
