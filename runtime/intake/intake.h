/*
 * intake.h - from the source's messages to batches of records. Private to run/worker.c, run/hands.c, intake.c, stream.c and
 * program/testrun.c.
 *
 *   run/hands.c    the threads: loads of messages, and whose turn it is
 *   run/worker.c   timers, what happens to a batch
 *   intake.c   one message or document -> records, or a rejection
 *   stream.c   blocks of a file or pipe -> documents, across their borders
 *
 * A message is taken or rejected as a whole; a malformed flow in it goes alone. All of it is done by whoever has the turn
 * to take (run/turns.h).
 */
#ifndef FL_INTAKE_H
#define FL_INTAKE_H

#include <pthread.h>

#include "decoders/skydive/envelope.h"
#include "delivery/pieces.h"
#include "flowrt.h"
#include "intake/queue.h"
#include "intake/reject.h"
#include "run/turns.h"

/* A flow that is JSON but not as the schema wants it; texts as in struct fl_decoder. */
struct fl_bad_flow {
    const char *field, *what;
    const char *raw;
    size_t raw_n;
    uint64_t message;
    uint32_t flow;         /* place in its message, from 1 */
};

#define FL_BAD_KEPT 65536  /* that are described per batch; more are only counted */
#define FL_BATCH 256       /* records of documents that hold only one are put together to so many */

/* Brackets of an unfinished document, counted as it comes in. */
struct fl_brackets {
    size_t scanned;        /* bytes of the document that were looked at */
    uint32_t depth;
    bool in_string, escaped;
};

/* Of what was taken since the last time, not yet in the ledger. */
struct fl_intake_counts {
    uint64_t messages, rejected, received, malformed;
};

struct fl_intake {
    struct fl_worker *w;
    struct fl_cx cx;       /* for making records, in the scratch memory of the load */
    struct fl_batch batch; /* being filled */
    bool skydive;          /* decode skydive: messages in envelopes */
    struct fl_envelope envelope;
    struct fl_decoder d;
    uint64_t message;      /* number of the message or document being read */
    uint32_t flow;         /* number of the flow in it */
    uint64_t place;        /* stream: byte position of the decoder's start in the source */
    struct fl_rec *spare;  /* made for a malformed flow, to be used again */
    struct fl_bad_flow *bad;
    uint32_t nbad, bad_cap;
    struct fl_intake_counts counts;
    /* tests: about the last record or message */
    bool last_malformed, last_rejected;
    struct fl_bad_flow last_bad;
    char why[256];
    /* stream.c */
    size_t max_message;
    struct fl_buf tail;    /* an unfinished document */
    uint64_t tail_place;
    size_t tried;          /* bytes of it when it was last tried, or was new */
    struct fl_brackets brackets;
    bool counting;         /* it didn't end with its line: its brackets are counted */
    bool lines;            /* documents have been seen to end with their line */
    bool skipping;         /* on to the next newline */
};

void fl_intake_init(struct fl_intake *in, struct fl_worker *w);
void fl_intake_free(struct fl_intake *in);
/* One whole message. */
void fl_intake_message(struct fl_intake *in, const struct fl_message *m);
/* One block of documents; batches that are full are run, and the rest of them before it returns. */
void fl_intake_block(struct fl_intake *in, const struct fl_message *m);
/* No more blocks will come: an unfinished document is rejected. */
void fl_intake_end(struct fl_intake *in);
/* Forget everything (tests). */
void fl_intake_reset(struct fl_intake *in);

/* ---- between intake.c and stream.c ---------------------------------------------------------------------------- */

enum fl_document { FL_DOCUMENT_BROKEN = -1, FL_DOCUMENT_REFUSED, FL_DOCUMENT_TAKEN };

/* The document at in->d.p. BROKEN: nothing of it is in the batch, in->d says why. */
enum fl_document fl_intake_document(struct fl_intake *in);
/* Count and log a rejection. `at`: where it is wrong, NULL: as a whole; [doc, end) is the text. */
void fl_intake_reject(struct fl_intake *in, const char *error, const char *at, const char *doc, const char *end);

/* ---- between run/worker.c and the others ----------------------------------------------------------------------------- */

/*
 * Messages that are worked on together, and all that is made of them. On a single processor a batch is run as soon as it
 * is complete, while it is in the innermost cache, so there is never more than one.
 */
struct fl_load {
    struct fl_message *messages;
    struct fl_arena scratch;     /* records, what their texts need, what running them makes */
    struct fl_batch *batch;      /* complete ones, in order; those from n on keep their memory */
    uint32_t n, cap;
    uint64_t records;
    struct fl_intake_counts counts;
};

/* A thread and its load. */
struct fl_hand {
    struct fl_worker *w;
    struct fl_load load;
    struct fl_message *block;    /* for reading without a queue */
    struct fl_pieces pieces;
    uint64_t number;             /* of the load */
    bool has[FL_TURNS];          /* turns that it waited for and hasn't passed on */
    pthread_t thread;
};

#define FL_HANDS 2

struct fl_worker {
    struct fl_runtime *rt;
    const struct fl_pipeline *p;
    unsigned processors;
    unsigned hands;         /* at work; 1: batches are run as soon as they are complete, without a thread as well */
    struct fl_hand hand[FL_HANDS];
    struct fl_turns turns;
    /* whose turn it is to take */
    struct fl_hand *taker;
    struct fl_intake in;
    struct fl_reject *reject;
    bool ended;             /* nothing is left to be taken */
    /* whose turn it is to run */
    struct fl_cx cx;
    struct fl_batch ticked; /* records that a tick made */
    struct fl_buf partition;
    bool hold;              /* tests: the records of a batch stay until the next one begins */
    bool held;
    _Atomic int64_t deadline; /* mono time of the next timer */
    bool running;
};

/* The batch in w->in is complete: it is accounted for and run, now or later. */
void fl_worker_run(struct fl_worker *w);
/* Run all that are complete: what they point to is about to go. */
void fl_worker_flush(struct fl_worker *w);
/* What is due now, as fl_worker_tick; returns when the next timer is due if no records come, INT64_MAX: never. */
int64_t fl_worker_timers(struct fl_worker *w);
/* Before the first record of a batch: memory of the one before is used again. */
void fl_worker_release(struct fl_worker *w);

/* ---- between run/worker.c and run/hands.c -------------------------------------------------------------------------------- */

/* Run, encode and count the load's batches, and forget them; in the turn to run. */
void fl_worker_work(struct fl_worker *w, struct fl_load *l);
/* In the turn to take: decode m. */
void fl_worker_take(struct fl_worker *w, struct fl_message *m);
/* All hands, until the input has ended and all of it is in sealed objects. */
void fl_hands_work(struct fl_worker *w);
/* Wait until it is the hand's turn, if it hasn't got it. */
void fl_hand_turn(struct fl_hand *h, enum fl_turn turn);
void fl_hand_init(struct fl_hand *h, struct fl_worker *w);
void fl_hand_free(struct fl_hand *h);

#endif
