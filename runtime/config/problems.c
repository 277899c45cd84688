/* problems.c - see problems.h. */
#include "config/problems.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

const char *fl_masked(struct fl_arena *a, const char *text)
{
    size_t from = 0, to;
    if (!fl_userinfo(text, strlen(text), &from, &to))
        return text;
    struct fl_buf b = { 0 };
    fl_put_masked(&b, text);
    text = fl_arena_strndup(a, b.p, b.n);
    fl_buf_free(&b);
    return text;
}

void fl_problem(struct fl_problems *p, struct fl_place_of at, const char *fmt, ...)
{
    fl_arena_grow(p->arena, p->v, p->n, p->cap);
    va_list ap;
    va_start(ap, fmt);
    const char *text = fl_arena_vprintf(p->arena, fmt, ap);
    va_end(ap);
    p->v[p->n] = (struct fl_problem){ at, fl_masked(p->arena, text), p->n };
    p->n++;
}

static int compare(const void *x, const void *y)
{
    const struct fl_problem *a = x, *b = y;
    if (!a->at.line != !b->at.line)
        return a->at.line ? -1 : 1;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    if (a->at.line && a->at.col != b->at.col)
        return a->at.col < b->at.col ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

void fl_problems_print(struct fl_problems *p, FILE *out)
{
    if (p->n > 1)
        qsort(p->v, p->n, sizeof *p->v, compare);
    for (uint32_t i = 0; i < p->n && i < FL_PROBLEMS_SHOWN; i++) {
        const struct fl_problem *q = &p->v[i];
        if (q->at.line)
            fprintf(out, "%s:%u:%u: %s\n", q->at.source, q->at.line, q->at.col, q->text);
        else
            fprintf(out, "%s: %s\n", q->at.source, q->text);
    }
    if (p->n > FL_PROBLEMS_SHOWN)
        fprintf(out, "and %u more\n", p->n - FL_PROBLEMS_SHOWN);
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
