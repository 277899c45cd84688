/* ws_session.c - see ws_session.h. All but fl_ws_session_stop and `wake` runs in the source's thread. */
#include "sources/skydive/ws_session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libwebsockets.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/clock.h"
#include "core/ledger.h"
#include "intake/ahead.h"
#include "intake/queue.h"
#include "sources/skydive/ws_connect.h"
#include "sources/skydive/ws_frame.h"

#define READ_SIZE ((size_t)1 << 20)   /* the kernel acknowledges, and lets the other side go on, once per read */
#define SLICED ((size_t)64 << 10)     /* less is copied out of a block: a slice, however small, keeps all of it */
#define PLAIN_SIZE ((size_t)32 << 10) /* TLS records hold up to 16 KiB */
#define TURN ((size_t)4 << 20)        /* then the event loop looks at timers */
#define PONG_EVERY (2 * FL_SECOND)
#define CLOSE_WAIT (1 * FL_SECOND)
#define STOOD (5 * FL_SECOND) /* longer than an analyzer waits for who doesn't read */

enum phase {
    PHASE_TLS,
    PHASE_HANDSHAKE,
    PHASE_OPEN,
    PHASE_CLOSING, /* a close frame was sent */
    PHASE_OVER     /* the socket is to be closed */
};

struct fl_ws_session {
    struct fl_ws_options o;
    struct lws_context *lws;
    lws_sorted_usec_list_t timer;
    atomic_bool stop;

    struct lws *wsi;
    enum phase phase;
    struct fl_tls *tls;
    struct fl_ws_response response;
    struct fl_ws_parser parser;
    struct fl_ws_result *result;

    int fd;                   /* the socket; libwebsockets has a duplicate */
    bool ended;               /* no more will come from it */
    bool dry;                 /* there was nothing in it just now */
    size_t turn;              /* bytes received in this one */
    struct fl_message *block; /* READ_SIZE: received behind the end of a frame, or encrypted */
    size_t waiting;           /* bytes there that `at` hasn't come to */
    uint8_t *plain;           /* PLAIN_SIZE, with TLS only */
    const uint8_t *at, *end;  /* received, not yet used: in the message in hand, `block` or `plain` */
    struct fl_message *held, **held_last; /* complete, not yet in the queue */
    struct fl_ahead ahead;    /* paused: the socket is not read */
    bool detached;            /* the socket is gone, pushing may wait */
    uint64_t number;          /* of the last message, over all connections */

    struct fl_buf out;        /* plain bytes to be sent */
    size_t out_at;
    bool pong_wanted;         /* only the last ping is answered, RFC 6455 section 5.5.3 */
    uint8_t pong[FL_WS_MAX_CONTROL];
    size_t pong_n;

    int64_t handshake_deadline, opened_at, received_at, message_at, pong_at, close_deadline;
};

static void fill_random(void *p, size_t n)
{
    ssize_t got = getrandom(p, n, 0);
    FL_CHECK(got == (ssize_t)n); /* n <= 256 can't be cut short */
}

static uint32_t new_mask(void)
{
    uint32_t mask;
    fill_random(&mask, sizeof mask);
    return mask;
}

/* The first reason is the true one; what comes after follows from it. */
static void because(struct fl_ws_session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void because(struct fl_ws_session *s, const char *fmt, ...)
{
    if (s->result->why[0])
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s->result->why, sizeof s->result->why, fmt, ap);
    va_end(ap);
}

/* ---- sending -------------------------------------------------------------------------------------------------- */

static void want_write(struct fl_ws_session *s)
{
    if (s->wsi)
        lws_callback_on_writable(s->wsi);
}

static void send_bytes(struct fl_ws_session *s, const void *p, size_t n)
{
    if (!s->tls)
        fl_buf_put(&s->out, p, n);
    else if (!fl_tls_write(s->tls, p, n))
        s->phase = PHASE_OVER;
    want_write(s);
}

static void ask_pong(struct fl_ws_session *s, const void *payload, size_t n)
{
    if (n)
        memcpy(s->pong, payload, n);
    s->pong_n = n;
    s->pong_wanted = true;
    want_write(s);
}

static void begin_close(struct fl_ws_session *s, uint16_t code, const char *reason)
{
    uint8_t frame[FL_WS_MAX_OUT];
    if (s->phase != PHASE_OPEN)
        return;
    send_bytes(s, frame, fl_ws_close_frame(frame, code, reason, new_mask()));
    if (s->phase == PHASE_OPEN)
        s->phase = PHASE_CLOSING;
    s->close_deadline = fl_clock_monotonic() + CLOSE_WAIT;
}

/* The socket takes bytes. False: it is broken. */
static bool writable(struct fl_ws_session *s)
{
    if (s->pong_wanted && s->phase == PHASE_OPEN) {
        uint8_t frame[FL_WS_MAX_OUT];
        s->pong_wanted = false;
        send_bytes(s, frame, fl_ws_frame(frame, FL_WS_OP_PONG, s->pong, s->pong_n, new_mask()));
    }
    for (size_t n = 1; s->tls && n; s->out.n += n) {
        fl_buf_room(&s->out, PLAIN_SIZE);
        n = fl_tls_take(s->tls, s->out.p + s->out.n, PLAIN_SIZE);
    }
    while (s->out_at < s->out.n) {
        ssize_t n = send(s->fd, s->out.p + s->out_at, s->out.n - s->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            want_write(s);
        if (n < 0 && errno != EINTR)
            return errno == EAGAIN;
        s->out_at += n > 0 ? (size_t)n : 0;
    }
    s->out.n = s->out_at = 0;
    return true;
}

/* ---- timers --------------------------------------------------------------------------------------------------- */

static void on_timer(lws_sorted_usec_list_t *timer);

static void sooner(int64_t *next, int64_t at)
{
    if (at < *next)
        *next = at;
}

/* Deadlines only move back as bytes come; a timer that fires early looks again. */
static void arm(struct fl_ws_session *s)
{
    int64_t next = INT64_MAX, now = fl_clock_monotonic();
    if (s->phase == PHASE_OVER)
        return;
    if (s->phase < PHASE_OPEN)
        sooner(&next, s->handshake_deadline);
    if (s->phase == PHASE_CLOSING)
        sooner(&next, s->close_deadline);
    if (s->phase == PHASE_OPEN && s->ahead.paused) {
        sooner(&next, s->pong_at);
        sooner(&next, s->ahead.next);
    }
    if (s->phase == PHASE_OPEN && !s->ahead.paused && s->o.dead_timeout)
        sooner(&next, s->received_at + s->o.dead_timeout);
    if (s->phase == PHASE_OPEN && !s->ahead.paused && s->o.idle_timeout)
        sooner(&next, s->message_at + s->o.idle_timeout);
    if (next == INT64_MAX)
        lws_sul_cancel(&s->timer);
    else
        lws_sul_schedule(s->lws, 0, &s->timer, on_timer, next > now ? (next - now) / 1000 + 1 : 1);
}

/* ---- receiving ------------------------------------------------------------------------------------------------ */

static void pause_reading(struct fl_ws_session *s)
{
    if (s->ahead.paused || s->detached)
        return;
    fl_ahead_pause(&s->ahead, fl_clock_monotonic());
    s->pong_at = s->ahead.paused_at + PONG_EVERY;
    lws_rx_flow_control(s->wsi, 0);
}

static void hold(struct fl_ws_session *s, struct fl_message *m)
{
    m->number = ++s->number;
    m->next = NULL;
    if (!s->held)
        s->held_last = &s->held;
    *s->held_last = m;
    s->held_last = &m->next;
}

/* Messages in hand go to the queue. False: there is no room, and it isn't the time to wait for it. */
static bool deliver(struct fl_ws_session *s)
{
    for (struct fl_message *m; (m = s->held);) {
        if (!s->detached && fl_queue_full(s->o.queue)) {
            pause_reading(s);
            return false;
        }
        uint64_t number = m->number;
        size_t n = m->n;
        s->held = m->next;
        if (fl_queue_push(s->o.queue, m))
            continue;
        fl_count(s->o.ledger, FL_C_messages, 1);
        fl_count(s->o.ledger, FL_C_rejected_messages, 1);
        fl_log_limited(10, FL_WARN, "message given up", "number=%" PRIu64 " bytes=%zu "
                       "reason=\"stopping took too long\"", number, n);
    }
    return true;
}

static void too_big(struct fl_ws_session *s, uint64_t n)
{
    s->number++;
    fl_count(s->o.ledger, FL_C_messages, 1);
    fl_count(s->o.ledger, FL_C_rejected_messages, 1);
    fl_log_limited(10, FL_WARN, "message rejected", "number=%" PRIu64 " bytes=%" PRIu64 " "
                   "reason=\"larger than max_message\" max_message=%" PRIu64,
                   s->number, n, s->o.max_message);
}

static void closed_by_peer(struct fl_ws_session *s, const struct fl_ws_event *ev)
{
    if (s->phase == PHASE_CLOSING) { /* the echo, or both at once */
        s->phase = PHASE_OVER;
        return;
    }
    if (ev->code == FL_WS_NO_CODE)
        because(s, "closed by the analyzer");
    else
        because(s, "closed by the analyzer with %u%s%.*s", ev->code, ev->n ? ": " : "", (int)ev->n, ev->data);
    begin_close(s, ev->code, "");
}

static void one_event(struct fl_ws_session *s)
{
    struct fl_ws_event ev;
    switch (fl_ws_next(&s->parser, &s->at, s->end, &ev)) {
    case FL_WS_MORE:
    case FL_WS_PONG:
        break;
    case FL_WS_MESSAGE:
        hold(s, ev.message);
        s->message_at = s->received_at;
        s->result->messages++;
        break;
    case FL_WS_TOO_BIG:
        s->message_at = s->received_at;
        too_big(s, ev.n);
        break;
    case FL_WS_PING:
        ask_pong(s, ev.data, ev.n);
        break;
    case FL_WS_CLOSE:
        closed_by_peer(s, &ev);
        break;
    case FL_WS_ERROR:
        because(s, "protocol error by the analyzer: %s", ev.data);
        begin_close(s, ev.code, ev.data);
        break;
    }
}

static void handshake_answer(struct fl_ws_session *s)
{
    switch (fl_ws_response_feed(&s->response, &s->at, s->end)) {
    case FL_WS_RESPONSE_MORE:
        break;
    case FL_WS_RESPONSE_FAILED:
        because(s, "%s", s->response.why);
        s->result->status = s->response.status;
        s->phase = PHASE_OVER;
        break;
    case FL_WS_RESPONSE_OK:
        s->phase = PHASE_OPEN;
        s->result->opened = true;
        s->opened_at = s->message_at = s->received_at;
        fl_count(s->o.ledger, FL_C_connects, 1);
        s->o.opened(s->o.arg);
        break;
    }
}

static void send_request(struct fl_ws_session *s)
{
    struct fl_buf text = {0};
    fl_ws_request(&s->o.request, &text);
    s->phase = PHASE_HANDSHAKE;
    send_bytes(s, text.p, text.n);
    fl_buf_free(&text);
}

static void use_block(struct fl_ws_session *s)
{
    s->at = (const uint8_t *)s->block->data;
    s->end = s->at + s->waiting;
    s->parser.block = !s->tls && s->waiting >= SLICED && fl_ahead_slices(&s->ahead) ? s->block : NULL;
    s->waiting = 0;
}

/*
 * One read from the socket: `room` bytes go to `to`, what comes behind them to `block`. False: nothing came, or it is
 * somebody else's turn.
 */
static bool receive(struct fl_ws_session *s, uint8_t *to, size_t room)
{
    if (s->ended || s->turn >= TURN)
        return false;
    s->block = fl_queue_block(s->o.queue, s->block, READ_SIZE);
    struct iovec v[] = {{to, room}, {s->block->data, READ_SIZE}};
    struct msghdr h = {.msg_iov = room ? v : v + 1, .msg_iovlen = room ? 2 : 1};
    ssize_t n;
    do
        n = recvmsg(s->fd, &h, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    s->dry = n < 0 && errno == EAGAIN;
    s->ended = n <= 0 && !s->dry;
    if (n <= 0)
        return false;
    s->received_at = fl_clock_monotonic();
    s->turn += (size_t)n;
    size_t direct = (size_t)n < room ? (size_t)n : room;
    s->waiting = (size_t)n - direct;
    s->at = to;
    s->end = to + direct;
    if (!direct)
        use_block(s);
    return true;
}

/* Where plain text should go: into the message in hand, if there is one. */
static size_t room_for_plain(struct fl_ws_session *s, uint8_t **to)
{
    *to = NULL;
    return s->phase < PHASE_OPEN ? 0 : fl_ws_room(&s->parser, to);
}

static bool refill_plain(struct fl_ws_session *s)
{
    uint8_t *to;
    if (s->waiting) {
        use_block(s);
        return true;
    }
    size_t room = room_for_plain(s, &to);
    return receive(s, to, room);
}

/* 1: TLS is up, 0: it wants more bytes, -1: it failed. */
static int shake_hands(struct fl_ws_session *s)
{
    char why[FL_WS_MAX_WHY] = "";
    int r = fl_tls_handshake(s->tls, why, sizeof why);
    want_write(s);
    if (r == 1)
        send_request(s);
    if (r < 0) {
        because(s, "%s", *why ? why : "TLS: the server closed");
        s->phase = PHASE_OVER;
    }
    return r;
}

/* As shake_hands. */
static int decrypt(struct fl_ws_session *s)
{
    char why[FL_WS_MAX_WHY] = "";
    uint8_t *to;
    size_t room = room_for_plain(s, &to);
    if (!room) {
        to = s->plain;
        room = PLAIN_SIZE;
    }
    ssize_t n = fl_tls_read(s->tls, to, room, why, sizeof why);
    if (n > 0) {
        s->at = to;
        s->end = to + n;
        return 1;
    }
    want_write(s);
    if (n < 0) {
        because(s, "%s", *why ? why : "the analyzer ended the connection without a close frame");
        s->phase = PHASE_OVER;
    }
    return n < 0 ? -1 : 0;
}

static bool refill_tls(struct fl_ws_session *s)
{
    for (;;) {
        int r = s->phase == PHASE_TLS ? shake_hands(s) : 1;
        if (r == 1)
            r = decrypt(s);
        if (r || !receive(s, NULL, 0))
            return r == 1;
        fl_tls_feed(s->tls, s->at, (size_t)(s->end - s->at));
        s->at = s->end;
    }
}

/* Receives and uses what came, until there is nothing more, the queue is full, or it is somebody else's turn. */
static void pump(struct fl_ws_session *s)
{
    s->turn = 0;
    do {
        while (s->at != s->end && s->phase != PHASE_OVER) {
            if (s->phase == PHASE_HANDSHAKE)
                handshake_answer(s);
            else
                one_event(s);
        }
    } while (deliver(s) && s->phase != PHASE_OVER && (s->tls ? refill_tls(s) : refill_plain(s)));
}

/* There is something in the socket. False: the connection is over. */
static bool readable(struct fl_ws_session *s)
{
    enum phase before = s->phase;
    if (s->phase == PHASE_OVER)
        return false;
    if (s->ahead.paused)
        return true;
    pump(s);
    if (s->phase != before || s->ahead.paused)
        arm(s);
    return s->phase != PHASE_OVER && !s->ended;
}

/* Is there room again, or has it lasted too long? */
static void try_resume(struct fl_ws_session *s)
{
    int64_t now = fl_clock_monotonic();
    if (!s->ahead.paused || !fl_ahead_resume(&s->ahead, now))
        return;
    s->received_at = s->message_at = now;
    if (now - s->ahead.paused_at >= STOOD && s->phase == PHASE_OPEN)
        s->o.stood(s->o.arg, s->ahead.paused_at);
    pump(s);
    fl_ahead_turn_ends(&s->ahead);
    if (!s->ahead.paused && s->phase != PHASE_OVER)
        lws_rx_flow_control(s->wsi, 1);
}

/* ---- from the event loop -------------------------------------------------------------------------------------- */

static void look_around(struct fl_ws_session *s)
{
    if (!s->wsi)
        return;
    if (s->stop && s->phase < PHASE_OPEN) {
        because(s, "stopped");
        s->phase = PHASE_OVER;
    } else if (s->stop && s->phase == PHASE_OPEN) {
        because(s, "stopped");
        begin_close(s, FL_WS_NORMAL, "");
    }
    try_resume(s);
    if (s->phase != PHASE_OVER) {
        arm(s);
        return;
    }
    lws_set_timeout(s->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_SYNC);
    lws_cancel_service(s->lws); /* timers run before the poll, which would not know that nothing is left to wait for */
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
    struct fl_ws_session *s = lws_container_of(timer, struct fl_ws_session, timer);
    int64_t now = fl_clock_monotonic();
    if (s->phase < PHASE_OPEN && now >= s->handshake_deadline) {
        because(s, "no answer to the %s in time (connect_timeout)",
                s->phase == PHASE_TLS ? "TLS handshake" : "handshake");
        s->phase = PHASE_OVER;
    } else if (s->phase == PHASE_CLOSING && now >= s->close_deadline) {
        s->phase = PHASE_OVER;
    } else if (s->phase == PHASE_OPEN && s->ahead.paused && now >= s->pong_at) {
        ask_pong(s, NULL, 0);
        s->pong_at = now + PONG_EVERY;
    } else if (s->phase == PHASE_OPEN && !s->ahead.paused) {
        if (s->o.dead_timeout && now - s->received_at >= s->o.dead_timeout) {
            because(s, "nothing received for %.3g s, not even a ping (dead_timeout)",
                    (double)s->o.dead_timeout / FL_SECOND);
            s->phase = PHASE_OVER;
        } else if (s->o.idle_timeout && now - s->message_at >= s->o.idle_timeout) {
            because(s, "no flow arrived for %.3g s (idle_timeout)", (double)s->o.idle_timeout / FL_SECOND);
            s->result->quiet_since = s->message_at;
            begin_close(s, FL_WS_NORMAL, "");
        }
    }
    look_around(s);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    struct fl_ws_session *s = lws_context_user(lws_get_context(wsi));
    (void)user, (void)in, (void)n;
    switch (reason) {
    case LWS_CALLBACK_RAW_RX_FILE:
        return readable(s) ? 0 : -1;
    case LWS_CALLBACK_RAW_WRITEABLE_FILE:
        if (!writable(s))
            because(s, "the connection broke while sending");
        else if (s->phase != PHASE_OVER)
            return 0;
        s->phase = PHASE_OVER;
        return -1;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        look_around(s);
        return 0;
    case LWS_CALLBACK_RAW_CLOSE_FILE:
    case LWS_CALLBACK_WSI_DESTROY:
        if (wsi == s->wsi)
            s->wsi = NULL;
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {{.name = "flow", .callback = callback}, {0}};

static void wake(void *arg)
{
    lws_cancel_service(((struct fl_ws_session *)arg)->lws);
}

static void lws_says(int level, const char *line)
{
    (void)level;
    fl_log(FL_DEBUG, "libwebsockets", "says=%s", fl_log_quoten(line, strcspn(line, "\n")));
}

/* ---- life ----------------------------------------------------------------------------------------------------- */

struct fl_ws_session *fl_ws_session_new(const struct fl_ws_options *o)
{
    struct fl_ws_session *s = fl_new(struct fl_ws_session);
    s->o = *o;
    s->fd = -1;
    s->ahead = (struct fl_ahead){.queue = o->queue, .max = o->read_ahead};
    s->plain = o->tls ? fl_alloc(PLAIN_SIZE) : NULL;
    lws_set_log_level(LLL_ERR | LLL_WARN, lws_says);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .user = s,
        .fd_limit_per_thread = 16, /* else tables for as many as the system allows */
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    s->lws = lws_create_context(&info);
    if (!s->lws) {
        free(s->plain);
        free(s);
        return NULL;
    }
    fl_queue_on_room(o->queue, wake, s);
    return s;
}

void fl_ws_session_free(struct fl_ws_session *s)
{
    if (!s)
        return;
    fl_queue_on_room(s->o.queue, NULL, NULL);
    lws_context_destroy(s->lws);
    fl_buf_free(&s->out);
    free(s->plain);
    free(s);
}

/* What to say when the socket just went. */
static void explain(struct fl_ws_session *s)
{
    if (s->phase == PHASE_TLS)
        because(s, "connection closed during the TLS handshake: is it a TLS port?");
    if (s->phase == PHASE_HANDSHAKE) {
        fl_ws_response_cut(&s->response);
        because(s, "%s", s->response.why);
    }
    because(s, "the analyzer ended the connection without a close frame");
}

static void clean(struct fl_ws_session *s)
{
    lws_sul_cancel(&s->timer);
    fl_ws_parser_free(&s->parser);
    fl_ws_response_free(&s->response);
    fl_tls_free(s->tls);
    s->tls = NULL;
    fl_buf_free(&s->out);
    s->out_at = s->waiting = 0;
    fl_queue_recycle(s->o.queue, s->block);
    s->block = NULL;
    s->at = s->end = NULL;
    s->ahead.paused = s->ahead.full = s->detached = s->pong_wanted = s->ended = s->dry = false;
    close(s->fd);
    s->fd = -1;
}

static bool adopt(struct fl_ws_session *s)
{
    lws_sock_file_fd_type d = {.filefd = fcntl(s->fd, F_DUPFD_CLOEXEC, 3)};
    if (d.filefd >= 0)
        s->wsi = lws_adopt_descriptor_vhost(lws_get_vhost_by_name(s->lws, "default"), LWS_ADOPT_RAW_FILE_DESC, d,
                                            "flow", NULL);
    if (!s->wsi) /* a duplicate was closed */
        return false;
    lws_set_timeout(s->wsi, NO_PENDING_TIMEOUT, 0);
    return true;
}

/*
 * The connection went. What was received before still counts: it waits for room in the queue now, and after a cut lies in
 * the kernel too, megabytes of it, if the queue was full.
 */
static void finish(struct fl_ws_session *s)
{
    s->detached = true;
    s->result->stood = s->ahead.paused && s->ahead.full;
    if (!s->result->quiet_since)
        s->result->quiet_since = s->received_at;
    s->ended |= s->stop || s->phase == PHASE_OVER;
    if (s->phase == PHASE_OVER)
        s->phase = PHASE_CLOSING;
    fl_ahead_all(&s->ahead); /* the sooner there is another connection the better */
    do
        pump(s);
    while (!s->stop && s->phase != PHASE_OVER && !s->ended && !s->dry);
    fl_ahead_turn_ends(&s->ahead);
    s->result->lasted = fl_clock_monotonic() - s->opened_at;
}

void fl_ws_session_run(struct fl_ws_session *s, int fd, int64_t deadline, struct fl_ws_result *result)
{
    *result = (struct fl_ws_result){0};
    s->result = result;
    s->fd = fd;
    s->phase = PHASE_TLS;
    s->handshake_deadline = deadline;
    s->received_at = fl_clock_monotonic();
    fill_random(s->o.request.nonce, sizeof s->o.request.nonce);
    fl_ws_response_init(&s->response, &s->o.request);
    fl_ws_parser_init(&s->parser, s->o.queue, s->o.max_message);
    if (!adopt(s)) {
        because(s, "libwebsockets does not take the socket");
        clean(s);
        return;
    }
    if (s->o.tls) {
        s->tls = fl_tls_new(s->o.tls, s->o.request.url->host);
        pump(s); /* the first words of TLS are ours */
    } else {
        send_request(s);
    }
    look_around(s);
    while (s->wsi && lws_service(s->lws, 0) >= 0)
        ;
    explain(s);
    if (result->opened)
        finish(s);
    clean(s);
}

void fl_ws_session_stop(struct fl_ws_session *s)
{
    s->stop = true;
    lws_cancel_service(s->lws);
}
