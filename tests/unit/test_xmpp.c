/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/xmpp.h"
#include "tests/unit/matcher_support.h"

#define XMPP "{'xmpp': {}}"

/* decided: with the last letter of the first "jabber" in a namespace. */
static const struct {
	const char *bytes;
	size_t decided;
} streams[] = {
    {"<?xml version='1.0'?><stream:stream xmlns='jabber:client' to='a'>", 49},
    {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<stream:stream to=\"jabber.example\" "
     "xmlns=\"jabber:server\">",
	88},
    {"<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>", 49},
    {"<azAZ09_-.:stream xmlns:a='jabber:client'>", 33},
    {"<stream xmlns='http://etherx.jabber.org/streams'>", 35},
    {"<s:stream\n\tto = 'a>b'  xmlns\n=\t'jabber:component:accept'>", 38},
    {"<stream:stream xml:lang='' xmlns='jabber:client'>", 40},
};

START_TEST(test_streams)
{
	support_cuts(XMPP, span_str(streams[_i].bytes), streams[_i].decided, MATCH_YES);
}
END_TEST

static const struct {
	const char *bytes;
	size_t decided;
} others[] = {
    {"GET / HTTP/1.1\r\n", 1},
    {" <stream:stream", 1},
    {"<html xmlns='jabber:client'>", 6},
    {"<!DOCTYPE html>", 2},
    {"<?xml-stylesheet href='x'?>", 6},
    {"<?xmx", 5},
    {"<?xml version='1.0'?>x", 22},
    {"<?xml <stream:stream", 7},
    {"<?xml version='1.0'>", 20},
    {"<?xml\x01", 6},
    {"<policy-file-request/>", 21},
    {"<stream:stream>", 15},
    {"<stream:stream to='jabber.org'>", 31},
    {"<stream:stream to='a'xmlns='jabber:client'>", 22},
    {"<stream:stream to=a>", 19},
    {"<stream:stream to>", 18},
    {"<stream:stream ='a'", 16},
    {"<stream:stream xmlns='a<jabber'>", 24},
    {"<stream:streams xmlns='jabber:client'>", 16},
    {"<upstream xmlns='jabber:client'>", 10},
    {"<:stream/", 9},
};

START_TEST(test_others)
{
	support_cuts(XMPP, span_str(others[_i].bytes), others[_i].decided, MATCH_NO);
}
END_TEST

START_TEST(test_clients)
{
	support_cuts(XMPP, support_flight("xmpp_go_sendxmpp"), 67, MATCH_YES);
	support_cuts(XMPP, support_flight("xmpp_slixmpp"), 66, MATCH_YES);
}
END_TEST

/* A tag that goes on for ever is given up. */
START_TEST(test_bound)
{
	struct buf bytes = {0};

	buf_append_str(&bytes, "<stream:stream to='");
	while (buf_len(&bytes) < XMPP_OPENING_MAX + 100)
		buf_append_str(&bytes, "a");
	support_cuts(XMPP, buf_span(&bytes), XMPP_OPENING_MAX, MATCH_NO);
	buf_fini(&bytes);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("xmpp", "{}");
	support_adapt("xmpp x", NULL);
	support_adapt("xmpp {\nx\n}", NULL);
	support_refused("{'xmpp': {'x': 1}}", "xmpp: unknown field 'x'");
	ck_assert(support_set(XMPP).bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("xmpp");
	TCase *tc = tcase_create("xmpp");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_streams, streams);
	SUPPORT_LOOP(tc, test_others, others);
	tcase_add_test(tc, test_clients);
	tcase_add_test(tc, test_bound);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
