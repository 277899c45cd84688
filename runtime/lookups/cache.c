/*
 * cache.c - the cache of one lookup: open addressing over malloc'd entries; see lookup.h. Called by lookup.c.
 *
 * A hit costs a hash of the key, mostly one probe and one compare: it happens per record, so it allocates nothing and
 * reads no clock. Growing, expiry and eviction happen when an answer comes or between batches.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "lookups/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

void fl_cache_init(struct fl_cache *c)
{
    *c = (struct fl_cache){.mask = 63};
    c->slot = fl_new_array(struct fl_slot, c->mask + 1);
    c->seed = fl_hash_seed(c->slot);
}

static void entry_free(struct fl_entry *e)
{
    free(e->result);
    free(e);
}

void fl_cache_free(struct fl_cache *c)
{
    for (uint32_t i = 0; c->slot && i <= c->mask; i++)
        if (c->slot[i].entry)
            entry_free(c->slot[i].entry);
    free(c->slot);
    *c = (struct fl_cache){0};
}

struct fl_entry *fl_cache_find(const struct fl_cache *c, fl_str key)
{
    uint64_t h = fl_hash(c->seed, key.p, key.n);
    for (uint32_t i = (uint32_t)h & c->mask; c->slot[i].entry; i = (i + 1) & c->mask) {
        struct fl_entry *e = c->slot[i].entry;
        if (c->slot[i].hash == h && e->key_n == key.n && memcmp(e->key, key.p, key.n) == 0)
            return e;
    }
    return NULL;
}

static void put(struct fl_cache *c, struct fl_entry *e)
{
    uint32_t i = (uint32_t)e->hash & c->mask;
    while (c->slot[i].entry)
        i = (i + 1) & c->mask;
    c->slot[i] = (struct fl_slot){e->hash, e};
}

static void grow(struct fl_cache *c)
{
    struct fl_slot *old = c->slot;
    uint32_t n = c->mask + 1;
    c->mask = n * 2 - 1;
    c->slot = fl_new_array(struct fl_slot, (size_t)n * 2);
    for (uint32_t i = 0; i < n; i++)
        if (old[i].entry)
            put(c, old[i].entry);
    free(old);
}

struct fl_entry *fl_cache_add(struct fl_cache *c, fl_str key, uint64_t batch)
{
    if ((c->used + 1) > (c->mask + 1) / 4 * 3)
        grow(c);
    struct fl_entry *e = fl_alloc(sizeof *e + key.n);
    *e = (struct fl_entry){.hash = fl_hash(c->seed, key.p, key.n), .batch = batch, .key_n = key.n, .state = FL_ENTRY_ASKED};
    if (key.n)
        memcpy(e->key, key.p, key.n);
    put(c, e);
    c->used++;
    e->newer = NULL;
    e->older = c->unsettled;
    if (c->unsettled)
        c->unsettled->newer = e;
    c->unsettled = e;
    return e;
}

static void unlink_entry(struct fl_cache *c, struct fl_entry *e)
{
    bool known = e->state == FL_ENTRY_KNOWN;
    if (e->newer)
        e->newer->older = e->older;
    else if (known)
        c->newest = e->older;
    else
        c->unsettled = e->older;
    if (e->older)
        e->older->newer = e->newer;
    else if (known)
        c->oldest = e->newer;
    if (known)
        c->known--;
    e->older = e->newer = NULL;
}

void fl_cache_know(struct fl_cache *c, struct fl_entry *e, void *result, int64_t expires)
{
    unlink_entry(c, e);
    e->state = FL_ENTRY_KNOWN;
    e->result = result;
    e->expires = expires;
    e->older = c->newest;
    if (c->newest)
        c->newest->newer = e;
    else
        c->oldest = e;
    c->newest = e;
    c->known++;
}

void fl_cache_drop(struct fl_cache *c, struct fl_entry *e)
{
    uint32_t i = (uint32_t)e->hash & c->mask;
    while (c->slot[i].entry != e)
        i = (i + 1) & c->mask;
    /* Move back what a probe would no longer find across the hole. */
    for (uint32_t j = (i + 1) & c->mask; c->slot[j].entry; j = (j + 1) & c->mask) {
        uint32_t home = (uint32_t)c->slot[j].hash & c->mask;
        if (((j - home) & c->mask) >= ((j - i) & c->mask)) {
            c->slot[i] = c->slot[j];
            i = j;
        }
    }
    c->slot[i] = (struct fl_slot){0};
    c->used--;
    unlink_entry(c, e);
    entry_free(e);
}

void fl_cache_trim(struct fl_cache *c, int64_t now, int64_t max)
{
    while (c->unsettled)
        fl_cache_drop(c, c->unsettled);
    while (c->oldest && (c->known > max || c->oldest->expires <= now))
        fl_cache_drop(c, c->oldest);
}
