/*
 * parts.c - what the functions of all stages have in common: how they begin and end, and lets that have to be computed before.
 */
#include "emit/stages/stages.h"

void fce_stage_begin(struct fc_em *m, int i, const struct fc_stage *s, const char *more)
{
    fce_function_begin(m, FC_CX_RECORD, NULL);
    m->class_ = "r->h.class_";
    for (int k = 0; k < i && !m->made; k++)
        if (m->g->stages[k]->join) { /* what comes may have been emitted there */
            m->made = true;
            m->form = m->p->forms[m->g->stages[k]->join->form->index];
        }
    fce_line(m, "/* %s */", fce_where(m, s->head));
    fce_line(m, "static void %s_%d(struct fl_cx *cx, struct rec *r%s)", fc_stage_text(s->kind), i + 1, more);
    fce_line(m, "{");
    m->depth++;
}

void fce_stage_end(struct fc_em *m)
{
    m->depth--;
    fce_line(m, "}\n");
}

void fce_settle_before(struct fc_em *m, const struct fc_stage *s)
{
    const unsigned long long writes = fc_stage_tables(s).writes;
    for (const struct fc_sym *l = m->g->lets; l; l = l->next)
        if (fc_settles(l, writes) && fce_settle(m, l)) {
            fce_line(m, "if (!r->is_%s)", l->name);
            fce_line(m, "    let_%s(cx, r);", l->name);
        }
}
