/*
 * ws_connect.h - a TCP connection with a deadline, and TLS over bytes; used by skydive.c.
 *
 * libwebsockets 4.1 does neither in a way that fits: its raw client role starts TLS before the socket exists, says
 * "Unable to connect" for every cause, and resolves and connects with time limits of its own. So the socket is
 * connected here, with the system's words for what went wrong, and libwebsockets takes it over from then on.
 */
#ifndef FL_WS_CONNECT_H
#define FL_WS_CONNECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Connect to any address of the host until mono time `deadline`; gives up at once when `wake` becomes readable.
 * Returns a non-blocking socket with TCP keep-alive, or -1 and a reason. Name resolution itself can't be cut short.
 */
int fl_ws_tcp_connect(const char *host, uint16_t port, int64_t deadline, int wake, char *why, size_t why_size);

/* ---- TLS: certificates are verified, names and addresses too; TLS 1.2 is the least ---------------------------- */

struct fl_tls_context;
/* Files or ""/NULL: the system's authorities, no client certificate. NULL and *error (to be freed): no good. */
struct fl_tls_context *fl_tls_context_new(const char *ca_cert, const char *client_cert, const char *client_key,
                                          char **error);
void fl_tls_context_free(struct fl_tls_context *c);

struct fl_tls;
struct fl_tls *fl_tls_new(struct fl_tls_context *c, const char *host);
void fl_tls_free(struct fl_tls *t);

/* Bytes that came from the socket. */
void fl_tls_feed(struct fl_tls *t, const void *p, size_t n);
/* Moves what has to go to the socket to p; returns how much. */
size_t fl_tls_take(struct fl_tls *t, void *p, size_t n);

enum fl_tls_result {
    FL_TLS_MORE = 0,    /* nothing more before further bytes from the socket */
    FL_TLS_CLOSED = -1, /* the peer ended TLS in good order */
    FL_TLS_FAILED = -2
};
/* 1: done, else enum fl_tls_result. Always look at fl_tls_take afterwards. */
int fl_tls_handshake(struct fl_tls *t, char *why, size_t why_size);
/* > 0: bytes of plain text, else enum fl_tls_result. */
ssize_t fl_tls_read(struct fl_tls *t, void *p, size_t n, char *why, size_t why_size);
bool fl_tls_write(struct fl_tls *t, const void *p, size_t n);

#endif
