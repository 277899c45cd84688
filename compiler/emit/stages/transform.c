/*
 * transform.c - fields that are computed are stored; all others are written by the encoder, from where they are.
 */
#include "emit/stages/stages.h"

static void fill_slots(struct fc_em *m, const struct fc_slot *object)
{
    for (int i = 0; i < object->ninner; i++) {
        const struct fc_slot *s = &object->inner[i];
        if (s->kind == FC_SLOT_LET) {
            if (!fce_settle(m, s->let))
                continue;
            fce_line(m, "if (!r->is_%s)", s->let->name);
            fce_line(m, "    let_%s(cx, r);", s->let->name);
        } else if (s->kind == FC_SLOT_OBJECT) {
            const struct fc_expr *base = s->field->value;
            struct fc_cv record = {.n = NULL};
            int settled = m->nsettled, from = m->nfrom;
            if (base)
                record = fce_expr(m, base);
            if (base && !fc_plan_input(m->p, base))
                fce_from(m, base, record);
            const struct fc_cond *n = base && base->nullable ? record.n : NULL;
            struct fce_capture k;
            fce_begin(m, &k);
            m->depth += n != NULL;
            if (fce_presence(m, s))
                fce_line(m, "%s = true;", fce_stored_is(m, "r", s));
            fill_slots(m, s);
            m->depth -= n != NULL;
            m->nsettled = settled;
            m->nfrom = from;
            const char *body = fce_end(m, &k);
            if (!*body)
                continue;
            if (n)
                fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, n)));
            fce_paste(m, body);
            if (n)
                fce_line(m, "}");
        } else if (s->kind == FC_SLOT_STORED && s->field->value && !fc_slot_text(s)) {
            fce_spread(m, s->field);
            fce_line(m, "/* %s %s */", fce_where(m, s->field->span), s->field->name.s);
            fce_place(m, s->field->span);
            bool silent = s->optional && fc_silent_null(s->field->value);
            int settled = m->nsettled;
            fce_line(m, silent ? "if (!cx->silent) {" : "{");
            m->depth++;
            struct fc_cv v = fce_expr(m, s->field->value);
            if (v.type->kind != FC_K_NULL)
                fce_assign(m, fce_stored(m, "r", s), s->optional || s->emitted ? fce_stored_is(m, "r", s) : NULL, v);
            m->depth--;
            m->nsettled = silent ? settled : m->nsettled;
            fce_line(m, "}");
        }
    }
}

void fce_transform(struct fc_em *m, int i, const struct fc_stage *s)
{
    fce_stage_begin(m, i, s, "");
    if (m->made) { /* in one of several outputs: it has a form already */
        fce_line(m, "if (r->h.emitted)");
        fce_line(m, "    return;");
    }
    fill_slots(m, fc_plan_form(m->p, s));
    m->nfrom = 0;
    fce_stage_end(m);
}
