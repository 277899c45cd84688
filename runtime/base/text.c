/* text.c - see text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void fl_buf_grow(struct fl_buf *b, size_t more)
{
    size_t cap = b->cap ? b->cap : 256;
    if (more > SIZE_MAX / 2 - b->n)
        fl_no_memory(FL_PART, SIZE_MAX);
    while (cap - b->n < more)
        cap *= 2;
    b->p = fl_resize(b->p, cap);
    b->cap = cap;
}

void fl_buf_free(struct fl_buf *b)
{
    free(b->p);
    *b = (struct fl_buf){0};
}

void fl_buf_printf(struct fl_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    vsnprintf(fl_buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
    b->n += (size_t)n;
    va_end(again);
    va_end(ap);
}
