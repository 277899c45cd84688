/*
 * ws_handshake.h - URL, request and response of a WebSocket handshake with a Skydive analyzer; no I/O.
 * RFC 6455 sections 3 and 4; X-Host-ID, X-Client-Type, X-Client-Protocol and X-Websocket-Namespace are
 * Skydive's own. Used by skydive.c.
 */
#ifndef FL_WS_HANDSHAKE_H
#define FL_WS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct fl_ws_url {
    char *host;      /* name or address, IPv6 without brackets */
    char *authority; /* for Host: as in the URL, without a default port */
    char *path;      /* path and query, at least "/" */
    uint16_t port;
    bool tls;        /* wss */
};

/*
 * Only ws:// and wss:// with a host; user-info, fragments, blanks and control characters are refused.
 * NULL, or an error text to be freed; the URL's texts are freed by fl_ws_url_free in both cases.
 */
char *fl_ws_url_parse(const char *text, struct fl_ws_url *url);
void fl_ws_url_free(struct fl_ws_url *url);

/* What the request says about us. Texts belong to the caller; none may hold control characters. */
struct fl_ws_request {
    const struct fl_ws_url *url;
    const char *host_id;            /* X-Host-ID; "" lets the analyzer use our address */
    const char *namespace_;         /* X-Websocket-Namespace: flow or flow/<capture_id> */
    const char *username, *password; /* Authorization: Basic when the user name isn't "" */
    uint8_t nonce[16];              /* random, fresh for each connection */
};

/* Would this text break a header line? Then it has to be refused at start. */
bool fl_ws_header_safe(const char *text);

void fl_ws_request(const struct fl_ws_request *r, struct fl_buf *out);

#define FL_WS_MAX_RESPONSE ((size_t)16 << 10)
#define FL_WS_MAX_WHY 512

enum fl_ws_response_state {
    FL_WS_RESPONSE_MORE,
    FL_WS_RESPONSE_OK,     /* frames follow */
    FL_WS_RESPONSE_FAILED  /* `why` says what is wrong and what to do; `status` is 0 if it is no HTTP at all */
};

struct fl_ws_response {
    const struct fl_ws_request *request; /* what this is the answer to */
    struct fl_buf head;
    int status;
    char why[FL_WS_MAX_WHY];
};

void fl_ws_response_init(struct fl_ws_response *r, const struct fl_ws_request *request);
void fl_ws_response_free(struct fl_ws_response *r);
/* Uses bytes from *at on, up to the end of the head. */
enum fl_ws_response_state fl_ws_response_feed(struct fl_ws_response *r, const uint8_t **at, const uint8_t *end);
/* The server closed before the head was complete: puts into `why` what that may mean. */
void fl_ws_response_cut(struct fl_ws_response *r);

#endif
