/*
 * make.c - nodes from parts, for the actions of parse.y.
 *
 * Everything is zeroed memory of the compilation's arena, so an action only sets what it has.
 */
#include "syntax/make.h"

#include <string.h>

#include "base/suggest.h"
#include "tree/make.h"
#include "syntax/parse.h"


static struct fc_expr *high(struct fc_parser *ps, struct fc_expr *e)
{
    if (fc_expr_height(e) == FC_MAX_NESTING + 1)
        fc_too_deep(ps, e->span);
    return e;
}

struct fc_item *fc_item_new(struct fc_parser *ps, enum fc_item_kind kind, struct fc_span span, struct fc_name name)
{
    struct fc_item *i = fl_arena_zero(A, sizeof *i);
    i->kind = kind;
    i->span = span;
    i->name = name;
    return i;
}

struct fc_item *fc_item_param(struct fc_parser *ps, struct fc_span span, struct fc_name name, struct fc_texpr *type,
                              struct fc_text yaml, struct fc_span yaml_span, struct fc_expr *one_of)
{
    struct fc_item *i = fc_item_new(ps, FC_I_PARAM, span, name);
    i->type = type;
    i->yaml = yaml.s;
    if (yaml.s)
        i->yaml_span = yaml_span;
    i->one_of = one_of;
    return i;
}

struct fc_enumerator *fc_enumerator_new(struct fc_parser *ps, struct fc_name name)
{
    struct fc_enumerator *e = fl_arena_zero(A, sizeof *e);
    e->name = name;
    return e;
}

struct fc_texpr *fc_texpr_new(struct fc_parser *ps, enum fc_texpr_kind kind, struct fc_span span, struct fc_texpr *elem)
{
    struct fc_texpr *t = fl_arena_zero(A, sizeof *t);
    t->kind = kind;
    t->span = span;
    t->elem = elem;
    unsigned depth = 0;
    for (; elem && depth <= FC_MAX_NESTING; elem = elem->elem)
        depth++;
    if (depth > FC_MAX_NESTING) {
        if (!ps->stop)
            fc_too_deep(ps, span);
        t->elem = NULL;
    }
    return t;
}

struct fc_stage *fc_stage_new(struct fc_parser *ps, enum fc_stage_kind kind, struct fc_span span, struct fc_span head, struct fc_name name)
{
    struct fc_stage *s = fl_arena_zero(A, sizeof *s);
    s->kind = kind;
    s->span = span;
    s->head = head;
    s->name = name;
    return s;
}

struct fc_stage *fc_stage_join(struct fc_parser *ps, struct fc_span span, struct fc_span head, struct fc_pairing of, struct fc_expr *when,
                               struct fc_rule *rules)
{
    struct fc_stage *s = fc_stage_new(ps, FC_ST_JOIN, span, head, fc_no_name);
    struct fc_pairing *join = s->join = fl_arena_get(A, sizeof *join);
    *join = of;
    s->when = when;
    struct fc_rule **legs = &s->rules, **bodies = &join->bodies;
    for (struct fc_rule *r = rules, *next; r; r = next) {
        struct fc_rule ***end = r->kind == FC_R_BOTH || r->kind == FC_R_ALONE ? &bodies : &legs;
        next = r->next;
        r->next = NULL;
        **end = r;
        *end = &r->next;
    }
    return s;
}

struct fc_rule *fc_rule_new(struct fc_parser *ps, enum fc_rule_kind kind, struct fc_span span, struct fc_name name, struct fc_expr *when)
{
    struct fc_rule *r = fl_arena_zero(A, sizeof *r);
    r->kind = kind;
    r->span = span;
    r->name = name;
    r->when = when;
    return r;
}

struct fc_stmt *fc_stmt_new(struct fc_parser *ps, enum fc_stmt_kind kind, struct fc_span span, struct fc_name name)
{
    struct fc_stmt *s = fl_arena_zero(A, sizeof *s);
    s->kind = kind;
    s->span = span;
    s->name = name;
    return s;
}

struct fc_stmt *fc_stmt_if(struct fc_parser *ps, struct fc_span span, struct fc_expr *cond, struct fc_stmt *body, struct fc_stmt *other)
{
    struct fc_stmt *s = fc_stmt_new(ps, FC_S_IF, span, fc_no_name);
    s->value = cond;
    s->body = body;
    s->other = other;
    return s;
}

struct fc_field *fc_field_new(struct fc_parser *ps, enum fc_field_kind kind, struct fc_span span, struct fc_name name, bool optional, struct fc_as as)
{
    struct fc_field *f = fl_arena_zero(A, sizeof *f);
    f->kind = kind;
    f->span = span;
    f->name = name;
    f->optional = optional;
    f->as = as.s;
    return f;
}

struct fc_output_part *fc_output_new(struct fc_parser *ps, enum fc_output_kind kind, struct fc_span span, struct fc_span head, struct fc_name name)
{
    struct fc_output_part *o = fl_arena_zero(A, sizeof *o);
    o->kind = kind;
    o->span = span;
    o->head = head;
    o->name = name;
    return o;
}

struct fc_output_part *fc_output_stage(struct fc_parser *ps, struct fc_span span, struct fc_stage *stage)
{
    struct fc_output_part *o = fc_output_new(ps, FC_OUT_STAGE, span, stage->head, fc_no_name);
    o->stage = stage;
    return o;
}

struct fc_output_part *fc_output_metrics(struct fc_parser *ps, struct fc_span span, struct fc_span head, struct fc_part *labels, struct fc_expr *expire,
                                         struct fc_expr *max, struct fc_meter *meters)
{
    struct fc_stage *s = fc_stage_new(ps, FC_ST_METRICS, span, head, fc_no_name);
    s->metrics = fl_arena_zero(A, sizeof *s->metrics);
    *s->metrics = (struct fc_metrics){.labels = labels, .expire = expire, .max = max, .meters = meters};
    return fc_output_stage(ps, span, s);
}

void fc_metrics_each(struct fc_parser *ps, struct fc_output_part *metrics, struct fc_name key, struct fc_name row, struct fc_name table)
{
    struct fc_rows *r = fl_arena_zero(A, sizeof *r);
    *r = (struct fc_rows){.key = key, .table = table};
    metrics->stage->metrics->rows = r;
    if (!row.s)
        return;
    struct fc_exprs keys = {0};
    FC_APPEND(keys, fc_expr_name(ps, key));
    r->row = fl_arena_zero(A, sizeof *r->row);
    r->row->kind = FC_S_LET;
    r->row->span = row.span;
    r->row->name = row;
    r->row->value = fc_expr_index(ps, table.span, fc_expr_name(ps, table), keys);
}

struct fc_meter *fc_meter_new(struct fc_parser *ps, struct fc_span span, enum fc_meter_kind kind, struct fc_name name, const char *help,
                              struct fc_expr *buckets)
{
    struct fc_meter *m = fl_arena_zero(A, sizeof *m);
    *m = (struct fc_meter){.span = span, .kind = kind, .name = name, .help = help, .buckets = buckets};
    return m;
}

struct fc_serie *fc_serie_new(struct fc_parser *ps, struct fc_expr *value)
{
    struct fc_serie *s = fl_arena_zero(A, sizeof *s);
    s->span = value->span;
    s->value = value;
    return s;
}

struct fc_option *fc_option_new(struct fc_parser *ps, enum fc_option_kind kind, struct fc_span span, struct fc_name name)
{
    struct fc_option *o = fl_arena_zero(A, sizeof *o);
    o->kind = kind;
    o->span = span;
    o->name = name;
    return o;
}

struct fc_check *fc_check_new(struct fc_parser *ps, enum fc_check_kind kind, struct fc_span span, struct fc_name name)
{
    struct fc_check *c = fl_arena_zero(A, sizeof *c);
    c->kind = kind;
    c->span = span;
    c->name = name;
    return c;
}

struct fc_check *fc_check_json(struct fc_parser *ps, enum fc_check_kind kind, struct fc_span span, struct fc_name name, struct fc_span json)
{
    struct fc_check *c = fc_check_new(ps, kind, span, name);
    c->json = fc_json_text(ps, json);
    c->json_span = json;
    return c;
}

/* ---- expressions ---- */

struct fc_expr *fc_expr_number(struct fc_parser *ps, enum fc_expr_kind kind, struct fc_span span, struct fc_number n)
{
    struct fc_expr *e = fc_expr_new(A, kind, span);
    e->f = n.f;
    e->i = kind == FC_E_FLOAT ? 0 : fc_integer(ps, n, span);
    return e;
}

struct fc_expr *fc_expr_string(struct fc_parser *ps, struct fc_text s, struct fc_span span)
{
    struct fc_expr *e = fc_expr_new(A, FC_E_STRING, span);
    e->s = s.s;
    e->len = s.len;
    return e;
}

struct fc_expr *fc_expr_name(struct fc_parser *ps, struct fc_name name)
{
    struct fc_expr *e = fc_expr_new(A, FC_E_NAME, name.span);
    e->name = name;
    return e;
}

struct fc_expr *fc_expr_field(struct fc_parser *ps, struct fc_span span, struct fc_expr *a, struct fc_name name)
{
    struct fc_expr *e = fc_expr_new(A, FC_E_FIELD, span);
    e->a = a;
    e->name = name;
    return high(ps, e);
}

struct fc_expr *fc_expr_index(struct fc_parser *ps, struct fc_span span, struct fc_expr *a, struct fc_exprs keys)
{
    struct fc_expr *e = fc_expr_new(A, FC_E_INDEX, span);
    e->a = a;
    e->args = keys.first;
    return high(ps, e);
}

struct fc_expr *fc_expr_args(struct fc_parser *ps, enum fc_expr_kind kind, struct fc_span span, struct fc_exprs args)
{
    struct fc_expr *e = fc_expr_new(A, kind, span);
    e->args = args.first;
    return high(ps, e);
}

struct fc_expr *fc_expr_any(struct fc_parser *ps, struct fc_span span, struct fc_name name, struct fc_expr *in, struct fc_expr *each, bool maps)
{
    struct fc_expr *e = fc_expr_new(A, FC_E_ANY, span);
    e->name = name;
    e->b = each;
    e->maps = maps;
    if (in->kind == FC_E_BINARY && in->op == FC_OP_IN && in->a->kind == FC_E_NAME) {
        e->op_span = in->op_span;
        e->args = in->a; /* the bound name */
        e->a = in->b;
    } else {
        fc_report(ps->p->diags, FC_ANY_FORM, in->span, name.s, maps ? "x in list : value" : "x in list where condition");
        e->a = in;
    }
    return high(ps, e);
}

struct fc_expr *fc_expr_cond(struct fc_parser *ps, struct fc_span span, struct fc_span op, struct fc_expr *c, struct fc_expr *yes, struct fc_expr *no)
{
    struct fc_expr *e = fc_expr_new(A, FC_E_COND, span);
    e->op_span = op;
    e->a = c;
    e->b = yes;
    e->c = no;
    return high(ps, e);
}

struct fc_expr *fc_expr_match(struct fc_parser *ps, struct fc_span span, struct fc_expr *a, struct fc_arms arms)
{
    struct fc_expr *e = fc_expr_new(A, FC_E_MATCH, span);
    e->a = a;
    e->arms = arms.first;
    return high(ps, e);
}

struct fc_expr *fc_expr_new_record(struct fc_parser *ps, struct fc_span span, struct fc_name name, struct fc_fields fields)
{
    struct fc_expr *e = fc_expr_new(A, FC_E_NEW, span);
    e->name = name;
    e->fields = fields.first;
    return high(ps, e);
}

struct fc_expr *fc_binary(struct fc_parser *ps, struct fc_expr *l, enum fc_op op, struct fc_span op_span, struct fc_expr *r)
{
    bool bare = r->kind == FC_E_BINARY && r->op >= FC_OP_ADD && r->op <= FC_OP_MOD && r->span.start == r->a->span.start;
    if (op == FC_OP_COALESCE && bare) {
        struct fc_diag *g = fc_report2(ps->p->diags, FC_MIXED_DEFAULT, r->span, op_span);
        const struct fc_expr *first = r;
        while (first->kind == FC_E_BINARY && first->span.start == first->a->span.start)
            first = first->a;
        const char *left = fc_source_slice(ps->p->sources, l->span), *dflt = fc_source_slice(ps->p->sources, first->span);
        fc_diag_help(ps->p->diags, g, "write (%s ?? %s) and go on from there, or put parentheses around all behind `??`", left, dflt);
    }
    return high(ps, fc_expr_binary(A, l, op, op_span, r));
}

struct fc_terms fc_term(struct fc_parser *ps, struct fc_terms l, enum fc_op op, struct fc_span op_span, struct fc_expr *r)
{
    return (struct fc_terms){fc_expr_binary(A, l.e, op, op_span, r), l.n + 1};
}

/* Few terms stay as they are written, from left to right. */
#define FEW_TERMS 16

/* Operator i stands between terms i and i + 1: the tree of terms `from` to `to`. */
static struct fc_expr *low_tree(struct fc_parser *ps, struct fc_expr **ops, struct fc_expr **terms, unsigned from, unsigned to)
{
    if (from == to)
        return terms[from];
    unsigned mid = from + (to - from) / 2;
    struct fc_expr *e = ops[mid];
    e->a = low_tree(ps, ops, terms, from, mid);
    e->b = low_tree(ps, ops, terms, mid + 1, to);
    e->span = fc_span_join(e->a->span, e->b->span);
    return high(ps, e);
}

struct fc_expr *fc_terms_tree(struct fc_parser *ps, struct fc_terms t)
{
    struct fc_expr **ops = fl_arena_get(A, sizeof *ops * t.n), **terms = fl_arena_get(A, sizeof *terms * t.n), *e = t.e;
    for (unsigned i = t.n - 1; i > 0; i--, e = e->a) {
        ops[i - 1] = e;
        terms[i] = e->b;
    }
    terms[0] = e;
    if (t.n > FEW_TERMS)
        return low_tree(ps, ops, terms, 0, t.n - 1);
    for (unsigned i = 0; i + 1 < t.n; i++)
        high(ps, ops[i]);
    return t.e;
}

struct fc_expr *fc_unary(struct fc_parser *ps, enum fc_op op, struct fc_span op_span, struct fc_expr *e)
{
    return high(ps, fc_expr_unary(A, op, op_span, e));
}

static void suggest(void *arg, const char *name)
{
    fl_suggest_try(arg, name);
}

void fc_allow(struct fc_parser *ps, struct fc_name name, struct fc_span span)
{
    if (fc_diag_allow(ps->p->diags, name.s, span))
        return;
    struct fc_diag *g = fc_report(ps->p->diags, FC_ALLOW, name.span, name.s);
    struct fl_suggest s;
    fl_suggest_init(&s, name.s);
    fc_diag_names(A, suggest, &s);
    if (fl_suggest_best(&s))
        fc_diag_help(ps->p->diags, g, "did you mean `%s`?", fl_suggest_best(&s));
    else
        fc_diag_help(ps->p->diags, g, "the name stands in brackets at the end of a message, behind its number");
}

/* ---- values ---- */

const char *fc_plain(struct fc_parser *ps, struct fc_text s, struct fc_span span)
{
    if (memchr(s.s, 0, s.len))
        fc_report(ps->p->diags, FC_BAD_ESCAPE, span, "\\u0000");
    return s.s;
}

int64_t fc_integer(struct fc_parser *ps, struct fc_number n, struct fc_span span)
{
    if (n.big)
        fc_report(ps->p->diags, FC_NUMBER_RANGE, span, fc_source_slice(ps->p->sources, span));
    return n.i;
}

/* A comment may stand in a JSON object of a .flow file, but not in what the test reads. */
const char *fc_json_text(struct fc_parser *ps, struct fc_span span)
{
    char *s = fl_arena_strdup(A, fc_source_slice(ps->p->sources, span));
    for (char *p = s; *p; p++) {
        if (*p == '"') {
            for (p++; *p && *p != '"'; p++)
                if (*p == '\\' && p[1])
                    p++;
            if (!*p)
                break;
        } else if (*p == '#') {
            while (*p && *p != '\n')
                *p++ = ' ';
            if (!*p)
                break;
        }
    }
    return s;
}

void fc_json_string(struct fc_parser *ps, struct fc_span span)
{
    const char *s = fc_source_slice(ps->p->sources, span);
    if (*s != '"')
        fc_report(ps->p->diags, FC_BAD_JSON, span, "its strings have double quotes");
    else if (strstr(s, "\\'"))
        fc_report(ps->p->diags, FC_BAD_JSON, span, "it has no escape `\\'`");
}

void fc_json_number(struct fc_parser *ps, struct fc_span span)
{
    const char *s = fc_source_slice(ps->p->sources, span);
    bool good = *s != '0' || s[1] == 0 || s[1] == '.' || s[1] == 'e' || s[1] == 'E';
    if (!good || s[strspn(s, "0123456789.eE+-")] != 0)
        fc_report(ps->p->diags, FC_BAD_JSON, span, fl_arena_printf(A, "`%s` is not one of its numbers", s));
}

void fc_row_field(struct fc_parser *ps, struct fc_row *row, struct fc_span span, struct fc_name name, bool optional, struct fc_expr *path)
{
    struct fc_field *f = fc_field_new(ps, FC_F_EXPR, span, name, optional, (struct fc_as){0});
    f->value = path;
    FC_APPEND(row->fields, f);
}

static struct fc_select *new_select(struct fc_parser *ps, struct fc_span span, struct fc_name name, struct fc_case *cases)
{
    struct fc_select *s = fl_arena_zero(ps->p->arena, sizeof *s);
    s->span = span;
    s->name = name;
    s->cases = cases;
    return s;
}

struct fc_item *fc_item_select(struct fc_parser *ps, struct fc_span span, struct fc_span head, struct fc_name name, struct fc_case *cases)
{
    struct fc_item *it = fc_item_new(ps, FC_I_SELECT, span, name);
    it->select = new_select(ps, head, name, cases);
    return it;
}

struct fc_output_part *fc_output_select(struct fc_parser *ps, struct fc_span span, struct fc_span head, struct fc_name name, struct fc_case *cases)
{
    struct fc_output_part *p = fc_output_new(ps, FC_OUT_SELECT, span, head, name);
    p->select = new_select(ps, head, name, cases);
    return p;
}
