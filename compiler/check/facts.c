/*
 * facts.c - what is known to be present where.
 *
 * A fact is the path of a value that is not null: after `has x and`, in the branches of `if` and `?:`, and after a
 * filter that drops every record without it. Logic is three-valued, so four outcomes are kept apart: a condition that
 * is "not true" may be false or null.
 */
#include <string.h>

#include "check/checker.h"
#include "tree/walk.h"

const char *fck_path(struct fc_checker *k, const struct fc_expr *e)
{
    if (e->kind == FC_E_FIELD) {
        const char *base = fck_path(k, e->a);
        return base ? fl_arena_printf(k->a, "%s.%s", base, e->name.s) : NULL;
    }
    if (e->kind == FC_E_INDEX && !e->sym && e->args && e->args->kind == FC_E_STRING) { /* a map's member */
        const char *base = fck_path(k, e->a);
        return base ? fl_arena_printf(k->a, "%s[%s]", base, e->args->s) : NULL;
    }
    int64_t i;
    if (e->kind == FC_E_INDEX && !e->sym && e->args && fck_const_int(e->args, &i)) { /* a list's element */
        const char *base = fck_path(k, e->a);
        return base ? fl_arena_printf(k->a, "%s[%lld]", base, (long long)i) : NULL;
    }
    if (e->kind != FC_E_NAME || !e->sym)
        return NULL;
    switch (e->sym->kind) {
    case FC_SYM_INPUT:
        return "in";
    case FC_SYM_RECORD_NOW:
        return fl_arena_printf(k->a, "out%lld", (long long)e->sym->index);
    case FC_SYM_LET:
    case FC_SYM_FLET:
    case FC_SYM_ARG:
    case FC_SYM_LOCAL:
        return fl_arena_printf(k->a, "%p", (void *)e->sym);
    default:
        return NULL;
    }
}

static bool known(const struct fc_fact *f, const char *path)
{
    for (; f; f = f->next)
        if (strcmp(f->path, path) == 0)
            return f->there;
    return false;
}

bool fck_known(const struct fc_checker *k, const char *path)
{
    return known(k->facts, path);
}

static void add(struct fc_checker *k, const char *path, bool there)
{
    struct fc_fact *f = fl_arena_get(k->a, sizeof *f);
    f->path = path;
    f->there = there;
    f->next = k->facts;
    k->facts = f;
}

static void has_value(struct fc_checker *k, const struct fc_expr *e);

/*
 * The value at this path is there, and so are the records on the way to it, and what a let was computed from: the
 * source's fields and a function's parameters don't change. (The transform's may, in mangle.)
 */
static void present(struct fc_checker *k, const struct fc_expr *e)
{
    const char *path = fck_path(k, e);
    if (path && known(k->facts, path))
        return;
    if (path)
        add(k, path, true);
    if (e->kind == FC_E_FIELD || e->kind == FC_E_INDEX)
        has_value(k, e->a);
    else if (e->sym && e->sym->value && ((e->sym->kind == FC_SYM_LET && !e->sym->after_transform) ||
                                         (e->sym->kind == FC_SYM_FLET && !k->record)))
        has_value(k, e->sym->value);
}

void fck_assigned(struct fc_checker *k, const struct fc_expr *target, bool there)
{
    const char *path = fck_path(k, target);
    if (!path)
        return;
    size_t n = strlen(path);
    for (const struct fc_fact *f = k->facts, *before = f; f; f = f->next) /* what is below it is unknown again */
        if (f->there && strncmp(f->path, path, n) == 0 && (f->path[n] == '.' || f->path[n] == '[') &&
            known(before, f->path))
            add(k, f->path, false);
    add(k, path, there);
}

const struct fc_fact *fck_meet(struct fc_checker *k, const struct fc_fact *a, const struct fc_fact *b)
{
    const struct fc_fact *kept = k->facts, *both;
    k->facts = NULL;
    for (const struct fc_fact *f = a; f; f = f->next)
        if (f->there && !known(k->facts, f->path) && known(a, f->path) && known(b, f->path))
            add(k, f->path, true);
    both = k->facts;
    k->facts = kept;
    return both;
}

/* The expression has a value, so everything that would have made it null is there. */
static void has_value(struct fc_checker *k, const struct fc_expr *e)
{
    switch (e->kind) {
    case FC_E_NAME:
    case FC_E_FIELD:
        present(k, e);
        break;
    case FC_E_INDEX: /* a null key finds nothing; a table's entry may go meanwhile */
        if (!e->sym)
            present(k, e);
        for (const struct fc_expr *x = e->args; x; x = x->next)
            has_value(k, x);
        break;
    case FC_E_ANY:
        has_value(k, e->a);
        break;
    case FC_E_TEMPLATE:
        for (const struct fc_expr *x = e->args; x; x = x->next)
            has_value(k, x);
        break;
    case FC_E_BINARY:
        if (e->op == FC_OP_COALESCE || e->op == FC_OP_AND || e->op == FC_OP_OR)
            break;
        has_value(k, e->a);
        has_value(k, e->b);
        break;
    case FC_E_UNARY:
        if (e->op == FC_OP_NEG || e->op == FC_OP_NOT)
            has_value(k, e->a);
        break;
    case FC_E_CALL: { /* null for a parameter that takes none makes the call null; builtins take none */
        const struct fc_sym *a = e->sym ? e->sym->args : NULL;
        for (const struct fc_expr *x = e->args; x && (a || !e->sym); x = x->next, a = a ? a->next : NULL)
            if (!a || !a->optional)
                has_value(k, x);
        break;
    }
    default:
        break;
    }
}

void fck_assume(struct fc_checker *k, const struct fc_expr *e, enum fc_outcome outcome)
{
    bool certain = outcome == FC_WHEN_TRUE || outcome == FC_WHEN_FALSE; /* not null */
    if (e->kind == FC_E_UNARY && e->op == FC_OP_NOT) {
        static const enum fc_outcome opposite[] = {FC_WHEN_FALSE, FC_WHEN_TRUE, FC_WHEN_NOT_FALSE, FC_WHEN_NOT_TRUE};
        fck_assume(k, e->a, opposite[outcome]);
    } else if (e->kind == FC_E_UNARY && e->op == FC_OP_HAS) {
        if (outcome == FC_WHEN_TRUE || outcome == FC_WHEN_NOT_FALSE)
            has_value(k, e->a);
    } else if (e->kind == FC_E_BINARY && e->op == FC_OP_AND) {
        if (outcome == FC_WHEN_TRUE || outcome == FC_WHEN_NOT_FALSE) {
            fck_assume(k, e->a, outcome);
            fck_assume(k, e->b, outcome);
        }
    } else if (e->kind == FC_E_BINARY && e->op == FC_OP_OR) {
        if (outcome == FC_WHEN_FALSE || outcome == FC_WHEN_NOT_TRUE) {
            fck_assume(k, e->a, outcome);
            fck_assume(k, e->b, outcome);
        }
    } else if (e->kind == FC_E_BINARY && e->op == FC_OP_COALESCE && outcome == FC_WHEN_TRUE &&
               e->b->kind == FC_E_BOOL && e->b->i == 0) {
        fck_assume(k, e->a, FC_WHEN_TRUE); /* (cond ?? false) is true only if cond is */
    } else if (certain) {
        has_value(k, e);
    }
}

struct without {
    const struct fc_member *member;
    const struct fc_sym *form;
    const struct fc_stmt *found;
};

static void visit_emit(void *arg, const struct fc_stmt *s)
{
    struct without *w = arg;
    bool given = false;
    if (w->found || s->kind != FC_S_EMIT)
        return;
    for (const struct fc_field *f = w->member && s->sym == w->form ? s->fields : NULL; f; f = f->next)
        given |= f->ty && f->index == w->member->index && !f->optional && !f->nullable;
    if (!given)
        w->found = s;
}

const struct fc_stmt *fck_emit_without(const struct fc_checker *k, const struct fc_member *m)
{
    struct without w = {m, k->record, NULL};
    for (int i = 0; i < k->p->nstages; i++)
        fc_walk_statements(k->p->stages[i], FC_PART_ALL, visit_emit, &w);
    return w.found;
}
