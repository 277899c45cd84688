/* depend.c - see depend.h. */
#include "check/depend.h"

#include <string.h>

#include "tree/walk.h"

unsigned long long fc_table_bit(const struct fc_sym *table)
{
    return 1ull << (table->index < 63 ? table->index : 63);
}

static void visit_depends(void *arg, const struct fc_expr *e);

/* A let's or function's own dependencies, remembered in its symbol. */
static void walk_symbol(struct fc_sym *s)
{
    if (s->walked || s->walking)
        return;
    s->walking = true;
    struct fc_depends d = {false, 0, 0};
    for (struct fc_sym *l = s->lets; l; l = l->next) {
        walk_symbol(l);
        d.asks |= l->asks;
        d.reads |= l->reads;
        d.reads_here |= l->reads_here;
    }
    if (s->value)
        fc_walk_expr(s->value, visit_depends, &d);
    s->asks = d.asks;
    s->reads = d.reads;
    s->reads_here = d.reads_here;
    s->walking = false;
    s->walked = true;
}

static void visit_depends(void *arg, const struct fc_expr *e)
{
    struct fc_depends *d = arg;
    if (e->kind == FC_E_CALL && !e->sym && !e->info && e->name.s && strcmp(e->name.s, "templates") == 0)
        d->asks = true;
    if (!e->sym)
        return;
    switch (e->sym->kind) {
    case FC_SYM_LET:
    case FC_SYM_FLET:
    case FC_SYM_FUNCTION:
        walk_symbol(e->sym);
        d->asks |= e->sym->asks;
        d->reads |= e->sym->reads;
        d->reads_here |= e->sym->kind == FC_SYM_LET ? 0 : e->sym->reads_here;
        break;
    case FC_SYM_LOOKUP:
        d->asks |= e->kind == FC_E_CALL;
        break;
    case FC_SYM_TABLE:
        d->reads |= fc_table_bit(e->sym);
        d->reads_here |= fc_table_bit(e->sym);
        break;
    default:
        break;
    }
}

struct fc_depends fc_depends_on(const struct fc_expr *e)
{
    struct fc_depends d = {false, 0, 0};
    if (e)
        fc_walk_expr(e, visit_depends, &d);
    return d;
}

/* ---- late lookups in conditions ------------------------------------------------------------------------- */

static const struct fc_expr *uncovered(const struct fc_expr *e);

static bool uncovered_value(struct fc_sym *s)
{
    if (!s || s->covered || !s->value)
        return false;
    s->covered = !uncovered(s->value);
    return !s->covered;
}

static void visit_uncovered(void *arg, const struct fc_expr *e)
{
    const struct fc_expr **found = arg;
    if (!*found)
        *found = uncovered(e);
}

/* The part of a condition that asks a lookup and has no default; NULL if there is none. */
static const struct fc_expr *uncovered(const struct fc_expr *e)
{
    if (!e || !fc_depends_on(e).asks)
        return NULL;
    if (e->kind == FC_E_BINARY && e->op == FC_OP_COALESCE)
        return uncovered(e->b);
    if (e->kind == FC_E_UNARY && e->op == FC_OP_HAS)
        return NULL;
    if ((e->kind == FC_E_NAME || e->kind == FC_E_FIELD) && !e->nullable)
        return NULL; /* a guard has asked for it */
    if (e->kind == FC_E_CALL && e->sym && e->sym->kind == FC_SYM_LOOKUP)
        return e;
    if (e->kind == FC_E_CALL && uncovered_value(e->sym))
        return e;
    if (e->kind == FC_E_NAME)
        return uncovered_value(e->sym) ? e : NULL;
    const struct fc_expr *found = NULL;
    fc_expr_parts(e, visit_uncovered, &found);
    return found;
}

static void visit_late(void *arg, const struct fc_expr *condition)
{
    struct fc_compilation *c = arg;
    const struct fc_expr *e = uncovered(condition);
    if (!e)
        return;
    const char *text = fc_source_slice(&c->sources, e->span);
    fc_report(&c->diags, FC_LOOKUP_LATE, e->span, fl_arena_printf(&c->arena, "`%s`", text));
}

/* ---- tables by stage -------------------------------------------------------------------------------------- */

static void visit_written(void *arg, struct fc_sym *table, const struct fc_stmt *by)
{
    (void)by;
    *(unsigned long long *)arg |= fc_table_bit(table);
}

struct fc_stage_tables fc_stage_tables(const struct fc_stage *s)
{
    struct fc_depends d = {false, 0, 0};
    struct fc_stage_tables t = {.writes = 0};
    fc_walk_tables(s, FC_PART_RECORD, visit_written, &t.writes);
    fc_walk_exprs(s, FC_PART_RECORD, visit_depends, &d);
    t.reads = d.reads;
    t.reads_here = d.reads_here;
    return t;
}

void fc_depend_check(struct fc_compilation *c, struct fc_program *p)
{
    for (struct fc_sym *f = p->functions; f; f = f->next)
        walk_symbol(f);
    for (struct fc_sym *l = p->lets; l; l = l->next)
        walk_symbol(l);
    for (int i = 0; i < p->nstages; i++)
        fc_stage_parts(p->stages[i], FC_PART_RULES, visit_late, c);
}
