/*
 * padded.h - for tests of the hot path: texts in memory that ends exactly FL_PAD bytes behind them, so that ASan
 * sees any read beyond.
 */
#ifndef PADDED_H
#define PADDED_H

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PADDED_MAX 4096
static void *padded_all[PADDED_MAX];
static unsigned padded_n;

static inline char *padded(const void *p, size_t n)
{
    char *copy = calloc(1, n + FL_PAD);
    if (!copy || padded_n == PADDED_MAX)
        abort();
    memcpy(copy, p, n);
    padded_all[padded_n++] = copy;
    return copy;
}

static inline fl_str padded_str(const char *s, enum fl_str_kind kind)
{
    return (fl_str){padded(s, strlen(s)), (uint32_t)strlen(s), kind};
}

static inline void padded_free(void)
{
    while (padded_n)
        free(padded_all[--padded_n]);
}

#endif
