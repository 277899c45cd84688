/*
 * stage.c - the stages of the language by kind, and the order in which they may stand.
 */
#include "check/stages/stages.h"

const struct fc_stage_check fc_stage_checks[] = {
    [FC_ST_CLASSIFY] = {fck_classify},
    [FC_ST_FILTER] = {fck_filter},
    [FC_ST_UPDATE] = {fck_update},
    [FC_ST_TRANSFORM] = {fck_transform},
    [FC_ST_MANGLE] = {fck_mangle},
    [FC_ST_JOIN] = {fck_join},
    [FC_ST_AGGREGATE] = {NULL},
    [FC_ST_METRICS] = {fck_metrics},
};
_Static_assert(sizeof fc_stage_checks / sizeof *fc_stage_checks == FC_STAGES, "a stage has no row");

void fck_stage(struct fc_checker *k, struct fc_stage *s)
{
    const struct fc_stage_check *kind = &fc_stage_checks[s->kind];
    if (!kind->check) {
        fc_report(k->d, FC_LATER, s->head, fl_arena_printf(k->a, "`%s`", fc_stage_text(s->kind)));
        return;
    }
    if (s->kind != FC_ST_CLASSIFY && !k->classified) {
        fc_report(k->d, FC_ORDER, s->head, "this stage stands above classify, which comes first");
        k->classified = true;
    }
    if (k->p->nstages && k->p->stages[k->p->nstages - 1]->metrics && !s->metrics)
        fc_report(k->d, FC_ORDER, s->head, "this stage stands below metrics, which come last");
    kind->check(k, s);
    k->p->stages[k->p->nstages++] = s;
}
