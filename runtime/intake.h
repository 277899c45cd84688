/*
 * intake.h - from the source's messages to batches of records. Private to worker.c, intake.c, stream.c and testrun.c.
 *
 *   worker.c   thread, timers, what happens to a batch
 *   intake.c   one message or document -> records, or a rejection
 *   stream.c   blocks of a file or pipe -> documents, across their borders
 *
 * A message is taken or rejected as a whole; a malformed flow in it goes alone. Worker thread only.
 */
#ifndef FL_INTAKE_H
#define FL_INTAKE_H

#include <pthread.h>

#include "encoder.h"
#include "envelope.h"
#include "reject.h"
#include "runtime.h"

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

struct fl_intake {
    struct fl_worker *w;
    bool skydive;          /* decode skydive: messages in envelopes */
    struct fl_envelope envelope;
    struct fl_decoder d;
    uint64_t message;      /* number of the message or document being read */
    uint32_t flow;         /* number of the flow in it */
    uint64_t place;        /* stream: byte position of the decoder's start in the source */
    struct fl_rec *spare;  /* made for a malformed flow, to be used again */
    struct fl_bad_flow *bad;
    uint32_t nbad, bad_cap;
    /* counted for the batch, not yet in the ledger */
    uint64_t messages, rejected, received, malformed;
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

/* ---- between worker.c and the others ----------------------------------------------------------------------------- */

struct fl_worker {
    struct fl_runtime *rt;
    const struct fl_pipeline *p;
    struct fl_cx cx;
    struct fl_arena scratch;
    unsigned processors;    /* more than one: the thread has an encoder */
    struct fl_encoder *encoder;
    struct fl_message *message; /* that the batch's records point into, if it can be kept */
    char *slice_end, behind[FL_PAD]; /* where zeros stand in a slice's neighbour, and what stood there; NULL: nowhere */
    struct fl_batch batch;
    struct fl_batch ticked; /* records that a tick made */
    struct fl_intake in;
    struct fl_reject *reject;
    struct fl_buf partition;
    bool hold;              /* tests: the records of a batch stay until the next one begins */
    bool held;
    int64_t deadline;       /* mono time of the next timer */
    pthread_t thread;
    bool running;
};

/* Run what is in the batch, and account for what was taken since the last time. */
void fl_worker_run(struct fl_worker *w);
/* What is due now, as fl_worker_tick; returns when the next timer is due if no records come, INT64_MAX: never. */
int64_t fl_worker_timers(struct fl_worker *w);
/* Before the first record of a batch: memory of the one before is used again. */
void fl_worker_release(struct fl_worker *w);

#endif
