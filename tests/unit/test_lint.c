/* SPDX-License-Identifier: BSD-2-Clause */
/* Advice about documents: what each check finds, and what is next to it and right. */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/config/lint.h"
#include "daemon/core/handler.h"
#include "daemon/core/matcher.h"
#include "daemon/handlers/handlers_tbl.h"
#include "daemon/matchers/matchers_tbl.h"
#include "daemon/tls/cert.h"

#define MATCHER_EXTERN(name) extern const struct matcher_type matcher_##name;
MATCHERS(MATCHER_EXTERN)
#define HANDLER_EXTERN(name) extern const struct handler_type handler_##name;
HANDLERS(HANDLER_EXTERN)
#define MATCHER_ENTRY(name) &matcher_##name,
static const struct matcher_type *const matchers[] = {MATCHERS(MATCHER_ENTRY) NULL};
#define HANDLER_ENTRY(name) &handler_##name,
static const struct handler_type *const handlers[] = {HANDLERS(HANDLER_ENTRY) NULL};

static void setup(void)
{
	matcher_types_set(matchers);
	handler_types_set(handlers);
}

/* ---- documents ------------------------------------------------------------------------------ */

/* Single quotes stand for double ones; short words for what is written often. */
static const struct {
	const char *word, *json;
} words[] = {
    {"ECHO", "'handle':[{'handler':'echo'}]"},
    {"CLOSE", "'handle':[{'handler':'close'}]"},
    {"TLS", "'match':[{'tls':{}}]"},
    {"HTTP", "'match':[{'http':[{}]}]"},
    {"LAN", "'match':[{'remote_ip':{'ranges':['10.0.0.0/8']}}]"},
    {"PORT", "'listen':[':1000']"},
};

static void expand(struct buf *out, const char *text)
{
	size_t i;

	while (*text != '\0') {
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strncmp(text, words[i].word, strlen(words[i].word)) == 0)
				break;
		if (i < sizeof(words) / sizeof(words[0])) {
			expand(out, words[i].json);
			text += strlen(words[i].word);
			continue;
		}
		buf_append(out, *text == '\'' ? "\"" : text, 1);
		text++;
	}
}

static json_t *parse(const char *text)
{
	struct buf json = {0};
	json_error_t problem;
	json_t *document;

	expand(&json, text);
	document = json_loads(buf_str(&json), 0, &problem);
	ck_assert_msg(document != NULL, "%s: %s", buf_str(&json), problem.text);
	buf_fini(&json);
	return document;
}

/* Servers of the app layer4 that the texts describe. */
static json_t *document_of(const char *servers)
{
	json_t *all = json_pack("{s:{s:{s:o}}}", "apps", "layer4", "servers", parse(servers));

	ck_assert(all != NULL);
	return all;
}

static const json_t *find(const json_t *findings, const char *code)
{
	json_t *finding;
	size_t i;

	json_array_foreach ((json_t *)findings, i, finding)
		if (strcmp(json_string_value(json_object_get(finding, "code")), code) == 0)
			return finding;
	return NULL;
}

static const char *member(const json_t *finding, const char *key)
{
	const char *text = json_string_value(json_object_get(finding, key));

	ck_assert(text != NULL && text[0] != '\0');
	return text;
}

/* The first finding of that code stands at path ("apps." left out); NULL: there is none. */
static void expect(json_t *document, time_t now, const char *code, const char *path)
{
	json_t *findings = lint_document(document, now);
	const json_t *found = find(findings, code);

	if (path == NULL) {
		ck_assert_msg(
		    found == NULL, "%s at %s", code, found != NULL ? member(found, "path") : "");
	} else {
		ck_assert_msg(found != NULL, "no %s at %s", code, path);
		ck_assert_str_eq(member(found, "path") + strlen("apps."), path);
		member(found, "message");
		member(found, "advice");
	}
	json_decref(findings);
}

/* ---- what each finds ------------------------------------------------------------------------ */

#define S "layer4.servers.s."
#define PROXY(dial) "'handle':[{'handler':'proxy','upstreams':[{'dial':['" dial "']}]}]"
#define ROUTES(routes) "{'s':{PORT,'routes':[" routes "]}}"
#define SILENT(routes) "{'s':{PORT,'silence_timeout':300000000,'routes':[" routes "]}}"
#define SNI(name) "'match':[{'tls':{'sni':['" name "']}}]"
#define AT(address, routes) "{'s':{'listen':['" address "'],'routes':[" routes "]}}"
#define TWO(one, other)                                                                            \
	"{'s':{'listen':['" one "'],'routes':[{ECHO}]},'t':{'listen':['" other                     \
	"'],'routes':[{CLOSE}]}}"

static const struct finding {
	const char *code, *servers, *path;
} cases[] = {
    {"route-shadowed", ROUTES("{ECHO},{TLS,CLOSE}"), S "routes[1]"},
    {"route-shadowed", ROUTES("{TLS,ECHO},{CLOSE}"), NULL},
    {"route-shadowed", ROUTES("{'match':[{}],ECHO},{TLS,CLOSE}"), S "routes[1]"},
    {"route-shadowed", ROUTES("{'disabled':true,ECHO},{TLS,CLOSE}"), NULL},
    {"route-shadowed", ROUTES("{ECHO},{'disabled':true,CLOSE}"), NULL},
    {"route-shadowed", ROUTES("{'handle':[{'handler':'tls'}]},{TLS,CLOSE}"), NULL},
    {"route-shadowed", ROUTES("{" SNI("a.test") ",ECHO},{" SNI("a.test") ",CLOSE}"), S "routes[1]"},
    {"route-shadowed", ROUTES("{" SNI("*.test") ",ECHO},{" SNI("a.test") ",CLOSE}"), S "routes[1]"},
    {"route-shadowed", ROUTES("{" SNI("a.test") ",ECHO},{" SNI("*.test") ",CLOSE}"), NULL},
    {"route-shadowed", ROUTES("{" SNI("*.test") ",ECHO},{" SNI("{env.X}.test") ",CLOSE}"), NULL},
    {"route-shadowed",
	ROUTES("{'match':[{'tls':{'sni':['a.test','b.test']}}],ECHO},{" SNI("b.test") ",CLOSE}"),
	S "routes[1]"},
    {"route-shadowed",
	ROUTES(
	    "{" SNI("a.test") ",ECHO},{'match':[{'tls':{'sni':['a.test'],'alpn':['h2']}}],CLOSE}"),
	S "routes[1]"},
    {"route-shadowed",
	ROUTES(
	    "{'match':[{'tls':{'sni':['a.test'],'alpn':['h2']}}],ECHO},{" SNI("a.test") ",CLOSE}"),
	NULL},
    {"route-shadowed",
	ROUTES("{LAN,ECHO},{'match':[{'remote_ip':{'ranges':['10.1.0.0/16']},'tls':{}}],CLOSE}"),
	S "routes[1]"},
    {"route-shadowed",
	ROUTES("{LAN,ECHO},{'match':[{'remote_ip':{'ranges':['10.0.0.0/7']}}],CLOSE}"), NULL},
    {"route-shadowed",
	ROUTES("{LAN,ECHO},{'handle':[{'handler':'proxy_protocol','allow':['10.0.0.1']}]},{LAN,"
	       "CLOSE}"),
	NULL},
    {"route-shadowed", ROUTES("{TLS,ECHO},{'match':[{'tls':{}},{'ssh':{}}],CLOSE}"), NULL},
    {"route-shadowed",
	ROUTES("{'match':[{'dns':{'default_deny':true}}],ECHO},"
	       "{'match':[{'dns':{'default_deny':true,'allow':[{'name':'a.'}]}}],CLOSE}"),
	NULL},
    {"route-shadowed",
	ROUTES("{'match':[{'http':[{'host':['a.test','b.test']}]}],ECHO},"
	       "{'match':[{'http':[{'host':['a.test'],'method':['GET']}]}],CLOSE}"),
	S "routes[1]"},
    {"route-shadowed",
	ROUTES(
	    "{'handle':[{'handler':'subroute','routes':[{TLS,ECHO},{ECHO},{LAN,ECHO}]}]},{ECHO}"),
	S "routes[1]"},
    {"route-shadowed", ROUTES("{'handle':[{'handler':'subroute','routes':[{TLS,ECHO}]}]},{ECHO}"),
	NULL},

    {"server-first", ROUTES("{TLS,ECHO},{" PROXY("127.0.0.1:25") "}"),
	S "routes[1].handle[0].upstreams[0].dial[0]"},
    {"server-first", ROUTES("{TLS,ECHO},{LAN," PROXY("tcp/db:3306") "}"),
	S "routes[1].handle[0].upstreams[0].dial[0]"},
    {"server-first", SILENT("{TLS,ECHO},{" PROXY("127.0.0.1:25") "}"), NULL},
    {"server-first", ROUTES("{" PROXY("127.0.0.1:25") "},{TLS,ECHO}"), NULL},
    {"server-first", ROUTES("{LAN,ECHO},{" PROXY("127.0.0.1:25") "}"), NULL},
    {"server-first", ROUTES("{TLS,ECHO},{'match':[{'ssh':{}}]," PROXY("127.0.0.1:22") "}"), NULL},
    {"server-first", ROUTES("{TLS,ECHO},{" PROXY("127.0.0.1:5432") "}"), NULL},
    {"server-first",
	ROUTES("{HTTP,ECHO},{'handle':[{'handler':'tls'},{'handler':'proxy','upstreams':"
	       "[{'dial':['127.0.0.1:143']}]}]}"),
	NULL},
    {"server-first",
	ROUTES("{TLS,'handle':[{'handler':'tls'}]},{HTTP,ECHO},{" PROXY("127.0.0.1:143") "}"),
	S "routes[2].handle[0].upstreams[0].dial[0]"},
    {"server-first",
	ROUTES("{TLS,'handle':[{'handler':'subroute','routes':[{'match':[{'ssh':{}}],ECHO},{" PROXY(
	    "127.0.0.1:21") "}]}]}"),
	S "routes[0].handle[0].routes[1].handle[0].upstreams[0].dial[0]"},

    {"silence-close", SILENT("{TLS,CLOSE},{ECHO}"), S "routes[0]"},
    {"silence-close", ROUTES("{TLS,CLOSE},{ECHO}"), NULL},
    {"silence-close", SILENT("{TLS,ECHO},{ECHO}"), NULL},
    {"silence-close", SILENT("{LAN,CLOSE},{ECHO}"), NULL},
    {"silence-close", SILENT("{TLS,CLOSE},{CLOSE}"), NULL},

    {"dead-end", ROUTES("{TLS,'handle':[{'handler':'tls'}]}"), S "routes[0]"},
    {"dead-end", ROUTES("{TLS,'handle':[{'handler':'tls'}]},{ECHO}"), NULL},
    {"dead-end", ROUTES("{TLS,ECHO},{'handle':[{'handler':'vars','a':'b'}]}"), S "routes[1]"},
    {"dead-end",
	ROUTES("{'handle':[{'handler':'tls'},{'handler':'subroute','routes':[{HTTP,ECHO}]}]}"),
	NULL},

    {"udp-forgotten", ROUTES("{'match':[{'quic':{}}],ECHO}"), S "routes[0].match[0].quic"},
    {"udp-forgotten", AT("udp/:1000", "{'match':[{'quic':{}}],ECHO}"), NULL},
    {"udp-forgotten", AT("udp/:1000", "{TLS,ECHO}"), S "routes[0].match[0].tls"},
    {"udp-forgotten",
	ROUTES("{'handle':[{'handler':'subroute','routes':[{'match':[{'wireguard':{}}],ECHO}]}]}"),
	S "routes[0].handle[0].routes[0].match[0].wireguard"},
    {"udp-forgotten",
	"{'s':{'listen':[':1000','udp/:1000'],'routes':[{'match':[{'quic':{}}],ECHO}]}}", NULL},
    {"udp-forgotten", AT(":53", "{'match':[{'dns':{}}],ECHO}"), S "listen[0]"},
    {"udp-forgotten", AT(":853", "{'match':[{'dns':{}}],ECHO}"), NULL},
    {"udp-forgotten",
	"{'s':{'listen':[':53'],'routes':[{'match':[{'dns':{}}],ECHO}]},'u':{'listen':['udp/"
	":53'],'routes':[{ECHO}]}}",
	NULL},
    {"udp-forgotten", AT("127.0.0.1:1190-1199", "{'match':[{'openvpn':{}}],ECHO}"), S "listen[0]"},

    {"listeners-overlap", TWO("0.0.0.0:443", "127.0.0.1:443"), "layer4.servers.t.listen[0]"},
    {"listeners-overlap", TWO("10.0.0.1:443", ":400-500"), S "listen[0]"},
    {"listeners-overlap", TWO("udp/:443", "127.0.0.1:443"), NULL},
    {"listeners-overlap", TWO(":443", "127.0.0.1:444"), NULL},
    {"listeners-overlap", TWO("127.0.0.2:443", "127.0.0.1:443"), NULL},
    {"listeners-overlap", TWO("tcp6/:443", "127.0.0.1:443"), NULL},
    {"listeners-overlap", "{'s':{'listen':[':443','127.0.0.1:443'],'routes':[{ECHO}]}}", NULL},

    {"proxy-loop", ROUTES("{" PROXY("127.0.0.1:1000") "}"),
	S "routes[0].handle[0].upstreams[0].dial[0]"},
    {"proxy-loop", ROUTES("{" PROXY("127.0.0.1:1001") "}"), NULL},
    {"proxy-loop", ROUTES("{" PROXY("192.0.2.1:1000") "}"), NULL},
    {"proxy-loop", AT("192.0.2.1:1000", "{" PROXY("127.0.0.1:1000") "}"), NULL},
    {"proxy-loop",
	ROUTES("{TLS,'handle':[{'handler':'tls'},{'handler':'proxy','upstreams':"
	       "[{'dial':['127.0.0.1:1000']}]}]}"),
	NULL},

    {"proxy-protocol-open", ROUTES("{'handle':[{'handler':'proxy_protocol'}]},{ECHO}"),
	S "routes[0].handle[0]"},
    {"proxy-protocol-open",
	ROUTES("{'handle':[{'handler':'proxy_protocol','allow':['10.0.0.0/8']}]},{ECHO}"), NULL},
    {"proxy-protocol-open",
	ROUTES("{'handle':[{'handler':'proxy_protocol','fallback_policy':'REJECT'}]},{ECHO}"),
	NULL},
    {"proxy-protocol-open",
	ROUTES("{'handle':[{'handler':'proxy_protocol','deny':['10.0.0.0/8']}]},{ECHO}"),
	S "routes[0].handle[0]"},
    {"proxy-protocol-open", ROUTES("{LAN,'handle':[{'handler':'proxy_protocol'}]},{ECHO}"), NULL},
    {"proxy-protocol-open",
	ROUTES("{'match':[{'not':[{'remote_ip':{'ranges':['10.0.0.0/8']}}]}],CLOSE},"
	       "{'handle':[{'handler':'proxy_protocol'}]},{ECHO}"),
	NULL},
    {"proxy-protocol-open",
	ROUTES("{LAN,'handle':[{'handler':'subroute','routes':[{'handle':[{'handler':"
	       "'proxy_protocol'}]}]}]},{ECHO}"),
	NULL},
    {"proxy-protocol-open", AT("127.0.0.1:1", "{'handle':[{'handler':'proxy_protocol'}]},{ECHO}"),
	NULL},
    {"proxy-protocol-open", AT("unix//run/x", "{'handle':[{'handler':'proxy_protocol'}]},{ECHO}"),
	NULL},

    {"socks5-open", ROUTES("{'handle':[{'handler':'socks5'}]}"), S "routes[0].handle[0]"},
    {"socks5-open", ROUTES("{'handle':[{'handler':'socks5','credentials':{'a':'b'}}]}"), NULL},
    {"socks5-open", ROUTES("{LAN,'handle':[{'handler':'socks5'}]}"), NULL},

    {"upstream-unverified",
	ROUTES("{'handle':[{'handler':'proxy','upstreams':[{'dial':['a:1'],'tls':"
	       "{'insecure_skip_verify':true}}]}]}"),
	S "routes[0].handle[0].upstreams[0].tls.insecure_skip_verify"},
    {"upstream-unverified",
	ROUTES("{'handle':[{'handler':'proxy','upstreams':[{'dial':['a:1'],'tls':{}}]}]}"), NULL},
};

START_TEST(test_each)
{
	const struct finding *f = &cases[_i];
	json_t *document = document_of(f->servers);

	expect(document, 0, f->code, f->path);
	json_decref(document);
}
END_TEST

START_TEST(test_all_have_a_case)
{
	const struct lint_check *check;
	size_t i;

	for (check = lint_checks; check->code != NULL; check++) {
		if (strncmp(check->code, "cert-", 5) == 0)
			continue;
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			if (strcmp(cases[i].code, check->code) == 0 && cases[i].path != NULL)
				break;
		ck_assert_msg(i < sizeof(cases) / sizeof(cases[0]), "%s", check->code);
	}
}
END_TEST

/* ---- the app http --------------------------------------------------------------------------- */

static const struct finding sites[] = {
    {"listeners-overlap",
	"{'layer4':{'servers':{'s':{'listen':['127.0.0.1:443'],'routes':[{ECHO}]}}},"
	"'http':{'servers':{'w':{'listen':[':443']}}}}",
	S "listen[0]"},
    {"route-shadowed",
	"{'http':{'servers':{'w':{'listen':[':443'],'listener_wrappers':[{'wrapper':'layer4',"
	"'routes':[{ECHO},{TLS,CLOSE}]},{'wrapper':'tls'}]}}}}",
	"http.servers.w.listener_wrappers[0].routes[1]"},
    {"proxy-protocol-open",
	"{'http':{'servers':{'w':{'listen':[':443'],'listener_wrappers':[{'wrapper':"
	"'proxy_protocol'}]}}}}",
	"http.servers.w.listener_wrappers[0]"},
    {"proxy-protocol-open",
	"{'http':{'servers':{'w':{'listen':[':443'],'listener_wrappers':[{'wrapper':"
	"'proxy_protocol','allow':['10.0.0.0/8']}]}}}}",
	NULL},
    {"dead-end",
	"{'http':{'servers':{'w':{'listen':[':443'],'listener_wrappers':[{'wrapper':'layer4',"
	"'routes':[{'handle':[{'handler':'vars'}]}]},{'wrapper':'tls'}]}}}}",
	NULL},
};

START_TEST(test_sites)
{
	const struct finding *f = &sites[_i];
	json_t *document = json_pack("{s:o}", "apps", parse(f->servers));

	expect(document, 0, f->code, f->path);
	json_decref(document);
}
END_TEST

/* ---- certificates --------------------------------------------------------------------------- */

#define DAY (24 * 60 * 60)
#define LOADED "tls.certificates.load_files[0]"

/* The certificate of an example, for shop.example.com, loaded beside these servers. */
static json_t *with_cert(const char *servers, struct cert **cert)
{
	const char *srcdir = getenv("top_srcdir");
	struct strings no_tags = {0};
	struct error err;
	char chain[1024], key[1024];
	json_t *document = document_of(servers);

	srcdir = srcdir != NULL ? srcdir : ".";
	snprintf(chain, sizeof(chain), "%s/examples/mutual_tls/shop.pem", srcdir);
	snprintf(key, sizeof(key), "%s/examples/mutual_tls/shop.key", srcdir);
	*cert = cert_load_files(chain, key, &no_tags, &err);
	ck_assert_msg(*cert != NULL, "%s", err.message);
	json_object_set_new(json_object_get(document, "apps"), "tls",
	    json_pack("{s:{s:[{s:s, s:s}]}}", "certificates", "load_files", "certificate", chain,
		"key", key));
	return document;
}

static void expect_cert(const char *servers, const char *code, int64_t left, const char *path)
{
	struct cert *cert;
	json_t *document = with_cert(servers, &cert);

	expect(document, (time_t)(cert->not_after - left), code, path);
	cert_unref(cert);
	json_decref(document);
}

#define ENDS_TLS "'handle':[{'handler':'tls'},{'handler':'echo'}]"

START_TEST(test_cert_times)
{
	static const char servers[] = ROUTES("{" ENDS_TLS "}");
	struct cert *cert;
	json_t *document;

	expect_cert(servers, "cert-expired", 0, LOADED);
	expect_cert(servers, "cert-expired", 1, NULL);
	expect_cert(servers, "cert-expires-soon", 13 * DAY, LOADED);
	expect_cert(servers, "cert-expires-soon", 15 * DAY, NULL);
	expect_cert(servers, "cert-expires-soon", -1, NULL);
	document = with_cert(servers, &cert);
	expect(document, cert->not_before - 1, "cert-expired", LOADED);
	cert_unref(cert);
	json_decref(document);
}
END_TEST

START_TEST(test_cert_unused)
{
	static const struct {
		const char *servers, *path;
	} uses[] = {
	    {ROUTES("{ECHO}"), LOADED},
	    {ROUTES("{" ENDS_TLS "}"), NULL},
	    {ROUTES("{" SNI("shop.example.com") "," ENDS_TLS "}"), NULL},
	    {ROUTES("{" SNI("*.example.com") "," ENDS_TLS "}"), NULL},
	    {ROUTES("{" SNI("other.example.com") "," ENDS_TLS "}"), LOADED},
	    {ROUTES("{'match':[{'tls':{'sni':['other.example.com']}},{'tls':{}}]," ENDS_TLS "}"),
		NULL},
	    {ROUTES(
		 "{" SNI("shop.example.com") ",ECHO},{" SNI("other.example.com") "," ENDS_TLS "}"),
		LOADED},
	};
	size_t i;

	for (i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		expect_cert(uses[i].servers, "cert-unused", 100 * DAY, uses[i].path);
}
END_TEST

/* ---- the rest ------------------------------------------------------------------------------- */

START_TEST(test_warning)
{
	json_t *finding = lint_warning("Caddyfile:12: 'servers' has no effect: x");

	ck_assert_str_eq(member(finding, "path"), "Caddyfile:12");
	ck_assert_str_eq(member(finding, "message"), "'servers' has no effect: x");
	ck_assert_str_eq(member(finding, "code"), "adapted");
	json_decref(finding);
}
END_TEST

/* Whatever its size: in a time that an operator waits for, and what was left out is said. */
START_TEST(test_large)
{
	json_t *routes = json_array(), *document, *findings;
	int i;

	for (i = 0; i < 20000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d.test", i);
		json_array_append_new(routes, json_pack("{s:[{s:{s:[s]}}], s:[{s:s}]}", "match",
						  "tls", "sni", name, "handle", "handler", "echo"));
	}
	document = json_pack("{s:{s:{s:{s:{s:[s], s:o}}}}}", "apps", "layer4", "servers", "s",
	    "listen", ":1", "routes", routes);
	findings = lint_document(document, 0);
	ck_assert_uint_eq(json_array_size(findings), 1);
	ck_assert(strstr(member(json_array_get(findings, 0), "message"), "too large") != NULL);
	json_decref(findings);
	json_decref(document);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lint");
	TCase *tc = tcase_create("lint");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_each, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tc, test_all_have_a_case);
	tcase_add_loop_test(tc, test_sites, 0, (int)(sizeof(sites) / sizeof(sites[0])));
	tcase_add_test(tc, test_cert_times);
	tcase_add_test(tc, test_cert_unused);
	tcase_add_test(tc, test_warning);
	tcase_add_test(tc, test_large);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
