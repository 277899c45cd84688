/*
 * ere.h - POSIX extended regular expressions, read as a person may have meant them.
 *
 * The C library takes much that POSIX leaves open, each in its own way (`\d` is a d, `*?` two repetitions, `(?i)` an error about
 * something else), so what other languages' expressions have and these don't is found here, before regcomp.
 */
#ifndef FC_ERE_H
#define FC_ERE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* What was found in an expression. Bytes count from its first one; the texts live in the arena. */
struct fc_ere {
    const char *wrong; /* NULL: nothing; else a sentence that goes on behind "in this regular expression" */
    const char *help;  /* or NULL */
    size_t at, len;    /* where */
    size_t written;    /* characters, repetitions written out: FC_ERE_MOST + 1 is that many or more */
    unsigned groups;
};

enum { FC_ERE_MOST = 1 << 16 };

/* `re` ends at a NUL. Only the first thing that is wrong is said. */
void fc_ere_read(struct fl_arena *a, const char *re, struct fc_ere *found);

#endif
