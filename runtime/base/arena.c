/* arena.c - see arena.h. */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct fl_arena_chunk {
    struct fl_arena_chunk *next;
    size_t size; /* of the data that follows, 16-aligned */
    char data[] __attribute__((aligned(16)));
};

void fl_arena_init(struct fl_arena *a, size_t chunk_size)
{
    memset(a, 0, sizeof *a);
    a->chunk = chunk_size;
}

void fl_arena_free(struct fl_arena *a)
{
    for (struct fl_arena_chunk *c = a->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    size_t chunk = a->chunk;
    fl_arena_init(a, chunk);
}

static void use_chunk(struct fl_arena *a, struct fl_arena_chunk *c)
{
    a->now = c;
    a->p = c->data;
    a->end = c->data + c->size;
}

void fl_arena_reset(struct fl_arena *a)
{
    if (a->first)
        use_chunk(a, a->first);
}

void *fl_arena_more(struct fl_arena *a, size_t n)
{
    /* Chunks kept by a reset come first; one that is too small for n is passed over until the next reset. */
    while (a->now && a->now->next) {
        use_chunk(a, a->now->next);
        if ((size_t)(a->end - a->p) >= n) {
            char *p = a->p;
            a->p += n;
            return p;
        }
    }
    size_t size = n > a->chunk ? n : a->chunk;
    struct fl_arena_chunk *c = fl_alloc(sizeof *c + size);
    c->next = NULL;
    c->size = size;
    if (a->now)
        a->now->next = c;
    else
        a->first = c;
    use_chunk(a, c);
    a->p += n;
    return c->data;
}

void *fl_arena_zero(struct fl_arena *a, size_t n)
{
    return memset(fl_arena_get(a, n), 0, n);
}

void *fl_arena_moved(struct fl_arena *a, const void *p, size_t used, size_t size)
{
    void *to = fl_arena_get(a, size);
    return used ? memcpy(to, p, used) : to;
}

char *fl_arena_strndup(struct fl_arena *a, const char *s, size_t n)
{
    char *p = fl_arena_get(a, n + 1);
    memcpy(p, s, n);
    p[n] = 0;
    return p;
}

char *fl_arena_strdup(struct fl_arena *a, const char *s)
{
    return fl_arena_strndup(a, s, strlen(s));
}

char *fl_arena_vprintf(struct fl_arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *p = fl_arena_get(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

char *fl_arena_printf(struct fl_arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *p = fl_arena_vprintf(a, fmt, ap);
    va_end(ap);
    return p;
}
