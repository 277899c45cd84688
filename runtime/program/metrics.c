/*
 * metrics.c - /metrics (Prometheus text), /healthz and /readyz over HTTP; see metrics.h. Started by main.c for --metrics-listen;
 * net/server.c serves.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/runtime.h"
#include "delivery/output.h"
#include "intake/queue.h"
#include "intake/source.h"
#include "net/server.h"
#include "program/metrics.h"
#include "program/process.h"
#include "tables/fills.h"

struct fl_metrics {
    struct fl_runtime *rt;
    struct fl_server *server;
    int64_t ready_age;
    atomic_bool ready;
};

static void put_input(struct fl_metrics *m, struct fl_buf *b)
{
    size_t max_bytes, bytes = fl_queue_bytes(m->rt->queue, &max_bytes);
    fl_buf_printf(b, "# HELP flowc_input_queue_bytes memory of messages that wait to be decoded\n# TYPE flowc_input_queue_bytes gauge\n"
                  "flowc_input_queue_bytes %zu\n", bytes);
    fl_buf_printf(b, "# HELP flowc_input_queue_limit_bytes as many may wait: pipeline.queue.max_bytes\n# TYPE flowc_input_queue_limit_bytes gauge\n"
                  "flowc_input_queue_limit_bytes %zu\n", max_bytes);
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

static void answer(void *arg, const char *path, struct fl_server_answer *a)
{
    struct fl_metrics *m = arg;
    *a = (struct fl_server_answer){.status = 200, .type = "text/plain"};
    if (!strcmp(path, "/metrics")) {
        a->type = "text/plain; version=0.0.4; charset=utf-8";
        fl_ledger_metrics(&m->rt->ledger, m->rt->pipeline, &a->body);
        fl_fills_metrics(m->rt->fills, &a->body);
        fl_output_metrics(m->rt, &a->body);
        put_input(m, &a->body);
        fl_process_metrics(&a->body);
    } else if (!strcmp(path, "/healthz")) {
        fl_buf_puts(&a->body, "ok\n");
    } else if (!strcmp(path, "/readyz")) {
        if (unready(m, &a->body))
            a->status = 503;
        else
            fl_buf_puts(&a->body, "ready\n");
    } else {
        a->status = 404;
        fl_buf_puts(&a->body, "not found; there are /metrics, /healthz and /readyz\n");
    }
}

struct fl_metrics *fl_metrics_start(struct fl_runtime *rt, const char *address, int64_t ready_age, char **error)
{
    struct fl_metrics *m = fl_new(struct fl_metrics);
    m->rt = rt;
    m->ready_age = ready_age;
    m->server = fl_server_start("--metrics-listen", address, NULL, answer, m, error);
    if (m->server)
        return m;
    free(m);
    return NULL;
}

int fl_metrics_port(const struct fl_metrics *m)
{
    return fl_server_port(m->server);
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
    fl_server_stop(m->server);
    free(m);
}
