/*
 * problems.h - what is wrong with a configuration: collected, so that all of it is said at once.
 *
 * A problem has a place: a file with line and column, or a name without them (an environment variable, `--set KEY`).
 * Texts say what was expected; they never hold the value of a secret.
 */
#ifndef FL_PROBLEMS_H
#define FL_PROBLEMS_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

struct fl_place_of {
    const char *source;   /* file, environment variable, `--set KEY` or a param's default */
    uint32_t line, col;   /* from 1; 0: the source has no lines */
};

struct fl_problem {
    struct fl_place_of at;
    const char *text;
};

/* Memory is the arena's. */
struct fl_problems {
    struct fl_arena *arena;
    struct fl_problem *v;
    uint32_t n, cap;
};

void fl_problem(struct fl_problems *p, struct fl_place_of at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* One line each, `file:line:col: text` or `source: text`, in the order of the file; those without a line come last. */
void fl_problems_print(struct fl_problems *p, FILE *out);
/* The same text in memory, to be freed; NULL when there are none. */
char *fl_problems_text(struct fl_problems *p);

#endif
