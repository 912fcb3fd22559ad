/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/tls_support.h"

static struct store_set *set, *managed;

static void setup(void)
{
	set = store_set_new(STORE_LOADED);
	managed = store_set_new(STORE_MANAGED);
}

static void teardown(void)
{
	store_set_free(set);
	store_set_free(managed);
}

/* The first certificate's first name for this server name; NULL: none. */
static const char *find(struct store_query q)
{
	static char name[256];
	struct store_found found;
	int i;

	if (q.now == 0)
		q.now = time(NULL);
	if (!store_find(&q, &found))
		return NULL;
	for (i = 0; i < CERT_KINDS && found.cert[i] == NULL; i++)
		;
	ck_assert_int_lt(i, CERT_KINDS);
	snprintf(name, sizeof(name), "%s", found.cert[i]->names.items[0]);
	store_release(&found);
	return name;
}

static const char *by_name(const char *server_name)
{
	return find((struct store_query){.server_name = span_str(server_name)});
}

START_TEST(test_empty)
{
	ck_assert_ptr_null(by_name("a"));
	ck_assert_ptr_null(by_name(""));
	store_commit();
	ck_assert_ptr_null(by_name("a"));
}
END_TEST

START_TEST(test_names)
{
	char longest[300];

	make_stored(set, &(struct make){.names = {"a.example", "*.a.example"}});
	make_stored(set, &(struct make){.names = {"x.a.example"}});
	make_stored(set, &(struct make){.names = {"*.*.deep.example"}});
	make_stored(set, &(struct make){.names = {"192.0.2.7", "2001:db8::7"}});
	ck_assert_str_eq(by_name("a.example"), "a.example");
	ck_assert_str_eq(by_name("A.EXAMPLE."), "a.example");
	ck_assert_str_eq(by_name("b.a.example"), "a.example");
	ck_assert_str_eq(by_name("x.a.example"), "x.a.example");
	ck_assert_str_eq(by_name("p.q.deep.example"), "*.*.deep.example");
	ck_assert_ptr_null(by_name("q.deep.example"));
	ck_assert_ptr_null(by_name("c.b.a.example"));
	ck_assert_ptr_null(by_name("example"));
	ck_assert_ptr_null(by_name("*.a.example"));
	ck_assert_ptr_null(by_name("."));
	ck_assert_ptr_null(by_name(".a.example.b"));
	ck_assert_ptr_null(find((struct store_query){.server_name = span_of("a.example\0", 10)}));
	memset(longest, 'x', sizeof(longest));
	memcpy(longest + sizeof(longest) - 11, ".a.example", 11);
	ck_assert_ptr_null(by_name(longest));
	ck_assert_str_eq(by_name("192.0.2.7"), "192.0.2.7");
	ck_assert(store_has_loaded("a.example"));
	ck_assert(store_has_loaded("q.a.example"));
	ck_assert(!store_has_loaded("other"));
}
END_TEST

START_TEST(test_without_name)
{
	struct netaddr local;

	make_stored(set, &(struct make){.names = {"192.0.2.7", "2001:db8::7"}});
	make_stored(set, &(struct make){.names = {"default.example"}});
	ck_assert_ptr_null(by_name(""));
	netaddr_parse_ip("192.0.2.7", &local);
	ck_assert_str_eq(find((struct store_query){.local = &local}), "192.0.2.7");
	netaddr_parse_ip("2001:db8:0:0::7", &local);
	ck_assert_str_eq(find((struct store_query){.local = &local}), "192.0.2.7");
	netaddr_parse_ip("192.0.2.8", &local);
	ck_assert_ptr_null(find((struct store_query){.local = &local}));
	ck_assert_str_eq(
	    find((struct store_query){.local = &local, .default_sni = "default.example"}),
	    "default.example");
	ck_assert_ptr_null(find((struct store_query){.server_name = span_str("no.example"),
	    .local = &local,
	    .default_sni = "default.example"}));
	ck_assert_str_eq(find((struct store_query){.server_name = span_str("no.example"),
			     .fallback_sni = "default.example"}),
	    "default.example");
}
END_TEST

START_TEST(test_preference)
{
	time_t now = time(NULL);
	struct store_query q = {.server_name = span_str("a.example"), .now = now};
	struct store_found found;

	make_stored(managed, &(struct make){.names = {"a.example", "managed"}});
	make_stored(
	    set, &(struct make){.names = {"a.example", "old"}, .from = now - 100, .to = now - 50});
	store_find(&q, &found);
	ck_assert_str_eq(found.cert[CERT_ECDSA]->names.items[1], "managed");
	store_release(&found);
	make_stored(set, &(struct make){.names = {"a.example", "loaded"}});
	store_find(&q, &found);
	ck_assert_str_eq(found.cert[CERT_ECDSA]->names.items[1], "loaded");
	ck_assert_ptr_null(found.cert[CERT_RSA]);
	store_release(&found);
	make_stored(set, &(struct make){.names = {"a.example"}, .type = KEY_RSA2048});
	make_stored(set, &(struct make){.names = {"a.example"}, .type = KEY_ED25519});
	store_find(&q, &found);
	ck_assert_str_eq(found.cert[CERT_ECDSA]->names.items[1], "loaded");
	ck_assert_ptr_nonnull(found.cert[CERT_RSA]);
	ck_assert_ptr_nonnull(found.cert[CERT_EDDSA]);
	store_release(&found);
	/* The loaded ones gone, the managed one is left. */
	store_set_free(set);
	set = NULL;
	store_find(&q, &found);
	ck_assert_str_eq(found.cert[CERT_ECDSA]->names.items[1], "managed");
	store_release(&found);
	ck_assert(!store_has_loaded("a.example"));
}
END_TEST

START_TEST(test_selection)
{
	const char *tags[] = {"red", "round"}, *serial = "258", *organization = "Two";
	const char *red = "red", *square[] = {"red", "square"};
	struct strings all = {.items = tags, .count = 2};
	struct cert_selection s = {0};
	struct store_query q = {.server_name = span_str("a.example"), .selection = &s};

	make_stored(
	    set, &(struct make){.names = {"a.example"}, .organization = "One", .serial = "\x7f"});
	make_stored(set, &(struct make){.names = {"b.example", "a.example"},
			     .organization = "Two",
			     .serial = "\x01\x02",
			     .tags = &all});
	ck_assert_str_eq(find(q), "a.example");
	s.serial_number = (struct strings){.items = &serial, .count = 1};
	ck_assert_str_eq(find(q), "b.example");
	s.subject_organization = (struct strings){.items = &organization, .count = 1};
	s.public_key_algorithm = 1 + CERT_ECDSA;
	s.any_tag = (struct strings){.items = square, .count = 2};
	s.all_tags = (struct strings){.items = &red, .count = 1};
	ck_assert_str_eq(find(q), "b.example");
	s.all_tags = (struct strings){.items = square, .count = 2};
	ck_assert_ptr_null(find(q));
	s.all_tags.count = 0;
	s.public_key_algorithm = 1 + CERT_RSA;
	ck_assert_ptr_null(find(q));
	/* What the policy does not want is as if it were not there: the fallback is taken. */
	q.fallback_sni = "b.example";
	ck_assert_ptr_null(find(q));
}
END_TEST

START_TEST(test_remove)
{
	struct cert *a = make_cert(&(struct make){.names = {"a"}});
	struct cert *b = make_cert(&(struct make){.names = {"b"}});

	store_set_add(set, a);
	store_set_add(set, b);
	ck_assert_ptr_null(by_name("a"));
	store_commit();
	ck_assert_str_eq(by_name("a"), "a");
	store_set_remove(set, a);
	store_set_remove(set, a);
	ck_assert_str_eq(by_name("a"), "a");
	store_commit();
	ck_assert_ptr_null(by_name("a"));
	ck_assert_str_eq(by_name("b"), "b");
	ck_assert_uint_eq(a->refs, 1);
	cert_unref(a);
	cert_unref(b);
}
END_TEST

static void count_cert(void *arg, const struct cert *cert)
{
	int *count = arg;

	ck_assert_uint_gt(cert->names.count, 0);
	++*count;
}

START_TEST(test_each)
{
	int count = 0;

	make_stored(set, &(struct make){.names = {"a", "b"}});
	make_stored(managed, &(struct make){.names = {"c"}});
	store_each(count_cert, &count);
	ck_assert_int_eq(count, 2);
}
END_TEST

/* Look-ups on several threads while the store is changed all the time. */
static _Atomic bool stop;

static void *look(void *arg)
{
	struct store_query q = {.server_name = span_str("always.example"), .now = time(NULL)};
	struct store_found found;
	uintptr_t n = 0;

	(void)arg;
	while (!stop) {
		if (!store_find(&q, &found))
			return (void *)0;
		if (found.cert[CERT_ECDSA]->names.count != 1)
			return (void *)0;
		store_release(&found);
		n++;
	}
	return (void *)n;
}

START_TEST(test_threads)
{
	struct cert *always = make_cert(&(struct make){.names = {"always.example"}}), *other;
	pthread_t threads[3];
	void *result;
	int i;

	store_set_add(set, always);
	store_commit();
	stop = false;
	for (i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, look, NULL);
	for (i = 0; i < 300; i++) {
		other = make_cert(&(struct make){.names = {i % 2 ? "x" : "always.example"}});
		store_set_add(managed, other);
		store_commit();
		store_set_remove(managed, other);
		cert_unref(other);
		store_commit();
	}
	stop = true;
	for (i = 0; i < 3; i++) {
		pthread_join(threads[i], &result);
		ck_assert_ptr_nonnull(result);
	}
	cert_unref(always);
}
END_TEST

#define MANY 10000

/* Nanoseconds for finding one of the first n names. */
static double look_up_time(char names[][32], int n)
{
	struct store_query q = {.now = time(NULL)};
	struct timespec from, to;
	struct store_found found;
	int i, hits = 0;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (i = 0; i < 50000; i++) {
		q.server_name = span_str(names[i * 7919 % n]);
		hits += store_find(&q, &found); /* an assertion would cost more than it */
		store_release(&found);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	ck_assert_int_eq(hits, 50000);
	return ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
	       50000;
}

/* 10,000 names: found without walking through them. */
START_TEST(test_many)
{
	struct cert *made = make_cert(&(struct make){.names = {"x"}});
	static struct cert many[MANY];
	static const char *items[MANY];
	static char names[MANY][32];
	double few_ns = 0, many_ns;
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "host%d.example.com", i);
		items[i] = names[i];
		many[i] = *made;
		many[i].refs = 1;
		many[i].names = (struct strings){.items = &items[i], .count = 1};
		store_set_add(set, &many[i]);
		if (i == 9) {
			store_commit();
			few_ns = look_up_time(names, 10);
		}
	}
	store_commit();
	many_ns = look_up_time(names, MANY);
	printf("%.0f ns for one of 10, %.0f for one of 10,000\n", few_ns, many_ns);
	ck_assert_msg(many_ns < few_ns * 10, "%.0f ns, %.0f ns", few_ns, many_ns);
	ck_assert_ptr_null(by_name("host10000.example.com"));
	/* These are not on the heap: out of the store before their set goes. */
	for (i = 0; i < MANY; i++)
		store_set_remove(set, &many[i]);
	store_commit();
	cert_unref(made);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *tc = tcase_create("store");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 240);
	tcase_add_test(tc, test_empty);
	tcase_add_test(tc, test_names);
	tcase_add_test(tc, test_without_name);
	tcase_add_test(tc, test_preference);
	tcase_add_test(tc, test_selection);
	tcase_add_test(tc, test_remove);
	tcase_add_test(tc, test_each);
	tcase_add_test(tc, test_threads);
	tcase_add_test(tc, test_many);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
