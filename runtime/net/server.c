/*
 * server.c - see server.h. libwebsockets serves.
 */
#include <libwebsockets.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"
#include "net/server.h"

#define PATIENCE 5              /* s for a request, and for a part of an answer to be taken */
#define WHOLE 30                /* s for all of a long answer */
#define PART ((size_t)256 << 10)
#define CHUNK_HEAD 16           /* bytes before a part: its length in hexadecimal */

struct fl_server {
    fl_server_handler *handler;
    void *arg;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    pthread_t thread;
    int connections;
    atomic_bool stop;
    char host[64];          /* numeric, or "" for all addresses */
    int port;
};

/* An answer on its way, one per connection. LWS_PRE bytes stand before the text. */
struct answer {
    struct fl_server_answer a;
    char *text;
    size_t n;
    bool chunked;
    time_t until;
};

static time_t seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

/* ---- answers ------------------------------------------------------------------------------------------------- */

static void forget(struct answer *a)
{
    if (a->a.done)
        a->a.done(a->a.state);
    free(a->text);
    fl_buf_free(&a->a.body);
    *a = (struct answer){.text = NULL};
}

/* Its length isn't known: in chunks, or, for an old client, up to the end of the connection. */
static bool of_unknown_length(struct lws *wsi, struct answer *a, unsigned char **p, unsigned char *end)
{
    static const char chunked[] = "chunked";
    char version[16] = "";
    lws_hdr_copy(wsi, version, sizeof version, WSI_TOKEN_HTTP);
    a->chunked = strcmp(version, "HTTP/1.0") != 0;
    a->until = seconds() + WHOLE;
    return !a->chunked || !lws_add_http_header_by_name(wsi, (const unsigned char *)"transfer-encoding:", (const unsigned char *)chunked,
                                                       (int)strlen(chunked), p, end);
}

/* Headers now, the body when the socket takes it. */
static int reply(struct lws *wsi, struct answer *a)
{
    static const char methods[] = "GET, HEAD";
    unsigned char head[LWS_PRE + 1024], *start = head + LWS_PRE, *p = start, *end = head + sizeof head - 1;
    bool parts = a->a.more != NULL;
    a->n = a->a.body.n;
    a->text = fl_alloc(LWS_PRE + (parts ? CHUNK_HEAD + PART + CHUNK_HEAD : a->n + 1));
    if (!parts && a->n)
        memcpy(a->text + LWS_PRE, a->a.body.p, a->n);
    if (lws_add_http_common_headers(wsi, a->a.status, a->a.type, parts ? LWS_ILLEGAL_HTTP_CONTENT_LEN : a->n, &p, end) ||
        (a->a.status == 405 && lws_add_http_header_by_name(wsi, (const unsigned char *)"allow:", (const unsigned char *)methods,
                                                           (int)strlen(methods), &p, end)) ||
        (parts && !of_unknown_length(wsi, a, &p, end)) || lws_finalize_write_http_header(wsi, start, &p, end)) {
        forget(a);
        return 1;
    }
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0) {
        forget(a);
        return lws_http_transaction_completed(wsi) ? -1 : 0;
    }
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, PATIENCE);
    lws_callback_on_writable(wsi);
    return 0;
}

static int request(struct fl_server *s, struct lws *wsi, struct answer *a, const char *path)
{
    forget(a);
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0 && lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) <= 0) {
        a->a = (struct fl_server_answer){.status = 405, .type = "text/plain"};
        fl_buf_puts(&a->a.body, "only GET and HEAD are answered\n");
    } else {
        s->handler(s->arg, path, &a->a);
    }
    return reply(wsi, a);
}

static int send_body(struct lws *wsi, struct answer *a)
{
    int sent = lws_write(wsi, (unsigned char *)a->text + LWS_PRE, a->n, LWS_WRITE_HTTP_FINAL);
    forget(a);
    return sent < 0 || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int send_part(struct lws *wsi, struct answer *a)
{
    static const char last[] = "0\r\n\r\n";
    char *part = a->text + LWS_PRE + CHUNK_HEAD, *begin = part;
    if (seconds() > a->until)
        return -1;
    size_t n = a->a.more(a->a.state, part, PART);
    bool end = n == 0;
    if (a->chunked && end) {
        memcpy(part, last, strlen(last));
        n = strlen(last);
    } else if (a->chunked) {
        char length[CHUNK_HEAD];
        int digits = snprintf(length, sizeof length, "%zx\r\n", n);
        begin -= digits;
        memcpy(begin, length, (size_t)digits);
        memcpy(part + n, "\r\n", 2);
        n += (size_t)digits + 2;
    }
    int sent = n ? lws_write(wsi, (unsigned char *)begin, n, end ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) : 0;
    if (end)
        forget(a);
    if (sent < 0 || end)
        return -1; /* the connection ends with the body */
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, PATIENCE);
    lws_callback_on_writable(wsi);
    return 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    struct answer *a = user;
    struct fl_server *s = lws_context_user(lws_get_context(wsi));
    switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION: /* the socket is accepted, and closed again if this isn't 0 */
        return s->connections >= FL_SERVER_CONNECTIONS;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        lws_set_opaque_user_data(wsi, s);
        s->connections++;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY: /* of the socket that listens too */
        s->connections -= lws_get_opaque_user_data(wsi) == s;
        return 0;
    case LWS_CALLBACK_HTTP_BODY: /* of a method that isn't answered */
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return 0;
    case LWS_CALLBACK_HTTP:
        return request(s, wsi, a, in);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return !a->text ? 0 : a->a.more ? send_part(wsi, a) : send_body(wsi, a);
    case LWS_CALLBACK_CLOSED_HTTP:
        if (a)
            forget(a);
        return 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, n);
    }
}

static const struct lws_protocols protocols[] = {
    { .name = "http", .callback = callback, .per_session_data_size = sizeof(struct answer) },
    { .name = NULL }
};

/* ---- life ------------------------------------------------------------------------------------------------- */

static void say(int level, const char *line)
{
    fl_log_limited(10, level & LLL_ERR ? FL_WARN : FL_DEBUG, "libwebsockets", "text=%s",
                   fl_log_quoten(line, strcspn(line, "\n")));
}

static char *problem(const char *what, const char *address, const char *why)
{
    return fl_said("%s %s: %s", what, address, why);
}

static char *parse(struct fl_server *s, const char *what, const char *address, const char *dflt)
{
    const char *colon = strrchr(address, ':'), *port = colon ? colon + 1 : address;
    char host[256], *end;
    size_t n = colon ? (size_t)(colon - address) : 0;
    long v = strtol(port, &end, 10);
    if (!*port || *end || v < 0 || v > 65535 || n >= sizeof host)
        return problem(what, address, "expected host:port or :port, with a port from 0 (any free one) to 65535");
    s->port = (int)v;
    bool bracket = n > 2 && address[0] == '[' && address[n - 1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(bracket ? n - 2 : n), bracket ? address + 1 : address);
    if (n == 0 && !dflt)
        return NULL;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *found = NULL;
    int e = getaddrinfo(n ? host : dflt, NULL, &hints, &found);
    if (e)
        return problem(what, address, gai_strerror(e));
    getnameinfo(found->ai_addr, found->ai_addrlen, s->host, sizeof s->host, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    return NULL;
}

static bool listen_at(struct fl_server *s, bool ipv6)
{
    struct lws_context_creation_info info = {
        .port = s->port,
        .iface = *s->host ? s->host : NULL,
        .protocols = protocols,
        .vhost_name = "metrics",
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | (ipv6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
        .keepalive_timeout = PATIENCE,
        .timeout_secs = PATIENCE,
    };
    s->vhost = lws_create_vhost(s->lws, &info);
    return s->vhost != NULL;
}

static void *serve(void *arg)
{
    struct fl_server *s = arg;
    while (!atomic_load(&s->stop) && lws_service(s->lws, 0) >= 0)
        ;
    return NULL;
}

static int start_thread(struct fl_server *s)
{
    sigset_t all, before;
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int e = pthread_create(&s->thread, NULL, serve, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e;
}

struct fl_server *fl_server_start(const char *what, const char *address, const char *host, fl_server_handler *handler, void *arg,
                                  char **error)
{
    struct fl_server *s = fl_new(struct fl_server);
    s->handler = handler;
    s->arg = arg;
    *error = parse(s, what, address, host);
    if (!*error) {
        lws_set_log_level(LLL_ERR | LLL_WARN, say);
        struct lws_context_creation_info info = {
            .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
            .user = s,
            .fd_limit_per_thread = 2 * FL_SERVER_CONNECTIONS, /* else tables for as many as the system allows */
        };
        s->lws = lws_create_context(&info);
        if (!s->lws)
            *error = problem(what, address, "cannot create a server");
    }
    /* All addresses: both families on one socket, or IPv4 alone where the machine has no IPv6. */
    bool ipv6 = !*s->host || strchr(s->host, ':');
    if (!*error && !listen_at(s, ipv6) && (*s->host || !listen_at(s, false)))
        *error = problem(what, address, "cannot listen there: the port is in use, may not be used, or the address is not "
                         "this machine's");
    if (!*error && start_thread(s))
        *error = problem(what, address, "cannot start a thread");
    if (!*error)
        return s;
    if (s->lws)
        lws_context_destroy(s->lws);
    free(s);
    return NULL;
}

int fl_server_port(const struct fl_server *s)
{
    return lws_get_vhost_listen_port(s->vhost);
}

void fl_server_stop(struct fl_server *s)
{
    if (!s)
        return;
    atomic_store(&s->stop, true);
    lws_cancel_service(s->lws);
    pthread_join(s->thread, NULL);
    lws_context_destroy(s->lws);
    free(s);
}
