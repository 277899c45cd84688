/*
 * operator.c - operators: arithmetic by the rows of dsl/ops.def, comparison, logic, `??` and `?:`.
 *
 * The side that knows its type is checked first, so that it can give a bare number its unit and a bare name its enum.
 */
#include <string.h>

#include "check/checker.h"

static bool bare_number(const struct fc_expr *e)
{
    if (e->kind == FC_E_UNARY && e->op == FC_OP_NEG)
        return bare_number(e->a);
    return e->kind == FC_E_INT;
}

/* Numbers without a unit and what is computed from them: they take the unit of the place as a whole. */
static bool constant_number(const struct fc_expr *e)
{
    if (e->kind == FC_E_BINARY && e->op >= FC_OP_ADD && e->op <= FC_OP_MOD)
        return constant_number(e->a) && constant_number(e->b);
    return bare_number(e);
}

static bool bare_name(struct fc_checker *k, const struct fc_expr *e)
{
    return e->kind == FC_E_NAME && !e->sym && !fck_find(k->local, e->name.s) && !fck_global(k, e->name.s) &&
           !(fck_sees_record(k) && fck_current(k) && fc_member_find(fck_current(k), e->name.s)) &&
           strcmp(e->name.s, "class") != 0 && strcmp(e->name.s, "now") != 0;
}

bool fck_bare(struct fc_checker *k, const struct fc_expr *e)
{
    return constant_number(e) || bare_name(k, e);
}

/* The other side: a name that only the first one's type could have explained is no second mistake. */
static void other_side(struct fc_checker *k, struct fc_expr *e, const struct fc_type *first)
{
    if (first->kind == FC_K_ERROR && bare_name(k, e))
        fck_done(e, &FC_ERROR_T, false);
    else
        fck_expr(k, e, first);
}

/* Both sides, the one that knows its type first, so that it can give the other one a unit or an enum. */
static void both_sides(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    bool scale = e->op == FC_OP_MUL || e->op == FC_OP_DIV || e->op == FC_OP_MOD;
    if (scale && bare_number(e->a) && !constant_number(e->b)) { /* 8 * bytes, 2 * rate */
        fck_expr(k, e->b, NULL);
        fck_expr(k, e->a, e->b->type->kind == FC_K_FLOAT ? &FC_FLOAT_T : NULL);
    } else if (scale) {
        fck_expr(k, e->a, constant_number(e) ? want : NULL);
        fck_expr(k, e->b, e->op == FC_OP_MOD ? e->a->type : e->a->type->kind == FC_K_FLOAT ? &FC_FLOAT_T : NULL);
    } else if ((constant_number(e->a) && !constant_number(e->b)) || bare_name(k, e->a)) {
        fck_expr(k, e->b, want);
        other_side(k, e->a, e->b->type);
    } else {
        fck_expr(k, e->a, want);
        other_side(k, e->b, e->a->type);
    }
}

static bool kinds(const struct fc_expr *e, enum fc_kind one, enum fc_kind other)
{
    enum fc_kind l = e->a->type->kind, r = e->b->type->kind;
    return (l == one && r == other) || (l == other && r == one);
}

/* No row of dsl/ops.def has these types: say so, and what was probably meant. */
static void no_operator(struct fc_checker *k, const struct fc_expr *e)
{
    const struct fc_expr *l = e->a, *r = e->b;
    const char *lt = fck_type_text(k, l->type, false), *rt = fck_type_text(k, r->type, false);
    const char *what = e->op == FC_OP_ADD   ? fl_arena_printf(k->a, "cannot add %s to %s", rt, lt)
                       : e->op == FC_OP_SUB ? fl_arena_printf(k->a, "cannot subtract %s from %s", rt, lt)
                       : e->op == FC_OP_MUL ? fl_arena_printf(k->a, "cannot multiply %s by %s", lt, rt)
                       : e->op == FC_OP_IN  ? fl_arena_printf(k->a, "cannot look for %s in %s", lt, rt)
                       : e->op <= FC_OP_GE  ? fl_arena_printf(k->a, "cannot compare %s with %s", lt, rt)
                                            : fl_arena_printf(k->a, "cannot divide %s by %s", lt, rt);
    struct fc_diag *g = fc_report2(k->d, FC_NO_OPERATOR, r->span, l->span, what);
    const struct fc_expr *text = l->type->kind == FC_K_STRING ? l : r, *enumerated = l->type->kind == FC_K_ENUM ? l : r;
    bool compare = e->op >= FC_OP_EQ && e->op <= FC_OP_GE;
    if (compare && (l->type->kind == FC_K_NULL || r->type->kind == FC_K_NULL))
        fc_diag_help(k->d, g, "nothing is equal to null; ask `has %s` or `not has %s`",
                     fck_text(k, (l->type->kind == FC_K_NULL ? r : l)->span),
                     fck_text(k, (l->type->kind == FC_K_NULL ? r : l)->span));
    else if (e->op == FC_OP_ADD && (l->type->kind == FC_K_STRING || r->type->kind == FC_K_STRING))
        fc_diag_help(k->d, g, "texts are joined in a template, as f\"{a}/{b}\"");
    else if (compare && kinds(e, FC_K_IP, FC_K_CIDR))
        fc_diag_help(k->d, g, "`address in prefix` asks whether the address lies in the prefix");
    else if (compare && kinds(e, FC_K_IP, FC_K_STRING))
        fc_diag_help(k->d, g, text->kind == FC_E_STRING ? "write the address without quotes"
                     : "address(%s) is the text as an address", fck_text(k, text->span));
    else if (compare && enumerated->type->kind == FC_K_ENUM)
        fc_diag_help(k->d, g, "compare it with one of its names, without quotes: %s",
                     enumerated->type->en->list ? enumerated->type->en->list->name.s : "");
    else if (kinds(e, FC_K_INT, FC_K_FLOAT))
        fc_diag_help(k->d, g, "float(%s) is the same number as a float",
                     fck_text(k, (l->type->kind == FC_K_INT ? l : r)->span));
    else if (kinds(e, FC_K_INT, FC_K_BYTES) || kinds(e, FC_K_INT, FC_K_PACKETS))
        fc_diag_help(k->d, g, "int(%s) is the number without its unit",
                     fck_text(k, (l->type->kind == FC_K_INT ? r : l)->span));
    else if (kinds(e, FC_K_INT, FC_K_DURATION) || kinds(e, FC_K_INT, FC_K_TIME))
        fc_diag_help(k->d, g, "write seconds as 5s; seconds(%s) and millis(%s) are numbers",
                     fck_text(k, (l->type->kind == FC_K_INT ? r : l)->span),
                     fck_text(k, (l->type->kind == FC_K_INT ? r : l)->span));
    else if (compare && (l->type->kind == FC_K_RECORD || l->type->kind == FC_K_LIST || l->type->kind == FC_K_MAP))
        fc_diag_help(k->d, g, "records, lists and maps are not compared as a whole");
    else if (compare && kinds(e, FC_K_INT, FC_K_STRING))
        fc_diag_help(k->d, g, text->kind == FC_E_STRING ? "write the number without quotes"
                     : "int(%s) is the text as a number", fck_text(k, text->span));
    else if (e->op == FC_OP_IN && l->type->kind == FC_K_STRING && r->type->kind == FC_K_LIST &&
             r->type->elem->kind == FC_K_CIDR)
        fc_diag_help(k->d, g, "address(%s) is the text as an address", fck_text(k, l->span));
    else if (e->op == FC_OP_IN && l->type->kind == FC_K_IP && r->kind == FC_E_STRING)
        fc_diag_help(k->d, g, "write addresses and prefixes without quotes: `%s`", r->s);
    else if (e->op == FC_OP_IN && kinds(e, FC_K_STRING, FC_K_STRING))
        fc_diag_help(k->d, g, "contains(%s, %s) asks whether a text is part of another", fck_text(k, r->span),
                     fck_text(k, l->span));
    else if (e->op == FC_OP_IN && fc_type_number(l->type) && fc_type_number(r->type))
        fc_diag_help(k->d, g, "a list stands in brackets, `[80, 443]`; a range is `%s >= least and %s <= most`", fck_text(k, l->span),
                     fck_text(k, l->span));
    else if (e->op == FC_OP_IN && l->type->kind == FC_K_IP && (r->kind == FC_E_BINARY || r->kind == FC_E_INT))
        fc_diag_help(k->d, g, "a prefix has all of its address: `10.0.0.0/8`");
    else if (e->op == FC_OP_SUB && kinds(e, FC_K_IP, FC_K_IP))
        fc_diag_help(k->d, g, "a range of addresses is written as prefixes: `[10.0.0.0/25, 10.0.0.128/26]`");
    else if (e->op == FC_OP_IN && r->type->kind != FC_K_LIST)
        fc_diag_help(k->d, g, "`in` looks into a list, a prefix, or the names of a map");
}

static const struct fc_type *check_arith(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    bool compare = e->op >= FC_OP_EQ && e->op <= FC_OP_GE;
    both_sides(k, e, compare ? NULL : want);
    const struct fc_type *l = e->a->type, *r = e->b->type;
    if (l->kind == FC_K_ERROR || r->kind == FC_K_ERROR)
        return fck_done(e, compare ? &FC_BOOL_T : &FC_ERROR_T, false);
    const struct fc_operator *row = fc_operator_find(e->op, l, r);
    if (!row) {
        no_operator(k, e);
        return fck_done(e, compare ? &FC_BOOL_T : &FC_ERROR_T, false);
    }
    e->info = row;
    const struct fc_type *t = row->result == l->kind ? fc_type_either(l, r) : row->result == r->kind ? r : row->result == FC_K_BOOL
        ? &FC_BOOL_T
                              : row->result == FC_K_FLOAT ? &FC_FLOAT_T : row->result == FC_K_DURATION ? &FC_DURATION_T
                                  : &FC_INT_T;
    bool nullable = e->a->nullable || e->b->nullable;
    bool zero;
    if (row->nullable && (e->op == FC_OP_DIV || e->op == FC_OP_MOD) && fck_const_zero(e->b, &zero)) {
        if (zero) {
            fc_report(k->d, FC_DIVISION_BY_ZERO, e->b->span);
            return fck_done(e, &FC_ERROR_T, false);
        }
    } else if (row->nullable) {
        nullable = true; /* division by zero; what is no address */
    }
    fck_done(e, t, nullable);
    fck_fold(k, e);
    return t;
}

/* [10.0.0.0/8, 192.0.2.1, gateway]: prefixes and addresses, constant or not. Looked at as a list of prefixes. */
static void check_addresses(struct fc_checker *k, struct fc_expr *list)
{
    for (struct fc_expr *x = list->args; x; x = x->next) {
        const struct fc_type *t = fck_expr(k, x, NULL);
        if (t->kind != FC_K_ERROR && t->kind != FC_K_IP && t->kind != FC_K_CIDR)
            fck_mismatch(k, x, &FC_IP_T);
        else if (x->nullable)
            fck_help_null(k, fck_may_be_null(k, x), x);
    }
    fck_done(list, fc_type_list(k->a, &FC_CIDR_T), false);
}

/* `x in TABLE`: is there a row for it? The table becomes the row. */
static bool in_table(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_sym *s = e->b->kind == FC_E_NAME && !fck_find(k->local, e->b->name.s) ? fck_global(k, e->b->name.s) : NULL;
    if (!s || s->kind != FC_SYM_TABLE)
        return false;
    struct fc_expr *row = fc_expr_new(k->a, FC_E_INDEX, e->b->span);
    row->a = e->b;
    row->args = e->a;
    e->b = row;
    e->i = 1;
    bool ok = fck_expr(k, row, NULL)->kind != FC_K_ERROR;
    fck_done(e, &FC_BOOL_T, ok && (e->a->nullable || e->a->type->kind == FC_K_IP));
    return true;
}

static const struct fc_type *check_in(struct fc_checker *k, struct fc_expr *e)
{
    if (in_table(k, e))
        return e->type;
    const struct fc_type *l = NULL;
    if (bare_name(k, e->a) || bare_number(e->a)) {
        fck_expr(k, e->b, NULL);
        fck_expr(k, e->a, e->b->type->kind == FC_K_LIST ? e->b->type->elem : NULL);
        l = e->a->type;
    } else {
        l = fck_expr(k, e->a, NULL);
        if (l->kind == FC_K_ERROR && e->b->kind == FC_E_LIST)
            return fck_done(e, &FC_BOOL_T, false);
        bool list = e->b->kind == FC_E_LIST;
        bool addresses = list && e->b->args && e->b->args->kind == FC_E_ADDRESS && l->kind == FC_K_STRING;
        if (list && l->kind == FC_K_IP)
            check_addresses(k, e->b);
        else
            fck_expr(k, e->b, list && !addresses ? fc_type_list(k->a, l) : NULL);
    }
    const struct fc_type *r = e->b->type;
    bool nullable = e->a->nullable || e->b->nullable;
    if (l->kind == FC_K_ERROR || r->kind == FC_K_ERROR)
        return fck_done(e, &FC_BOOL_T, false);
    bool ok = (r->kind == FC_K_LIST && fc_type_same(l, r->elem)) ||
        (l->kind == FC_K_IP && (r->kind == FC_K_CIDR || (r->kind == FC_K_LIST && r->elem->kind == FC_K_CIDR))) ||
              (r->kind == FC_K_MAP && l->kind == FC_K_STRING);
    if (!ok || l->kind == FC_K_RECORD || l->kind == FC_K_LIST || l->kind == FC_K_MAP) {
        no_operator(k, e);
        return fck_done(e, &FC_BOOL_T, false);
    }
    if (l->kind == FC_K_IP)
        nullable = true; /* what is no address is in no prefix, and not provably outside */
    return fck_done(e, &FC_BOOL_T, nullable);
}

/* `x == 80 or 443`: the other values of a comparison, without it. True: reported. */
static bool more_values(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_expr *first = e;
    while (first->kind == FC_E_BINARY && first->op == FC_OP_OR)
        first = first->a;
    bool literal = e->b->kind == FC_E_INT || e->b->kind == FC_E_STRING || e->b->kind == FC_E_ADDRESS || e->b->kind == FC_E_DURATION ||
                   e->b->kind == FC_E_SIZE || e->b->kind == FC_E_FLOAT;
    if (e->op != FC_OP_OR || !literal || first->kind != FC_E_BINARY || (first->op != FC_OP_EQ && first->op != FC_OP_IN))
        return false;
    fck_expr(k, e->b, NULL);
    struct fc_diag *g = fc_report(k->d, FC_NOT_BOOL, e->b->span, fck_type_text(k, e->b->type, false));
    fc_diag_help(k->d, g, "one of several values is asked for with a list: `%s in [%s, %s]`", fck_text(k, first->a->span),
                 fck_text(k, first->b->span), fck_text(k, e->b->span));
    return true;
}

static const struct fc_type *check_logic(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_fact *before = k->facts;
    if (more_values(k, e))
        return fck_done(e, &FC_ERROR_T, false);
    fck_condition(k, e->a);
    fck_assume(k, e->a, e->op == FC_OP_AND ? FC_WHEN_NOT_FALSE : FC_WHEN_NOT_TRUE);
    fck_condition(k, e->b);
    k->facts = before;
    return fck_done(e, &FC_BOOL_T, e->a->nullable || e->b->nullable);
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
        return fck_done(e, r, e->b->nullable || r->kind == FC_K_NULL);
    if (r->kind != FC_K_NULL && !fc_type_same(l, r)) {
        struct fc_diag *g = fc_report2(k->d, FC_BRANCHES, e->b->span, e->a->span, fck_type_text(k, l, false),
                                       fck_type_text(k, r, false));
        if (r->kind == FC_K_STRING && fck_has_text(l))
            fc_diag_help(k->d, g, "write text(%s) ?? %s", fck_text(k, e->a->span), fck_text(k, e->b->span));
        else if (l->kind == FC_K_STRING && fck_has_text(r))
            fc_diag_help(k->d, g, e->b->kind <= FC_E_SIZE ? "write \"%s\" in quotes" : "write text(%s)", fck_text(k, e->b->span));
        else if (e->b->kind == FC_E_BOOL)
            fc_diag_help(k->d, g, "`??` binds closer than a comparison: write (a == b) ?? %s", fck_text(k, e->b->span));
        return fck_done(e, &FC_ERROR_T, false);
    }
    if (always_there(e->a))
        fc_report(k->d, FC_NEVER_NULL, e->a->span, fl_arena_printf(k->a, "`%s`", fck_text(k, e->a->span)), "`??`");
    return fck_done(e, fc_type_either(l, r), e->a->nullable && (e->b->nullable || r->kind == FC_K_NULL));
}

const struct fc_type *fck_cond(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    const struct fc_fact *before = k->facts;
    unsigned errors = k->d->errors;
    fck_condition(k, e->a);
    bool wrong = k->d->errors != errors; /* often `?:` was meant to take less: its type says nothing then */
    fck_assume(k, e->a, FC_WHEN_TRUE);
    const struct fc_type *b, *c;
    bool late = fck_bare(k, e->b) && !want;
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
    if (wrong)
        return fck_done(e, &FC_ERROR_T, false);
    if (b->kind == FC_K_NULL && c->kind != FC_K_NULL)
        return fck_done(e, c, true);
    if (c->kind != FC_K_NULL && !fc_type_same(b, c)) {
        fc_report2(k->d, FC_BRANCHES, e->c->span, e->b->span, fck_type_text(k, b, false), fck_type_text(k, c, false));
        return fck_done(e, &FC_ERROR_T, false);
    }
    return fck_done(e, b->kind == FC_K_ERROR ? c : fc_type_either(b, c), e->b->nullable || e->c->nullable || c->kind == FC_K_NULL);
}

static const struct fc_type *check_matches(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_type *l = fck_expr(k, e->a, &FC_STRING_T);
    if (l->kind != FC_K_STRING)
        fck_mismatch(k, e->a, &FC_STRING_T);
    fck_expr(k, e->b, &FC_STRING_T);
    unsigned groups;
    const struct fc_expr *pattern = fck_regex(k, e->b, &groups);
    if (pattern)
        e->b = (struct fc_expr *)pattern;
    return fck_done(e, &FC_BOOL_T, e->a->nullable);
}

/*
 * `a in list ?? false`: `??` binds tighter than the comparison, but a truth value as the default of a list or number
 * can only be meant for the comparison.
 */
static void rotate_default(struct fc_checker *k, struct fc_expr *e)
{
    struct fc_expr *r = e->b;
    if (e->op < FC_OP_EQ || e->op > FC_OP_MATCHES || r->kind != FC_E_BINARY || r->op != FC_OP_COALESCE ||
        r->b->kind != FC_E_BOOL)
        return;
    if (e->op <= FC_OP_NE && (r->a->kind > FC_E_STRING)) /* flags are compared with == too */
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

const struct fc_type *fck_binary(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
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

const struct fc_type *fck_unary(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    if (e->op == FC_OP_NOT) {
        fck_condition(k, e->a);
        return fck_done(e, &FC_BOOL_T, e->a->nullable);
    }
    const struct fc_type *t = fck_expr(k, e->a, e->op == FC_OP_NEG ? want : NULL);
    if (e->op == FC_OP_HAS) {
        if (always_there(e->a))
            fc_report(k->d, FC_NEVER_NULL, e->span, fl_arena_printf(k->a, "`%s`", fck_text(k, e->a->span)), "`has`");
        return fck_done(e, &FC_BOOL_T, false);
    }
    if (!fc_type_number(t) && t->kind != FC_K_ERROR) {
        fc_report(k->d, FC_TYPE_MISMATCH, e->a->span, "a number", fck_type_text(k, t, false));
        return fck_done(e, &FC_ERROR_T, false);
    }
    fck_done(e, t, e->a->nullable);
    fck_fold(k, e);
    return t;
}

