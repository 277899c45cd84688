/*
 * among.c - one value that is compared with many constants: `or` of ==, `and` of !=, in [..], the arms of match.
 *
 * A chain of comparisons takes as long as it is, and the C compiler more than twice as long for twice as many. From
 * FCE_MANY_EQUAL on the constants are a sorted array, and one search says where the value stands in it.
 */
#include <stdlib.h>
#include <string.h>

#include "emit/emit.h"

/* So many terms are a statement: what C compilers do with a condition grows faster than it does. */
#define MANY_TERMS 256

/* ---- constants ------------------------------------------------------------------------------------------------- */

static bool constant_of(const struct fc_expr *e, const struct fc_type *type, struct fc_constant *c)
{
    e = fce_constant(e);
    if (type->kind == FC_K_STRING && e->kind == FC_E_STRING)
        *c = (struct fc_constant){.s = e->s, .len = e->len};
    else if ((e->kind == FC_E_INT || e->kind == FC_E_DURATION || e->kind == FC_E_SIZE) && type->kind != FC_K_FLOAT && e->type->kind != FC_K_FLOAT)
        *c = (struct fc_constant){.i = e->i};
    else if (e->kind == FC_E_NAME && e->sym && (e->sym->kind == FC_SYM_ENUMERATOR || e->sym->kind == FC_SYM_CLASS))
        *c = (struct fc_constant){.i = e->sym->index};
    else
        return false;
    return true;
}

const struct fc_cond *fce_comparison(struct fc_em *m, const struct fc_cond *c, const struct fc_cv *v, const struct fc_expr *with, bool differs)
{
    struct fc_constant constant;
    if (!v->simple || !constant_of(with, v->type, &constant))
        return c;
    struct fc_cond *compared = fl_arena_get(m->a, sizeof *compared);
    struct fc_cv *value = fl_arena_get(m->a, sizeof *value);
    *compared = *c;
    *value = *v;
    compared->value = value;
    compared->with = with;
    compared->differs = differs;
    return compared;
}

/* ---- places ----------------------------------------------------------------------------------------------------- */

static int by_value(const struct fc_constant *x, const struct fc_constant *y)
{
    if (x->s)
        return x->len != y->len ? (x->len < y->len ? -1 : 1) : memcmp(x->s, y->s, x->len);
    return (x->i > y->i) - (x->i < y->i);
}

static int in_order(const void *a, const void *b)
{
    const struct fc_constant *x = a, *y = b;
    int value = by_value(x, y);
    return value ? value : (x->order > y->order) - (x->order < y->order);
}

bool fce_places_add(struct fc_places *s, const struct fc_expr *e, int64_t number)
{
    struct fc_constant c = {.i = number};
    if (e && !constant_of(e, s->type, &c))
        return false;
    fl_arena_grow(s->m->a, s->v, s->n, s->cap);
    c.order = s->n;
    s->v[s->n++] = c;
    return true;
}

static const char *number(struct fc_em *m, int64_t i)
{
    if (i == INT64_MIN)
        return "INT64_MIN";
    return fce_text(m, i == (int32_t)i ? "%lld" : "INT64_C(%lld)", (long long)i);
}

const char *fce_places(struct fc_places *s, const char *value)
{
    struct fc_em *m = s->m;
    bool text = s->type->kind == FC_K_STRING;
    size_t place = 0;
    struct fce_items items;
    const char *t = fce_temp(m);
    s->of = fl_arena_get(m->a, s->n * sizeof *s->of);
    qsort(s->v, s->n, sizeof *s->v, in_order);
    fce_items_begin(m, &items);
    for (size_t i = 0; i < s->n; i++) {
        const struct fc_constant *c = &s->v[i];
        bool first = i == 0 || by_value(c - 1, c) != 0;
        place += i && first;
        s->of[c->order] = place;
        if (first)
            fce_item(&items, text ? fce_string(m, c->s, c->len) : number(m, c->i));
    }
    fce_line(m, "static const %s %s[] = {%s};", text ? "fl_str" : "int64_t", t, fce_items_end(m, &items));
    return fce_text(m, "fl_%s_place(%s, %zu, %s)", text ? "str" : "int", t, place + 1, value);
}

/* ---- chains ----------------------------------------------------------------------------------------------------- */

/* Taken apart: `guard`, and whether a value is a constant. False: it is something else. */
struct comparison {
    const struct fc_cond *guard, *is;
};

static bool apart(const struct fc_chain *k, const struct fc_cond *term, struct comparison *c)
{
    *c = (struct comparison){0};
    if (term->op == FC_COND_AND) {
        c->guard = term->a;
        term = term->b;
    }
    bool contrary = term->op == FC_COND_NOT;
    c->is = contrary ? term->a : term;
    return c->is->value && (c->is->differs != contrary) == k->both;
}

static void join(struct fc_chain *k, const struct fc_cond *term)
{
    struct fc_em *m = k->m;
    if (k->joined++ && k->joined % MANY_TERMS == 0)
        fce_chain_then(k, "", term);
    else
        k->all = k->both ? fce_and(m, k->all, term) : fce_or(m, k->all, term);
}

/* What was held back goes into the chain. */
static void settle(struct fc_chain *k)
{
    size_t n = k->n;
    struct comparison c;
    k->n = 0;
    if (n < FCE_MANY_EQUAL) {
        for (size_t i = 0; i < n; i++)
            join(k, k->run[i]);
        return;
    }
    apart(k, k->run[0], &c);
    struct fc_places places = {.m = k->m, .type = c.is->value->type};
    for (size_t i = 0; i < n; i++) {
        apart(k, k->run[i], &c);
        fce_places_add(&places, c.is->with, 0);
    }
    const struct fc_cond *found = fce_cond(k->m, FC_COND_COMPARE, "%s >= 0", fce_places(&places, c.is->value->v));
    join(k, fce_and(k->m, c.guard, k->both ? fce_not(k->m, found) : found));
}

void fce_chain_add(struct fc_chain *k, const struct fc_cond *term)
{
    struct comparison c, first;
    bool comparison = apart(k, term, &c);
    if (comparison && k->n) {
        apart(k, k->run[0], &first);
        bool guards = c.guard && first.guard ? fce_same(c.guard, first.guard) : c.guard == first.guard;
        if (!guards || strcmp(c.is->value->v, first.is->value->v) != 0)
            settle(k);
    } else if (!comparison) {
        settle(k);
        join(k, term);
        return;
    }
    fl_arena_grow(k->m->a, k->run, k->n, k->cap);
    k->run[k->n++] = term;
}

void fce_chain_then(struct fc_chain *k, const char *text, const struct fc_cond *term)
{
    struct fc_em *m = k->m;
    settle(k);
    const char *t = fce_temp(m);
    fce_line(m, "bool %s = %s;", t, fce_bare(m, k->all));
    fce_line(m, k->both ? "if (%s) {" : "if (!%s) {", t);
    fce_paste(m, text);
    fce_line(m, "    %s = %s;", t, fce_bare(m, term));
    fce_line(m, "}");
    k->all = fce_cond(m, FC_COND_ATOM, "%s", t);
}

const struct fc_cond *fce_chain_end(struct fc_chain *k)
{
    settle(k);
    return k->all;
}
