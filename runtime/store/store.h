/*
 * store.h - what the store and the output share. Private to store*.c, delivery/output.c and delivery/upload.c.
 *
 *   store.c          series, keys, limits      worker thread that has the turn to run
 *   buffered.c when a series seals, and how its objects are called
 *   direct.c   the same for `direct`
 *   delivery/output.c         raw pieces -> compressed parcels; start and stop   worker thread that has the turn to compress
 *   delivery/upload.c         sealed parcels -> sink, retry   upload threads
 *
 * A parcel is one object on its way: open (it gets raw pieces), sealed (key and bytes are final), uploading, gone.
 * Few pieces wait to be compressed: a megabyte of them, then the store sees to it.
 */
#ifndef FL_STORE_H
#define FL_STORE_H

#include <pthread.h>

#include "core/runtime.h"
#include "drivers/sink.h"

/* ---- output side: parcels --------------------------------------------------------------------------------- */

struct fl_parcel;
struct fl_output;

/* What a sealed object is called; texts are copied. */
struct fl_label {
    const char *bucket, *key;
    uint32_t stamp_at;  /* where the key's YYYYMMDDTHHMMSS is: it is counted up when the name is taken */
    const char *content_type, *content_encoding; /* constants */
    int64_t first_timestamp, last_timestamp;     /* ms */
    uint64_t num_records;
};

/* An empty object of the class. Never waits. */
struct fl_parcel *fl_output_open(struct fl_output *o, uint32_t class_);
/* Hand over *raw; it comes back as another buffer, empty. It is compressed at once, or waits in fl_output_into's list. */
void fl_output_append(struct fl_output *o, struct fl_parcel *p, struct fl_buf *raw);
/* The same for the last piece; the parcel belongs to the output from now on. Waits a moment when uploads lag behind. */
void fl_output_seal(struct fl_output *o, struct fl_parcel *p, struct fl_buf *raw, const struct fl_label *label);
/* Forget an open parcel. */
void fl_output_discard(struct fl_output *o, struct fl_parcel *p);
/* Records of the class in sealed parcels that are not yet written. No lock: for one look per record. */
uint64_t fl_output_waiting(const struct fl_output *o, uint32_t class_);
/* Wait until they are fewer than `seen`, mono time `until` at most. False: don't wait (hurry, or no threads). */
bool fl_output_wait(struct fl_output *o, uint32_t class_, uint64_t seen, int64_t until);
/* policy = drop_oldest: the class's oldest sealed parcel goes, counted as overflow. False: all are being written. */
bool fl_output_drop_oldest(struct fl_output *o, uint32_t class_);
/* Suffix of the chosen compression, "" or ".gz", and its content encoding or NULL. */
const struct fl_compress_kind *fl_output_compression(const struct fl_output *o);

/* ---- store ---------------------------------------------------------------------------------------------------- */

/* A folder of keys, `<prefix>/<class or partition path>`: whoever writes there shares its stream and numbers. */
struct fl_folder {
    struct fl_folder *next;    /* in its hash chain */
    uint64_t hash;
    char *path;                /* class name or partition path */
    uint32_t path_n;
    bool partition;
    int64_t stream;            /* UTC second, 0: none yet */
    uint64_t number;           /* of the next object in the stream */
    struct fl_series *series;  /* by class */
    uint32_t open;             /* series that have an open object */
    int64_t idle_since;        /* mono time of the last seal */
};

/* The objects of one class in one folder. */
struct fl_series {
    struct fl_series *sibling;
    struct fl_folder *folder;
    uint32_t class_;
    int64_t window;            /* wall, ns: end of the last object, or when the series began */
    /* The open object; parcel is NULL when there is none. */
    struct fl_parcel *parcel;
    struct fl_buf raw;
    uint64_t records;
    int64_t opened;            /* mono */
    struct fl_series *older, *newer; /* open series by age */
};

struct fl_store_kind {
    const char *name;
    char *(*init)(struct fl_store *s);
    /* Key of the series' open object that is sealed at s->now; returns where its time stamp is. */
    uint32_t (*key)(struct fl_store *s, struct fl_series *e, struct fl_buf *key);
};

struct fl_store {
    struct fl_runtime *rt;
    struct fl_output *output;
    const struct fl_store_kind *kind;
    struct fl_framing framing;
    const char *bucket, *encoding;
    char *prefix;              /* "" or with a / at its end */
    char extension[32];        /* .json.gz */
    const char *buffered_extension;
    /* limits; INT64_MAX: none */
    int64_t max_records, max_age, max_stream, max_waiting, max_open;
    bool drop_oldest, seal_at_batch_end;
    uint64_t number;           /* direct: of the next object of this process */

    struct fl_folder **folders; /* hash table of power-of-two size */
    uint32_t nfolders, folder_size;
    uint64_t seed;              /* their paths come from the network */
    struct fl_series **plain;  /* by class: without a partition */
    uint64_t *open_records;    /* by class */
    struct fl_series *oldest, *newest;
    uint32_t nopen;
    size_t chunk;              /* raw bytes of an open object before they are handed over */
    struct fl_buf spill;       /* what is over while a piece is handed over */
    struct fl_time now;        /* of the seal under way; wall never steps back */
};

extern const struct fl_store_kind fl_store_buffered, fl_store_direct;

/* YYYYMMDDTHHMMSS of a UTC second, 15 bytes and a NUL. */
void fl_store_stamp(int64_t second, char stamp[16]);

#endif
