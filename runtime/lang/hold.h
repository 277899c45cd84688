/*
 * hold.h - what a join remembers: for each key the last record of each of its two legs, and the last one that was emitted for it.
 *
 * Records are kept as copies in compact form, in cells of a pool that is mapped once: nothing of a message or batch is held on to.
 * Used by one thread at a time. At `max` keys, or when the pool is full, the key that was written longest ago makes room
 * (table.evicted). A leg's record counts for `expire` from when it came. A leg whose other one isn't there waits for `within`, then
 * fl_hold_due gives it, once: not again until the other one has come or the key is forgotten.
 */
#ifndef FL_HOLD_H
#define FL_HOLD_H

#include "dsl/hold_size.h"
#include "lang/table.h"
#include "value/address.h"

struct fl_cx;

enum { FL_LEG_1, FL_LEG_2, FL_HELD_LAST, FL_HELD_OF };

struct fl_held {
    int64_t at[2];                 /* when the leg's record came */
    int64_t due;                   /* waiting: until when */
    struct fl_held *before, *next; /* among those that wait, in the order of `due` */
    uint32_t cell[FL_HELD_OF];     /* where the record is + 1; 0: none is kept */
    uint32_t bytes[FL_HELD_OF];
    uint16_t class_[FL_HELD_OF];
    uint8_t leg;                   /* the one that waits or was given */
    uint8_t lone;                  /* enum fl_lone */
};
_Static_assert(sizeof(struct fl_held) <= FL_HELD_BYTES, "as hold_size.h says");

enum fl_lone { FL_LONE_NOT, FL_LONE_WAITS, FL_LONE_GIVEN };

struct fl_hold {
    struct fl_table table;         /* among the pipeline's; opened, cleared and closed with them */
    size_t record;                 /* bytes of one that are reckoned with */
    struct fl_buf packed;          /* the record that is going to be kept: fl_pack_* */

    /* private */
    int64_t wait, keep;            /* ns */
    char *pool;
    size_t cells;
    uint32_t used, free, nfree;    /* cells ever used; the first free one + 1; how many are free below `used` */
    struct fl_held *first, *newest;/* of those that wait */
};

#define FL_HOLD(name_, max_, record_, key_size_)                                                                              \
    {.table = {.name = (name_), .max = (max_), .value_size = FL_HELD_BYTES, .key_size = (key_size_), .rider = &fl_hold_rider}, \
     .record = (record_)}
extern const struct fl_rider fl_hold_rider;

/* At start, in ns: how long a leg waits is within + late; its record is kept for expire, and as long as it waits at least. */
void fl_hold_times(struct fl_hold *h, int64_t within, int64_t late, int64_t expire);
/* The key's entry, as fl_table_put: NULL if there is no key or it is too long (counted). Valid until the next fl_hold_put. */
struct fl_held *fl_hold_put(struct fl_hold *h, const void *key, uint32_t n, int64_t now);
/*
 * h->packed is the record `which` of the entry from now on. False: it is larger than the pool; the entry has none then (counted in
 * table.too_long).
 */
bool fl_hold_keep(struct fl_hold *h, struct fl_held *k, int which, int64_t now, uint16_t class_);
/* The leg's record was kept. Is the other leg's there? If not, this one waits from now on, unless it does or was given already. */
bool fl_hold_meets(struct fl_hold *h, struct fl_held *k, int leg, int64_t now);
/* A kept record in one piece, in scratch; NULL: none. */
const char *fl_hold_read(struct fl_cx *cx, const struct fl_hold *h, const struct fl_held *k, int which);
/* The next one that has waited long enough by `now` (INT64_MAX: all that wait); NULL: none. Call it before the first fl_hold_put at that time. */
struct fl_held *fl_hold_due(struct fl_hold *h, int64_t now);
#define FL_DUE_AT_ONCE 4096u /* in a tick: what is emitted takes memory until it is written */
/* When the next one has; INT64_MAX: none waits. */
static inline int64_t fl_hold_next(const struct fl_hold *h)
{
    return h->first ? h->first->due : INT64_MAX;
}

/* ---- records in compact form: field by field, read as they were written --------------------------------------------- */

static inline void fl_pack_number(struct fl_buf *b, uint64_t v)
{
    char *w = fl_buf_room(b, 10), *start = w;
    for (; v >= 0x80; v >>= 7)
        *w++ = (char)(v | 0x80);
    *w++ = (char)v;
    b->n += (size_t)(w - start);
}

static inline uint64_t fl_unpack_number(const char **p)
{
    uint64_t v = 0;
    const unsigned char *r = (const unsigned char *)*p;
    for (unsigned shift = 0;; shift += 7) {
        v |= (uint64_t)(*r & 0x7f) << shift;
        if (*r++ < 0x80)
            break;
    }
    *p = (const char *)r;
    return v;
}

static inline void fl_pack_int(struct fl_buf *b, int64_t v)
{
    fl_pack_number(b, (uint64_t)v << 1 ^ (uint64_t)(v >> 63)); /* small ones of either sign are short */
}

static inline int64_t fl_unpack_int(const char **p)
{
    uint64_t v = fl_unpack_number(p);
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static inline void fl_unpack_bytes(const char **p, void *to, size_t n)
{
    memcpy(to, *p, n);
    *p += n;
}

static inline void fl_pack_text(struct fl_buf *b, fl_str s)
{
    fl_pack_number(b, (uint64_t)s.n << 2 | s.kind);
    if (s.n)
        fl_buf_put(b, s.p, s.n);
}

/* Not copied: it is in what fl_hold_read gave. */
static inline fl_str fl_unpack_text(const char **p)
{
    uint64_t v = fl_unpack_number(p);
    fl_str s = {*p, (uint32_t)(v >> 2), (uint32_t)(v & 3)};
    *p += s.n;
    return s;
}

static inline void fl_pack_ip(struct fl_buf *b, fl_ip ip)
{
    fl_pack_text(b, ip.text);
    fl_buf_putc(b, (char)ip.family);
    if (ip.family == 6)
        fl_buf_put(b, &ip.hi, sizeof ip.hi);
    if (ip.family)
        fl_buf_put(b, &ip.lo, sizeof ip.lo);
}

static inline fl_ip fl_unpack_ip(const char **p)
{
    fl_ip ip = {.text = fl_unpack_text(p)};
    ip.family = (unsigned char)*(*p)++;
    if (ip.family == 6)
        fl_unpack_bytes(p, &ip.hi, sizeof ip.hi);
    if (ip.family)
        fl_unpack_bytes(p, &ip.lo, sizeof ip.lo);
    return ip;
}

#endif
