/*
 * select.c - selects: their param, the values of their alternatives. What stands in the alternative that is taken in a variant, load has
 * put in its place.
 */
#include "check/checker.h"

#include <string.h>

/* The param, NULL after a message. */
static struct fc_sym *param_of(struct fc_checker *k, const struct fc_select *s)
{
    struct fc_sym *p = fck_global(k, s->name.s);
    if (!p) {
        fck_suggest_names(k, fc_report(k->d, FC_UNKNOWN_NAME, s->name.span, s->name.s), s->name.s);
        return NULL;
    }
    p->used++;
    const char *what = p->kind != FC_SYM_PARAM ? fck_kind_text(p) : p->item->secret.s ? "a secret" : NULL;
    if (!what && p->type->kind == FC_K_ERROR)
        return NULL;
    if (!what && p->type->kind != FC_K_INT && p->type->kind != FC_K_STRING && p->type->kind != FC_K_BOOL && p->type->kind != FC_K_ENUM)
        what = fck_type_text(k, p->type, false);
    if (!what)
        return p;
    struct fc_diag *g = fc_report(k->d, FC_SELECT, s->name.span, fl_arena_printf(k->a, "`%s` is %s", s->name.s, what));
    fc_diag_help(k->d, g, "`select` goes by a param of type string, int, bool or an enum");
    return NULL;
}

static bool of_type(const struct fc_pattern *v, const struct fc_type *t)
{
    if (v->kind == FC_P_NAME)
        for (const struct fc_enumerator *e = t->kind == FC_K_ENUM ? t->en->list : NULL; e; e = e->next)
            if (strcmp(e->name.s, v->name.s) == 0)
                return true;
    if (v->kind != FC_P_LITERAL)
        return false;
    return v->value->kind == (t->kind == FC_K_INT ? FC_E_INT : t->kind == FC_K_STRING ? FC_E_STRING : FC_E_BOOL) && t->kind != FC_K_ENUM;
}

static void check_value(struct fc_checker *k, const struct fc_pattern *v, const struct fc_type *t)
{
    if (of_type(v, t)) {
        if (v->kind == FC_P_LITERAL)
            fck_no_nul(k, v->value);
        return;
    }
    struct fc_diag *g = fc_report(k->d, FC_SELECT, v->span, fl_arena_printf(k->a, "`%s` is no value of the param, which is %s", fck_text(k, v->span),
                                                                            fck_type_text(k, t, false)));
    if (v->kind == FC_P_ANY)
        fc_diag_help(k->d, g, "for all other values write `otherwise { .. }`");
    else if (v->kind == FC_P_NAME && t->kind == FC_K_STRING)
        fc_diag_help(k->d, g, "write \"%s\"", v->name.s);
    else if (v->kind == FC_P_NAME && t->kind == FC_K_ENUM)
        fck_suggest_value(k, g, v->name.s, t);
}

static void twice(struct fc_checker *k, struct fc_span at, struct fc_span other)
{
    struct fc_diag *g = fc_report(k->d, FC_SELECT, at, fl_arena_printf(k->a, "`%s` stands twice in this `select`", fck_text(k, at)));
    fc_diag_note(k->d, g, other, "here");
}

/* The same value before v, which is one of x, or another `otherwise` (v NULL). */
static void no_other(struct fc_checker *k, const struct fc_case *cases, const struct fc_case *x, const struct fc_pattern *v)
{
    for (const struct fc_case *o = cases; o; o = o->next) {
        if (!v && o == x)
            return;
        if (!v && o->otherwise) {
            twice(k, x->head, o->head);
            return;
        }
        for (const struct fc_pattern *w = v ? o->values : NULL; w; w = w->next) {
            if (w == v)
                return;
            if (fc_same_pattern(v, w)) {
                twice(k, v->span, w->span);
                return;
            }
        }
    }
}

/* Is there an alternative for this constant? */
static bool listed(const struct fc_select *s, const struct fc_expr *e)
{
    struct fc_pattern v = {.kind = FC_P_LITERAL, .value = (struct fc_expr *)fck_behind(e)};
    if (v.value->kind == FC_E_NAME) {
        v.kind = FC_P_NAME;
        v.name = v.value->name;
    }
    for (const struct fc_case *x = s->cases; x; x = x->next) {
        if (x->otherwise)
            return true;
        for (const struct fc_pattern *w = x->values; w; w = w->next)
            if (fc_same_pattern(w, &v))
                return true;
    }
    return false;
}

static void no_alternative(struct fc_checker *k, const struct fc_select *s, const struct fc_expr *e, const char *what)
{
    struct fc_diag *g = fc_report2(k->d, FC_SELECT, s->span, e->span, fl_arena_printf(k->a, "this `select` has no alternative for `%s`, %s of `%s`",
                                                                                   fck_text(k, e->span), what, s->name.s));
    fc_diag_note(k->d, g, e->span, "it stands here");
}

static void check_select(struct fc_checker *k, const struct fc_select *s)
{
    const struct fc_sym *p = param_of(k, s);
    unsigned errors = k->d->errors;
    for (const struct fc_case *x = s->cases; p && x; x = x->next) {
        if (x->otherwise)
            no_other(k, s->cases, x, NULL);
        for (const struct fc_pattern *v = x->values; v; v = v->next) {
            no_other(k, s->cases, x, v);
            check_value(k, v, p->type);
        }
    }
    if (!p || k->d->errors != errors)
        return;
    const struct fc_expr *list = p->item->one_of ? fck_behind(p->item->one_of) : NULL;
    for (const struct fc_expr *e = list && list->kind == FC_E_LIST ? list->args : NULL; e; e = e->next)
        if (!listed(s, e)) {
            no_alternative(k, s, e, "an allowed value");
            return;
        }
    if (!list && p->item->value && !listed(s, p->item->value))
        no_alternative(k, s, p->item->value, "the default");
}

const struct fc_select *fck_select_by(const struct fc_checker *k, const char *param)
{
    const struct fc_select *s = k->c->file.selects;
    while (s && strcmp(s->name.s, param) != 0)
        s = s->next;
    return s;
}

void fck_selects(struct fc_checker *k)
{
    for (const struct fc_select *s = k->c->file.selects; s; s = s->next)
        check_select(k, s);
}
