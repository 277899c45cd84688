/* suggest.c - see suggest.h. */
#include "base/suggest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define LONGEST 127 /* names of more characters are never suggested */

static int lower(char c)
{
    return tolower((unsigned char)c);
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/*
 * Optimal string alignment distance: insert, delete, replace, swap of neighbours; three rows of the table are enough.
 */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t row[3][LONGEST + 1];
    size_t *before = row[0], *last = row[1], *now = row[2];
    for (size_t j = 0; j <= nb; j++)
        last[j] = j;
    for (size_t i = 1; i <= na; i++) {
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t cost = lower(a[i - 1]) != lower(b[j - 1]);
            now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]) &&
                before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[nb];
}

void fl_suggest_init(struct fl_suggest *s, const char *want)
{
    s->want = want;
    s->best = NULL;
    s->distance = SIZE_MAX;
}

void fl_suggest_try(struct fl_suggest *s, const char *candidate)
{
    size_t na = strlen(s->want), nb = strlen(candidate);
    if (na > LONGEST || nb > LONGEST)
        return;
    size_t d = distance(s->want, na, candidate, nb);
    if (d < s->distance) {
        s->distance = d;
        s->best = candidate;
    }
}

const char *fl_suggest_best(const struct fl_suggest *s)
{
    if (!s->best)
        return NULL;
    size_t limit = strlen(s->want) / 3;
    if (limit < 1)
        limit = 1;
    return s->distance <= limit && s->distance < strlen(s->want) ? s->best : NULL; /* not one letter for another */
}
