/* SPDX-License-Identifier: BSD-2-Clause */
/* The app "http": what its part of a document becomes, and what is refused. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "common/log.h"
#include "daemon/core/instance.h"
#include "daemon/core/load.h"
#include "daemon/http/app.h"
#include "daemon/http/serve.h"
#include "daemon/http/tls.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- helpers ------------------------------------------------------------------------------- */

extern const struct handler_type handler_proxy, handler_proxy_protocol, handler_subroute;

/* An instance with the http app alone. before may be NULL. NULL with err where it is refused. */
static struct instance *load_from(
    const char *text, const struct instance *before, struct error *err)
{
	static const struct handler_type *const types[] = {
	    &handler_proxy, &handler_proxy_protocol, &handler_subroute, NULL};
	struct arena *arena = arena_new(4096);
	struct instance *in = arena_alloc(arena, sizeof(*in));
	struct load load = {.arena = arena, .instance = in, .before = before};
	json_t *json = text != NULL ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	struct jnode root = {0}, apps = {.parent = &root, .key = "apps"};
	struct jnode node = {.value = json, .parent = &apps, .key = "http"};
	int rc;

	ck_assert(text == NULL || json != NULL);
	handler_types_set(types);
	log_init(LOG_TEXT, LOG_ERROR, 2);
	in->arena = arena;
	in->refs = 1;
	arena_release(arena, (void (*)(void *))json_decref, json);
	rc = app_http.load(&load, &node, err);
	if (rc == 0)
		return in;
	instance_unref(in);
	return NULL;
}

static struct instance *must_load(const char *text, const struct instance *before)
{
	struct error err;
	struct instance *in = load_from(text, before, &err);

	ck_assert_msg(in != NULL, "%s: %s", err.path, err.message);
	return in;
}

/* "tls,http" */
static const char *chain_of(const struct server *s)
{
	static char text[256];
	const struct route *route = s->routes.items[0];
	size_t i;

	text[0] = '\0';
	for (i = 0; i < route->handler_count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 0 ? "," : "",
		    route->handlers[i].type->name);
	return text;
}

static const struct http_server *http_of(const struct server *s)
{
	const struct route *route = s->routes.items[0];

	return route->handlers[route->handler_count - 1].params;
}

static const char *listed(const struct strings *list)
{
	static char text[512];
	size_t i;

	text[0] = '\0';
	for (i = 0; i < list->count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 0 ? " " : "",
		    list->items[i]);
	return text;
}

/* ---- what is made of it --------------------------------------------------------------------- */

#define HOST(name) "{\"match\": [{\"host\": [\"" name "\"]}], \"terminal\": true}"
#define ANY "{\"handle\": [{\"handler\": \"static_response\"}]}"
#define SERVER(name, listen, routes)                                                               \
	"\"" name "\": {\"listen\": [" listen "], \"routes\": [" routes "]}"
#define SERVERS(list) "{\"servers\": {" list "}}"

/* One line a server: name, addresses, chain, number of routes; then the managed names. */
static const struct made_case {
	const char *json, *servers, *managed;
} made_cases[] = {
    {NULL, "", ""},
    {"{}", "", ""},
    {SERVERS(""), "", ""},
    /* the example */
    {SERVERS(SERVER("srv0", "\":443\"", HOST("imap.example.com"))),
	"http/srv0 [:443] http_tls,http 1\n"
	"http/remaining_auto_https_redirects [tcp/:80] http 2\n",
	"imap.example.com"},
    /* no names, no policies: plain, but on the HTTPS port alone */
    {SERVERS(SERVER("a", "\":8080\"", ANY)), "http/a [:8080] http 1\n", ""},
    {SERVERS(SERVER("a", "\":80\"", HOST("x.example"))), "http/a [:80] http 1\n", ""},
    {SERVERS(SERVER("a", "\":443\"", ANY)),
	"http/a [:443] http_tls,http 1\n"
	"http/remaining_auto_https_redirects [tcp/:80] http 2\n",
	""},
    {"{\"https_port\": 8443, \"http_port\": 8080, \"servers\": {" SERVER(
	 "a", "\":8443\"", ANY) "}}",
	"http/a [:8443] http_tls,http 1\n"
	"http/remaining_auto_https_redirects [tcp/:8080] http 2\n",
	""},
    /* TLS on all ports but the HTTP port */
    {SERVERS(SERVER("a", "\":79-81\", \":8443\"", HOST("x.example"))),
	"http/a [tcp/:79 tcp/:81 :8443] http_tls,http 3\n"
	"http/a/plain [tcp/:80] http 3\n",
	"x.example"},
    /* redirects go to who has the port: behind the last route with a host, before the others */
    {SERVERS(SERVER("a", "\":443\"", HOST("x.example")) "," SERVER(
	 "b", "\":80\"", HOST("y.example") "," ANY)),
	"http/a [:443] http_tls,http 1\n"
	"http/b [:80] http 4\n",
	"x.example"},
    {SERVERS(SERVER("a", "\"127.0.0.1:443\"", HOST("x.example"))),
	"http/a [127.0.0.1:443] http_tls,http 1\n"
	"http/remaining_auto_https_redirects [tcp/127.0.0.1:80] http 2\n",
	"x.example"},
    {SERVERS(SERVER("a", "\"unix//run/x.sock\"", HOST("x.example"))),
	"http/a [unix//run/x.sock] http_tls,http 1\n", "x.example"},
    /* names */
    {SERVERS(SERVER("a", "\":443\"",
	 HOST("a.example\", \"*.a.example\", \"localhost\", \"192.0.2.1\", \".x\", \"a b"))),
	"http/a [:443] http_tls,http 1\n"
	"http/remaining_auto_https_redirects [tcp/:80] http 2\n",
	"a.example *.a.example localhost 192.0.2.1"},
    /* automatic_https */
    {"{\"servers\": {\"a\": {\"listen\": [\":443\"], \"automatic_https\": {\"disable\": true}, "
     "\"routes\": [" HOST("x.example") "]}}}",
	"http/a [:443] http 1\n", ""},
    {"{\"servers\": {\"a\": {\"listen\": [\":443\"], \"automatic_https\": {\"disable\": true}, "
     "\"tls_connection_policies\": [{}], \"routes\": [" HOST("x.example") "]}}}",
	"http/a [:443] http_tls,http 1\n", ""},
    {"{\"servers\": {\"a\": {\"listen\": [\":443\"], \"automatic_https\": {\"disable_redirects\": "
     "true, \"skip_certificates\": [\"y.example\"]}, \"routes\": [" HOST("x.example") "," HOST(
	 "y.example") "]}}}",
	"http/a [:443] http_tls,http 2\n", "x.example"},
    {"{\"servers\": {\"a\": {\"listen\": [\":8443\"], \"automatic_https\": {\"skip\": "
     "[\"x.example\"]}, \"routes\": [" HOST("x.example") "]}}}",
	"http/a [:8443] http 1\n", ""},
    {"{\"servers\": {\"a\": {\"listen\": [\":443\"], \"automatic_https\": "
     "{\"disable_certificates\": true, \"disable_redirects\": true}, \"routes\": [" HOST(
	 "x.example") "]}}}",
	"http/a [:443] http_tls,http 1\n", ""},
    /* listener wrappers */
    {"{\"servers\": {\"a\": {\"listen\": [\":443\"], \"automatic_https\": {\"disable_redirects\": "
     "true}, \"listener_wrappers\": [{\"wrapper\": \"proxy_protocol\"}, {\"wrapper\": \"layer4\", "
     "\"routes\": []}, {\"wrapper\": \"tls\"}]}}}",
	"http/a [:443] proxy_protocol,layer4,http_tls,http 0\n", ""},
    {"{\"servers\": {\"a\": {\"listen\": [\":443\"], \"automatic_https\": {\"disable_redirects\": "
     "true}, \"listener_wrappers\": [{\"wrapper\": \"layer4\"}]}}}",
	"http/a [:443] http_tls,layer4,http 0\n", ""},
    {"{\"servers\": {\"a\": {\"listen\": [\":443\", \":80\"], \"automatic_https\": "
     "{\"disable_redirects\": true}, \"listener_wrappers\": [{\"wrapper\": "
     "\"http_redirect\"}, {\"wrapper\": \"tls\"}], \"tls_connection_policies\": [{}]}}}",
	"http/a [:443] http_redirect,http_tls,http 0\nhttp/a/plain [tcp/:80] http 0\n", ""},
    {"{\"servers\": {\"a\": {\"listen\": [\":80\"], \"listener_wrappers\": [{\"wrapper\": "
     "\"tls\"}]}}}",
	"http/a [:80] http 0\n", ""},
};

START_TEST(test_made)
{
	const struct made_case *c = &made_cases[_i];
	struct instance *in = must_load(c->json, NULL);
	struct buf text = {0};
	size_t i;

	for (i = 0; i < in->server_count; i++) {
		const struct server *s = in->servers[i];

		ck_assert_uint_eq(s->routes.count, 1);
		buf_printf(&text, "%s [%s] %s %zu\n", s->name, listed(&s->listen), chain_of(s),
		    http_of(s)->routes.count);
		ck_assert(http_of(s)->tls == (strstr(chain_of(s), "http_tls") != NULL));
	}
	ck_assert_str_eq(buf_str(&text), c->servers);
	ck_assert_str_eq(listed(&in->managed), c->managed);
	buf_fini(&text);
	instance_unref(in);
}
END_TEST

/* ---- settings ------------------------------------------------------------------------------ */

START_TEST(test_settings)
{
	struct instance *in = must_load("{\"grace_period\": \"10s\", \"servers\": {\"a\": {"
					"\"listen\": [\":8080\"], \"read_header_timeout\": \"3s\", "
					"\"max_header_bytes\": 5000, \"strict_sni_host\": true}, "
					"\"b\": {\"listen\": [\":8081\"], \"protocols\": [\"h1\", "
					"\"h2\"], \"logs\": {}, \"packet_conn_wrappers\": []}}}",
	    NULL);
	const struct http_server *a = http_of(in->servers[0]), *b = http_of(in->servers[1]);

	ck_assert(in->grace_period == 10 * DURATION_S);
	ck_assert(a->read_header_timeout == 3 * DURATION_S && a->max_header_bytes == 5000);
	ck_assert(a->strict_sni_host && !b->strict_sni_host);
	ck_assert(b->read_header_timeout == 60 * DURATION_S && b->max_header_bytes == 16384);
	ck_assert(b->idle_timeout == 300 * DURATION_S && b->read_timeout == 0);
	instance_unref(in);
}
END_TEST

/* Of TLS sessions only what is spoken may be agreed on, whatever the policy says. */
START_TEST(test_alpn)
{
	struct instance *in = must_load("{\"servers\": {\"a\": {\"listen\": [\":443\"], "
					"\"tls_connection_policies\": [{}, {\"alpn\": [\"h2\", "
					"\"x\", \"http/1.1\", \"h3\"]}]}, \"b\": {"
					"\"listen\": [\":8443\"], \"protocols\": [\"h1\"], "
					"\"tls_connection_policies\": [{}]}}}",
	    NULL);
	const struct http_tls *tls = in->servers[0]->routes.items[0]->handlers[0].params;

	ck_assert_uint_eq(tls->policies.count, 2);
	ck_assert_uint_eq(tls->policies.items[0].alpn_count, 2);
	ck_assert_int_eq(memcmp(tls->policies.items[0].alpn[0].data, "h2", 2), 0);
	ck_assert_int_eq(memcmp(tls->policies.items[0].alpn[1].data, "http/1.1", 8), 0);
	ck_assert_uint_eq(tls->policies.items[1].alpn_count, 3);
	ck_assert_int_eq(memcmp(tls->policies.items[1].alpn[1].data, "x", 1), 0);
	tls = in->servers[1]->routes.items[0]->handlers[0].params;
	ck_assert_uint_eq(tls->policies.items[0].alpn_count, 1);
	ck_assert_int_eq(memcmp(tls->policies.items[0].alpn[0].data, "http/1.1", 8), 0);
	instance_unref(in);
}
END_TEST

/* ---- the next document ---------------------------------------------------------------------- */

/* What has not changed is the same route; what has keeps its handle. */
START_TEST(test_reload)
{
	struct instance *first = must_load(
	    SERVERS(SERVER("a", "\":8080\"", ANY) "," SERVER("b", "\":8081\"", ANY)), NULL);
	struct instance *second = must_load(
	    SERVERS(SERVER("a", "\":8080\"", ANY) "," SERVER("b", "\":8081\"", ANY "," ANY)),
	    first);
	const struct route *a = first->servers[0]->routes.items[0];
	const struct route *b = first->servers[1]->routes.items[0];

	ck_assert_ptr_eq(second->servers[0]->routes.items[0], a);
	ck_assert_ptr_ne(second->servers[1]->routes.items[0], b);
	ck_assert_ptr_eq(second->servers[1]->routes.items[0]->identity, b->identity);
	instance_unref(first);
	ck_assert_str_eq(second->servers[0]->routes.items[0]->server, "http/a");
	instance_unref(second);
}
END_TEST

#define WRAPPED(routes, more)                                                                      \
	"{\"servers\": {\"a\": {\"listen\": [\":8080\"], \"listener_wrappers\": [{\"wrapper\": "   \
	"\"layer4\", \"routes\": [" routes "]" more "}]}}}"

/* The server around a wrapper does not change with it, and has room for each list's options. */
START_TEST(test_wrapper_reload)
{
	struct instance *first = must_load(WRAPPED("{\"@id\": \"x\"}, {}", ""), NULL);
	struct instance *second = must_load(
	    WRAPPED("{}, {\"@id\": \"x\", \"handle\": []}", ", \"matching_timeout\": \"1s\""),
	    first);
	const struct route_table *a = instance_table(first, "http/a/layer4[0]"),
				 *b = instance_table(second, "http/a/layer4[0]");

	ck_assert_ptr_nonnull(a);
	ck_assert_str_eq(a->server, "http/a");
	ck_assert_str_eq(a->wrapper, "a/layer4[0]");
	ck_assert_uint_eq(b->routes->count, 2);
	ck_assert_ptr_eq(b->routes->items[0], a->routes->items[1]);
	ck_assert_ptr_ne(b->routes->items[1], a->routes->items[0]);
	ck_assert_ptr_eq(b->routes->items[1]->identity, a->routes->items[0]->identity);
	ck_assert_int_eq(a->routes->matching_timeout, 3 * DURATION_S);
	ck_assert_int_eq(b->routes->matching_timeout, DURATION_S);
	ck_assert_ptr_eq(second->servers[0]->routes.items[0], first->servers[0]->routes.items[0]);
	ck_assert_ptr_eq(second->servers[0]->wrappers[0], b);
	instance_unref(first);
	instance_unref(second);
}
END_TEST

#define SERVED(listen, paused)                                                                     \
	"{\"http_port\": 81, \"servers\": {\"a\": {\"listen\": [" listen "], \"paused\": [" paused \
	"], \"automatic_https\": {\"disable_redirects\": true}, \"tls_connection_policies\": "     \
	"[{}]}}}"

/* A range may come apart at the HTTP port; all of it is paused then. */
START_TEST(test_paused)
{
	struct instance *in = must_load(SERVED("\":80-82\", \":443\"", "\":80-82\""), NULL);
	struct instance *other = must_load(SERVED("\":80-82\", \":443\"", "\":443\""), in);

	ck_assert_uint_eq(in->server_count, 2);
	ck_assert_str_eq(listed(&in->servers[0]->listen), "tcp/:80 tcp/:82 :443");
	ck_assert_str_eq(listed(&in->servers[0]->paused), "tcp/:80 tcp/:81 tcp/:82");
	ck_assert_str_eq(listed(&in->servers[1]->listen), "tcp/:81");
	ck_assert_str_eq(listed(&other->servers[0]->paused), ":443");
	ck_assert_ptr_eq(other->servers[0]->routes.items[0], in->servers[0]->routes.items[0]);
	instance_unref(in);
	instance_unref(other);
}
END_TEST

/* ---- what is refused ------------------------------------------------------------------------ */

#define IN_SERVER(text) "{\"servers\": {\"a\": {\"listen\": [\":8080\"], " text "}}}"
#define IN_HANDLER(text) IN_SERVER("\"routes\": [{\"handle\": [{" text "}]}]")
#define SERVER_PATH "apps.http.servers.a"
#define HANDLER_PATH SERVER_PATH ".routes[0].handle[0]"

static const struct bad_case {
	const char *json, *path, *message;
} bad_cases[] = {
    {"[]", "apps.http", "must be an object"},
    {"{\"server\": {}}", "apps.http", "did you mean 'servers'?"},
    {"{\"http_port\": 70000}", "apps.http.http_port", "65535"},
    {"{\"servers\": []}", "apps.http.servers", "must be an object"},
    {"{\"servers\": {\"a\": 1}}", SERVER_PATH, "must be an object"},
    {"{\"servers\": {\"a\": {\"listen\": [\":0-99999\"]}}}", SERVER_PATH ".listen[0]", ""},
    {"{\"servers\": {\"a\": {\"listen\": [\"udp/:443\"]}}}", SERVER_PATH ".listen[0]", "TCP"},
    {IN_SERVER("\"route\": []"), SERVER_PATH, "did you mean 'routes'?"},
    {IN_SERVER("\"routes\": {}"), SERVER_PATH ".routes", "must be an array"},
    {IN_SERVER("\"routes\": [{\"math\": []}]"), SERVER_PATH ".routes[0]", "did you mean 'match'?"},
    {IN_SERVER("\"routes\": [{\"match\": [{\"hos\": []}]}]"), SERVER_PATH ".routes[0].match[0].hos",
	"did you mean 'host'?"},
    {IN_SERVER("\"errors\": {}"), SERVER_PATH ".errors", "not supported"},
    {IN_SERVER("\"trusted_proxies\": {}"), SERVER_PATH ".trusted_proxies.source", "required"},
    {IN_SERVER("\"protocols\": [\"h4\"]"), SERVER_PATH ".protocols[0]", "unknown protocol 'h4'"},
    {IN_SERVER("\"protocols\": [\"h2\"]"), SERVER_PATH ".protocols", "h1"},
    {IN_SERVER("\"max_header_bytes\": 1"), SERVER_PATH ".max_header_bytes", "1024"},
    {IN_SERVER("\"automatic_https\": {\"disabled\": true}"), SERVER_PATH ".automatic_https",
	"did you mean 'disable'?"},
    {IN_SERVER("\"tls_connection_policies\": [{\"alpn\": [\"h3\"]}]"),
	SERVER_PATH ".tls_connection_policies[0].alpn", "http/1.1"},
    {IN_SERVER("\"tls_connection_policies\": [{\"snii\": 1}]"),
	SERVER_PATH ".tls_connection_policies[0]", "unknown field 'snii'"},
    {IN_SERVER("\"listener_wrappers\": [{\"wrapper\": \"http_redirec\"}]"),
	SERVER_PATH ".listener_wrappers[0]", "not supported"},
    {IN_SERVER("\"listener_wrappers\": [{\"wrapper\": \"http_redirect\"}]"),
	SERVER_PATH ".listener_wrappers[0]", "before the wrapper tls"},
    {IN_SERVER("\"listener_wrappers\": [{\"wrapper\": \"http_redirect\", \"max\": 1}, "
	       "{\"wrapper\": \"tls\"}]"),
	SERVER_PATH ".listener_wrappers[0]", "unknown field 'max'"},
    {IN_SERVER("\"listener_wrappers\": {}"), SERVER_PATH ".listener_wrappers", "an array"},
    {IN_SERVER("\"listener_wrappers\": [{\"wrapper\": \"layer4\", \"route\": []}]"),
	SERVER_PATH ".listener_wrappers[0]", "did you mean 'routes'?"},
    {IN_SERVER(
	 "\"listener_wrappers\": [{\"wrapper\": \"layer4\", \"routes\": [{\"handle\": "
	 "[{\"handler\": \"proxy\", \"upstreams\": [{\"dial\": [\"udp/127.0.0.1:53\"]}]}]}]}]"),
	SERVER_PATH ".listener_wrappers[0].routes[0].handle[0].upstreams[0].dial[0]",
	"takes datagrams"},
    {IN_SERVER("\"listener_wrappers\": [{}]"), SERVER_PATH ".listener_wrappers[0]", "needs"},
    {IN_SERVER("\"listener_wrappers\": [{\"wrapper\": \"tls\"}, {\"wrapper\": \"tls\"}]"),
	SERVER_PATH ".listener_wrappers[1]", "twice"},
    {IN_SERVER("\"listener_wrappers\": [{\"wrapper\": \"layer4\", \"routes\": [{\"handle\": "
	       "[{\"handler\": \"subrout\"}]}]}]"),
	SERVER_PATH ".listener_wrappers[0].routes[0].handle[0].handler",
	"did you mean 'subroute'?"},
    {IN_HANDLER(""), HANDLER_PATH, "needs \"handler\""},
    {IN_HANDLER("\"handler\": \"static_respons\""), HANDLER_PATH ".handler",
	"unknown HTTP handler 'static_respons', did you mean 'static_response'?"},
    {IN_HANDLER("\"handler\": \"file_server\""), HANDLER_PATH ".handler",
	"HTTP handling is outside pointsman; proxy this name to a web server with a layer4 route"},
    {IN_HANDLER("\"handler\": \"static_response\", \"bdy\": \"\""), HANDLER_PATH,
	"unknown field 'bdy', did you mean 'body'?"},
    {IN_HANDLER("\"handler\": \"static_response\", \"status_code\": 99"),
	HANDLER_PATH ".status_code", "from 200 to 999"},
    {IN_HANDLER("\"handler\": \"static_response\", \"status_code\": []"),
	HANDLER_PATH ".status_code", "a number or a string"},
    {IN_HANDLER("\"handler\": \"static_response\", \"headers\": {\"a b\": [\"\"]}"),
	HANDLER_PATH ".headers[\"a b\"]", "cannot be a header's name"},
    {IN_HANDLER("\"handler\": \"static_response\", \"headers\": {\"a\": \"b\"}"),
	HANDLER_PATH ".headers.a", "must be an array"},
    {IN_HANDLER("\"handler\": \"subroute\", \"routes\": [{\"handle\": [{\"handler\": \"x\"}]}]"),
	HANDLER_PATH ".routes[0].handle[0].handler", "unknown HTTP handler 'x'"},
    {IN_HANDLER("\"handler\": \"headers\", \"request\": {}"), HANDLER_PATH ".request",
	"outside pointsman"},
    {IN_HANDLER("\"handler\": \"headers\", \"response\": {\"replace\": {\"a\": "
		"[{\"search_regexp\": \"(\"}]}}"),
	HANDLER_PATH ".response.replace.a[0].search_regexp", "("},
    {IN_HANDLER("\"handler\": \"headers\", \"response\": {\"require\": {\"status_code\": [0]}}"),
	HANDLER_PATH ".response.require.status_code[0]", "from 1 to 999"},
};

START_TEST(test_bad)
{
	const struct bad_case *c = &bad_cases[_i];
	struct error err = {0};

	ck_assert_msg(load_from(c->json, NULL, &err) == NULL, "%s", c->json);
	ck_assert_str_eq(err.path, c->path);
	ck_assert_msg(strstr(err.message, c->message) != NULL, "%s: %s", c->json, err.message);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_app");
	TCase *tc = tcase_create("http_app");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_made, 0, COUNT(made_cases));
	tcase_add_test(tc, test_settings);
	tcase_add_test(tc, test_alpn);
	tcase_add_test(tc, test_reload);
	tcase_add_test(tc, test_wrapper_reload);
	tcase_add_test(tc, test_paused);
	tcase_add_loop_test(tc, test_bad, 0, COUNT(bad_cases));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
