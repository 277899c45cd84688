/*
 * classify.c - each record gets the class of the first rule that holds.
 */
#include "check/stages/stages.h"

void fck_classify(struct fc_checker *k, struct fc_stage *s)
{
    k->where = FC_IN_CLASSIFY;
    for (struct fc_rule *r = s->rules; r; r = r->next) {
        const struct fc_class *c = fc_index_find(&k->classes, r->name.s, strlen(r->name.s));
        r->sym = fck_indexed(k, FC_SYM_CLASS, r->name.s, c ? c->index : k->p->nclasses); /* NULL: of a second classify */
        if (r->when)
            fck_condition(k, r->when);
    }
    bool otherwise = false;
    for (const struct fc_rule *r = s->rules; r; r = r->next)
        otherwise |= !r->when;
    if (!otherwise) {
        struct fc_diag *g = fc_report(k->d, FC_NO_OTHERWISE, s->head);
        fc_diag_help(k->d, g, "add `other otherwise;` as the last rule");
    }
    for (int i = 0; i < k->p->nstages; i++)
        if (k->p->stages[i]->kind == FC_ST_CLASSIFY)
            fc_diag_note(k->d, fc_report(k->d, FC_ORDER, s->head, "there is a second classify"), k->p->stages[i]->head,
                         "the first one");
    k->classified = true;
}
