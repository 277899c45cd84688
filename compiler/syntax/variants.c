/*
 * variants.c - see variants.h. The decisions of a variant are a row of numbers; the next variant has the next row, as an odometer
 * counts. A select stands in a row only when it is come to, so one inside an alternative counts only there.
 */
#include "syntax/variants.h"

#include <string.h>

#include "text/join.h"
#include "tree/make.h"

/* The case that has this value; NULL stands for a value that no select has. */
static const struct fc_case *case_of(const struct fc_select *s, const struct fc_pattern *value)
{
    const struct fc_case *otherwise = NULL;
    for (const struct fc_case *x = s->cases; x; x = x->next) {
        if (x->otherwise)
            otherwise = x;
        for (const struct fc_pattern *v = value ? x->values : NULL; v; v = v->next)
            if (fc_same_pattern(v, value))
                return x;
    }
    return otherwise;
}

/* Do the selects so far that go by this param take what they did, if it has the value? */
static bool agrees(const struct fc_choices *x, const char *param, const struct fc_pattern *value)
{
    for (const struct fc_select *t = x->c->file.selects; t; t = t->next)
        if (strcmp(t->name.s, param) == 0 && case_of(t, value) != t->taken)
            return false;
    return true;
}

/* Is there a value for which s takes this case? */
static bool possible(const struct fc_choices *x, const struct fc_select *s, const struct fc_case *one)
{
    for (const struct fc_pattern *v = one->values; v; v = v->next)
        if (agrees(x, s->name.s, v))
            return true;
    if (!one->otherwise)
        return false;
    if (agrees(x, s->name.s, NULL))
        return true;
    for (const struct fc_select *t = x->c->file.selects; t; t = t->next)
        for (const struct fc_case *c = strcmp(t->name.s, s->name.s) == 0 ? t->cases : NULL; c; c = c->next)
            for (const struct fc_pattern *v = c->values; v; v = v->next)
                if (case_of(s, v) == one && agrees(x, s->name.s, v))
                    return true;
    return false;
}

static void say_none(const struct fc_choices *x, const struct fc_select *s)
{
    struct fc_diags *d = &x->c->diags;
    const struct fc_select *t = x->c->file.selects;
    while (strcmp(t->name.s, s->name.s) != 0 || !t->taken)
        t = t->next;
    const struct fc_case *other = t->taken;
    const char *value = fc_source_slice(&x->c->sources, other->head);
    struct fc_diag *g = fc_report(d, FC_SELECT, s->span, fl_arena_printf(&x->c->arena, "this `select` has no alternative for `%s`, which another by `%s` has",
                                                                         value, s->name.s));
    fc_diag_note(d, g, other->head, "here");
    fc_diag_help(d, g, "add one, `otherwise { }` if there is nothing to do");
}

static struct fc_decision *decision(struct fc_choices *x, unsigned of)
{
    if (x->at == x->n) {
        fl_arena_grow(&x->c->arena, x->v, x->n, x->cap);
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
    for (const struct fc_select *s = c->file.selects, *t; s; s = s->next) {
        const char *head = fc_source_slice(&c->sources, s->taken->head);
        for (t = c->file.selects; t != s; t = t->next)
            if (strcmp(t->name.s, s->name.s) == 0 && strcmp(fc_source_slice(&c->sources, t->taken->head), head) == 0)
                break; /* said already */
        if (t == s)
            fc_join(&text, "%s%s is %s", s == c->file.selects ? "" : ", ", s->name.s, s->taken->values ? head : "none of the others");
    }
    return fc_joined(&text);
}
