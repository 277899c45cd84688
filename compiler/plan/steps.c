/*
 * steps.c - the pipeline as a list of steps, which `run` does one after the other for a whole batch.
 *
 * Consecutive stages are one step that runs record by record. A stage that asks lookups begins a new one, unless tables bind it to
 * those above, with a wave before it that asks for all records. Last come the outputs, each with its own stages and the way to it.
 */
#include "plan/parts.h"
#include "tree/walk.h"

static void visit_asks(void *arg, const struct fc_expr *e)
{
    *(bool *)arg |= fc_depends_on(e).asks;
}

static bool stage_asks(const struct fc_program *g, const struct fc_stage *s)
{
    bool asks = false;
    unsigned long long writes = fc_stage_tables(s).writes;
    fc_stage_parts(s, FC_PART_RECORD, visit_asks, &asks);
    for (const struct fc_sym *l = g->lets; l; l = l->next)
        asks |= fc_settles(l, writes) && l->asks;
    return asks;
}

/*
 * Tables are read and written record by record. Does one bind stages above i, from `first` on, to i or those below it?
 * Mangle stands alone. Lets were computed before what they read was written.
 */
static bool bound(const struct fc_program *g, int first, int i, int end)
{
    unsigned long long reads = 0, writes = 0;
    for (int k = first; k < i; k++) {
        struct fc_stage_tables t = fc_stage_tables(g->stages[k]);
        reads |= t.reads;
        writes |= t.writes;
    }
    for (int k = i; k < end && !fc_stage_plans[g->stages[k]->kind].alone; k++) {
        struct fc_stage_tables t = fc_stage_tables(g->stages[k]);
        if ((reads & t.writes) || (writes & (t.reads_here | t.writes)))
            return true;
    }
    return false;
}

/* Where the step of the asking stage i begins: as late as tables allow, so that dropped records are not asked for. */
static int begin_asking(const struct fc_program *g, int first, int i, int end)
{
    while (i > first && bound(g, first, i, end))
        i--;
    return i;
}

static struct fc_plan_step *add(struct fc_compilation *c, struct fc_plan *p, struct fc_plan_step step)
{
    struct fc_plan_step **last = &p->steps;
    while (*last)
        last = &(*last)->next;
    *last = fl_arena_get(&c->arena, sizeof **last);
    **last = step;
    return *last;
}

/* Stages from..to, which `run` does record by record; those that ask are asked for before. */
static void add_stages(struct fc_compilation *c, struct fc_plan *p, int from, int to, const struct fc_output *of)
{
    const struct fc_stage *first = p->program->stages[from];
    struct fc_plan_step each = {.kind = fc_stage_plans[first->kind].holds ? FC_HOLD : FC_EACH, .first = from, .n = to - from, .of = of};
    bool asks = false;
    if (fc_stage_plans[first->kind].alone && first->when)
        each.on = first;
    for (int i = from; i < to; i++) {
        asks |= p->asks[i];
        each.writes |= fc_stage_tables(p->program->stages[i]).writes;
    }
    struct fc_plan_step wave = each;
    wave.kind = FC_WAVE;
    if (asks)
        add(c, p, wave);
    add(c, p, each);
}

/* What is done with records that come out, and may ask. */
static void add_takers(struct fc_compilation *c, struct fc_plan *p, int from, int to, const struct fc_output *of)
{
    struct fc_plan_step wave = {.kind = FC_WAVE, .first = from, .n = to - from, .of = of};
    bool asks = false;
    for (int i = from; i < to; i++)
        asks |= p->asks[i];
    if (asks)
        add(c, p, wave);
}

static void add_route(struct fc_compilation *c, struct fc_plan *p, const struct fc_output *output)
{
    bool asks = false;
    const struct fc_output *of = p->program->noutputs > 1 ? output : NULL;
    for (const struct fc_part *part = output->parts; part; part = part->next)
        asks |= fc_depends_on(part->value).asks;
    if (asks)
        add(c, p, (struct fc_plan_step){.kind = FC_WAVE, .first = p->program->nstages + output->index, .output = output, .of = of});
    add(c, p, (struct fc_plan_step){.kind = FC_ROUTE, .first = p->program->nstages + output->index, .output = output, .of = of});
}

/* Stages from..to, of the pipeline or of one output. */
static void add_range(struct fc_compilation *c, struct fc_plan *p, int from, int to, const struct fc_output *of)
{
    const struct fc_program *g = p->program;
    int *begin = fl_arena_zero(&c->arena, sizeof *begin * (size_t)(to - from + 1)), n = 0, all = to;
    while (to > from && fc_stage_plans[g->stages[to - 1]->kind].takes)
        to--;
    for (int i = from; i < to; i++) {
        bool alone = fc_stage_plans[g->stages[i]->kind].alone;
        if (i == from || alone || fc_stage_plans[g->stages[i - 1]->kind].alone) {
            begin[n++] = i;
        } else if (p->asks[i]) {
            int start = begin_asking(g, begin[n - 1], i, to);
            if (start > begin[n - 1])
                begin[n++] = start;
        }
    }
    begin[n] = to;
    for (int i = 0; i < n; i++)
        add_stages(c, p, begin[i], begin[i + 1], of);
    add_takers(c, p, to, all, of);
}

void fc_plan_steps(struct fc_compilation *c, struct fc_plan *p)
{
    const struct fc_program *g = p->program;
    p->asks = fl_arena_zero(&c->arena, sizeof *p->asks * (size_t)(g->nstages + 1));
    for (int i = 0; i < g->nstages; i++)
        p->asks[i] = stage_asks(g, g->stages[i]);
    add_range(c, p, 0, g->ncommon, NULL);
    for (const struct fc_output *o = g->outputs; o; o = o->next) {
        add_range(c, p, o->first, o->first + o->nstages, o);
        add_route(c, p, o);
    }
}

bool fc_tried(const struct fc_plan *p, const struct fc_sym *let)
{
    for (const struct fc_plan_step *s = p->steps; s; s = s->next)
        if (fc_guessed(let, s))
            return true;
    return false;
}

bool fc_output_runs(const struct fc_plan *p, const struct fc_output *o)
{
    for (const struct fc_plan_step *s = p->steps; s; s = s->next)
        if (s->of == o && s->kind != FC_ROUTE)
            return true;
    return false;
}

bool fc_plan_behind(const struct fc_plan *p, int i)
{
    const struct fc_plan_step *step = p->steps;
    while (step->kind != FC_HOLD || step->first != i)
        step = step->next;
    return step->next->of == step->of && step->next->kind != FC_ROUTE;
}
