/*
 * hands.c - the worker's threads; see load.h, turns.h.
 *
 * Each takes a load of messages from the source, decodes, runs, encodes and compresses it by itself; the next load is the
 * other's. Both have the same work whatever the pipeline spends its time on, and hardly any memory goes from one processor
 * to the other: a line that the other has written costs ten times as much. On a single processor there is one hand.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/memory.h"
#include "core/runtime.h"
#include "core/stage_times.h"
#include "delivery/pieces.h"
#include "intake/queue.h"
#include "intake/source.h"
#include "run/load.h"
#include "run/worker.h"
#include "store/store.h"

#define SCRATCH_CHUNK ((size_t)256 << 10)

/*
 * How much is taken at once. Alone, a hand works on what is still in the processor's second cache. With several, each
 * load costs some 40 us because the compressor's state and half-filled pieces come from the other processor.
 */
#define ALONE ((size_t)512 << 10)
#define TOGETHER ((size_t)1 << 20)
#define LOOK_AGAIN (FL_SECOND / 20) /* whether what a checkpoint waits for is stored */

/* ---- turns ------------------------------------------------------------------------------------------------------ */

static void compress_turn(void *hand, unsigned lane)
{
    fl_hand_turn(hand, FL_TURN_COMPRESS + lane);
}

void fl_hand_init(struct fl_hand *h, struct fl_worker *w)
{
    h->w = w;
    h->number = (uint64_t)(h - w->hand);
    h->pieces = fl_new_array(struct fl_pieces, w->p->noutputs);
    for (uint32_t i = 0; i < w->p->noutputs; i++) {
        h->pieces[i].turn = compress_turn;
        h->pieces[i].arg = h;
    }
    fl_arena_init(&h->load.scratch, SCRATCH_CHUNK);
}

void fl_hand_free(struct fl_hand *h)
{
    for (uint32_t i = 0; i < h->load.cap; i++)
        free(h->load.batch[i].rec);
    free(h->load.batch);
    fl_arena_free(&h->load.scratch);
    for (uint32_t i = 0; i < h->w->p->noutputs; i++)
        fl_pieces_free(&h->pieces[i]);
    free(h->pieces);
}

static void pass(struct fl_hand *h, enum fl_turn turn)
{
    h->has[turn] = false;
    fl_turns_pass(&h->w->turns, turn);
}

/* ---- a load ---------------------------------------------------------------------------------------------------- */

static void take_block(struct fl_hand *h)
{
    struct fl_worker *w = h->w;
    size_t n = w->hands > 1 ? TOGETHER : ALONE;
    if (!h->block)
        h->block = fl_queue_message(w->rt->queue, n);
    w->ended = !fl_source_read(w->rt->source, h->block, n);
    fl_stage_time(FL_TIMED_READ);
    fl_worker_take(w, h->block);
}

/* What waits in the queue; one message at least, if one comes before the deadline. */
static void take_messages(struct fl_hand *h)
{
    struct fl_worker *w = h->w;
    struct fl_queue *q = w->rt->queue;
    struct fl_message **last = &h->load.messages;
    bool more = true;
    for (size_t bytes = 0; more; more = w->hands > 1 && bytes < ALONE && !fl_queue_empty(q)) {
        struct fl_message *m = fl_queue_pop(q, w->deadline, &w->ended);
        if (!m)
            break;
        *last = m;
        last = &m->next;
        bytes += m->n;
        fl_worker_take(w, m);
    }
}

static void give_back(struct fl_hand *h)
{
    for (struct fl_message *m = h->load.messages, *next; m; m = next) {
        next = m->next;
        fl_queue_recycle(h->w->rt->queue, m);
    }
    h->load.messages = NULL;
}

static void tick_when_due(struct fl_worker *w)
{
    if (w->rt->clock(w->rt).mono < w->deadline)
        return;
    w->deadline = fl_worker_tick(w);
    fl_checkpoint_tick(w);
    int64_t soon = w->rt->clock(w->rt).mono + LOOK_AGAIN;
    if (w->marking && w->deadline > soon)
        w->deadline = soon;
}

static void *work(void *arg)
{
    struct fl_hand *h = arg;
    struct fl_worker *w = h->w;
    bool direct = fl_source_ready(w->rt->source);
    for (bool end = false; !end; h->number += w->hands) {
        fl_hand_turn(h, FL_TURN_TAKE);
        if (!w->ended && direct)
            take_block(h);
        else if (!w->ended)
            take_messages(h);
        end = w->ended;
        h->load.place = w->taken;
        pass(h, FL_TURN_TAKE);
        fl_hand_turn(h, FL_TURN_RUN);
        fl_worker_work(w, &h->load);
        w->ran = h->load.place;
        give_back(h);
        tick_when_due(w);
        pass(h, FL_TURN_RUN);
        for (unsigned lane = 0; lane < FL_LANES; lane++) {
            fl_hand_turn(h, FL_TURN_COMPRESS + lane);
            FL_EACH_OUTPUT(w->rt, i)
                fl_output_compress(w->rt->route[i].output, &h->pieces[i], lane);
            pass(h, FL_TURN_COMPRESS + lane);
        }
    }
    fl_queue_recycle(w->rt->queue, h->block);
    h->block = NULL;
    return NULL;
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

void fl_hands_work(struct fl_worker *w)
{
    struct fl_runtime *rt = w->rt;
    w->turns.spin = fl_source_ready(rt->source); /* else the processor has better things to do: there is a thread that reads */
    w->deadline = fl_worker_tick(w);
    w->hands = w->processors > FL_HANDS ? FL_HANDS : w->processors;
    for (unsigned i = 1; i < w->hands; i++) {
        int error = pthread_create(&w->hand[i].thread, NULL, work, &w->hand[i]);
        if (error)
            fl_give_up("can't start a worker thread: %s", fl_limits_thread(error));
        pthread_setname_np(w->hand[i].thread, "worker");
    }
    work(&w->hand[0]);
    for (unsigned i = 1; i < w->hands; i++)
        pthread_join(w->hand[i].thread, NULL);
    w->hands = 1; /* all that is left is done here */
    w->hand[0].number = atomic_load(&w->turns.now[FL_TURN_TAKE]);
    fl_hand_turn(&w->hand[0], FL_TURN_TAKE);
    if (!w->taken.path) /* else the next run reads a document again inside of which input was stopped */
        fl_intake_end(&w->in);
    fl_reject_flush(w->in.reject);
    fl_hand_turn(&w->hand[0], FL_TURN_RUN);
    fl_worker_end(w);
    for (uint32_t i = 0; i < w->p->noutputs; i++)
        if (rt->route[i].store)
            fl_store_seal_all(rt->route[i].store, rt->clock(rt));
}
