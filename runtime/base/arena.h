/*
 * arena.h - memory that is freed as a whole.
 *
 * Chunks are kept by fl_arena_reset, so an arena that is reset per batch allocates nothing in steady state.
 * Pointers stay valid until reset or free. Used by the compiler (one per compilation) and the runtime (scratch of
 * a batch). Without memory the process ends: see memory.h.
 */
#ifndef FL_ARENA_H
#define FL_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>

struct fl_arena_chunk;

struct fl_arena {
    char *p, *end;                /* free space of the current chunk */
    struct fl_arena_chunk *first; /* all chunks, oldest first */
    struct fl_arena_chunk *now;   /* the one in use */
    size_t chunk;                 /* size of the next regular chunk */
};

void fl_arena_init(struct fl_arena *a, size_t chunk_size);
void fl_arena_free(struct fl_arena *a);
/* Forget everything, keep the chunks for reuse. */
void fl_arena_reset(struct fl_arena *a);
void *fl_arena_more(struct fl_arena *a, size_t n);

/* n bytes aligned to 16, not zeroed. */
static inline void *fl_arena_get(struct fl_arena *a, size_t n)
{
    n = (n + 15) & ~(size_t)15;
    if ((size_t)(a->end - a->p) < n)
        return fl_arena_more(a, n);
    char *p = a->p;
    a->p += n;
    return p;
}

/* n bytes, zeroed. */
void *fl_arena_zero(struct fl_arena *a, size_t n);
/* `size` bytes that begin with the `used` ones at p; these stay where they were, too. */
void *fl_arena_moved(struct fl_arena *a, const void *p, size_t used, size_t size);
/* Room for a member after the n that a list holds, as fl_grow (memory.h) makes it: when n == cap, cap doubles and list moves. */
#define fl_arena_grow(a, list, n, cap)                                                             \
    do {                                                                                           \
        if ((n) == (cap)) {                                                                        \
            size_t cap_ = (cap) ? (size_t)(cap) * 2 : 16;                                          \
            (list) = fl_arena_moved((a), (list), (n) * sizeof *(list), cap_ * sizeof *(list));     \
            (cap) = (__typeof__(cap))cap_;                                                         \
        }                                                                                          \
    } while (0)
char *fl_arena_strdup(struct fl_arena *a, const char *s);
char *fl_arena_strndup(struct fl_arena *a, const char *s, size_t n);
char *fl_arena_printf(struct fl_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *fl_arena_vprintf(struct fl_arena *a, const char *fmt, va_list ap);

#endif
