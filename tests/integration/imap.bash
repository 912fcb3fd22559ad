# SPDX-License-Identifier: BSD-2-Clause
# For the IMAP tests: a Dovecot that demands PROXY headers, and three clients that talk to it
# through the chain. The script sets TLS_PORT, MID_PORT and BACKEND_PORT, and CA after the start.

imap_name=imap.example.com
imap_client=127.0.0.77 # any address in 127/8 can be bound: it shows which one reaches Dovecot

need_imap() {
    need_root
    need_python
    need dovecot dovecot-imapd
    need curl curl
    need mbsync isync
    need unshare util-linux
}

# Login processes of Dovecot are another user: they must be able to walk to their files.
start_dovecot() {
    local d=$tmp/dovecot uid gid
    mkdir -p "$d/run" "$d/state" "$d/mail/alice"
    chmod 755 "$tmp" "$d"
    uid=$(id -u nobody)
    gid=$(id -g nobody)
    chown -R nobody "$d/mail"
    touch "$tmp/dovecot.log"
    chmod 666 "$tmp/dovecot.log"
    echo "alice:{PLAIN}s3cret:$uid:$gid::$d/mail/alice::" >"$d/passwd"
    chmod 644 "$d/passwd"
    cat >"$d/dovecot.conf" <<CONF
base_dir = $d/run
state_dir = $d/state
log_path = $tmp/dovecot.log
protocols = imap
listen = 127.0.0.1, ::1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
first_valid_uid = 1
mail_location = maildir:$d/mail/%u
mail_max_userip_connections = 100
haproxy_trusted_networks = 127.0.0.1 ::1
haproxy_timeout = 2s
login_log_format_elements = user=<%u> rip=%r rport=%{rport} lip=%l lport=%{lport}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u $d/passwd
}
userdb {
  driver = passwd-file
  args = username_format=%u $d/passwd
}
service imap-login {
  chroot =
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = 0
  }
  inet_listener imap_haproxy {
    port = $BACKEND_PORT
    haproxy = yes
  }
}
service anvil {
  chroot =
}
service stats {
  unix_listener stats-reader {
    mode = 0666
  }
  unix_listener stats-writer {
    mode = 0666
  }
}
CONF
    start dovecot dovecot -F -c "$d/dovecot.conf"
    wait_until 30 "Dovecot" listening "$BACKEND_PORT"
}

# mark; then login_seen SOURCE-PORT: a login that is new since then, with the true client.
mark() {
    log_lines=$(wc -l <"$tmp/dovecot.log")
}

new_log() { # PATTERN
    tail -n "+$((log_lines + 1))" "$tmp/dovecot.log" | grep -qE -- "$1"
}

login_seen() { # RPORT LPORT
    wait_until 30 "Dovecot's line about the login" new_log \
        "Login: user=<alice>, rip=$imap_client, rport=$1, lip=127\.0\.0\.1, lport=$2\b"
}

imaps() { # CURL-OPTION…
    curl -sS --max-time 30 --interface "$imap_client" --cacert "$CA" \
        --connect-to "$imap_name:993:127.0.0.1:$TLS_PORT" -u alice:s3cret "$@"
}

# The three clients; each must log in, and Dovecot must see where it came from.
imap_clients() {
    local out rport

    printf 'From: a@example.com\r\nTo: b@example.com\r\nSubject: hello chain\r\n\r\nbody\r\n' \
        >"$tmp/message"
    mark
    imaps -T "$tmp/message" "imaps://$imap_name/INBOX" || fail "curl: APPEND"
    login_seen '[0-9]+' "$TLS_PORT"
    mark
    out=$(imaps -w 'port %{local_port}\n' -X 'STATUS INBOX (MESSAGES)' \
        "imaps://$imap_name/INBOX") || fail "curl: STATUS"
    case $out in
    *'MESSAGES 1'*) ;;
    *) fail "curl: $out" ;;
    esac
    rport=${out##*port }
    login_seen "$rport" "$TLS_PORT"

    mark
    rport=$(CA=$CA TLS_PORT=$TLS_PORT SOURCE=$imap_client NAME=$imap_name "$python" - <<'PY'
import imaplib, os, socket, ssl

class Client(imaplib.IMAP4_SSL):
    def _create_socket(self, timeout):
        s = socket.create_connection(("127.0.0.1", int(os.environ["TLS_PORT"])), 15,
                                     source_address=(os.environ["SOURCE"], 0))
        print(s.getsockname()[1])
        return self.ssl_context.wrap_socket(s, server_hostname=os.environ["NAME"])

context = ssl.create_default_context(cafile=os.environ["CA"])
client = Client(os.environ["NAME"], ssl_context=context)
client.login("alice", "s3cret")
assert client.select("INBOX")[1] == [b"1"]
assert b"Subject: hello chain" in client.fetch(b"1", "(BODY[HEADER.FIELDS (SUBJECT)])")[1][0][1]
big = b"Subject: big\r\n\r\n" + b"0123456789abcdef" * 4 * 16384
assert client.append("INBOX", None, None, big)[0] == "OK"
assert client.fetch(b"2", "(BODY.PEEK[])")[1][0][1] == big
client.logout()
PY
    ) || fail "imaplib"
    login_seen "$rport" "$TLS_PORT"

    mbsync_pull
}

# mbsync looks names up itself: a private mount namespace gives it its own /etc/hosts. Not every
# container gives one; the other clients do without.
mbsync_pull() {
    unshare --mount true 2>/dev/null || {
        echo "without mbsync: this system gives no mount namespace"
        return
    }
    mkdir -p "$tmp/mbsync/mail"
    echo "127.0.0.1 localhost $imap_name" >"$tmp/mbsync/hosts"
    cat >"$tmp/mbsync/rc" <<CONF
IMAPAccount chain
Host $imap_name
Port $TLS_PORT
SSLType IMAPS
SystemCertificates no
CertificateFile $CA
User alice
Pass s3cret
AuthMechs LOGIN

IMAPStore remote
Account chain

MaildirStore local
Path $tmp/mbsync/mail/
Inbox $tmp/mbsync/mail/INBOX

Channel pull
Far :remote:INBOX
Near :local:INBOX
Sync Pull
Create Near
SyncState *
CONF
    HOME=$tmp/mbsync timeout 30 unshare --mount sh -c \
        'mount --bind "$1/hosts" /etc/hosts && exec mbsync -c "$1/rc" pull' - "$tmp/mbsync" \
        >"$tmp/mbsync.log" 2>&1 || fail "mbsync"
    same 2 "$(find "$tmp/mbsync/mail/INBOX/new" "$tmp/mbsync/mail/INBOX/cur" -type f ! -name '.*' |
        wc -l)" "messages that mbsync pulled"
}

refused_by() { # WHAT CURL-OPTION…
    local what=$1
    shift
    ! curl -sS --max-time 8 -k -u alice:s3cret "$@" >"$tmp/refused.log" 2>&1 || fail "$what: not refused"
}

imap_refusals() {
    refused_by "an unknown name" --connect-to "other.example.com:993:127.0.0.1:$TLS_PORT" \
        imaps://other.example.com/
    refused_by "no TLS where TLS is wanted" "imap://127.0.0.1:$TLS_PORT/"
    mark
    refused_by "a wrong password" --connect-to "$imap_name:993:127.0.0.1:$TLS_PORT" \
        -u alice:wrong "imaps://$imap_name/"
    wait_until 30 "Dovecot's line about the wrong password" new_log "auth failed.*rip=127"
    # Dovecot itself: no header, and a header from somebody whom it does not trust.
    mark
    refused_by "Dovecot without a header" "imap://127.0.0.1:$BACKEND_PORT/"
    wait_until 30 "Dovecot's complaint" new_log "haproxy: "
    mark
    refused_by "Dovecot for a stranger" --interface "$imap_client" --haproxy-protocol \
        "imap://127.0.0.1:$BACKEND_PORT/"
    wait_until 30 "Dovecot's complaint" new_log "haproxy: Client not trusted \(rip=$imap_client"
    # The middle hop takes a header, and does without: then its own client is the true one.
    mark
    curl -sS --max-time 30 --interface "$imap_client" -u alice:s3cret "imap://127.0.0.1:$MID_PORT/" \
        >/dev/null || fail "the middle hop without a header"
    login_seen '[0-9]+' "$MID_PORT"
}
