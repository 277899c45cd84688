/*
 * checkpoint.c - the input's position into the state directory, once all that was read before it has been stored; see load.h.
 *
 * From time to time, in the turn to run, what is open is sealed, and the place up to which records were run is noted. When all that
 * was sealed by then has left the outputs, that place goes into the journal. So what a kill loses is read again: each record is stored at least once.
 */
#include <string.h>

#include "base/log.h"
#include "config/values.h"
#include "delivery/output.h"
#include "run/load.h"
#include "run/worker.h"
#include "store/store.h"

static bool same(const struct fl_reached *a, const struct fl_reached *b)
{
    return a->path == b->path && a->at.inode == b->at.inode && a->at.device == b->at.device && a->at.offset == b->at.offset;
}

void fl_checkpoint_taken(struct fl_worker *w, const struct fl_message *m)
{
    const struct fl_intake *in = &w->in;
    if (!w->rt->positions || !m->stream || !m->path || in->list || in->skipping)
        return;
    uint64_t end = m->offset + m->n, offset = in->tail.n ? in->tail_place : end;
    if (offset < m->offset || offset > end)
        return; /* the document that isn't complete began earlier */
    struct fl_reached p = {.path = m->path, .at = {.device = m->device, .inode = m->inode, .offset = offset}};
    size_t before = (size_t)(offset - m->offset), n = before < FL_POSITION_BEFORE ? before : FL_POSITION_BEFORE;
    if (n == 0 && offset > 0)
        return;
    memcpy(p.at.before, m->data + before - n, n);
    p.at.before_n = (uint32_t)n;
    w->taken = p;
}

static void save(struct fl_worker *w, const struct fl_reached *p)
{
    int e = fl_positions_set(w->rt->positions, p->path, &p->at);
    if (e)
        fl_log_limited(60, FL_ERROR, "cannot note the input's position, a restart reads again from the one before", "path=%s offset=%llu reason=%s",
                       fl_log_quote(p->path), (unsigned long long)p->at.offset, fl_log_quote(strerror(e)));
    else
        w->saved = *p;
}

static bool settled(struct fl_worker *w)
{
    FL_EACH_OUTPUT(w->rt, i)
        if (!fl_output_settled(w->rt->route[i].output))
            return false;
    return true;
}

/* What timers or tables of waiting records hold isn't in an object yet: then only the end will do. */
void fl_checkpoint_tick(struct fl_worker *w)
{
    struct fl_time now = w->rt->clock(w->rt);
    if (!w->rt->positions || w->p->tick)
        return;
    if (w->marking && settled(w)) {
        w->marking = false;
        save(w, &w->marked);
    }
    if (w->marking || now.mono < w->mark_at || !w->ran.path || same(&w->ran, &w->saved))
        return;
    for (uint32_t i = 0; i < w->p->noutputs; i++)
        if (w->rt->route[i].store)
            fl_store_seal_all(w->rt->route[i].store, now);
    FL_EACH_OUTPUT(w->rt, i)
        fl_output_mark(w->rt->route[i].output);
    w->marked = w->ran;
    w->marking = true;
    w->mark_at = now.mono + fl_option_int(w->rt->config, "state", "_", "every");
}

void fl_worker_save(struct fl_worker *w)
{
    if (w->rt->positions && w->ran.path && !same(&w->ran, &w->saved))
        save(w, &w->ran);
}
