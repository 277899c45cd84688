/* ws_frame.c - see ws_frame.h. */
#include "intake/queue.h"
#include "sources/skydive/ws_frame.h"

#include <string.h>

#include "base/check.h"


#define TRUSTED ((uint64_t)1 << 20) /* memory that an announced length gets before its bytes are here */

/* ---- UTF-8, RFC 3629 ------------------------------------------------------------------------------------------ */

typedef uint64_t vector __attribute__((vector_size(16)));

static vector load(const uint8_t *p)
{
    vector v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* How many bytes from p on are ASCII, in steps of 64. */
static size_t ascii_prefix(const uint8_t *p, size_t n)
{
    size_t i = 0;
    for (; n - i >= 64; i += 64) {
        vector v = (load(p + i) | load(p + i + 16)) | (load(p + i + 32) | load(p + i + 48));
        if ((v[0] | v[1]) & UINT64_C(0x8080808080808080))
            break;
    }
    return i;
}

static bool utf8_lead(struct fl_ws_utf8 *u, uint8_t c)
{
    u->lo = 0x80;
    u->hi = 0xbf;
    if (c < 0xc2 || c > 0xf4)
        return false;
    if (c < 0xe0) {
        u->need = 1;
    } else if (c < 0xf0) {
        u->need = 2;
        if (c == 0xe0)
            u->lo = 0xa0; /* shorter forms exist */
        else if (c == 0xed)
            u->hi = 0x9f; /* surrogates */
    } else {
        u->need = 3;
        if (c == 0xf0)
            u->lo = 0x90;
        else if (c == 0xf4)
            u->hi = 0x8f; /* above U+10FFFF */
    }
    return true;
}

bool fl_ws_utf8(struct fl_ws_utf8 *u, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        if (!u->need) {
            i += ascii_prefix(p + i, n - i);
            while (i < n && p[i] < 0x80) {
                i++;
                if (!(i & 63) && n - i >= 64)
                    break;
            }
            if (i < n && p[i] >= 0x80 && !utf8_lead(u, p[i++]))
                return false;
        } else {
            if (p[i] < u->lo || p[i] > u->hi)
                return false;
            u->lo = 0x80;
            u->hi = 0xbf;
            u->need--;
            i++;
        }
    }
    return true;
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

void fl_ws_parser_init(struct fl_ws_parser *p, struct fl_queue *queue, uint64_t max_message)
{
    memset(p, 0, sizeof *p);
    p->queue = queue;
    p->max_message = max_message;
}

void fl_ws_parser_free(struct fl_ws_parser *p)
{
    if (p->message)
        fl_queue_recycle(p->queue, p->message);
    p->message = NULL;
}

static void error(struct fl_ws_parser *p, struct fl_ws_event *ev, uint16_t code, const char *text)
{
    p->dead = true;
    fl_ws_parser_free(p);
    *ev = (struct fl_ws_event){.kind = FL_WS_ERROR, .code = code, .data = text, .n = strlen(text)};
}

/* What the first two bytes of a frame already show to be wrong, or NULL. */
static const char *head_fault(const struct fl_ws_parser *p)
{
    uint8_t opcode = p->head[0] & 0x0f, length = p->head[1] & 0x7f;
    if (p->head[0] & 0x70)
        return "a reserved bit is set, but no extension was agreed on";
    if ((opcode > FL_WS_OP_BINARY && opcode < FL_WS_OP_CLOSE) || opcode > FL_WS_OP_PONG)
        return "reserved opcode";
    if (p->head[1] & 0x80)
        return "masked frame from the server";
    if (opcode >= FL_WS_OP_CLOSE)
        return !(p->head[0] & 0x80)         ? "fragmented control frame"
               : length > FL_WS_MAX_CONTROL ? "control frame of more than 125 bytes"
                                            : NULL;
    if (opcode == FL_WS_OP_CONTINUATION)
        return p->open ? NULL : "continuation without a beginning";
    return p->open ? "new message inside a fragmented one" : NULL;
}

static const char *take_length(struct fl_ws_parser *p)
{
    unsigned bytes = p->head_n - 2u;
    uint64_t n = bytes ? 0 : p->head[1] & 0x7f;
    for (unsigned i = 0; i < bytes; i++)
        n = n << 8 | p->head[2 + i];
    p->left = n;
    if (n >> 63)
        return "length with the top bit set";
    if ((bytes == 2 && n < 126) || (bytes == 8 && n < 0x10000))
        return "length not in its shortest form";
    return NULL;
}

/* A data frame begins, with so many bytes of payload at `at` already: is there going to be room? */
static void begin_data(struct fl_ws_parser *p, const uint8_t *at, size_t n)
{
    if (p->opcode != FL_WS_OP_CONTINUATION) {
        p->open = true;
        p->text = p->opcode == FL_WS_OP_TEXT;
        p->skipping = false;
        p->total = 0;
        p->utf8 = (struct fl_ws_utf8){0};
    }
    if (!p->skipping && (p->total > p->max_message || p->left > p->max_message - p->total)) {
        p->skipping = true;
        fl_ws_parser_free(p);
    }
    if (p->skipping)
        return;
    if (p->message)
        return;
    if (p->block && p->fin && p->left <= n) { /* append finds all of it there */
        p->message = fl_queue_slice(p->queue, p->block, (char *)at, (size_t)p->left);
        p->message->n = 0;
    } else {
        p->message = fl_queue_message(p->queue, p->left < TRUSTED ? p->left : TRUSTED);
    }
}

/* Collects the head of a frame. False: bytes ran out, or ev is an error. */
static bool take_head(struct fl_ws_parser *p, const uint8_t **at, const uint8_t *end, struct fl_ws_event *ev)
{
    unsigned want = 2;
    for (;;) {
        while (p->head_n < want && *at < end)
            p->head[p->head_n++] = *(*at)++;
        if (p->head_n < want)
            return false;
        const char *fault = want == 2 ? head_fault(p) : NULL;
        if (fault) {
            error(p, ev, FL_WS_PROTOCOL_ERROR, fault);
            return false;
        }
        uint8_t length = p->head[1] & 0x7f;
        want = length == 126 ? 4 : length == 127 ? 10 : 2;
        if (p->head_n >= want)
            break;
    }
    const char *fault = take_length(p);
    if (fault) {
        error(p, ev, FL_WS_PROTOCOL_ERROR, fault);
        return false;
    }
    p->fin = p->head[0] & 0x80;
    p->opcode = p->head[0] & 0x0f;
    p->head_n = 0;
    p->control_n = 0;
    p->in_frame = true;
    if (p->opcode < FL_WS_OP_CLOSE)
        begin_data(p, *at, (size_t)(end - *at));
    return true;
}

static bool valid_code(unsigned code)
{
    if (code == 1004 || code == 1005 || code == 1006)
        return false;
    return (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static void close_event(struct fl_ws_parser *p, struct fl_ws_event *ev)
{
    const uint8_t *c = (const uint8_t *)p->control;
    struct fl_ws_utf8 utf8 = {0};
    unsigned code = p->control_n >= 2 ? (unsigned)c[0] << 8 | c[1] : FL_WS_NO_CODE;
    if (p->control_n == 1 || (p->control_n && !valid_code(code))) {
        error(p, ev, FL_WS_PROTOCOL_ERROR, "close frame without a valid code");
        return;
    }
    if (p->control_n > 2 && (!fl_ws_utf8(&utf8, c + 2, p->control_n - 2u) || utf8.need)) {
        error(p, ev, FL_WS_BAD_TEXT, "reason of a close frame is not UTF-8");
        return;
    }
    p->dead = true;
    fl_ws_parser_free(p);
    *ev = (struct fl_ws_event){.kind = FL_WS_CLOSE, .code = (uint16_t)code, .data = p->control + 2,
                               .n = p->control_n > 2 ? p->control_n - 2u : 0};
}

/* False: bytes ran out. */
static bool take_control(struct fl_ws_parser *p, const uint8_t **at, const uint8_t *end, struct fl_ws_event *ev)
{
    size_t n = (size_t)(end - *at);
    if (n > p->left)
        n = p->left;
    memcpy(p->control + p->control_n, *at, n);
    p->control_n = (uint8_t)(p->control_n + n);
    *at += n;
    p->left -= n;
    if (p->left)
        return false;
    p->in_frame = false;
    if (p->opcode == FL_WS_OP_CLOSE) {
        close_event(p, ev);
        return true;
    }
    *ev = (struct fl_ws_event){.kind = p->opcode == FL_WS_OP_PING ? FL_WS_PING : FL_WS_PONG, .data = p->control,
                               .n = p->control_n};
    return true;
}

/* Room for n more bytes, and at once for the whole frame as far as its length is believed. */
static void make_room(struct fl_ws_parser *p, size_t n)
{
    struct fl_message *m = p->message;
    uint64_t whole = m->n + p->left;
    if (m->cap < m->n + n)
        fl_message_room(m, whole < TRUSTED ? (size_t)whole : m->n + n);
}

size_t fl_ws_room(struct fl_ws_parser *p, uint8_t **to)
{
    if (p->dead || !p->in_frame || p->opcode >= FL_WS_OP_CLOSE || p->skipping || !p->left)
        return 0;
    make_room(p, 1);
    struct fl_message *m = p->message;
    *to = (uint8_t *)m->data + m->n;
    return m->cap - m->n < p->left ? m->cap - m->n : (size_t)p->left;
}

/* n bytes of payload into the message, if they aren't there already; false: not UTF-8. */
static bool append(struct fl_ws_parser *p, const uint8_t *from, size_t n)
{
    struct fl_message *m = p->message;
    if (from != (const uint8_t *)m->data + m->n) {
        make_room(p, n);
        memcpy(m->data + m->n, from, n);
    }
    m->n += n;
    return !p->text || fl_ws_utf8(&p->utf8, from, n);
}

/* False: bytes ran out, or the frame was not the message's last one; ev tells of anything else. */
static bool take_data(struct fl_ws_parser *p, const uint8_t **at, const uint8_t *end, struct fl_ws_event *ev)
{
    size_t n = (size_t)(end - *at);
    if (n > p->left)
        n = p->left;
    if (n && !p->skipping && !append(p, *at, n)) {
        error(p, ev, FL_WS_BAD_TEXT, "text message is not UTF-8");
        return true;
    }
    *at += n;
    p->left -= n;
    p->total += n;
    if (p->left)
        return false;
    p->in_frame = false;
    if (!p->fin)
        return false;
    p->open = false;
    if (p->skipping) {
        *ev = (struct fl_ws_event){.kind = FL_WS_TOO_BIG, .n = p->total};
        return true;
    }
    if (p->text && p->utf8.need) {
        error(p, ev, FL_WS_BAD_TEXT, "text message ends inside a character");
        return true;
    }
    *ev = (struct fl_ws_event){.kind = FL_WS_MESSAGE, .n = p->total, .message = p->message};
    p->message = NULL;
    return true;
}

enum fl_ws_event_kind fl_ws_next(struct fl_ws_parser *p, const uint8_t **at, const uint8_t *end, struct fl_ws_event *ev)
{
    *ev = (struct fl_ws_event){.kind = FL_WS_MORE};
    while (!p->dead) {
        if (!p->in_frame && !take_head(p, at, end, ev))
            return ev->kind;
        bool event = p->opcode >= FL_WS_OP_CLOSE ? take_control(p, at, end, ev) : take_data(p, at, end, ev);
        if (event)
            return ev->kind;
        if (p->in_frame)
            return FL_WS_MORE;
    }
    *at = end;
    return FL_WS_MORE;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

size_t fl_ws_frame(uint8_t out[FL_WS_MAX_OUT], enum fl_ws_opcode opcode, const void *payload, size_t n, uint32_t mask)
{
    FL_CHECK(n <= FL_WS_MAX_CONTROL);
    const uint8_t *from = payload;
    uint8_t key[4];
    memcpy(key, &mask, sizeof key);
    out[0] = (uint8_t)(0x80u | opcode);
    out[1] = (uint8_t)(0x80u | n);
    memcpy(out + 2, key, sizeof key);
    for (size_t i = 0; i < n; i++)
        out[6 + i] = from[i] ^ key[i & 3];
    return 6 + n;
}

size_t fl_ws_close_frame(uint8_t out[FL_WS_MAX_OUT], uint16_t code, const char *reason, uint32_t mask)
{
    uint8_t payload[FL_WS_MAX_CONTROL];
    if (code == FL_WS_NO_CODE)
        return fl_ws_frame(out, FL_WS_OP_CLOSE, "", 0, mask);
    size_t n = strlen(reason);
    if (n > FL_WS_MAX_CONTROL - 2) {
        n = FL_WS_MAX_CONTROL - 2;
        while (n && ((uint8_t)reason[n] & 0xc0) == 0x80)
            n--;
    }
    payload[0] = (uint8_t)(code >> 8);
    payload[1] = (uint8_t)code;
    memcpy(payload + 2, reason, n);
    return fl_ws_frame(out, FL_WS_OP_CLOSE, payload, n + 2, mask);
}
