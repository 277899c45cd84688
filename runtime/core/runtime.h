/*
 * runtime.h - the parts of a running pipeline: who holds what. Each part's own header says what it does.
 *
 *   source thread --fl_message--> queue --> worker threads --objects--> upload threads --> sink
 *   sources/KIND    intake/                 run/, store/                delivery/          sinks/KIND
 *                                           decode, run, encode,        write, retry
 *                                           compress, seal
 *
 * One worker thread does all of it for a load of messages; with two processors or more there are two, which take turns (run/turns.h).
 * A plain file is read by the worker threads themselves: there is no source thread then.
 * The queue and the outputs are bounded; whoever is ahead waits (back-pressure), nothing is dropped silently. Each output of the
 * .flow has a store, a sink and upload threads of its own.
 * The main thread starts everything, waits for signals, and stops it in the order of the arrows.
 */
#ifndef FL_RUNTIME_H
#define FL_RUNTIME_H

#include "core/clock.h"
#include "core/drivers.h"
#include "core/ledger.h"
#include "dsl/option.h"
#include "flowrt.h"

/* What stands behind one output of the .flow; its books are fl_ledger_of. */
struct fl_route {
    struct fl_store *store;
    struct fl_output *output;
    struct fl_records *records; /* instead of both, where the sink takes records; else NULL */
};

struct fl_runtime {
    const struct fl_driver *drivers; /* the kinds that are linked in */
    const struct fl_pipeline *pipeline;
    struct fl_config *config;
    struct fl_ledger ledger;
    struct fl_time (*clock)(struct fl_runtime *rt); /* real or virtual */
    struct fl_time virtual_time;
    struct fl_state *state; /* the state directory, NULL: none */
    struct fl_positions *positions; /* of input that was stored, NULL: nothing is remembered */
    struct fl_queue *queue;
    struct fl_lookups *lookups;
    struct fl_fills *fills;
    struct fl_route route[FL_OUTPUTS_MAX]; /* pipeline->noutputs of them */
    struct fl_source *source;
    struct fl_worker *worker;
    const char *input;     /* --input, or NULL */
    const char *output_to; /* --output, or NULL */
};

/* For each output whose sink takes objects, number i: those that take records have no store and no fl_output. */
#define FL_EACH_OUTPUT(rt, i) \
    for (uint32_t i = 0; i < (rt)->pipeline->noutputs; i++) \
        if ((rt)->route[i].output)

/* Emitted records, which stand behind the `received` first ones, come right behind those that caused them. */
void fl_batch_order(struct fl_arena *scratch, struct fl_batch *b, uint32_t received);

#endif
