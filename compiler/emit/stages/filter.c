/*
 * filter.c - the first rule that holds drops the record or keeps it.
 */
#include "emit/stages/stages.h"

void fce_filter(struct fc_em *m, int i, const struct fc_stage *s)
{
    fce_stage_begin(m, i, s, "");
    for (const struct fc_rule *rule = s->rules; rule; rule = rule->next) {
        fce_line(m, "/* %s %s %s */", fce_where(m, rule->span), rule->kind == FC_R_DROP ? "drop" : "keep", rule->name.s ? rule->name.s : "");
        fce_place(m, rule->span);
        if (rule->when) {
            fce_line(m, "if (%s) {", fce_bare(m, fce_true(m, rule->when)));
            m->depth++;
        }
        fce_reach(m, rule->span);
        if (rule->kind == FC_R_DROP)
            fce_line(m, "fl_drop(cx, &r->h, %lld);", (long long)rule->sym->index);
        if (rule->when) {
            fce_line(m, "return;");
            m->depth--;
            fce_line(m, "}");
        }
    }
    fce_stage_end(m);
}
