/*
 * encoder.h - batches that have been run, on their way into open objects. Private to worker.c, intake.h and encoder.c.
 *
 * With two processors or more the compressor's thread helps: a batch is handed over with all that its records point to,
 * and comes back empty. Whoever needs the store or the records afterwards
 * waits for fl_encoder_wait first; between that and the next fl_encoder_put the store belongs to the caller.
 */
#ifndef FL_ENCODER_H
#define FL_ENCODER_H

#include "runtime.h"

/* A batch and what its records point to, but for constants. */
struct fl_load {
    struct fl_batch batch;
    struct fl_arena scratch;
    const fl_str *partition;    /* by record, in scratch; NULL: the pipeline declares none */
    struct fl_message *message; /* kept by fl_queue_keep */
};

#define FL_SCRATCH_CHUNK ((size_t)256 << 10)

/* Encode the batch's live records from number `from` on, in this thread. `partition` is that of record 0. */
void fl_encode_batch(struct fl_cx *cx, const struct fl_batch *b, uint32_t from, const fl_str *partition);

struct fl_encoder;
/* NULL: there is no compressor's thread. */
struct fl_encoder *fl_encoder_new(struct fl_runtime *rt);
/*
 * Is the next batch to be handed over? Where others wait, order says so. Else it is while the compressor has no work left;
 * so no piece of an object waits to be compressed when another is made there.
 */
bool fl_encoder_wants(struct fl_encoder *e);
/* Hand over *load; it comes back as another one, empty. Waits while too many are under way. */
void fl_encoder_put(struct fl_encoder *e, struct fl_load *load);
/* Nothing more comes for now: what was handed over is encoded, however little it is. e may be NULL. */
void fl_encoder_go(struct fl_encoder *e);
/* Waits until all that was handed over is in open objects. e may be NULL. */
void fl_encoder_wait(struct fl_encoder *e);
/* The same, and takes the work back. e may be NULL. */
void fl_encoder_free(struct fl_encoder *e);

#endif
