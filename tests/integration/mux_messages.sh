#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Redis and MQTT through the port that all protocols share, told by a regular expression.
. "$(dirname "$0")/lib.sh"
need redis-server redis-server
need redis-cli redis-tools
need mosquitto mosquitto
need mosquitto_pub mosquitto-clients
. "$here/mux.bash"

start redis redis-server --bind 127.0.0.1 --port "${server_port[redis]}" --save '' --dir "$tmp"
printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "${server_port[mqtt]}" >"$tmp/mosquitto.conf"
start mosquitto mosquitto -c "$tmp/mosquitto.conf"
mux_start
serving redis
serving mqtt

same PONG "$(timeout 60 redis-cli -p "$MUX" ping)" "redis-cli ping"
same OK "$(timeout 60 redis-cli -p "$MUX" set key value)" "redis-cli set"
same value "$(timeout 60 redis-cli -p "$MUX" get key)" "redis-cli get"
wait_route redis

start subscriber mosquitto_sub -p "$MUX" -t news -C 1 -W 30
published() { # again and again: the subscriber may not be there yet
    mosquitto_pub -p "$MUX" -q 1 -t news -m hello && logged subscriber hello
}
wait_until 30 "the message" published
wait_route mqtt
