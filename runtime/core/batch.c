/*
 * batch.c - the records of a batch; see flowrt.h. Called by the intake per flow and by generated code for `emit`.
 */

#include <string.h>

#include "base/memory.h"
#include "core/runtime.h"

/* The list of records grows by doubling and is kept from batch to batch. */
static void grow(struct fl_batch *b)
{
    uint32_t cap = b->cap ? 2 * b->cap : 256;
    b->rec = fl_resize(b->rec, cap);
    b->cap = cap;
}

void fl_batch_order(struct fl_arena *scratch, struct fl_batch *b, uint32_t received)
{
    if (b->n == received)
        return;
    struct fl_rec **all = fl_arena_get(scratch, b->n * sizeof *all);
    uint32_t *end = fl_arena_zero(scratch, (received + 1) * sizeof *end); /* of those that come behind each record */
    for (uint32_t i = received; i < b->n; i++)
        end[b->rec[i]->behind]++;
    for (uint32_t i = 0, n = 0; i < received; i++) {
        all[n++] = b->rec[i];
        uint32_t more = end[i];
        end[i] = n;
        n += more;
    }
    for (uint32_t i = received; i < b->n; i++)
        all[end[b->rec[i]->behind]++] = b->rec[i];
    memcpy(b->rec, all, b->n * sizeof *all);
}

struct fl_rec *fl_batch_add(struct fl_cx *cx, struct fl_batch *b)
{
    if (b->n == b->cap)
        grow(b);
    struct fl_rec *r = fl_arena_zero(cx->scratch, cx->rt->pipeline->record_size);
    b->rec[b->n++] = r;
    return r;
}
