/*
 * metrics.c - /metrics (Prometheus text), /healthz and /readyz over HTTP; see metrics.h. Started by main.c for --metrics-listen;
 * net/server.c serves.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "core/runtime.h"
#include "delivery/output.h"
#include "intake/source.h"
#include "net/server.h"
#include "program/metrics.h"
#include "tables/fills.h"

struct fl_metrics {
    struct fl_runtime *rt;
    struct fl_server *server;
    int64_t started;        /* mono */
    int64_t ready_age;
    atomic_bool ready;
};

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
        put_process(m, &a->body);
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
    m->started = rt->clock(rt).mono;
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
