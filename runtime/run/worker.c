/*
 * worker.c - making a worker, its first thread, and its end; see worker.h. What it does is in hands.c, load.c and run.c.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/memory.h"
#include "config/values.h"
#include "run/load.h"
#include "run/worker.h"

/* ---- making one ------------------------------------------------------------------------------------------------ */

static unsigned processors(void)
{
    cpu_set_t may;
    return sched_getaffinity(0, sizeof may, &may) == 0 ? (unsigned)CPU_COUNT(&may) : 1;
}

struct fl_worker *fl_worker_new(struct fl_runtime *rt, char **error)
{
    *error = NULL;
    struct fl_worker *w = fl_new(struct fl_worker);
    fl_mark(w, FL_WORKER_MARK);
    const struct fl_pipeline *p = rt->pipeline;
    uint64_t *dropped = fl_new_array(uint64_t, p->nreasons + 1);
    w->rt = rt;
    w->p = p;
    w->processors = processors();
    w->hands = 1;
    fl_turns_init(&w->turns);
    for (int i = 0; i < FL_HANDS; i++)
        fl_hand_init(&w->hand[i], w);
    w->taker = &w->hand[0];
    w->cx = (struct fl_cx){.scratch = &w->taker->load.scratch, .now = rt->clock(rt).wall, .rt = rt, .dropped = dropped};
    fl_intake_init(&w->in, rt);
    w->in.batch_complete = fl_worker_complete;
    w->in.before_reuse = fl_worker_flush;
    w->in.arg = w;
    w->in.cx.scratch = w->cx.scratch;
    for (uint32_t i = 0; i < p->ntables; i++)
        fl_table_open(p->tables[i]);
    for (uint32_t i = 0; i < p->noutputs; i++)
        for (uint32_t k = 0; k < p->outputs[i].nmeters; k++)
            fl_meters_open(p->outputs[i].meters[k]);
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
    FL_ALIVE(w, FL_WORKER_MARK);
    for (uint32_t i = 0; i < w->p->ntables; i++)
        fl_table_close(w->p->tables[i]);
    for (uint32_t i = 0; i < w->p->noutputs; i++)
        for (uint32_t k = 0; k < w->p->outputs[i].nmeters; k++)
            fl_meters_close(w->p->outputs[i].meters[k]);
    fl_intake_free(&w->in);
    fl_buf_free(&w->partition);
    for (int i = 0; i < FL_HANDS; i++)
        fl_hand_free(&w->hand[i]);
    fl_turns_free(&w->turns);
    free(w->ticked.rec);
    free(w->cx.dropped);
    fl_unmark(w);
    free(w);
}

/* ---- the threads ----------------------------------------------------------------------------------------------- */

static void *work(void *arg)
{
    fl_hands_work(arg);
    return NULL;
}

void fl_worker_start(struct fl_worker *w)
{
    FL_ALIVE(w, FL_WORKER_MARK);
    int error = pthread_create(&w->hand[0].thread, NULL, work, w);
    if (error)
        fl_give_up("can't start the worker thread: %s", fl_limits_thread(error));
    pthread_setname_np(w->hand[0].thread, "worker");
    w->running = true;
}

void fl_worker_join(struct fl_worker *w)
{
    FL_ALIVE(w, FL_WORKER_MARK);
    if (w->running)
        pthread_join(w->hand[0].thread, NULL);
    w->running = false;
}
