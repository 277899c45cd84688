/*
 * hold.c - see hold.h. Called by generated code, by one thread at a time.
 *
 * A key is a row of a table, which knows when it expires and who was written longest ago; the records are lists of cells beside it.
 * Rows stay where they are as long as they live, so those that wait are linked through their values. how long they wait is the same for all of
 * them: the list is in the order in which they are due.
 */
#include "lang/hold.h"

#include <sys/mman.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/memory.h"
#include "lang/builtins.h"

struct cell {
    uint32_t next; /* + 1; 0: the last one */
    char bytes[FL_CELL_ROOM];
};
_Static_assert(sizeof(struct cell) == FL_CELL, "as hold_size.h says");

static struct fl_hold *hold_of(struct fl_table *t)
{
    return (struct fl_hold *)(void *)((char *)t - offsetof(struct fl_hold, table));
}

static struct cell *cell_at(const struct fl_hold *h, uint32_t i)
{
    return (struct cell *)(void *)(h->pool + (size_t)(i - 1) * FL_CELL);
}

/* ---- cells ----------------------------------------------------------------------------------------------------- */

static size_t room(const struct fl_hold *h)
{
    return h->cells - h->used + h->nfree;
}

static uint32_t take(struct fl_hold *h)
{
    uint32_t i = h->free;
    if (!i)
        return ++h->used;
    h->free = cell_at(h, i)->next;
    h->nfree--;
    return i;
}

static void give_back(struct fl_hold *h, struct fl_held *k, int which)
{
    for (uint32_t i = k->cell[which], next; i; i = next) {
        struct cell *c = cell_at(h, i);
        next = c->next;
        c->next = h->free;
        h->free = i;
        h->nfree++;
    }
    k->cell[which] = 0;
}

/* ---- those that wait ------------------------------------------------------------------------------------------- */

static void wait(struct fl_hold *h, struct fl_held *k)
{
    k->before = h->newest;
    k->next = NULL;
    *(h->newest ? &h->newest->next : &h->first) = k;
    h->newest = k;
    k->lone = FL_LONE_WAITS;
}

static void wait_no_more(struct fl_hold *h, struct fl_held *k)
{
    if (k->lone != FL_LONE_WAITS)
        return;
    *(k->before ? &k->before->next : &h->first) = k->next;
    *(k->next ? &k->next->before : &h->newest) = k->before;
    k->lone = FL_LONE_NOT;
}

/* ---- with the table -------------------------------------------------------------------------------------------- */

static void begin(struct fl_hold *h)
{
    h->used = h->free = h->nfree = 0;
    h->first = h->newest = NULL;
}

static void open_pool(struct fl_table *t)
{
    struct fl_hold *h = hold_of(t);
    h->cells = fl_hold_cells(t->max, h->record);
    h->pool = mmap(NULL, h->cells * FL_CELL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (h->pool == MAP_FAILED)
        fl_give_up("%s: no address space for %zu MiB of records; lower its max%s", t->name ? t->name : "join",
                   h->cells * FL_CELL >> 20, fl_limits_memory());
    begin(h);
}

static void close_pool(struct fl_table *t)
{
    struct fl_hold *h = hold_of(t);
    munmap(h->pool, h->cells * FL_CELL);
    fl_buf_free(&h->packed);
    begin(h);
}

static void clear_pool(struct fl_table *t)
{
    struct fl_hold *h = hold_of(t);
    madvise(h->pool, h->cells * FL_CELL, MADV_DONTNEED);
    begin(h);
}

static void gone(struct fl_table *t, void *value)
{
    struct fl_hold *h = hold_of(t);
    struct fl_held *k = value;
    for (int i = 0; i < FL_HELD_OF; i++)
        give_back(h, k, i);
    wait_no_more(h, k);
}

const struct fl_rider fl_hold_rider = {open_pool, close_pool, clear_pool, gone};

/* ---- public ---------------------------------------------------------------------------------------------------- */

void fl_hold_times(struct fl_hold *h, int64_t within, int64_t late, int64_t expire)
{
    if (__builtin_add_overflow(within > 0 ? within : 0, late > 0 ? late : 0, &h->wait))
        h->wait = INT64_MAX;
    h->keep = expire > h->wait ? expire : h->wait;
}

struct fl_held *fl_hold_put(struct fl_hold *h, const void *key, uint32_t n, int64_t now)
{
    return fl_table_put(&h->table, key, n, now, h->keep, 0);
}

bool fl_hold_keep(struct fl_hold *h, struct fl_held *k, int which, int64_t now, uint16_t class_)
{
    const struct fl_buf *b = &h->packed;
    size_t need = (b->n + FL_CELL_ROOM - 1) / FL_CELL_ROOM;
    give_back(h, k, which);
    if (need > h->cells) {
        h->table.too_long++;
        return false;
    }
    while (room(h) < need)
        if (!fl_table_make_room(&h->table, k)) {
            give_back(h, k, FL_HELD_LAST); /* no other key is left: its own other records make room */
            for (int i = 0; i < 2; i++)
                give_back(h, k, i);
        }
    uint32_t *at = &k->cell[which];
    for (size_t done = 0; done < b->n || !done; done += FL_CELL_ROOM) {
        size_t n = b->n - done < FL_CELL_ROOM ? b->n - done : FL_CELL_ROOM;
        *at = take(h);
        struct cell *c = cell_at(h, *at);
        if (n)
            memcpy(c->bytes, b->p + done, n);
        c->next = 0;
        at = &c->next;
    }
    k->bytes[which] = (uint32_t)b->n;
    k->class_[which] = class_;
    if (which != FL_HELD_LAST)
        k->at[which] = now;
    return true;
}

bool fl_hold_meets(struct fl_hold *h, struct fl_held *k, int leg, int64_t now)
{
    const int other = FL_LEG_2 - leg;
    if (k->cell[other] && now - k->at[other] < h->keep) {
        wait_no_more(h, k);
        k->lone = FL_LONE_NOT;
        return true;
    }
    give_back(h, k, other);
    if (k->lone && k->leg == leg)
        return false;
    wait_no_more(h, k);
    k->leg = (uint8_t)leg;
    if (__builtin_add_overflow(now, h->wait, &k->due))
        k->due = INT64_MAX;
    wait(h, k);
    return false;
}

const char *fl_hold_read(struct fl_cx *cx, const struct fl_hold *h, const struct fl_held *k, int which)
{
    if (!k->cell[which])
        return NULL;
    const uint32_t n = k->bytes[which];
    char *all = fl_scratch(cx, n + FL_PAD);
    uint32_t done = 0;
    for (uint32_t i = k->cell[which]; i; i = cell_at(h, i)->next) {
        uint32_t part = n - done < FL_CELL_ROOM ? n - done : FL_CELL_ROOM;
        memcpy(all + done, cell_at(h, i)->bytes, part);
        done += part;
    }
    memset(all + n, 0, FL_PAD);
    return all;
}

struct fl_held *fl_hold_due(struct fl_hold *h, int64_t now)
{
    struct fl_held *k;
    while ((k = h->first) && k->due <= now) {
        wait_no_more(h, k);
        k->lone = FL_LONE_GIVEN;
        if (k->cell[k->leg]) /* it may have made room for another record of its own */
            return k;
    }
    return NULL;
}
