/*
 * batch.c - the records of a batch; see flowrt.h. Called by the intake per flow and by generated code for `emit`.
 */

#include "base/memory.h"
#include "core/runtime.h"

/* The list of records grows by doubling and is kept from batch to batch. */
static void grow(struct fl_batch *b)
{
    uint32_t cap = b->cap ? 2 * b->cap : 256;
    b->rec = fl_resize(b->rec, cap);
    b->cap = cap;
}

struct fl_rec *fl_batch_add(struct fl_cx *cx, struct fl_batch *b)
{
    if (b->n == b->cap)
        grow(b);
    struct fl_rec *r = fl_arena_zero(cx->scratch, cx->rt->pipeline->record_size);
    b->rec[b->n++] = r;
    return r;
}
