/*
 * ledger.c - the books: counters that must add up, in the log at exit and at /metrics. See runtime.h and
 * dsl/counters.def.
 * Counted by every thread, read by program/main.c, program/metrics.c and the tests.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "core/ledger.h"
#include "flowrt.h"

static const struct { const char *name, *unit, *doc; } rows[] = {
#define C(name, unit, doc) { #name, unit, doc },
#include "dsl/counters.def"
#undef C
};

void fl_ledger_init(struct fl_ledger *l, const struct fl_pipeline *p)
{
    for (int i = 0; i < FL_COUNTERS; i++)
        atomic_init(&l->n[i], 0);
    l->nreasons = p->nreasons;
    l->reasons = p->reasons;
    l->dropped = fl_new_array(_Atomic uint64_t, p->nreasons + 1);
}

void fl_ledger_free(struct fl_ledger *l)
{
    free(l->dropped);
    l->dropped = NULL;
}

static uint64_t get(const struct fl_ledger *l, enum fl_counter c)
{
    return atomic_load_explicit(&l->n[c], memory_order_relaxed);
}

static uint64_t dropped(const struct fl_ledger *l, uint32_t reason)
{
    return atomic_load_explicit(&l->dropped[reason], memory_order_relaxed);
}

/* What left is read before what came: so the difference is never negative while others count on. */
uint64_t fl_ledger_pending(const struct fl_ledger *l)
{
    uint64_t out = get(l, FL_C_written) + get(l, FL_C_malformed) + get(l, FL_C_overflow) + get(l, FL_C_refused) +
                   get(l, FL_C_undelivered);
    for (uint32_t i = 0; i < l->nreasons; i++)
        out += dropped(l, i);
    atomic_thread_fence(memory_order_acquire);
    uint64_t in = get(l, FL_C_received) + get(l, FL_C_emitted);
    return in > out ? in - out : 0;
}

void fl_ledger_log(const struct fl_ledger *l)
{
    struct fl_buf b = { 0 };
    uint64_t pending = fl_ledger_pending(l);
    for (int i = 0; i < FL_COUNTERS; i++)
        if (get(l, i))
            fl_buf_printf(&b, "%s=%llu ", rows[i].name, (unsigned long long)get(l, i));
    for (uint32_t i = 0; i < l->nreasons; i++)
        if (dropped(l, i))
            fl_buf_printf(&b, "dropped.%s=%llu ", l->reasons[i], (unsigned long long)dropped(l, i));
    fl_buf_printf(&b, "pending=%llu", (unsigned long long)pending);
    fl_log(FL_INFO, "ledger", "%.*s", (int)b.n, b.p);
    fl_buf_free(&b);
}

/* Names and reasons are identifiers; only a version is free text. */
static void put_label(struct fl_buf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            fl_buf_printf(out, "\\%c", *s);
        else if (*s == '\n')
            fl_buf_puts(out, "\\n");
        else
            fl_buf_putc(out, *s);
    }
}

void fl_ledger_metrics(const struct fl_ledger *l, const struct fl_pipeline *p, struct fl_buf *out)
{
    uint64_t pending = fl_ledger_pending(l);
    for (int i = 0; i < FL_COUNTERS; i++)
        fl_buf_printf(out, "# HELP flowc_%s_total %s\n# TYPE flowc_%s_total counter\nflowc_%s_total %llu\n",
                      rows[i].name, rows[i].doc, rows[i].name, rows[i].name, (unsigned long long)get(l, i));
    fl_buf_puts(out, "# HELP flowc_dropped_total records dropped by a rule of the pipeline\n# TYPE "
                "flowc_dropped_total counter\n");
    for (uint32_t i = 0; i < l->nreasons; i++)
        fl_buf_printf(out, "flowc_dropped_total{reason=\"%s\"} %llu\n", l->reasons[i],
                      (unsigned long long)dropped(l, i));
    fl_buf_printf(out, "# HELP flowc_pending records received or emitted that are neither written nor dropped yet\n"
                  "# TYPE flowc_pending gauge\nflowc_pending %llu\n", (unsigned long long)pending);
    fl_buf_puts(out, "# HELP flowc_build_info the pipeline that this program was compiled from\n# TYPE "
                "flowc_build_info gauge\n"
                "flowc_build_info{pipeline=\"");
    put_label(out, p->name);
    fl_buf_puts(out, "\",version=\"");
    put_label(out, p->version ? p->version : "");
    fl_buf_puts(out, "\"} 1\n");
}
