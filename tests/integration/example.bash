# SPDX-License-Identifier: BSD-2-Clause
# For the tests of the examples: each Caddyfile runs as it stands, with its low ports and names, in a
# network of its own. Only the issuer is another one: no public CA can be asked here.

need ip iproute2
own_network || skip "needs root and a network of its own"
root=$tmp/root.pem # of the internal CA, which signs for every site here

# hosts [ADDRESS=]NAME…: the names that the example's programs may ask for, and where they are; of any
# other name nobody knows
hosts() {
    local host
    printf '%s localhost\n' 127.0.0.1 ::1 >"$tmp/hosts"
    for host; do
        case $host in
        *=*) echo "${host%%=*} ${host#*=}" ;;
        *) echo "127.0.0.1 $host" ;;
        esac
    done >>"$tmp/hosts"
    echo "nameserver 127.0.0.1" >"$tmp/resolv.conf"
    mount --bind "$tmp/hosts" /etc/hosts && mount --bind "$tmp/resolv.conf" /etc/resolv.conf ||
        skip "needs root and a mount of its own"
}

# example NAME: starts the daemon in the example's folder. edit is what sed is to change beside.
edit=
example() {
    cd "$top_srcdir/examples/$1" || fail "no folder"
    sed -e '0,/^{/s//{\n\tlocal_certs/' -e "$edit" Caddyfile >"$tmp/Caddyfile"
    daemon "$tmp/Caddyfile"
    ctl ca root >"$root" || fail "ca root"
}

# other_machine ADDRESS…: a network beyond this one, with these addresses of 192.168.50.0/24; programs
# that are started with "${there[@]}" before them run in it.
there=()
other_machine() {
    local address
    need nsenter util-linux
    start other unshare --net sleep 600
    wait_until 30 "another network" own_network_of "${pids[other]}"
    there=(nsenter --target "${pids[other]}" --net)
    ip link add near type veth peer name far netns "${pids[other]}" || skip "no veth in this system"
    ip addr add 192.168.50.254/24 dev near && ip link set near up || fail "no network"
    for address; do
        "${there[@]}" ip addr add "$address/24" dev far || fail "no address"
    done
    "${there[@]}" ip link set lo up && "${there[@]}" ip link set far up || fail "no network"
}

own_network_of() { # PID
    [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

there_listening() { # PORT
    "${there[@]}" "$BASH" -c "$(declare -f listening); listening $1"
}

# page NAME ADDRESS PORT [KEY CERTIFICATE]: a web server, for HTTPS with a key, that tells its name
page() {
    start "$1" "${there[@]}" "$python" -u "$here/page.py" "$@"
    wait_log "$1" '^listening$'
}

# certificate_for NAME…: $tmp/server.key, and $tmp/server.pem that is its own authority
certificate_for() {
    local names
    names=$(printf ',DNS:%s' "$@")
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -keyout "$tmp/server.key" -out "$tmp/server.pem" -subj /CN=server \
        -addext "subjectAltName=${names#,}" 2>"$tmp/openssl.log" || fail "no certificate"
}

# says WANT CURL-OPTION…
says() {
    local want=$1
    shift
    same "$want" "$(curl -sS --max-time 30 --noproxy '*' --cacert "$root" "$@" 2>>"$tmp/curl.log")" \
        "curl $*"
}

# refused CURL-OPTION…: no answer, not even that of a server behind
refused() {
    ! curl -sS --max-time 30 --noproxy '*' --cacert "$root" "$@" >>"$tmp/curl.log" 2>&1 ||
        fail "curl $*: not refused"
}

# in_tls PORT NAME [OPTION…]: a TLS client that believes the internal CA only; plain bytes go through
in_tls() {
    local port=$1 name=$2
    shift 2
    timeout 60 openssl s_client -quiet -verify_quiet -verify_return_error -CAfile "$root" \
        -connect "127.0.0.1:$port" -servername "$name" -verify_hostname "$name" "$@" \
        2>>"$tmp/s_client.log"
}
