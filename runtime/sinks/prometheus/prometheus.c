/*
 * prometheus.c - write prometheus: records go into metrics, which are served at /metrics; with --output they are written when the
 * input ends, to standard output or as FOLDER/PIPELINE.prom, and nothing is served.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/record_sink.h"
#include "net/server.h"
#include "sinks/prometheus/page.h"

#define LOOPBACK "127.0.0.1"

struct sink {
    struct fl_runtime *rt;
    const struct fl_output_of *output;
    const char *listen;
    struct fl_page *page;
    struct fl_server *server;
};

/* ---- scrapes ------------------------------------------------------------------------------------------------------ */

static size_t more(void *state, char *to, size_t room)
{
    return fl_page_next(state, to, room);
}

static void done(void *state)
{
    fl_page_close(state);
}

static void answer(void *arg, const char *path, struct fl_server_answer *a)
{
    const struct sink *s = arg;
    *a = (struct fl_server_answer){.status = 200, .type = FL_PAGE_TYPE};
    if (strcmp(path, "/metrics") != 0) {
        a->status = 404;
        a->type = "text/plain";
        fl_buf_puts(&a->body, "not found; there is /metrics\n");
    } else if ((a->state = fl_page_open(s->page)) != NULL) {
        a->more = more;
        a->done = done;
    } else {
        a->status = 503;
        a->type = "text/plain";
        fl_buf_puts(&a->body, "too many are reading it\n");
    }
}

/* ---- the page as a file ------------------------------------------------------------------------------------------- */

static char *print_page(const struct sink *s, FILE *f, const char *name)
{
    char *part = fl_alloc(FL_PAGE_LEAST);
    struct fl_page_reading *r = fl_page_open(s->page);
    bool good = r != NULL;
    for (size_t n; good && (n = fl_page_next(r, part, FL_PAGE_LEAST)) > 0;)
        good = fwrite(part, 1, n, f) == n;
    good = fflush(f) == 0 && good;
    char *error = good ? NULL : fl_said("cannot write the metrics to %s: %s", name, strerror(errno));
    if (r)
        fl_page_close(r);
    free(part);
    return error;
}

/* Whole or not at all: node_exporter's textfile collector may read it at any time. */
static char *write_page(const struct sink *s, const char *folder)
{
    char *name = fl_said("%s/%s.prom", folder, s->rt->pipeline->name), *new = fl_said("%s.new", name), *error = NULL;
    FILE *f = mkdir(folder, 0777) == 0 || errno == EEXIST ? fopen(new, "we") : NULL;
    if (f) {
        error = print_page(s, f, name);
        fclose(f);
    }
    if (!f || (!error && rename(new, name) != 0))
        error = fl_said("cannot write the metrics to %s: %s", name, strerror(errno));
    if (error && f)
        unlink(new);
    free(new);
    free(name);
    return error;
}

/* ---- the kind ----------------------------------------------------------------------------------------------------- */

static void *open_sink(struct fl_runtime *rt, const struct fl_output_of *output, const struct fl_options *o, char **error)
{
    struct sink *s = fl_new(struct sink);
    (void)error;
    s->rt = rt;
    s->output = output;
    s->listen = fl_opt_str(o, "listen");
    s->page = fl_page_new(output->meters, output->nmeters);
    return s;
}

static char *check(void *sink)
{
    struct sink *s = sink;
    char *error = NULL;
    if (s->rt->output_to)
        return NULL;
    s->server = fl_server_start("metrics at", s->listen, LOOPBACK, answer, s, &error);
    if (s->server)
        fl_log(FL_INFO, "serving the pipeline's metrics", "address=%s port=%d", fl_log_quote(s->listen), fl_server_port(s->server));
    return error;
}

static void add(void *sink, struct fl_cx *cx, const struct fl_rec *r)
{
    const struct sink *s = sink;
    s->output->meter(cx, r);
}

static int64_t tick(void *sink, struct fl_time now)
{
    struct sink *s = sink;
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < s->output->nmeters; i++) {
        int64_t due = fl_meters_sweep(s->output->meters[i], now.wall);
        next = due < next ? due : next;
    }
    return next == INT64_MAX ? next : now.mono + (next - now.wall);
}

static char *end(void *sink)
{
    struct sink *s = sink;
    const char *to = s->rt->output_to;
    return !to ? NULL : strcmp(to, "-") == 0 ? print_page(s, stdout, "standard output") : write_page(s, to);
}

static bool lasts(void *sink)
{
    const struct sink *s = sink;
    return s->server != NULL;
}

static void close_sink(void *sink)
{
    struct sink *s = sink;
    fl_server_stop(s->server);
    fl_page_free(s->page);
    free(s);
}

const struct fl_record_sink_kind fl_record_sink_prometheus = {"prometheus", open_sink, check, add, tick, end, lasts, close_sink};
