/* suggest.h - "did you mean": the nearest name by edit distance (with transpositions). */
#ifndef FC_SUGGEST_H
#define FC_SUGGEST_H

#include <stddef.h>

struct fc_suggest {
    const char *want;
    const char *best; /* NULL until a near one is seen */
    size_t distance;
};

void fc_suggest_init(struct fc_suggest *s, const char *want);
void fc_suggest_try(struct fc_suggest *s, const char *candidate);
/* The nearest candidate if it is near enough to be meant (a third of the length, at least one edit, case ignored), else NULL. */
const char *fc_suggest_best(const struct fc_suggest *s);

#endif
