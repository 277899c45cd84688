/*
 * series.h - the store's inside; private to store/.
 *
 *   store.c      series, keys, limits
 *   buffered.c   when a series seals, and how its objects are called
 *   direct.c     the same for `direct`
 *   names.c      parts of keys
 */
#ifndef FL_SERIES_H
#define FL_SERIES_H

#include "core/runtime.h"
#include "delivery/parcel.h"
#include "drivers/compressor.h"
#include "drivers/encoder.h"
#include "store/names.h"
#include "store/store.h"

/* A folder of keys, `<prefix>/<class or partition path>`: whoever writes there shares its stream and numbers. */
struct fl_folder {
    struct fl_folder *next;    /* in its hash chain */
    uint64_t hash;
    char *path;                /* class name or partition path */
    uint32_t path_n;
    bool partition;
    int64_t stream;            /* UTC second, 0: none yet */
    uint64_t number;           /* of the next object in the stream */
    int64_t latest;            /* stream so far */
    uint64_t most;             /* above the numbers of all streams so far */
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
    char *(*init)(struct fl_store *s, const struct fl_options *o);
    /* Key of the series' open object that is sealed at s->now; returns where its time stamp is. */
    uint32_t (*key)(struct fl_store *s, struct fl_series *e, struct fl_buf *key);
};

/*
 * A clock that stepped back by less is taken for one that will soon have caught up: labels wait for it. By more, it was
 * wrong before and has been put right: labels follow it again at once. Names don't meet either way, see buffered.c.
 */
#define FL_CORRECTION (60 * FL_SECOND)

#define FL_STORE_MARK FL_MARK('s', 't', 'o', 'r')

struct fl_store {
    uint32_t magic;
    struct fl_runtime *rt;
    struct fl_output *output;
    uint32_t of;               /* number of the output */
    const struct fl_store_kind *kind;
    const struct fl_encode_kind *encode;
    void *encoder;
    const struct fl_compress_kind *compress;
    const char *bucket, *encoding;
    char *prefix;              /* "" or with a / at its end */
    uint32_t max_path;         /* bytes of a folder below it */
    char instance[FL_INSTANCE_MAX + 2]; /* -TOKEN, or "" */
    bool random_token, own_keys; /* it is this process's alone; it stands in keys, so that they are too */
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
    struct fl_arena scratch;    /* for the encoder's begin and end */
    struct fl_cx cx;
    struct fl_time now;        /* of the seal under way; wall steps back only by more than FL_CORRECTION */
    int64_t gone_latest;       /* of folders that were forgotten: what a new one must not meet */
    uint64_t gone_most;
};

extern const struct fl_store_kind fl_store_buffered, fl_store_direct;

#endif
