/*
 * mangle.c - does it make records, and has it something to do when no record comes?
 */
#include "plan/parts.h"
#include "tree/walk.h"

static void visit_emit(void *arg, const struct fc_stmt *s)
{
    struct fc_plan *p = arg;
    if (s->kind == FC_S_EMIT)
        p->emits = p->forms[s->sym->index]->emitted = true;
}

void fc_plan_emits(struct fc_plan *p, const struct fc_stage *s)
{
    fc_walk_statements(s, FC_PART_ALL, visit_emit, p);
}

void fc_plan_mangle(struct fc_compilation *c, struct fc_plan *p, const struct fc_stage *s)
{
    (void)c;
    for (const struct fc_absent *m = s->mangles; m; m = m->next)
        p->ticks |= !m->each;
    fc_plan_emits(p, s);
}
