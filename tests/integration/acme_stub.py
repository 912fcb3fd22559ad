# SPDX-License-Identifier: BSD-2-Clause
"""A CA for what pebble does not do: short lives, renewal information, limits, broken connections.

acme_stub.py PORT FOLDER: FOLDER has api.pem and api.key for its interface. Signatures are not
looked at and every name is valid at once. Orders and what else is told is written to standard
output, a line each. GET /set?NAME=VALUE changes what it does:

    life=SECONDS      of certificates (86400)
    window=FROM,TO    renewal information, in seconds from now (none)
    limit=N,SECONDS   so many orders are refused as rateLimited, with Retry-After
    fail=N            so many orders become invalid
    cut=STEP[*N]      the connection is cut N times (1) at directory, nonce, account, order,
                      authorization, challenge, finalize, look or certificate; at STEP+ once the work
                      is done
    challenge=yes     names are valid when their challenge has been posted
    hold=STEP         whoever asks at that step waits until another one is held
    garbage=STEP      the answer at that step is not what it ought to be, once
    bend=STEP:HOW     all answers at that step are: redirect, html, deep (JSON), huge, headers (both
                      without an end), drip (slow without an end), lost or elsewhere (the Location)
    nonce=bad         every nonce is refused
    stuck=N           so many orders are in processing for ever
    wait=TEXT         Retry-After of each order that is not valid
    leaf=HOW          the certificate is: expired, early, another (key), others (name), nothing
"""
import base64, datetime, http.server, json, os, ssl, subprocess, sys, threading, time
from urllib.parse import parse_qsl, urlsplit

PORT, FOLDER = int(sys.argv[1]), sys.argv[2]
BASE = "https://localhost:%d" % PORT
settings = {"life": "86400", "window": "", "limit": "0,0", "fail": "0", "cut": "", "hold": "",
            "garbage": "", "bend": "", "nonce": "", "stuck": "0", "wait": "", "leaf": "", "challenge": ""}
orders, lock, speaking = [], threading.Lock(), threading.Lock()


def say(*words):
    with speaking:
        print(*words, flush=True)


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def run(*command, data=None):
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout


def make_authority(name):
    path = "%s/%s" % (FOLDER, name)
    with open(path + ".tmpl", "w") as f:
        f.write("cn = %s\nca\ncert_signing_key\nexpiration_days = 30\n" % name)
    run("certtool", "--generate-privkey", "--key-type", "ecdsa", "--outfile", path + ".key")
    run("certtool", "--generate-self-signed", "--load-privkey", path + ".key", "--template",
        path + ".tmpl", "--outfile", path + ".pem")


def issue(csr, authority):
    path = "%s/leaf-%d" % (FOLDER, threading.get_ident())
    start = datetime.datetime.now(datetime.timezone.utc)
    life, shift = datetime.timedelta(seconds=int(settings["life"])), datetime.timedelta(days=3)
    start += {"expired": -shift, "early": shift}.get(settings["leaf"], 0 * shift)
    names = {"another": 'dns_name = "a.example.com"', "others": 'dns_name = "other.example.com"'}
    with open(path + ".tmpl", "w") as f:
        f.write('activation_date = "%s"\nexpiration_date = "%s"\n%s\n'
                'tls_www_server\nsigning_key\n' % (
                    *(t.strftime("%Y-%m-%d %H:%M:%S UTC") for t in (start, start + life)),
                    names.get(settings["leaf"], "honor_crq_ext = 2.5.29.17")))
    with open(path + ".csr", "w") as f:
        f.write(pem("NEW CERTIFICATE REQUEST", csr))
    subject = ("--load-request", path + ".csr")
    if settings["leaf"] == "another":
        run("certtool", "--generate-privkey", "--key-type", "ecdsa", "--outfile", path + ".key")
        subject = ("--load-privkey", path + ".key")
    return run("certtool", "--generate-certificate", "--no-text", *subject,
               "--load-ca-certificate", "%s/%s.pem" % (FOLDER, authority), "--load-ca-privkey",
               "%s/%s.key" % (FOLDER, authority), "--template", path + ".tmpl").decode()


def pem(label, der):
    return "-----BEGIN %s-----\n%s-----END %s-----\n" % (
        label, base64.encodebytes(der).decode(), label)


def count_down(name):
    with lock:
        left, _, rest = settings[name].partition(",")
        if int(left or 0) == 0:
            return None
        settings[name] = "%d,%s" % (int(left) - 1, rest) if rest else str(int(left) - 1)
        return rest or True


class Cut(Exception):
    pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def cut(self, step):
        with lock:
            name, _, left = settings["cut"].partition("*")
            if name != step:
                return
            left = int(left or 1) - 1
            settings["cut"] = "%s*%d" % (name, left) if left else ""
        say("cut", step)
        raise Cut

    def hold(self, step):
        if settings["hold"] == step:
            say("held", step)
        while settings["hold"] == step:
            time.sleep(0.05)

    def answer(self, status, body, step, *fields, kind="application/json"):
        self.hold(step)
        self.cut(step + "+")
        bend_at, _, how = settings["bend"].partition(":")
        if step == bend_at and how in ("lost", "elsewhere"):
            fields = [(n, v.replace(BASE, "https://127.0.0.1:1")) for n, v in fields
                      if n != "Location" or how == "elsewhere"]
        elif step == bend_at:
            self.bent(how)
            return
        if step == settings["garbage"]:
            settings["garbage"] = ""
            body = '{"status": ["valid"], "newNonce": 7, "identifier": {}, "x": '
        body = body if isinstance(body, str) else json.dumps(body)
        self.send_response(status)
        for name, value in (("Replay-Nonce", "nonce-%d" % time.monotonic_ns()),
                            ("Content-Type", kind), ("Content-Length", str(len(body))), *fields):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    def bent(self, how):
        self.send_response(302 if how == "redirect" else 200)
        if how == "redirect":
            self.send_header("Location", self.path)
        while how == "headers":
            self.send_header("X-More", "more" * 200)
            self.flush_headers()
        body = {"html": b"<html>soon</html>", "deep": b'{"status":' + b"[" * 200000}.get(how, b"")
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Replay-Nonce", "nonce-%d" % time.monotonic_ns())
        self.send_header("Content-Length", "99999999999" if how in ("huge", "drip") else str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        while how in ("huge", "drip"):
            self.wfile.write(b" " * (65536 if how == "huge" else 1))
            time.sleep(0 if how == "huge" else 0.05)

    def problem(self, status, kind, step, *fields):
        self.answer(status, {"type": "urn:ietf:params:acme:error:" + kind, "detail": "the stub says so"},
                    step, *fields, kind="application/problem+json")

    def do(self, method):
        try:
            method()
        except (Cut, OSError):  # an OSError: the daemon was killed
            self.close_connection = True
            self.connection.close()

    def do_HEAD(self):
        self.do(self.head)

    def do_GET(self):
        self.do(self.get)

    def do_POST(self):
        self.do(self.post)

    def head(self):
        self.cut("nonce")
        self.answer(200, "", "nonce")

    def get(self):
        url = urlsplit(self.path)
        path = url.path.split("/")
        if path[1] == "set":
            settings.update(parse_qsl(url.query, keep_blank_values=True))
            self.answer(200, "", "set")
        elif path[1] == "renewal":
            say("information", path[2])
            if not settings["window"]:
                self.problem(404, "malformed", "renewal")
                return
            start, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + int(x)))
                          for x in settings["window"].split(","))
            self.answer(200, {"suggestedWindow": {"start": start, "end": end},
                              "explanationURL": BASE + "/why"}, "renewal", ("Retry-After", "2"))
        else:
            self.cut("directory")
            prefix = BASE + "/" + path[1]
            self.answer(200, {"newNonce": prefix + "/nonce", "newAccount": prefix + "/account",
                              "newOrder": prefix + "/order", "renewalInfo": BASE + "/renewal",
                              "keyChange": prefix + "/rekey"},
                        "directory")

    def post(self):
        jws = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        payload = json.loads(decode(jws["payload"]) or "{}")
        _, side, what, *rest = urlsplit(self.path).path.split("/")
        if settings["nonce"] == "bad":
            self.hold(what)
            self.problem(400, "badNonce", "refusal")
            return
        getattr(self, what)(side, payload, *rest)

    def account(self, side, payload):
        self.cut("account")
        say("account", side)
        self.answer(201, {"status": "valid"}, "account",
                    ("Location", "%s/%s/account/1" % (BASE, side)))

    def rekey(self, side, payload):
        say("rekey", side)
        self.answer(200, {"status": "valid"}, "rekey")

    def order(self, side, payload, number=None):
        if number is not None:
            self.cut("look")
            self.show(side, int(number), 200, "look")
            return
        self.cut("order")
        wait = count_down("limit")
        if wait:
            say("limited", side)
            self.problem(429, "rateLimited", "order", ("Retry-After", wait))
            return
        with lock:
            orders.append({"status": "pending", "stuck": False, "told": set(),
                           "names": [i["value"] for i in payload["identifiers"]]})
            number = len(orders) - 1
        say("order", side, ",".join(orders[number]["names"]), payload.get("replaces", "-"))
        self.show(side, number, 201, "order")

    def show(self, side, number, status, step):
        order, prefix = orders[number], "%s/%s" % (BASE, side)
        body = {"status": order["status"], "finalize": "%s/finalize/%d" % (prefix, number),
                "authorizations": ["%s/authorization/%d/%d" % (prefix, number, i)
                                   for i in range(len(order["names"]))]}
        if order["status"] == "valid":
            body["certificate"] = "%s/certificate/%d" % (prefix, number)
        if order["status"] == "invalid":
            body["error"] = {"type": "urn:ietf:params:acme:error:unauthorized", "detail": "no"}
        fields = [("Location", "%s/order/%d" % (prefix, number))]
        if settings["wait"] and order["status"] != "valid":
            fields.append(("Retry-After", settings["wait"]))
        self.answer(status, body, step, *fields)

    def authorization(self, side, payload, number, index):
        self.cut("authorization")
        order = orders[int(number)]
        if settings["challenge"] and index not in order["told"]:
            self.answer(200, {"status": "pending", "challenges": [
                {"type": "tls-alpn-01", "status": "pending", "token": "0123456789abcdef",
                 "url": "%s/%s/challenge/%s/%s" % (BASE, side, number, index)}],
                "identifier": {"type": "dns", "value": order["names"][int(index)]}}, "authorization")
            return
        if order["status"] == "pending":
            order["status"] = "invalid" if side == "main" and count_down("fail") else "ready"
        self.answer(200, {"status": "valid", "challenges": [],
                          "identifier": {"type": "dns", "value": order["names"][int(index)]}},
                    "authorization")

    def challenge(self, side, payload, number, index):
        self.cut("challenge")
        orders[int(number)]["told"].add(index)
        self.answer(200, {"status": "processing"}, "challenge")

    def finalize(self, side, payload, number):
        self.cut("finalize")
        order = orders[int(number)]
        if order["status"] != "ready":
            self.problem(403, "orderNotReady", "finalize")
            return
        csr = decode(payload["csr"])
        if order["stuck"] or count_down("stuck"):
            order["stuck"], order["status"] = True, "processing"
            self.show(side, int(number), 200, "finalize")
            return
        order["chains"] = ["" if settings["leaf"] == "nothing" else issue(csr, name) + open("%s/%s.pem" % (FOLDER, name)).read()
                           for name in ("first", "second")]
        order["status"] = "valid"
        self.show(side, int(number), 200, "finalize")

    def certificate(self, side, payload, number, which="0"):
        self.cut("certificate")
        self.answer(200, orders[int(number)]["chains"][int(which)], "certificate",
                    ("Link", '<%s/%s/certificate/%s/1>;rel="alternate"' % (BASE, side, number)),
                    ("Link", '<%s/main>;rel="index"' % BASE), kind="application/pem-certificate-chain")


make_authority("first")
make_authority("second")

class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):  # it has closed, or was killed
            super().handle_error(request, address)


server = Server(("127.0.0.1", PORT), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(FOLDER + "/api.pem", FOLDER + "/api.key")
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
