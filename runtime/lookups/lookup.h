/*
 * lookup.h - what the parts of the lookups share; private to lookup.c, cache.c, lookups/gremlin/gremlin.c, answer.c, query.c
 * and templates.c.
 *
 * The cache: one per lookup of the pipeline. Keys are any bytes. An entry is one of
 *   asked    its query goes out with the next wave
 *   known    answered, kept for `keep` ns from then; the answer may be null
 *   passing  refused, failed or late: null to the end of the batch, so that waves end, then forgotten
 * Nothing is freed inside a batch, so results that were given out stay valid until fl_cache_trim.
 */
#ifndef FL_LOOKUP_H
#define FL_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum fl_entry_state { FL_ENTRY_ASKED, FL_ENTRY_KNOWN, FL_ENTRY_PASSING };

struct fl_entry {
    struct fl_entry *older, *newer; /* known: by time of answer; asked and passing: the unsettled ones */
    uint64_t hash;
    int64_t expires; /* mono ns */
    uint64_t batch;  /* that it was asked in */
    void *result;    /* one malloc'd block, or NULL for null */
    uint32_t key_n;
    uint8_t state; /* enum fl_entry_state */
    char key[];
};

struct fl_slot {
    uint64_t hash;
    struct fl_entry *entry; /* NULL: free */
};

struct fl_cache {
    struct fl_slot *slot;
    uint32_t mask; /* slots - 1 */
    uint32_t used; /* slots in use */
    uint32_t known;
    uint64_t seed; /* keys come from the network: their hashes must not be foreseeable */
    struct fl_entry *oldest, *newest;
    struct fl_entry *unsettled; /* asked or passing */
};

void fl_cache_init(struct fl_cache *c);
void fl_cache_free(struct fl_cache *c);
struct fl_entry *fl_cache_find(const struct fl_cache *c, fl_str key);
/* A new entry in state asked; the key must not be there yet. */
struct fl_entry *fl_cache_add(struct fl_cache *c, fl_str key, uint64_t batch);
/* asked -> known. The cache owns `result` from now on. */
void fl_cache_know(struct fl_cache *c, struct fl_entry *e, void *result, int64_t expires);
/* Drop one entry, whatever its state. */
void fl_cache_drop(struct fl_cache *c, struct fl_entry *e);
/* Drop what expires at `now` or before, what is unsettled, and the oldest above `max`. Between batches only. */
void fl_cache_trim(struct fl_cache *c, int64_t now, int64_t max);

/* Append the text as a JSON string, quotes included, escaped as Go's encoding/json does (also < > &). Takes FL_RAW. */
void fl_query_json(struct fl_buf *b, fl_str s);

#endif
