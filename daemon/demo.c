/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/demo.h"

#include <stdio.h>

/*
 * client --TLS--> 9993 --PROXY v1--> 9143 --PROXY v2--> 9144, an IMAP greeter that shows which
 * client address reached it.
 */
static const char document[] =
    "{"
    "\"apps\": {"
    " \"layer4\": {\"servers\": {"
    "  \"imaps\": {"
    "   \"listen\": [\"127.0.0.1:9993\"],"
    "   \"routes\": [{\"@id\": \"imaps\","
    "    \"match\": [{\"tls\": {\"sni\": [\"imap.example.com\", \"localhost\"]}}],"
    "    \"handle\": [{\"handler\": \"tls\"},"
    "     {\"handler\": \"proxy\", \"proxy_protocol\": \"v1\","
    "      \"upstreams\": [{\"dial\": [\"127.0.0.1:9143\"]}]}]}]},"
    "  \"imap\": {"
    "   \"listen\": [\"127.0.0.1:9143\"],"
    "   \"routes\": [{\"@id\": \"imap\","
    "    \"handle\": [{\"handler\": \"proxy_protocol\"},"
    "     {\"handler\": \"proxy\", \"proxy_protocol\": \"v2\","
    "      \"upstreams\": [{\"dial\": [\"127.0.0.1:9144\"]}]}]}]},"
    "  \"greeter\": {"
    "   \"listen\": [\"127.0.0.1:9144\"],"
    "   \"routes\": [{\"@id\": \"greeter\","
    "    \"handle\": [{\"handler\": \"proxy_protocol\"},"
    "     {\"handler\": \"respond\", \"keep_open\": true, \"body\": \"* OK pointsman demo: you are "
    "{l4.conn.remote_ip} port {l4.conn.remote_port}\\r\\n\"}]}]}"
    " }},"
    " \"tls\": {"
    "  \"certificates\": {\"automate\": [\"imap.example.com\", \"localhost\"]},"
    "  \"automation\": {\"policies\": [{\"issuers\": [{\"module\": \"internal\"}]}]}"
    " }"
    "}}";

json_t *demo_document(void)
{
	return json_loads(document, 0, NULL);
}

void demo_print(const char *control_path)
{
	printf("pointsman demo\n"
	       "\n"
	       "  client --TLS--> 127.0.0.1:9993 --PROXY v1--> 9143 --PROXY v2--> 9144 (greeter)\n"
	       "\n"
	       "Try in another terminal:\n"
	       "\n"
	       "  export POINTSMAN_SOCK=%s\n"
	       "  pointsctl ca root > root.pem\n"
	       "  openssl s_client -connect localhost:9993 -CAfile root.pem -quiet\n"
	       "  pointsctl conn ls\n"
	       "  pointsctl status\n"
	       "\n"
	       "Ctrl-C stops it.\n",
	    control_path);
	fflush(stdout);
}
