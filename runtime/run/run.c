/*
 * run.c - what happens to batches: the pipeline's stages, encoding into open objects, timers, and the books; see load.h. In the
 * turn to run.
 *
 * The ledger is brought up to date once per batch, and before the batch's records go to the store, so that nothing is
 * ever written that wasn't received.
 */
#include "base/check.h"
#include "core/stage_times.h"
#include "delivery/records.h"
#include "lookups/lookups.h"
#include "run/load.h"
#include "run/worker.h"
#include "store/store.h"
#include "tables/fills.h"

/* ---- the ledger ------------------------------------------------------------------------------------------------ */

static void count(struct fl_ledger *l, enum fl_counter c, uint64_t *n)
{
    if (*n)
        fl_count(l, c, *n);
    *n = 0;
}

void fl_load_account(struct fl_worker *w, struct fl_load *load)
{
    struct fl_ledger *l = &w->rt->ledger;
    struct fl_intake_counts *n = &load->counts;
    count(l, FL_C_received, &n->received);
    count(l, FL_C_malformed, &n->malformed);
    count(l, FL_C_messages, &n->messages);
    count(l, FL_C_rejected_messages, &n->rejected);
    count(l, FL_C_skipped_bytes, &n->skipped);
}

static void account_dropped(struct fl_worker *w, struct fl_ledger *l)
{
    count(&w->rt->ledger, FL_C_arithmetic_overflow, &w->cx.overflows);
    for (uint32_t i = 0; i < w->p->nreasons; i++) {
        if (w->cx.dropped[i])
            atomic_fetch_add_explicit(&l->dropped[i], w->cx.dropped[i], memory_order_relaxed);
        w->cx.dropped[i] = 0;
    }
}

/* What became of it. */
static void account(struct fl_worker *w, uint64_t emitted)
{
    struct fl_ledger *l = &w->rt->ledger;
    count(l, FL_C_emitted, &emitted);
    account_dropped(w, l);
    for (uint32_t i = 0; i < w->p->ntables; i++) {
        count(l, FL_C_table_evicted, &w->p->tables[i]->evicted);
        count(l, FL_C_key_too_long, &w->p->tables[i]->too_long);
        count(l, FL_C_key_no_address, &w->p->tables[i]->no_key);
    }
}

/* ---- a batch --------------------------------------------------------------------------------------------------- */

/* Where each record belongs, in scratch; NULL: the pipeline doesn't say. */
static const fl_str *partitions(struct fl_worker *w, uint32_t output, const struct fl_batch *b, uint32_t from)
{
    const struct fl_output_of *out = &w->p->outputs[output];
    if (!out->partition)
        return NULL;
    fl_str *list = fl_arena_get(w->cx.scratch, b->n * sizeof *list);
    for (uint32_t i = from; i < b->n; i++) {
        if (b->rec[i]->state != FL_LIVE)
            continue;
        w->partition.n = 0;
        out->partition(&w->cx, b->rec[i], &w->partition);
        list[i] = (fl_str){fl_arena_strndup(w->cx.scratch, w->partition.p, w->partition.n), (uint32_t)w->partition.n,
                           FL_PLAIN};
    }
    return list;
}

static uint64_t count_emitted(const struct fl_batch *b)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < b->n; i++)
        n += b->rec[i]->emitted;
    return n;
}

/* The batch's live records from number `from` on, into the output's open objects. */
static void encode(struct fl_worker *w, uint32_t output, const struct fl_batch *b, uint32_t from)
{
    struct fl_store *s = w->rt->route[output].store;
    if (w->rt->route[output].records) {
        fl_records_add(w->rt->route[output].records, &w->cx, b, from);
        return;
    }
    const fl_str *partition = partitions(w, output, b, from);
    for (uint32_t i = from; i < b->n; i++)
        if (b->rec[i]->state == FL_LIVE)
            fl_store_add(s, &w->cx, b->rec[i], partition ? partition[i] : (fl_str){NULL, 0, FL_PLAIN});
    fl_store_batch_end(s);
}

static struct fl_batch live_ones(struct fl_worker *w, const struct fl_batch *b, uint32_t from)
{
    struct fl_batch live = {.rec = fl_arena_get(w->cx.scratch, (b->n - from + 1) * sizeof *live.rec)};
    for (uint32_t i = from; i < b->n; i++)
        if (b->rec[i]->state == FL_LIVE)
            live.rec[live.n++] = b->rec[i];
    return live;
}

/* One output: its own stages, and into its objects what these leave. */
static void to_output(struct fl_worker *w, uint32_t output, struct fl_batch *b, uint32_t from)
{
    const struct fl_output_of *of = &w->p->outputs[output];
    if (of->run) {
        w->cx.silent = fl_lookups_silent(w->rt->lookups);
        of->run(&w->cx, b);
        w->cx.silent = false;
        account_dropped(w, fl_ledger_of(&w->rt->ledger, output));
        fl_stage_time(FL_TIMED_RUN);
    }
    encode(w, output, b, from);
    for (uint32_t k = 0; k < of->nmeters; k++)
        count(fl_ledger_of(&w->rt->ledger, output), FL_C_metric_other, &of->meters[k]->others);
    fl_stage_time(FL_TIMED_ENCODE);
}

/* To all outputs. What the stages of one drop comes to the others all the same; tests ask what the first one did. */
static void route(struct fl_worker *w, const struct fl_batch *b, uint32_t from)
{
    if (w->p->noutputs == 1) {
        struct fl_batch all = *b;
        to_output(w, 0, &all, from);
        return;
    }
    struct fl_batch live = live_ones(w, b, from);
    struct fl_rec *first = w->hold ? fl_arena_get(w->cx.scratch, (live.n + 1) * sizeof *first) : NULL;
    for (uint32_t i = 0; i < w->p->noutputs && live.n; i++) {
        to_output(w, i, &live, 0);
        for (uint32_t k = 0; k < live.n; k++) {
            if (first && i == 0)
                first[k] = *live.rec[k];
            live.rec[k]->state = FL_LIVE;
        }
    }
    for (uint32_t k = 0; first && k < live.n; k++) {
        live.rec[k]->state = first[k].state;
        live.rec[k]->reason = first[k].reason;
    }
}

static void run(struct fl_worker *w, struct fl_batch *b)
{
    w->cx.now = w->rt->clock(w->rt).wall;
    w->cx.silent = fl_lookups_silent(w->rt->lookups);
    fl_fills_take(w->rt->fills);
    const uint32_t received = b->n;
    w->p->run(&w->cx, b);
    fl_batch_order(w->cx.scratch, b, received);
    w->cx.silent = false; /* a test may preset answers before it expects */
    account(w, count_emitted(b));
    fl_stage_time(FL_TIMED_RUN);
    route(w, b, 0);
}

/* ---- a load ---------------------------------------------------------------------------------------------------- */

void fl_worker_lookups_end(struct fl_worker *w)
{
    if (w->rt->lookups)
        fl_lookups_batch_end(w->rt->lookups);
}

void fl_load_forget(struct fl_load *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        l->batch[i].n = 0;
    l->n = l->done = 0;
    l->records = 0;
    fl_arena_reset(&l->scratch);
}

void fl_worker_work(struct fl_worker *w, struct fl_load *l)
{
    FL_ALIVE(w, FL_WORKER_MARK);
    fl_load_account(w, l);
    w->cx.scratch = &l->scratch;
    for (; l->done < l->n; l->done++) {
        run(w, &l->batch[l->done]);
        if (!w->hold)
            fl_worker_lookups_end(w);
    }
    if (w->hold)
        w->held = true;
    else
        fl_load_forget(l);
}

/* ---- timers ----------------------------------------------------------------------------------------------------- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* `absent .. every`; returns when it wants to be called again, mono time. */
static int64_t tick_pipeline(struct fl_worker *w, struct fl_time now)
{
    if (!w->p->tick)
        return INT64_MAX;
    uint32_t from = w->ticked.n;
    w->cx.now = now.wall;
    w->cx.silent = fl_lookups_silent(w->rt->lookups);
    int64_t next = w->p->tick(&w->cx, &w->ticked);
    w->cx.silent = false;
    account(w, w->ticked.n - from);
    route(w, &w->ticked, from);
    if (w->hold) {
        w->held = true;
    } else {
        w->ticked.n = 0;
        fl_worker_lookups_end(w);
        fl_arena_reset(w->cx.scratch);
    }
    int64_t mono;
    if (next == INT64_MAX || __builtin_sub_overflow(next, now.wall, &mono) ||
        __builtin_add_overflow(mono, now.mono, &mono))
        return INT64_MAX;
    return mono > now.mono ? mono : now.mono + 1;
}

int64_t fl_worker_timers(struct fl_worker *w)
{
    fl_fills_take(w->rt->fills); /* also when nothing comes in */
    struct fl_time now = w->rt->clock(w->rt);
    int64_t next = tick_pipeline(w, now);
    return earlier(next, fl_stores_tick(w->rt, now));
}

void fl_worker_end(struct fl_worker *w)
{
    struct fl_time now = w->rt->clock(w->rt);
    w->cx.ending = true;
    while (tick_pipeline(w, now) <= now.mono + 1) /* there is more */
        ;
    w->cx.ending = false;
}

/* A second at most: records that come meanwhile may need an earlier one. */
int64_t fl_worker_tick(struct fl_worker *w)
{
    FL_ALIVE(w, FL_WORKER_MARK);
    int64_t next = fl_worker_timers(w);
    return earlier(next, w->rt->clock(w->rt).mono + FL_SECOND);
}
