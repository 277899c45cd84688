/* ahead.c - see ahead.h. */
#include "intake/ahead.h"

#include "intake/queue.h"

void fl_ahead_pause(struct fl_ahead *a, int64_t now)
{
    if (a->paused)
        return;
    a->paused = true;
    a->full = false;
    a->paused_at = now;
    a->next = now + FL_PATIENCE;
}

static bool patient_enough(struct fl_ahead *a, int64_t now)
{
    if (now < a->next)
        return false;
    a->next = now + FL_PATIENCE;
    fl_ahead_all(a);
    a->full = fl_queue_full(a->queue);
    a->some |= !a->full;
    return !a->full;
}

bool fl_ahead_resume(struct fl_ahead *a, int64_t now)
{
    if (fl_queue_full(a->queue) && !patient_enough(a, now)) {
        fl_ahead_turn_ends(a);
        return false;
    }
    a->paused = a->full = false;
    return true;
}

void fl_ahead_all(struct fl_ahead *a)
{
    fl_queue_ahead(a->queue, a->max);
}

void fl_ahead_turn_ends(struct fl_ahead *a)
{
    fl_queue_ahead(a->queue, 0);
}

bool fl_ahead_slices(struct fl_ahead *a)
{
    a->some = a->some && fl_queue_behind(a->queue);
    return !a->some;
}
