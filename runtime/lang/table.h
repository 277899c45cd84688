/*
 * table.h - state of pipelines: bounded maps from a key to a small fixed-size value.
 *
 * Used by one thread at a time. All memory is mapped by fl_table_open and touched as rows are used; nothing is allocated later.
 * At `max` rows the least recently written one makes room. Rows expire; expired ones are found by no function and are
 * swept a few at a time by fl_table_put. Keys are fixed-size bytes or texts up to FL_TABLE_KEY bytes; the hash is
 * seeded per table, so that nobody can send keys that all fall together. No call takes long: the index grows a bucket
 * at a time.
 */
#ifndef FL_TABLE_H
#define FL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsl/table_size.h"
#include "base/text.h"

struct fl_table;

/* What is kept besides for each row, in memory of its own: called when the table is opened, closed and cleared, and when a row's value goes. */
struct fl_rider {
    void (*open)(struct fl_table *t), (*close)(struct fl_table *t), (*clear)(struct fl_table *t);
    void (*gone)(struct fl_table *t, void *value);
};

struct fl_table {
    /* given by FL_TABLE */
    const char *name;
    int64_t max;           /* rows, up to 2^31 - 1 */
    uint32_t value_size;
    uint32_t key_size;     /* bytes of a fixed-size key, at most 256; 0: text */
    bool walked;           /* fl_table_absent is called: rows know when they were written */
    bool prefixes;         /* keys are prefixes as text: it is noted which lengths there are, for fl_table_match */
    const struct fl_rider *rider; /* or NULL */

    /* counters that the worker reads and resets */
    uint64_t evicted;      /* rows that made room before they expired */
    uint64_t too_long;     /* writes with a key over FL_TABLE_KEY or a text over FL_KEPT, left out */
    uint64_t no_key;       /* writes with FL_NO_KEY, left out */
    uint64_t readings;     /* how often its rows came from outside: fl_table_swap, and who fills it for tests; never reset */

    /* private */
    uint32_t magic;        /* while it is open */
    struct fl_bucket *index, *further;
    char *rows, *rest;
    char whole[FL_TABLE_KEY]; /* a long key in one piece, for fl_table_absent */
    void *map;
    size_t map_size;
    uint64_t seed;
    int64_t clock;         /* latest time of a write */
    int64_t expire;        /* what rows were given, while `mixed` is false */
    uint32_t mask, buckets;   /* of the index; see table.c */
    uint32_t further_used, further_free;
    uint32_t key_room, value_at, written_at, stride;
    uint32_t live, used;   /* rows in use; rows ever used */
    uint32_t free, oldest, newest, sweep, next;
    uint64_t lengths[2][3]; /* `prefixes`: which there were, a bit each, of IPv4 and IPv6 */
    bool mixed;            /* rows with different expiry: the write order isn't the order of expiry */
    bool unordered;        /* the clock was set back: the write order isn't the order of times */
};

#define FL_TABLE(name_, max_, value_size_, key_size_, walked_) \
    {.name = (name_), .max = (max_), .value_size = (value_size_), .key_size = (key_size_), .walked = (walked_)}

/* The same with prefixes as keys. */
#define FL_TABLE_OF_PREFIXES(name_, max_, value_size_, walked_) \
    {.name = (name_), .max = (max_), .value_size = (value_size_), .key_size = 0, .walked = (walked_), .prefixes = true}

/* Map the memory. Ends the process with a message if there isn't enough address space. */
void fl_table_open(struct fl_table *t);
void fl_table_close(struct fl_table *t);
/* Forget all rows (tests). */
void fl_table_clear(struct fl_table *t);
/* Tests: a fixed hash; before the first row. */
void fl_table_seed(struct fl_table *t, uint64_t seed);

/* As the length of a key: there is none, for what should be an address is none. Nothing is found or stored by it. */
#define FL_NO_KEY UINT32_MAX

/* The value, 8-aligned, valid until its row goes; NULL: no such row, or expired. Times are ns. */
void *fl_table_get(struct fl_table *t, const void *key, uint32_t n, int64_t now);
/*
 * The value to fill, zeroed when the row is new or had expired. Makes the row the most recently written one, with
 * expiry now + expire (held at INT64_MAX: never). NULL: the key is too long, or there is none (counted).
 */
void *fl_table_put(struct fl_table *t, const void *key, uint32_t n, int64_t now, int64_t expire, uint16_t class_);
void fl_table_forget(struct fl_table *t, const void *key, uint32_t n);
/* The least recently written row goes (counted as evicted), but not the one with the value `keep`. False: there is no other. */
bool fl_table_make_room(struct fl_table *t, const void *keep);

/*
 * Hints: this key is going to be read or written, for instance with the next records of a batch. Tables that fit into
 * the caches don't need them: fl_table_far. Call each for all keys in turn, so that the memory they need is fetched
 * for all at once: first fl_table_hash for the index, then fl_table_fetch for the rows with the hashes it gave, then, if
 * they are going to be written, fl_table_fetch_order for their neighbours in the order of writing.
 */
#define FL_AHEAD 32u /* keys at a time */
uint32_t fl_table_hash(const struct fl_table *t, const void *key, uint32_t n);
void fl_table_fetch(const struct fl_table *t, const uint32_t *hash, uint32_t count);
void fl_table_fetch_order(const struct fl_table *t, const uint32_t *hash, uint32_t count);
static inline bool fl_table_far(const struct fl_table *t)
{
    return t->used > 2048;
}

/* Rows that are held; expired ones that weren't swept yet included. */
uint64_t fl_table_live(const struct fl_table *t);

/*
 * The next live row that was last written before `before`, oldest first; *cursor is 0 for the first call. False: no
 * more. For tables that are `walked`. Rows may be written or forgotten meanwhile; one iteration per table at a time. *key is valid as *value is,
 * and is not followed by FL_PAD bytes.
 */
bool fl_table_absent(struct fl_table *t, uint32_t *cursor, int64_t now, int64_t before, const void **key, uint32_t *n,
                     uint16_t *class_, void **value);

/* A live row as it is iterated over; valid until the next one is asked for. */
struct fl_table_row {
    const void *key;       /* not followed by FL_PAD bytes */
    uint32_t n;
    const void *value;
    int64_t expires;
    uint16_t class_;
    char whole[FL_TABLE_KEY]; /* private */
};

/*
 * The next live row, in no order; *cursor is 0 for the first call. False: no more. Writes nothing: other threads may read the table
 * meanwhile, but none may write it.
 */
bool fl_table_next(const struct fl_table *t, uint32_t *cursor, int64_t now, struct fl_table_row *row);
/* Exchange all rows of two tables (a is the pipeline's: it has one reading more) that were opened with the same FL_TABLE; takes as long as copying the struct. */
void fl_table_swap(struct fl_table *a, struct fl_table *b);

/* ---- texts kept in a row --------------------------------------------------------------------- */

#define FL_KEPT 252u

struct fl_kept {
    uint32_t n;
    char s[FL_KEPT];
};

/* Of at most FL_KEPT bytes: who writes a row asks before. FL_RAW has to be decoded. */
void fl_keep(struct fl_kept *k, fl_str s);
/* Valid as long as the row; wide reads behind it may see the row's other bytes but stay in the table's memory. */
fl_str fl_kept_str(const struct fl_kept *k);

#endif
