/*
 * intake.h - from the source's messages to batches of records; for run/ and for the test runner.
 *
 *   intake.c   one message or document -> records, or a rejection
 *   stream.c   blocks of a file or pipe -> documents, across their borders
 *   recover.c  in a stream: what is broken is passed over, up to the next document or element
 *
 * A message is taken or rejected as a whole; a malformed flow in it goes alone. In a stream a list that is broken goes element by
 * element. All of it is done by one thread at a time:
 * whoever has the turn to take (run/turns.h).
 */
#ifndef FL_INTAKE_H
#define FL_INTAKE_H

#include "base/text.h"
#include "drivers/decoder.h"
#include "flowrt.h"
#include "intake/queue.h"
#include "intake/reject.h"
#include "intake/resync.h"

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
    uint64_t skipped;      /* bytes */
};

struct fl_intake {
    const struct fl_pipeline *p;
    /* in->batch is complete and counts say what was taken: whoever gets it leaves an empty one. */
    void (*batch_complete)(void *arg);
    /* What complete batches point to is about to go: they have to be done with. */
    void (*before_reuse)(void *arg);
    void *arg;
    struct fl_cx cx;       /* for making records, in the scratch memory of the load */
    struct fl_reject *reject; /* NULL: rejected messages aren't kept */
    struct fl_batch batch; /* being filled */
    const struct fl_decode_kind *decode;
    void *decoder;
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
    bool skipping;         /* what is broken had no end yet: resync looks for it */
    struct fl_resync resync;
    bool list;             /* inside a list that is taken element by element */
    char like[FL_LIKE];    /* how its last good element began, up to the first key's end */
    size_t like_n;
    bool comma;            /* its last comma has no element yet */
    uint64_t list_place;   /* where it begins in the source */
    uint32_t tail_indent;  /* how far the tail is indented in its line */
};

/* Zeroed, but for what the options say; the callbacks are the caller's to set. */
void fl_intake_init(struct fl_intake *in, struct fl_runtime *rt);
void fl_intake_free(struct fl_intake *in);
/* One whole message. */
void fl_intake_message(struct fl_intake *in, const struct fl_message *m);
/* One block of documents; batches that are full are complete, and the rest of them before it returns. */
void fl_intake_block(struct fl_intake *in, const struct fl_message *m);
/* No more blocks will come: an unfinished document is rejected. */
void fl_intake_end(struct fl_intake *in);

/* ---- between intake.c and stream.c ---------------------------------------------------------------------------- */

enum fl_document { FL_DOCUMENT_BROKEN = -1, FL_DOCUMENT_REFUSED, FL_DOCUMENT_TAKEN };

/* Report what was malformed, and call batch_complete. */
void fl_intake_complete(struct fl_intake *in);
/* The document at in->d.p. BROKEN: nothing of it is in the batch, in->d says why. */
enum fl_document fl_intake_document(struct fl_intake *in);
/* The element of a list at in->d.p. False: it is broken, nothing of it is in the batch, in->d says why. */
bool fl_intake_element(struct fl_intake *in);
/* Count and log what is broken in a list: a malformed flow whose text is no JSON; as fl_intake_reject. */
void fl_intake_bad_element(struct fl_intake *in, const char *error, const char *at, const char *doc, const char *end);
/* Count and log a rejection. `at`: where it is wrong, NULL: as a whole; [doc, end) is the text. */
void fl_intake_reject(struct fl_intake *in, const char *error, const char *at, const char *doc, const char *end);

/* Text of a stream that is at hand. */
struct fl_span {
    const char *data;
    size_t n;        /* FL_PAD zero bytes follow */
    size_t stop;     /* documents that begin at or behind it are left */
    size_t at;       /* result: where the next document begins */
    uint64_t place;  /* of data[0] in the source */
    uint32_t indent; /* blanks before data[0] in its line */
    bool last;       /* nothing follows: an unfinished document is broken */
};

/* How far the document at doc is indented in its line. */
uint32_t fl_intake_indent(const struct fl_span *s, const char *doc);
/*
 * The document or element at doc is broken as in->d says: reports it, and returns where to go on. in->skipping is set if
 * that isn't here: in->resync looks for it in what follows. NULL: it can't be known yet, nothing was reported.
 * `torn`: another record may begin in the middle of it.
 */
const char *fl_intake_recover(struct fl_intake *in, const struct fl_span *s, const char *doc, bool torn);

#endif
