/* memory.c - see memory.h. */
#include "base/memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With a stack's buffer and one write: stdio may want memory too. */
static void say_plainly(const char *part, size_t bytes)
{
    char line[256], much[48] = "";
    if (bytes)
        snprintf(much, sizeof much, ", %zu bytes", bytes);
    int n = snprintf(line, sizeof line, "%s: out of memory: %s%s\n", program_invocation_short_name, part, much);
    ssize_t w = write(STDERR_FILENO, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
    (void)w; /* nowhere left to complain */
}

static void (*says)(const char *part, size_t bytes) = say_plainly;

void fl_no_memory_says(void (*say)(const char *part, size_t bytes))
{
    says = say;
}

/* ../runtime/intake/queue.c is intake/queue to those who read it. */
static void short_name(const char *file, char *name, size_t size)
{
    static const char *const tops[] = {"runtime/", "compiler/"};
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
        const char *top = strstr(file, tops[i]);
        if (top)
            file = top + strlen(tops[i]);
    }
    const char *end = strrchr(file, '.');
    snprintf(name, size, "%.*s", end ? (int)(end - file) : (int)strlen(file), file);
}

/* _exit: other threads are still at work, no exit handler may take the ground from under them. */
void fl_no_memory(const char *part, size_t bytes)
{
    char name[80];
    short_name(part, name, sizeof name);
    says(name, bytes);
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
