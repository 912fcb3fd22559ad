#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What large configurations cost: CPU time of adapting and loading 10,000 sites (and, loading alone, 10,000
# routes by server name), and how long a start and a reload with them take. BENCH_SITES.
. "$(dirname "$0")/../integration/lib.sh"

SITES=${BENCH_SITES:-10000}
HTTP=$(free_port) HTTPS=$(free_port) LISTEN=$(free_port)

sites() { # TEXT
    printf '{\n\thttp_port %s\n\thttps_port %s\n}\n' "$HTTP" "$HTTPS"
    for ((i = 0; i < SITES; i++)); do
        printf 'site%d.example.com {\n\ttls internal\n\theader X-Site %d\n\trespond "%s"\n}\n' $i $i "$1"
    done
}

routes() {
    printf '{\n\tlayer4 {\n\t\t127.0.0.1:%s {\n' "$LISTEN"
    for ((i = 0; i < SITES; i++)); do
        printf '\t\t\t@%d tls sni site%d.example.com\n\t\t\troute @%d {\n\t\t\t\tproxy 127.0.0.1:%d\n\t\t\t}\n' \
            $i $i $i $((1024 + i))
    done
    printf '\t\t}\n\t}\n}\n'
}

# cost WHAT COMMAND…: CPU seconds, user and system.
cost() {
    local what=$1 TIMEFORMAT='%U %S'
    shift
    { time "$@" >"$tmp/out" 2>"$tmp/err" || fail "$what"; } 2>"$tmp/time"
    awk -v what="$what" '{ printf "%-46s %7.2f CPU-s\n", what, $1 + $2 }' "$tmp/time"
}

# spent: CPU ticks of the daemon.
spent() {
    sed 's/.*) //' "/proc/${pids[pointsmand]}/stat" | awk '{ print $12 + $13 }'
}

# took WHAT SINCE TICKS: CPU seconds of the daemon, and seconds by the clock, in which certificates are made, too.
took() {
    awk -v what="$1" -v since="$2" -v now="$(date +%s.%N)" -v ticks="$3" -v after="$(spent)" \
        -v rate="$(getconf CLK_TCK)" \
        'BEGIN { printf "%-46s %7.2f CPU-s %8.2f s\n", what, (after - ticks) / rate, now - since }'
}

sites ok >"$tmp/Caddyfile"
routes >"$tmp/routes"
cost "adapt $SITES sites" "$pointsmand" adapt --config "$tmp/Caddyfile"
cost "adapt and load $SITES sites" "$pointsmand" validate --config "$tmp/Caddyfile"
cost "adapt $SITES routes" "$pointsmand" adapt --config "$tmp/routes"
cost "adapt and load $SITES routes" "$pointsmand" validate --config "$tmp/routes"

since=$(date +%s.%N)
daemon "$tmp/Caddyfile"
took "start with $SITES sites" "$since" 0
sites changed >"$tmp/Caddyfile"
since=$(date +%s.%N) ticks=$(spent)
ctl -t 60s config reload >/dev/null || fail "reload"
took "reload with $SITES other sites" "$since" "$ticks"
