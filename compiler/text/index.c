/* index.c - see index.h. Open addressing, at most half full. */
#include "text/index.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

/* Where the name is, or would be. */
static struct fc_index_entry *place(const struct fc_index *x, const char *name, size_t n)
{
    uint32_t i = (uint32_t)fl_hash(0, name, (uint32_t)n);
    for (;; i++) {
        struct fc_index_entry *e = &x->v[i & (x->cap - 1)];
        if (!e->name || (e->n == n && memcmp(e->name, name, n) == 0))
            return e;
    }
}

const void *fc_index_find(const struct fc_index *x, const char *name, size_t n)
{
    return x->cap ? place(x, name, n)->what : NULL;
}

static void grow(struct fc_index *x, struct fl_arena *a)
{
    struct fc_index old = *x;
    x->cap = old.cap ? old.cap * 2 : 16;
    x->v = fl_arena_zero(a, x->cap * sizeof *x->v);
    for (uint32_t i = 0; i < old.cap; i++)
        if (old.v[i].name)
            *place(x, old.v[i].name, old.v[i].n) = old.v[i];
}

void fc_index_put(struct fc_index *x, struct fl_arena *a, const char *name, size_t n, const void *what)
{
    if (x->n * 2 >= x->cap)
        grow(x, a);
    struct fc_index_entry *e = place(x, name, n);
    x->n += !e->name;
    *e = (struct fc_index_entry){name, n, what};
}

bool fc_index_seen(struct fc_index *x, struct fl_arena *a, const void *thing)
{
    if (fc_index_find(x, (const char *)&thing, sizeof thing))
        return true;
    const char *key = fl_arena_strndup(a, (const char *)&thing, sizeof thing);
    fc_index_put(x, a, key, sizeof thing, thing);
    return false;
}
