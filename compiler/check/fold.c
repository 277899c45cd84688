/*
 * fold.c - constants: arithmetic on literals is done by the functions that the runtime uses (dsl/ops.h), so folding and
 * running agree. Names of consts are followed.
 */
#include <string.h>

#include "check/checker.h"
#include "dsl/ops.h"

const struct fc_expr *fck_behind(const struct fc_expr *e)
{
    while (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_CONST && e->sym->value)
        e = e->sym->value;
    return e;
}

static bool literal(const struct fc_expr *e)
{
    return e->kind == FC_E_INT || e->kind == FC_E_DURATION || e->kind == FC_E_SIZE;
}

bool fck_const_int(const struct fc_expr *e, int64_t *value)
{
    e = fck_behind(e);
    if (!literal(e))
        return false;
    *value = e->i;
    return true;
}

bool fck_const_zero(const struct fc_expr *e, bool *zero)
{
    e = fck_behind(e);
    *zero = e->kind == FC_E_FLOAT ? e->f == 0 : e->i == 0;
    return literal(e) || e->kind == FC_E_FLOAT;
}

static void become(struct fc_expr *e, int64_t value)
{
    e->kind = FC_E_INT; /* the type, set by check, keeps the unit */
    e->i = value;
    e->a = e->b = NULL;
}

static bool const_float(const struct fc_expr *e, double *value)
{
    e = fck_behind(e);
    *value = e->kind == FC_E_FLOAT ? e->f : (double)e->i;
    return e->kind == FC_E_FLOAT || literal(e);
}

/* A float, or a float of two numbers with units. */
static void fold_float(struct fc_expr *e)
{
    const struct fc_operator *row = e->info;
    double x, y, r;
    if (e->kind != FC_E_BINARY || !const_float(e->a, &x) || !const_float(e->b, &y))
        return;
    switch (e->op) {
    case FC_OP_ADD:
        r = x + y;
        break;
    case FC_OP_SUB:
        r = x - y;
        break;
    case FC_OP_MUL:
        r = x * y;
        break;
    default:
        if (row->right == FC_K_DURATION && row->left != FC_K_DURATION ? !fl_rate(fck_behind(e->a)->i, fck_behind(e->b)->i, &r) : !fl_fdiv(x, y, &r))
            return;
    }
    if (r - r != 0)
        return;
    e->kind = FC_E_FLOAT;
    e->f = r;
    e->a = e->b = NULL;
}

void fck_fold(struct fc_checker *k, struct fc_expr *e)
{
    uint64_t over = 0;
    int64_t x, y, r = 0;
    if (e->kind == FC_E_UNARY && e->op == FC_OP_NEG && e->a->kind == FC_E_FLOAT) {
        e->kind = FC_E_FLOAT;
        e->f = -e->a->f;
        e->a = NULL;
        return;
    }
    if (e->type && e->type->kind == FC_K_FLOAT)
        fold_float(e);
    if (e->type == NULL || !fc_type_integral(e->type))
        return;
    if (e->kind == FC_E_UNARY && e->op == FC_OP_NEG && fck_const_int(e->a, &x)) {
        become(e, fl_sub(0, x, &over));
    } else if (e->kind == FC_E_BINARY && fck_const_int(e->a, &x) && fck_const_int(e->b, &y)) {
        switch (e->op) {
        case FC_OP_ADD:
            r = fl_add(x, y, &over);
            break;
        case FC_OP_SUB:
            r = fl_sub(x, y, &over);
            break;
        case FC_OP_MUL:
            r = fl_mul(x, y, &over);
            break;
        case FC_OP_DIV:
            if (!fl_div(x, y, &r, &over))
                return;
            break;
        case FC_OP_MOD:
            if (!fl_mod(x, y, &r))
                return;
            break;
        default:
            return;
        }
        become(e, r);
    }
    if (over)
        fc_report(k->d, FC_CONST_OVERFLOW, e->span);
}

/* ---- texts ---- */

enum { MOST_TEXT = 1 << 16 };

const struct fc_type *fck_constant_text(struct fc_checker *k, struct fc_expr *e)
{
    if (e->len <= MOST_TEXT)
        return fck_done(e, &FC_STRING_T, false);
    fc_report(k->d, FC_TOO_MUCH, e->span, "bytes in a constant text", "65536");
    return fck_done(e, &FC_ERROR_T, false);
}

void fck_fold_template(struct fc_checker *k, struct fc_expr *e)
{
    size_t n = 0;
    bool all = true;
    for (const struct fc_expr *x = e->args; x; x = x->next) {
        const struct fc_expr *text = fck_behind(x);
        bool constant = text->kind == FC_E_STRING && text->type && text->type->kind == FC_K_STRING;
        all &= constant;
        n += constant ? text->len : 0;
        if (n > MOST_TEXT) {
            fc_report(k->d, FC_TOO_MUCH, e->span, "bytes in a constant text", "65536");
            fck_done(e, &FC_ERROR_T, false);
            return;
        }
    }
    if (!all)
        return;
    char *s = fl_arena_get(k->a, n + 1);
    size_t at = 0;
    for (const struct fc_expr *x = e->args; x; x = x->next) {
        const struct fc_expr *text = fck_behind(x);
        memcpy(s + at, text->s, text->len);
        at += text->len;
    }
    s[at] = 0;
    e->kind = FC_E_STRING;
    e->s = s;
    e->len = (uint32_t)at;
    e->args = NULL;
}
