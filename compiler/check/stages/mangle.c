/*
 * mangle.c - the batch after the transform: each record, and keys of tables that were absent.
 */
#include "check/stages/stages.h"

void fck_mangle(struct fc_checker *k, struct fc_stage *s)
{
    if (s->when) {
        k->where = FC_IN_WHEN;
        fck_condition(k, s->when);
    }
    for (struct fc_absent *m = s->mangles; m; m = m->next) {
        const struct fc_fact *before = k->facts;
        if (m->each) {
            k->where = FC_IN_EACH;
            fck_block(k, m->body);
        } else {
            int64_t every = 0;
            k->where = FC_IN_CONSTANT;
            m->table_sym = fck_find_table(k, m->table);
            if (fck_expr_as(k, m->every, &FC_DURATION_T, false) && (!fck_const_int(m->every, &every) || every <= 0))
                fc_report(k->d, FC_TABLE_BOUND, m->every->span, "every", " duration");
            if (m->table_sym && !fck_may_write(k, m->table_sym, m->table.span))
                continue;
            if (m->table_sym && m->table_sym->nkeys == 1) {
                m->var_sym = fck_local(k, FC_SYM_LOCAL, m->var, m->table_sym->keys[0], false);
                m->var_sym->used++;
            } else if (m->table_sym) {
                fc_report(k->d, FC_LATER, m->table.span, "absent over a table with several keys");
            }
            k->where = FC_IN_ABSENT;
            k->facts = NULL;
            fck_block(k, m->body);
            k->local = NULL;
        }
        k->facts = before;
    }
}
