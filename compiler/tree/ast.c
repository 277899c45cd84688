/* ast.c - constructors of expressions; see make.h. The dump is dump.c. */
#include "tree/make.h"

#include <string.h>

/* In front of each expression, so that struct fc_expr has nothing that only the parser needs. */
struct height {
    unsigned n;
} __attribute__((aligned(16)));

static unsigned *height_of(struct fc_expr *e)
{
    return &((struct height *)(void *)e - 1)->n;
}

struct fc_expr *fc_expr_new(struct fl_arena *a, enum fc_expr_kind kind, struct fc_span span)
{
    struct height *h = fl_arena_zero(a, sizeof *h + sizeof(struct fc_expr));
    struct fc_expr *e = (struct fc_expr *)(void *)(h + 1);
    h->n = 1;
    e->kind = kind;
    e->span = span;
    return e;
}

static void over(unsigned *top, struct fc_expr *e)
{
    for (; e; e = e->next)
        if (*height_of(e) > *top)
            *top = *height_of(e);
}

static void over_fields(unsigned *top, const struct fc_field *f)
{
    for (; f; f = f->next) {
        over(top, f->value);
        over_fields(top, f->fields);
    }
}

unsigned fc_expr_height(struct fc_expr *e)
{
    unsigned top = 0;
    over(&top, e->a);
    over(&top, e->b);
    over(&top, e->c);
    over(&top, e->args);
    for (const struct fc_arm *m = e->arms; m; m = m->next)
        over(&top, m->value);
    over_fields(&top, e->fields);
    return *height_of(e) = top + 1;
}

struct fc_expr *fc_expr_unary(struct fl_arena *a, enum fc_op op, struct fc_span op_span, struct fc_expr *e)
{
    struct fc_expr *n = fc_expr_new(a, FC_E_UNARY, fc_span_join(op_span, e->span));
    n->op = op;
    n->op_span = op_span;
    n->a = e;
    return n;
}

struct fc_expr *fc_expr_binary(struct fl_arena *a, struct fc_expr *l, enum fc_op op, struct fc_span op_span, struct fc_expr *r)
{
    struct fc_expr *n = fc_expr_new(a, FC_E_BINARY, fc_span_join(l->span, r->span));
    n->op = op;
    n->op_span = op_span;
    n->a = l;
    n->b = r;
    return n;
}

bool fc_same_pattern(const struct fc_pattern *a, const struct fc_pattern *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind != FC_P_LITERAL)
        return a->kind == FC_P_ANY || strcmp(a->name.s, b->name.s) == 0;
    const struct fc_expr *x = a->value, *y = b->value;
    if (x->kind != y->kind || x->i != y->i || x->len != y->len || (x->s == NULL) != (y->s == NULL))
        return false;
    return !x->s || memcmp(x->s, y->s, x->len) == 0;
}
