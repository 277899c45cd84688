/*
 * expr.c - expressions as C.
 *
 * Null is carried beside the value. Conditions are written by their truth: fce_true(e) is C that is true where e is true,
 * fce_false(e) where e is false; both are false where e is null, so three-valued logic needs no third value.
 */
#include <arpa/inet.h>
#include <string.h>

#include "emit/emit.h"

/* ---- binding ---------------------------------------------------------------------------------------------- */

struct fc_cv fce_worth(struct fc_em *m, const struct fc_type *t, const struct fc_cond *c, const struct fc_cond *n)
{
    return (struct fc_cv){.v = fce_operand(m, c), .c = c, .n = n, .type = t};
}

const char *fce_alone(struct fc_em *m, const struct fc_cv *v)
{
    return v->c ? fce_bare(m, v->c) : v->v;
}

/* A bool as a condition. */
static const struct fc_cond *cond_of(struct fc_em *m, const struct fc_cv *v)
{
    return v->c ? v->c : fce_cond(m, FC_COND_ATOM, "%s", v->v);
}

void fce_assign(struct fc_em *m, const char *t, const char *is, struct fc_cv v)
{
    if (fce_is_null(v.n))
        return; /* nothing to assign */
    const struct fc_cond *n = v.n;
    if (n) {
        fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, n)));
        m->depth++;
        v.n = NULL;
    }
    fce_line(m, "%s = %s;", t, v.type->kind == FC_K_RECORD ? fce_record(m, v) : fce_alone(m, &v));
    if (is)
        fce_line(m, "%s = true;", is);
    if (n) {
        m->depth--;
        fce_line(m, "}");
    }
}

/* Under a name of its own: compilers warn where a variable is compared with itself. */
struct fc_cv fce_apart(struct fc_em *m, struct fc_cv v)
{
    v.simple = false;
    return v.in || v.slot ? v : fce_bind(m, v);
}

struct fc_cv fce_bind(struct fc_em *m, struct fc_cv v)
{
    if (v.simple || v.in || v.slot)
        return v;
    const char *t = fce_temp(m);
    if (v.n) {
        fce_zeroed(m, v.type, t, fce_text(m, "is_%s", t));
        fce_assign(m, t, fce_text(m, "is_%s", t), v);
        return fce_value(v.type, t, fce_no(m, "is_%s", t), true);
    }
    fce_line(m, "%s %s = %s;", fce_type(m, v.type), t, fce_alone(m, &v));
    return fce_value(v.type, t, NULL, true);
}

/* ---- names and fields ---------------------------------------------------------------------------------------- */

/* Is the let not surely computed at this place? From here on it is, to the end of the branch (fce_branch). */
bool fce_settle(struct fc_em *m, const struct fc_sym *let)
{
    for (int i = 0; i < m->nsettled; i++)
        if (m->settled[i] == let)
            return false;
    if (m->nsettled < (int)(sizeof m->settled / sizeof *m->settled))
        m->settled[m->nsettled++] = let;
    return true;
}

static struct fc_cv let_value(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_sym *s = e->sym;
    bool frame = s->kind == FC_SYM_FLET;
    const char *at = frame ? fce_text(m, "f->%s", fce_name(m, s->name)) : fce_text(m, "r->let_%s", s->name);
    const char *is = frame ? fce_text(m, "f->is_%s", s->name) : fce_text(m, "r->is_%s", s->name);
    if (fce_settle(m, s)) {
        fce_line(m, "if (!%s)", is);
        fce_line(m, "    %s(cx, r%s);", fce_let_function(m, s), frame ? ", f" : "");
        if (s->asks)
            fce_pending(m);
    }
    return fce_value(s->type, at, s->optional && (e->nullable || m->known || s->asks) ? fce_cond(m, FC_COND_NOT_ONE, "%s", is) : NULL, true);
}

/* What a record of `emit` lacks. */
static struct fc_cv unless_made(struct fc_em *m, const struct fc_expr *e, struct fc_cv v)
{
    int rest;
    const struct fc_slot *s = m->made && e->nullable ? fc_plan_slot(m->p, e, &rest) : NULL;
    while (s && s->parent && s->parent->parent)
        s = s->parent;
    if (m->made && e->nullable && !(s && s->emitted && s->parent == m->form))
        v.n = fce_or(m, v.n, fce_cond(m, FC_COND_ATOM, "r->h.emitted"));
    return v;
}

static struct fc_cv name_value(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_sym *s = e->sym;
    switch (s->kind) {
    case FC_SYM_CONST:
        return fce_expr(m, s->value);
    case FC_SYM_PARAM:
        return fce_value(s->type, fce_text(m, "P.%s", fce_name(m, s->name)), NULL, true);
    case FC_SYM_LET:
        return unless_made(m, e, let_value(m, e));
    case FC_SYM_FLET:
        return let_value(m, e);
    case FC_SYM_ARG:
        return fce_value(s->type, fce_text(m, "f->%s", fce_name(m, s->name)), s->optional && e->nullable ? fce_no(m, "f->has_%s", s->name) : NULL, true);
    case FC_SYM_LOCAL:
        return fce_value(s->type, fce_text(m, "l_%s", s->name), s->optional && e->nullable ? fce_no(m, "is_l_%s", s->name) : NULL, true);
    case FC_SYM_INPUT:
        return fce_input(m, &m->p->in, false);
    case FC_SYM_RECORD_NOW:
        return (struct fc_cv){.v = fce_text(m, "r->%s", fce_form(m, m->p->forms[s->index])), .type = s->type, .slot = m->p->forms[s->index], .simple = true};
    case FC_SYM_CLASS_NOW:
        return fce_value(&FC_CLASS_T, "(int64_t)r->h.class_", NULL, true);
    case FC_SYM_NOW:
        return fce_value(&FC_TIME_T, "cx->now", NULL, true);
    case FC_SYM_OBJECT:
        return fce_value(s->type, fce_text(m, "o->%s", strcmp(s->name, "class") == 0 ? "class_" : s->name), NULL, true);
    default: /* an enumerator or class */
        return fce_value(e->type, fce_text(m, "%lld", (long long)s->index), NULL, true);
    }
}

static struct fc_cv field_value(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_expr *form = e->a;
    if (m->either && form->kind == FC_E_NAME && form->sym && form->sym->kind == FC_SYM_RECORD_NOW) {
        const struct fc_slot *s = &m->p->forms[form->sym->index]->inner[((const struct fc_member *)e->info)->index];
        if (s->given)
            return fce_given_or_made(m, s);
    }
    const struct fc_in *n = fc_plan_input(m->p, e);
    if (n)
        return unless_made(m, e, fce_input(m, n, e->nullable));
    struct fc_cv base = fce_expr(m, e->a);
    if (!base.in && !base.slot && !base.simple)
        base = fce_bind(m, base);
    struct fc_cv v = fce_member(m, base, e->info, e->nullable);
    if (e->nullable && base.n && (base.in || base.slot))
        v.n = fce_or(m, base.n, v.n);
    return base.slot ? unless_made(m, e, v) : v;
}

/* ---- literals ------------------------------------------------------------------------------------------------- */

static const char *number(struct fc_em *m, double f)
{
    if (f != f)
        return "__builtin_nan(\"\")";
    if (f - f != 0)
        return f < 0 ? "(-__builtin_inf())" : "__builtin_inf()";
    const char *digits = fce_text(m, "%.17g", f), *dot = strpbrk(digits, ".e") ? "" : ".0";
    return fce_text(m, f < 0 || digits[0] == '-' ? "(%s%s)" : "%s%s", digits, dot);
}

static struct fc_cv address(struct fc_em *m, const struct fc_expr *e)
{
    const char *slash = strchr(e->s, '/');
    size_t n = strlen(e->s);
    if (!slash)
        return fce_value(e->type, fce_text(m, "fl_ip_of(%s)", fce_string(m, e->s, n)), NULL, false);
    return fce_value(e->type, fce_text(m, "fl_cidr_of(%s, %zu)", fce_quote(m, e->s, n), n), NULL, false);
}

static bool constant(const struct fc_expr *e)
{
    e = fce_constant(e);
    return e->kind == FC_E_STRING || e->kind == FC_E_INT || e->kind == FC_E_SIZE || e->kind == FC_E_DURATION || e->kind == FC_E_FLOAT || e->kind == FC_E_BOOL ||
           (e->kind == FC_E_NAME && e->sym && (e->sym->kind == FC_SYM_ENUMERATOR || e->sym->kind == FC_SYM_CLASS));
}

/* A list outlives the block that it is written in: constants are static, others live in scratch. */
static struct fc_cv list(struct fc_em *m, const struct fc_expr *e)
{
    const char *type = fce_type(m, e->type->elem);
    const struct fc_cond *n = NULL;
    struct fce_items items;
    bool fixed = true;
    int count = 0;
    fce_items_begin(m, &items);
    for (const struct fc_expr *x = e->args; x; x = x->next, count++) {
        struct fc_cv v = fce_expr(m, x);
        fixed &= constant(x);
        n = fce_or(m, n, v.n);
        fce_item(&items, fce_alone(m, &v));
    }
    const char *text = fce_items_end(m, &items);
    if (count == 0)
        return fce_value(e->type, "(struct fl_list){NULL, 0}", NULL, true);
    const char *t = fce_temp(m);
    if (fixed) {
        fce_line(m, "static const %s %s[] = {%s};", type, t, text);
    } else {
        const char *room = m->cx == FC_CX_DECODE ? "fl_arena_get(d->scratch, " : "(void *)fl_scratch(cx, ";
        fce_line(m, "%s *%s = %s%d * sizeof *%s);", type, t, room, count, t);
        if (n)
            fce_line(m, "if (%s)", fce_bare(m, fce_not(m, n)));
        fce_line(m, "%smemcpy(%s, (const %s[]){%s}, %d * sizeof *%s);", n ? "    " : "", t, type, text, count, t);
    }
    return fce_value(e->type, fce_text(m, "((struct fl_list){%s, %d})", t, count), n, true);
}

/* ---- operators ---------------------------------------------------------------------------------------------------- */

/* The second operand's statements must not need the first one's guard: it is bound where it has any. */
static void operands(struct fc_em *m, const struct fc_expr *e, struct fc_cv *l, struct fc_cv *r)
{
    struct fce_capture k;
    *l = fce_expr(m, e->a);
    fce_begin(m, &k);
    *r = fce_expr(m, e->b);
    const char *text = fce_end(m, &k);
    if (*text && !l->simple)
        *l = fce_bind(m, *l);
    fce_paste(m, text);
}

const struct fc_cond *fce_equal(struct fc_em *m, const struct fc_cv *l, const struct fc_cv *r)
{
    if (l->type->kind != FC_K_STRING)
        return fce_cond(m, FC_COND_COMPARE, "%s == %s", l->v, r->v);
    if (r->text && l->simple)
        return fce_cond(m, FC_COND_ATOM, "FL_STR_IS(%s, %s)", l->v, r->text);
    if (l->text && r->simple)
        return fce_cond(m, FC_COND_ATOM, "FL_STR_IS(%s, %s)", r->v, l->text);
    return fce_cond(m, FC_COND_ATOM, "fl_str_eq(%s, %s)", l->v, r->v);
}

static struct fc_cv arith(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_operator *row = e->info;
    struct fc_cv l, r;
    operands(m, e, &l, &r);
    if (strcmp(l.v, r.v) == 0)
        r = fce_apart(m, r);
    const struct fc_cond *n = fce_or(m, l.n, r.n);
    bool equality = e->op == FC_OP_EQ || e->op == FC_OP_NE;
    if ((l.text || r.text) && equality) {
        const struct fc_cond *equal = fce_equal(m, &l, &r);
        equal = r.text ? fce_comparison(m, equal, &l, e->b, false) : fce_comparison(m, equal, &r, e->a, false);
        return fce_worth(m, e->type, e->op == FC_OP_EQ ? equal : fce_not(m, equal), n);
    }
    struct fce_row_args args = {.v = {l.v, r.v}, .n = 2};
    if (!row->nullable) {
        const struct fc_cond *c = fce_row(m, row->c, e->type, &args);
        const struct fc_cond *compared = equality && c->op == FC_COND_COMPARE ? fce_comparison(m, c, &l, e->b, e->op == FC_OP_NE) : c;
        if (equality && c->op == FC_COND_COMPARE && compared == c)
            compared = fce_comparison(m, c, &r, e->a, e->op == FC_OP_NE);
        return fce_worth(m, e->type, compared, n);
    }
    args.result = fce_temp(m);
    const char *t = args.result;
    fce_line(m, "%s %s = 0;", fce_type(m, e->type), t);
    const struct fc_cond *made = fce_row(m, row->c, &FC_BOOL_T, &args);
    if (!e->nullable && !n) {
        fce_line(m, "%s;", fce_bare(m, made));
        return fce_value(e->type, t, NULL, true);
    }
    fce_line(m, "bool is_%s = %s;", t, fce_bare(m, fce_guarded(m, n, made)));
    return fce_value(e->type, t, fce_no(m, "is_%s", t), true);
}

static struct fc_cv negative(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_cv v = fce_expr(m, e->a);
    if (e->type->kind == FC_K_FLOAT)
        return fce_worth(m, e->type, fce_cond(m, FC_COND_LOOSE, "-%s", v.v), v.n);
    return fce_value(e->type, fce_text(m, "fl_sub(0, %s, &cx->overflows)", v.v), v.n, false);
}

/* The statements of e, as they stand in a branch of its own. */
static const char *branch(struct fc_em *m, const struct fc_expr *e, struct fc_cv *v)
{
    struct fce_capture k;
    int settled = m->nsettled;
    fce_begin(m, &k);
    m->depth++;
    *v = fce_expr(m, e);
    m->depth--;
    m->nsettled = settled;
    return fce_end(m, &k);
}

static void finish(struct fc_em *m, const char *t, const char *is, const char *text, struct fc_cv v)
{
    fce_paste(m, text);
    m->depth++;
    if (v.type->kind != FC_K_NULL)
        fce_assign(m, t, is, v);
    m->depth--;
}

static bool plain(const char *text, const struct fc_cv *v)
{
    return !*text && !v->n && v->type->kind != FC_K_RECORD && v->type->kind != FC_K_NULL;
}

static struct fc_cv choice(struct fc_em *m, const struct fc_type *t, const struct fc_cond *c, const struct fc_cv *yes, const struct fc_cv *no)
{
    return fce_worth(m, t, fce_cond(m, FC_COND_LOOSE, "%s ? %s : %s", fce_asked(m, c), yes->v, no->v), NULL);
}

static struct fc_cv coalesce(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_cv l = fce_expr(m, e->a), r;
    if (!l.n)
        return l;
    const char *text = branch(m, e->b, &r);
    if (l.type->kind == FC_K_NULL) {
        fce_paste(m, text);
        return r;
    }
    if (plain(text, &r) && l.type->kind == FC_K_BOOL && e->b->kind == FC_E_BOOL && !e->b->i)
        return fce_worth(m, e->type, fce_guarded(m, l.n, cond_of(m, &l)), NULL);
    if (plain(text, &r))
        return choice(m, e->type, fce_not(m, l.n), &l, &r);
    const char *t = fce_temp(m), *is = e->nullable ? fce_text(m, "is_%s", t) : NULL;
    const struct fc_cond *n = l.n;
    fce_zeroed(m, e->type, t, is);
    fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, n)));
    l.n = NULL;
    finish(m, t, is, "", l);
    fce_line(m, "} else {");
    finish(m, t, is, text, r);
    fce_line(m, "}");
    return fce_value(e->type, t, is ? fce_no(m, "%s", is) : NULL, true);
}

static struct fc_cv conditional(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_cond *c = fce_true(m, e->a);
    struct fc_cv yes, no;
    const char *first = branch(m, e->b, &yes), *second = branch(m, e->c, &no);
    if (plain(first, &yes) && plain(second, &no))
        return choice(m, e->type, c, &yes, &no);
    const char *t = fce_temp(m), *is = e->nullable ? fce_text(m, "is_%s", t) : NULL;
    fce_zeroed(m, e->type, t, is);
    if (yes.type->kind == FC_K_NULL) {
        fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, c)));
    } else {
        fce_line(m, "if (%s) {", fce_bare(m, c));
        finish(m, t, is, first, yes);
        if (no.type->kind != FC_K_NULL)
            fce_line(m, "} else {");
    }
    finish(m, t, is, second, no);
    fce_line(m, "}");
    return fce_value(e->type, t, is ? fce_no(m, "%s", is) : NULL, true);
}

static struct fc_cv matches(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_cv v = fce_expr(m, e->a);
    return fce_value(&FC_BOOL_T, fce_text(m, "fl_regex_matches(regex_%d, %s)", fc_plan_regexp(m->c, m->p, e->b->s), v.v), v.n, false);
}

static const struct fc_cond *truth(struct fc_em *m, const struct fc_cv *v)
{
    return fce_is_null(v->n) ? &fce_never : fce_guarded(m, v->n, cond_of(m, v));
}

static const struct fc_cond *falsity(struct fc_em *m, const struct fc_cv *v)
{
    return fce_is_null(v->n) ? &fce_never : fce_guarded(m, v->n, fce_not(m, cond_of(m, v)));
}

/* As a value, when it may be null: each operand is computed once, the second only if the first does not decide. */
static struct fc_cv logic(struct fc_em *m, const struct fc_expr *e)
{
    if (!e->nullable)
        return fce_worth(m, &FC_BOOL_T, fce_true(m, e), NULL);
    struct fc_cv l = fce_bind(m, fce_expr(m, e->a)), r;
    if (e->kind == FC_E_UNARY)
        return fce_worth(m, &FC_BOOL_T, fce_not(m, cond_of(m, &l)), l.n);
    bool both = e->op == FC_OP_AND;
    struct fce_capture k;
    int settled = m->nsettled;
    fce_begin(m, &k);
    m->depth++;
    r = fce_bind(m, fce_expr(m, e->b));
    m->depth--;
    m->nsettled = settled;
    const char *text = fce_end(m, &k), *t = fce_temp(m);
    const struct fc_cond *decides = both ? falsity(m, &l) : truth(m, &l), *open = both ? truth(m, &l) : falsity(m, &l);
    const struct fc_cond *decides2 = both ? falsity(m, &r) : truth(m, &r), *open2 = both ? truth(m, &r) : falsity(m, &r);
    const struct fc_cond *is = fce_cond(m, FC_COND_ATOM, "%s", t);
    /* known: the result is not null; the result is true where `both` asks for both, or where one decides */
    fce_line(m, "bool %s = %s, is_%s = %s;", t, both ? "false" : fce_bare(m, decides), t, both ? fce_bare(m, decides) : t);
    fce_line(m, "if (!is_%s) {", t);
    fce_paste(m, text);
    m->depth++;
    if (both) {
        fce_line(m, "%s = %s;", t, fce_bare(m, fce_and(m, open, open2)));
        fce_line(m, "is_%s = %s;", t, fce_bare(m, fce_or(m, is, decides2)));
    } else {
        fce_line(m, "%s = %s;", t, fce_bare(m, decides2));
        fce_line(m, "is_%s = %s;", t, fce_bare(m, fce_or(m, is, fce_and(m, open, open2))));
    }
    m->depth--;
    fce_line(m, "}");
    return fce_value(&FC_BOOL_T, t, fce_no(m, "is_%s", t), true);
}

static struct fc_cv map_value(struct fc_em *m, const struct fc_expr *e)
{
    static const char *const getter[] = {[FC_K_STRING] = "string", [FC_K_INT] = "int", [FC_K_BYTES] = "int", [FC_K_PACKETS] = "int", [FC_K_BOOL] = "bool", [FC_K_FLOAT] = "float"};
    struct fc_cv map = fce_expr(m, e->a);
    struct fc_cv key = fce_expr(m, e->args);
    const struct fc_cond *n = fce_or(m, map.n, key.n);
    const char *t = fce_temp(m);
    const char *get = e->type->kind < (int)(sizeof getter / sizeof *getter) && getter[e->type->kind] ? getter[e->type->kind] : "string";
    fce_line(m, "%s %s = {0};", fce_type(m, e->type), t);
    const struct fc_cond *get_it = fce_cond(m, FC_COND_ATOM, "fl_map_%s(cx, %s, %s, &%s)", get, map.v, key.v, t);
    fce_line(m, "bool is_%s = %s;", t, fce_bare(m, fce_guarded(m, n, get_it)));
    return fce_value(e->type, t, fce_no(m, "is_%s", t), true);
}

static struct fc_cv list_element(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_cv list = fce_expr(m, e->a), at = fce_expr(m, e->args);
    const char *t = fce_temp(m), *type = fce_type(m, e->type), *call = fce_text(m, "fl_list_at(%s, %s, sizeof(%s))", list.v, fce_alone(m, &at), type);
    const struct fc_cond *n = fce_or(m, list.n, at.n);
    if (n)
        fce_line(m, "const %s *%s = %s ? %s : NULL;", type, t, fce_asked(m, fce_not(m, n)), call);
    else
        fce_line(m, "const %s *%s = %s;", type, t, call);
    struct fc_cv v = fce_worth(m, e->type, fce_cond(m, FC_COND_LOOSE, "*%s", t), e->nullable ? fce_no(m, "%s", t) : NULL);
    v.simple = true;
    return v;
}

static struct fc_cv binary(struct fc_em *m, const struct fc_expr *e)
{
    switch (e->op) {
    case FC_OP_AND:
    case FC_OP_OR:
        return logic(m, e);
    case FC_OP_IN:
        return fce_in_list(m, e);
    case FC_OP_MATCHES:
        return matches(m, e);
    case FC_OP_COALESCE:
        return coalesce(m, e);
    default:
        return arith(m, e);
    }
}

/* A condition as a value: a bit that was asked for becomes true or false. */
static struct fc_cv condition(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_cond *c = fce_true(m, e);
    if (c->op == FC_COND_BIT)
        c = fce_cond(m, FC_COND_COMPARE, "%s != 0", fce_operand(m, c));
    return fce_worth(m, &FC_BOOL_T, c, NULL);
}

void fce_from(struct fc_em *m, const struct fc_expr *e, struct fc_cv v)
{
    v.n = NULL;
    if (m->nfrom < (int)(sizeof m->from / sizeof *m->from))
        m->from[m->nfrom++] = (struct fc_from){e, v};
}

/* Inside the braces of `from`, and for `...`, the checker wrote the record's expression before each plain name: the same piece of source. */
static const struct fc_cv *known_record(const struct fc_em *m, const struct fc_expr *e)
{
    for (int i = m->nfrom - 1; i >= 0; i--) {
        struct fc_span s = m->from[i].e->span;
        if (m->from[i].e->kind == e->kind && s.file == e->span.file && s.start == e->span.start && s.end == e->span.end)
            return &m->from[i].v;
    }
    return NULL;
}

void fce_spread(struct fc_em *m, const struct fc_field *f)
{
    const struct fc_expr *e = f->spread;
    if (!e || f->checked || e->kind == FC_E_NAME || fc_plan_input(m->p, e) || known_record(m, e) || m->nfrom == (int)(sizeof m->from / sizeof *m->from))
        return;
    struct fc_cv v = fce_bind(m, fce_expr(m, e));
    m->from[m->nfrom++] = (struct fc_from){e, v};
}

struct fc_cv fce_expr(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_cv *known = m->nfrom ? known_record(m, e) : NULL;
    if (known)
        return *known;
    switch (e->kind) {
    case FC_E_INT:
    case FC_E_DURATION:
    case FC_E_SIZE:
        if (e->type->kind == FC_K_FLOAT)
            return fce_value(e->type, number(m, (double)e->i), NULL, true);
        if (e->i > -2147483647 && e->i < 2147483647)
            return fce_value(e->type, fce_text(m, e->i < 0 ? "(%lld)" : "%lld", (long long)e->i), NULL, true);
        if (e->i == INT64_MIN)
            return fce_value(e->type, "INT64_MIN", NULL, true);
        return fce_value(e->type, fce_text(m, "INT64_C(%lld)", (long long)e->i), NULL, true);
    case FC_E_FLOAT:
        return fce_value(e->type, number(m, e->f), NULL, true);
    case FC_E_ADDRESS:
        return address(m, e);
    case FC_E_STRING:
        return (struct fc_cv){.v = fce_string(m, e->s, e->len), .text = fce_quote(m, e->s, e->len), .type = e->type, .simple = true};
    case FC_E_BOOL:
        return fce_value(e->type, e->i ? "true" : "false", NULL, true);
    case FC_E_NULL:
        return fce_value(e->type, "0", &fce_always, true);
    case FC_E_NAME:
        return name_value(m, e);
    case FC_E_FIELD:
        return field_value(m, e);
    case FC_E_INDEX:
        return e->sym ? fce_table_read(m, e) : e->a->type->kind == FC_K_LIST ? list_element(m, e) : map_value(m, e);
    case FC_E_CALL:
        return fce_call(m, e);
    case FC_E_ANY:
        return fce_any(m, e);
    case FC_E_LIST:
        return list(m, e);
    case FC_E_MATCH:
        return fce_match(m, e);
    case FC_E_NEW:
        return fce_new(m, e);
    case FC_E_TEMPLATE:
        return fce_template(m, e);
    case FC_E_COND:
        return conditional(m, e);
    case FC_E_BINARY:
        return binary(m, e);
    case FC_E_UNARY:
        if (e->op == FC_OP_NEG)
            return negative(m, e);
        if (e->op == FC_OP_HAS || !e->nullable)
            return condition(m, e);
        return logic(m, e);
    }
    return fce_value(&FC_ERROR_T, "0", NULL, true);
}

/* ---- truth ---------------------------------------------------------------------------------------------------------- */

static const struct fc_cond *side(struct fc_em *m, const struct fc_expr *e, bool yes)
{
    return yes ? fce_true(m, e) : fce_false(m, e);
}

/* The terms that `op` joins in e, in their order; how many there are. `terms` may be NULL. */
static size_t terms_of(const struct fc_expr *e, enum fc_op op, const struct fc_expr **terms)
{
    if (e->kind != FC_E_BINARY || e->op != op) {
        if (terms)
            *terms = e;
        return 1;
    }
    size_t n = terms_of(e->a, op, terms);
    return n + terms_of(e->b, op, terms ? terms + n : NULL);
}

/*
 * a and b and .. or a or b or ..: a term's statements run only when the term is needed. `yes`: where the whole is true, else where it
 * is false.
 */
static const struct fc_cond *shortcut(struct fc_em *m, const struct fc_expr *e, bool yes)
{
    bool both = (e->op == FC_OP_AND) == yes;
    size_t n = terms_of(e, e->op, NULL);
    const struct fc_expr **terms = fl_arena_get(m->a, n * sizeof *terms);
    terms_of(e, e->op, terms);
    struct fc_chain k = {.m = m, .both = both};
    fce_chain_add(&k, side(m, terms[0], yes));
    for (size_t i = 1; i < n; i++) {
        struct fce_capture capture;
        int settled = m->nsettled;
        fce_begin(m, &capture);
        m->depth++;
        const struct fc_cond *term = side(m, terms[i], yes);
        m->depth--;
        m->nsettled = settled;
        const char *text = fce_end(m, &capture);
        if (*text)
            fce_chain_then(&k, text, term);
        else
            fce_chain_add(&k, term);
    }
    return fce_chain_end(&k);
}

static const struct fc_cond *has(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_expr maybe = *e; /* ask even where a guard says that it is there */
    maybe.nullable = true;
    const struct fc_in *n = fc_plan_input(m->p, e);
    struct fc_cv v = fce_bind(m, n ? fce_input(m, n, true) : fce_expr(m, &maybe));
    return v.n ? fce_not(m, v.n) : &fce_always;
}

const struct fc_cond *fce_true(struct fc_em *m, const struct fc_expr *e)
{
    if (e->kind == FC_E_UNARY && e->op == FC_OP_NOT)
        return fce_false(m, e->a);
    if (e->kind == FC_E_UNARY && e->op == FC_OP_HAS)
        return has(m, e->a);
    if (e->kind == FC_E_BINARY && (e->op == FC_OP_AND || e->op == FC_OP_OR))
        return shortcut(m, e, true);
    struct fc_cv v = fce_expr(m, e);
    return truth(m, &v);
}

const struct fc_cond *fce_false(struct fc_em *m, const struct fc_expr *e)
{
    if (e->kind == FC_E_UNARY && e->op == FC_OP_NOT)
        return fce_true(m, e->a);
    if (e->kind == FC_E_UNARY && e->op == FC_OP_HAS)
        return fce_not(m, has(m, e->a));
    if (e->kind == FC_E_BINARY && (e->op == FC_OP_AND || e->op == FC_OP_OR))
        return shortcut(m, e, false);
    struct fc_cv v = fce_expr(m, e);
    return falsity(m, &v);
}
