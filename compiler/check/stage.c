/*
 * stage.c - classify, filter, update, transform, mangle and their statements.
 */
#include <string.h>

#include "check/checker.h"

/* ---- rules ------------------------------------------------------------------------- */

/* A record's reason has 16 bits. */
enum { MOST_REASONS = 65535 };

/* The number of a reason, a new one if it was not there. */
static int reason(struct fc_checker *k, struct fc_name name)
{
    const struct fc_reason *known = fc_index_find(&k->reasons, name.s, strlen(name.s));
    if (known)
        return known->index;
    struct fc_reason *r = fl_arena_zero(k->a, sizeof *r);
    r->name = name.s;
    r->span = name.span;
    r->index = k->p->nreasons++;
    *(k->last_reason ? &k->last_reason->next : &k->p->reasons) = r;
    k->last_reason = r;
    fc_index_put(&k->reasons, k->a, r->name, strlen(r->name), r);
    if (k->p->nreasons == MOST_REASONS + 1)
        fc_report(k->d, FC_TOO_MUCH, r->span, "reasons", "65535");
    return r->index;
}

static struct fc_sym *indexed(struct fc_checker *k, enum fc_sym_kind kind, const char *name, int index)
{
    struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
    s->kind = kind;
    s->name = name;
    s->index = index;
    return s;
}

/* The rules of a stage so far. */
struct rules {
    struct fc_index conditions;  /* the first rule of each, by its text */
    const struct fc_rule *all;   /* the first one that takes everything */
};

/* A rule is unreachable under one that takes everything, or under one with the very same condition. */
static void reachable(struct fc_checker *k, struct rules *above, const struct fc_rule *r)
{
    const struct fc_rule *same = NULL;
    if (r->when) {
        struct fc_span at = r->when->span;
        const char *text = k->c->sources.v[at.file].text + at.start;
        same = fc_index_find(&above->conditions, text, at.end - at.start);
        if (!same)
            fc_index_put(&above->conditions, k->a, text, at.end - at.start, r);
    }
    if (above->all || same) {
        bool all = above->all && (!same || above->all->span.start < same->span.start);
        struct fc_diag *g = fc_report(k->d, FC_UNREACHABLE_RULE, r->span);
        fc_diag_note(k->d, g, (all ? above->all : same)->span, all ? "this rule takes every record" : "the same condition stands here");
    } else if (!r->when || (r->when->kind == FC_E_BOOL && r->when->i)) {
        above->all = r;
    } else if (r->when->kind == FC_E_BOOL) {
        fc_diag_note(k->d, fc_report(k->d, FC_UNREACHABLE_RULE, r->span), r->when->span, "the condition is never true");
    }
}

static void check_classify(struct fc_checker *k, struct fc_stage *s)
{
    struct rules above = {0};
    k->where = FC_IN_CLASSIFY;
    for (struct fc_rule *r = s->rules; r; r = r->next) {
        const struct fc_class *c = fc_index_find(&k->classes, r->name.s, strlen(r->name.s));
        r->sym = indexed(k, FC_SYM_CLASS, r->name.s, c ? c->index : k->p->nclasses); /* NULL: of a second classify */
        if (r->when)
            fck_condition(k, r->when);
        reachable(k, &above, r);
    }
    bool otherwise = false;
    for (const struct fc_rule *r = s->rules; r; r = r->next)
        otherwise |= !r->when;
    if (!otherwise) {
        struct fc_diag *g = fc_report(k->d, FC_NO_OTHERWISE, s->head);
        fc_diag_help(k->d, g, "add `other otherwise;` as the last rule");
    }
    for (int i = 0; i < k->p->nstages; i++)
        if (k->p->stages[i]->kind == FC_ST_CLASSIFY)
            fc_diag_note(k->d, fc_report(k->d, FC_ORDER, s->head, "there is a second classify"), k->p->stages[i]->head,
                         "the first one");
    k->classified = true;
}

/*
 * A record leaves a filter by one of its `keep` rules or at the end. What every one of these ways knows is known below.
 */
static void check_filter(struct fc_checker *k, struct fc_stage *s)
{
    const struct fc_fact *known = NULL;
    struct rules above = {0};
    bool left = false, end = true; /* has a rule kept; is the end reached */
    k->where = FC_IN_FILTER;
    for (struct fc_rule *r = s->rules; r; r = r->next) {
        const struct fc_fact *before = k->facts;
        if (r->kind == FC_R_DROP)
            r->sym = indexed(k, FC_SYM_TEXT, r->name.s, reason(k, r->name));
        if (r->when)
            fck_condition(k, r->when);
        reachable(k, &above, r);
        if (r->kind == FC_R_KEEP) {
            if (r->when)
                fck_assume(k, r->when, FC_WHEN_TRUE);
            known = left ? fck_meet(k, known, k->facts) : k->facts;
            left = true;
        }
        k->facts = before;
        /* What comes below is only reached by records for which the rule did not hold. */
        if (r->when)
            fck_assume(k, r->when, FC_WHEN_NOT_TRUE);
        else
            end = false;
    }
    if (left)
        k->facts = end ? fck_meet(k, known, k->facts) : known;
}

/* ---- transform ------------------------------------------------------------------------- */

static struct fc_type *build(struct fc_checker *k, struct fc_field *fields, bool declared_ok);

static void check_value_field(struct fc_checker *k, struct fc_field *f)
{
    const struct fc_type *want = NULL;
    bool optional = false;
    if (f->type)
        want = fck_type(k, f->type, &optional);
    f->optional |= optional;
    const struct fc_type *t = fck_expr(k, f->value, want);
    f->nullable = f->value->nullable || t->kind == FC_K_NULL;
    f->ty = want ? want : t;
    if (t->kind == FC_K_ERROR)
        return;
    if (want && t->kind != FC_K_NULL && !fc_type_same(t, want))
        fck_mismatch(k, f->value, want);
    if (!want && t->kind == FC_K_NULL)
        fc_report(k->d, FC_TYPE_MISMATCH, f->value->span, "a value", "`null`");
    if (f->nullable && !f->optional) {
        struct fc_diag *g = fc_report2(k->d, FC_OPTIONAL_NEEDED, f->name.span, f->value->span, f->name.s, f->name.s);
        fck_help_null(k, g, f->value);
    }
}

static void check_from(struct fc_checker *k, struct fc_field *f)
{
    const struct fc_type *t = fck_expr(k, f->value, NULL);
    f->nullable = f->value->nullable;
    f->ty = &FC_ERROR_T;
    if (t->kind == FC_K_ERROR)
        return;
    if (t->kind != FC_K_RECORD) {
        fc_report(k->d, FC_NOT_RECORD, f->value->span, fck_type_text(k, t, false));
        return;
    }
    if (f->nullable && !f->optional)
        fc_report2(k->d, FC_OPTIONAL_NEEDED, f->name.span, f->value->span, f->name.s, f->name.s);
    const struct fc_fact *before = k->facts;
    struct fc_expr *known = fc_expr_new(k->a, FC_E_UNARY, f->value->span);
    known->op = FC_OP_HAS;
    known->a = f->value;
    fck_assume(k, known, FC_WHEN_TRUE);
    struct fc_expr *base = fl_arena_zero(k->a, sizeof *base);
    *base = *f->value;
    base->next = NULL;
    base->nullable = false; /* inside the braces it is there */
    struct fc_overlay o = {t, base, k->overlay};
    k->overlay = &o;
    f->ty = build(k, f->fields, false);
    k->overlay = o.up;
    k->facts = before;
}

static struct fc_type *build(struct fc_checker *k, struct fc_field *fields, bool declared_ok)
{
    struct fc_type *r = fl_arena_zero(k->a, sizeof *r);
    int n = 0;
    r->kind = FC_K_RECORD;
    for (struct fc_field *f = fields; f; f = f->next)
        n++;
    r->members = fl_arena_zero(k->a, sizeof *r->members * (size_t)(n ? n : 1));
    for (struct fc_field *f = fields; f; f = f->next) {
        const char *key = f->as ? f->as : f->name.s;
        f->ty = &FC_ERROR_T;
        if (f->kind == FC_F_SPREAD) {
            fc_report(k->d, FC_LATER, f->span, "`...`");
            continue;
        }
        struct fc_member *m = &r->members[r->nmembers];
        *m = (struct fc_member){.name = f->name.s, .key = key, .span = f->name.span, .index = r->nmembers};
        fck_new_member(k, r, m);
        fck_same_field(k, f);
        if (f->kind == FC_F_EXPR) {
            check_value_field(k, f);
        } else if (f->kind == FC_F_DECLARED) {
            bool optional = false;
            f->ty = fck_type(k, f->type, &optional);
            if (!declared_ok)
                fc_report(k->d, FC_NOT_HERE, f->name.span, f->name.s,
                          "in an inner object: only fields of the record itself are set later");
            else if (!f->optional && !optional)
                fc_diag_help(k->d, fc_report(k->d, FC_OPTIONAL_NEEDED, f->name.span, f->name.s, f->name.s),
                             "it is null until mangle sets it");
            f->optional = true;
            f->nullable = true;
        } else if (f->kind == FC_F_OBJECT) {
            f->ty = build(k, f->fields, false);
            f->nullable = f->optional;
        } else {
            check_from(k, f);
        }
        m->type = f->ty;
        fck_count_leaves(k, r, m);
        m->optional = f->optional;
        f->index = r->nmembers++;
    }
    return r;
}

static void check_transform(struct fc_checker *k, struct fc_stage *s)
{
    if (k->p->transform) {
        fc_report(k->d, FC_LATER, s->head, "a second transform");
        return;
    }
    if (!s->fields) {
        fc_report(k->d, FC_LATER, s->head, "a transform without fields");
        return;
    }
    k->where = FC_IN_TRANSFORM;
    struct fc_type *t = build(k, s->fields, true);
    t->name = s->name.s;
    k->p->transform = s;
    k->p->output = t;
    k->record.type = t;
    k->after_transform = true;
}

/* ---- statements ------------------------------------------------------------------------- */

static void check_block(struct fc_checker *k, struct fc_stmt *body);

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

static struct fc_sym *find_table(struct fc_checker *k, struct fc_name name)
{
    struct fc_sym *s = fck_global(k, name.s);
    if (s && s->kind == FC_SYM_TABLE) {
        s->used++;
        return s;
    }
    struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_NAME, name.span, name.s);
    struct fl_suggest near;
    fl_suggest_init(&near, name.s);
    for (struct fc_sym *m = k->p->tables; m; m = m->next)
        fl_suggest_try(&near, m->name);
    if (fl_suggest_best(&near))
        fc_diag_help(k->d, g, "did you mean table `%s`?", fl_suggest_best(&near));
    else
        fc_diag_help(k->d, g, "a table of this name is expected");
    return NULL;
}

static void assign_table(struct fc_checker *k, struct fc_stmt *st)
{
    struct fc_sym *t = find_table(k, st->target->a->name);
    if (!t)
        return;
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
    if (k->where != FC_IN_EACH || !k->p->output) {
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
    if (st->target->a && st->target->a->kind == FC_E_FIELD) {
        fc_report(k->d, FC_LATER, st->target->span, "setting a field of an inner object");
        return;
    }
    const struct fc_member *m = st->target->info;
    if (fck_expr_as(k, st->value, m->type, m->optional))
        fck_assigned(k, st->target, !st->value->nullable);
}

static void check_emit(struct fc_checker *k, struct fc_stmt *st)
{
    if (k->where != FC_IN_EACH && k->where != FC_IN_ABSENT) {
        fc_report(k->d, FC_EMIT_HERE, st->span, "stands in mangle only");
        return;
    }
    if (st->name.s) {
        fc_report(k->d, FC_LATER, st->name.span, "emit of a named record");
        return;
    }
    if (!k->p->output) {
        fc_report(k->d, FC_EMIT_HERE, st->span, "needs a transform: it makes a record of that form");
        return;
    }
    for (struct fc_field *f = st->fields; f; f = f->next) {
        const struct fc_member *m = fc_member_find(k->p->output, f->name.s);
        if (!m) {
            struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_FIELD, f->name.span, fck_type_text(k, k->p->output, false),
                                          f->name.s);
            fck_suggest_members(k, g, k->p->output, f->name.s);
            continue;
        }
        fck_same_field(k, f);
        if (f->kind != FC_F_EXPR || m->type->kind == FC_K_RECORD) {
            fc_report(k->d, FC_LATER, f->span, "an object in emit");
            continue;
        }
        for (struct fc_field *other = st->fields; other != f; other = other->next)
            if (strcmp(other->name.s, f->name.s) == 0)
                fc_report(k->d, FC_DUPLICATE, f->name.span, f->name.s);
        f->index = m->index;
        f->ty = m->type;
        fck_expr_as(k, f->value, m->type, f->optional);
        f->nullable = f->value->nullable;
    }
}

static const struct fc_stmt *emit_without(const struct fc_stmt *s, const struct fc_member *m)
{
    for (; s; s = s->next) {
        bool given = false;
        for (const struct fc_field *f = s->kind == FC_S_EMIT && m ? s->fields : NULL; f; f = f->next)
            given |= f->ty && f->index == m->index && !f->optional && !f->nullable;
        if (s->kind == FC_S_EMIT && !given)
            return s;
        const struct fc_stmt *inner = emit_without(s->body, m);
        inner = inner ? inner : emit_without(s->other, m);
        if (inner)
            return inner;
    }
    return NULL;
}

const struct fc_stmt *fck_emit_without(const struct fc_checker *k, const struct fc_member *m)
{
    const struct fc_stmt *found = NULL;
    for (int i = 0; i < k->p->nstages && !found; i++)
        for (const struct fc_absent *a = k->p->stages[i]->mangles; a && !found; a = a->next)
            found = emit_without(a->body, m);
    return found;
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
    check_block(k, st->body);
    then = k->facts;
    k->local = locals;
    k->facts = before;
    fck_assume(k, st->value, FC_WHEN_NOT_TRUE);
    check_block(k, st->other);
    k->local = locals;
    k->facts = leaves(st->body) ? k->facts : leaves(st->other) ? then : fck_meet(k, then, k->facts);
}

static void check_block(struct fc_checker *k, struct fc_stmt *body)
{
    struct fc_sym *locals = k->local;
    for (struct fc_stmt *st = body; st; st = st->next) {
        switch (st->kind) {
        case FC_S_LET: {
            const struct fc_type *t = fck_local_value(k, st);
            st->sym = fck_local(k, FC_SYM_LOCAL, st->name, t, st->value->nullable);
            st->sym->value = st->value;
            break;
        }
        case FC_S_ASSIGN:
            if (st->target->kind == FC_E_INDEX)
                assign_table(k, st);
            else
                assign_field(k, st);
            break;
        case FC_S_FORGET:
            st->sym = find_table(k, st->name);
            if (st->sym)
                check_keys(k, st->sym, st->keys, st->span);
            break;
        case FC_S_IF:
            check_if(k, st);
            break;
        case FC_S_DROP:
            if (k->where != FC_IN_EACH)
                fc_report(k->d, FC_MIXED, st->span,
                          k->where == FC_IN_ABSENT ? "`absent`: there is no record at hand"
                          : "update: a filter drops records");
            st->sym = indexed(k, FC_SYM_TEXT, st->name.s, reason(k, st->name));
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

static void check_mangle(struct fc_checker *k, struct fc_stage *s)
{
    if (s->when) {
        k->where = FC_IN_WHEN;
        fck_condition(k, s->when);
    }
    for (struct fc_absent *m = s->mangles; m; m = m->next) {
        const struct fc_fact *before = k->facts;
        if (m->each) {
            k->where = FC_IN_EACH;
            check_block(k, m->body);
        } else {
            int64_t every = 0;
            k->where = FC_IN_CONSTANT;
            m->table_sym = find_table(k, m->table);
            if (fck_expr_as(k, m->every, &FC_DURATION_T, false) && (!fck_const_int(m->every, &every) || every <= 0))
                fc_report(k->d, FC_TABLE_BOUND, m->every->span, "every", " duration");
            if (m->table_sym && m->table_sym->nkeys == 1) {
                m->var_sym = fck_local(k, FC_SYM_LOCAL, m->var, m->table_sym->keys[0], false);
                m->var_sym->used++;
            } else if (m->table_sym) {
                fc_report(k->d, FC_LATER, m->table.span, "absent over a table with several keys");
            }
            k->where = FC_IN_ABSENT;
            k->facts = NULL;
            check_block(k, m->body);
            k->local = NULL;
        }
        k->facts = before;
    }
}

void fck_stage(struct fc_checker *k, struct fc_stage *s)
{
    static const char *const later[] = {[FC_ST_JOIN] = "`join`", [FC_ST_AGGREGATE] = "`aggregate`",
                                        [FC_ST_SELECT] = "`select`"};
    if (s->kind >= FC_ST_JOIN) {
        fc_report(k->d, FC_LATER, s->head, later[s->kind]);
        return;
    }
    if (s->kind != FC_ST_CLASSIFY && !k->classified) {
        fc_report(k->d, FC_ORDER, s->head, "this stage stands above classify, which comes first");
        k->classified = true;
    }
    switch (s->kind) {
    case FC_ST_CLASSIFY:
        check_classify(k, s);
        break;
    case FC_ST_FILTER:
        check_filter(k, s);
        break;
    case FC_ST_UPDATE: {
        const struct fc_fact *before = k->facts;
        k->where = FC_IN_UPDATE;
        check_block(k, s->body);
        k->facts = before;
        break;
    }
    case FC_ST_TRANSFORM:
        check_transform(k, s);
        break;
    default:
        check_mangle(k, s);
        break;
    }
    k->p->stages[k->p->nstages++] = s;
}
