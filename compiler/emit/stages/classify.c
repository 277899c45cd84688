/*
 * classify.c - the class of the first rule that holds.
 */
#include "emit/stages/stages.h"

void fce_classify(struct fc_em *m, int i, const struct fc_stage *s)
{
    fce_stage_begin(m, i, s, "");
    for (const struct fc_rule *rule = s->rules; rule; rule = rule->next) {
        fce_line(m, "/* %s %s */", fce_where(m, rule->span), rule->name.s);
        fce_place(m, rule->span);
        if (rule->when) {
            fce_line(m, "if (%s) {", fce_bare(m, fce_true(m, rule->when)));
            m->depth++;
        }
        fce_reach(m, rule->span);
        fce_line(m, "r->h.class_ = %lld;", (long long)rule->sym->index);
        if (rule->when) {
            fce_line(m, "return;");
            m->depth--;
            fce_line(m, "}");
        }
    }
    fce_stage_end(m);
}
