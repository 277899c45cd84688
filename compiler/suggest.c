/* suggest.c - see suggest.h. Edit distance where two neighbours changed places count as one edit. */
#include "suggest.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 63 };

static int lower(char c)
{
    return tolower((unsigned char)c);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t la, const char *b, size_t lb)
{
    size_t row[3][LONGEST + 1];
    for (size_t j = 0; j <= lb; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t same = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
            now[j] = least(least(up[j] + 1, now[j - 1] + 1), up[j - 1] + same);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = least(now[j], up2[j - 2] + 1);
        }
    }
    return row[la % 3][lb];
}

void fc_suggest_init(struct fc_suggest *s, const char *want)
{
    s->want = want;
    s->best = NULL;
    s->distance = (size_t)-1;
}

void fc_suggest_try(struct fc_suggest *s, const char *candidate)
{
    size_t la = strlen(s->want), lb = strlen(candidate);
    if (la > LONGEST || lb > LONGEST)
        return;
    size_t d = distance(s->want, la, candidate, lb);
    if (d < s->distance) {
        s->distance = d;
        s->best = candidate;
    }
}

const char *fc_suggest_best(const struct fc_suggest *s)
{
    if (!s->best)
        return NULL;
    size_t len = strlen(s->want), near = len / 3;
    if (near == 0)
        near = 1;
    /* One letter for another of one or two isn't a slip of the finger, unless only the case differs. */
    if (s->distance >= len && strcasecmp(s->want, s->best) != 0)
        return NULL;
    return s->distance <= near ? s->best : NULL;
}
