/*
 * rules.c - what classify and filter have in common: which of their rules is never reached.
 */
#include "check/stages/stages.h"

/* A rule is unreachable under one that takes everything, or under one with the very same condition. */
void fck_reachable(struct fc_checker *k, struct fc_rules_above *above, const struct fc_rule *r)
{
    const struct fc_rule *same = NULL;
    if (r->when) {
        struct fc_span at = r->when->span;
        const char *text = k->c->sources.v[at.file].text + at.start;
        same = fc_index_find(&above->conditions, text, at.end - at.start);
        if (!same)
            fc_index_put(&above->conditions, k->a, text, at.end - at.start, r);
    }
    if (above->all || same) {
        bool all = above->all && (!same || above->all->span.start < same->span.start);
        struct fc_diag *g = fc_report(k->d, FC_UNREACHABLE_RULE, r->span);
        fc_diag_note(k->d, g, (all ? above->all : same)->span, all ? "this rule takes every record" : "the same condition stands here");
    } else if (!r->when || (r->when->kind == FC_E_BOOL && r->when->i)) {
        above->all = r;
    } else if (r->when->kind == FC_E_BOOL) {
        fc_diag_note(k->d, fc_report(k->d, FC_UNREACHABLE_RULE, r->span), r->when->span, "the condition is never true");
    }
}
