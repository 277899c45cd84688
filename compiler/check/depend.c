/* depend.c - see depend.h. */
#include "check/depend.h"

#include <string.h>

unsigned long long fc_table_bit(const struct fc_sym *table)
{
    return 1ull << (table->index < 63 ? table->index : 63);
}

void fc_fields_each(const struct fc_field *f, void (*visit)(void *arg, const struct fc_expr *e), void *arg)
{
    for (; f; f = f->next) {
        if (f->value)
            fc_expr_each(f->value, visit, arg);
        fc_fields_each(f->fields, visit, arg);
    }
}

void fc_expr_each(const struct fc_expr *e, void (*visit)(void *arg, const struct fc_expr *e), void *arg)
{
    if (!e)
        return;
    visit(arg, e);
    fc_expr_each(e->a, visit, arg);
    fc_expr_each(e->b, visit, arg);
    fc_expr_each(e->c, visit, arg);
    for (const struct fc_expr *x = e->kind == FC_E_ANY ? NULL : e->args; x; x = x->next)
        fc_expr_each(x, visit, arg);
    for (const struct fc_arm *arm = e->arms; arm; arm = arm->next)
        fc_expr_each(arm->value, visit, arg);
    fc_fields_each(e->fields, visit, arg);
}

void fc_block_each(const struct fc_stmt *s, void (*visit)(void *arg, const struct fc_expr *e), void *arg)
{
    for (; s; s = s->next) {
        if (s->kind == FC_S_ASSIGN && s->target->kind == FC_E_INDEX) {
            for (const struct fc_expr *x = s->target->args; x; x = x->next)
                fc_expr_each(x, visit, arg);
        }
        fc_expr_each(s->value, visit, arg);
        fc_expr_each(s->expire, visit, arg);
        for (const struct fc_expr *x = s->keys; x; x = x->next)
            fc_expr_each(x, visit, arg);
        fc_fields_each(s->fields, visit, arg);
        fc_block_each(s->body, visit, arg);
        fc_block_each(s->other, visit, arg);
    }
}

unsigned long long fc_block_writes(const struct fc_stmt *s)
{
    unsigned long long w = 0;
    for (; s; s = s->next) {
        if (s->sym && s->sym->kind == FC_SYM_TABLE && (s->kind == FC_S_ASSIGN || s->kind == FC_S_FORGET))
            w |= fc_table_bit(s->sym);
        w |= fc_block_writes(s->body) | fc_block_writes(s->other);
    }
    return w;
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
        fc_expr_each(s->value, visit_depends, &d);
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
        fc_expr_each(e, visit_depends, &d);
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
    const struct fc_expr *parts[] = {e->a, e->b, e->c}, *found = NULL;
    for (int i = 0; i < 3 && !found; i++)
        found = uncovered(parts[i]);
    for (const struct fc_expr *x = e->kind == FC_E_ANY ? NULL : e->args; x && !found; x = x->next)
        found = uncovered(x);
    for (const struct fc_arm *arm = e->arms; arm && !found; arm = arm->next)
        found = uncovered(arm->value);
    return found;
}

static void late(struct fc_compilation *c, const struct fc_rule *r)
{
    const struct fc_expr *e = uncovered(r->when);
    if (!e)
        return;
    const char *text = fc_source_slice(&c->sources, e->span);
    fc_report(&c->diags, FC_LOOKUP_LATE, e->span, fl_arena_printf(&c->arena, "`%s`", text));
}

/* ---- tables by stage -------------------------------------------------------------------------------------- */

void fc_stage_each(const struct fc_stage *s, void (*visit)(void *arg, const struct fc_expr *e), void *arg)
{
    for (const struct fc_rule *r = s->rules; r; r = r->next)
        fc_expr_each(r->when, visit, arg);
    fc_block_each(s->body, visit, arg);
    fc_fields_each(s->fields, visit, arg);
    for (const struct fc_absent *m = s->mangles; m; m = m->next)
        if (m->each)
            fc_block_each(m->body, visit, arg);
}

struct fc_stage_tables fc_stage_tables(const struct fc_stage *s)
{
    struct fc_depends d = {false, 0, 0};
    struct fc_stage_tables t = {.writes = fc_block_writes(s->body)};
    for (const struct fc_absent *m = s->mangles; m; m = m->next)
        t.writes |= m->each ? fc_block_writes(m->body) : 0;
    fc_stage_each(s, visit_depends, &d);
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
    for (int i = 0; i < p->nstages; i++) {
        const struct fc_stage *s = p->stages[i];
        if (s->kind == FC_ST_CLASSIFY || s->kind == FC_ST_FILTER) {
            for (const struct fc_rule *r = s->rules; r; r = r->next)
                if (r->when)
                    late(c, r);
        }
    }
}
