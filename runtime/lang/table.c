/*
 * table.c - see table.h. Called by generated code, by one thread at a time.
 *
 * One mapping holds, each part touched only as far as it is used:
 *
 *   index     buckets of a cache line: the hashes and row numbers of 7 rows, so that a key is found by looking at one line
 *             here and one in its row. A row's bucket is given by the low bits of its hash. The index grows in place by
 *             linear hashing: when there are too many rows for it, its buckets are split one after the other, two a
 *             write, each into itself and the one that many places behind; so no write waits for the others' rows.
 *   further   buckets for what is over: a list behind each full bucket. With a seeded hash few rows are there.
 *   rows      head (20 bytes), the key's first 36 bytes (a UUID), the value: 64 together if that is a number.
 *   rest      per row, what is longer than that of a text key.
 *
 * Rows in use are a list in the order of writing, which says who goes at the maximum and, with one expiry for all
 * rows as usual, who has expired.
 *
 * A part begins with small pages, so that a table with few rows is small, and goes on with huge ones: with many rows
 * it is what the processor knows of their addresses that decides how long a row takes, and the kernel's work for
 * fresh pages.
 */
#include "lang/table.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/limits.h"

#if defined(__SSE2__) && !defined(FL_PLAIN_C)
#include <emmintrin.h>
#endif

#define MAGIC FL_MARK('t', 'a', 'b', 'l')

struct fl_bucket {
    uint32_t hash[FL_BUCKET_ROWS];
    uint32_t row[FL_BUCKET_ROWS];
    uint32_t n;    /* rows in this one */
    uint32_t more; /* number of the further bucket + 1; 0: none. Only a full bucket has one. */
};

struct row {
    uint32_t older, newer; /* NONE at the ends; `newer` links free rows */
    int64_t expires;
    uint16_t n : 15;       /* length of the key */
    uint16_t live : 1;
    uint16_t class_;
    char key[];
};

#define NONE UINT32_MAX
#define SMALL_PAGES ((size_t)512 << 10) /* at the beginning of a part that is larger than a huge page */
_Static_assert(FL_BUCKET_ROWS == 7 && FL_BUCKET_BYTES % 16 == 0, "a bucket's hashes are compared as 8 numbers, aligned");
_Static_assert(FL_BUCKET_BYTES == sizeof(struct fl_bucket) && FL_TABLE_PAD == FL_PAD, "as table_size.h says");
_Static_assert(offsetof(struct row, key) == FL_ROW_HEAD, "the head of a row, a UUID and a number are 64 bytes");

static inline struct row *row_at(const struct fl_table *t, uint32_t i)
{
    return (struct row *)(void *)(t->rows + (size_t)i * t->stride);
}

static inline int64_t *written_of(const struct fl_table *t, struct row *r)
{
    return (int64_t *)(void *)((char *)r + t->written_at);
}

static inline char *rest_at(const struct fl_table *t, uint32_t i)
{
    return t->rest + (size_t)i * FL_ROW_REST;
}

/* ---- hash ------------------------------------------------------------------------------------ */

static inline uint32_t hash_of(uint64_t seed, const char *p, uint32_t n)
{
    uint64_t h = fl_hash(seed, p, n);
    return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void forget_all(struct fl_table *t)
{
    t->buckets = FL_TABLE_BUCKETS;
    t->mask = FL_TABLE_BUCKETS - 1;
    t->further_used = 0;
    t->live = t->used = t->sweep = 0;
    t->further_free = t->free = t->oldest = t->newest = t->next = NONE;
    t->clock = t->expire = INT64_MIN;
    t->mixed = t->unordered = false;
    memset(t->lengths, 0, sizeof t->lengths);
}

/* A key such as `10.0.0.0/8`. */
static void note_length(struct fl_table *t, const char *key, uint32_t n)
{
    const char *slash = memrchr(key, '/', n);
    unsigned bits = 0;
    for (const char *p = slash ? slash + 1 : key + n; p < key + n; p++)
        bits = bits * 10 + (unsigned)(*p - '0');
    if (slash && bits <= 128)
        t->lengths[memchr(key, ':', n) != NULL][bits / 64] |= UINT64_C(1) << bits % 64;
}

static size_t part_size(const struct fl_table *t, int part)
{
    return fl_table_part(part, t->max, t->value_size, t->key_size, t->walked);
}

/* The part at or behind `at`: a large one begins SMALL_PAGES before a huge page. */
static char *place(char *at, size_t size)
{
    uintptr_t p = (uintptr_t)at;
    if (size <= FL_HUGE_PAGE)
        return at;
    uintptr_t huge = fl_round_up(p + SMALL_PAGES, FL_HUGE_PAGE);
    return at + (huge - SMALL_PAGES - p);
}

void fl_table_open(struct fl_table *t)
{
    if (t->max < 1)
        t->max = 1;
    if (t->max > INT32_MAX)
        t->max = INT32_MAX;
    t->key_room = (t->key_size ? t->key_size : FL_ROW_KEY);
    t->value_at = fl_row_value_at(t->key_size);
    t->written_at = fl_row_written_at(t->value_size, t->key_size);
    t->stride = fl_row_stride(t->value_size, t->key_size, t->walked);
    t->map_size = fl_table_worst(t->max, t->value_size, t->key_size, t->walked) + FL_PARTS * FL_HUGE_PAGE;
    t->map = mmap(NULL, t->map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (t->map == MAP_FAILED)
        fl_give_up("table %s: no address space for %zu MiB (%lld rows); lower its max%s", t->name ? t->name : "?",
                   t->map_size >> 20, (long long)t->max, fl_limits_memory());
    char *part[FL_PARTS], *at = t->map;
    for (int i = 0; i < FL_PARTS; i++) {
        size_t size = part_size(t, i);
        part[i] = place(at, size);
        at = part[i] + size;
        if (i != FL_PART_REST && size > FL_HUGE_PAGE)
            madvise(part[i] + SMALL_PAGES, size - SMALL_PAGES, MADV_HUGEPAGE);
    }
    t->index = (struct fl_bucket *)(void *)part[FL_PART_INDEX];
    t->further = (struct fl_bucket *)(void *)part[FL_PART_FURTHER];
    t->rows = part[FL_PART_ROWS];
    t->rest = t->key_size ? NULL : part[FL_PART_REST];
    t->seed = fl_hash_seed(t->map);
    fl_mark(t, MAGIC);
    forget_all(t);
    if (t->rider)
        t->rider->open(t);
}

void fl_table_close(struct fl_table *t)
{
    if (!t->map)
        return;
    FL_ALIVE(t, MAGIC);
    fl_unmark(t);
    if (t->rider)
        t->rider->close(t);
    munmap(t->map, t->map_size);
    t->map = NULL;
    t->rows = t->rest = NULL;
    t->index = t->further = NULL;
    t->live = t->used = 0;
}

void fl_table_clear(struct fl_table *t)
{
    FL_ALIVE(t, MAGIC);
    madvise(t->map, t->map_size, MADV_DONTNEED); /* zero again */
    forget_all(t);
    if (t->rider)
        t->rider->clear(t);
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

static inline struct fl_bucket *bucket_of(const struct fl_table *t, uint32_t hash)
{
    uint32_t i = hash & t->mask;
    return &t->index[i < t->buckets ? i : i & t->mask >> 1]; /* not split yet */
}

/* The rows of a bucket with this hash, a bit for each. */
static inline uint32_t hits(const struct fl_bucket *b, uint32_t hash)
{
    uint32_t bits = 0;
#if defined(__SSE2__) && !defined(FL_PLAIN_C)
    const __m128i *h = (const __m128i *)(const void *)b->hash, want = _mm_set1_epi32((int)hash);
    __m128i low = _mm_cmpeq_epi32(_mm_load_si128(h), want), high = _mm_cmpeq_epi32(_mm_load_si128(h + 1), want);
    bits = (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(low, high), low)); /* the eighth is a row's number */
#else
    for (uint32_t i = 0; i < FL_BUCKET_ROWS; i++)
        bits |= (uint32_t)(b->hash[i] == hash) << i;
#endif
    return bits & ((1u << b->n) - 1);
}

static uint32_t find(const struct fl_table *t, uint32_t hash, const char *key, uint32_t n)
{
    for (const struct fl_bucket *b = bucket_of(t, hash);; b = &t->further[b->more - 1]) {
        for (uint32_t hit = hits(b, hash); hit; hit &= hit - 1) {
            uint32_t i = b->row[__builtin_ctz(hit)];
            if (key_is(t, i, row_at(t, i), key, n))
                return i;
        }
        if (!b->more)
            return NONE;
    }
}

static uint32_t new_further(struct fl_table *t)
{
    uint32_t i = t->further_free;
    if (i == NONE)
        i = t->further_used++;
    else
        t->further_free = t->further[i].more;
    t->further[i].n = t->further[i].more = 0;
    return i;
}

static void free_further(struct fl_table *t, uint32_t i)
{
    t->further[i].more = t->further_free;
    t->further_free = i;
}

static void insert(struct fl_table *t, uint32_t hash, uint32_t row)
{
    struct fl_bucket *b = bucket_of(t, hash);
    while (b->more)
        b = &t->further[b->more - 1];
    if (b->n == FL_BUCKET_ROWS) {
        uint32_t i = new_further(t);
        b->more = i + 1;
        b = &t->further[i];
    }
    b->hash[b->n] = hash;
    b->row[b->n++] = row;
}

/* The list's last row takes the place of the one that goes, so that only full buckets have a further one. */
static void take_out(struct fl_table *t, uint32_t hash, uint32_t row)
{
    struct fl_bucket *b = bucket_of(t, hash), *last = b, *before = NULL;
    while (last->more) {
        before = last;
        last = &t->further[last->more - 1];
    }
    uint32_t k = 0;
    while (b->row[k] != row)
        if (++k == b->n) {
            k = 0;
            b = &t->further[b->more - 1];
        }
    uint32_t end = --last->n;
    b->hash[k] = last->hash[end];
    b->row[k] = last->row[end];
    if (end == 0 && before) {
        free_further(t, before->more - 1);
        before->more = 0;
    }
}

/* The next bucket in turn gives the rows away that belong into the new one. */
static void split(struct fl_table *t)
{
    struct fl_bucket *from = &t->index[t->buckets++ & t->mask >> 1], b = *from;
    from->n = from->more = 0;
    for (;;) {
        for (uint32_t i = 0; i < b.n; i++)
            insert(t, b.hash[i], b.row[i]);
        if (!b.more)
            return;
        uint32_t next = b.more - 1;
        b = t->further[next];
        free_further(t, next);
    }
}

/* Two a write: the index has doubled long before it has to double again. */
static void grow(struct fl_table *t)
{
    if (t->buckets > t->mask) {
        if (t->live <= t->buckets * FL_BUCKET_LOAD)
            return;
        t->mask = t->mask * 2 + 1;
    }
    split(t);
    if (t->buckets <= t->mask)
        split(t);
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

static void value_goes(struct fl_table *t, struct row *r)
{
    if (t->rider)
        t->rider->gone(t, (char *)r + t->value_at);
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
    value_goes(t, r);
    take_out(t, hash_of(t->seed, key, r->n), i);
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

/* After sweep: when the table is still full, the oldest row hasn't expired. */
static uint32_t new_row(struct fl_table *t)
{
    if (t->live == (uint32_t)t->max) {
        t->evicted++;
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
    FL_EXPECT(t->magic == MAGIC);
    if (n > FL_TABLE_KEY)
        return NULL;
    uint32_t i = find(t, hash_of(t->seed, key, n), key, n);
    if (i == NONE)
        return NULL;
    struct row *r = row_at(t, i);
    return r->expires > now ? (char *)r + t->value_at : NULL;
}

void *fl_table_put(struct fl_table *t, const void *key, uint32_t n, int64_t now, int64_t expire, uint16_t class_)
{
    FL_EXPECT(t->magic == MAGIC);
    if (n > (t->key_size ? t->key_size : FL_TABLE_KEY)) {
        ++*(n == FL_NO_KEY ? &t->no_key : &t->too_long);
        return NULL;
    }
    int64_t expires;
    if (__builtin_add_overflow(now, expire, &expires))
        expires = expire < 0 ? INT64_MIN : INT64_MAX;
    note_times(t, now, expire);
    sweep(t, now);

    uint32_t hash = hash_of(t->seed, key, n);
    uint32_t i = find(t, hash, key, n);
    struct row *r;
    if (i != NONE) {
        r = row_at(t, i);
        if (r->expires <= now) {
            value_goes(t, r);
            memset((char *)r + t->value_at, 0, t->value_size);
        }
        if (t->newest != i) {
            unlink_row(t, i, r);
            link_newest(t, i, r);
        }
    } else {
        i = new_row(t);
        r = row_at(t, i);
        fill(t, i, r, key, n);
        link_newest(t, i, r);
        insert(t, hash, i);
        grow(t);
        if (t->prefixes)
            note_length(t, key, n);
    }
    if (t->walked)
        *written_of(t, r) = now;
    r->expires = expires;
    r->class_ = class_;
    return (char *)r + t->value_at;
}

void fl_table_forget(struct fl_table *t, const void *key, uint32_t n)
{
    if (n > FL_TABLE_KEY)
        return;
    uint32_t i = find(t, hash_of(t->seed, key, n), key, n);
    if (i != NONE)
        drop_row(t, i);
}

bool fl_table_make_room(struct fl_table *t, const void *keep)
{
    uint32_t i = t->oldest;
    if (i != NONE && (const char *)row_at(t, i) + t->value_at == keep)
        i = row_at(t, i)->newer;
    if (i == NONE)
        return false;
    t->evicted++;
    drop_row(t, i);
    return true;
}

/* ---- hints ----------------------------------------------------------------------------------- */

uint32_t fl_table_hash(const struct fl_table *t, const void *key, uint32_t n)
{
    uint32_t hash = n > FL_TABLE_KEY ? 0 : hash_of(t->seed, key, n);
    __builtin_prefetch(bucket_of(t, hash));
    return hash;
}

void fl_table_fetch(const struct fl_table *t, const uint32_t *hash, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++) {
        const struct fl_bucket *b = bucket_of(t, hash[k]);
        for (uint32_t hit = hits(b, hash[k]); hit; hit &= hit - 1) {
            const char *r = (const char *)row_at(t, b->row[__builtin_ctz(hit)]);
            __builtin_prefetch(r);
            __builtin_prefetch(r + t->stride - 1);
        }
        if (b->more)
            __builtin_prefetch(&t->further[b->more - 1]);
    }
}

void fl_table_fetch_order(const struct fl_table *t, const uint32_t *hash, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++) {
        const struct fl_bucket *b = bucket_of(t, hash[k]);
        for (uint32_t hit = hits(b, hash[k]); hit; hit &= hit - 1) {
            const struct row *r = row_at(t, b->row[__builtin_ctz(hit)]);
            if (r->older != NONE)
                __builtin_prefetch(row_at(t, r->older));
            if (r->newer != NONE)
                __builtin_prefetch(row_at(t, r->newer));
        }
    }
}

/* What fl_table_absent gives out of a row; the key in one piece. */
static void give(struct fl_table *t, uint32_t i, const void **key, uint32_t *n, uint16_t *class_, void **value)
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
                     uint16_t *class_, void **value)
{
    FL_EXPECT(t->magic == MAGIC);
    if (*cursor == 0 && !t->unordered) {
        t->next = t->oldest;
        *cursor = NONE;
    }
    if (*cursor != NONE) { /* the clock was set back: look at all rows */
        while (*cursor < t->used) {
            uint32_t i = (*cursor)++;
            struct row *r = row_at(t, i);
            if (r->live && r->expires > now && *written_of(t, r) < before) {
                give(t, i, key, n, class_, value);
                return true;
            }
        }
        return false;
    }
    while (t->next != NONE) {
        uint32_t i = t->next;
        struct row *r = row_at(t, i);
        if (*written_of(t, r) >= before)
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

bool fl_table_next(const struct fl_table *t, uint32_t *cursor, int64_t now, struct fl_table_row *row)
{
    FL_EXPECT(t->magic == MAGIC);
    while (*cursor < t->used) {
        uint32_t i = (*cursor)++;
        const struct row *r = row_at(t, i);
        if (!r->live || r->expires <= now)
            continue;
        row->key = r->key;
        row->n = r->n;
        row->value = (const char *)r + t->value_at;
        row->expires = r->expires;
        row->class_ = r->class_;
        if (r->n > t->key_room) {
            memcpy(row->whole, r->key, t->key_room);
            memcpy(row->whole + t->key_room, rest_at(t, i), r->n - t->key_room);
            row->key = row->whole;
        }
        return true;
    }
    return false;
}

void fl_table_swap(struct fl_table *a, struct fl_table *b)
{
    FL_ALIVE(a, MAGIC);
    FL_ALIVE(b, MAGIC);
    struct fl_table t = *a;
    *a = *b;
    *b = t;
    a->readings = t.readings + 1;
}

/* ---- kept texts ------------------------------------------------------------------------------ */

void fl_keep(struct fl_kept *k, fl_str s)
{
    FL_EXPECT(s.n <= FL_KEPT);
    k->n = s.n;
    if (s.n)
        memcpy(k->s, s.p, s.n);
}

fl_str fl_kept_str(const struct fl_kept *k)
{
    return (fl_str){k->s, k->n, FL_PLAIN};
}
