/*
 * turns.h - stages that loads go through one at a time and in the order in which they were taken in, each load in a
 * thread of its own. Private to run/.
 *
 * While one thread runs and compresses its load, another reads and decodes the next one: so a load's bytes and records
 * stay in one processor's cache, and only what goes on from load to load (tables, open objects, the compressor's state)
 * moves between them. Load number n has its turn at a stage when n - 1 has passed it.
 */
#ifndef FL_TURNS_H
#define FL_TURNS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "delivery/pieces.h"

/* Compressing has a turn per lane (delivery/pieces.h), so that two loads can be in it at once. */
enum fl_turn { FL_TURN_TAKE, FL_TURN_RUN, FL_TURN_COMPRESS, FL_TURNS = FL_TURN_COMPRESS + FL_LANES };

struct fl_turns {
    pthread_mutex_t lock;
    pthread_cond_t passed[FL_TURNS];
    uint32_t sleeping[FL_TURNS];
    _Atomic uint64_t now[FL_TURNS]; /* number of the load whose turn it is, from 0 */
    bool spin;
};

void fl_turns_init(struct fl_turns *t);
void fl_turns_free(struct fl_turns *t);
/* Waits for load n's turn, at first without sleeping if `spin` was set. What was done in the turns before is visible then. */
void fl_turns_wait(struct fl_turns *t, enum fl_turn turn, uint64_t n);
/* The turn is the next load's. By whom it is now. */
void fl_turns_pass(struct fl_turns *t, enum fl_turn turn);

#endif
