/*
 * reach.c - which declarations a pipeline really needs: what stages, tests and templates use, and what those use.
 *
 * The checker counts every mention, also those in a function that nothing calls. Only what is reached becomes C, and
 * only what is reached makes a field of the input worth reading. fc_make_plan begins with it.
 */
#include <string.h>

#include "plan/plan.h"

static void visit(void *arg, const struct fc_expr *e);

static void symbol(struct fc_sym *s)
{
    s->used++;
    if (s->used > 1)
        return;
    if (s->kind == FC_SYM_LET || s->kind == FC_SYM_FLET || s->kind == FC_SYM_FUNCTION)
        fc_expr_each(s->value, visit, NULL);
}

static void visit(void *arg, const struct fc_expr *e)
{
    (void)arg;
    if (!e->sym)
        return;
    switch (e->sym->kind) {
    case FC_SYM_LET:
    case FC_SYM_FLET:
    case FC_SYM_FUNCTION:
    case FC_SYM_TABLE:
    case FC_SYM_LOOKUP:
        symbol(e->sym);
        break;
    default:
        break;
    }
}

static void block(const struct fc_stmt *s)
{
    for (; s; s = s->next) {
        if (s->sym && s->sym->kind == FC_SYM_TABLE)
            symbol(s->sym);
        block(s->body);
        block(s->other);
    }
}

static void stage(const struct fc_stage *s)
{
    for (const struct fc_rule *r = s->rules; r; r = r->next)
        fc_expr_each(r->when, visit, NULL);
    fc_expr_each(s->when, visit, NULL);
    fc_fields_each(s->fields, visit, NULL);
    fc_block_each(s->body, visit, NULL);
    block(s->body);
    for (const struct fc_absent *m = s->mangles; m; m = m->next) {
        if (!m->each)
            symbol(m->table_sym);
        fc_block_each(m->body, visit, NULL);
        block(m->body);
    }
}

static void tests(const struct fc_program *g)
{
    for (const struct fc_item *it = g->tests; it; it = it->next)
        for (const struct fc_check *c = it->kind == FC_I_TEST ? it->checks : NULL; c; c = c->next) {
            fc_expr_each(c->expr, visit, NULL);
            for (const struct fc_expr *x = c->args; x; x = x->next)
                fc_expr_each(x, visit, NULL);
            for (struct fc_sym *l = c->kind == FC_C_LOOKUP ? g->lookups : NULL; l; l = l->next)
                if (strcmp(l->name, c->name.s) == 0)
                    symbol(l);
        }
}

static void forget(struct fc_sym *s)
{
    for (; s; s = s->next) {
        s->used = 0;
        forget(s->lets);
    }
}

void fc_reach(struct fc_compilation *c)
{
    struct fc_program *g = c->program;
    forget(g->lets);
    forget(g->functions);
    forget(g->tables);
    forget(g->lookups);
    for (int i = 0; i < g->nstages; i++)
        stage(g->stages[i]);
    for (const struct fc_part *p = g->out.parts; p; p = p->next)
        fc_expr_each(p->value, visit, NULL);
    if (c->tests)
        tests(g);
    for (struct fc_sym *l = g->templates ? g->lets : NULL; l; l = l->next)
        symbol(l); /* templates may name it */
}
