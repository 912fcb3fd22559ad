# SPDX-License-Identifier: BSD-2-Clause
"""The proxies that are compared, and how each is told to do the same.

Kinds of service: plain (TCP, as it is), proxy (with a PROXY header, version 2 where the program
has it), sni (TLS passed on by the name in its ClientHello), tls (ended here), udp.
"""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass

NAME = "bench.example"  # what tests/bench/load.c asks for
MANY = 65536
PROGRAMS = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin"


@dataclass
class Service:
    """What one proxy is to do, and where it may write."""

    kind: str
    port: int
    backend: int
    folder: str
    cert: str
    key: str
    both: str  # certificate and key in one file

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        return path


@dataclass
class Proxy:
    name: str
    program: str
    package: str
    kinds: str
    version_option: str
    command: object  # of (program, Service): what to run

    def found(self):
        return shutil.which(self.program, path=PROGRAMS)

    def version(self):
        """What it says of itself, wherever it says it."""
        said = subprocess.run([self.found(), self.version_option], text=True, errors="replace",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        number = re.search(r"\d+\.\d+(\.\d+)?", said.stdout)
        return f"{self.name} {number.group() if number else '(unknown version)'}"


def pointsmand(program, s):
    network = "udp/" if s.kind == "udp" else ""
    proxy = {"handler": "proxy", "upstreams": [{"dial": [f"{network}127.0.0.1:{s.backend}"]}]}
    route = {"handle": [proxy]}
    apps = {"layer4": {"servers": {"bench": {
        "listen": [f"{network}127.0.0.1:{s.port}"], "routes": [route]}}}}
    if s.kind == "proxy":
        proxy["proxy_protocol"] = "v2"
    if s.kind == "sni":
        route["match"] = [{"tls": {"sni": [NAME]}}]
    if s.kind == "tls":
        route["handle"].insert(0, {"handler": "tls"})
        apps["tls"] = {"certificates": {"load_files": [{"certificate": s.cert, "key": s.key}]}}
    config = s.file("pointsmand.json", json.dumps({"apps": apps}))
    return [program, "run", "--config", config, "--workers", "1",
            "--control", f"{s.folder}/control.sock", "--state", f"{s.folder}/state"]


def haproxy(program, s, splice=False):
    bind = f" ssl crt {s.both}" if s.kind == "tls" else ""
    header = " send-proxy-v2" if s.kind == "proxy" else ""
    tune = "tune.pipesize 1048576" if splice else ""
    options = "option splice-request\n    option splice-response" if splice else ""
    rule = "default_backend target"
    if s.kind == "sni":
        rule = f"""tcp-request inspect-delay 5s
    tcp-request content accept if {{ req.ssl_hello_type 1 }}
    use_backend target if {{ req.ssl_sni -i {NAME} }}"""
    return [program, "-db", "-q", "-f", s.file("haproxy.cfg", f"""
global
    nbthread 1
    {tune}
defaults
    mode tcp
    timeout connect 10s
    timeout client 5m
    timeout server 5m
    {options}
frontend bench
    bind 127.0.0.1:{s.port}{bind}
    {rule}
backend target
    server it 127.0.0.1:{s.backend}{header}
""")]


def haproxy_splice(program, s):
    return haproxy(program, s, splice=True)


def nginx(program, s):
    module = "/usr/lib/nginx/modules/ngx_stream_module.so"
    listen = {"tls": " ssl", "udp": " udp"}.get(s.kind, "")
    target, extra, names = f"127.0.0.1:{s.backend}", "", ""
    if s.kind == "proxy":
        extra = "proxy_protocol on;"
    if s.kind == "tls":
        extra = (f"ssl_certificate {s.cert}; ssl_certificate_key {s.key}; "
                 "ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:bench:10m;")
    if s.kind == "sni":
        extra, names = "ssl_preread on;", f"map $ssl_preread_server_name $to {{ {NAME} {target}; }}"
        target = "$to"
    backlog = "" if s.kind == "udp" else " backlog=4096"
    return [program, "-e", f"{s.folder}/nginx.log", "-c", s.file("nginx.conf", f"""
{f"load_module {module};" if os.path.exists(module) else ""}
{"user root;" if os.geteuid() == 0 else ""}
daemon off;
worker_processes 1;
pid {s.folder}/nginx.pid;
error_log {s.folder}/nginx.log error;
events {{ worker_connections {MANY}; }}
stream {{
    {names}
    server {{
        listen 127.0.0.1:{s.port}{listen}{backlog};
        {extra}
        proxy_pass {target};
    }}
}}
""")]


def hitch(program, s):
    return [program, "--config=" + s.file("hitch.conf", f"""
frontend = "[127.0.0.1]:{s.port}"
backend = "[127.0.0.1]:{s.backend}"
pem-file = "{s.both}"
tls-protos = TLSv1.2 TLSv1.3
workers = 1
backlog = 4096
daemon = off
quiet = on
{'user = "nobody"' if os.geteuid() == 0 else ""}
""")]


def stunnel(program, s):
    return [program, s.file("stunnel.conf", f"""
foreground = quiet
pid =
debug = 3
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[bench]
accept = 127.0.0.1:{s.port}
connect = 127.0.0.1:{s.backend}
cert = {s.cert}
key = {s.key}
""")]


def sniproxy(program, s):
    pattern = NAME.replace(".", "[.]")
    return [program, "-f", "-c", s.file("sniproxy.conf", f"""
{"user root" if os.geteuid() == 0 else ""}
pidfile {s.folder}/sniproxy.pid
error_log {{
    filename {s.folder}/sniproxy.log
    priority warn
}}
listen 127.0.0.1:{s.port} {{
    proto tls
    table names
}}
table names {{
    {pattern} 127.0.0.1:{s.backend}
}}
""")]


PROXIES = [
    Proxy("haproxy", "haproxy", "haproxy", "plain proxy sni tls", "-v", haproxy),
    Proxy("haproxy splice", "haproxy", "haproxy", "plain", "-v", haproxy_splice),
    Proxy("nginx", "nginx", "libnginx-mod-stream", "plain proxy sni tls udp", "-v",
          nginx),
    Proxy("hitch", "hitch", "hitch", "tls", "--version", hitch),
    Proxy("stunnel", "stunnel4", "stunnel4", "tls", "-version", stunnel),
    Proxy("sniproxy", "sniproxy", "sniproxy", "sni", "-V", sniproxy),
]
