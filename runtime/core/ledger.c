/*
 * ledger.c - the books: counters that must add up, in the log at exit and at /metrics. See runtime.h and
 * dsl/counters.def.
 * Counted by every thread, read by program/main.c, program/metrics.c and the tests.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "core/ledger.h"
#include "flowrt.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

static const struct { const char *name, *unit, *doc; } rows[] = {
#define C(name, unit, doc) { #name, unit, doc },
#include "dsl/counters.def"
#undef C
};

/* What each output counts by itself. */
static const bool by_output[FL_COUNTERS] = {
    [FL_C_written] = true, [FL_C_unproven] = true, [FL_C_overflow] = true, [FL_C_refused] = true, [FL_C_undelivered] = true,
    [FL_C_objects] = true, [FL_C_sink_bytes] = true, [FL_C_write_retries] = true,
};

static void init(struct fl_ledger *l, const struct fl_pipeline *p)
{
    for (int i = 0; i < FL_COUNTERS; i++)
        atomic_init(&l->n[i], 0);
    l->nreasons = p->nreasons;
    l->reasons = p->reasons;
    l->dropped = fl_new_array(_Atomic uint64_t, p->nreasons + 1);
    l->of = NULL;
    l->noutputs = 0;
    l->common = NULL;
    l->output = NULL;
}

void fl_ledger_init(struct fl_ledger *l, const struct fl_pipeline *p)
{
    init(l, p);
    if (p->noutputs < 2)
        return;
    l->noutputs = p->noutputs;
    l->of = fl_new_array(struct fl_ledger, p->noutputs);
    for (uint32_t i = 0; i < p->noutputs; i++) {
        init(&l->of[i], p);
        l->of[i].common = l;
        l->of[i].output = p->outputs[i].name;
    }
}

void fl_ledger_free(struct fl_ledger *l)
{
    for (uint32_t i = 0; i < l->noutputs; i++)
        free(l->of[i].dropped);
    free(l->of);
    free(l->dropped);
    l->of = NULL;
    l->noutputs = 0;
    l->dropped = NULL;
}

void fl_ledger_clear(struct fl_ledger *l)
{
    for (int i = 0; i < FL_COUNTERS; i++)
        atomic_store(&l->n[i], 0);
    for (uint32_t i = 0; i < l->nreasons; i++)
        atomic_store(&l->dropped[i], 0);
    for (uint32_t i = 0; i < l->noutputs; i++)
        fl_ledger_clear(&l->of[i]);
}

static uint64_t get(const struct fl_ledger *l, enum fl_counter c)
{
    return atomic_load_explicit(&l->n[c], memory_order_relaxed);
}

static uint64_t dropped(const struct fl_ledger *l, uint32_t reason)
{
    return atomic_load_explicit(&l->dropped[reason], memory_order_relaxed);
}

uint64_t fl_ledger_sum(const struct fl_ledger *l, enum fl_counter c)
{
    uint64_t n = get(l, c);
    for (uint32_t i = 0; i < l->noutputs; i++)
        n += get(&l->of[i], c);
    return n;
}

static uint64_t gone(const struct fl_ledger *l)
{
    uint64_t out = get(l, FL_C_written) + get(l, FL_C_malformed) + get(l, FL_C_overflow) + get(l, FL_C_refused) +
                   get(l, FL_C_undelivered);
    for (uint32_t i = 0; i < l->nreasons; i++)
        out += dropped(l, i);
    return out;
}

/* What left is read before what came: so the difference is never negative while others count on. */
uint64_t fl_ledger_pending(const struct fl_ledger *l)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < l->noutputs; i++)
        all += fl_ledger_pending(&l->of[i]);
    if (l->noutputs)
        return all;
    uint64_t out = gone(l) + (l->common ? gone(l->common) : 0);
    const struct fl_ledger *came = l->common ? l->common : l;
    atomic_thread_fence(memory_order_acquire);
    uint64_t in = get(came, FL_C_received) + get(came, FL_C_emitted);
    return in > out ? in - out : 0;
}

static void log_one(const struct fl_ledger *l, const char *waits)
{
    struct fl_buf b = { 0 };
    uint64_t pending = fl_ledger_pending(l);
    if (l->output)
        fl_buf_printf(&b, "output=%s ", l->output);
    for (int i = 0; i < FL_COUNTERS; i++)
        if (get(l, i))
            fl_buf_printf(&b, "%s=%llu ", rows[i].name, (unsigned long long)get(l, i));
    for (uint32_t i = 0; i < l->nreasons; i++)
        if (dropped(l, i))
            fl_buf_printf(&b, "dropped.%s=%llu ", l->reasons[i], (unsigned long long)dropped(l, i));
    fl_buf_printf(&b, "pending=%llu%s%s", (unsigned long long)pending, waits && *waits ? " " : "", waits ? waits : "");
    fl_log(FL_INFO, "ledger", "%.*s", (int)b.n, b.p);
    fl_buf_free(&b);
}

void fl_ledger_log(const struct fl_ledger *l, const char *const *waits)
{
    log_one(l, NULL);
    for (uint32_t i = 0; i < l->noutputs; i++)
        log_one(&l->of[i], waits ? waits[i] : NULL);
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

/* `{output="NAME"}` where there are several. */
static void put_counter(const struct fl_ledger *l, int i, struct fl_buf *out)
{
    fl_buf_printf(out, "flowc_%s_total", rows[i].name);
    if (l->output)
        fl_buf_printf(out, "{output=\"%s\"}", l->output);
    fl_buf_printf(out, " %llu\n", (unsigned long long)get(l, i));
}

static void put_dropped(const struct fl_ledger *l, struct fl_buf *out)
{
    for (uint32_t i = 0; i < l->nreasons; i++) {
        fl_buf_puts(out, "flowc_dropped_total{");
        if (l->output)
            fl_buf_printf(out, "output=\"%s\",", l->output);
        fl_buf_printf(out, "reason=\"%s\"} %llu\n", l->reasons[i], (unsigned long long)dropped(l, i));
    }
}

void fl_ledger_metrics(const struct fl_ledger *l, const struct fl_pipeline *p, struct fl_buf *out)
{
    for (int i = 0; i < FL_COUNTERS; i++) {
        fl_buf_printf(out, "# HELP flowc_%s_total %s\n# TYPE flowc_%s_total counter\n", rows[i].name, rows[i].doc, rows[i].name);
        if (!l->noutputs || !by_output[i])
            put_counter(l, i, out);
        for (uint32_t o = 0; o < l->noutputs && by_output[i]; o++)
            put_counter(&l->of[o], i, out);
    }
    fl_buf_puts(out, "# HELP flowc_dropped_total records dropped by a rule of the pipeline\n# TYPE "
                "flowc_dropped_total counter\n");
    put_dropped(l, out);
    for (uint32_t o = 0; o < l->noutputs; o++)
        put_dropped(&l->of[o], out);
    fl_buf_puts(out, "# HELP flowc_pending records received or emitted that are neither written nor dropped yet\n# TYPE flowc_pending gauge\n");
    if (!l->noutputs)
        fl_buf_printf(out, "flowc_pending %llu\n", (unsigned long long)fl_ledger_pending(l));
    for (uint32_t o = 0; o < l->noutputs; o++)
        fl_buf_printf(out, "flowc_pending{output=\"%s\"} %llu\n", l->of[o].output, (unsigned long long)fl_ledger_pending(&l->of[o]));
    fl_buf_puts(out, "# HELP flowc_build_info the pipeline that this program was compiled from, and by which flowc\n# TYPE "
                "flowc_build_info gauge\n"
                "flowc_build_info{flowc=\"" PACKAGE_VERSION "\",pipeline=\"");
    put_label(out, p->name);
    fl_buf_puts(out, "\",version=\"");
    put_label(out, p->version ? p->version : "");
    fl_buf_puts(out, "\"} 1\n");
}
