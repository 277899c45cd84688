/*
 * worker.c - the thread that runs the generated path: messages in, encoded records into open objects; see runtime.h.
 *
 * Everything that a record needs lives in one arena that is reset per batch, in the message, or in buffers that are
 * used again: nothing is allocated per record. The ledger is brought up to date once per batch, and before the
 * batch's records go to the store, so that nothing is ever written that wasn't received.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "intake.h"
#include "log.h"
#include "stage_times.h"

#define LARGE ((size_t)1 << 20) /* so large a message isn't kept until it is encoded elsewhere */

/* ---- making one ------------------------------------------------------------------------------------------------ */

static char *check(const struct fl_runtime *rt)
{
    const struct fl_pipeline *p = rt->pipeline;
    char *error = NULL;
    if (strcmp(fl_config_kind(rt->config, "encode"), "csv") == 0 && !p->csv) {
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
    fl_arena_init(&w->scratch, FL_SCRATCH_CHUNK);
    w->cx = (struct fl_cx){.scratch = &w->scratch, .now = rt->clock(rt).wall, .rt = rt, .dropped = dropped};
    fl_intake_init(&w->in, w);
    w->reject = fl_reject_new(fl_option_str(rt->config, "reject", "_", "directory"),
                              fl_option_int(rt->config, "reject", "_", "max"));
    for (uint32_t i = 0; i < p->ntables; i++)
        fl_table_open(p->tables[i]);
    if (p->init)
        *error = p->init(&w->cx);
    fl_arena_reset(&w->scratch);
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
    fl_arena_free(&w->scratch);
    free(w->batch.rec);
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

static void account(struct fl_worker *w, uint64_t emitted)
{
    struct fl_ledger *l = &w->rt->ledger;
    count(l, FL_C_received, &w->in.received);
    count(l, FL_C_emitted, &emitted);
    count(l, FL_C_malformed, &w->in.malformed);
    count(l, FL_C_messages, &w->in.messages);
    count(l, FL_C_rejected_messages, &w->in.rejected);
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
    for (uint32_t i = 0; i < in->nbad; i++) {
        const struct fl_bad_flow *b = &in->bad[i];
        fl_log_limited(10, FL_WARN, "malformed flow", "message=%llu flow=%u field=%s error=%s text=%s",
                       (unsigned long long)b->message, b->flow, fl_log_quote(b->field), fl_log_quote(b->what),
                       fl_log_quoten(b->raw, b->raw_n));
        struct fl_rejected what = {b->message, b->what, b->field, b->raw, b->raw_n};
        if (w->reject)
            fl_reject_put(w->reject, w->cx.now, &what);
    }
    in->nbad = 0;
}

/* ---- a batch --------------------------------------------------------------------------------------------------- */

/* Where each record belongs, in scratch; NULL: the pipeline doesn't say. */
static const fl_str *partitions(struct fl_worker *w, const struct fl_batch *b, uint32_t from)
{
    if (!w->p->partition)
        return NULL;
    fl_str *list = fl_arena_get(&w->scratch, b->n * sizeof *list);
    for (uint32_t i = from; i < b->n; i++) {
        if (b->rec[i]->state != FL_LIVE)
            continue;
        w->partition.n = 0;
        w->p->partition(&w->cx, b->rec[i], &w->partition);
        list[i] = (fl_str){fl_arena_strndup(&w->scratch, w->partition.p, w->partition.n), (uint32_t)w->partition.n,
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

/* Results of lookups and everything in scratch are gone after this. */
static void end_batch(struct fl_worker *w)
{
    w->held = false;
    w->batch.n = w->ticked.n = 0;
    w->in.spare = NULL;
    if (w->rt->lookups)
        fl_lookups_batch_end(w->rt->lookups);
    fl_arena_reset(&w->scratch);
}

void fl_worker_release(struct fl_worker *w)
{
    if (w->held)
        end_batch(w);
}

/* May the batch be encoded in another thread? Its records must not point to what the next one changes. */
static bool may_leave(const struct fl_worker *w)
{
    return w->encoder && w->message && !w->hold && (w->p->nlookups == 0 || fl_lookups_silent(w->rt->lookups)) &&
           fl_encoder_wants(w->encoder);
}

static void put_back(struct fl_worker *w)
{
    if (w->slice_end)
        memcpy(w->slice_end, w->behind, FL_PAD);
    w->slice_end = NULL;
}

/* With its memory, for which w gets other. Of a message that is a slice it is the only batch: all is decoded. */
static void leave(struct fl_worker *w, const fl_str *partition)
{
    put_back(w);
    struct fl_load load = {w->batch, w->scratch, partition, fl_queue_keep(w->rt->queue, w->message)};
    fl_encoder_put(w->encoder, &load);
    w->batch = load.batch;
    w->scratch = load.scratch;
}

/* In this thread, behind all that left. */
static void encode_here(struct fl_worker *w, const struct fl_batch *b, uint32_t from, const fl_str *partition)
{
    fl_encoder_wait(w->encoder);
    fl_encode_batch(&w->cx, b, from, partition);
}

void fl_worker_run(struct fl_worker *w)
{
    if (w->held) { /* nothing came since, but for what was rejected */
        account(w, 0);
        return;
    }
    w->cx.now = w->rt->clock(w->rt).wall;
    if (w->in.nbad)
        report_bad(w);
    fl_stage_time(FL_TIMED_DECODE);
    account(w, 0); /* lookups may take long: what they hold up is pending meanwhile */
    w->cx.silent = fl_lookups_silent(w->rt->lookups);
    if (w->batch.n)
        w->p->run(&w->cx, &w->batch);
    w->cx.silent = false; /* a test may preset answers before it expects */
    account(w, count_emitted(&w->batch));
    fl_stage_time(FL_TIMED_RUN);
    if (any_live(&w->batch)) {
        const fl_str *partition = partitions(w, &w->batch, 0);
        if (may_leave(w))
            leave(w, partition);
        else
            encode_here(w, &w->batch, 0, partition);
    }
    fl_stage_time(FL_TIMED_ENCODE);
    if (w->hold)
        w->held = true;
    else
        end_batch(w);
}

/* ---- messages and timers --------------------------------------------------------------------------------------- */

void fl_worker_message(struct fl_worker *w, struct fl_message *m)
{
    if (m->block) { /* a slice: its neighbour begins there */
        if (m->n < FL_PAD) /* the message before it may be read until there, by whoever encodes it */
            fl_encoder_wait(w->encoder);
        w->slice_end = m->data + m->n;
        memcpy(w->behind, w->slice_end, FL_PAD);
    }
    memset(m->data + m->n, 0, FL_PAD);
    fl_count(&w->rt->ledger, FL_C_bytes_in, m->n);
    w->message = m->n <= LARGE && !(m->block && m->stream) ? m : NULL;
    if (m->stream)
        fl_intake_block(&w->in, m);
    else
        fl_intake_message(&w->in, m);
    w->message = NULL;
    put_back(w);
    fl_reject_flush(w->reject);
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
        encode_here(w, &w->ticked, from, partitions(w, &w->ticked, from));
    if (w->hold)
        w->held = true;
    else
        end_batch(w);
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
    fl_encoder_wait(w->encoder);
    return earlier(next, fl_store_tick(w->rt->store, now));
}

/* A second at most: records that come meanwhile may need an earlier one. */
int64_t fl_worker_tick(struct fl_worker *w)
{
    int64_t next = fl_worker_timers(w);
    return earlier(next, w->rt->clock(w->rt).mono + FL_SECOND);
}

/* ---- the thread ------------------------------------------------------------------------------------------------ */

static void tick_when_due(struct fl_worker *w)
{
    if (w->rt->clock(w->rt).mono >= w->deadline)
        w->deadline = fl_worker_tick(w);
}

/* A message that this thread has read itself. */
static void take(void *arg, struct fl_message *m)
{
    fl_stage_time(FL_TIMED_READ);
    fl_worker_message(arg, m);
    tick_when_due(arg);
}

static void *work(void *arg)
{
    struct fl_worker *w = arg;
    struct fl_runtime *rt = w->rt;
    bool end = fl_source_ready(rt->source);
    w->deadline = fl_worker_tick(w);
    if (w->processors > 1)
        w->encoder = fl_encoder_new(rt);
    if (end) { /* what it reads is still in this processor's cache when it is decoded */
        fl_queue_direct(rt->queue, take, w);
        fl_source_run(rt->source);
    }
    while (!end) {
        struct fl_message *m = fl_queue_pop(rt->queue, w->deadline, &end);
        if (m) {
            fl_worker_message(w, m);
            fl_queue_recycle(rt->queue, m);
            if (w->encoder && fl_queue_empty(rt->queue))
                fl_encoder_go(w->encoder);
        }
        if (!end)
            tick_when_due(w);
    }
    fl_intake_end(&w->in); /* input was stopped inside a document */
    fl_reject_flush(w->reject);
    fl_encoder_free(w->encoder);
    w->encoder = NULL;
    fl_store_seal_all(rt->store, rt->clock(rt));
    return NULL;
}

void fl_worker_start(struct fl_worker *w)
{
    int error = pthread_create(&w->thread, NULL, work, w);
    if (error) {
        fprintf(stderr, "can't start the worker thread: %s\n", strerror(error));
        abort();
    }
    w->running = true;
}

void fl_worker_join(struct fl_worker *w)
{
    if (w->running)
        pthread_join(w->thread, NULL);
    w->running = false;
}
