/*
 * transform.c - the record that a transform makes: its fields, objects and those that are set later. Plain names in it are fields of
 * the record that comes to it: the source's, or what the transform before it made.
 */
#include <string.h>

#include "check/stages/stages.h"

static struct fc_type *build(struct fc_checker *k, struct fc_field **fields);

void fck_value_field(struct fc_checker *k, struct fc_field *f)
{
    const struct fc_type *want = NULL;
    bool optional = false;
    if (f->type)
        want = fck_type(k, f->type, &optional);
    f->optional |= optional;
    const struct fc_type *t = fck_field_value(k, f, want);
    f->nullable = f->value->nullable || t->kind == FC_K_NULL;
    if (f->spread)
        f->optional |= f->nullable; /* as it comes */
    f->ty = want ? want : t;
    if (t->kind == FC_K_ERROR)
        return;
    if (want && t->kind != FC_K_NULL && !fc_type_same(t, want))
        fck_mismatch(k, f->value, want);
    if (!want && t->kind == FC_K_NULL)
        fc_report(k->d, FC_TYPE_MISMATCH, f->value->span, "a value", "`null`");
    if (f->nullable && !f->optional) {
        struct fc_diag *g = fc_report2(k->d, FC_OPTIONAL_NEEDED, f->name.span, f->value->span, f->name.s, f->name.s);
        fck_help_null(k, g, f->value);
    }
}

static void check_from(struct fc_checker *k, struct fc_field *f)
{
    const struct fc_type *t = fck_expr(k, f->value, NULL);
    f->nullable = f->value->nullable;
    f->ty = &FC_ERROR_T;
    if (t->kind == FC_K_ERROR)
        return;
    if (t->kind != FC_K_RECORD) {
        fc_report(k->d, FC_NOT_RECORD, f->value->span, fck_type_text(k, t, false));
        return;
    }
    if (f->nullable && !f->optional)
        fc_report2(k->d, FC_OPTIONAL_NEEDED, f->name.span, f->value->span, f->name.s, f->name.s);
    const struct fc_fact *before = k->facts;
    struct fc_expr *known = fc_expr_new(k->a, FC_E_UNARY, f->value->span);
    known->op = FC_OP_HAS;
    known->a = f->value;
    fck_assume(k, known, FC_WHEN_TRUE);
    struct fc_expr *base = fl_arena_zero(k->a, sizeof *base);
    *base = *f->value;
    base->next = NULL;
    base->nullable = false; /* inside the braces it is there */
    struct fc_overlay o = {t, base, k->overlay};
    k->overlay = &o;
    f->ty = build(k, &f->fields);
    k->overlay = o.up;
    k->facts = before;
}

static struct fc_type *build(struct fc_checker *k, struct fc_field **fields)
{
    struct fc_type *r = fl_arena_zero(k->a, sizeof *r);
    int n = 0;
    r->kind = FC_K_RECORD;
    fck_spread(k, fields, true);
    for (struct fc_field *f = *fields; f; f = f->next)
        n++;
    r->members = fl_arena_zero(k->a, sizeof *r->members * (size_t)(n ? n : 1));
    for (struct fc_field *f = *fields; f; f = f->next) {
        const char *key = f->as ? f->as : f->name.s;
        if (!f->checked)
            f->ty = &FC_ERROR_T;
        struct fc_member *m = &r->members[r->nmembers];
        *m = (struct fc_member){.name = f->name.s, .key = key, .span = f->name.span, .index = r->nmembers};
        fck_new_member(k, r, m);
        fck_same_field(k, f);
        if (f->kind == FC_F_EXPR) {
            fck_value_field(k, f);
        } else if (f->kind == FC_F_DECLARED) {
            bool optional = false;
            if (!f->checked)
                f->ty = fck_type(k, f->type, &optional);
            if (!f->optional && !optional)
                fc_diag_help(k->d, fc_report(k->d, FC_OPTIONAL_NEEDED, f->name.span, f->name.s, f->name.s),
                             "it is null until mangle sets it");
            f->optional = true;
            f->nullable = true;
        } else if (f->kind == FC_F_OBJECT) {
            f->ty = build(k, &f->fields);
            f->nullable = f->optional;
        } else {
            check_from(k, f);
        }
        m->type = f->ty;
        fck_count_leaves(k, r, m);
        m->optional = f->optional;
        f->index = r->nmembers++;
    }
    return r;
}

/* Its number is in the record, in one byte. */
enum { MOST_FORMS = 255 };

static const struct fc_made *made_by(const struct fc_checker *k, const char *name)
{
    const struct fc_made *m = k->p->made;
    while (m && strcmp(m->stage->name.s, name) != 0)
        m = m->next;
    return m;
}

void fck_transform(struct fc_checker *k, struct fc_stage *s)
{
    if (!s->fields) {
        fc_report(k->d, FC_LATER, s->head, "a transform without fields");
        return;
    }
    if (k->joined && !fck_past_emit(k)) {
        fc_report(k->d, FC_LATER, s->head, "a transform below a join");
        return;
    }
    const struct fc_made *other = made_by(k, s->name.s);
    if (other)
        fc_diag_note(k->d, fc_report(k->d, FC_DUPLICATE, s->name.span, s->name.s), other->stage->name.span,
                     "the other transform");
    if (k->p->nmade == MOST_FORMS)
        fc_report(k->d, FC_TOO_MUCH, s->head, "transforms", "255");
    k->where = FC_IN_TRANSFORM;
    k->stage = s;
    struct fc_type *t = build(k, &s->fields);
    t->name = s->name.s;
    struct fc_made *made = fl_arena_zero(k->a, sizeof *made);
    made->stage = s;
    made->sym = (struct fc_sym){.kind = FC_SYM_RECORD_NOW, .name = "record", .type = t, .index = k->p->nmade++};
    struct fc_made **last = &k->p->made;
    while (*last)
        last = &(*last)->next;
    *last = made;
    k->p->output = made;
    k->record = &made->sym;
}
