/*
 * encoder.c - records that have been run into the open objects of the store; see encoder.h.
 *
 * Called by worker.c. On a single processor it encodes itself: there the batch is still in the cache, and nobody has to
 * be woken. With more, each of two threads should have half the work, whatever the pipeline spends its time on: so the
 * worker gives batches away when the compressor has run out of pieces, and encodes itself while that is busy. A thread
 * of its own for it was slower: three threads push each other off two processors. Batches are encoded in the order in
 * which they came, so objects are the same either way.
 */
#include "encoder.h"

#include <pthread.h>
#include <stdlib.h>

#define LOADS 12 /* under way, the one that is being encoded included */
#define SOME 6   /* enough to wake somebody for */

struct fl_encoder {
    struct fl_runtime *rt;
    struct fl_cx cx;
    pthread_mutex_t lock;
    pthread_cond_t out; /* for the worker: some are done, or all */
    struct fl_load load[LOADS], spare[LOADS];
    uint32_t head, n, nspare;
};

void fl_encode_batch(struct fl_cx *cx, const struct fl_batch *b, uint32_t from, const fl_str *partition)
{
    struct fl_store *s = cx->rt->store;
    for (uint32_t i = from; i < b->n; i++)
        if (b->rec[i]->state == FL_LIVE)
            fl_store_add(s, cx, b->rec[i], partition ? partition[i] : (fl_str){NULL, 0, FL_PLAIN});
    fl_store_batch_end(s);
}

static void encode(struct fl_encoder *e, struct fl_load *load)
{
    e->cx.scratch = &load->scratch;
    fl_encode_batch(&e->cx, &load->batch, 0, load->partition);
    fl_queue_recycle(e->rt->queue, load->message);
    fl_arena_reset(&load->scratch);
    load->batch.n = 0;
}

/* In the compressor's thread: all that waits. */
static void work(void *arg)
{
    struct fl_encoder *e = arg;
    pthread_mutex_lock(&e->lock);
    while (e->n) {
        struct fl_load load = e->load[e->head];
        pthread_mutex_unlock(&e->lock);
        encode(e, &load);
        pthread_mutex_lock(&e->lock);
        e->head = (e->head + 1) % LOADS;
        e->n--;
        e->spare[e->nspare++] = load;
        if (e->n == 0 || e->n == LOADS - SOME)
            pthread_cond_signal(&e->out);
    }
    pthread_mutex_unlock(&e->lock);
}

struct fl_encoder *fl_encoder_new(struct fl_runtime *rt)
{
    struct fl_encoder *e = calloc(1, sizeof *e);
    if (!e)
        abort();
    e->rt = rt;
    e->cx.rt = rt;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->out, NULL);
    if (fl_output_lend(rt->output, work, e))
        return e;
    fl_encoder_free(e);
    return NULL;
}

bool fl_encoder_wants(struct fl_encoder *e)
{
    pthread_mutex_lock(&e->lock);
    bool others = e->n > 0;
    pthread_mutex_unlock(&e->lock);
    return others || fl_output_idle(e->rt->output);
}

void fl_encoder_put(struct fl_encoder *e, struct fl_load *load)
{
    pthread_mutex_lock(&e->lock);
    while (e->n == LOADS)
        pthread_cond_wait(&e->out, &e->lock);
    e->load[(e->head + e->n++) % LOADS] = *load;
    bool some = e->n == SOME, fresh = e->nspare == 0;
    if (!fresh)
        *load = e->spare[--e->nspare];
    pthread_mutex_unlock(&e->lock);
    if (some)
        fl_output_call(e->rt->output);
    if (!fresh)
        return;
    *load = (struct fl_load){0};
    fl_arena_init(&load->scratch, FL_SCRATCH_CHUNK);
}

void fl_encoder_go(struct fl_encoder *e)
{
    if (!e)
        return;
    pthread_mutex_lock(&e->lock);
    bool any = e->n > 0;
    pthread_mutex_unlock(&e->lock);
    if (any)
        fl_output_call(e->rt->output);
}

void fl_encoder_wait(struct fl_encoder *e)
{
    if (!e)
        return;
    fl_encoder_go(e);
    pthread_mutex_lock(&e->lock);
    while (e->n)
        pthread_cond_wait(&e->out, &e->lock);
    pthread_mutex_unlock(&e->lock);
}

void fl_encoder_free(struct fl_encoder *e)
{
    if (!e)
        return;
    fl_encoder_wait(e);
    fl_output_lend(e->rt->output, NULL, NULL);
    for (uint32_t i = 0; i < e->nspare; i++) {
        free(e->spare[i].batch.rec);
        fl_arena_free(&e->spare[i].scratch);
    }
    pthread_cond_destroy(&e->out);
    pthread_mutex_destroy(&e->lock);
    free(e);
}
