/*
 * variants.c - see variants.h. The decisions of a variant are a row of numbers; the next variant has the next row, as an odometer
 * counts. A select stands in a row only when it is come to, so one inside an alternative counts only there.
 */
#include "syntax/variants.h"

#include <string.h>

#include "text/join.h"
#include "tree/make.h"

static const struct fc_case *case_of(const struct fc_select *s, const struct fc_pattern *value)
{
    for (const struct fc_case *x = s->cases; x; x = x->next)
        if (x->value && fc_same_pattern(x->value, value))
            return x;
    return NULL;
}

/* May x of s hold where t, a select by the same param, took what it did? */
static bool fits(const struct fc_select *s, const struct fc_case *x, const struct fc_select *t)
{
    const struct fc_pattern *value = t->taken->value;
    if (value)
        return x->value ? fc_same_pattern(x->value, value) : !case_of(s, value);
    return !x->value || !case_of(t, x->value);
}

static bool possible(const struct fc_choices *x, const struct fc_select *s, const struct fc_case *one)
{
    for (const struct fc_select *t = x->c->file.selects; t; t = t->next)
        if (strcmp(t->name.s, s->name.s) == 0 && !fits(s, one, t))
            return false;
    return true;
}

static void say_none(const struct fc_choices *x, const struct fc_select *s)
{
    struct fc_diags *d = &x->c->diags;
    const struct fc_select *t = x->c->file.selects;
    while (strcmp(t->name.s, s->name.s) != 0 || !t->taken)
        t = t->next;
    const struct fc_case *other = t->taken;
    const char *value = other->value ? fc_source_slice(&x->c->sources, other->value->span) : "otherwise";
    struct fc_diag *g = fc_report(d, FC_SELECT, s->span, fl_arena_printf(&x->c->arena, "this `select` has no alternative for `%s`, which another by `%s` has",
                                                                         value, s->name.s));
    fc_diag_note(d, g, other->head, "here");
    fc_diag_help(d, g, "add one, `otherwise { }` if there is nothing to do");
}

static struct fc_decision *decision(struct fc_choices *x, unsigned of)
{
    if (x->at == x->n) {
        if (x->n == x->cap) {
            unsigned cap = x->cap ? 2 * x->cap : 16;
            struct fc_decision *v = fl_arena_get(&x->c->arena, cap * sizeof *v);
            if (x->n)
                memcpy(v, x->v, x->n * sizeof *v);
            x->v = v;
            x->cap = cap;
        }
        x->v[x->n++] = (struct fc_decision){0, of};
    }
    return &x->v[x->at++];
}

const struct fc_case *fc_choose_case(struct fc_choices *x, struct fc_select *s)
{
    unsigned of = 0;
    for (const struct fc_case *one = s->cases; one; one = one->next)
        of += possible(x, s, one);
    if (!of) {
        if (s->cases)
            say_none(x, s);
        return NULL;
    }
    unsigned left = decision(x, of)->taken;
    for (const struct fc_case *one = s->cases; !s->taken; one = one->next)
        if (possible(x, s, one) && left-- == 0)
            s->taken = one;
    struct fc_select **p = &x->c->file.selects;
    while (*p)
        p = &(*p)->next;
    *p = s;
    return s->taken;
}

bool fc_next_variant(struct fc_choices *x)
{
    while (x->n && x->v[x->n - 1].taken + 1 == x->v[x->n - 1].of)
        x->n--;
    if (!x->n)
        return false;
    x->v[x->n - 1].taken++;
    x->at = 0;
    return true;
}

const char *fc_variant_text(struct fc_compilation *c)
{
    struct fc_join text = {.arena = &c->arena};
    for (const struct fc_select *s = c->file.selects; s; s = s->next)
        fc_join(&text, "%s%s is %s", s == c->file.selects ? "" : ", ", s->name.s,
                s->taken->value ? fc_source_slice(&c->sources, s->taken->head) : "none of the others");
    return fc_joined(&text);
}
