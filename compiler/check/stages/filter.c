/*
 * filter.c - rules drop and keep; what they know of the records that go on is known below.
 */
#include "check/stages/stages.h"

/*
 * A record leaves a filter by one of its `keep` rules or at the end. What every one of these ways knows is known below.
 */
void fck_filter(struct fc_checker *k, struct fc_stage *s)
{
    const struct fc_fact *known = NULL;
    bool left = false, end = true; /* has a rule kept; is the end reached */
    k->where = FC_IN_FILTER;
    for (struct fc_rule *r = s->rules; r; r = r->next) {
        const struct fc_fact *before = k->facts;
        if (r->kind == FC_R_DROP)
            r->sym = fck_indexed(k, FC_SYM_TEXT, r->name.s, fck_reason(k, r->name));
        if (r->when)
            fck_condition(k, r->when);
        if (r->kind == FC_R_KEEP) {
            if (r->when)
                fck_assume(k, r->when, FC_WHEN_TRUE);
            known = left ? fck_meet(k, known, k->facts) : k->facts;
            left = true;
        }
        k->facts = before;
        /* What comes below is only reached by records for which the rule did not hold. */
        if (r->when)
            fck_assume(k, r->when, FC_WHEN_NOT_TRUE);
        else
            end = false;
    }
    if (left)
        k->facts = end ? fck_meet(k, known, k->facts) : known;
}
