/*
 * stage.c - the stages by kind as C.
 */
#include "emit/stages/stages.h"

const struct fc_stage_emit fc_stage_emits[] = {
    [FC_ST_CLASSIFY] = {fce_rules},
    [FC_ST_FILTER] = {fce_rules},
    [FC_ST_UPDATE] = {fce_update},
    [FC_ST_TRANSFORM] = {fce_transform},
    [FC_ST_MANGLE] = {fce_mangle, fce_mangle_tick, .batch = true},
    [FC_ST_JOIN] = {fce_join, fce_join_tick, .batch = true},
    [FC_ST_AGGREGATE] = {NULL}, /* check lets none of these through */
    [FC_ST_METRICS] = {fce_metrics, fce_metrics_tick},
};
_Static_assert(sizeof fc_stage_emits / sizeof *fc_stage_emits == FC_STAGES, "a stage has no row");

static void tick(struct fc_em *m)
{
    int n = 0;
    fce_function_begin(m, FC_CX_NONE, NULL);
    m->class_ = "class_";
    fce_line(m, "static int64_t tick(struct fl_cx *cx, struct fl_batch *b)");
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "int64_t next = INT64_MAX;");
    for (int i = 0; i < m->g->nstages; i++) {
        const struct fc_stage *s = m->g->stages[i];
        if (fc_stage_emits[s->kind].tick)
            n = fc_stage_emits[s->kind].tick(m, i, s, n);
    }
    fce_line(m, "return next;");
    m->depth--;
    fce_line(m, "}\n");
}

void fce_stages(struct fc_em *m)
{
    fce_line(m, "/* ---- stages ---- */\n");
    for (int i = 0; i < m->g->nstages; i++) {
        const struct fc_stage *s = m->g->stages[i];
        for (const struct fc_output *o = m->g->outputs; o; o = o->next)
            if (i >= o->first && i < o->first + o->nstages) { /* all that goes on comes here */
                m->made = m->p->emits;
                m->form = fce_form_of(m, o);
            }
        fc_stage_emits[s->kind].write(m, i, s);
        if (m->p->asks[i])
            fce_wants(m, i, s);
        m->made = false;
    }
    fce_meter(m);
    if (m->p->ticks)
        tick(m);
}
