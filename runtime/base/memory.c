/* memory.c - see memory.h. */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"

/* _exit: other threads are still at work, no exit handler may take the ground from under them. */
void fl_no_memory(const char *part, size_t bytes)
{
    char name[80], pairs[320], text[200];
    snprintf(text, sizeof text, "out of memory%s", fl_limits_memory());
    fl_part_of(part, name, sizeof name);
    if (bytes)
        snprintf(pairs, sizeof pairs, "part=%s bytes=%zu", name, bytes);
    else
        snprintf(pairs, sizeof pairs, "part=%s", name);
    fl_last_words(text, pairs);
    _exit(FL_NO_MEMORY);
}

void *fl_checked(void *p, const char *part)
{
    if (!p)
        fl_no_memory(part, 0);
    return p;
}

static size_t product(size_t n, size_t size, const char *part)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        fl_no_memory(part, SIZE_MAX);
    return bytes ? bytes : 1;
}

void *fl_zeroed(size_t n, size_t size, const char *part)
{
    size_t bytes = product(n, size, part);
    void *p = calloc(1, bytes);
    if (!p)
        fl_no_memory(part, bytes);
    return p;
}

void *fl_bytes(size_t n, const char *part)
{
    void *p = malloc(n ? n : 1);
    if (!p)
        fl_no_memory(part, n);
    return p;
}

void *fl_resized(void *p, size_t n, size_t size, const char *part)
{
    size_t bytes = product(n, size, part);
    void *q = realloc(p, bytes);
    if (!q)
        fl_no_memory(part, bytes);
    return q;
}

char *fl_copied(const char *s, size_t n, const char *part)
{
    n = n == SIZE_MAX ? strlen(s) : strnlen(s, n);
    char *p = fl_bytes(n + 1, part);
    memcpy(p, s, n);
    p[n] = 0;
    return p;
}

/* Measured first, so that what is said when there is no room for it is how much that is. */
char *fl_vsaid(const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0) /* a text of 2 GiB, or a library that found no memory for its own work */
        fl_no_memory(FL_PART, 0);
    char *text = fl_bytes((size_t)n + 1, FL_PART);
    vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text;
}

char *fl_said(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = fl_vsaid(fmt, ap);
    va_end(ap);
    return text;
}
