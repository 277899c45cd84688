/*
 * check_expr.c - expressions: names, types, units, nulls.
 *
 * Types flow up; what a place asks for (`want`) flows down only to give bare numbers a unit and enumerators their enum.
 * A wrong expression has FC_ERROR_T, which agrees with everything, so that one mistake gives one message.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "checker.h"

const char *fck_text(struct fc_checker *k, struct fc_span span)
{
    const char *s = fc_source_slice(&k->c->sources, span);
    size_t n = strlen(s);
    const char *line = memchr(s, '\n', n);
    size_t most = line ? (size_t)(line - s) : n;
    return most <= 60 && !line ? s : fl_arena_printf(k->a, "%.*s..", (int)(most > 58 ? 58 : most), s);
}

const char *fck_type_text(struct fc_checker *k, const struct fc_type *t, bool optional)
{
    return fl_arena_printf(k->a, "`%s`", fc_type_text(k->a, t, optional));
}

void fck_mismatch(struct fc_checker *k, const struct fc_expr *e, const struct fc_type *want)
{
    if (e->type->kind == FC_K_ERROR || want->kind == FC_K_ERROR)
        return;
    struct fc_diag *g = fc_report(k->d, FC_TYPE_MISMATCH, e->span, fck_type_text(k, want, false), fck_type_text(k, e->type, false));
    if (want->kind == FC_K_STRING && (fc_type_number(e->type) || e->type->kind == FC_K_IP || e->type->kind == FC_K_ENUM || e->type->kind == FC_K_CLASS))
        fc_diag_help(k->d, g, "write text(%s)", fck_text(k, e->span));
    else if (want->kind == FC_K_INT && e->type->kind == FC_K_STRING)
        fc_diag_help(k->d, g, "int(%s) gives `int?`", fck_text(k, e->span));
    else if (want->kind == FC_K_INT && (e->type->kind == FC_K_TIME || e->type->kind == FC_K_DURATION))
        fc_diag_help(k->d, g, "write seconds(%s) or millis(%s)", fck_text(k, e->span), fck_text(k, e->span));
}

static const struct fc_type *done(struct fc_expr *e, const struct fc_type *t, bool nullable)
{
    e->type = t;
    e->nullable = nullable;
    return t;
}

/* ---- names --------------------------------------------------------------------------------------------- */

struct fc_expr *fck_root(struct fc_checker *k, struct fc_sym *root, struct fc_span span)
{
    struct fc_expr *e = fc_expr_new(k->a, FC_E_NAME, span);
    e->name = (struct fc_name){root->name, span};
    e->sym = root;
    e->type = root->type;
    return e;
}

static bool sees_record(const struct fc_checker *k)
{
    return k->where != FC_IN_CONSTANT && k->where != FC_IN_LOOKUP && k->where != FC_IN_WHEN && k->where != FC_IN_OPTION && k->where != FC_IN_OBJECT &&
           k->where != FC_IN_ABSENT;
}

static const struct fc_type *current(const struct fc_checker *k)
{
    return k->after_transform ? k->record.type : k->input.type;
}

void fck_suggest_members(struct fc_checker *k, struct fc_diag *g, const struct fc_type *record, const char *name)
{
    struct fc_suggest s;
    fc_suggest_init(&s, name);
    for (int i = 0; i < record->nmembers; i++)
        fc_suggest_try(&s, record->members[i].name);
    if (fc_suggest_best(&s))
        fc_diag_help(k->d, g, "did you mean `%s`?", fc_suggest_best(&s));
}

void fck_suggest_names(struct fc_checker *k, struct fc_diag *g, const char *name)
{
    struct fc_suggest s;
    fc_suggest_init(&s, name);
    for (const struct fc_sym *m = k->local; m; m = m->up)
        fc_suggest_try(&s, m->name);
    for (const struct fc_sym *m = k->top; m; m = m->up)
        fc_suggest_try(&s, m->name);
    for (const struct fc_overlay *o = k->overlay; o; o = o->up)
        for (int i = 0; i < o->type->nmembers; i++)
            fc_suggest_try(&s, o->type->members[i].name);
    if (sees_record(k) && current(k))
        for (int i = 0; i < current(k)->nmembers; i++)
            fc_suggest_try(&s, current(k)->members[i].name);
    if (fc_suggest_best(&s))
        fc_diag_help(k->d, g, "did you mean `%s`?", fc_suggest_best(&s));
}

/* NAME becomes base.NAME, a field of the record that plain names mean. */
static const struct fc_type *as_field(struct fc_checker *k, struct fc_expr *e, struct fc_expr *base)
{
    e->kind = FC_E_FIELD;
    e->a = base;
    return fck_expr(k, e, NULL);
}

static const struct fc_type *symbol_value(struct fc_checker *k, struct fc_expr *e, struct fc_sym *s)
{
    e->sym = s;
    s->used++;
    switch (s->kind) {
    case FC_SYM_CONST:
    case FC_SYM_PARAM:
        return done(e, s->type, s->optional);
    case FC_SYM_LET:
        if (!s->type) {
            struct fc_diag *g = fc_report(k->d, FC_USED_BEFORE, e->span, s->name);
            fc_diag_note(k->d, g, s->span, "declared here");
            return done(e, &FC_ERROR_T, false);
        }
        if (!sees_record(k)) {
            fc_report(k->d, FC_NOT_HERE, e->span, s->name, "a place where there is no record");
            return done(e, &FC_ERROR_T, false);
        }
        return done(e, s->type, s->optional && !fck_known(k, fck_path(k, e)));
    case FC_SYM_ARG:
    case FC_SYM_FLET:
    case FC_SYM_LOCAL:
        return done(e, s->type, s->optional && !fck_known(k, fck_path(k, e)));
    case FC_SYM_OBJECT:
        return done(e, s->type, false);
    default: {
        struct fc_diag *g = fc_report(k->d, FC_NOT_A_VALUE, e->span, s->name, fck_kind_text(s));
        if (s->kind == FC_SYM_TABLE)
            fc_diag_help(k->d, g, "write %s[key]", s->name);
        else if (s->kind == FC_SYM_FUNCTION || s->kind == FC_SYM_LOOKUP)
            fc_diag_help(k->d, g, "write %s(..)", s->name);
        return done(e, &FC_ERROR_T, false);
    }
    }
}

static const struct fc_type *class_name(struct fc_checker *k, struct fc_expr *e)
{
    int i = 0;
    for (const struct fc_class *c = k->p->classes; c; c = c->next, i++)
        if (strcmp(c->name, e->name.s) == 0) {
            struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
            s->kind = FC_SYM_CLASS;
            s->name = c->name;
            s->index = i;
            e->sym = s;
            return done(e, &FC_CLASS_T, false);
        }
    return NULL;
}

static const struct fc_type *enumerator(struct fc_checker *k, struct fc_expr *e, const struct fc_type *t)
{
    int i = 0;
    for (const struct fc_enumerator *m = t->en->list; m; m = m->next, i++)
        if (strcmp(m->name.s, e->name.s) == 0) {
            struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
            s->kind = FC_SYM_ENUMERATOR;
            s->name = m->name.s;
            s->index = i;
            s->type = t;
            e->sym = s;
            return done(e, t, false);
        }
    return NULL;
}

static struct fc_sym *word(struct fc_checker *k, enum fc_sym_kind kind, const struct fc_type *t, const char *name)
{
    struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
    s->kind = kind;
    s->type = t;
    s->name = name;
    return s;
}

static const struct fc_type *check_name(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    const char *n = e->name.s;
    if (e->sym) /* made by the compiler itself */
        return e->type;
    if (want && want->kind == FC_K_ENUM && !fck_find(k->local, n) && enumerator(k, e, want))
        return e->type;
    if (want && want->kind == FC_K_CLASS && !fck_find(k->local, n) && class_name(k, e))
        return e->type;
    struct fc_sym *s = fck_find(k->local, n);
    if (s)
        return symbol_value(k, e, s);
    for (struct fc_overlay *o = k->overlay; o; o = o->up)
        if (fc_member_find(o->type, n))
            return as_field(k, e, o->base);
    s = fck_find(k->top, n);
    if (sees_record(k)) {
        if (strcmp(n, "class") == 0) {
            if (!k->classified) {
                fc_report(k->d, FC_NOT_HERE, e->span, "class", "what stands above classify");
                return done(e, &FC_ERROR_T, false);
            }
            e->sym = word(k, FC_SYM_CLASS_NOW, &FC_CLASS_T, n);
            return done(e, &FC_CLASS_T, false);
        }
        if (k->where == FC_IN_TEST && strcmp(n, "record") == 0) {
            e->sym = k->after_transform ? &k->record : &k->input;
            return done(e, e->sym->type ? e->sym->type : &FC_ERROR_T, false);
        }
        if (strcmp(n, "input") == 0 && k->input.type) {
            e->sym = &k->input;
            return done(e, k->input.type, false);
        }
        if (current(k) && fc_member_find(current(k), n))
            return as_field(k, e, fck_root(k, k->after_transform ? &k->record : &k->input, e->span));
    }
    if (strcmp(n, "now") == 0 && k->where != FC_IN_CONSTANT && k->where != FC_IN_WHEN && !s) {
        e->sym = word(k, FC_SYM_NOW, &FC_TIME_T, n);
        return done(e, &FC_TIME_T, false);
    }
    if (s)
        return symbol_value(k, e, s);
    if (want && want->kind == FC_K_ENUM) {
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_VALUE, e->span, want->name ? want->name : "", n);
        struct fc_suggest near;
        fc_suggest_init(&near, n);
        for (const struct fc_enumerator *m = want->en->list; m; m = m->next)
            fc_suggest_try(&near, m->name.s);
        if (fc_suggest_best(&near))
            fc_diag_help(k->d, g, "did you mean `%s`?", fc_suggest_best(&near));
        return done(e, &FC_ERROR_T, false);
    }
    if (want && want->kind == FC_K_CLASS) {
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_CLASS, e->span, n);
        struct fc_suggest near;
        fc_suggest_init(&near, n);
        for (const struct fc_class *c = k->p->classes; c; c = c->next)
            fc_suggest_try(&near, c->name);
        if (fc_suggest_best(&near))
            fc_diag_help(k->d, g, "did you mean `%s`?", fc_suggest_best(&near));
        return done(e, &FC_ERROR_T, false);
    }
    if (!sees_record(k) && ((k->input.type && fc_member_find(k->input.type, n)) || strcmp(n, "class") == 0 || strcmp(n, "input") == 0)) {
        fc_report(k->d, FC_NOT_HERE, e->span, n, k->where == FC_IN_ABSENT ? "`absent`: there is no record at hand" : "a place where there is no record");
        return done(e, &FC_ERROR_T, false);
    }
    struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_NAME, e->span, n);
    if (k->after_transform && sees_record(k) && k->input.type && fc_member_find(k->input.type, n))
        fc_diag_help(k->d, g, "the source's field is input.%s here, because a transform made another record", n);
    else
        fck_suggest_names(k, g, n);
    return done(e, &FC_ERROR_T, false);
}

static const struct fc_type *check_field(struct fc_checker *k, struct fc_expr *e)
{
    /* pipeline.version and pipeline.name are the only fields of what is no record */
    if (e->a->kind == FC_E_NAME && !e->a->sym && strcmp(e->a->name.s, "pipeline") == 0 && !fck_find(k->local, "pipeline") &&
        !(sees_record(k) && current(k) && fc_member_find(current(k), "pipeline"))) {
        const char *text = strcmp(e->name.s, "version") == 0 ? k->p->version : strcmp(e->name.s, "name") == 0 ? k->p->name : NULL;
        if (!text) {
            fc_report(k->d, FC_UNKNOWN_FIELD, e->name.span, "pipeline", e->name.s);
            return done(e, &FC_ERROR_T, false);
        }
        e->kind = FC_E_STRING;
        e->s = text;
        e->len = (uint32_t)strlen(text);
        e->a = NULL;
        return done(e, &FC_STRING_T, false);
    }
    if (e->a->kind == FC_E_NAME && !e->a->sym && strcmp(e->a->name.s, "batch") == 0 && !fck_find(k->local, "batch") && !fck_find(k->top, "batch") &&
        !(sees_record(k) && current(k) && fc_member_find(current(k), "batch"))) {
        fc_report(k->d, FC_LATER, e->span, "`batch`");
        return done(e, &FC_ERROR_T, false);
    }
    const struct fc_type *t = fck_expr(k, e->a, NULL);
    if (t->kind == FC_K_ERROR)
        return done(e, t, false);
    if (t->kind != FC_K_RECORD) {
        struct fc_diag *g = fc_report(k->d, FC_NOT_RECORD, e->name.span, fck_type_text(k, t, false));
        if (t->kind == FC_K_MAP)
            fc_diag_help(k->d, g, "write %s[\"%s\"]", fck_text(k, e->a->span), e->name.s);
        return done(e, &FC_ERROR_T, false);
    }
    const struct fc_member *m = fc_member_find(t, e->name.s);
    if (!m) {
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_FIELD, e->name.span, e->a->sym == &k->input ? "the source's record" : fck_type_text(k, t, false), e->name.s);
        fck_suggest_members(k, g, t, e->name.s);
        return done(e, &FC_ERROR_T, false);
    }
    e->info = m;
    bool nullable = e->a->nullable || m->optional;
    if (nullable) {
        const char *path = fck_path(k, e);
        if (path && fck_known(k, path))
            nullable = false;
    }
    return done(e, m->type, nullable);
}

/* ---- operators ----------------------------------------------------------------------------------------------- */

void fck_condition(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_type *t = fck_expr(k, e, &FC_BOOL_T);
    if (t->kind == FC_K_BOOL || t->kind == FC_K_ERROR)
        return;
    struct fc_diag *g = fc_report(k->d, FC_NOT_BOOL, e->span, fck_type_text(k, t, false));
    if (e->nullable)
        fc_diag_help(k->d, g, "write has %s", fck_text(k, e->span));
}

static bool bare_number(const struct fc_expr *e)
{
    if (e->kind == FC_E_UNARY && e->op == FC_OP_NEG)
        return bare_number(e->a);
    return e->kind == FC_E_INT;
}

static bool bare_name(struct fc_checker *k, const struct fc_expr *e)
{
    return e->kind == FC_E_NAME && !e->sym && !fck_find(k->local, e->name.s) && !fck_find(k->top, e->name.s) &&
           !(sees_record(k) && current(k) && fc_member_find(current(k), e->name.s)) && strcmp(e->name.s, "class") != 0 && strcmp(e->name.s, "now") != 0;
}

/* Both sides, the one that knows its type first, so that it can give the other one a unit or an enum. */
static void both_sides(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    bool scale = e->op == FC_OP_MUL || e->op == FC_OP_DIV || e->op == FC_OP_MOD;
    if (scale) {
        fck_expr(k, e->a, NULL);
        fck_expr(k, e->b, e->op == FC_OP_MOD ? e->a->type : e->a->type->kind == FC_K_FLOAT ? &FC_FLOAT_T : NULL);
    } else if ((bare_number(e->a) && !bare_number(e->b)) || bare_name(k, e->a)) {
        fck_expr(k, e->b, want);
        fck_expr(k, e->a, e->b->type);
    } else {
        fck_expr(k, e->a, want);
        fck_expr(k, e->b, e->a->type);
    }
}

static const struct fc_type *check_arith(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    static const char *const verbs[] = {[FC_OP_EQ] = "compare", [FC_OP_NE] = "compare", [FC_OP_LT] = "compare", [FC_OP_LE] = "compare",
                                        [FC_OP_GT] = "compare", [FC_OP_GE] = "compare", [FC_OP_ADD] = "add", [FC_OP_SUB] = "subtract",
                                        [FC_OP_MUL] = "multiply", [FC_OP_DIV] = "divide", [FC_OP_MOD] = "divide"};
    bool compare = e->op >= FC_OP_EQ && e->op <= FC_OP_GE;
    both_sides(k, e, compare ? NULL : want);
    const struct fc_type *l = e->a->type, *r = e->b->type;
    if (l->kind == FC_K_ERROR || r->kind == FC_K_ERROR)
        return done(e, compare ? &FC_BOOL_T : &FC_ERROR_T, false);
    if (l->kind == FC_K_NULL || r->kind == FC_K_NULL) {
        struct fc_diag *g = fc_report(k->d, FC_NO_OPERATOR, e->op_span, verbs[e->op], fck_type_text(k, l, false), fck_type_text(k, r, false));
        fc_diag_help(k->d, g, "nothing equals null; ask `has x` or `not has x`");
        return done(e, &FC_ERROR_T, false);
    }
    const struct fc_operator *row = fc_operator_find(e->op, l, r);
    if (!row) {
        struct fc_diag *g = fc_report2(k->d, FC_NO_OPERATOR, e->b->span, e->a->span, verbs[e->op], fck_type_text(k, l, false), fck_type_text(k, r, false));
        if (e->op == FC_OP_ADD && (l->kind == FC_K_STRING || r->kind == FC_K_STRING))
            fc_diag_help(k->d, g, "join texts in a template: f\"{%s}{%s}\"", fck_text(k, e->a->span), fck_text(k, e->b->span));
        else if (compare && l->kind == FC_K_IP && r->kind == FC_K_CIDR)
            fc_diag_help(k->d, g, "write `in` to ask whether the address is in the prefix");
        else if (compare && l->kind == FC_K_ENUM && r->kind == FC_K_STRING)
            fc_diag_help(k->d, g, "write the name without quotes");
        return done(e, compare ? &FC_BOOL_T : &FC_ERROR_T, false);
    }
    e->info = row;
    const struct fc_type *t = row->result == l->kind ? l : row->result == r->kind ? r : row->result == FC_K_BOOL ? &FC_BOOL_T
                              : row->result == FC_K_FLOAT ? &FC_FLOAT_T : row->result == FC_K_DURATION ? &FC_DURATION_T : &FC_INT_T;
    bool nullable = e->a->nullable || e->b->nullable;
    int64_t divisor;
    if (row->nullable && (e->op == FC_OP_DIV || e->op == FC_OP_MOD) && fck_const_int(e->b, &divisor)) {
        if (divisor == 0) {
            fc_report(k->d, FC_DIVISION_BY_ZERO, e->b->span);
            return done(e, &FC_ERROR_T, false);
        }
    } else if (row->nullable) {
        nullable = true; /* division by zero; what is no address */
    }
    done(e, t, nullable);
    fck_fold(k, e);
    return t;
}

static const struct fc_type *check_in(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_type *l = NULL;
    if (bare_name(k, e->a) || bare_number(e->a)) {
        fck_expr(k, e->b, NULL);
        fck_expr(k, e->a, e->b->type->kind == FC_K_LIST ? e->b->type->elem : NULL);
        l = e->a->type;
    } else {
        l = fck_expr(k, e->a, NULL);
        const struct fc_type *hint = fc_type_list(k->a, l->kind == FC_K_IP ? &FC_CIDR_T : l);
        fck_expr(k, e->b, e->b->kind == FC_E_LIST ? hint : NULL);
    }
    const struct fc_type *r = e->b->type;
    bool nullable = e->a->nullable || e->b->nullable;
    if (l->kind == FC_K_ERROR || r->kind == FC_K_ERROR)
        return done(e, &FC_BOOL_T, false);
    bool ok = (r->kind == FC_K_LIST && fc_type_same(l, r->elem)) || (l->kind == FC_K_IP && (r->kind == FC_K_CIDR || (r->kind == FC_K_LIST && r->elem->kind == FC_K_CIDR))) ||
              (r->kind == FC_K_MAP && l->kind == FC_K_STRING);
    if (!ok || l->kind == FC_K_RECORD || l->kind == FC_K_LIST) {
        struct fc_diag *g = fc_report2(k->d, FC_NO_OPERATOR, e->b->span, e->a->span, "look for", fck_type_text(k, l, false), fck_type_text(k, r, false));
        if (l->kind == FC_K_STRING && r->kind == FC_K_LIST && r->elem->kind == FC_K_CIDR)
            fc_diag_help(k->d, g, "address(%s) gives the address", fck_text(k, e->a->span));
        return done(e, &FC_BOOL_T, false);
    }
    if (l->kind == FC_K_IP)
        nullable = true; /* what is no address is in no prefix, and not provably outside */
    return done(e, &FC_BOOL_T, nullable);
}

static const struct fc_type *check_logic(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_fact *before = k->facts;
    fck_condition(k, e->a);
    fck_assume(k, e->a, e->op == FC_OP_AND ? FC_WHEN_NOT_FALSE : FC_WHEN_NOT_TRUE);
    fck_condition(k, e->b);
    k->facts = before;
    return done(e, &FC_BOOL_T, e->a->nullable || e->b->nullable);
}

static bool always_there(const struct fc_expr *e)
{
    return e->type->kind != FC_K_ERROR && e->type->kind != FC_K_NULL && !e->nullable;
}

static const struct fc_type *check_coalesce(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    both_sides(k, e, want);
    const struct fc_type *l = e->a->type, *r = e->b->type;
    if (l->kind == FC_K_NULL)
        return done(e, r, e->b->nullable || r->kind == FC_K_NULL);
    if (r->kind != FC_K_NULL && !fc_type_same(l, r)) {
        fc_report2(k->d, FC_BRANCHES, e->b->span, e->a->span, fck_type_text(k, l, false), fck_type_text(k, r, false));
        return done(e, &FC_ERROR_T, false);
    }
    if (always_there(e->a))
        fc_report(k->d, FC_NEVER_NULL, e->a->span, fl_arena_printf(k->a, "`%s`", fck_text(k, e->a->span)), "`??`");
    return done(e, l, e->a->nullable && (e->b->nullable || r->kind == FC_K_NULL));
}

static const struct fc_type *check_cond(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    const struct fc_fact *before = k->facts;
    fck_condition(k, e->a);
    fck_assume(k, e->a, FC_WHEN_TRUE);
    const struct fc_type *b, *c;
    bool late = bare_number(e->b) && !want;
    b = late ? NULL : fck_expr(k, e->b, want);
    const struct fc_fact *then_facts = k->facts;
    k->facts = before;
    fck_assume(k, e->a, FC_WHEN_NOT_TRUE);
    c = fck_expr(k, e->c, want ? want : b && b->kind != FC_K_NULL ? b : NULL);
    if (late) {
        k->facts = then_facts;
        b = fck_expr(k, e->b, c);
    }
    k->facts = before;
    if (b->kind == FC_K_NULL && c->kind != FC_K_NULL)
        return done(e, c, true);
    if (c->kind != FC_K_NULL && !fc_type_same(b, c)) {
        fc_report2(k->d, FC_BRANCHES, e->c->span, e->b->span, fck_type_text(k, b, false), fck_type_text(k, c, false));
        return done(e, &FC_ERROR_T, false);
    }
    return done(e, b->kind == FC_K_ERROR ? c : b, e->b->nullable || e->c->nullable || c->kind == FC_K_NULL);
}

static const struct fc_type *check_matches(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_type *l = fck_expr(k, e->a, &FC_STRING_T);
    if (l->kind != FC_K_STRING)
        fck_mismatch(k, e->a, &FC_STRING_T);
    fck_expr(k, e->b, &FC_STRING_T);
    const struct fc_expr *pattern = e->b->kind == FC_E_NAME && e->b->sym && e->b->sym->kind == FC_SYM_CONST ? e->b->sym->value : e->b;
    if (pattern->kind != FC_E_STRING) {
        if (e->b->type->kind != FC_K_ERROR)
            fc_report(k->d, FC_NOT_CONSTANT, e->b->span, "a regular expression");
    } else {
        e->b = (struct fc_expr *)pattern;
    }
    return done(e, &FC_BOOL_T, e->a->nullable);
}

/*
 * `a in list ?? false`: `??` binds tighter than the comparison, but a truth value as the default of a list or number
 * can only be meant for the comparison.
 */
static void rotate_default(struct fc_checker *k, struct fc_expr *e)
{
    struct fc_expr *r = e->b;
    if (e->op < FC_OP_LT || e->op > FC_OP_MATCHES || r->kind != FC_E_BINARY || r->op != FC_OP_COALESCE || r->b->kind != FC_E_BOOL)
        return;
    struct fc_expr *cmp = fc_expr_new(k->a, FC_E_BINARY, fc_span_join(e->a->span, r->a->span));
    cmp->op = e->op;
    cmp->op_span = e->op_span;
    cmp->a = e->a;
    cmp->b = r->a;
    e->op = FC_OP_COALESCE;
    e->op_span = r->op_span;
    e->a = cmp;
    e->b = r->b;
}

static const struct fc_type *check_binary(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    rotate_default(k, e);
    switch (e->op) {
    case FC_OP_AND:
    case FC_OP_OR:
        return check_logic(k, e);
    case FC_OP_IN:
        return check_in(k, e);
    case FC_OP_MATCHES:
        return check_matches(k, e);
    case FC_OP_COALESCE:
        return check_coalesce(k, e, want);
    default:
        return check_arith(k, e, want);
    }
}

static const struct fc_type *check_unary(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    if (e->op == FC_OP_NOT) {
        fck_condition(k, e->a);
        return done(e, &FC_BOOL_T, e->a->nullable);
    }
    const struct fc_type *t = fck_expr(k, e->a, e->op == FC_OP_NEG ? want : NULL);
    if (e->op == FC_OP_HAS) {
        if (always_there(e->a))
            fc_report(k->d, FC_NEVER_NULL, e->span, fl_arena_printf(k->a, "`%s`", fck_text(k, e->a->span)), "`has`");
        return done(e, &FC_BOOL_T, false);
    }
    if (!fc_type_number(t) && t->kind != FC_K_ERROR) {
        fc_report(k->d, FC_TYPE_MISMATCH, e->a->span, "a number", fck_type_text(k, t, false));
        return done(e, &FC_ERROR_T, false);
    }
    done(e, t, e->a->nullable);
    fck_fold(k, e);
    return t;
}

/* ---- tables and maps ---------------------------------------------------------------------------------------------- */

static const struct fc_type *check_index(struct fc_checker *k, struct fc_expr *e)
{
    struct fc_sym *s = e->a->kind == FC_E_NAME && !fck_find(k->local, e->a->name.s) ? fck_find(k->top, e->a->name.s) : NULL;
    if (s && s->kind == FC_SYM_TABLE) {
        s->used++;
        e->sym = s;
        int n = 0;
        bool nullable_key = false;
        for (struct fc_expr *x = e->args; x; x = x->next, n++) {
            if (n < s->nkeys) {
                if (!fck_expr_as(k, x, s->keys[n], true))
                    return done(e, &FC_ERROR_T, false);
                nullable_key |= x->nullable;
            }
        }
        if (n != s->nkeys) {
            fc_report(k->d, FC_ARGUMENTS, e->span, s->name, fl_arena_printf(k->a, "%d key%s", s->nkeys, s->nkeys == 1 ? "" : "s"), n);
            return done(e, &FC_ERROR_T, false);
        }
        (void)nullable_key;
        return done(e, s->type, true);
    }
    const struct fc_type *t = fck_expr(k, e->a, NULL);
    if (t->kind == FC_K_ERROR)
        return t->kind == FC_K_ERROR ? done(e, &FC_ERROR_T, false) : t;
    if (t->kind != FC_K_MAP) {
        fc_report(k->d, FC_NOT_INDEXED, e->a->span, fck_type_text(k, t, false));
        return done(e, &FC_ERROR_T, false);
    }
    fck_expr_as(k, e->args, &FC_STRING_T, true);
    return done(e, t->elem, true);
}

/* ---- any(x in list where cond) --------------------------------------------------------------------------------------- */

static const struct fc_type *check_any(struct fc_checker *k, struct fc_expr *e)
{
    if (strcmp(e->name.s, "any") != 0) {
        fc_report(k->d, FC_LATER, e->name.span, fl_arena_printf(k->a, "`%s(x in list where ..)`", e->name.s));
        return done(e, &FC_ERROR_T, false);
    }
    const struct fc_type *t = fck_expr(k, e->a, NULL);
    if (t->kind != FC_K_LIST) {
        if (t->kind != FC_K_ERROR)
            fc_report(k->d, FC_TYPE_MISMATCH, e->a->span, "a list", fck_type_text(k, t, false));
        return done(e, &FC_ERROR_T, false);
    }
    struct fc_sym *before = k->local;
    const struct fc_fact *facts = k->facts;
    if (fck_find(k->local, e->args->name.s))
        fc_report(k->d, FC_DUPLICATE, e->args->name.span, e->args->name.s);
    e->sym = fck_local(k, FC_SYM_LOCAL, e->args->name, t->elem, false);
    fck_condition(k, e->b);
    k->local = before;
    k->facts = facts;
    return done(e, &FC_BOOL_T, e->a->nullable);
}

/* ---- all --------------------------------------------------------------------------------------------------------------- */

struct fc_sym *fck_local(struct fc_checker *k, enum fc_sym_kind kind, struct fc_name name, const struct fc_type *type, bool optional)
{
    struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
    s->kind = kind;
    s->name = name.s;
    s->span = name.span;
    s->type = type;
    s->optional = optional;
    s->up = k->local;
    k->local = s;
    return s;
}

static const struct fc_type *check_number(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    if (want && want->kind == FC_K_DURATION) {
        if (e->i == 0)
            return done(e, &FC_DURATION_T, false);
        struct fc_diag *g = fc_report(k->d, FC_NEEDS_UNIT, e->span);
        fc_diag_help(k->d, g, "write %llds if seconds are meant", (long long)e->i);
        return done(e, &FC_ERROR_T, false);
    }
    if (want && want->kind == FC_K_TIME && e->i == 0)
        return done(e, &FC_TIME_T, false); /* 1970, as a default */
    if (want && (want->kind == FC_K_BYTES || want->kind == FC_K_PACKETS))
        return done(e, want->kind == FC_K_BYTES ? &FC_BYTES_T : &FC_PACKETS_T, false);
    if (want && want->kind == FC_K_FLOAT) {
        e->kind = FC_E_FLOAT;
        e->f = (double)e->i;
        return done(e, &FC_FLOAT_T, false);
    }
    return done(e, &FC_INT_T, false);
}

static const struct fc_type *check_address(struct fc_checker *k, struct fc_expr *e)
{
    char host[80];
    unsigned char raw[16];
    const char *slash = strchr(e->s, '/');
    size_t n = slash ? (size_t)(slash - e->s) : strlen(e->s);
    int family = 0;
    if (n < sizeof host) {
        memcpy(host, e->s, n);
        host[n] = 0;
        family = inet_pton(AF_INET, host, raw) == 1 ? 4 : inet_pton(AF_INET6, host, raw) == 1 ? 6 : 0;
    }
    bool ok = family != 0;
    if (slash && ok) {
        char *end;
        unsigned long bits = strtoul(slash + 1, &end, 10);
        ok = slash[1] >= '0' && slash[1] <= '9' && *end == 0 && bits <= (family == 4 ? 32u : 128u) && !(slash[1] == '0' && slash[2]);
    }
    if (!ok) {
        fc_report(k->d, FC_BAD_ADDRESS, e->span, e->s);
        return done(e, &FC_ERROR_T, false);
    }
    return done(e, slash ? &FC_CIDR_T : &FC_IP_T, false);
}

const struct fc_type *fck_expr(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    switch (e->kind) {
    case FC_E_INT:
        return e->type ? e->type : check_number(k, e, want);
    case FC_E_FLOAT:
        return done(e, &FC_FLOAT_T, false);
    case FC_E_DURATION:
        return done(e, &FC_DURATION_T, false);
    case FC_E_SIZE:
        return done(e, &FC_BYTES_T, false);
    case FC_E_ADDRESS:
        return check_address(k, e);
    case FC_E_STRING:
        return done(e, &FC_STRING_T, false);
    case FC_E_BOOL:
        return done(e, &FC_BOOL_T, false);
    case FC_E_NULL:
        return done(e, &FC_NULL_T, true);
    case FC_E_NAME:
        return check_name(k, e, want);
    case FC_E_FIELD:
        return check_field(k, e);
    case FC_E_INDEX:
        return check_index(k, e);
    case FC_E_CALL:
        return fck_call(k, e, want);
    case FC_E_ANY:
        return check_any(k, e);
    case FC_E_LIST:
        return fck_list(k, e, want);
    case FC_E_MATCH:
        return fck_match(k, e, want);
    case FC_E_NEW:
        return fck_new(k, e);
    case FC_E_TEMPLATE:
        return fck_template(k, e);
    case FC_E_COND:
        return check_cond(k, e, want);
    case FC_E_BINARY:
        return check_binary(k, e, want);
    case FC_E_UNARY:
        return check_unary(k, e, want);
    }
    return done(e, &FC_ERROR_T, false);
}

bool fck_expr_as(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want, bool optional)
{
    const struct fc_type *t = fck_expr(k, e, want);
    if (t->kind == FC_K_ERROR || want->kind == FC_K_ERROR)
        return false;
    if (t->kind != FC_K_NULL && !fc_type_same(t, want)) {
        fck_mismatch(k, e, want);
        return false;
    }
    if (!optional && (e->nullable || t->kind == FC_K_NULL)) {
        struct fc_diag *g = fc_report(k->d, FC_MAY_BE_NULL, e->span, fl_arena_printf(k->a, "`%s`", fck_text(k, e->span)));
        fc_diag_help(k->d, g, "give a default with `%s ?? ..`, or guard it with `has`", fck_text(k, e->span));
        return false;
    }
    return true;
}
