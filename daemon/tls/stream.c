/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/stream.h"

#include <errno.h>
#include <string.h>

#include "daemon/tls/client.h"
#include "daemon/tls/session.h"

#define RECORD_HEADER 5
#define RECORD_PLAIN_MAX 16384
#define RECORD_CIPHER_MAX (RECORD_PLAIN_MAX + 2048) /* RFC 5246 section 6.2.3 */
#define RECORD_ROOM (RECORD_PLAIN_MAX + 512)        /* of a record that we write */
#define ROUND_MIN 65536
#define READ_MIN 1024
#define HANDSHAKE_READ 4096
#define QUIET_MAX 64 /* records without data that one read puts up with */

struct tls_stream {
	struct stream stream; /* first */
	struct tls_session session;
	struct tls_area area; /* our part of it */
	/*
	 * Ciphertext on its way in. GnuTLS is given whole records alone: it would set aside a
	 * buffer of 16 KiB for the smallest part of one.
	 */
	struct span window; /* whole records, in the area or in held, while a call lasts */
	struct span tail;   /* what came behind them */
	struct buf held;    /* the two between calls */
	/* Ciphertext on its way out: a round in the area while a call lasts, then what was not
	 * taken. */
	uint8_t *round; /* NULL: append to out */
	size_t round_used, round_limit;
	struct buf out;
	uint8_t first[RECORD_HEADER]; /* that came, before they are known to be TLS */
	uint8_t first_count;
	int broken; /* errno of what ended it for good; 0: nothing has */
	bool established;
	bool whole_held;  /* there are whole records in held */
	bool below_ended; /* a FIN, or its like, from below */
	bool peer_ended;  /* close_notify */
	bool end_told;    /* ... and our reader knows */
	bool said_bye;
};

static struct tls_stream *tls_of(struct stream *s)
{
	return (struct tls_stream *)s;
}

/* ---- bytes between GnuTLS and us ----------------------------------------------------------- */

static void note_first(struct tls_stream *t, const uint8_t *p, size_t n)
{
	while (t->first_count < RECORD_HEADER && n-- > 0)
		t->first[t->first_count++] = *p++;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *to, size_t size)
{
	struct tls_stream *t = ptr;

	if (t->window.n == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (size > t->window.n)
		size = t->window.n;
	memcpy(to, t->window.p, size);
	note_first(t, to, size);
	span_skip(&t->window, size);
	return (ssize_t)size;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *iov, int count)
{
	struct tls_stream *t = ptr;
	size_t total = 0;
	int i;

	for (i = 0; i < count; i++)
		total += iov[i].iov_len;
	if (t->round != NULL && t->round_used + total > t->area.size) {
		buf_append(&t->out, t->round, t->round_used);
		t->round = NULL;
	}
	for (i = 0; i < count; i++) {
		if (t->round == NULL) {
			buf_append(&t->out, iov[i].iov_base, iov[i].iov_len);
		} else {
			memcpy(t->round + t->round_used, iov[i].iov_base, iov[i].iov_len);
			t->round_used += iov[i].iov_len;
		}
	}
	return (ssize_t)total;
}

/* ---- reading ------------------------------------------------------------------------------- */

/*
 * The length of the record at the front, with its header. 0: its header is not whole. What is no
 * TLS record is as long as there are bytes: GnuTLS shall see it and answer.
 */
static size_t record_length(struct span s)
{
	size_t n;

	if (s.n > 0 && (s.p[0] < 20 || s.p[0] > 24))
		return s.n;
	if (s.n < RECORD_HEADER)
		return 0;
	n = (size_t)(s.p[3] << 8 | s.p[4]);
	if (s.p[1] != 3 || n > RECORD_CIPHER_MAX)
		return s.n;
	return RECORD_HEADER + n;
}

/* Divides bytes into whole records and the rest. */
static void set_window(struct tls_stream *t, struct span bytes)
{
	struct span rest = bytes;
	size_t n;

	while ((n = record_length(rest)) > 0 && n <= rest.n)
		span_skip(&rest, n);
	t->window = span_of(bytes.p, bytes.n - rest.n);
	t->tail = rest;
}

/*
 * Makes a window: of what is held if there are whole records, else of what one read from below
 * brings, wanting about size bytes. 1: there may be more below. 0: nothing more now, or the end
 * (below_ended). -1: broken.
 */
static int fill(struct tls_stream *t, size_t size)
{
	size_t have = buf_len(&t->held), need;
	uint8_t *area = t->area.data;
	ssize_t n;

	if (t->whole_held) {
		t->whole_held = false;
		set_window(t, buf_span(&t->held));
		return 1;
	}
	if (t->below_ended)
		return 0;
	need = record_length(buf_span(&t->held));
	size = size > READ_MIN ? size : READ_MIN;
	size = need > have && size < need - have ? need - have : size;
	if (size > t->area.size - have)
		size = t->area.size - have;
	if (have > 0)
		memcpy(area, t->held.data + t->held.start, have);
	n = stream_read(t->stream.below, area + have, size);
	if (n == -1 && errno != EAGAIN)
		t->broken = errno;
	if (n == 0)
		t->below_ended = true;
	if (n <= 0)
		return n == -1 && t->broken != 0 ? -1 : 0;
	buf_fini(&t->held);
	set_window(t, span_of(area, have + (size_t)n));
	return (size_t)n == size ? 1 : 0;
}

/* Puts away what of the window and the tail is left, until the next call. */
static void keep_rest(struct tls_stream *t)
{
	size_t rest = t->window.n + t->tail.n;
	const uint8_t *from = t->window.n > 0 ? t->window.p : t->tail.p;

	if (from == NULL)
		return;
	t->whole_held = t->window.n > 0;
	if (buf_len(&t->held) > 0) {
		/* They lie in it. */
		buf_consume(&t->held, buf_len(&t->held) - rest);
	} else if (rest > 0) {
		memcpy(buf_reserve(&t->held, rest), from, rest);
		buf_commit(&t->held, rest);
	}
	if (buf_len(&t->held) == 0)
		buf_fini(&t->held);
	t->window = t->tail = span_of(NULL, 0);
}

/* One record's worth of plaintext from the window: > 0, or 0 where there was no data in it. */
static size_t receive(struct tls_stream *t, uint8_t *to, size_t size)
{
	ssize_t n = gnutls_record_recv(t->session.gnutls, to, size);

	if (n > 0)
		return (size_t)n;
	if (n == 0)
		t->peer_ended = true;
	else if (n == GNUTLS_E_REHANDSHAKE || gnutls_error_is_fatal((int)n))
		t->broken = EPROTO;
	if (n == GNUTLS_E_REHANDSHAKE) /* TLS 1.2: we never negotiate anew */
		gnutls_alert_send(t->session.gnutls, GNUTLS_AL_FATAL, GNUTLS_A_NO_RENEGOTIATION);
	else if (t->broken != 0)
		gnutls_alert_send_appropriate(t->session.gnutls, (int)n);
	return 0;
}

/* Empties the window into the caller's buffer as far as that goes. Returns how much. */
static size_t receive_all(struct tls_stream *t, uint8_t *to, size_t size)
{
	size_t got = 0, n, left;
	int quiet = 0;

	while (got < size && t->broken == 0 && !t->peer_ended &&
	       (t->window.n > 0 || gnutls_record_check_pending(t->session.gnutls) > 0)) {
		left = t->window.n;
		n = receive(t, to + got, size - got);
		got += n;
		if (n == 0 && (++quiet > QUIET_MAX || t->window.n == left))
			break;
	}
	return got;
}

/* Sends what reading made us answer, if that goes without waiting; else with what is written next.
 */
static void send_answers(struct tls_stream *t)
{
	struct iovec iov = {.iov_base = t->out.data + t->out.start, .iov_len = buf_len(&t->out)};
	ssize_t n;

	if (iov.iov_len == 0)
		return;
	n = stream_write(t->stream.below, &iov, 1);
	if (n > 0)
		buf_consume(&t->out, (size_t)n);
	if (buf_len(&t->out) == 0)
		buf_fini(&t->out);
}

static ssize_t tls_read(struct stream *s, void *to, size_t size)
{
	struct tls_stream *t = tls_of(s);
	size_t got = receive_all(t, to, size); /* what GnuTLS still has */
	int more = 1;

	while (got == 0 && more > 0 && t->broken == 0 && !t->peer_ended) {
		more = fill(t, size);
		got = receive_all(t, to, size);
		keep_rest(t);
	}
	if (buf_len(&t->out) > 0)
		send_answers(t);
	if (got > 0)
		return (ssize_t)got;
	if (t->peer_ended || (t->below_ended && t->broken == 0 && buf_len(&t->held) == 0)) {
		t->end_told = true;
		return 0;
	}
	if (t->below_ended && t->broken == 0 && !t->whole_held)
		t->broken = EPROTO; /* cut off inside a record */
	errno = t->broken != 0 ? t->broken : EAGAIN;
	return -1;
}

static bool tls_pending(const struct stream *s)
{
	const struct tls_stream *t = (const struct tls_stream *)s;

	return t->whole_held || t->broken != 0 || (t->peer_ended && !t->end_told) ||
	       gnutls_record_check_pending(t->session.gnutls) > 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Sends what is left over from before. 0: nothing is left. -1: errno. */
static int send_out(struct tls_stream *t)
{
	struct iovec iov;
	ssize_t n;

	while (buf_len(&t->out) > 0) {
		iov.iov_base = t->out.data + t->out.start;
		iov.iov_len = buf_len(&t->out);
		n = stream_write(t->stream.below, &iov, 1);
		if (n == -1)
			return -1;
		buf_consume(&t->out, (size_t)n);
	}
	buf_fini(&t->out);
	return 0;
}

/* Sends the round; what is not taken is kept. */
static int send_round(struct tls_stream *t)
{
	struct iovec iov = {.iov_base = t->round, .iov_len = t->round_used};
	ssize_t n;

	if (t->round == NULL) /* it was too large and is in out */
		return send_out(t);
	t->round = NULL;
	n = stream_write(t->stream.below, &iov, 1);
	if (n == -1 && errno != EAGAIN)
		return -1;
	if (n == -1)
		n = 0;
	if ((size_t)n < iov.iov_len) {
		t->round_limit = ROUND_MIN;
		buf_append(&t->out, (uint8_t *)iov.iov_base + n, iov.iov_len - (size_t)n);
		errno = EAGAIN;
		return -1;
	}
	if (t->round_limit * 2 <= t->area.size)
		t->round_limit *= 2;
	return 0;
}

/* Where a write has got to in what it was given. */
struct cursor {
	const struct iovec *iov;
	int count;
	size_t offset;
};

static void advance(struct cursor *c, size_t n)
{
	c->offset += n;
	while (c->count > 0 && c->offset == c->iov->iov_len) {
		c->iov++;
		c->count--;
		c->offset = 0;
	}
}

/* The next record's plaintext: of one piece if that fills it or is the last, else put together. */
static struct span next_piece(struct cursor *c, uint8_t together[RECORD_PLAIN_MAX])
{
	struct span piece;
	size_t n, used = 0;

	advance(c, 0);
	if (c->count == 0)
		return span_of(NULL, 0);
	n = c->iov->iov_len - c->offset;
	if (c->count == 1 || n >= RECORD_PLAIN_MAX) {
		n = n < RECORD_PLAIN_MAX ? n : RECORD_PLAIN_MAX;
		piece = span_of((const uint8_t *)c->iov->iov_base + c->offset, n);
		advance(c, n);
		return piece;
	}
	while (c->count > 0 && used < RECORD_PLAIN_MAX) {
		n = c->iov->iov_len - c->offset;
		n = n < RECORD_PLAIN_MAX - used ? n : RECORD_PLAIN_MAX - used;
		memcpy(together + used, (const uint8_t *)c->iov->iov_base + c->offset, n);
		used += n;
		advance(c, n);
	}
	return span_of(together, used);
}

/* Encrypts one round. Returns the bytes of plaintext in it, or -1 with errno. */
static ssize_t encrypt_round(struct tls_stream *t, struct cursor *c)
{
	uint8_t together[RECORD_PLAIN_MAX];
	struct span piece;
	size_t taken = 0;
	ssize_t n;

	t->round = t->area.data;
	t->round_used = 0;
	if (t->session.ticket_due)
		tls_session_send_ticket(&t->session);
	while (
	    c->count > 0 && taken < t->round_limit && t->round_used + RECORD_ROOM <= t->area.size) {
		piece = next_piece(c, together);
		if (piece.n == 0)
			break;
		n = gnutls_record_send(t->session.gnutls, piece.p, piece.n);
		if (n != (ssize_t)piece.n) {
			t->round = NULL;
			t->broken = EPROTO;
			errno = EPROTO;
			return -1;
		}
		taken += (size_t)n;
	}
	return (ssize_t)taken;
}

static ssize_t tls_write(struct stream *s, const struct iovec *iov, int count)
{
	struct tls_stream *t = tls_of(s);
	struct cursor c = {.iov = iov, .count = count};
	size_t taken = 0;
	ssize_t n;

	if (t->broken != 0 || t->said_bye) {
		errno = t->broken != 0 ? t->broken : EPIPE;
		return -1;
	}
	if (send_out(t) == -1)
		return -1;
	while (c.count > 0) {
		n = encrypt_round(t, &c);
		if (n <= 0)
			return taken > 0 ? (ssize_t)taken : n;
		taken += (size_t)n;
		if (send_round(t) == 0)
			continue;
		if (errno == EAGAIN)
			break;
		t->broken = errno;
		return -1;
	}
	return (ssize_t)taken;
}

static int tls_flush(struct stream *s)
{
	struct tls_stream *t = tls_of(s);

	return send_out(t) == -1 ? -1 : stream_flush(s->below);
}

static int tls_shutdown(struct stream *s)
{
	struct tls_stream *t = tls_of(s);

	if (!t->said_bye && t->broken == 0) {
		tls_session_send_ticket(&t->session);
		gnutls_bye(t->session.gnutls, GNUTLS_SHUT_WR);
	}
	t->said_bye = true;
	if (tls_flush(s) == -1)
		return -1;
	return stream_shutdown(s->below);
}

static int tls_events(const struct stream *s, int want)
{
	return s->below->ops->events(s->below, want);
}

static void tls_free(struct stream *s)
{
	struct tls_stream *t = tls_of(s);

	tls_session_close(&t->session);
	buf_fini(&t->held);
	buf_fini(&t->out);
}

static const struct stream_ops tls_ops = {
    .name = "tls",
    .read = tls_read,
    .write = tls_write,
    .flush = tls_flush,
    .shutdown = tls_shutdown,
    .pending = tls_pending,
    .events = tls_events,
    .free = tls_free,
};

/* ---- beginning ----------------------------------------------------------------------------- */

/* Nested sessions work in each other's calls, so each takes half of what those below it left. */
static struct tls_area part_of(struct tls_area area, const struct endpoint *e)
{
	const struct stream *s;

	for (s = e->top; s != NULL; s = s->below) {
		if (s->ops == &tls_ops) {
			area.data += area.size / 2;
			area.size -= area.size / 2;
		}
	}
	area.size /= 2;
	return area;
}

/* The session is open. */
static struct tls_stream *push_stream(
    struct tls_stream *t, struct endpoint *e, struct tls_area area)
{
	t->stream.ops = &tls_ops;
	t->area = part_of(area, e);
	t->round_limit = ROUND_MIN;
	gnutls_transport_set_ptr(t->session.gnutls, t);
	gnutls_transport_set_pull_function(t->session.gnutls, pull);
	gnutls_transport_set_vec_push_function(t->session.gnutls, push);
	endpoint_push(e, &t->stream);
	return t;
}

struct tls_stream *tls_stream_push(struct arena *arena, struct endpoint *e,
    const struct tls_policy *policy, const struct netaddr *local, struct tls_area area)
{
	struct tls_stream *t = arena_alloc(arena, sizeof(*t));

	if (tls_session_open(&t->session, policy, local) == -1)
		return NULL;
	return push_stream(t, e, area);
}

struct tls_stream *tls_stream_connect(struct arena *arena, struct endpoint *e,
    const struct tls_client *client, const char *name, struct span alpn, struct tls_area area)
{
	struct tls_stream *t = arena_alloc(arena, sizeof(*t));

	if (tls_client_open(&t->session, client, name, alpn) == -1)
		return NULL;
	return push_stream(t, e, area);
}

/* 1: done. 0: more bytes are needed. -1: failed. */
static int go_on(struct tls_stream *t, const char **why)
{
	int done = 0, more = 1;
	size_t left;

	while (done == 0) {
		left = t->window.n;
		done = tls_session_handshake(&t->session, why);
		if (done != 0 || (t->window.n > 0 && t->window.n < left))
			continue;
		keep_rest(t);
		if (more <= 0)
			break;
		more = fill(t, HANDSHAKE_READ);
	}
	keep_rest(t);
	return done;
}

/* Why there are no more bytes. */
static const char *lost_text(const struct tls_stream *t)
{
	bool server = t->session.client == NULL;

	if (t->broken == ECONNRESET)
		return server ? "the client reset the connection"
			      : "the upstream reset the connection";
	if (t->broken != 0)
		return strerror(t->broken);
	return server ? "the client ended the connection" : "the upstream ended the connection";
}

/* The methods that Go's server knows such clients by. */
bool tls_speaks_http(struct span first)
{
	static const char *const beginnings[] = {"GET /", "HEAD ", "POST ", "PUT /", "OPTIO"};
	size_t i;

	for (i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (span_starts(first, span_str(beginnings[i])))
			return true;
	return false;
}

enum tls_result tls_stream_handshake(struct tls_stream *t, const char **why)
{
	int done = t->established ? 1 : go_on(t, why);

	t->established = done == 1;
	if (done == -1 && t->session.client == NULL &&
	    tls_speaks_http(span_of(t->first, t->first_count))) {
		buf_fini(&t->out); /* an alert, which he would not understand */
		*why = "the client speaks HTTP";
		return TLS_HTTP;
	}
	if (send_out(t) == -1 && errno != EAGAIN && t->broken == 0)
		t->broken = errno;
	if (done == -1)
		return TLS_FAILED;
	if (t->broken != 0 || (done == 0 && t->below_ended)) {
		*why = lost_text(t);
		return TLS_FAILED;
	}
	return done == 1 && buf_len(&t->out) == 0 ? TLS_DONE : TLS_AGAIN;
}

int tls_stream_wants(const struct tls_stream *t)
{
	return (t->established ? 0 : EV_READ) | (buf_len(&t->out) > 0 ? EV_WRITE : 0);
}

void tls_stream_info(const struct tls_stream *t, struct tls_info *out)
{
	gnutls_session_t session = t->session.gnutls;
	const gnutls_datum_t *certs;
	gnutls_datum_t alpn;
	size_t n = sizeof(out->name);
	unsigned type, n_certs = 0;

	memset(out, 0, sizeof(*out));
	if (gnutls_server_name_get(session, out->name, &n, &type, 0) == 0)
		out->server_name = span_of(out->name, n);
	out->version = gnutls_protocol_get_version(session) == GNUTLS_TLS1_3 ? "tls1.3" : "tls1.2";
	out->cipher_suite = gnutls_ciphersuite_get(session);
	if (gnutls_alpn_get_selected_protocol(session, &alpn) == 0)
		out->alpn = span_of(alpn.data, alpn.size);
	out->resumed = gnutls_session_is_resumed(session) != 0;
	certs = gnutls_certificate_get_peers(session, &n_certs);
	if (certs != NULL && n_certs > 0)
		out->client = span_of(certs[0].data, certs[0].size);
}
