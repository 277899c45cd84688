/*
 * silent.c - which values are null when no lookup is answered, as with --input and no --lookups (cx->silent).
 *
 * Then there is no need to compute them: emit/stage.c leaves them out at run time. Followed through lets, functions and their
 * parameters; what isn't surely null is taken for a value. An expression that could count an overflow is computed in any case.
 */
#include "plan/plan.h"
#include "tree/walk.h"

/* A call at hand: what the function's parameters are. */
struct call {
    const struct fc_sym *function;
    const struct fc_expr *args;
    const struct call *up;
};

static bool is_null(const struct fc_expr *e, const struct call *k);

static bool null_argument(const struct fc_sym *s, const struct call *k)
{
    if (!k || s->owner != k->function)
        return false;
    const struct fc_expr *x = k->args;
    for (const struct fc_sym *a = k->function->args; a && x; a = a->next, x = x->next)
        if (a == s)
            return is_null(x, k->up);
    return false;
}

static bool any_null(const struct fc_expr *x, const struct call *k)
{
    for (; x; x = x->next)
        if (is_null(x, k))
            return true;
    return false;
}

static bool null_call(const struct fc_expr *e, const struct call *k)
{
    if (!e->sym)
        return e->info && any_null(e->args, k);
    if (e->sym->kind == FC_SYM_LOOKUP)
        return true;
    if (e->sym->kind != FC_SYM_FUNCTION)
        return false;
    const struct fc_expr *x = e->args;
    for (const struct fc_sym *a = e->sym->args; a && x; a = a->next, x = x->next)
        if (!a->optional && is_null(x, k))
            return true;
    return is_null(e->sym->value, &(struct call){e->sym, e->args, k});
}

/* Null or false. */
static bool never_true(const struct fc_expr *e, const struct call *k)
{
    if (e->kind == FC_E_UNARY && e->op == FC_OP_HAS)
        return is_null(e->a, k);
    if (e->kind == FC_E_BINARY && e->op == FC_OP_AND)
        return never_true(e->a, k) || never_true(e->b, k);
    bool compares = e->kind == FC_E_BINARY && e->op >= FC_OP_EQ && e->op <= FC_OP_GE;
    if (compares && e->a->kind != FC_E_NULL && e->b->kind != FC_E_NULL)
        return is_null(e->a, k) || is_null(e->b, k);
    return is_null(e, k);
}

static bool is_null(const struct fc_expr *e, const struct call *k)
{
    switch (e->kind) {
    case FC_E_NULL:
        return true;
    case FC_E_NAME:
        if (e->sym && e->sym->kind == FC_SYM_ARG)
            return null_argument(e->sym, k);
        return e->sym && (e->sym->kind == FC_SYM_LET || e->sym->kind == FC_SYM_FLET) && is_null(e->sym->value, k);
    case FC_E_FIELD:
        return is_null(e->a, k);
    case FC_E_CALL:
        return null_call(e, k);
    case FC_E_TEMPLATE:
        return any_null(e->args, k);
    case FC_E_COND:
        return is_null(e->c, k) && (never_true(e->a, k) || is_null(e->b, k));
    case FC_E_BINARY:
        return e->op == FC_OP_COALESCE && is_null(e->a, k) && is_null(e->b, k);
    default:
        return false;
    }
}

static void visit_counts(void *arg, const struct fc_expr *e)
{
    *(bool *)arg |= (e->kind == FC_E_BINARY && e->op >= FC_OP_ADD && e->op <= FC_OP_MOD) || (e->kind == FC_E_UNARY && e->op == FC_OP_NEG);
    if (e->sym && (e->sym->kind == FC_SYM_LET || e->sym->kind == FC_SYM_FLET || e->sym->kind == FC_SYM_FUNCTION))
        fc_walk_expr(e->sym->value, visit_counts, arg);
}

bool fc_silent_null(const struct fc_expr *e)
{
    bool counts = false;
    if (!fc_depends_on(e).asks || !is_null(e, NULL))
        return false;
    fc_walk_expr(e, visit_counts, &counts);
    return !counts;
}
