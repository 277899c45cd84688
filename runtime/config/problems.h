/*
 * problems.h - what is wrong with a configuration: collected, so that all of it is said at once.
 *
 * A problem has a place: a file with line and column, or a name without them (an environment variable, `--set KEY`).
 * Texts say what was expected; they never hold the value of a secret, and of a URL never who may get in there.
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
    uint32_t number;      /* in the order in which they were found */
};

/* Memory is the arena's. */
struct fl_problems {
    struct fl_arena *arena;
    struct fl_problem *v;
    uint32_t n, cap;
};

void fl_problem(struct fl_problems *p, struct fl_place_of at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The text itself, or in the arena what fl_put_masked makes of it. */
const char *fl_masked(struct fl_arena *a, const char *text);

#define FL_PROBLEMS_SHOWN 20

/*
 * One line each, `file:line:col: text` or `source: text`, in the order of the file; those without a line come last.
 * Of more than FL_PROBLEMS_SHOWN the first ones, then `and N more`.
 */
void fl_problems_print(struct fl_problems *p, FILE *out);
/* The same text in memory, to be freed; NULL when there are none. */
char *fl_problems_text(struct fl_problems *p);

#endif
