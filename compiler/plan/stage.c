/*
 * stage.c - what plan knows of the stages by kind.
 */
#include "plan/parts.h"

const struct fc_stage_plan fc_stage_plans[] = {
    [FC_ST_CLASSIFY] = {.classifies = true},
    [FC_ST_FILTER] = {.drops = true},
    [FC_ST_UPDATE] = {NULL},
    [FC_ST_TRANSFORM] = {fc_plan_transform, .makes = true},
    [FC_ST_MANGLE] = {fc_plan_mangle, .alone = true},
    [FC_ST_JOIN] = {fc_plan_join, .alone = true, .drops = true, .holds = true},
    [FC_ST_AGGREGATE] = {NULL}, /* check lets none of these through */
    [FC_ST_METRICS] = {fc_plan_metrics, .takes = true},
};
_Static_assert(sizeof fc_stage_plans / sizeof *fc_stage_plans == FC_STAGES, "a stage has no row");
