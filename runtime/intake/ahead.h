/*
 * ahead.h - reading on though the queue is full, for a source whose peer waits, but not for ever.
 *
 * A worker that only is slower than the peer makes room in a moment, and finds in the processor's cache what it takes then:
 * whoever reads on makes both of them slower and keeps megabytes more. When no room comes for FL_PATIENCE the output
 * stands still, and the peer would give up: then a turn's bytes go into the queue beyond what fills it, and again after the same time.
 */
#ifndef FL_AHEAD_H
#define FL_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"

#define FL_PATIENCE (FL_SECOND / 10)

struct fl_queue;

/* Of the source's thread. Times are monotonic. */
struct fl_ahead {
    struct fl_queue *queue;
    size_t max;        /* bytes that may be read ahead; 0: none */
    bool paused;       /* nothing is read */
    bool full;         /* while paused: there is nothing left to read ahead into either */
    bool some;         /* what was read ahead is in the queue */
    int64_t paused_at, /* while paused: since when */
            next;      /* and when fl_ahead_resume is to be asked, if the queue doesn't wake the source before */
};

/* The queue is full: reading stops. Nothing if it has. */
void fl_ahead_pause(struct fl_ahead *a, int64_t now);
/* Paused: may a turn be read? fl_ahead_turn_ends when that is done. False: not yet. */
bool fl_ahead_resume(struct fl_ahead *a, int64_t now);
/* All that may be read ahead, at once, until the turn ends: pushing doesn't wait before. */
void fl_ahead_all(struct fl_ahead *a);
void fl_ahead_turn_ends(struct fl_ahead *a);
/* Is there so little in the queue that slices of blocks may go there? Each keeps all of its block, many times what it counts. */
bool fl_ahead_slices(struct fl_ahead *a);

#endif
