/*
 * plan.c - see plan.h. What is read is marked, fields get their slots, stages become steps.
 */
#include "dsl/option.h"
#include "plan/parts.h"

static void plan_variant(struct fc_compilation *c)
{
    struct fc_plan *p = c->plan = fl_arena_zero(&c->arena, sizeof *p);
    const struct fc_program *g = p->program = c->program;
    fc_reach(c);
    p->in.type = g->input;
    p->in.path = p->in.c = "";
    fc_grow_input(c, &p->in);
    p->forms = fl_arena_zero(&c->arena, sizeof *p->forms * (size_t)(g->nmade + 1));
    for (int i = 0; i < g->nmade; i++)
        p->forms[i] = i == g->nmade - 1 ? &p->out : fl_arena_zero(&c->arena, sizeof *p->forms[i]);
    for (int i = 0; i < g->nstages; i++)
        if (fc_stage_plans[g->stages[i]->kind].plan)
            fc_stage_plans[g->stages[i]->kind].plan(c, p, g->stages[i]);
    p->pass = !p->out.inner;
    if (fc_outputs_need(g, false) & FL_NEEDS_CSV)
        fc_csv_leaves(&p->in);
    fc_plan_reads(c, p);
    for (const struct fc_output *o = g->outputs; o; o = o->next)
        if (o->made)
            fc_pass_slots(p, p->forms[o->made->sym.index]);
    fc_number_members(&p->in);
    fc_check_lists(c, &p->out);
    fc_find_matchers(c, p);
    fc_plan_steps(c, p);
    fc_plan_asks(c, p);
    fc_plan_ahead(c, p);
    fc_doubt_tables(c);
}

bool fc_make_plan(struct fc_compilation *c)
{
    return fc_each_variant(c, plan_variant);
}
