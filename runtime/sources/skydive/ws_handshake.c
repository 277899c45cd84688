/* ws_handshake.c - see ws_handshake.h. */
#include "sources/skydive/ws_handshake.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455 section 1.3 */

/* ---- URL ------------------------------------------------------------------------------------------------------ */

bool fl_ws_header_safe(const char *text)
{
    for (; *text; text++)
        if ((uint8_t)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

/* host[:port] up to `end`. */
static char *parse_authority(const char *text, const char *at, const char *end, struct fl_ws_url *url)
{
    const char *host = at, *host_end, *colon;
    if (*at == '[') {
        host++;
        host_end = memchr(at, ']', (size_t)(end - at));
        if (!host_end)
            return fl_said("url '%s': ']' after the IPv6 address is missing", text);
        colon = host_end + 1;
    } else {
        colon = memchr(at, ':', (size_t)(end - at));
        if (!colon)
            colon = end;
        host_end = colon;
    }
    bool address = colon < end && memchr(colon + 1, ':', (size_t)(end - colon - 1));
    if (host == host_end && !address)
        return fl_said("url '%s' has no host: expected ws://HOST:PORT/ws/subscriber/flow", text);
    unsigned long port = url->tls ? 443 : 80;
    bool standard = true;
    if (colon < end) {
        char *stop = NULL;
        if (*colon == ':' && isdigit((uint8_t)colon[1]))
            port = strtoul(colon + 1, &stop, 10);
        if (stop != end || port < 1 || port > 65535)
            return fl_said("url '%s': the port must be a number from 1 to 65535 (an IPv6 address goes in brackets)",
                           text);
        standard = port == (url->tls ? 443 : 80);
    }
    url->port = (uint16_t)port;
    url->host = fl_said("%.*s", (int)(host_end - host), host);
    url->authority = fl_said("%.*s", (int)((standard ? colon : end) - at), at);
    return NULL;
}

char *fl_ws_url_parse(const char *text, struct fl_ws_url *url)
{
    memset(url, 0, sizeof *url);
    if (!*text)
        return fl_said("no analyzer to connect to: set pipeline.subscriber.url to ws://HOST:8082/ws/subscriber/flow, "
                       "or give --input FILE");
    const char *at = strstr(text, "://");
    at = at ? at + 3 : text;
    const char *end = at + strcspn(at, "/?#");
    if (memchr(at, '@', (size_t)(end - at))) /* the text may hold a password: not repeated */
        return fl_said("url with a user name: set analyzer.auth.cluster.username and .password instead");
    url->tls = strncasecmp(text, "wss://", 6) == 0;
    if (!url->tls && strncasecmp(text, "ws://", 5) != 0)
        return fl_said("url '%s': expected ws:// or wss://", text);
    for (const char *p = text; *p; p++)
        if ((uint8_t)*p <= 0x20 || (uint8_t)*p >= 0x7f)
            return fl_said("url '%s' holds a blank, control or non-ASCII character at position %d: write it as %%XX",
                           text, (int)(p - text) + 1);
    if (strchr(end, '#'))
        return fl_said("url '%s': a fragment (#...) has no meaning here", text);
    char *error = parse_authority(text, at, end, url);
    if (error)
        return error;
    url->path = fl_said("%s%s", *end == '/' ? "" : "/", end);
    return NULL;
}

void fl_ws_url_free(struct fl_ws_url *url)
{
    free(url->host);
    free(url->authority);
    free(url->path);
    memset(url, 0, sizeof *url);
}

/* ---- request -------------------------------------------------------------------------------------------------- */

static void base64(struct fl_buf *out, const uint8_t *p, size_t n)
{
    char *to = fl_buf_room(out, 4 * (n / 3) + 5);
    out->n += (size_t)EVP_EncodeBlock((uint8_t *)to, p, (int)n);
}

static void accept_key(const uint8_t nonce[16], struct fl_buf *out)
{
    struct fl_buf text = {0};
    uint8_t digest[SHA_DIGEST_LENGTH];
    base64(&text, nonce, 16);
    fl_buf_puts(&text, GUID);
    SHA1((const uint8_t *)text.p, text.n, digest);
    fl_buf_free(&text);
    base64(out, digest, sizeof digest);
}

void fl_ws_request(const struct fl_ws_request *r, struct fl_buf *out)
{
    fl_buf_puts(out, "GET ");
    fl_buf_puts(out, r->url->path);
    fl_buf_puts(out, " HTTP/1.1\r\nHost: ");
    fl_buf_puts(out, r->url->authority);
    fl_buf_puts(out, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ");
    base64(out, r->nonce, sizeof r->nonce);
    fl_buf_puts(out, "\r\nSec-WebSocket-Version: 13\r\nX-Host-ID: ");
    fl_buf_puts(out, r->host_id);
    fl_buf_puts(out, "\r\nX-Client-Type: analyzer\r\nX-Client-Protocol: json\r\nX-Websocket-Namespace: ");
    fl_buf_puts(out, r->namespace_);
    if (*r->username) {
        struct fl_buf pair = {0};
        fl_buf_puts(&pair, r->username);
        fl_buf_putc(&pair, ':');
        fl_buf_puts(&pair, r->password);
        fl_buf_puts(out, "\r\nAuthorization: Basic ");
        base64(out, (const uint8_t *)pair.p, pair.n);
        fl_buf_free(&pair);
    }
    fl_buf_puts(out, "\r\nCookie: \r\n\r\n");
}

/* ---- response ------------------------------------------------------------------------------------------------- */

void fl_ws_response_init(struct fl_ws_response *r, const struct fl_ws_request *request)
{
    memset(r, 0, sizeof *r);
    r->request = request;
}

void fl_ws_response_free(struct fl_ws_response *r)
{
    fl_buf_free(&r->head);
}

static enum fl_ws_response_state failed(struct fl_ws_response *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static enum fl_ws_response_state failed(struct fl_ws_response *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(r->why, sizeof r->why, fmt, ap);
    va_end(ap);
    return FL_WS_RESPONSE_FAILED;
}

/*
 * The value of a header, NULL if it isn't there; lines end in \r\n or \n. Given again it counts as one list
 * (RFC 9110 section 5.3); for what is asked here the first one is enough, unless `after` asks for the next.
 */
static bool header(const struct fl_ws_response *r, const char *name, const char *after, fl_str *value)
{
    const char *line = after ? after : r->head.p, *end = r->head.p + r->head.n;
    size_t n = strlen(name);
    while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        line++;
        if ((size_t)(end - line) <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
            continue;
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        const char *at = line + n + 1;
        if (!stop)
            return false;
        while (at < stop && (*at == ' ' || *at == '\t'))
            at++;
        while (stop > at && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
            stop--;
        *value = (fl_str){at, (uint32_t)(stop - at), FL_PLAIN};
        return true;
    }
    return false;
}

static bool same(fl_str value, const char *text)
{
    return value.n == strlen(text) && strncasecmp(value.p, text, value.n) == 0;
}

/* Is `token` in the comma-separated list, in any header of that name? */
static bool has_token(const struct fl_ws_response *r, const char *name, const char *token)
{
    fl_str v;
    for (const char *after = NULL; header(r, name, after, &v); after = v.p) {
        const char *at = v.p, *end = v.p + v.n;
        while (at < end) {
            const char *comma = memchr(at, ',', (size_t)(end - at));
            const char *stop = comma ? comma : end, *next = comma ? comma + 1 : end;
            while (at < stop && (*at == ' ' || *at == '\t'))
                at++;
            while (stop > at && (stop[-1] == ' ' || stop[-1] == '\t'))
                stop--;
            if (same((fl_str){at, (uint32_t)(stop - at), FL_PLAIN}, token))
                return true;
            at = next;
        }
    }
    return false;
}

static enum fl_ws_response_state refused(struct fl_ws_response *r, const char *body, size_t n)
{
    const struct fl_ws_request *q = r->request;
    char said[120];
    size_t k = 0;
    for (size_t i = 0; i < n && k < sizeof said - 1; i++) {
        if ((uint8_t)body[i] < 0x20)
            break;
        said[k++] = body[i];
    }
    said[k] = 0;
    const char *sep = k ? "; it says: " : "";
    fl_str to = {"", 0, FL_PLAIN};
    switch (r->status) {
    case 400:
        return failed(r, "400 Bad Request, the analyzer did not take the headers: is url that of "
                      "/ws/subscriber/flow?%s%s", sep, said);
    case 401:
        if (!*q->username)
            return failed(r, "401 Unauthorized: set analyzer.auth.cluster.username and .password%s%s", sep, said);
        return failed(r, "401 Unauthorized for user '%.60s': check analyzer.auth.cluster.username and .password%s%s",
                      q->username,
                      sep, said);
    case 403:
        return failed(r, "403 Forbidden: user '%.60s' may not subscribe to flows, see the analyzer's RBAC "
                      "policy%s%s", q->username,
                      sep, said);
    case 404:
        return failed(r, "404 Not Found: nothing is at %.80s, the path is normally /ws/subscriber/flow%s%s",
                      q->url->path, sep, said);
    case 409:
        return failed(r, "409 Conflict: another subscriber uses host_id '%.60s'; leave host_id unset for a unique one "
                      "(the analyzer "
                         "holds an old one for up to 7 s)%s%s", q->host_id, sep, said);
    default:
        break;
    }
    if (r->status >= 300 && r->status < 400) {
        header(r, "Location", NULL, &to);
        return failed(r, "status %d; redirects are not followed: set url to '%.*s'", r->status,
                      to.n > 200 ? 200 : (int)to.n, to.p);
    }
    return failed(r, "status %d instead of 101%s%s", r->status, sep, said);
}

static enum fl_ws_response_state check(struct fl_ws_response *r)
{
    struct fl_buf key = {0};
    fl_str v;
    if (!has_token(r, "Upgrade", "websocket") || !has_token(r, "Connection", "upgrade"))
        return failed(r, "101 without 'Upgrade: websocket' and 'Connection: Upgrade'");
    accept_key(r->request->nonce, &key);
    bool right = header(r, "Sec-WebSocket-Accept", NULL, &v) && v.n == key.n && memcmp(v.p, key.p, key.n) == 0;
    fl_buf_free(&key);
    if (!right)
        return failed(r, "Sec-WebSocket-Accept is missing or wrong: a proxy or cache in between that doesn't speak "
                      "WebSocket?");
    if (header(r, "Sec-WebSocket-Extensions", NULL, &v) && v.n)
        return failed(r, "the server chose an extension that was not asked for");
    if (header(r, "Sec-WebSocket-Protocol", NULL, &v) && v.n)
        return failed(r, "the server chose a sub-protocol that was not asked for");
    if (!header(r, "X-Host-ID", NULL, &v) || !v.n)
        return failed(r, "X-Host-ID header not provided: this is not a Skydive analyzer");
    if (!header(r, "X-Service-Type", NULL, &v) || !v.n)
        return failed(r, "X-Service-Type header not provided: this is not a Skydive analyzer");
    return FL_WS_RESPONSE_OK;
}

/* HTTP/1.x NNN ... */
static bool status_line(struct fl_ws_response *r)
{
    const char *p = r->head.p;
    if (r->head.n < 13 || memcmp(p, "HTTP/1.", 7) != 0 || !isdigit((uint8_t)p[7]) || p[8] != ' ')
        return false;
    for (int i = 9; i < 12; i++) {
        if (!isdigit((uint8_t)p[i]))
            return false;
        r->status = r->status * 10 + (p[i] - '0');
    }
    return p[12] == ' ' || p[12] == '\r' || p[12] == '\n';
}

/* Is it no HTTP, as far as it goes? */
static bool foreign(const struct fl_ws_response *r)
{
    size_t n = r->head.n < 7 ? r->head.n : 7;
    return memcmp(r->head.p, "HTTP/1.", n) != 0;
}

enum fl_ws_response_state fl_ws_response_feed(struct fl_ws_response *r, const uint8_t **at, const uint8_t *end)
{
    bool complete = false;
    while (*at < end && !complete && r->head.n < FL_WS_MAX_RESPONSE) {
        const uint8_t *stop = memchr(*at, '\n', (size_t)(end - *at));
        size_t n = (size_t)((stop ? stop + 1 : end) - *at), room = FL_WS_MAX_RESPONSE - r->head.n;
        if (n > room)
            n = room;
        fl_buf_put(&r->head, *at, n);
        *at += n;
        const char *e = r->head.p + r->head.n;
        complete = (r->head.n >= 2 && e[-1] == '\n' && e[-2] == '\n') ||
                   (r->head.n >= 4 && e[-1] == '\n' && e[-2] == '\r' && e[-3] == '\n');
    }
    if (r->head.n && foreign(r))
        return failed(r, "the answer is not HTTP: is it the right port%s",
                      r->request->url->tls ? "?" : ", or should url begin with wss://?");
    if (!complete)
        return r->head.n < FL_WS_MAX_RESPONSE ? FL_WS_RESPONSE_MORE
                                              : failed(r, "the head of the answer is larger than %zu bytes",
                                                       FL_WS_MAX_RESPONSE);
    if (!status_line(r))
        return failed(r, "the answer's first line is no HTTP status");
    if (r->status != 101)
        return refused(r, (const char *)*at, (size_t)(end - *at));
    return check(r);
}

void fl_ws_response_cut(struct fl_ws_response *r)
{
    failed(r, "connection closed %s the handshake's answer: %s", r->head.n ? "in the middle of" : "before",
           r->request->url->tls ? "is it the right port, does the server want a client certificate (tls.client_cert)?"
                                : "is it the right port, or should url begin with wss://?");
}
