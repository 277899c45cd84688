/*
 * table.c - see table.h. Called by generated code, on the worker thread only.
 *
 * One mapping holds, each part touched only as far as it is used:
 *
 *   index, spare   slots of {32 bits of hash, row number + 1}, open addressing with linear probing. The index in use
 *                  has only as many slots as the rows need; when three quarters are taken it is copied into the
 *                  spare one, twice as large, which is one run through both from front to back. So a table with
 *                  few rows stays in the cache, whatever its maximum.
 *   rows           head (28 bytes), the key's first 36 bytes (a UUID; together 64), the value.
 *   rest           per row, what is longer than that of a text key.
 *
 * Rows in use are a list in the order of writing, which says who goes at the maximum and, with one expiry for all
 * rows as usual, who has expired.
 */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct fl_slot {
    uint32_t hash;
    uint32_t row; /* number + 1; 0: empty */
};

struct row {
    int64_t written, expires;
    uint32_t older, newer; /* NONE at the ends; `newer` links free rows */
    uint16_t n;            /* length of the key */
    uint8_t class_;
    uint8_t live;
    char key[];
};

#define NONE UINT32_MAX
_Static_assert(FL_SLOT_BYTES == sizeof(struct fl_slot) && FL_TABLE_PAD == FL_PAD, "as table_size.h says");
_Static_assert(offsetof(struct row, key) == FL_ROW_HEAD, "the head of a row and a UUID are 64 bytes");

static inline struct row *row_at(const struct fl_table *t, uint32_t i)
{
    return (struct row *)(void *)(t->rows + (size_t)i * t->stride);
}

static inline char *rest_at(const struct fl_table *t, uint32_t i)
{
    return t->rest + (size_t)i * FL_ROW_REST;
}

/* ---- hash ------------------------------------------------------------------------------------ */

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 p = (unsigned __int128)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static inline uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static inline uint64_t load1(const char *p)
{
    return (unsigned char)*p;
}

static inline uint64_t load4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

/*
 * 16 bytes a step, each mixed with the secret and the state by a 64 x 64 multiplication whose halves are folded
 * together.
 */
static uint32_t hash_of(uint64_t seed, const char *p, uint32_t n)
{
    const uint64_t k1 = UINT64_C(0x9e3779b97f4a7c15), k2 = UINT64_C(0xd1b54a32d192ed03);
    uint64_t h = seed ^ k1, a, b;
    uint32_t left = n;
    for (; left > 16; left -= 16, p += 16)
        h = fold(load8(p) ^ k2 ^ h, load8(p + 8) ^ seed ^ k1);
    if (left >= 8) {
        a = load8(p);
        b = load8(p + left - 8);
    } else if (left >= 4) {
        a = load4(p);
        b = load4(p + left - 4);
    } else {
        a = left ? load1(p) << 16 | load1(p + left / 2) << 8 | load1(p + left - 1) : 0;
        b = 0;
    }
    h = fold(a ^ k2 ^ h, b ^ seed ^ k1);
    h = fold(h ^ seed, n ^ k2);
    return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void forget_all(struct fl_table *t)
{
    t->mask = FL_TABLE_SLOTS - 1;
    t->live = t->used = t->sweep = 0;
    t->free = t->oldest = t->newest = t->next = NONE;
    t->clock = t->expire = INT64_MIN;
    t->mixed = t->unordered = false;
}

static uint64_t random_seed(const void *map)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed)
        return seed;
    struct timespec now; /* at boot, before the kernel has entropy */
    clock_gettime(CLOCK_REALTIME, &now);
    return fold((uint64_t)now.tv_nsec * 4096 + (uint64_t)now.tv_sec, (uint64_t)(uintptr_t)map ^ (uint64_t)getpid());
}

void fl_table_open(struct fl_table *t)
{
    if (t->max < 1)
        t->max = 1;
    if (t->max > INT32_MAX)
        t->max = INT32_MAX;
    t->key_room = (t->key_size ? t->key_size : FL_ROW_KEY);
    t->value_at = fl_row_value_at(t->key_size);
    t->stride = fl_row_stride(t->value_size, t->key_size);
    t->map_size = fl_table_mapped(t->max, t->value_size, t->key_size);
    t->map = mmap(NULL, t->map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (t->map == MAP_FAILED) {
        fprintf(stderr, "table %s: no address space for %zu MiB (%lld rows); lower its max\n", t->name ? t->name : "?",
                t->map_size >> 20, (long long)t->max);
        exit(1);
    }
    size_t index_bytes = fl_table_slots(t->max) * sizeof(struct fl_slot);
    t->index = t->map;
    t->spare = (struct fl_slot *)(void *)((char *)t->map + index_bytes);
    t->rows = (char *)t->map + 2 * index_bytes;
    if (t->map_size > 64 << 20) /* many rows: they and the index are used densely */
        madvise(t->map, 2 * index_bytes + (size_t)t->max * t->stride, MADV_HUGEPAGE);
    t->rest = t->key_size ? NULL : t->rows + fl_round_up((size_t)t->max * t->stride + FL_PAD, 4096);
    t->seed = random_seed(t->map);
    forget_all(t);
}

void fl_table_close(struct fl_table *t)
{
    if (t->map)
        munmap(t->map, t->map_size);
    t->map = NULL;
    t->rows = t->rest = NULL;
    t->index = t->spare = NULL;
    t->live = t->used = 0;
}

void fl_table_clear(struct fl_table *t)
{
    madvise(t->map, t->map_size, MADV_DONTNEED); /* zero again */
    forget_all(t);
}

void fl_table_seed(struct fl_table *t, uint64_t seed)
{
    t->seed = seed;
}

uint64_t fl_table_live(const struct fl_table *t)
{
    return t->live;
}

/* ---- index ----------------------------------------------------------------------------------- */

static bool key_is(const struct fl_table *t, uint32_t i, const struct row *r, const char *key, uint32_t n)
{
    if (r->n != n || n == 0)
        return r->n == n;
    if (n <= t->key_room)
        return memcmp(r->key, key, n) == 0;
    return memcmp(r->key, key, t->key_room) == 0 && memcmp(rest_at(t, i), key + t->key_room, n - t->key_room) == 0;
}

/* The slot of the key, or the empty one at its place. */
static struct fl_slot *find(const struct fl_table *t, uint32_t hash, const char *key, uint32_t n)
{
    for (uint32_t i = hash & t->mask;; i = (i + 1) & t->mask) {
        struct fl_slot *s = &t->index[i];
        if (!s->row)
            return s;
        if (s->hash != hash)
            continue;
        const struct row *r = row_at(t, s->row - 1);
        __builtin_prefetch((const char *)r + t->value_at);
        if (key_is(t, s->row - 1, r, key, n))
            return s;
    }
}

static void insert(struct fl_slot *index, uint32_t mask, struct fl_slot s)
{
    uint32_t i = s.hash & mask;
    while (index[i].row)
        i = (i + 1) & mask;
    index[i] = s;
}

static void grow(struct fl_table *t)
{
    uint32_t mask = t->mask * 2 + 1;
    for (uint32_t i = 0; i <= t->mask; i++)
        if (t->index[i].row)
            insert(t->spare, mask, t->index[i]);
    size_t bytes = ((size_t)t->mask + 1) * sizeof *t->index;
    struct fl_slot *old = t->index;
    t->index = t->spare;
    t->spare = old;
    t->mask = mask;
    /* The next one has to be empty; small parts of pages aren't given back by madvise. */
    if (bytes % (size_t)sysconf(_SC_PAGESIZE) || (uintptr_t)old % (uintptr_t)sysconf(_SC_PAGESIZE) ||
        madvise(old, bytes, MADV_DONTNEED))
        memset(old, 0, bytes);
}

/* Close the gap: slots behind it that may stand earlier move up, so that no marks of deleted slots are needed. */
static void remove_slot(struct fl_table *t, uint32_t gap)
{
    for (uint32_t i = (gap + 1) & t->mask; t->index[i].row; i = (i + 1) & t->mask) {
        uint32_t home = t->index[i].hash & t->mask;
        if (((i - home) & t->mask) >= ((i - gap) & t->mask)) {
            t->index[gap] = t->index[i];
            gap = i;
        }
    }
    t->index[gap].row = 0;
}

/* ---- write order ----------------------------------------------------------------------------- */

static void unlink_row(struct fl_table *t, uint32_t i, struct row *r)
{
    if (t->next == i)
        t->next = r->newer;
    if (r->older == NONE)
        t->oldest = r->newer;
    else
        row_at(t, r->older)->newer = r->newer;
    if (r->newer == NONE)
        t->newest = r->older;
    else
        row_at(t, r->newer)->older = r->older;
}

static void link_newest(struct fl_table *t, uint32_t i, struct row *r)
{
    r->older = t->newest;
    r->newer = NONE;
    if (t->newest == NONE)
        t->oldest = i;
    else
        row_at(t, t->newest)->newer = i;
    t->newest = i;
}

/* The row's place in the index by its own key. */
static void drop_row(struct fl_table *t, uint32_t i)
{
    struct row *r = row_at(t, i);
    char whole[FL_TABLE_KEY];
    const char *key = r->key;
    if (r->n > t->key_room) {
        memcpy(whole, r->key, t->key_room);
        memcpy(whole + t->key_room, rest_at(t, i), r->n - t->key_room);
        key = whole;
    }
    uint32_t slot = hash_of(t->seed, key, r->n) & t->mask;
    while (t->index[slot].row != i + 1)
        slot = (slot + 1) & t->mask;
    remove_slot(t, slot);
    unlink_row(t, i, r);
    r->live = 0;
    r->newer = t->free;
    t->free = i;
    if (--t->live == 0)
        t->mixed = t->unordered = false;
}

/* Two rows a write are enough to stay ahead of one new row a write. */
static void sweep(struct fl_table *t, int64_t now)
{
    for (int i = 0; i < 2 && t->oldest != NONE && row_at(t, t->oldest)->expires <= now; i++)
        drop_row(t, t->oldest);
    if (!t->mixed)
        return;
    for (int i = 0; i < 2 && t->used; i++) {
        if (t->sweep >= t->used)
            t->sweep = 0;
        const struct row *r = row_at(t, t->sweep);
        if (r->live && r->expires <= now)
            drop_row(t, t->sweep);
        t->sweep++;
    }
}

static uint32_t new_row(struct fl_table *t, int64_t now)
{
    if (t->live == (uint32_t)t->max) {
        t->evicted += row_at(t, t->oldest)->expires > now;
        drop_row(t, t->oldest);
    }
    t->live++;
    if (t->free == NONE)
        return t->used++;
    uint32_t i = t->free;
    t->free = row_at(t, i)->newer;
    return i;
}

static void fill(struct fl_table *t, uint32_t i, struct row *r, const char *key, uint32_t n)
{
    memset(r, 0, t->stride);
    r->n = (uint16_t)n;
    r->live = 1;
    if (n)
        memcpy(r->key, key, n < t->key_room ? n : t->key_room);
    if (n > t->key_room)
        memcpy(rest_at(t, i), key + t->key_room, n - t->key_room);
}

/* What the times say about the order of the list. */
static void note_times(struct fl_table *t, int64_t now, int64_t expire)
{
    t->mixed |= t->live && expire != t->expire;
    t->expire = expire;
    t->unordered |= t->live && now < t->clock;
    t->clock = t->live && now < t->clock ? t->clock : now;
}

/* ---- public ---------------------------------------------------------------------------------- */

void *fl_table_get(struct fl_table *t, const void *key, uint32_t n, int64_t now)
{
    if (n > FL_TABLE_KEY)
        return NULL;
    const struct fl_slot *s = find(t, hash_of(t->seed, key, n), key, n);
    if (!s->row)
        return NULL;
    struct row *r = row_at(t, s->row - 1);
    return r->expires > now ? (char *)r + t->value_at : NULL;
}

void *fl_table_put(struct fl_table *t, const void *key, uint32_t n, int64_t now, int64_t expire, uint8_t class_)
{
    if (n > (t->key_size ? t->key_size : FL_TABLE_KEY)) {
        t->too_long++;
        return NULL;
    }
    int64_t expires;
    if (__builtin_add_overflow(now, expire, &expires))
        expires = expire < 0 ? INT64_MIN : INT64_MAX;
    note_times(t, now, expire);
    sweep(t, now);

    uint32_t hash = hash_of(t->seed, key, n);
    struct fl_slot *s = find(t, hash, key, n);
    struct row *r;
    uint32_t i;
    if (s->row) {
        i = s->row - 1;
        r = row_at(t, i);
        if (r->expires <= now)
            memset((char *)r + t->value_at, 0, t->value_size);
        if (t->newest != i) {
            unlink_row(t, i, r);
            link_newest(t, i, r);
        }
    } else {
        i = new_row(t, now);
        r = row_at(t, i);
        fill(t, i, r, key, n);
        link_newest(t, i, r);
        if (t->live > t->mask - t->mask / 4)
            grow(t);
        insert(t->index, t->mask, (struct fl_slot){hash, i + 1}); /* new_row may have moved slots */
    }
    r->written = now;
    r->expires = expires;
    r->class_ = class_;
    return (char *)r + t->value_at;
}

void fl_table_forget(struct fl_table *t, const void *key, uint32_t n)
{
    if (n > FL_TABLE_KEY)
        return;
    const struct fl_slot *s = find(t, hash_of(t->seed, key, n), key, n);
    if (s->row)
        drop_row(t, s->row - 1);
}

/* What fl_table_absent gives out of a row; the key in one piece. */
static void give(struct fl_table *t, uint32_t i, const void **key, uint32_t *n, uint8_t *class_, void **value)
{
    struct row *r = row_at(t, i);
    *n = r->n;
    *class_ = r->class_;
    *value = (char *)r + t->value_at;
    *key = r->key;
    if (r->n > t->key_room) {
        memcpy(t->whole, r->key, t->key_room);
        memcpy(t->whole + t->key_room, rest_at(t, i), r->n - t->key_room);
        *key = t->whole;
    }
}

bool fl_table_absent(struct fl_table *t, uint32_t *cursor, int64_t now, int64_t before, const void **key, uint32_t *n,
                     uint8_t *class_, void **value)
{
    if (*cursor == 0 && !t->unordered) {
        t->next = t->oldest;
        *cursor = NONE;
    }
    if (*cursor != NONE) { /* the clock was set back: look at all rows */
        while (*cursor < t->used) {
            uint32_t i = (*cursor)++;
            const struct row *r = row_at(t, i);
            if (r->live && r->expires > now && r->written < before) {
                give(t, i, key, n, class_, value);
                return true;
            }
        }
        return false;
    }
    while (t->next != NONE) {
        uint32_t i = t->next;
        const struct row *r = row_at(t, i);
        if (r->written >= before)
            break;
        t->next = r->newer; /* unlink_row keeps it valid when that row goes or moves */
        if (r->expires > now) {
            give(t, i, key, n, class_, value);
            return true;
        }
    }
    t->next = NONE;
    return false;
}

/* ---- kept texts ------------------------------------------------------------------------------ */

bool fl_keep(struct fl_kept *k, fl_str s)
{
    uint32_t n = s.n;
    if (n > sizeof k->s) {
        n = sizeof k->s;
        while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
            n--;
    }
    k->n = n;
    if (n)
        memcpy(k->s, s.p, n);
    return n == s.n;
}

fl_str fl_kept_str(const struct fl_kept *k)
{
    return (fl_str){k->s, k->n, FL_PLAIN};
}
