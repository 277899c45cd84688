/* join.c - see join.h. */
#include "text/join.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

void fc_join(struct fc_join *j, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    size_t room = j->cap - j->n, n = (size_t)vsnprintf(j->p ? j->p + j->n : NULL, room, fmt, ap);
    if (n >= room) {
        size_t cap = j->cap ? j->cap * 2 : 128;
        while (cap - j->n <= n)
            cap *= 2;
        char *p = fl_arena_get(j->arena, cap);
        if (j->n)
            memcpy(p, j->p, j->n);
        j->p = p;
        j->cap = cap;
        vsnprintf(p + j->n, cap - j->n, fmt, again);
    }
    j->n += n;
    va_end(again);
    va_end(ap);
}

const char *fc_joined(const struct fc_join *j)
{
    return j->n ? j->p : "";
}
