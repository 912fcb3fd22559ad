# SPDX-License-Identifier: BSD-2-Clause
# For the tests with real clients: every protocol behind one port, told apart by what the client
# says, or by its silence. Each test starts the servers that it needs; the others' ports are closed.

mux_servers="ssh postgres socks4 http2 http xmpp rdp dns openvpn redis mqtt mysql smtp quic wireguard ntp"
declare -A server_port=()
MUX=$(free_port)
for name in $mux_servers; do
    server_port[$name]=$(free_port)
done
need openssl openssl

mux_to() { # ID [[udp/]SERVER [HANDLERS]]: a route's name and chain
    local server=${2:-$1} network=tcp
    [ "$server" = "${server#udp/}" ] || network=udp
    printf '"@id": "%s", "handle": [%s{"handler": "proxy", "upstreams": [{"dial": ["%s/127.0.0.1:%s"]}]}]' \
        "$1" "${3:-}" $network "${server_port[${server#udp/}]}"
}

# A route of its own for each; the order is one that an operator might choose.
mux_config() {
    # A DNS client offers "dot", which is not among what `tls` takes by itself.
    local tls='{"handler": "tls", "connection_policies": [{"alpn": ["h2", "http/1.1", "dot"]}]},'
    config <<JSON
{"apps": {"layer4": {"servers": {"mux": {
    "listen": ["127.0.0.1:$MUX", "127.0.0.2:$MUX"],
    "silence_timeout": "2s",
    "routes": [
        {"match": [{"ssh": {}}], $(mux_to ssh)},
        {"match": [{"postgres": {"tls": "enabled"}}],
            $(mux_to postgres-tls postgres "{\"handler\": \"postgres_tls\"}, $tls")},
        {"match": [{"postgres": {}}], $(mux_to postgres)},
        {"match": [{"socks5": {}}], "@id": "socks5", "handle": [
            {"handler": "socks5", "credentials": {"alice": "secret"}}]},
        {"match": [{"socks4": {}}], $(mux_to socks4)},
        {"match": [{"tls": {}}], "@id": "tls", "handle": [$tls {"handler": "subroute", "routes": [
            {"match": [{"dns": {}}], $(mux_to dot dns)},
            {"match": [{"http": [{"protocol": "http/2"}]}], $(mux_to h2 http2)},
            {"match": [{"http": [{}]}], $(mux_to https http)}]}]},
        {"match": [{"http": [{"protocol": "http/2"}]}], $(mux_to h2c http2)},
        {"match": [{"http": [{}]}], $(mux_to http)},
        {"match": [{"xmpp": {}}], $(mux_to xmpp)},
        {"match": [{"rdp": {}}], $(mux_to rdp)},
        {"match": [{"dns": {}}], $(mux_to dns)},
        {"match": [{"openvpn": {}}], $(mux_to openvpn)},
        {"match": [{"regexp": {"pattern": "^\\\\*[1-9]", "count": 2}}], $(mux_to redis)},
        {"match": [{"regexp": {"pattern": "^\\\\x10.{1,4}\\\\x00\\\\x04MQTT", "count": 8}}], $(mux_to mqtt)},
        {"match": [{"local_ip": {"ranges": ["127.0.0.2"]}}], $(mux_to mysql)},
        {$(mux_to smtp)}
    ]},
    "datagrams": {"listen": ["udp/127.0.0.1:$MUX"], "idle_timeout": "3s", "routes": [
        {"match": [{"dns": {}}], $(mux_to udp-dns udp/dns)},
        {"match": [{"quic": {"sni": ["localhost"]}}], $(mux_to quic udp/quic)},
        {"match": [{"openvpn": {}}], $(mux_to udp-openvpn udp/openvpn)},
        {"match": [{"wireguard": {}}], $(mux_to wireguard udp/wireguard)},
        {$(mux_to ntp udp/ntp)}
    ]}}},
    "tls": {"certificates": {"load_files": [{"certificate": "$tmp/mux.pem", "key": "$tmp/mux.key"}]}}}}
JSON
}

mux_start() {
    self_signed mux localhost '*.example.com' # kdig wants a subject, which our own CA leaves out
    mux_config
    daemon
}

serving() { # NAME: its server listens
    wait_until 60 "the server of $1" listening "${server_port[$1]}"
}

bound() { # PORT
    ss -Hlun "sport = :$1" | grep -q .
}

serving_datagrams() { # NAME
    wait_until 60 "the server of $1" bound "${server_port[$1]}"
}

# A client has taken this route, to this server.
wait_route() { # ID [[udp/]SERVER]
    local server=${2:-$1} network=tcp
    [ "$server" = "${server#udp/}" ] || network=udp
    wait_log pointsmand "route=$1 .*upstream=$network/127.0.0.1:${server_port[${server#udp/}]} "
}

# With two records of www.example.com. "do-udp:yes" or "do-udp:no".
start_unbound() { # OPTION
    cat >"$tmp/unbound.conf" <<CONF
server:
    interface: 127.0.0.1@${server_port[dns]}
    username: ""
    chroot: ""
    directory: "$tmp"
    pidfile: ""
    use-syslog: no
    do-daemonize: no
    $1
    local-zone: "example.com." static
    local-data: "www.example.com. 60 IN A 192.0.2.80"
    local-data: 'www.example.com. 60 IN TXT "through the mux"'
remote-control:
    control-enable: no
CONF
    start unbound unbound -d -p -c "$tmp/unbound.conf"
}

need_sshd() {
    need_root # sshd wants it
    need ssh openssh-client
    [ -x /usr/sbin/sshd ] || skip "sshd is missing (Debian: openssh-server)"
}

# Takes $tmp/client for a key of root's. ssh_options are what a client needs to trust it. COMMAND… is
# put before the server's own.
start_sshd() { # PORT [ADDRESS [COMMAND…]]
    local kind address=${2:-127.0.0.1}
    mkdir -p /run/sshd
    for kind in host client; do
        [ -f "$tmp/$kind" ] || ssh-keygen -q -t ed25519 -N '' -f "$tmp/$kind" || fail "no key"
    done
    start "sshd-$address" "${@:3}" /usr/sbin/sshd -D -e -f /dev/null -o ListenAddress="$address:$1" \
        -o HostKey="$tmp/host" -o AuthorizedKeysFile="$tmp/client.pub" -o StrictModes=no -o UsePAM=no \
        -o PidFile=none -o PermitRootLogin=prohibit-password
    echo "server $(cat "$tmp/host.pub")" >"$tmp/known"
    ssh_options=(-F none -o BatchMode=yes -o ConnectTimeout=30 -o IdentitiesOnly=yes -i "$tmp/client"
        -o UserKnownHostsFile="$tmp/known" -o HostKeyAlias=server)
}

# A key and a certificate that is its own authority: $tmp/NAME.key, $tmp/NAME.pem
self_signed() { # NAME HOST [HOST]
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -keyout "$tmp/$1.key" -out "$tmp/$1.pem" -subj "/CN=$2" \
        -addext "subjectAltName=DNS:$2${3:+,DNS:$3}" 2>"$tmp/openssl.log" || fail "a certificate for $2"
}
root=$tmp/mux.pem # of what ends TLS here: localhost, *.example.com
