/*
 * condition.c - conditions: a small tree until it is printed, by one printer that knows how strongly C's operators bind.
 *
 * What hangs on the left of a chain is walked in a loop, not by recursion: `or` of ten thousand terms is such a chain.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "emit/emit.h"

const struct fc_cond fce_always = {.op = FC_COND_TRUE, .text = "true"}, fce_never = {.op = FC_COND_FALSE, .text = "false"};

static const struct fc_cond *made(struct fc_em *m, struct fc_cond c)
{
    struct fc_cond *new = fl_arena_get(m->a, sizeof *new);
    *new = c;
    return new;
}

static const struct fc_cond *node(struct fc_em *m, enum fc_cond_op op, const struct fc_cond *a, const struct fc_cond *b)
{
    return made(m, (struct fc_cond){.op = op, .a = a, .b = b});
}

const struct fc_cond *fce_cond(struct fc_em *m, enum fc_cond_op leaf, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = fl_arena_vprintf(m->a, fmt, ap);
    va_end(ap);
    return made(m, (struct fc_cond){.op = leaf, .text = text});
}

const struct fc_cond *fce_no(struct fc_em *m, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = fl_arena_vprintf(m->a, fmt, ap);
    va_end(ap);
    return node(m, FC_COND_NOT, made(m, (struct fc_cond){.op = FC_COND_ATOM, .text = text}), NULL);
}

const struct fc_cond *fce_and(struct fc_em *m, const struct fc_cond *a, const struct fc_cond *b)
{
    return !a ? b : !b ? a : node(m, FC_COND_AND, a, b);
}

bool fce_same(const struct fc_cond *a, const struct fc_cond *b)
{
    for (; a != b; a = a->a, b = b->a) {
        if (a->op != b->op)
            return false;
        if (a->text)
            return strcmp(a->text, b->text) == 0;
        if (a->b && !fce_same(a->b, b->b))
            return false;
    }
    return true;
}

const struct fc_cond *fce_or(struct fc_em *m, const struct fc_cond *a, const struct fc_cond *b)
{
    return !a ? b : !b || fce_same(a, b) ? a : node(m, FC_COND_OR, a, b);
}

/* The parts of a && b && .. or a || b || .., in order. */
static const struct fc_cond **parts_of(struct fc_em *m, const struct fc_cond *c, size_t *n)
{
    enum fc_cond_op op = c->op;
    size_t i = 1;
    for (const struct fc_cond *x = c; x->op == op; x = x->a)
        i++;
    const struct fc_cond **parts = fl_arena_get(m->a, (*n = i) * sizeof *parts);
    for (; c->op == op; c = c->a)
        parts[--i] = c->b;
    parts[0] = c;
    return parts;
}

/* Not a and not b .. for a or b .., where none of them needs a `!`; else NULL. */
static const struct fc_cond *none_of(struct fc_em *m, const struct fc_cond *c)
{
    const struct fc_cond *all = NULL;
    size_t n;
    const struct fc_cond **parts = parts_of(m, c, &n);
    for (size_t i = 0; i < n; i++) {
        const struct fc_cond *no = fce_not(m, parts[i]);
        if (no->op == FC_COND_NOT)
            return NULL;
        all = fce_and(m, all, no);
    }
    return all;
}

const struct fc_cond *fce_not(struct fc_em *m, const struct fc_cond *c)
{
    const struct fc_cond *all;
    switch (c->op) {
    case FC_COND_TRUE:
        return &fce_never;
    case FC_COND_FALSE:
        return &fce_always;
    case FC_COND_NOT:
        return c->a;
    case FC_COND_ONE:
        return made(m, (struct fc_cond){.op = FC_COND_NOT_ONE, .text = c->text});
    case FC_COND_NOT_ONE:
        return made(m, (struct fc_cond){.op = FC_COND_ONE, .text = c->text});
    case FC_COND_OR:
        all = none_of(m, c);
        return all ? all : node(m, FC_COND_NOT, c, NULL);
    default:
        return node(m, FC_COND_NOT, c, NULL);
    }
}

/* `then`, which may only be evaluated where n is false. */
const struct fc_cond *fce_guarded(struct fc_em *m, const struct fc_cond *n, const struct fc_cond *then)
{
    return n ? fce_and(m, fce_not(m, n), then) : then;
}

/* ---- rows of the tables ---------------------------------------------------------------------------------------- */

const struct fc_cond *fce_row(struct fc_em *m, const char *c, const struct fc_type *type, const struct fce_row_args *args)
{
    bool contrary = c[0] == '!', infix = c[contrary] == '$' && strchr(c, ' ');
    enum fc_cond_op op = !infix ? FC_COND_ATOM : type->kind == FC_K_BOOL ? FC_COND_COMPARE : FC_COND_LOOSE;
    struct fc_section s;
    fce_section(&s);
    for (c += contrary; *c; c++) {
        const char *what = NULL;
        if (c[0] != '$') {
            fputc(*c, s.f);
            continue;
        }
        c++;
        if (*c == '$') {
            what = args->result;
        } else if (*c == 'n') {
            what = args->names;
            c += strlen("names1") - 1;
        } else if (*c - '1' < args->n) {
            what = args->v[*c - '1'];
        }
        fputs(what, s.f);
    }
    const struct fc_cond *row = made(m, (struct fc_cond){.op = op, .text = fce_taken(m, &s)});
    return contrary ? fce_not(m, row) : row;
}

/* ---- printing -------------------------------------------------------------------------------------------------- */

struct printer {
    struct fc_em *m;
    struct fc_section s;
    size_t column, indent;
    int inside; /* chains that hold the one at hand: the outermost is broken first */
    enum fc_cond_op chain; /* the innermost of them */
};

static void put(struct printer *p, const char *text)
{
    fputs(text, p->s.f);
    p->column += strlen(text);
}

static bool chain(enum fc_cond_op op)
{
    return op == FC_COND_AND || op == FC_COND_OR;
}

/* Has this to stand in parentheses, as an operand of `around`? && within || has to because compilers warn. LOOSE: before `?`. */
static bool wrapped(enum fc_cond_op op, enum fc_cond_op around)
{
    switch (op) {
    case FC_COND_TRUE:
    case FC_COND_FALSE:
    case FC_COND_ATOM:
        return false;
    case FC_COND_BIT:
    case FC_COND_LOOSE:
        return true;
    default:
        return around == FC_COND_NOT || (chain(op) && op != around);
    }
}

static void print(struct printer *p, const struct fc_cond *c);

static void print_operand(struct printer *p, const struct fc_cond *c, enum fc_cond_op around)
{
    bool open = wrapped(c->op, around);
    if (open)
        put(p, "(");
    print(p, c);
    if (open)
        put(p, ")");
}

static void print_chain(struct printer *p, const struct fc_cond *c)
{
    size_t n;
    const struct fc_cond **parts = parts_of(p->m, c, &n);
    enum fc_cond_op before = p->chain;
    p->inside += before != c->op;
    p->chain = c->op;
    for (size_t i = 0; i < n; i++) {
        if (i)
            put(p, c->op == FC_COND_AND ? " &&" : " ||");
        if (i && p->column > (p->inside > 1 ? FCE_WIDE + 40 : FCE_WIDE)) {
            fprintf(p->s.f, "\n%*s", (int)p->indent, "");
            p->column = p->indent;
        } else if (i) {
            put(p, " ");
        }
        print_operand(p, parts[i], c->op);
    }
    p->inside -= before != c->op;
    p->chain = before;
}

static void print(struct printer *p, const struct fc_cond *c)
{
    switch (c->op) {
    case FC_COND_AND:
    case FC_COND_OR:
        print_chain(p, c);
        break;
    case FC_COND_NOT:
        put(p, "!");
        print_operand(p, c->a, FC_COND_NOT);
        break;
    default:
        put(p, c->text);
        if (c->op == FC_COND_ONE || c->op == FC_COND_NOT_ONE)
            put(p, c->op == FC_COND_ONE ? " == 1" : " != 1");
    }
}

static const char *printed(struct fc_em *m, const struct fc_cond *c, void (*how)(struct printer *, const struct fc_cond *))
{
    struct printer p = {.m = m, .column = (size_t)m->depth * 4 + 4, .indent = (size_t)m->depth * 4 + 4};
    if (c->text && c->op <= FC_COND_ATOM)
        return c->text;
    fce_section(&p.s);
    how(&p, c);
    return fce_taken(m, &p.s);
}

static void as_operand(struct printer *p, const struct fc_cond *c)
{
    print_operand(p, c, FC_COND_NOT);
}

static void as_question(struct printer *p, const struct fc_cond *c)
{
    print_operand(p, c, FC_COND_LOOSE);
}

const char *fce_asked(struct fc_em *m, const struct fc_cond *c)
{
    return printed(m, c, as_question);
}

const char *fce_bare(struct fc_em *m, const struct fc_cond *c)
{
    return printed(m, c, print);
}

const char *fce_operand(struct fc_em *m, const struct fc_cond *c)
{
    return printed(m, c, as_operand);
}
