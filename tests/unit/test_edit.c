/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on a document: what they make of it, what they refuse, and that the one in force is
 * never touched. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "daemon/config/edit_way.h"
#include "daemon/config/operation.h"
#include "daemon/core/load.h"

static const char document[] =
    "{\"apps\":{\"layer4\":{\"servers\":{"
    "\"s\":{\"listen\":[\":1\"],\"routes\":[{\"@id\":\"a\"},"
    "{\"@id\":\"b\",\"handle\":[{\"handler\":\"subroute\",\"routes\":[{\"@id\":\"c\"}]}]},{}]},"
    "\"t\":{\"listen\":[\":2\",\":3\"],\"paused\":[\":3\"],\"routes\":[{\"@id\":\"p\",\"handle\":["
    "{\"handler\":\"proxy\",\"upstreams\":[{\"dial\":[\"x:1\"]},{\"@id\":\"u\",\"dial\":[\"y:1\"]}]"
    "}]},"
    "{\"@id\":\"q\",\"handle\":[{\"handler\":\"subroute\",\"routes\":[{\"handle\":["
    "{\"handler\":\"proxy\",\"upstreams\":[{\"dial\":[\"x:2\"],\"weight\":3}]}]}]},"
    "{\"handler\":\"proxy\"}]}]}}},"
    "\"http\":{\"servers\":{"
    "\"w\":{\"listen\":[\":4\",\"{env.NO_SUCH_NAME}:15\"],\"listener_wrappers\":["
    "{\"wrapper\":\"tls\"},{\"wrapper\":\"layer4\",\"routes\":[{\"@id\":\"wall\"},{}]}]},"
    "\"v\":{\"listen\":[\":6-7\"],\"listener_wrappers\":[{\"wrapper\":\"layer4\"},"
    "{\"wrapper\":\"layer4\",\"routes\":[{\"@id\":\"va\"}]}]},\"n\":{\"routes\":[{}]}}}}}";

/* ---- an instance, as far as edits look at it ------------------------------------------------- */

#define SERVERS 6
#define LISTS 8
#define ROUTES 12

struct base {
	struct arena *arena;
	struct instance instance;
	struct server servers[SERVERS];
	struct route_list lists[LISTS];
	struct route_table tables[LISTS];
	struct route routes[ROUTES], *items[ROUTES];
	struct route_identity identities[ROUTES];
	const char *addresses[2];
};

/* Where the routes are; in the document, or not: the one route that an HTTP server is itself. */
static const struct {
	const char *name, *server;
	const char *way[3];
	size_t count;
} list_places[LISTS] = {
    {"s", "s", {"layer4", "s"}, 3},
    {"t", "t", {"layer4", "t"}, 2},
    {"http/w/layer4[0]", "http/w", {"http", "w", "1"}, 2},
    {"http/w", "http/w", {NULL}, 1},
    {"http/w/plain", "http/w", {NULL}, 1},
    {"http/v/layer4[0]", "http/v", {"http", "v", "0"}, 0},
    {"http/v/layer4[1]", "http/v", {"http", "v", "1"}, 1},
    {"http/v", "http/v", {NULL}, 1},
};

static const json_t *list_json(const json_t *root, const char *const way[3])
{
	const json_t *at = json_object_get(root, "apps");

	if (way[0] == NULL)
		return NULL;
	at = json_object_get(json_object_get(at, way[0]), "servers");
	at = json_object_get(at, way[1]);
	if (way[2] != NULL)
		at = json_array_get(json_object_get(at, "listener_wrappers"), (size_t)atoi(way[2]));
	return json_object_get(at, "routes");
}

/* The HTTP servers as the http app makes them: w has a part without TLS, one has no place. */
static void add_servers(struct base *b, struct load *load)
{
	static const char *const names[SERVERS] = {
	    "s", "t", "http/w", "http/w/plain", "http/v", "http/remaining"};
	struct error err;
	size_t i;

	for (i = 0; i < SERVERS; i++) {
		server_set_name(&b->servers[i], names[i]);
		b->servers[i].path = "apps.http.servers.v";
		ck_assert_int_eq(instance_add_server(load, &b->servers[i], &err), 0);
	}
	b->addresses[0] = "tcp/:6";
	b->servers[4].listen = (struct strings){b->addresses, 1};
}

/* A server's own list, or one of a listener wrapper. */
static struct route_table *add_list(struct base *b, struct load *load, size_t i)
{
	const struct server *server = instance_server(&b->instance, list_places[i].name);
	struct error err;

	if (server != NULL)
		return (struct route_table *)&server->own;
	b->tables[i] = (struct route_table){
	    .name = list_places[i].name,
	    .server = list_places[i].server,
	    .routes = &b->lists[i],
	};
	ck_assert_int_eq(instance_add_table(load, &b->tables[i], &err), 0);
	return &b->tables[i];
}

static void base_init(struct base *b)
{
	struct load load = {.instance = &b->instance};
	struct route_table *table;
	size_t i, j, n = 0;

	memset(b, 0, sizeof(*b));
	b->arena = b->instance.arena = load.arena = arena_new(1024);
	b->instance.document = json_loads(document, 0, NULL);
	ck_assert(b->instance.document != NULL);
	add_servers(b, &load);
	for (i = 0; i < LISTS; i++) {
		table = add_list(b, &load, i);
		table->json = list_json(b->instance.document, list_places[i].way);
		*table->routes =
		    (struct route_list){.items = &b->items[n], .count = list_places[i].count};
		for (j = 0; j < list_places[i].count; j++, n++) {
			b->items[n] = &b->routes[n];
			b->routes[n].identity = &b->identities[n];
			b->identities[n].handle = n + 1;
		}
	}
}

/* Nothing that an edit does may be seen in the document in force. */
static void base_fini(struct base *b)
{
	char *text = json_dumps(b->instance.document, JSON_COMPACT);

	ck_assert_str_eq(text, document);
	free(text);
	json_decref(b->instance.document);
	arena_free(b->arena);
}

/* Texts are easier to read with ' for a quote, and ~ for one inside a text. */
static json_t *quoted(const char *text)
{
	struct buf out = {0};
	json_t *json;

	for (; *text != '\0'; text++) {
		if (*text == '~')
			buf_append_str(&out, "\\\"");
		else
			buf_append(&out, *text == '\'' ? "\"" : text, 1);
	}
	json = json_loads(buf_str(&out), JSON_DECODE_ANY, NULL);
	ck_assert_msg(json != NULL, "%s", buf_str(&out));
	buf_fini(&out);
	return json;
}

static int run_operations(
    struct edit *edit, json_t *operations, struct arena *arena, struct error *err)
{
	struct jnode root = jnode_root(operations);
	size_t i;

	for (i = 0; i < json_array_size(operations); i++) {
		struct jnode item = jnode_item(&root, i);
		struct operation op;

		if (operation_load(&item, arena, &op, err) == -1 ||
		    op.type->run(edit, &op, err) == -1)
			return -1;
	}
	return 0;
}

/* A member, or an item by its number. */
static json_t *step(json_t *at, const char *key)
{
	return json_is_array(at) ? json_array_get(at, (size_t)atoi(key)) : json_object_get(at, key);
}

/* Routes are found in another way where many have been looked for. */
#define SEARCHES_OF_A_LONG_ONE 10

static void begin_long(struct edit *edit)
{
	struct way way;
	int i;

	for (i = 0; i < SEARCHES_OF_A_LONG_ONE; i++)
		ck_assert(!way_find_route(edit, "nobody", &way));
}

static void expect_edit(
    bool is_long, const char *app, const char *operations, const char *path, const char *want)
{
	json_t *list = quoted(operations), *wanted = quoted(want), *at;
	struct arena *arena = arena_new(1024);
	char keys[64], *key, *rest = keys;
	struct base base;
	struct edit *edit;
	struct error err;
	char *have;

	base_init(&base);
	edit = edit_new(&base.instance);
	if (is_long)
		begin_long(edit);
	ck_assert_msg(
	    run_operations(edit, list, arena, &err) == 0, "%s: %s", operations, err.message);
	at = json_object_get(edit_document(edit), "apps");
	at = json_object_get(json_object_get(at, app), "servers");
	snprintf(keys, sizeof(keys), "%s", path);
	while ((key = strsep(&rest, ".")) != NULL)
		at = step(at, key);
	have = at != NULL ? json_dumps(at, JSON_COMPACT | JSON_ENCODE_ANY) : strdup("null");
	ck_assert_msg(at != NULL ? json_equal(at, wanted) : json_is_null(wanted), "%s: %s, not %s",
	    operations, have, want);
	free(have);
	edit_free(edit);
	base_fini(&base);
	arena_free(arena);
	json_decref(wanted);
	json_decref(list);
}

/* What is at path ("s.routes") among an app's servers after the operations. */
static void expect_in(const char *app, const char *operations, const char *path, const char *want)
{
	expect_edit(false, app, operations, path, want);
	expect_edit(true, app, operations, path, want);
}

static void expect(const char *operations, const char *path, const char *want)
{
	expect_in("layer4", operations, path, want);
}

static void refuse_edit(
    bool is_long, const char *operations, enum error_code code, const char *message)
{
	json_t *list = quoted(operations);
	struct arena *arena = arena_new(1024);
	struct base base;
	struct edit *edit;
	struct error err;

	base_init(&base);
	edit = edit_new(&base.instance);
	if (is_long)
		begin_long(edit);
	ck_assert_msg(run_operations(edit, list, arena, &err) == -1, "accepted: %s", operations);
	ck_assert_msg(err.code == code && strstr(err.message, message) != NULL, "%s: %s: %s",
	    operations, error_code_name(err.code), err.message);
	edit_free(edit);
	base_fini(&base);
	arena_free(arena);
	json_decref(list);
}

static void refuse(const char *operations, enum error_code code, const char *message)
{
	refuse_edit(false, operations, code, message);
	refuse_edit(true, operations, code, message);
}

#define ADD(place, route) "{'op':'route.add'," place ",'route':'" route "'}"
#define A "{'@id':'a'}"
#define B "{'@id':'b','handle':[{'handler':'subroute','routes':[{'@id':'c'}]}]}"

/* ---- routes ---------------------------------------------------------------------------------- */

START_TEST(routes_added_and_moved)
{
	expect("[" ADD("'server':'s'", "{}") "]", "s.routes", "[" A "," B ",{},{}]");
	expect("[" ADD("'server':'s','first':true", "{}") "]", "s.routes", "[{}," A "," B ",{}]");
	expect("[" ADD("'before':'#3'", "{ }") "]", "s.routes", "[" A "," B ",{},{}]");
	expect("[" ADD("'after':'a'", "{}") "]", "s.routes", "[" A ",{}," B ",{}]");
	expect("[" ADD("'in':'b','after':'c'", "{}") "]", "s.routes",
	    "[" A ",{'@id':'b','handle':[{'handler':'subroute','routes':[{'@id':'c'},{}]}]},{}]");
	expect("[{'op':'route.mv','id':'#3','first':true}]", "s.routes", "[{}," A "," B "]");
	expect("[{'op':'route.mv','id':'a'}]", "s.routes", "[" B ",{}," A "]");
	expect("[{'op':'route.mv','id':'a','before':'#3'}]", "s.routes", "[" B "," A ",{}]");
	expect("[{'op':'route.mv','id':'#3','before':'a'}]", "s.routes", "[{}," A "," B "]");
	expect("[{'op':'route.rm','id':'#1'},{'op':'route.rm','id':'#2'}]", "s.routes", "[{}]");
	expect("[{'op':'route.rm','id':'c'}]", "s.routes",
	    "[" A ",{'@id':'b','handle':[{'handler':'subroute','routes':[]}]},{}]");
	refuse("[" ADD("'server':'x'", "{}") "]", ERROR_NOT_FOUND, "no server 'x'");
	refuse("[" ADD("'first':true", "{}") "]", ERROR_INVALID, "name the server");
	refuse("[" ADD("'in':'a'", "{}") "]", ERROR_INVALID, "no subroute");
	refuse("[" ADD("'in':'b','before':'a'", "{}") "]", ERROR_INVALID, "not in the subroute");
	refuse("[" ADD("'in':'b','server':'t'", "{}") "]", ERROR_INVALID, "not in server 't'");
	refuse("[" ADD("'server':'t','before':'a'", "{}") "]", ERROR_INVALID, "but in 's'");
	refuse("[{'op':'route.mv','id':'a','before':'p'}]", ERROR_INVALID, "not in the same list");
	refuse("[{'op':'route.mv','id':'a','before':'c'}]", ERROR_INVALID, "not in the same list");
	refuse("[{'op':'route.rm','id':'#99'}]", ERROR_NOT_FOUND, "no route '#99'");
	refuse("[{'op':'route.rm','id':'3'}]", ERROR_NOT_FOUND, "a handle is written '#3'");
	refuse("[{'op':'route.set','id':'a','key':'@id','value':'~webmail~'},"
	       "{'op':'route.rm','id':'wbemail'}]",
	    ERROR_NOT_FOUND, "no route 'wbemail', did you mean 'webmail'?");
	refuse("[{'op':'route.rm','id':'#3x'}]", ERROR_NOT_FOUND, "no route '#3x'");
	refuse("[{'op':'route.rm','id':'a'},{'op':'route.rm','id':'#1'}]", ERROR_NOT_FOUND, "'#1'");
}
END_TEST

#define MV(id, place) "{'op':'route.mv','id':'" id "'," place "}"
#define MANY MV("c", "'first':true") "," MV("c", "'first':true") "," MV("c", "'first':true")
#define RM(id) "{'op':'route.rm','id':'" id "'}"

/* What earlier operations moved, put in and took out is found where it is then, or not at all. */
START_TEST(routes_found_after_others_moved)
{
	expect("[" RM("a") "," ADD("'server':'s'", "{~@id~:~a~}") "," MV("a", "'first':true") "]",
	    "s.routes", "[" A "," B ",{}]");
	expect("[" MV("b", "'first':true") "," RM("c") "," MV("#3", "'before':'#2'") "]",
	    "s.routes", "[{},{'@id':'b','handle':[{'handler':'subroute','routes':[]}]}," A "]");
	expect("[{'op':'route.set','id':'b','key':'handle','value':'[]'},"
	       "{'op':'route.set','id':'a','key':'@id','value':'~c~'}," MV("c", "'after':'#3'") "]",
	    "s.routes", "[{'@id':'b','handle':[]},{},{'@id':'c'}]");
	expect("[{'op':'route.replace','id':'a','route':'{~handle~:[{~routes~:[{~@id~:~n~}]}]}'},"
	       "{'op':'route.set','id':'n','key':'x','value':'1'}," RM("b") "," RM("#3") "]",
	    "s.routes", "[{'handle':[{'routes':[{'@id':'n','x':1}]}],'@id':'a'}]");
	expect("[{'op':'server.rm','name':'s'},{'op':'server.add','name':'n','server':"
	       "'{~routes~:[{},{~@id~:~c~}]}'}," MV("c", "'first':true") "]",
	    "n.routes", "[{'@id':'c'},{}]");
	/* As long as there are two, the first is meant. */
	expect("[{'op':'server.add','name':'n','server':'{~routes~:[{~@id~:~a~}]}'}," MANY
	       "," RM("a") ",{'op':'route.set','id':'a','key':'x','value':'1'}]",
	    "n.routes", "[{'@id':'a','x':1}]");
	refuse("[" RM("b") "," RM("c") "]", ERROR_NOT_FOUND, "no route 'c'");
	refuse("[{'op':'route.set','id':'b','key':'handle','value':'null'}," RM("c") "]",
	    ERROR_NOT_FOUND, "no route 'c'");
	refuse("[{'op':'server.rm','name':'s'}," RM("#1") "]", ERROR_NOT_FOUND, "no route '#1'");
	refuse("[{'op':'server.rm','name':'s'}," RM("a") "]", ERROR_NOT_FOUND, "no route 'a'");
}
END_TEST

START_TEST(routes_changed)
{
	expect("[{'op':'route.set','id':'a','key':'match','value':'[]'}]", "s.routes",
	    "[{'@id':'a','match':[]}," B ",{}]");
	expect("[{'op':'route.set','id':'a','key':'@id','value':'z'},"
	       "{'op':'route.set','id':'z','key':'@id','value':'null'}]",
	    "s.routes", "[{}," B ",{}]");
	expect("[{'op':'route.set','id':'b','key':'@id','value':'b'}]", "s.routes",
	    "[" A "," B ",{}]");
	expect("[{'op':'route.disable','id':'c'}]", "s.routes",
	    "[" A
	    ",{'@id':'b','handle':[{'handler':'subroute','routes':[{'@id':'c','disabled':true}"
	    "]}]},{}]");
	expect("[{'op':'route.disable','id':'a'},{'op':'route.enable','id':'a'}]", "s.routes",
	    "[" A "," B ",{}]");
	/* Replaced, it is still the one with this handle, and has its name. */
	expect("[{'op':'route.replace','id':'a','route':'{}'},"
	       "{'op':'route.set','id':'#1','key':'x','value':'1'}]",
	    "s.routes", "[{'@id':'a','x':1}," B ",{}]");
	refuse("[{'op':'route.set','id':'a','key':'@id','value':'c'}]", ERROR_EXISTS, "'c'");
	refuse("[{'op':'route.replace','id':'a','route':'[]'}]", ERROR_INVALID, "JSON object");
	expect("[{'op':'route.replace','id':'a','route':'{~@id~:5}'}]", "s.routes",
	    "[{'@id':5},{'@id':'b','handle':[{'handler':'subroute','routes':[{'@id':'c'}]}]},{}]");
	refuse("[{'op':'route.replace','id':'a','route':'{'}]", ERROR_INVALID, "ends too early");
	refuse("[{'op':'route.replace','id':'a','route':''}]", ERROR_INVALID, "there is no route");
	refuse("[{'op':'route.replaec','id':'a'}]", ERROR_INVALID, "did you mean 'route.replace'");
	refuse("[{'op':'route.enable','id':'a','existing':'kill'}]", ERROR_INVALID, "'existing'");
	refuse("[{'op':'route.rm'}]", ERROR_INVALID, "is required");
}
END_TEST

#define WRAPPER "w.listener_wrappers.1"
#define WA "{'@id':'wall'}"

/* The list of a listener wrapper is one like a server's. */
START_TEST(routes_of_a_wrapper)
{
	expect_in("http", "[" ADD("'wrapper':'w'", "{}") "]", WRAPPER,
	    "{'wrapper':'layer4','routes':[" WA ",{},{}]}");
	expect_in("http", "[" ADD("'wrapper':'http/w/layer4[0]','first':true", "{}") "]",
	    WRAPPER ".routes", "[{}," WA ",{}]");
	expect_in("http", "[" ADD("'server':'http/w','after':'wall'", "{~@id~:~n~}") "]",
	    WRAPPER ".routes", "[" WA ",{'@id':'n'},{}]");
	expect_in("http", "[" ADD("'wrapper':'v/layer4[0]'", "{}") "]", "v.listener_wrappers.0",
	    "{'wrapper':'layer4','routes':[{}]}");
	expect_in("http", "[{'op':'route.disable','id':'#7'}]", WRAPPER ".routes",
	    "[" WA ",{'disabled':true}]");
	expect_in("http", "[{'op':'route.mv','id':'#6'},{'op':'route.rm','id':'#7'}]",
	    WRAPPER ".routes", "[" WA "]");
	expect_in("http", "[{'op':'route.replace','id':'va','route':'{}'}]",
	    "v.listener_wrappers.1.routes", "[{'@id':'va'}]");
	refuse("[" ADD("'wrapper':'v'", "{}") "]", ERROR_CONFLICT, "v/layer4[0] to v/layer4[1]");
	refuse(
	    "[" ADD("'wrapper':'v/layer4[2]'", "{}") "]", ERROR_NOT_FOUND, "2 listener wrappers");
	refuse("[" ADD("'wrapper':'v/layer4[]'", "{}") "]", ERROR_INVALID, "SERVER/layer4[NUMBER]");
	refuse("[" ADD("'wrapper':'n'", "{}") "]", ERROR_INVALID, "no listener wrapper 'layer4'");
	refuse("[" ADD("'wrapper':'s'", "{}") "]", ERROR_NOT_FOUND, "no HTTP server 's'");
	refuse("[" ADD("'wrapper':'w','server':'s'", "{}") "]", ERROR_INVALID, "not both");
	refuse("[" ADD("'wrapper':'w','before':'va'", "{}") "]", ERROR_INVALID,
	    "not in the wrapper 'w' but in 'http/v/layer4[1]'");
	refuse("[" ADD("'server':'http/w'", "{}") "]", ERROR_INVALID, "those of HTTP");
	refuse("[" ADD("'wrapper':'w'", "{~@id~:~a~}") "]", ERROR_EXISTS, "'a'");
	refuse("[" ADD("'server':'s'", "{~@id~:~va~}") "]", ERROR_EXISTS, "'va'");
	refuse(
	    "[{'op':'route.mv','id':'wall','after':'a'}]", ERROR_INVALID, "not in the same list");
	refuse("[{'op':'route.rm','id':'#8'}]", ERROR_INVALID, "the whole of 'http/w'");
	refuse("[{'op':'route.rm','id':'wal'}]", ERROR_NOT_FOUND, "did you mean 'wall'");
}
END_TEST

START_TEST(listeners_of_an_http_server)
{
	expect_in("http", "[{'op':'listener.pause','address':':4'}]", "w.paused", "[':4']");
	/* It is listed as it came out, and stands there as it was written. */
	expect_in("http", "[{'op':'listener.pause','address':':15'}]", "w.paused",
	    "['{env.NO_SUCH_NAME}:15']");
	expect_in("http",
	    "[{'op':'listener.pause','address':':4'},{'op':'listener.resume','address':':4'}]",
	    "w.paused", "null");
	expect_in("http", "[{'op':'listener.rm','address':':4'}]", "w.listen",
	    "['{env.NO_SUCH_NAME}:15']");
	expect_in("http", "[{'op':'listener.add','server':'http/v','address':':9'}]", "v.listen",
	    "[':6-7',':9']");
	expect_in("http", "[{'op':'server.rm','name':'http/w'},{'op':'server.rm','name':'http/n'}]",
	    "n", "null");
	refuse("[{'op':'listener.add','server':'s','address':':4'}]", ERROR_EXISTS, "'http/w'");
	refuse("[{'op':'listener.pause','address':'tcp/:6'}]", ERROR_INVALID, "name the range");
	refuse("[{'op':'server.rm','name':'http/w/plain'}]", ERROR_INVALID, "name the whole");
	refuse("[{'op':'server.rm','name':'http/remaining'}]", ERROR_INVALID, "automatic HTTPS");
	refuse("[{'op':'server.rm','name':'w'}]", ERROR_NOT_FOUND, "no server 'w'");
}
END_TEST

/* What was made and thrown away leaves no trace, though its memory is used again. */
START_TEST(nothing_made_is_mistaken_for_another)
{
	static const char round[] =
	    "[{'op':'route.add','server':'s','route':'{~@id~:~n~}'},"
	    "{'op':'route.disable','id':'n'},{'op':'route.replace','id':'n','route':'{}'},"
	    "{'op':'route.rm','id':'n'},{'op':'route.add','server':'s','route':'{~@id~:~m~}'}]";
	static const char end[] = "[{'op':'route.rm','id':'m'}]";
	json_t *lists[] = {quoted(round), quoted(end)}, *touched;
	struct arena *arena = arena_new(1024);
	struct base base;
	struct edit *edit;
	struct error err;
	int i;

	base_init(&base);
	edit = edit_new(&base.instance);
	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(run_operations(edit, lists[0], arena, &err), 0);
		touched = edit_take_touched(edit);
		ck_assert_ptr_eq(edit_origin(edit, touched), touched);
		ck_assert_str_eq(edit_id(touched), "m");
		json_decref(touched);
		ck_assert_ptr_null(edit_take_touched(edit));
		ck_assert_int_eq(run_operations(edit, lists[1], arena, &err), 0);
	}
	edit_free(edit);
	base_fini(&base);
	arena_free(arena);
	json_decref(lists[0]);
	json_decref(lists[1]);
}
END_TEST

/* However often something is added inside of what was added. */
START_TEST(no_deeper_than_a_document_may_be)
{
	struct buf text = {0}, deep = {0};
	int i;

	buf_append_str(&text, "[{'op':'route.mv','id':'a'}");
	for (i = 0; i < 20; i++) {
		buf_append_str(&text, ",{'op':'route.add','in':");
		if (i == 0)
			buf_append_str(&text, "'b'");
		else
			buf_printf(&text, "'n%d'", i - 1);
		buf_printf(&text, ",'route':'{~@id~:~n%d~,~handle~:[{~routes~:[]}]}'}", i);
	}
	buf_append_str(&text, "]");
	refuse(buf_str(&text), ERROR_LIMIT, "nested more than 64");
	buf_append_str(&deep, "[{'op':'route.set','id':'a','key':'x','value':'");
	for (i = 0; i < 62; i++)
		buf_append_str(&deep, "[");
	for (i = 0; i < 62; i++)
		buf_append_str(&deep, "]");
	buf_append_str(&deep, "'}]");
	refuse(buf_str(&deep), ERROR_LIMIT, "nested more than 64");
	buf_fini(&text);
	buf_fini(&deep);
}
END_TEST

/* ---- upstreams ------------------------------------------------------------------------------- */

#define X "{'dial':['x:1']}"
#define U "{'@id':'u','dial':['y:1']}"
#define Q                                                                                          \
	"{'@id':'q','handle':[{'handler':'subroute','routes':[{'handle':[{'handler':'proxy',"      \
	"'upstreams':[{'dial':['x:2'],'weight':3}]}]}]},{'handler':'proxy'}]}"
#define T(list) "[{'@id':'p','handle':[{'handler':'proxy','upstreams':[" list "]}]}," Q "]"

START_TEST(upstreams_changed)
{
	expect("[{'op':'upstream.add','proxy':'p','upstream':'{~dial~:[~z:1~]}'}]", "t.routes",
	    T(X "," U ",{'dial':['z:1']}"));
	expect("[{'op':'upstream.rm','proxy':'#4','id':'x:1'}]", "t.routes", T(U));
	expect("[{'op':'upstream.rm','proxy':'p/proxy[0]','id':'y:1'}]", "t.routes", T(X));
	expect("[{'op':'upstream.set','proxy':'p','id':'u','key':'weight','value':'7'}]",
	    "t.routes", T(X ",{'@id':'u','dial':['y:1'],'weight':7}"));
	expect("[{'op':'upstream.swap','proxy':'p','dial':['a:1','b:1']}]", "t.routes",
	    T("{'dial':['a:1']},{'dial':['b:1']}"));
	expect("[{'op':'upstream.swap','proxy':'q/proxy[0]','dial':['a:1']},"
	       "{'op':'upstream.swap','proxy':'q/proxy[0]','dial':['x:2']},"
	       "{'op':'upstream.add','proxy':'q/proxy[1]','upstream':'{}'},"
	       "{'op':'upstream.add','proxy':'p','upstream':'{~dial~:[~z:1~],~weight~:1}'},"
	       "{'op':'upstream.rm','proxy':'p','id':'z:1'}]",
	    "t.routes",
	    "[{'@id':'p','handle':[{'handler':'proxy','upstreams':[" X "," U "]}]},"
	    "{'@id':'q','handle':[{'handler':'subroute','routes':[{'handle':[{'handler':'proxy',"
	    "'upstreams':[{'dial':['x:2'],'weight':3}]}]}]},{'handler':'proxy','upstreams':[{}]}]}"
	    "]");
	refuse("[{'op':'upstream.swap','proxy':'q','dial':['a:1']}]", ERROR_CONFLICT,
	    "q/proxy[0] to q/proxy[1]");
	refuse("[{'op':'upstream.swap','proxy':'q/proxy[2]','dial':['a:1']}]", ERROR_NOT_FOUND,
	    "has 2 proxy handlers");
	refuse("[{'op':'upstream.swap','proxy':'q/proxy[-1]','dial':['a:1']}]", ERROR_INVALID,
	    "is not ROUTE or ROUTE/proxy");
	refuse("[{'op':'upstream.swap','proxy':'a','dial':['a:1']}]", ERROR_NOT_FOUND,
	    "has no proxy handler");
	refuse("[{'op':'upstream.swap','proxy':'p','dial':[]}]", ERROR_INVALID, "one address");
	refuse("[{'op':'upstream.set','proxy':'p','id':'u','key':'weight','value':'7'},"
	       "{'op':'upstream.swap','proxy':'p','dial':['a:1']}]",
	    ERROR_CONFLICT, "different options");
	refuse("[{'op':'upstream.add','proxy':'p','upstream':'{~dial~:[~y:1~]}'}]", ERROR_EXISTS,
	    "'y:1' already");
	refuse("[{'op':'upstream.rm','proxy':'p','id':'z'}]", ERROR_NOT_FOUND, "no upstream 'z'");
	refuse("[{'op':'upstream.set','proxy':'p','id':'u','key':'dial','value':'[~x:1~]'},"
	       "{'op':'upstream.rm','proxy':'p','id':'x:1'}]",
	    ERROR_CONFLICT, "stands for 2 upstreams");
}
END_TEST

/* ---- servers and listeners ------------------------------------------------------------------- */

START_TEST(servers_and_listeners_changed)
{
	expect("[{'op':'server.rm','name':'s'},{'op':'server.add','name':'s','server':'{}'}]", "s",
	    "{}");
	expect("[{'op':'listener.add','server':'s','address':':8'}]", "s.listen", "[':1',':8']");
	expect("[{'op':'listener.rm','address':':2'}]", "t.listen", "[':3']");
	expect("[{'op':'listener.pause','address':':2'}]", "t.paused", "[':3',':2']");
	expect("[{'op':'listener.pause','address':':3'}]", "t.paused", "[':3']");
	/* What is not paused says nothing of it. */
	expect("[{'op':'listener.rm','address':':3'},{'op':'server.rm','name':'s'},"
	       "{'op':'route.rm','id':'p'},{'op':'route.rm','id':'q'}]",
	    "t", "{'listen':[':2'],'routes':[]}");
	expect("[{'op':'listener.resume','address':':3'},{'op':'route.rm','id':'p'},"
	       "{'op':'route.rm','id':'q'},{'op':'listener.resume','address':':2'}]",
	    "t", "{'listen':[':2',':3'],'routes':[]}");
	refuse("[{'op':'server.add','name':'s','server':'{}'}]", ERROR_EXISTS, "'s'");
	refuse("[{'op':'server.add','name':'x','server':'[]'}]", ERROR_INVALID, "JSON object");
	refuse("[{'op':'server.rm','name':'x'}]", ERROR_NOT_FOUND, "no server 'x'");
	refuse("[{'op':'listener.add','server':'s','address':':2'}]", ERROR_EXISTS,
	    "'t' listens on ':2'");
	refuse("[{'op':'listener.add','server':'x','address':':5'}]", ERROR_NOT_FOUND, "'x'");
	refuse("[{'op':'listener.pause','address':':5'}]", ERROR_NOT_FOUND, "':5'");
	/* What is wrong in a document is found later, and until then it does no harm. */
	refuse("[{'op':'server.add','name':'x','server':'{~listen~:[7]}'},"
	       "{'op':'listener.pause','address':':5'}]",
	    ERROR_NOT_FOUND, "':5'");
	expect("[{'op':'server.add','name':'x','server':'{~listen~:[7,~:6~],~paused~:[8]}'},"
	       "{'op':'listener.rm','address':':6'}]",
	    "x", "{'listen':[7],'paused':[8]}");
	refuse("[{'op':'listener.rm','address':':5'}]", ERROR_NOT_FOUND, "':5'");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edit");
	TCase *tc = tcase_create("edit");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, routes_added_and_moved);
	tcase_add_test(tc, routes_changed);
	tcase_add_test(tc, routes_found_after_others_moved);
	tcase_add_test(tc, routes_of_a_wrapper);
	tcase_add_test(tc, listeners_of_an_http_server);
	tcase_add_test(tc, nothing_made_is_mistaken_for_another);
	tcase_add_test(tc, no_deeper_than_a_document_may_be);
	tcase_add_test(tc, upstreams_changed);
	tcase_add_test(tc, servers_and_listeners_changed);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
