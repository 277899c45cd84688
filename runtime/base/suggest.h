/*
 * suggest.h - "did you mean": the nearest of a set of names by edit distance (with transpositions).
 * For configuration keys, command line options and kinds of stages.
 *
 *     struct fl_suggest s;
 *     fl_suggest_init(&s, "excluded_tag");
 *     for each known name: fl_suggest_try(&s, name);
 *     const char *near = fl_suggest_best(&s);
 */
#ifndef FL_SUGGEST_H
#define FL_SUGGEST_H

#include <stddef.h>

struct fl_suggest {
    const char *want;
    const char *best; /* NULL until a near one is seen */
    size_t distance;
};

/* `want` and the candidates are kept by address, not copied. */
void fl_suggest_init(struct fl_suggest *s, const char *want);
void fl_suggest_try(struct fl_suggest *s, const char *candidate);
/* The nearest candidate if it is near enough to be meant (a third of the length, at least one edit, case ignored), else NULL. */
const char *fl_suggest_best(const struct fl_suggest *s);

#endif
