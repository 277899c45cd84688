/*
 * statement.c - the statements of update and mangle: let, tables and fields that are set, forget, if, drop, emit.
 */
#include <string.h>

#include "check/checker.h"

static void check_keys(struct fc_checker *k, struct fc_sym *table, struct fc_expr *keys, struct fc_span span)
{
    int n = 0;
    for (struct fc_expr *x = keys; x; x = x->next, n++)
        if (n < table->nkeys)
            fck_expr_as(k, x, table->keys[n], false);
    if (n != table->nkeys)
        fc_report(k->d, FC_ARGUMENTS, span, table->name,
                  fl_arena_printf(k->a, "%d key%s", table->nkeys, table->nkeys == 1 ? "" : "s"), n);
}

/* Tables are read there. */
static void written_in_join(struct fc_checker *k, struct fc_span at)
{
    struct fc_diag *g = fc_report(k->d, FC_CANNOT_ASSIGN, at, fl_arena_printf(k->a, "`%s`", fck_text(k, at)));
    fc_diag_help(k->d, g, "a join emits records, and remembers those of its legs and the last one that it emitted; update and mangle write tables");
}

static void assign_table(struct fc_checker *k, struct fc_stmt *st)
{
    struct fc_sym *t = fck_find_table(k, st->target->a->name);
    if (!t)
        return;
    if (!fck_may_write(k, t, st->span))
        return;
    if (k->where == FC_IN_JOINED)
        written_in_join(k, st->target->span);
    st->sym = t;
    st->target->sym = t;
    check_keys(k, t, st->target->args, st->target->span);
    fck_expr_as(k, st->value, t->type, false);
    if (st->expire)
        fck_expr_as(k, st->expire, &FC_DURATION_T, false);
}

/* The field of the transform that a target names, directly or as inner.field. */
static bool own_field(const struct fc_expr *target)
{
    if (target->kind == FC_E_FIELD)
        return own_field(target->a);
    return target->kind == FC_E_NAME && target->sym && target->sym->kind == FC_SYM_RECORD_NOW;
}

static void assign_field(struct fc_checker *k, struct fc_stmt *st)
{
    if (k->where != FC_IN_EACH || !k->record) {
        struct fc_diag *g = fc_report(k->d, FC_CANNOT_ASSIGN, st->target->span,
                                      fl_arena_printf(k->a, "`%s`", fck_text(k, st->target->span)));
        if (k->where == FC_IN_EACH)
            fc_diag_help(k->d, g,
                         "the record passes unchanged here; a transform makes one with fields that mangle can set");
        else
            fc_diag_help(k->d, g, "tables are written as table[key] = value");
        return;
    }
    const struct fc_fact *before = k->facts;
    unsigned errors = k->d->errors;
    fck_expr(k, st->target, NULL);
    k->facts = before;
    if (k->d->errors != errors)
        return;
    if (!own_field(st->target)) {
        fc_report(k->d, FC_CANNOT_ASSIGN, st->target->span,
                  fl_arena_printf(k->a, "`%s`", fck_text(k, st->target->span)));
        return;
    }
    if (st->expire)
        fc_report(k->d, FC_BAD_EXPIRE, st->expire->span);
    const struct fc_expr *object = st->target->a;
    if (object && object->kind == FC_E_FIELD && object->nullable) {
        struct fc_diag *g = fck_may_be_null(k, object);
        fc_diag_help(k->d, g, "nothing can be set in what isn't there: write if has %s { .. }", fck_text(k, object->span));
        return;
    }
    const struct fc_member *m = st->target->info;
    if (fck_expr_as(k, st->value, m->type, m->optional))
        fck_assigned(k, st->target, !st->value->nullable);
}

/* The form of this name, or the last one; NULL after a message. */
static struct fc_sym *emitted_form(struct fc_checker *k, struct fc_name name)
{
    if (!name.s)
        return k->record;
    struct fl_suggest near;
    fl_suggest_init(&near, name.s);
    for (struct fc_made *m = k->p->made; m; m = m->next) {
        if (strcmp(m->stage->name.s, name.s) == 0)
            return &m->sym;
        fl_suggest_try(&near, m->stage->name.s);
    }
    struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_NAME, name.span, name.s);
    if (fl_suggest_best(&near))
        fc_diag_help(k->d, g, "did you mean `%s`?", fl_suggest_best(&near));
    else
        fc_diag_help(k->d, g, "`emit NAME { .. }` makes a record of the form of a transform above; the last one is `%s`",
                     k->p->output->stage->name.s);
    return NULL;
}

static void check_emit(struct fc_checker *k, struct fc_stmt *st)
{
    if (k->where != FC_IN_EACH && k->where != FC_IN_ABSENT && k->where != FC_IN_JOINED) {
        fc_report(k->d, FC_EMIT_HERE, st->span, "stands in mangle and join only");
        return;
    }
    if (!k->record) {
        fc_report(k->d, FC_EMIT_HERE, st->span, "needs a transform: it makes a record of that form");
        return;
    }
    st->sym = emitted_form(k, st->name);
    if (!st->sym)
        return;
    const struct fc_type *form = st->sym->type;
    fck_spread(k, &st->fields, false);
    for (struct fc_field *f = st->fields; f; f = f->next) {
        const struct fc_member *m = fc_member_find(form, f->name.s);
        if (!m && fck_spread_unknown(k, f, form))
            continue;
        if (!m) {
            struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_FIELD, f->name.span, fck_type_text(k, form, false),
                                          f->name.s);
            fck_suggest_members(k, g, form, f->name.s);
            continue;
        }
        fck_same_field(k, f);
        fck_object_field(k, f, m);
        if (f->kind != FC_F_EXPR) {
            fc_report(k->d, FC_LATER, f->span, "this form of a field in `emit`");
            continue;
        }
        for (struct fc_field *other = st->fields; other != f; other = other->next)
            if (strcmp(other->name.s, f->name.s) == 0)
                fc_report(k->d, FC_DUPLICATE, f->name.span, f->name.s);
        f->index = m->index;
        if (f->spread)
            fck_field_as(k, f, m);
        else
            fck_expr_as(k, f->value, m->type, f->optional);
        f->ty = m->type;
        f->nullable = f->value->nullable;
    }
}

/* Does the block end in a drop, so that what stands behind it is not reached by its way? */
static bool leaves(const struct fc_stmt *s)
{
    for (; s; s = s->next)
        if (s->kind == FC_S_DROP)
            return true;
    return false;
}

static void check_if(struct fc_checker *k, struct fc_stmt *st)
{
    const struct fc_fact *before = k->facts, *then;
    struct fc_sym *locals = k->local;
    fck_condition(k, st->value);
    fck_assume(k, st->value, FC_WHEN_TRUE);
    fck_block(k, st->body);
    then = k->facts;
    k->local = locals;
    k->facts = before;
    fck_assume(k, st->value, FC_WHEN_NOT_TRUE);
    fck_block(k, st->other);
    k->local = locals;
    k->facts = leaves(st->body) ? k->facts : leaves(st->other) ? then : fck_meet(k, then, k->facts);
}

void fck_local_let(struct fc_checker *k, struct fc_stmt *let)
{
    const struct fc_type *t = fck_local_value(k, let);
    let->sym = fck_local(k, FC_SYM_LOCAL, let->name, t, let->value->nullable);
    let->sym->value = let->value;
}

void fck_block(struct fc_checker *k, struct fc_stmt *body)
{
    struct fc_sym *locals = k->local;
    for (struct fc_stmt *st = body; st; st = st->next) {
        switch (st->kind) {
        case FC_S_LET:
            fck_local_let(k, st);
            break;
        case FC_S_ASSIGN:
            if (st->target->kind == FC_E_INDEX)
                assign_table(k, st);
            else
                assign_field(k, st);
            break;
        case FC_S_FORGET:
            st->sym = fck_find_table(k, st->name);
            if (st->sym && k->where == FC_IN_JOINED)
                written_in_join(k, st->name.span);
            if (st->sym && fck_may_write(k, st->sym, st->span))
                check_keys(k, st->sym, st->keys, st->span);
            break;
        case FC_S_IF:
            check_if(k, st);
            break;
        case FC_S_DROP:
            if (k->where != FC_IN_EACH)
                fc_report(k->d, FC_MIXED, st->span,
                          k->where == FC_IN_ABSENT ? "`absent`: there is no record at hand"
                          : k->where == FC_IN_JOINED ? "a join: `drop REASON otherwise;` stands below its legs"
                          : "update: a filter drops records");
            st->sym = fck_indexed(k, FC_SYM_TEXT, st->name.s, fck_reason(k, st->name));
            break;
        case FC_S_EMIT:
            check_emit(k, st);
            break;
        }
    }
    for (struct fc_sym *s = k->local; s != locals; s = s->up)
        if (s->kind == FC_SYM_LOCAL && !s->used && !k->d->errors)
            fc_report(k->d, FC_UNUSED, s->span, "let", s->name);
    k->local = locals;
}
