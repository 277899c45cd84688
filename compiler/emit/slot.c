/*
 * slot.c - the fields of the records that transforms make, as values: where each is kept, and when it is null. Called for expressions
 * (expr.c, type.c) and by the encoders.
 */
#include "emit/emit.h"

/* Does the transform keep whether an object `from` a record is there? The input's own bits say it for its records. */
bool fce_presence(struct fc_em *m, const struct fc_slot *s)
{
    const struct fc_expr *base = s->kind == FC_SLOT_OBJECT && s->parent && s->field->kind == FC_F_FROM ? s->field->value : NULL;
    return base && base->nullable && !fc_plan_input(m->p, base);
}

/* That of the output is `out`, those made on the way are called as their transforms. */
const char *fce_form(struct fc_em *m, const struct fc_slot *form)
{
    return form == &m->p->out ? "out" : fce_text(m, "form_%s", form->type->name);
}

const char *fce_stored(struct fc_em *m, const char *r, const struct fc_slot *s)
{
    return fce_text(m, "%s->%s.%s", r, fce_form(m, fc_slot_form(s)), fce_name(m, s->c));
}

const char *fce_stored_is(struct fc_em *m, const char *r, const struct fc_slot *s)
{
    return fce_text(m, "%s->%s.has_%s", r, fce_form(m, fc_slot_form(s)), s->c);
}

struct fc_cv fce_slot(struct fc_em *m, const struct fc_slot *s, bool nullable)
{
    struct fc_cv v = fce_value(s->type, "", NULL, true);
    switch (s->kind) {
    case FC_SLOT_INPUT:
        if (s->text)
            return fce_value(s->type, fce_text(m, "fl_digits_text(%s.text_%s)", fce_input(m, s->in->parent, false).v, s->in->member->name),
                             fce_input(m, s->in, nullable).n, false);
        v = fce_input(m, s->in, nullable);
        if (nullable && s->nonempty)
            v.n = fce_or(m, v.n, fce_no(m, s->type->kind == FC_K_IP ? "%s.text.n" : "%s.n", v.v));
        return v;
    case FC_SLOT_CONST:
    case FC_SLOT_LET:
        v = fce_expr(m, s->field->value);
        v.type = s->type; /* the field's form may be another than the let's */
        return v;
    case FC_SLOT_STORED:
        v.v = fce_stored(m, "r", s);
        v.n = nullable && (s->optional || s->emitted) ? fce_no(m, "%s", fce_stored_is(m, "r", s)) : NULL;
        return v;
    case FC_SLOT_OBJECT:
        v.slot = s;
        v.v = fce_text(m, "r->%s", fce_form(m, fc_slot_form(s)));
        if (nullable && fce_presence(m, s))
            v.n = fce_no(m, "%s", fce_stored_is(m, "r", s));
        else if (nullable && s->parent && s->field->kind == FC_F_FROM && s->field->value->nullable)
            v.n = fce_input(m, fc_plan_input(m->p, s->field->value), true).n;
        return v;
    case FC_SLOT_SAME:
        return fce_slot(m, s->same, nullable);
    }
    return v;
}

struct fc_cv fce_given_or_made(struct fc_em *m, const struct fc_slot *s)
{
    const char *t = fce_temp(m), *is = fce_text(m, "is_%s", t);
    fce_zeroed(m, s->type, t, is);
    fce_line(m, "if (r->h.emitted) {");
    m->depth++;
    fce_assign(m, t, is, fce_slot(m, s->given, true));
    m->depth--;
    fce_line(m, "} else {");
    m->depth++;
    fce_assign(m, t, is, fce_slot(m, s, true));
    m->depth--;
    fce_line(m, "}");
    return fce_value(s->type, t, fce_no(m, "%s", is), true);
}
