/*
 * reach.c - which declarations a pipeline really needs: what stages, tests and templates use, and what those use.
 *
 * The checker counts every mention, also those in a function that nothing calls. Only what is reached becomes C, and
 * only what is reached makes a field of the input worth reading. fc_make_plan begins with it.
 */
#include <string.h>

#include "plan/parts.h"
#include "tree/walk.h"

static void visit(void *arg, const struct fc_expr *e);

static void symbol(struct fc_sym *s)
{
    s->used++;
    if (s->used > 1)
        return;
    if (s->kind == FC_SYM_LET || s->kind == FC_SYM_FLET || s->kind == FC_SYM_FUNCTION)
        fc_walk_expr(s->value, visit, NULL);
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

static void visit_table(void *arg, struct fc_sym *table, const struct fc_stmt *by)
{
    (void)arg, (void)by;
    symbol(table);
}

static void visit_root(void *arg, const struct fc_expr *e)
{
    fc_walk_expr(e, visit, arg);
}

static void tests(const struct fc_program *g)
{
    for (const struct fc_item *it = g->tests; it; it = it->next) {
        if (it->kind != FC_I_TEST)
            continue;
        fc_test_parts(it, visit_root, NULL);
        for (const struct fc_check *c = it->checks; c; c = c->next)
            for (struct fc_sym *l = c->kind == FC_C_LOOKUP ? g->lookups : c->kind == FC_C_TABLE ? g->tables : NULL; l; l = l->next)
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
    for (int i = 0; i < g->nstages; i++) {
        fc_walk_exprs(g->stages[i], FC_PART_ALL, visit, NULL);
        fc_walk_tables(g->stages[i], FC_PART_ALL, visit_table, NULL);
    }
    fc_partition_parts(g, visit_root, NULL);
    fc_header_parts(g, visit_root, NULL);
    if (c->tests)
        tests(g);
    for (struct fc_sym *l = g->templates ? g->lets : NULL; l; l = l->next)
        symbol(l); /* templates may name it */
}
