/*
 * spread.c - `...record` among the fields of a transform, of `emit` and of `new`: it becomes fields, one for each of the record's.
 *
 * That is done before the fields are checked, so that nobody behind it knows of `...`. A field that stands below and has the name of one
 * of them takes its place. What `new` makes, there or in a function without parameters, is not made: the values that it gives
 * are the fields' own. All other records are computed once, where their first field is (emit/expr.c, fce_spread).
 */
#include <string.h>

#include "check/checker.h"

/* The `new` that the record comes from, if its values hold where it stands. */
static const struct fc_expr *made_by(const struct fc_expr *e)
{
    if (e->kind == FC_E_NEW)
        return e;
    const struct fc_sym *f = e->kind == FC_E_CALL ? e->sym : NULL;
    bool plain = f && f->kind == FC_SYM_FUNCTION && !f->args && !f->lets && !f->optional && f->value;
    return plain && f->value->kind == FC_E_NEW ? f->value : NULL;
}

/* NULL: `new` gives no value, and none has to be declared. */
static struct fc_field *take(struct fc_checker *k, const struct fc_field *f, const struct fc_member *m, bool declares)
{
    const struct fc_expr *made = made_by(f->value);
    struct fc_field *g = fl_arena_zero(k->a, sizeof *g), *given = made ? made->fields : NULL;
    g->kind = FC_F_EXPR;
    g->span = f->span;
    g->name = (struct fc_name){m->name, f->span};
    g->as = strcmp(m->key, m->name) == 0 ? NULL : m->key;
    g->spread = f->value;
    g->without = f->without;
    if (!made) {
        g->value = fc_expr_new(k->a, FC_E_FIELD, f->span);
        g->value->name = g->name;
        g->value->a = f->value;
        return g;
    }
    while (given && given->index != m->index)
        given = given->next;
    g->checked = true;
    g->ty = m->type;
    g->optional = m->optional;
    g->nullable = given ? given->value->nullable : true;
    g->value = given ? given->value : NULL;
    if (!given)
        g->kind = FC_F_DECLARED;
    return given || declares ? g : NULL;
}

/* Has it undeclared fields too: is it what the source brought, or made of that with `...`? */
static bool whole(const struct fc_checker *k, const struct fc_sym *record)
{
    for (const struct fc_made *m = k->p->made; m; m = m->next)
        if (&m->sym == record)
            return m->stage->whole;
    return record == &k->input;
}

/* `record` is a name here only: the record whose fields plain names are. */
static const struct fc_type *record_of(struct fc_checker *k, struct fc_field *f, bool declares, bool top)
{
    struct fc_expr *e = f->value;
    const struct fc_type *now = fck_sees_record(k) ? fck_current(k) : NULL;
    if (e->kind == FC_E_NAME && strcmp(e->name.s, "record") == 0 && now && !fck_find(k->local, "record") && !fck_global(k, "record") &&
        !fc_member_find(now, "record")) {
        e->sym = k->record ? k->record : &k->input;
        fck_done(e, now, false);
    }
    const struct fc_type *t = fck_expr(k, e, NULL);
    if (t->kind == FC_K_ERROR)
        return NULL;
    if (t->kind != FC_K_RECORD) {
        fc_report(k->d, FC_NOT_RECORD, e->span, fck_type_text(k, t, false));
        return NULL;
    }
    if (declares && whole(k, e->sym)) {
        if (!top)
            fc_report(k->d, FC_LATER, f->span, "`...` of the whole record in an object of a transform");
        k->stage->whole = true;
    }
    for (const struct fc_expr *x = f->without; x; x = x->next) {
        if (x->kind != FC_E_NAME) {
            fc_report(k->d, FC_LATER, x->span, "a field of an inner object in `without`");
        } else if (!fc_member_find(t, x->name.s)) {
            struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_FIELD, x->span, fl_arena_printf(k->a, "`%s`", fck_text(k, e->span)), x->name.s);
            fck_suggest_members(k, g, t, x->name.s);
        }
    }
    return t;
}

static bool left_out(const struct fc_field *f, const char *name)
{
    for (const struct fc_expr *x = f->without; x; x = x->next)
        if (x->kind == FC_E_NAME && strcmp(x->name.s, name) == 0)
            return true;
    return false;
}

/* At the place of a field of this name that `...` brought, or as the last one. */
static void put(struct fc_field **list, struct fc_field *f)
{
    if (!f)
        return;
    while (*list && !((*list)->spread && strcmp((*list)->name.s, f->name.s) == 0))
        list = &(*list)->next;
    f->next = *list ? (*list)->next : NULL;
    *list = f;
}

void fck_spread(struct fc_checker *k, struct fc_field **fields, bool declares)
{
    struct fc_field *out = NULL, *next;
    for (struct fc_field *f = *fields; f; f = next) {
        next = f->next;
        if (f->kind != FC_F_SPREAD) {
            put(&out, f);
            continue;
        }
        const struct fc_type *t = record_of(k, f, declares, declares && fields == &k->stage->fields);
        for (int i = 0; t && i < t->nmembers; i++)
            if (!left_out(f, t->members[i].name))
                put(&out, take(k, f, &t->members[i], declares));
    }
    *fields = out;
}

const struct fc_type *fck_field_value(struct fc_checker *k, struct fc_field *f, const struct fc_type *want)
{
    static const struct fc_type no_names = {.kind = FC_K_RECORD};
    if (f->checked)
        return f->ty;
    if (!f->spread)
        return fck_expr(k, f->value, want);
    struct fc_overlay o = {&no_names, (struct fc_expr *)f->spread, k->overlay}; /* the record itself was checked already */
    k->overlay = &o;
    const struct fc_type *t = fck_expr(k, f->value, want);
    k->overlay = o.up;
    return t;
}

bool fck_field_as(struct fc_checker *k, struct fc_field *f, const struct fc_member *m)
{
    if (!f->spread)
        return fck_expr_as(k, f->value, m->type, true);
    const struct fc_type *t = fck_field_value(k, f, m->type);
    if (t->kind == FC_K_ERROR || m->type->kind == FC_K_ERROR)
        return false;
    if (fc_type_same(t, m->type))
        return true;
    fc_diag_note(k->d, fc_report(k->d, FC_TYPE_MISMATCH, f->span, fck_type_text(k, m->type, false), fck_type_text(k, t, false)), m->span,
                 "field `%s`", m->name);
    return false;
}

bool fck_spread_unknown(struct fc_checker *k, const struct fc_field *f, const struct fc_type *t)
{
    const char *all = "", *first = NULL;
    if (!f->spread)
        return false;
    for (int i = 0; i < f->spread->type->nmembers; i++) {
        const char *name = f->spread->type->members[i].name;
        bool unknown = !fc_member_find(t, name) && !left_out(f, name);
        if (unknown && !first)
            first = name;
        if (unknown || left_out(f, name))
            all = fl_arena_printf(k->a, "%s%s%s", all, *all ? ", " : "", name);
    }
    if (first && strcmp(first, f->name.s) == 0)
        fc_diag_help(k->d, fc_report(k->d, FC_UNKNOWN_FIELD, f->span, fck_type_text(k, t, false), f->name.s),
                     "leave out what it hasn't: `...%s without (%s)`", fck_text(k, f->spread->span), all);
    return true;
}

void fck_spread_null(struct fc_checker *k, const struct fc_field *f, const struct fc_member *m, const char *record)
{
    struct fc_diag *g = fc_report(k->d, FC_MAY_BE_NULL, f->span, fl_arena_printf(k->a, "`%s.%s`", fck_text(k, f->spread->span), m->name));
    fc_diag_note(k->d, g, m->span, "`%s` is not optional in `%s`", m->name, record);
    fc_diag_help(k->d, g, "guard it with `has`, or give the field a value of its own below: `%s = .. ?? ..;`", m->name);
}
