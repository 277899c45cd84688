/* problems.c - see problems.h. */
#include "config/problems.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

void fl_problem(struct fl_problems *p, struct fl_place_of at, const char *fmt, ...)
{
    if (p->n == p->cap) {
        uint32_t cap = p->cap ? 2 * p->cap : 16;
        struct fl_problem *v = fl_arena_get(p->arena, cap * sizeof *v);
        if (p->n)
            memcpy(v, p->v, p->n * sizeof *v);
        p->v = v;
        p->cap = cap;
    }
    va_list ap;
    va_start(ap, fmt);
    p->v[p->n++] = (struct fl_problem){ at, fl_arena_vprintf(p->arena, fmt, ap) };
    va_end(ap);
}

static bool before(const struct fl_problem *a, const struct fl_problem *b)
{
    if (!a->at.line || !b->at.line)
        return a->at.line && !b->at.line;
    return a->at.line != b->at.line ? a->at.line < b->at.line : a->at.col < b->at.col;
}

/* Insertion sort: few, and equal ones keep their order. */
static void sort(struct fl_problems *p)
{
    for (uint32_t i = 1; i < p->n; i++) {
        struct fl_problem now = p->v[i];
        uint32_t j = i;
        for (; j > 0 && before(&now, &p->v[j - 1]); j--)
            p->v[j] = p->v[j - 1];
        p->v[j] = now;
    }
}

void fl_problems_print(struct fl_problems *p, FILE *out)
{
    sort(p);
    for (uint32_t i = 0; i < p->n; i++) {
        const struct fl_problem *q = &p->v[i];
        if (q->at.line)
            fprintf(out, "%s:%u:%u: %s\n", q->at.source, q->at.line, q->at.col, q->text);
        else
            fprintf(out, "%s: %s\n", q->at.source, q->text);
    }
}

char *fl_problems_text(struct fl_problems *p)
{
    if (p->n == 0)
        return NULL;
    char *text = NULL;
    size_t n = 0;
    FILE *f = fl_given(open_memstream(&text, &n));
    fl_problems_print(p, f);
    fclose(f);
    if (n > 0)
        text[n - 1] = 0; /* the last end of line */
    return text;
}
