/*
 * worker.c - the generated path: messages in, encoded records into open objects; see worker.h. Its threads are in hands.c.
 *
 * Everything that a record needs lives in one arena that is reset per batch, in the message, or in buffers that are
 * used again: nothing is allocated per record. The ledger is brought up to date once per batch, and before the
 * batch's records go to the store, so that nothing is ever written that wasn't received.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "config/values.h"
#include "core/runtime.h"
#include "core/stage_times.h"
#include "encoders/encode.h"
#include "intake/intake.h"
#include "intake/queue.h"
#include "lookups/lookups.h"
#include "run/worker.h"
#include "store/store.h"

#define RECORD_BYTES ((size_t)2 << 20) /* of a load: small documents make many times their own size */

/* ---- making one ------------------------------------------------------------------------------------------------ */

static char *check(const struct fl_runtime *rt)
{
    const struct fl_pipeline *p = rt->pipeline;
    char *error = NULL;
    if (strcmp(fl_config_kind(rt->config, "encode"), "csv") == 0 && !p->outputs[0].csv) {
        if (asprintf(&error,
                     "encode: csv isn't compiled into pipeline %s; name it among the kinds of encode in %s, "
                     "or choose json", p->name, p->file ? p->file : "the .flow file") < 0)
            abort();
    }
    return error;
}

static unsigned processors(void)
{
    cpu_set_t may;
    return sched_getaffinity(0, sizeof may, &may) == 0 ? (unsigned)CPU_COUNT(&may) : 1;
}

struct fl_worker *fl_worker_new(struct fl_runtime *rt, char **error)
{
    *error = check(rt);
    if (*error)
        return NULL;
    struct fl_worker *w = calloc(1, sizeof *w);
    const struct fl_pipeline *p = rt->pipeline;
    uint64_t *dropped = calloc(p->nreasons + 1, sizeof *dropped);
    if (!w || !dropped)
        abort();
    w->rt = rt;
    w->p = p;
    w->processors = processors();
    w->hands = 1;
    fl_turns_init(&w->turns);
    for (int i = 0; i < FL_HANDS; i++)
        fl_hand_init(&w->hand[i], w);
    w->taker = &w->hand[0];
    w->cx = (struct fl_cx){.scratch = &w->taker->load.scratch, .now = rt->clock(rt).wall, .rt = rt, .dropped = dropped};
    fl_intake_init(&w->in, w);
    w->in.cx.scratch = w->cx.scratch;
    w->reject = fl_reject_new(fl_option_str(rt->config, "reject", "_", "directory"),
                              fl_option_int(rt->config, "reject", "_", "max"));
    for (uint32_t i = 0; i < p->ntables; i++)
        fl_table_open(p->tables[i]);
    if (p->init)
        *error = p->init(&w->cx);
    fl_arena_reset(w->cx.scratch);
    if (*error) {
        fl_worker_free(w);
        return NULL;
    }
    return w;
}

void fl_worker_free(struct fl_worker *w)
{
    if (!w)
        return;
    for (uint32_t i = 0; i < w->p->ntables; i++)
        fl_table_close(w->p->tables[i]);
    fl_intake_free(&w->in);
    fl_reject_free(w->reject);
    fl_buf_free(&w->partition);
    for (int i = 0; i < FL_HANDS; i++)
        fl_hand_free(&w->hand[i]);
    fl_turns_free(&w->turns);
    free(w->ticked.rec);
    free(w->cx.dropped);
    fl_encoding_free(w->rt->encoding);
    w->rt->encoding = NULL;
    free(w);
}

/* ---- the ledger ------------------------------------------------------------------------------------------------ */

static void count(struct fl_ledger *l, enum fl_counter c, uint64_t *n)
{
    if (*n)
        fl_count(l, c, *n);
    *n = 0;
}

/* What was taken. It is pending while it waits for its turn to run, or for lookups, which may take long. */
static void account_taken(struct fl_worker *w, struct fl_intake_counts *n)
{
    struct fl_ledger *l = &w->rt->ledger;
    count(l, FL_C_received, &n->received);
    count(l, FL_C_malformed, &n->malformed);
    count(l, FL_C_messages, &n->messages);
    count(l, FL_C_rejected_messages, &n->rejected);
}

/* What became of it. */
static void account(struct fl_worker *w, uint64_t emitted)
{
    struct fl_ledger *l = &w->rt->ledger;
    count(l, FL_C_emitted, &emitted);
    count(l, FL_C_arithmetic_overflow, &w->cx.overflows);
    for (uint32_t i = 0; i < w->p->nreasons; i++) {
        if (w->cx.dropped[i])
            atomic_fetch_add_explicit(&l->dropped[i], w->cx.dropped[i], memory_order_relaxed);
        w->cx.dropped[i] = 0;
    }
    for (uint32_t i = 0; i < w->p->ntables; i++) {
        count(l, FL_C_table_evicted, &w->p->tables[i]->evicted);
        count(l, FL_C_key_too_long, &w->p->tables[i]->too_long);
    }
}

static void report_bad(struct fl_worker *w)
{
    struct fl_intake *in = &w->in;
    int64_t now = w->rt->clock(w->rt).wall;
    for (uint32_t i = 0; i < in->nbad; i++) {
        const struct fl_bad_flow *b = &in->bad[i];
        fl_log_limited(10, FL_WARN, "malformed flow", "message=%llu flow=%u field=%s error=%s text=%s",
                       (unsigned long long)b->message, b->flow, fl_log_quote(b->field), fl_log_quote(b->what),
                       fl_log_quoten(b->raw, b->raw_n));
        struct fl_rejected what = {b->message, b->what, b->field, b->raw, b->raw_n};
        if (w->reject)
            fl_reject_put(w->reject, now, &what);
    }
    in->nbad = 0;
}

/* ---- a batch --------------------------------------------------------------------------------------------------- */

/* Where each record belongs, in scratch; NULL: the pipeline doesn't say. */
static const fl_str *partitions(struct fl_worker *w, const struct fl_batch *b, uint32_t from)
{
    const struct fl_output_of *out = &w->p->outputs[0];
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

static bool any_live(const struct fl_batch *b)
{
    for (uint32_t i = 0; i < b->n; i++)
        if (b->rec[i]->state == FL_LIVE)
            return true;
    return false;
}

static uint64_t count_emitted(const struct fl_batch *b)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < b->n; i++)
        n += b->rec[i]->emitted;
    return n;
}

/* The batch's live records from number `from` on, into open objects. */
static void encode(struct fl_worker *w, const struct fl_batch *b, uint32_t from)
{
    struct fl_store *s = w->rt->store;
    const fl_str *partition = partitions(w, b, from);
    for (uint32_t i = from; i < b->n; i++)
        if (b->rec[i]->state == FL_LIVE)
            fl_store_add(s, &w->cx, b->rec[i], partition ? partition[i] : (fl_str){NULL, 0, FL_PLAIN});
    fl_store_batch_end(s);
}

static void run(struct fl_worker *w, struct fl_batch *b)
{
    w->cx.now = w->rt->clock(w->rt).wall;
    w->cx.silent = fl_lookups_silent(w->rt->lookups);
    w->p->run(&w->cx, b);
    w->cx.silent = false; /* a test may preset answers before it expects */
    account(w, count_emitted(b));
    fl_stage_time(FL_TIMED_RUN);
    if (any_live(b))
        encode(w, b, 0);
    fl_stage_time(FL_TIMED_ENCODE);
}

/* ---- a load ---------------------------------------------------------------------------------------------------- */

static void lookups_end(struct fl_worker *w)
{
    if (w->rt->lookups)
        fl_lookups_batch_end(w->rt->lookups);
}

/* Everything in scratch is gone after this. */
static void forget(struct fl_load *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        l->batch[i].n = 0;
    l->n = 0;
    l->records = 0;
    fl_arena_reset(&l->scratch);
}

static void end_batch(struct fl_worker *w)
{
    w->held = false;
    w->ticked.n = 0;
    lookups_end(w);
    forget(&w->taker->load);
    w->in.spare = NULL;
}

void fl_worker_release(struct fl_worker *w)
{
    if (w->held)
        end_batch(w);
}

void fl_worker_work(struct fl_worker *w, struct fl_load *l)
{
    account_taken(w, &l->counts);
    w->cx.scratch = &l->scratch;
    for (uint32_t i = 0; i < l->n; i++) {
        run(w, &l->batch[i]);
        if (!w->hold)
            lookups_end(w);
    }
    if (w->hold)
        w->held = true;
    else
        forget(l);
}

void fl_worker_flush(struct fl_worker *w)
{
    if (w->held)
        return;
    fl_hand_turn(w->taker, FL_TURN_RUN);
    fl_worker_work(w, &w->taker->load);
    w->in.spare = NULL;
}

/* Its list of records is exchanged for an empty one. */
static void add_batch(struct fl_load *l, struct fl_batch *b)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 16;
        l->batch = realloc(l->batch, l->cap * sizeof *l->batch);
        if (!l->batch)
            abort();
        memset(l->batch + l->n, 0, (l->cap - l->n) * sizeof *l->batch);
    }
    struct fl_batch empty = l->batch[l->n];
    l->records += b->n;
    l->batch[l->n++] = *b;
    *b = empty;
}

void fl_worker_run(struct fl_worker *w)
{
    struct fl_load *l = &w->taker->load;
    if (w->in.nbad)
        report_bad(w);
    fl_stage_time(FL_TIMED_DECODE);
    l->counts.messages += w->in.counts.messages;
    l->counts.rejected += w->in.counts.rejected;
    l->counts.received += w->in.counts.received;
    l->counts.malformed += w->in.counts.malformed;
    w->in.counts = (struct fl_intake_counts){0};
    if (w->held) { /* nothing came since, but for what was rejected */
        account_taken(w, &l->counts);
        return;
    }
    if (w->in.batch.n)
        add_batch(l, &w->in.batch);
    if (w->hands == 1 || l->records * w->p->record_size > RECORD_BYTES)
        fl_worker_flush(w);
}

/* ---- messages and timers --------------------------------------------------------------------------------------- */

void fl_worker_take(struct fl_worker *w, struct fl_message *m)
{
    char behind[FL_PAD], *end = m->data + m->n;
    if (m->block) /* a slice: its neighbour begins there */
        memcpy(behind, end, FL_PAD);
    memset(end, 0, FL_PAD);
    fl_count(&w->rt->ledger, FL_C_bytes_in, m->n);
    if (m->stream)
        fl_intake_block(&w->in, m);
    else
        fl_intake_message(&w->in, m);
    if (m->block)
        memcpy(end, behind, FL_PAD);
    account_taken(w, &w->taker->load.counts);
    fl_reject_flush(w->reject);
}

void fl_worker_message(struct fl_worker *w, struct fl_message *m)
{
    fl_worker_take(w, m);
    fl_worker_flush(w);
}

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
    if (w->ticked.n > from)
        encode(w, &w->ticked, from);
    if (w->hold) {
        w->held = true;
    } else {
        w->ticked.n = 0;
        lookups_end(w);
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
    struct fl_time now = w->rt->clock(w->rt);
    int64_t next = tick_pipeline(w, now);
    return earlier(next, fl_store_tick(w->rt->store, now));
}

/* A second at most: records that come meanwhile may need an earlier one. */
int64_t fl_worker_tick(struct fl_worker *w)
{
    int64_t next = fl_worker_timers(w);
    return earlier(next, w->rt->clock(w->rt).mono + FL_SECOND);
}

/* ---- the threads ----------------------------------------------------------------------------------------------- */

static void *work(void *arg)
{
    fl_hands_work(arg);
    return NULL;
}

void fl_worker_start(struct fl_worker *w)
{
    int error = pthread_create(&w->hand[0].thread, NULL, work, w);
    if (error) {
        fprintf(stderr, "can't start the worker thread: %s\n", strerror(error));
        abort();
    }
    pthread_setname_np(w->hand[0].thread, "worker");
    w->running = true;
}

void fl_worker_join(struct fl_worker *w)
{
    if (w->running)
        pthread_join(w->hand[0].thread, NULL);
    w->running = false;
}
