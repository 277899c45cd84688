/*
 * ahead.c - which rows of tables are fetched for many records at once, before a step runs over them.
 *
 * A large table is not in the processor's caches: a row costs the time of several accesses to memory, one after the other.
 * Where a key is known from the record alone, the rows of many records are asked for together and come together. Called by
 * plan.c; what a step got is emitted by emit/state.c. It is a hint only: what is read and written, and when, is the same.
 */
#include "plan/parts.h"

#include <string.h>

#include "text/join.h"
#include "tree/make.h"
#include "tree/walk.h"

struct seeker {
    struct fc_compilation *c;
    struct fc_plan *p;
    struct fc_plan_step *step;
    struct fc_index lets;          /* followed already: a let is computed once */
    struct fc_index rows;          /* struct fc_ahead by table and keys, as they are written */
    struct fc_ahead *last;
};

/* Cheap, the same whenever it is computed, and counted nowhere: so it may be computed once more and early. */
static bool plain(struct fc_plan *p, const struct fc_expr *e)
{
    int rest = 0;
    const struct fc_slot *slot = p->pass ? NULL : fc_plan_slot(p, e, &rest);
    if (slot) /* below mangle the record is made already */
        return rest == 0 && (slot->kind == FC_SLOT_INPUT || slot->kind == FC_SLOT_STORED);
    if (fc_plan_input(p, e))
        return true;
    switch (e->kind) {
    case FC_E_STRING:
    case FC_E_INT:
    case FC_E_BOOL:
        return true;
    case FC_E_NAME:
        return e->sym && e->sym->kind == FC_SYM_LET && plain(p, e->sym->value);
    case FC_E_BINARY:
        return e->op == FC_OP_COALESCE && plain(p, e->a) && plain(p, e->b);
    case FC_E_CALL:
        return !e->sym && e->name.s && strcmp(e->name.s, "nonempty") == 0 && plain(p, e->args);
    default:
        return false;
    }
}

static void add(struct seeker *k, const struct fc_sym *table, const struct fc_expr *keys, bool written)
{
    for (const struct fc_expr *x = keys; x; x = x->next)
        if (!plain(k->p, x))
            return;
    struct fc_join name = {.arena = &k->c->arena};
    fc_join(&name, "%s", table->name);
    for (const struct fc_expr *x = keys; x; x = x->next)
        fc_join(&name, ", %s", fc_source_slice(&k->c->sources, x->span));
    struct fc_ahead *a = (struct fc_ahead *)fc_index_find(&k->rows, name.p, name.n);
    if (!a) {
        a = fl_arena_zero(&k->c->arena, sizeof *a);
        *a = (struct fc_ahead){.table = table, .keys = keys};
        *(k->last ? &k->last->next : &k->step->ahead) = a;
        k->last = a;
        fc_index_put(&k->rows, &k->c->arena, name.p, name.n, a);
    }
    a->written |= written;
}

static void visit(void *arg, const struct fc_expr *e)
{
    struct seeker *k = arg;
    if (!e->sym)
        return;
    if (e->kind == FC_E_INDEX && e->sym->kind == FC_SYM_TABLE)
        add(k, e->sym, e->args, false);
    if (e->kind != FC_E_NAME || e->sym->kind != FC_SYM_LET)
        return;
    if (fc_index_seen(&k->lets, &k->c->arena, e->sym))
        return;
    fc_walk_expr(e->sym->value, visit, k);
}

static void visit_write(void *arg, const struct fc_stmt *s)
{
    if (s->kind == FC_S_ASSIGN && s->target->kind == FC_E_INDEX)
        add(arg, s->sym, s->target->args, true);
    else if (s->kind == FC_S_FORGET)
        add(arg, s->sym, s->keys, true);
}

void fc_plan_ahead(struct fc_compilation *c, struct fc_plan *p)
{
    struct seeker k = {.c = c, .p = p};
    for (k.step = p->steps; k.step; k.step = k.step->next) {
        k.rows = (struct fc_index){0};
        k.last = NULL;
        for (int i = k.step->first; k.step->kind == FC_EACH && i < k.step->first + k.step->n; i++) {
            fc_walk_exprs(p->program->stages[i], FC_PART_RECORD, visit, &k);
            fc_walk_statements(p->program->stages[i], FC_PART_RECORD, visit_write, &k);
        }
    }
}

static void visit_absent(void *arg, struct fc_sym *table, const struct fc_stmt *by)
{
    const struct fc_sym **wanted = arg;
    if (!by && table == *wanted)
        *wanted = NULL;
}

bool fc_plan_walked(const struct fc_program *g, const struct fc_sym *table)
{
    for (int i = 0; i < g->nstages && table; i++)
        fc_walk_tables(g->stages[i], FC_PART_ABSENT, visit_absent, &table);
    return !table;
}
