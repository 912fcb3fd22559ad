# SPDX-License-Identifier: BSD-2-Clause
"""page.py NAME ADDRESS PORT [KEY CERTIFICATE]: a web server that says its name, and what came before
the request where that was a PROXY header of version 2. With a key it speaks TLS."""

import http.server
import socket
import ssl
import struct
import sys

name, address, port, *tls = sys.argv[1:]
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = name + self.server.clients.pop(self.client_address, "")
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    clients = {}

    def finish_request(self, request, client_address):
        request.settimeout(20)
        if request.recv(12, socket.MSG_PEEK) == SIGNATURE:
            self.take_header(request, client_address)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls[1], tls[0])
            request = context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def take_header(self, request, client_address):
        length = struct.unpack("!H", request.recv(16, socket.MSG_WAITALL)[14:])[0]
        addresses = request.recv(length, socket.MSG_WAITALL)
        self.clients[client_address] = " for " + socket.inet_ntoa(addresses[:4])


server = Server((address, int(port)), Page)
print("listening")
server.serve_forever()
