/*
 * index.h - things by their name: what would be looked for in a list is found at once, however long the list is.
 *
 * The table lives in an arena and grows by doubling. Names are not copied: they have to stay as long as the index does.
 * {0} is an empty index.
 */
#ifndef FC_INDEX_H
#define FC_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_arena; /* runtime/base/arena.h */

struct fc_index_entry {
    const char *name; /* NULL: free */
    size_t n;
    const void *what;
};

struct fc_index {
    struct fc_index_entry *v;
    uint32_t n, cap; /* cap is 0 or a power of two */
};

/* What was put under the n bytes at `name`, or NULL. */
const void *fc_index_find(const struct fc_index *x, const char *name, size_t n);

/* `what` under that name, instead of what was there. Not NULL. */
void fc_index_put(struct fc_index *x, struct fl_arena *a, const char *name, size_t n, const void *what);

/* A set of things that are known by their address: is it in it? If not, it is from now on. */
bool fc_index_seen(struct fc_index *x, struct fl_arena *a, const void *thing);

#endif
