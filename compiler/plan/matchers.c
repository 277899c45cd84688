/*
 * matchers.c - what conditions look in and is built once at start: sets of prefixes and classes, regular expressions.
 */
#include <string.h>

#include "plan/parts.h"
#include "tree/walk.h"

struct finder {
    struct fc_compilation *c;
    struct fc_plan *p;
};

const struct fc_expr *fc_address(const struct fc_expr *e)
{
    while (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_CONST)
        e = e->sym->value;
    return e->kind == FC_E_ADDRESS ? e : NULL;
}

static bool worth(const struct fc_expr *elements, enum fc_set_kind kind)
{
    bool addresses = !elements;
    for (const struct fc_expr *x = elements; x; x = x->next) {
        if (kind == FC_SET_CLASSES && !(x->kind == FC_E_NAME && x->sym && x->sym->kind == FC_SYM_CLASS))
            return false;
        addresses |= fc_address(x) != NULL;
    }
    return kind == FC_SET_CLASSES || addresses;
}

const struct fc_matcher *fc_plan_matcher(struct fc_compilation *c, struct fc_plan *p, const struct fc_expr *list, enum fc_set_kind kind)
{
    while (list->kind == FC_E_NAME && list->sym && list->sym->kind == FC_SYM_CONST)
        list = list->sym->value;
    const struct fc_sym *param = list->kind == FC_E_NAME && list->sym && list->sym->kind == FC_SYM_PARAM ? list->sym : NULL;
    if (!param && (list->kind != FC_E_LIST || !worth(list->args, kind)))
        return NULL;
    struct fc_matcher **m = &p->matchers;
    int n = 0;
    for (; *m; m = &(*m)->next, n++)
        if ((*m)->kind == kind && (param ? (*m)->param == param : (*m)->list == list))
            return *m;
    *m = fl_arena_zero(&c->arena, sizeof **m);
    (*m)->kind = kind;
    (*m)->param = param;
    (*m)->list = param ? NULL : list;
    (*m)->c = param ? param->name : fl_arena_printf(&c->arena, "list_%d", n);
    return *m;
}

int fc_plan_regexp(struct fc_compilation *c, struct fc_plan *p, const char *pattern)
{
    struct fc_regexp **r = &p->regexps;
    for (; *r; r = &(*r)->next)
        if (strcmp((*r)->pattern, pattern) == 0)
            return (*r)->index;
    *r = fl_arena_zero(&c->arena, sizeof **r);
    (*r)->pattern = pattern;
    (*r)->index = p->nregexps++;
    return (*r)->index;
}

static void visit_match(void *arg, const struct fc_expr *e)
{
    struct finder *y = arg;
    if (e->kind == FC_E_BINARY && e->op == FC_OP_IN && e->b->type->kind == FC_K_LIST) {
        if (e->a->type->kind == FC_K_IP && e->b->type->elem->kind == FC_K_CIDR)
            fc_plan_matcher(y->c, y->p, e->b, FC_SET_PREFIXES);
        else if (e->a->type->kind == FC_K_CLASS)
            fc_plan_matcher(y->c, y->p, e->b, FC_SET_CLASSES);
    }
    if (e->kind == FC_E_BINARY && e->op == FC_OP_MATCHES)
        fc_plan_regexp(y->c, y->p, e->b->s);
    if (e->kind == FC_E_CALL && strcmp(e->name.s, "replace") == 0 && e->info)
        fc_plan_regexp(y->c, y->p, e->args->next->kind == FC_E_NAME ? e->args->next->sym->value->s : e->args->next->s);
}

static void visit_test(void *arg, const struct fc_expr *e)
{
    fc_walk_expr(e, visit_match, arg);
}

void fc_find_matchers(struct fc_compilation *c, struct fc_plan *p)
{
    struct finder y = {c, p};
    const struct fc_program *g = p->program;
    for (const struct fc_sym *f = g->functions; f; f = f->next) {
        if (!f->used)
            continue;
        for (const struct fc_sym *l = f->lets; l; l = l->next)
            fc_walk_expr(l->value, visit_match, &y);
        fc_walk_expr(f->value, visit_match, &y);
    }
    for (const struct fc_sym *l = g->lets; l; l = l->next)
        if (l->used)
            fc_walk_expr(l->value, visit_match, &y);
    for (int i = 0; i < g->nstages; i++)
        fc_walk_exprs(g->stages[i], FC_PART_ALL, visit_match, &y);
    fc_partition_parts(g, visit_test, &y);
    fc_header_parts(g, visit_test, &y);
    for (const struct fc_item *it = c->tests ? g->tests : NULL; it; it = it->next)
        if (it->kind == FC_I_TEST)
            fc_test_parts(it, visit_test, &y);
}
