/*
 * ws_session.h - one WebSocket connection from a connected socket to its end; used by skydive.c, which connects
 * and connects again. A session object is used for one connection after another.
 *
 * libwebsockets runs the event loop and the timers and says when the socket can be read or written (as for any file
 * descriptor, its raw file role); TLS, handshake and frames are ours. So the kernel writes a message straight into the
 * memory in which it goes to the queue, and nothing copies it again. When the queue is full the socket is not read until
 * there is room; if that takes longer than a worker takes that is at work, up to read_ahead more bytes are read, some
 * megabytes each tenth of a second. When they are used up the message in hand and the bytes behind it wait, and because
 * pings can't be seen then, a pong is sent unasked every 2 s, which an analyzer (it waits 7 s for one) takes as well, as
 * long as it can send pings.
 */
#ifndef FL_WS_SESSION_H
#define FL_WS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "sources/skydive/ws_handshake.h"

struct fl_ledger;
struct fl_queue;
struct fl_tls_context;

struct fl_ws_options {
    struct fl_queue *queue;
    struct fl_ledger *ledger;
    struct fl_tls_context *tls;                      /* NULL for ws:// */
    struct fl_ws_request request;                    /* the nonce is made anew for each connection */
    int64_t dead_timeout, idle_timeout;              /* ns; 0: never */
    uint64_t max_message;
    size_t read_ahead;                               /* bytes, beyond what fills the queue */
    void (*opened)(void *arg);                       /* the handshake is through */
    /* The socket was not read since mono time `since`, so long that an analyzer may have given up on us; now it is. */
    void (*stood)(void *arg, int64_t since);
    void *arg;
};

/* How a connection went. */
struct fl_ws_result {
    bool opened;
    int status;            /* of a handshake that was refused, else 0 */
    uint64_t messages;
    int64_t lasted;        /* ns since it was opened */
    int64_t quiet_since;   /* mono time from which on flows may be missed */
    bool stood;            /* it ended while the socket wasn't read, and read_ahead was used up */
    char why[FL_WS_MAX_WHY]; /* why it ended */
};

struct fl_ws_session;
/* NULL: libwebsockets couldn't be set up. */
struct fl_ws_session *fl_ws_session_new(const struct fl_ws_options *o);
void fl_ws_session_free(struct fl_ws_session *s);
/*
 * Takes over `fd` and returns when the connection is over and all complete messages are in the queue. The handshake
 * has to be through at mono time `deadline`.
 */
void fl_ws_session_run(struct fl_ws_session *s, int fd, int64_t deadline, struct fl_ws_result *result);
/* From any thread: close with 1000, wait for the echo for 1 s at most. Holds for later connections too. */
void fl_ws_session_stop(struct fl_ws_session *s);

#endif
