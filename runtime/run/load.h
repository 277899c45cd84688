/*
 * load.h - the inside of a worker: loads of messages, the hands that work on them, and what they share. Private to run/ and
 * the test runner. Each file calls those below it:
 *
 *   worker.c   making one, starting and joining it
 *   hands.c    the threads: whose turn it is
 *   load.c     messages into a load
 *   checkpoint.c   the input's position into the state directory
 *   run.c      what happens to a load's batches; timers; the ledger
 *   turns.c    one at a time, in order
 */
#ifndef FL_LOAD_H
#define FL_LOAD_H

#include <pthread.h>

#include "core/runtime.h"
#include "delivery/pieces.h"
#include "intake/intake.h"
#include "run/turns.h"
#include "state/positions.h"

/* Up to where input was taken, or run. */
struct fl_reached {
    const char *path; /* NULL: nowhere yet */
    struct fl_position at;
};

/*
 * Messages that are worked on together, and all that is made of them. On a single processor a batch is run as soon as it
 * is complete, while it is in the innermost cache, so there is never more than one.
 */
struct fl_load {
    struct fl_message *messages;
    struct fl_arena scratch;     /* records, what their texts need, what running them makes */
    struct fl_batch *batch;      /* complete ones, in order; those from n on keep their memory */
    uint32_t n, cap, done;       /* so many of them have been run */
    uint64_t records;
    struct fl_intake_counts counts;
    struct fl_reached place;       /* all before it is in this load or an earlier one */
};

/* A thread and its load. */
struct fl_hand {
    struct fl_worker *w;
    struct fl_load load;
    struct fl_message *block;    /* for reading without a queue */
    struct fl_pieces *pieces;    /* by output */
    uint64_t number;             /* of the load */
    bool has[FL_TURNS];          /* turns that it waited for and hasn't passed on */
    pthread_t thread;
};

#define FL_HANDS 2

#define FL_WORKER_MARK FL_MARK('w', 'o', 'r', 'k')

struct fl_worker {
    uint32_t magic;
    struct fl_runtime *rt;
    const struct fl_pipeline *p;
    unsigned processors;
    unsigned hands;         /* at work; 1: batches are run as soon as they are complete, without a thread as well */
    struct fl_hand hand[FL_HANDS];
    struct fl_turns turns;
    /* whose turn it is to take */
    struct fl_hand *taker;
    struct fl_intake in;
    bool ended;             /* nothing is left to be taken */
    struct fl_reached taken;
    /* whose turn it is to run */
    struct fl_cx cx;
    struct fl_batch ticked; /* records that a tick made */
    struct fl_buf partition;
    bool hold;              /* tests: records stay until fl_worker_release */
    bool held;
    struct fl_reached ran, marked, saved; /* marked: all before it is sealed, and goes to the journal when that is stored */
    bool marking;
    int64_t mark_at;        /* mono: the next one */
    _Atomic int64_t deadline; /* mono time of the next timer */
    bool running;
};

/* ---- run.c ---- */

/* Run, encode and count the load's batches, and forget them; in the turn to run. */
void fl_worker_work(struct fl_worker *w, struct fl_load *l);
/* Everything in the load's scratch is gone after this. */
void fl_load_forget(struct fl_load *l);
/* What was taken goes into the ledger. It is pending while it waits for its turn to run, or for lookups, which may take long. */
void fl_load_account(struct fl_worker *w, struct fl_load *l);
/* Lookups' results that were given out are invalid after this. */
void fl_worker_lookups_end(struct fl_worker *w);
/* What is due now, as fl_worker_tick; returns when the next timer is due if no records come, INT64_MAX: never. */
int64_t fl_worker_timers(struct fl_worker *w);
/* The input has ended, or was stopped: what waits for records goes on. Before objects are sealed for the last time. */
void fl_worker_end(struct fl_worker *w);

/* ---- checkpoint.c ---- */

/* In the turn to take: m was. */
void fl_checkpoint_taken(struct fl_worker *w, const struct fl_message *m);
/* In the turn to run, from time to time. */
void fl_checkpoint_tick(struct fl_worker *w);

/* ---- load.c ---- */

/* In the turn to take: decode m. */
void fl_worker_take(struct fl_worker *w, struct fl_message *m);
/* Tests: the records that w->hold has kept go. Before the text that they point into does. */
void fl_worker_release(struct fl_worker *w);
/* Intake's callbacks; arg is the worker. */
void fl_worker_complete(void *worker);
void fl_worker_flush(void *worker);
/* Wait until it is the hand's turn, if it hasn't got it. */
void fl_hand_turn(struct fl_hand *h, enum fl_turn turn);

/* ---- hands.c ---- */

/* All hands, until the input has ended and all of it is in sealed objects. */
void fl_hands_work(struct fl_worker *w);
void fl_hand_init(struct fl_hand *h, struct fl_worker *w);
void fl_hand_free(struct fl_hand *h);

#endif
