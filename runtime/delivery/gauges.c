/*
 * gauges.c - what waits in front of each sink, and how writing goes, for a scrape of /metrics. Called by program/metrics.c, from the
 * server's thread.
 *
 * Of each output one copy is taken under its lock, so that its numbers belong together; it is printed without the lock.
 */
#include <stdio.h>

#include "core/runtime.h"
#include "delivery/output.h"
#include "delivery/private.h"

/* ns; what is longer is only among all. */
static const int64_t limits[FL_DURATIONS] = {
    5 * FL_SECOND / 1000, 10 * FL_SECOND / 1000, 25 * FL_SECOND / 1000, 50 * FL_SECOND / 1000, FL_SECOND / 10, FL_SECOND / 4,
    FL_SECOND / 2, FL_SECOND, 5 * FL_SECOND / 2, 5 * FL_SECOND, 10 * FL_SECOND, 60 * FL_SECOND,
};

struct gauges {
    const char *name; /* NULL: there is only one */
    uint64_t bytes, max_bytes;
    unsigned objects;
    int64_t oldest, wrote_at;
    struct fl_durations took;
};

void fl_durations_add(struct fl_durations *d, int64_t took)
{
    for (int i = 0; i < FL_DURATIONS; i++)
        d->upto[i] += took <= limits[i];
    d->n++;
    d->sum += took;
}

/* Since when the oldest record has been here. Objects wait in the order in which they were sealed; none is sealed before its first record. */
static int64_t since(const struct fl_output *o)
{
    int64_t oldest = o->open ? o->open->opened : INT64_MAX;
    for (const struct fl_parcel *p = o->first; p; p = p->next)
        if (p->opened < oldest)
            oldest = p->opened;
    return oldest;
}

static void take(struct fl_output *o, struct gauges *g)
{
    pthread_mutex_lock(&o->lock);
    int64_t oldest = since(o);
    g->objects = o->nsealed;
    g->bytes = atomic_load_explicit(&o->held, memory_order_relaxed);
    g->max_bytes = o->max_bytes;
    g->oldest = oldest == INT64_MAX ? 0 : o->rt->clock(o->rt).mono - oldest;
    g->wrote_at = o->wrote_at;
    g->took = o->took;
    pthread_mutex_unlock(&o->lock);
}

static void put_head(struct fl_buf *out, const char *name, const char *type, const char *doc)
{
    fl_buf_printf(out, "# HELP flowc_%s %s\n# TYPE flowc_%s %s\n", name, doc, name, type);
}

/* A name without its value; `more`: another label, or NULL. */
static void put_name(struct fl_buf *out, const struct gauges *g, const char *name, const char *more)
{
    fl_buf_printf(out, "flowc_%s", name);
    if (g->name || more)
        fl_buf_printf(out, "{%s%s%s%s%s}", g->name ? "output=\"" : "", g->name ? g->name : "", g->name ? "\"" : "", g->name && more ? "," : "",
                      more ? more : "");
    fl_buf_putc(out, ' ');
}

static void put_count(struct fl_buf *out, const struct gauges *g, const char *name, const char *more, uint64_t n)
{
    put_name(out, g, name, more);
    fl_buf_printf(out, "%llu\n", (unsigned long long)n);
}

static void put_seconds(struct fl_buf *out, const struct gauges *g, const char *name, int64_t ns)
{
    put_name(out, g, name, NULL);
    fl_buf_printf(out, "%lld.%03lld\n", (long long)(ns / FL_SECOND), (long long)(ns % FL_SECOND / (FL_SECOND / 1000)));
}

static void put_durations(struct fl_buf *out, const struct gauges *g)
{
    char le[32];
    for (int i = 0; i < FL_DURATIONS; i++) {
        snprintf(le, sizeof le, "le=\"%g\"", (double)limits[i] / FL_SECOND);
        put_count(out, g, "write_duration_seconds_bucket", le, g->took.upto[i]);
    }
    put_count(out, g, "write_duration_seconds_bucket", "le=\"+Inf\"", g->took.n);
    put_seconds(out, g, "write_duration_seconds_sum", g->took.sum);
    put_count(out, g, "write_duration_seconds_count", NULL, g->took.n);
}

void fl_output_metrics(const struct fl_runtime *rt, struct fl_buf *out)
{
    struct gauges all[FL_OUTPUTS_MAX];
    uint32_t n = 0;
    FL_EACH_OUTPUT(rt, i) {
        all[n] = (struct gauges){.name = rt->pipeline->noutputs > 1 ? rt->pipeline->outputs[i].name : NULL};
        take(rt->route[i].output, &all[n++]);
    }
    if (!n)
        return;
    put_head(out, "output_queue_bytes", "gauge", "memory of sealed objects that wait to be written");
    for (uint32_t i = 0; i < n; i++)
        put_count(out, &all[i], "output_queue_bytes", NULL, all[i].bytes);
    put_head(out, "output_queue_limit_bytes", "gauge", "as many may wait: pipeline.output.queue.max_bytes");
    for (uint32_t i = 0; i < n; i++)
        put_count(out, &all[i], "output_queue_limit_bytes", NULL, all[i].max_bytes);
    put_head(out, "output_queue_objects", "gauge", "sealed objects that wait to be written");
    for (uint32_t i = 0; i < n; i++)
        put_count(out, &all[i], "output_queue_objects", NULL, all[i].objects);
    put_head(out, "oldest_unsent_seconds", "gauge", "since the oldest record came that isn't written yet, those in open objects too; 0: there is none");
    for (uint32_t i = 0; i < n; i++)
        put_seconds(out, &all[i], "oldest_unsent_seconds", all[i].oldest);
    put_head(out, "last_write_timestamp_seconds", "gauge", "when the sink took an object last; 0: none yet");
    for (uint32_t i = 0; i < n; i++)
        put_seconds(out, &all[i], "last_write_timestamp_seconds", all[i].wrote_at);
    put_head(out, "write_duration_seconds", "histogram", "how long the attempts took in which the sink took an object");
    for (uint32_t i = 0; i < n; i++)
        put_durations(out, &all[i]);
}
