/*
 * ws_frame.h - frames of RFC 6455 as a client sees them; no I/O. skydive.c feeds it what the socket gave.
 *
 * Reading is in bulk: the caller lets the socket write a payload straight into the message memory of the queue
 * (fl_ws_room); what came otherwise is copied there, in pieces as large as they arrive. Text is checked as UTF-8 on the
 * way. Nothing is trusted: a length that a frame announces doesn't reserve more than 1 MiB before its bytes come.
 *
 *     struct fl_ws_event ev;
 *     while (fl_ws_next(&parser, &at, end, &ev) != FL_WS_MORE)
 *         switch (ev.kind) ...
 */
#ifndef FL_WS_FRAME_H
#define FL_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_message;
struct fl_queue;

/* Opcodes, RFC 6455 section 5.2. */
enum fl_ws_opcode {
    FL_WS_OP_CONTINUATION = 0,
    FL_WS_OP_TEXT = 1,
    FL_WS_OP_BINARY = 2,
    FL_WS_OP_CLOSE = 8,
    FL_WS_OP_PING = 9,
    FL_WS_OP_PONG = 10
};

/* Codes of close frames that this client sends or names, RFC 6455 section 7.4.1. */
enum fl_ws_code {
    FL_WS_NORMAL = 1000,
    FL_WS_GOING_AWAY = 1001,
    FL_WS_PROTOCOL_ERROR = 1002,
    FL_WS_NO_CODE = 1005, /* never on the wire: a close frame without a code came */
    FL_WS_BAD_TEXT = 1007
};

#define FL_WS_MAX_CONTROL 125                     /* bytes of payload of a control frame */
#define FL_WS_MAX_OUT (FL_WS_MAX_CONTROL + 2 + 4) /* of a whole frame that fl_ws_frame makes */

enum fl_ws_event_kind {
    FL_WS_MORE,    /* all bytes are used */
    FL_WS_MESSAGE, /* `message` is complete; it belongs to the caller now */
    FL_WS_TOO_BIG, /* a message of `n` bytes was over the limit and skipped; the connection is fine */
    FL_WS_PING,    /* data[0..n) is to be sent back as a pong */
    FL_WS_PONG,
    FL_WS_CLOSE,   /* the server closes: code, data[0..n) is the reason (valid UTF-8) */
    FL_WS_ERROR    /* the server broke the protocol: `code` for the close frame, data[0..n) says how */
};

/* `data` is valid to the next call. */
struct fl_ws_event {
    enum fl_ws_event_kind kind;
    uint16_t code;
    const char *data;
    uint64_t n;
    struct fl_message *message;
};

/* Where in a character of UTF-8 a cut fell. */
struct fl_ws_utf8 {
    uint8_t need;   /* continuation bytes that must follow */
    uint8_t lo, hi; /* bounds of the next one */
};

struct fl_ws_parser {
    struct fl_queue *queue;
    uint64_t max_message;
    struct fl_message *message; /* being put together, or NULL */
    struct fl_message *block;   /* set by the caller: the bytes lie in it, so that a message of one frame can be a slice */
    uint64_t left;              /* payload bytes of this frame that are to come */
    uint64_t total;             /* payload bytes of this message so far, skipped ones included */
    uint8_t head[10];
    uint8_t head_n;
    uint8_t opcode;             /* of this frame */
    bool in_frame, fin;
    bool open;                  /* a message has begun; its next frame is a continuation */
    bool text, skipping;
    bool dead;                  /* close or error was reported; what follows is ignored */
    uint8_t control_n;
    char control[FL_WS_MAX_CONTROL];
    struct fl_ws_utf8 utf8;
};

/* max_message in bytes; message memory comes from `queue` and goes back there. */
void fl_ws_parser_init(struct fl_ws_parser *p, struct fl_queue *queue, uint64_t max_message);
/* Gives back an unfinished message; the parser can be initialised again. */
void fl_ws_parser_free(struct fl_ws_parser *p);
/* Use bytes from *at on, up to the end of the next event; returns ev->kind. */
enum fl_ws_event_kind fl_ws_next(struct fl_ws_parser *p, const uint8_t **at, const uint8_t *end,
                                 struct fl_ws_event *ev);
/*
 * Where the next bytes should be received: *to gets so much room (0: nowhere special) for payload of the frame that is
 * under way. The next call of fl_ws_next then gets exactly the bytes that came there.
 */
size_t fl_ws_room(struct fl_ws_parser *p, uint8_t **to);

/*
 * A control frame, masked with `mask` (fresh random bits each time, RFC 6455 section 5.3). n <= FL_WS_MAX_CONTROL.
 * Returns the size of the frame.
 */
size_t fl_ws_frame(uint8_t out[FL_WS_MAX_OUT], enum fl_ws_opcode opcode, const void *payload, size_t n, uint32_t mask);
/* A close frame; code FL_WS_NO_CODE: without one. A reason that is too long is cut at a character. */
size_t fl_ws_close_frame(uint8_t out[FL_WS_MAX_OUT], uint16_t code, const char *reason, uint32_t mask);

/* Feed a piece of text; false: not UTF-8. It is complete when u->need is 0. */
bool fl_ws_utf8(struct fl_ws_utf8 *u, const uint8_t *p, size_t n);

#endif
