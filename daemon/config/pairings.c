/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/buf.h"
#include "daemon/config/pairings.h"

/* One site at one address with one protocol ("" is the usual ones). */
struct listener {
	UT_hash_handle hh;
	const char *name; /* address, line feed, protocol */
	const char *address, *protocol;
	struct buf signature; /* which keys of which sites */
	struct served *sites;
	size_t count, size;
};

/* Listeners with the same signature. */
struct family {
	UT_hash_handle hh;
	size_t pairing;
};

/* One key of a site with one of its listener addresses. */
struct entry {
	const char *address, *protocol;
	const struct site_address *key;
	size_t index;
};

struct entries {
	struct entry *items;
	size_t count, size;
};

json_t *served_hosts(const struct served *served)
{
	json_t *hosts = json_array();

	for (size_t i = 0; i < served->count; i++) {
		if (!*served->addresses[i]->host) {
			json_array_clear(hosts);
			break;
		}
		json_array_append_new(hosts, json_string(served->addresses[i]->host));
	}
	strings_unique(hosts);
	return hosts;
}

bool listens_beyond_port(const json_t *listen, long port)
{
	json_t *address;
	size_t i;

	json_array_foreach ((json_t *)listen, i, address) {
		const char *text = json_string_value(address), *colon = strrchr(text, ':');
		char *dash;
		long first, last;

		if (strncmp(text, "unix", 4) == 0 || strncmp(text, "fd", 2) == 0 || !colon)
			return true;
		first = last = strtol(colon + 1, &dash, 10);
		if (*dash == '-')
			last = strtol(dash + 1, NULL, 10);
		if (port > last || port < first)
			return true;
	}
	return false;
}

static const char *site_port(
    const struct adaptation *a, const struct site_address *address, struct error *err)
{
	const char *http =
	    arena_printf(a->arena, "%ld", adaptation_number(a, "http_port", HTTP_PORT));
	const char *https =
	    arena_printf(a->arena, "%ld", adaptation_number(a, "https_port", HTTPS_PORT));
	bool is_http = strcmp(address->scheme, "http") == 0;
	const char *port = *address->port ? address->port : is_http ? http : https;

	if ((is_http && strcmp(port, https) == 0) ||
	    (strcmp(address->scheme, "https") == 0 && strcmp(port, http) == 0)) {
		token_error(address->token, err, ERROR_INVALID,
		    "%s:// does not go with port %s: '%s'", address->scheme, port,
		    address->token->text);
		return NULL;
	}
	return port;
}

static void add_entry(struct entries *list, const struct entry *entry)
{
	if (list->count == list->size) {
		list->size = list->size ? 2 * list->size : 16;
		list->items = mem_realloc(list->items, list->size * sizeof *list->items);
	}
	list->items[list->count++] = *entry;
}

/* Forgets what an earlier bind said of the key at this address. */
static void drop_entries(struct entries *list, size_t first, const char *address)
{
	size_t used = first;

	for (size_t i = first; i < list->count; i++)
		if (strcmp(list->items[i].address, address) != 0)
			list->items[used++] = list->items[i];
	list->count = used;
}

/* Where one key of a site is listened for. */
static int add_key(struct adaptation *a, const struct site *site, size_t index,
    struct entries *list, struct error *err)
{
	struct entry entry = {.key = &site->addresses[index], .index = index};
	json_t *binds = site_values(site, "bind"), *bind, *address, *protocol;
	const char *port = site_port(a, entry.key, err);
	size_t first = list->count, i, j, k;

	if (!port)
		return -1;
	if (!binds)
		binds = adaptation_option(a, "default_bind");
	if (!binds) {
		entry.protocol = "";
		entry.address = listen_address(entry.key->token, "", port, a->arena, err);
		add_entry(list, &entry);
		return 0;
	}
	json_array_foreach (binds, i, bind)
		json_array_foreach (json_object_get(bind, "addresses"), j, address) {
			json_t *protocols = json_object_get(bind, "protocols");

			entry.address = listen_address(
			    entry.key->token, json_string_value(address), port, a->arena, err);
			if (!entry.address)
				return -1;
			if (adaptation_work(a, 1 + list->count - first, entry.key->token, err) ==
			    -1)
				return -1;
			drop_entries(list, first, entry.address);
			entry.protocol = "";
			if (!protocols)
				add_entry(list, &entry);
			json_array_foreach (protocols, k, protocol) {
				entry.protocol = json_string_value(protocol);
				add_entry(list, &entry);
			}
		}
	return 0;
}

static bool entry_before(const void *a, const void *b, void *context)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->address, y->address);

	(void)context;
	return order ? order < 0 : strcmp(x->protocol, y->protocol) < 0;
}

static struct listener *find_listener(
    struct adaptation *a, struct listener **listeners, const struct entry *entry)
{
	const char *name = arena_printf(a->arena, "%s\n%s", entry->address, entry->protocol);
	struct listener *listener;

	HASH_FIND_STR(*listeners, name, listener);
	if (listener)
		return listener;
	listener = mem_zalloc(sizeof *listener);
	listener->name = name;
	listener->address = entry->address;
	listener->protocol = entry->protocol;
	HASH_ADD_KEYPTR(hh, *listeners, listener->name, strlen(listener->name), listener);
	return listener;
}

/* Adds the keys in entries, all of one address and protocol, as one more site. */
static void serve(struct adaptation *a, struct listener *listener, const struct site *site,
    size_t number, const struct entry *entries, size_t count)
{
	struct served *served;

	if (listener->count == listener->size) {
		listener->size = listener->size ? 2 * listener->size : 4;
		listener->sites =
		    mem_realloc(listener->sites, listener->size * sizeof *listener->sites);
	}
	served = &listener->sites[listener->count++];
	served->site = site;
	served->count = count;
	served->addresses = arena_array(a->arena, count, sizeof *served->addresses);
	buf_printf(&listener->signature, "%zu:", number);
	for (size_t i = 0; i < count; i++) {
		served->addresses[i] = entries[i].key;
		buf_printf(&listener->signature, "%zu,", entries[i].index);
	}
}

static int add_site(struct adaptation *a, const struct site *site, size_t number,
    struct listener **listeners, struct error *err)
{
	struct entries list = {0};
	int result = 0;

	for (size_t i = 0; i < site->block->key_count && result == 0; i++)
		result = add_key(a, site, i, &list, err);
	stable_sort(list.items, list.count, sizeof *list.items, entry_before, NULL);
	for (size_t i = 0, n; i < list.count && result == 0; i += n) {
		for (n = 1;
		     i + n < list.count && !entry_before(&list.items[i], &list.items[i + n], NULL);)
			n++;
		serve(a, find_listener(a, listeners, &list.items[i]), site, number, &list.items[i],
		    n);
	}
	free(list.items);
	return result;
}

static int by_name(const struct listener *a, const struct listener *b)
{
	int order = strcmp(a->address, b->address);

	return order ? order : strcmp(a->protocol, b->protocol);
}

/* Adds an address with a protocol to what a pairing listens at. */
static void add_listen(struct pairing *pairing, const struct listener *listener)
{
	size_t count = json_array_size(pairing->listen);
	const char *last = json_string_value(json_array_get(pairing->listen, count - 1));

	if (count == 0 || strcmp(last, listener->address) != 0) {
		json_array_append_new(pairing->listen, json_string(listener->address));
		json_array_append_new(pairing->protocols, json_array());
		count++;
	}
	json_array_append_new(
	    json_array_get(pairing->protocols, count - 1), json_string(listener->protocol));
}

static void pair(struct listener *listener, struct family **families, struct pairings *out)
{
	struct family *family;
	struct pairing *pairing;

	HASH_FIND(hh, *families, listener->signature.data, buf_len(&listener->signature), family);
	if (!family) {
		family = mem_zalloc(sizeof *family);
		family->pairing = out->count++;
		HASH_ADD_KEYPTR(
		    hh, *families, listener->signature.data, buf_len(&listener->signature), family);
		pairing = &out->items[family->pairing];
		pairing->listen = json_array();
		pairing->protocols = json_array();
		pairing->sites = listener->sites;
		pairing->count = listener->count;
		listener->sites = NULL;
	}
	add_listen(&out->items[family->pairing], listener);
}

/* Lists of the usual protocols alone are null, and nothing where all are. */
static void tidy_protocols(struct pairing *pairing)
{
	bool any = false;

	for (size_t i = 0; i < json_array_size(pairing->protocols); i++) {
		json_t *list = json_array_get(pairing->protocols, i);

		if (json_array_size(list) == 1 && strings_have(list, ""))
			json_array_set_new(pairing->protocols, i, json_null());
		else
			any = true;
	}
	if (!any) {
		json_decref(pairing->protocols);
		pairing->protocols = NULL;
	}
}

static void pair_all(struct listener **listeners, struct pairings *out)
{
	struct listener *listener;
	struct family *families = NULL, *family, *next;

	HASH_SORT(*listeners, by_name);
	out->items = mem_zalloc((HASH_COUNT(*listeners) + 1) * sizeof *out->items);
	for (listener = *listeners; listener; listener = listener->hh.next)
		pair(listener, &families, out);
	for (size_t i = 0; i < out->count; i++)
		tidy_protocols(&out->items[i]);
	HASH_ITER (hh, families, family, next) {
		HASH_DEL(families, family);
		free(family);
	}
}

/* Each pairing takes in what its sites and the global options say. */
static int count_work(struct adaptation *a, const struct pairings *pairings, struct error *err)
{
	for (size_t i = 0; i < pairings->count; i++)
		for (size_t j = 0; j < pairings->items[i].count; j++) {
			const struct served *site = &pairings->items[i].sites[j];

			if (adaptation_work(a, site->site->words + a->option_words,
				site->addresses[0]->token, err) == -1)
				return -1;
		}
	return 0;
}

int pairings_make(
    struct adaptation *a, const struct sites *sites, struct pairings *out, struct error *err)
{
	struct listener *listeners = NULL, *listener, *next;
	int result = 0;

	for (size_t i = 0; i < sites->count && result == 0; i++)
		result = add_site(a, &sites->items[i], i, &listeners, err);
	if (result == 0) {
		pair_all(&listeners, out);
		result = count_work(a, out, err);
	}
	HASH_ITER (hh, listeners, listener, next) {
		HASH_DEL(listeners, listener);
		buf_fini(&listener->signature);
		free(listener->sites);
		free(listener);
	}
	return result;
}

void pairings_free(struct pairings *pairings)
{
	for (size_t i = 0; i < pairings->count; i++) {
		json_decref(pairings->items[i].listen);
		json_decref(pairings->items[i].protocols);
		free(pairings->items[i].sites);
	}
	free(pairings->items);
	*pairings = (struct pairings){0};
}
