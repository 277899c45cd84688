/*
 * metrics.c - /metrics (Prometheus text), /healthz and /readyz over HTTP, in a thread of its own; see metrics.h. Started by
 * main.c for --metrics-listen. libwebsockets serves; a slow or hostile client costs this thread, never the pipeline: there are
 * few connections, each has little time to say what it wants, and who comes when all are taken is turned away.
 */
#include <libwebsockets.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "core/runtime.h"
#include "delivery/output.h"
#include "intake/source.h"
#include "program/metrics.h"
#include "tables/fills.h"

#define CONNECTIONS 32
#define PATIENCE 5 /* s for a request, and for an answer to be taken */

struct fl_metrics {
    struct fl_runtime *rt;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    pthread_t thread;
    int64_t started;        /* mono */
    int64_t ready_age;
    int connections;
    atomic_bool ready, stop;
    char host[64];          /* numeric, or "" for all addresses */
    int port;
};

/* An answer on its way, one per connection. LWS_PRE bytes stand before the body. */
struct answer {
    char *text;
    size_t n;
};

/* ---- answers ------------------------------------------------------------------------------------------------- */

static void put_process(struct fl_metrics *m, struct fl_buf *b)
{
    int64_t up = m->rt->clock(m->rt).mono - m->started;
    long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f) {
        if (fscanf(f, "%ld %ld", &total, &resident) != 2)
            resident = 0;
        fclose(f);
    }
    fl_buf_printf(b, "# HELP process_resident_memory_bytes memory in use\n# TYPE process_resident_memory_bytes gauge\n"
                  "process_resident_memory_bytes %lld\n", (long long)resident * sysconf(_SC_PAGESIZE));
    fl_buf_printf(b, "# HELP flowc_uptime_seconds since the start\n# TYPE flowc_uptime_seconds "
                  "gauge\nflowc_uptime_seconds %.3f\n", (double)up / 1e9);
}

/* Headers now, the body when the socket takes it. */
static int reply(struct lws *wsi, struct answer *a, unsigned status, const char *type, struct fl_buf *body)
{
    static const char methods[] = "GET, HEAD";
    unsigned char head[LWS_PRE + 1024], *start = head + LWS_PRE, *p = start, *end = head + sizeof head - 1;
    free(a->text);
    a->n = body->n;
    a->text = fl_alloc(LWS_PRE + body->n + 1);
    memcpy(a->text + LWS_PRE, body->p, body->n);
    fl_buf_free(body);
    if (lws_add_http_common_headers(wsi, status, type, a->n, &p, end) ||
        (status == 405 && lws_add_http_header_by_name(wsi, (const unsigned char *)"allow:", (const unsigned char *)methods,
                                                      (int)strlen(methods), &p, end)) ||
        lws_finalize_write_http_header(wsi, start, &p, end))
        return 1;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0) {
        free(a->text);
        a->text = NULL;
        return lws_http_transaction_completed(wsi) ? -1 : 0;
    }
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, PATIENCE);
    lws_callback_on_writable(wsi);
    return 0;
}

/* For how long the oldest object waits; *of: its output's name where there are several, else NULL. */
static int64_t waited(struct fl_runtime *rt, const char **of)
{
    int64_t most = 0;
    *of = NULL;
    for (uint32_t i = 0; i < rt->pipeline->noutputs; i++) {
        int64_t age = rt->route[i].output ? fl_output_age(rt->route[i].output) : 0;
        if (age > most) {
            most = age;
            *of = rt->pipeline->noutputs > 1 ? rt->pipeline->outputs[i].name : NULL;
        }
    }
    return most;
}

/* What keeps the pipeline from being ready, as a sentence; false: nothing. */
static bool unready(struct fl_metrics *m, struct fl_buf *b)
{
    const char *oldest;
    int64_t age = waited(m->rt, &oldest);
    if (!atomic_load(&m->ready))
        fl_buf_puts(b, "not ready: still starting, or stopping\n");
    else if (!fl_source_connected(m->rt->source))
        fl_buf_puts(b, "not ready: there is no connection to the source\n");
    else if (age >= m->ready_age)
        fl_buf_printf(b, "not ready: the oldest object%s%s has waited for %.0f s to be written; %.0f s are allowed (--ready-age)\n",
                      oldest ? " of output " : "", oldest ? oldest : "", (double)age / FL_SECOND, (double)m->ready_age / FL_SECOND);
    return b->n > 0;
}

static int request(struct fl_metrics *m, struct lws *wsi, struct answer *a, const char *path)
{
    struct fl_buf b = { 0 };
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0 && lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) <= 0) {
        fl_buf_puts(&b, "only GET and HEAD are answered\n");
        return reply(wsi, a, 405, "text/plain", &b);
    }
    if (!strcmp(path, "/metrics")) {
        fl_ledger_metrics(&m->rt->ledger, m->rt->pipeline, &b);
        fl_fills_metrics(m->rt->fills, &b);
        put_process(m, &b);
        return reply(wsi, a, 200, "text/plain; version=0.0.4; charset=utf-8", &b);
    }
    if (!strcmp(path, "/healthz")) {
        fl_buf_puts(&b, "ok\n");
        return reply(wsi, a, 200, "text/plain", &b);
    }
    if (!strcmp(path, "/readyz")) {
        bool not_yet = unready(m, &b);
        if (!not_yet)
            fl_buf_puts(&b, "ready\n");
        return reply(wsi, a, not_yet ? 503 : 200, "text/plain", &b);
    }
    fl_buf_puts(&b, "not found; there are /metrics, /healthz and /readyz\n");
    return reply(wsi, a, 404, "text/plain", &b);
}

static int send_body(struct lws *wsi, struct answer *a)
{
    if (!a->text)
        return 0;
    int sent = lws_write(wsi, (unsigned char *)a->text + LWS_PRE, a->n, LWS_WRITE_HTTP_FINAL);
    free(a->text);
    a->text = NULL;
    return sent < 0 || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    struct answer *a = user;
    struct fl_metrics *m = lws_context_user(lws_get_context(wsi));
    switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION: /* the socket is accepted, and closed again if this isn't 0 */
        return m->connections >= CONNECTIONS;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        lws_set_opaque_user_data(wsi, m);
        m->connections++;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY: /* of the socket that listens too */
        m->connections -= lws_get_opaque_user_data(wsi) == m;
        return 0;
    case LWS_CALLBACK_HTTP_BODY: /* of a method that isn't answered */
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return 0;
    case LWS_CALLBACK_HTTP:
        return request(m, wsi, a, in);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return send_body(wsi, a);
    case LWS_CALLBACK_CLOSED_HTTP:
        if (a) {
            free(a->text);
            a->text = NULL;
        }
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

static char *problem(const char *address, const char *what)
{
    return fl_said("--metrics-listen %s: %s", address, what);
}

/* host:port, [::1]:port, :port or port; names become addresses. */
static char *parse(struct fl_metrics *m, const char *address)
{
    const char *colon = strrchr(address, ':'), *port = colon ? colon + 1 : address;
    char host[256], *end;
    size_t n = colon ? (size_t)(colon - address) : 0;
    long v = strtol(port, &end, 10);
    if (!*port || *end || v < 0 || v > 65535 || n >= sizeof host)
        return problem(address, "expected host:port or :port, with a port from 0 (any free one) to 65535");
    m->port = (int)v;
    bool bracket = n > 2 && address[0] == '[' && address[n - 1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(bracket ? n - 2 : n), bracket ? address + 1 : address);
    if (n == 0)
        return NULL;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *found = NULL;
    int e = getaddrinfo(host, NULL, &hints, &found);
    if (e)
        return problem(address, gai_strerror(e));
    getnameinfo(found->ai_addr, found->ai_addrlen, m->host, sizeof m->host, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    return NULL;
}

static bool listen_at(struct fl_metrics *m, bool ipv6)
{
    struct lws_context_creation_info info = {
        .port = m->port,
        .iface = *m->host ? m->host : NULL,
        .protocols = protocols,
        .vhost_name = "metrics",
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | (ipv6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
        .keepalive_timeout = PATIENCE,
        .timeout_secs = PATIENCE,
    };
    m->vhost = lws_create_vhost(m->lws, &info);
    return m->vhost != NULL;
}

static void *serve(void *arg)
{
    struct fl_metrics *m = arg;
    while (!atomic_load(&m->stop) && lws_service(m->lws, 0) >= 0)
        ;
    return NULL;
}

static int start_thread(struct fl_metrics *m)
{
    sigset_t all, before;
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int e = pthread_create(&m->thread, NULL, serve, m);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e;
}

struct fl_metrics *fl_metrics_start(struct fl_runtime *rt, const char *address, int64_t ready_age, char **error)
{
    struct fl_metrics *m = fl_new(struct fl_metrics);
    m->rt = rt;
    m->ready_age = ready_age;
    m->started = rt->clock(rt).mono;
    *error = parse(m, address);
    if (!*error) {
        lws_set_log_level(LLL_ERR | LLL_WARN, say);
        struct lws_context_creation_info info = {
            .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
            .user = m,
            .fd_limit_per_thread = 2 * CONNECTIONS, /* else tables for as many as the system allows */
        };
        m->lws = lws_create_context(&info);
        if (!m->lws)
            *error = problem(address, "cannot create a server");
    }
    /* All addresses: both families on one socket, or IPv4 alone where the machine has no IPv6. */
    bool ipv6 = !*m->host || strchr(m->host, ':');
    if (!*error && !listen_at(m, ipv6) && (*m->host || !listen_at(m, false)))
        *error = problem(address, "cannot listen there: the port is in use, may not be used, or the address is not "
                         "this machine's");
    if (!*error && start_thread(m))
        *error = problem(address, "cannot start a thread");
    if (!*error)
        return m;
    if (m->lws)
        lws_context_destroy(m->lws);
    free(m);
    return NULL;
}

int fl_metrics_port(const struct fl_metrics *m)
{
    return lws_get_vhost_listen_port(m->vhost);
}

void fl_metrics_ready(struct fl_metrics *m, bool ready)
{
    if (m)
        atomic_store(&m->ready, ready);
}

void fl_metrics_stop(struct fl_metrics *m)
{
    if (!m)
        return;
    atomic_store(&m->stop, true);
    lws_cancel_service(m->lws);
    pthread_join(m->thread, NULL);
    lws_context_destroy(m->lws);
    free(m);
}
