/*
 * load.c - messages into a load of batches; see load.h. In the turn to take.
 *
 * Everything that a record needs lives in the load's arena, in the message, or in buffers that are used again: nothing is
 * allocated per record.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "core/stage_times.h"
#include "delivery/pieces.h"
#include "run/load.h"
#include "run/worker.h"

#define RECORD_BYTES ((size_t)2 << 20) /* of a load: small documents make many times their own size */

void fl_hand_turn(struct fl_hand *h, enum fl_turn turn)
{
    struct fl_worker *w = h->w;
    if (h->has[turn])
        return;
    fl_turns_wait(&w->turns, turn, h->number);
    h->has[turn] = true;
    if (turn == FL_TURN_TAKE) {
        w->taker = h;
        w->in.cx.scratch = &h->load.scratch;
        w->in.spare = NULL;
    } else if (turn == FL_TURN_RUN) {
        FL_EACH_OUTPUT(w->rt, i)
            fl_output_into(w->rt->route[i].output, w->hands > 1 ? &h->pieces[i] : NULL);
    }
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

void fl_worker_flush(void *worker)
{
    struct fl_worker *w = worker;
    fl_hand_turn(w->taker, FL_TURN_RUN);
    fl_worker_work(w, &w->taker->load);
    w->in.spare = NULL;
}

/* Its list of records is exchanged for an empty one. */
static void add_batch(struct fl_load *l, struct fl_batch *b)
{
    if (l->n == l->cap) {
        fl_grow(l->batch, l->n, l->cap);
        memset(l->batch + l->n, 0, (l->cap - l->n) * sizeof *l->batch);
    }
    struct fl_batch empty = l->batch[l->n];
    l->records += b->n;
    l->batch[l->n++] = *b;
    *b = empty;
}

void fl_worker_complete(void *worker)
{
    struct fl_worker *w = worker;
    struct fl_load *l = &w->taker->load;
    fl_stage_time(FL_TIMED_DECODE);
    l->counts.messages += w->in.counts.messages;
    l->counts.rejected += w->in.counts.rejected;
    l->counts.received += w->in.counts.received;
    l->counts.malformed += w->in.counts.malformed;
    l->counts.skipped += w->in.counts.skipped;
    w->in.counts = (struct fl_intake_counts){0};
    if (w->in.batch.n)
        add_batch(l, &w->in.batch);
    if (w->hands == 1 || l->records * w->p->record_size > RECORD_BYTES)
        fl_worker_flush(w);
}

void fl_worker_release(struct fl_worker *w)
{
    if (!w->held)
        return;
    w->held = false;
    w->ticked.n = 0;
    fl_worker_lookups_end(w);
    fl_load_forget(&w->taker->load);
    w->in.spare = NULL;
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

void fl_worker_take(struct fl_worker *w, struct fl_message *m)
{
    FL_ALIVE(w, FL_WORKER_MARK);
    char behind[FL_PAD], *end = m->data + m->n;
    if (m->block) /* a slice: its neighbour begins there */
        memcpy(behind, end, FL_PAD);
    memset(end, 0, FL_PAD);
    fl_count(&w->rt->ledger, FL_C_source_bytes, m->n);
    if (m->stream)
        fl_intake_block(&w->in, m);
    else
        fl_intake_message(&w->in, m);
    if (m->block)
        memcpy(end, behind, FL_PAD);
    fl_checkpoint_taken(w, m);
    fl_load_account(w, &w->taker->load);
    fl_reject_flush(w->in.reject);
}

void fl_worker_message(struct fl_worker *w, struct fl_message *m)
{
    FL_ALIVE(w, FL_WORKER_MARK);
    fl_worker_take(w, m);
    fl_worker_flush(w);
}
