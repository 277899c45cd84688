/*
 * private.h - the output's inside, shared by the files of delivery/. Each calls those below it:
 *
 *   output.c   start and stop
 *   pieces.c   raw pieces -> compressed parcels     worker thread that has the turn to compress
 *   upload.c   sealed parcels -> sink, retry        upload threads
 *   gauges.c   what waits, for scrapes
 *   parcel.c   parcels and their list
 *
 * One lock; it is taken per object, never while compressing or writing.
 */
#ifndef FL_OUTPUT_PRIVATE_H
#define FL_OUTPUT_PRIVATE_H

#include <pthread.h>

#include "base/text.h"
#include "delivery/parcel.h"
#include "delivery/pieces.h"
#include "config/values.h"
#include "drivers/account.h"
#include "drivers/compressor.h"
#include "drivers/sink.h"

#define FL_COMPRESSORS 16  /* of a lane, 0.2 MB each by gzip's default; more objects than that take turns */
#define FL_UPLOADS_MAX 64 /* as the rows of sinks allow */
#define FL_SPARE_PARCELS 4
#define FL_PARCEL_BYTES 1024 /* that a sealed object takes besides its data: many may be small */

#define FL_OUTPUT_MARK FL_MARK('o', 'u', 't', 'p')
#define FL_PARCEL_MARK FL_MARK('p', 'a', 'r', 'c')

struct fl_parcel {
    uint32_t magic;
    struct fl_parcel *next, *prev;    /* open ones, or sealed ones, oldest first; spare ones by next */
    struct fl_parcel *newer, *older;  /* sealed ones of the class */
    struct fl_object object;
    struct fl_buf data, key, bucket;
    uint32_t class_, stamp_at;
    uint64_t held;                    /* its part of the output's */
    /* whoever compresses */
    struct fl_compress_mark mark;
    void *own;                         /* kinds that can't take turns */
    /* upload, under the lock */
    unsigned tries;                   /* that failed */
    unsigned renames;                 /* because the name was taken */
    int64_t next_try;                 /* mono */
    int64_t opened;                   /* mono */
    int64_t sealed, begun;            /* mono: since when it waits; begin of this attempt */
    bool uploading;
    unsigned generation;              /* of fl_output_mark, when it was sealed */
};

struct fl_compressor_slot {
    void *compressor;
    struct fl_parcel *user;
    uint64_t used;
};

struct fl_lane {
    struct fl_compressor_slot slots[FL_COMPRESSORS];
    uint64_t used;
};

/* A histogram: how many took at most so long (fl_duration_limits), all, and their sum. */
#define FL_DURATIONS 12
struct fl_durations {
    uint64_t upto[FL_DURATIONS], n;
    int64_t sum;
};

/* A class: what waits of it, and whether the sink denies it while it may take others. */
struct fl_line {
    struct fl_parcel *oldest, *newest;
    unsigned failures;                /* in a row */
    int64_t gate, since, said;        /* mono: no attempt before; first failure; last log line */
};

struct fl_output {
    uint32_t magic;
    struct fl_runtime *rt;
    uint32_t number;                  /* in fl_pipeline.outputs */
    struct fl_ledger *ledger;         /* this output's books */
    char *label;                      /* for log lines: "output=NAME ", "" for the only one */
    const struct fl_sink_kind *kind;
    void *sink;
    const struct fl_account_kind *account; /* NULL: none */
    void *accounts;
    const struct fl_compress_kind *compression;
    struct fl_options compress;       /* its options */
    struct fl_pieces own, *into;      /* where what is handed over goes; own: compressed at once */
    struct fl_lane lanes[FL_LANES];   /* whoever compresses in it */

    _Atomic uint64_t *waiting;        /* sealed records by class */
    unsigned generation;              /* marks so far; whoever seals */
    _Atomic uint64_t unsettled[2];    /* sealed parcels that haven't left, by the last bit of their generation */

    pthread_mutex_t lock;
    pthread_cond_t due;               /* for uploaders: something new to write, or new times */
    pthread_cond_t gone;              /* for the store and stop: a parcel is gone */
    bool started;
    bool hurry;                       /* nobody waits any more, pauses are short */
    bool abort;                       /* uploaders end */
    bool given_up;                    /* what leaves now is undelivered */

    struct fl_parcel *spare;
    uint32_t nspare;

    struct fl_parcel *open, *newest;  /* not yet among the sealed ones */
    struct fl_parcel *first, *last;   /* sealed and compressed */
    struct fl_line *lines;            /* the same by class */
    unsigned denied;                  /* lines that have failures of their own */
    int64_t wrote, wrote_at;          /* mono, wall: something was taken last */
    struct fl_durations took;         /* attempts that the sink took */
    struct fl_refused *refused;       /* NULL: no folder for what is never taken */
    uint64_t sealed_bytes;            /* of memory, about */
    _Atomic uint64_t held;            /* the same with what is sealed and waits to be compressed; read without the lock */
    uint64_t max_bytes;               /* of these */
    enum fl_when_full when_full;
    unsigned nsealed;
    unsigned uploading;
    unsigned failures;                /* in a row, over all parcels */
    int64_t gate;                     /* mono: no attempt before, after a failure */
    int64_t said;                     /* mono: last log line about failures */
    bool told;                        /* the log knows that writing fails now */
    char why[128], said_why[128];     /* what the sink said last, when it failed; the same of the last log line */
    int64_t said_slow;                /* mono: last log line about an attempt that goes on and on */
    bool told_unproven;               /* the log knows that the sink proves nothing */
    bool lost;                        /* the sink is gone: nothing is tried any more */
    int lost_fd;                      /* eventfd that says so */
    uint64_t random;

    pthread_t upload_threads[FL_UPLOADS_MAX];
    unsigned nuploads;
};

/* ---- parcel.c ---- */

/* A cond_wait until mono time `until` of the runtime's clock, INT64_MAX: for ever. */
void fl_output_cond_wait(struct fl_output *o, pthread_cond_t *cond, int64_t until);
/* So many bytes are its part of what waits. */
void fl_parcel_hold(struct fl_output *o, struct fl_parcel *p, uint64_t bytes);
/* With the lock held: an open one is discarded. */
void fl_parcel_unopen(struct fl_output *o, struct fl_parcel *p);
/* With the lock held: back to the spare ones, or freed. */
void fl_parcel_release(struct fl_output *o, struct fl_parcel *p);
/* With the lock held: it is sealed and compressed, and waits for the sink. */
void fl_parcel_enqueue(struct fl_output *o, struct fl_parcel *p);
/* With the lock held: out of the list and of the books, whatever became of it; released. */
void fl_parcel_leave(struct fl_output *o, struct fl_parcel *p);
/* All of a list by next. */
void fl_parcels_free(struct fl_output *o, struct fl_parcel *first);

/* ---- upload.c; all but the thread function are called with the lock held ---- */

/* Forget pauses: everything is due now. */
void fl_upload_all_due(struct fl_output *o);
void *fl_upload_thread(void *output);
/* What is left is counted as undelivered and freed. Parcels that an uploader still holds are left to it. */
void fl_upload_give_up(struct fl_output *o);

/* ---- gauges.c ---- */

/* One more that took so many ns. With the lock held. */
void fl_durations_add(struct fl_durations *d, int64_t took);

/* `c` may be NULL. */
static inline void fl_compressor_close(const struct fl_output *o, void *c)
{
    if (c)
        o->compression->close(c);
}

#endif
