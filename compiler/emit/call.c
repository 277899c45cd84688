/*
 * call.c - calls, match, new, templates, membership, any().
 */
#include <string.h>

#include "check/check.h"
#include "emit/emit.h"

/* ---- builtins ------------------------------------------------------------------------------------------- */

static struct fc_cv builtin(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_builtin *b = e->info;
    struct fc_cv arg[4];
    const struct fc_cond *n = NULL;
    int i = 0;
    for (const struct fc_expr *x = e->args; x && i < 4; x = x->next, i++) {
        if (b->params[i] == 'r') {
            const struct fc_expr *pattern = x->kind == FC_E_NAME ? x->sym->value : x;
            arg[i] = fce_value(x->type, fce_text(m, "regex_%d", fc_plan_regexp(m->c, m->p, pattern->s)), NULL, true);
            continue;
        }
        arg[i] = fce_bind(m, fce_expr(m, x));
        if (i == 1 && strcmp(arg[0].v, arg[1].v) == 0)
            arg[1] = fce_apart(m, arg[1]);
        n = fce_or(m, n, arg[i].n);
    }
    struct fce_row_args args = {.n = i};
    while (i--)
        args.v[i] = arg[i].v;
    if (strstr(b->c, "$names1"))
        args.names = fce_names(m, e->args->type);
    if (b->c[0] == '?') { /* the argument itself, or null: there is no need to copy what has a name */
        const struct fc_cond *there = fce_row(m, b->c + 1, &FC_BOOL_T, &args);
        arg[0].n = fce_or(m, n, fce_not(m, there));
        arg[0].type = e->type;
        return arg[0];
    }
    if (strcmp(b->c, "$1") == 0)
        return (struct fc_cv){.v = arg[0].v, .c = arg[0].c, .n = n, .type = e->type};
    if (b->result[1] != '?')
        return fce_worth(m, e->type, fce_row(m, b->c, e->type, &args), n);
    const char *t = args.result = fce_temp(m);
    const struct fc_cond *c = fce_row(m, b->c, &FC_BOOL_T, &args);
    fce_zeroed(m, e->type, t, NULL);
    fce_line(m, "bool is_%s = %s;", t, fce_bare(m, fce_guarded(m, n, c)));
    return fce_value(e->type, t, fce_no(m, "is_%s", t), true);
}

/* ---- functions ---------------------------------------------------------------------------------------------- */

/*
 * The function's frame holds its arguments and, once computed, its lets. Null for a parameter that takes none makes the
 * whole call null.
 */
static struct fc_cv function(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_sym *f = e->sym;
    const char *t = fce_temp(m);
    const struct fc_cond *never = NULL;
    int i = 0;
    for (const struct fc_sym *a = f->args; a; a = a->next)
        i++;
    struct fc_cv *args = fl_arena_get(m->a, (size_t)(i + 1) * sizeof *args);
    i = 0;
    const struct fc_sym *a = f->args;
    for (const struct fc_expr *x = e->args; x && a; x = x->next, a = a->next, i++) {
        args[i] = x->type->kind == FC_K_NULL ? fce_value(a->type, "0", &fce_always, true) : fce_bind(m, fce_expr(m, x));
        if (!a->optional)
            never = fce_or(m, never, args[i].n);
    }
    bool maybe = f->optional || never;
    fce_zeroed(m, f->type, t, maybe ? fce_text(m, "is_%s", t) : NULL);
    if (never)
        fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, never)));
    else
        fce_line(m, "{");
    m->depth++;
    fce_line(m, "FL_FRAME(struct frame_%s, g);", f->name);
    i = 0;
    for (a = f->args; a; a = a->next, i++) {
        struct fc_cv v = args[i];
        if (!a->optional)
            v.n = NULL;
        fce_assign(m, fce_text(m, "g.%s", fce_name(m, a->name)), a->optional ? fce_text(m, "g.has_%s", a->name) : NULL, v);
    }
    fce_line(m, "%scall_%s(cx, %s, &g, &%s);", maybe ? fce_text(m, "is_%s = ", t) : "", f->name, m->cx == FC_CX_NONE ? "NULL" : "r", t);
    m->depth--;
    fce_line(m, "}");
    if (f->asks)
        fce_pending(m);
    return fce_value(f->type, t, maybe ? fce_no(m, "is_%s", t) : NULL, true);
}

struct fc_cv fce_call(struct fc_em *m, const struct fc_expr *e)
{
    if (e->sym && e->sym->kind == FC_SYM_LOOKUP)
        return fce_lookup(m, e);
    if (e->sym)
        return function(m, e);
    if (e->info)
        return builtin(m, e);
    const char *t = fce_temp(m); /* templates(list) */
    fce_line(m, "fl_str %s = templates_%s ? fl_templates_eval(cx, &r->h, templates_%s) : (fl_str){NULL, 0, FL_RAW};", t, e->args->sym->name, e->args->sym->name);
    fce_pending(m);
    return fce_value(e->type, t, fce_no(m, "%s.p", t), true);
}

/* ---- match -------------------------------------------------------------------------------------------------------- */

static void arm(struct fc_em *m, const char *t, const char *is, const struct fc_arm *a)
{
    int settled = m->nsettled;
    m->depth++;
    struct fc_cv v = fce_expr(m, a->value);
    if (v.type->kind != FC_K_NULL)
        fce_assign(m, t, is, v);
    m->depth--;
    m->nsettled = settled;
}

static const struct fc_cond *equals_pattern(struct fc_em *m, const struct fc_cv *v, const struct fc_pattern *p)
{
    struct fc_cv x = p->kind == FC_P_NAME ? fce_value(v->type, fce_text(m, "%lld", (long long)p->index), NULL, true) : fce_expr(m, p->value);
    return fce_equal(m, v, &x);
}

/* When one of the arm's patterns holds; NULL: always. */
static const struct fc_cond *arm_test(struct fc_em *m, const struct fc_arm *a, const struct fc_cv *v)
{
    const struct fc_cond *test = NULL;
    bool null = false;
    for (const struct fc_pattern *p = a->patterns; p; p = p->next) {
        if (p->kind == FC_P_ANY)
            return NULL;
        if (p->kind != FC_P_NAME && p->value->kind == FC_E_NULL)
            null = true;
        else
            test = fce_or(m, test, equals_pattern(m, v, p));
    }
    if (test)
        test = fce_guarded(m, v->n, test);
    if (!null)
        return test;
    return v->n ? fce_or(m, v->n, test) : test ? test : &fce_never;
}

static bool is_null(const struct fc_pattern *p)
{
    return p->kind == FC_P_LITERAL && p->value->kind == FC_E_NULL;
}

/* The arm's labels, and a brace; null stands at -2, which is no place. False: there are none, other arms take all of it. */
static bool labels(struct fc_em *m, const struct fc_arm *a, const struct fc_places *places, size_t *next, const struct fc_cv *v, bool *all)
{
    const char *label = NULL;
    for (const struct fc_pattern *p = a->patterns; p; p = p->next) {
        const char *before = label;
        bool constant = p->kind != FC_P_ANY && !is_null(p);
        size_t i = constant ? (*next)++ : 0;
        *all |= p->kind == FC_P_ANY;
        if (p->kind == FC_P_ANY)
            label = "default:";
        else if (constant)
            label = fce_text(m, "case %zu:", places->of[i]);
        else if (v->n)
            label = "case -2:";
        if (before && label != before)
            fce_line(m, "%s", before);
    }
    if (label)
        fce_line(m, "%s {", label);
    return label != NULL;
}

/* Many constants: what is searched for once, and a switch. False: they aren't, or not all of them are known now. */
static bool match_switch(struct fc_em *m, const struct fc_expr *e, const struct fc_cv *v, const char *t, const char *is)
{
    struct fc_places places = {.m = m, .type = v->type};
    size_t next = 0;
    for (const struct fc_arm *a = e->arms; a; a = a->next)
        for (const struct fc_pattern *p = a->patterns; p; p = p->next)
            if (p->kind != FC_P_ANY && !is_null(p) && !fce_places_add(&places, p->kind == FC_P_NAME ? NULL : p->value, p->index))
                return false;
    if (places.n < FCE_MANY_EQUAL)
        return false;
    const char *place = fce_places(&places, v->v);
    fce_line(m, v->n ? "switch (%s ? -2 : %s) {" : "switch (%s%s) {", v->n ? fce_asked(m, v->n) : "", place);
    bool all = false;
    for (const struct fc_arm *a = e->arms; a && !all; a = a->next) {
        if (!labels(m, a, &places, &next, v, &all))
            continue;
        arm(m, t, is, a);
        fce_line(m, "    break;");
        fce_line(m, "}");
    }
    fce_line(m, "}");
    return true;
}

struct fc_cv fce_match(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_cv v = fce_bind(m, fce_expr(m, e->a));
    const char *t = fce_temp(m), *is = e->nullable ? fce_text(m, "is_%s", t) : NULL;
    bool first = true;
    fce_zeroed(m, e->type, t, is);
    if (match_switch(m, e, &v, t, is))
        return fce_value(e->type, t, is ? fce_no(m, "%s", is) : NULL, true);
    for (const struct fc_arm *a = e->arms; a; a = a->next) {
        const struct fc_cond *test = arm_test(m, a, &v);
        if (!test && first) {
            fce_line(m, "{");
        } else if (!test) {
            if (a->value->type->kind == FC_K_NULL)
                break;
            fce_line(m, "} else {");
        } else {
            fce_line(m, "%sif (%s) {", first ? "" : "} else ", fce_bare(m, test));
        }
        if (a->value->type->kind == FC_K_NULL)
            fce_line(m, "    /* null */");
        arm(m, t, is, a);
        first = false;
        if (!test)
            break;
    }
    fce_line(m, "}");
    return fce_value(e->type, t, is ? fce_no(m, "%s", is) : NULL, true);
}

/* ---- new, templates ------------------------------------------------------------------------------------------------------- */

struct fc_cv fce_new(struct fc_em *m, const struct fc_expr *e)
{
    const char *t = fce_temp(m);
    fce_zeroed(m, e->type, t, NULL);
    int from = m->nfrom;
    for (const struct fc_field *f = e->fields; f; f = f->next) {
        const struct fc_member *mem = &e->type->members[f->index];
        if (!f->value || f->value->type->kind == FC_K_NULL)
            continue;
        fce_spread(m, f);
        fce_assign(m, fce_text(m, "%s.%s", t, fce_name(m, mem->name)), mem->optional ? fce_text(m, "%s.has_%s", t, mem->name) : NULL, fce_expr(m, f->value));
    }
    m->nfrom = from;
    return fce_value(e->type, t, NULL, true);
}

struct fc_cv fce_template(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_cond *n = NULL;
    struct fce_items items;
    int i = 0;
    fce_items_begin(m, &items);
    for (const struct fc_expr *x = e->args; x; x = x->next, i++) {
        struct fc_cv v = fce_bind(m, fce_expr(m, x));
        n = fce_or(m, n, v.n);
        fce_item(&items, v.v);
    }
    const char *parts = fce_items_end(m, &items);
    if (i == 0)
        return fce_value(e->type, fce_string(m, "", 0), NULL, true);
    const char *t = fce_temp(m);
    if (n) {
        fce_line(m, "const bool is_%s = %s;", t, fce_bare(m, fce_not(m, n)));
        fce_line(m, "fl_str %s = {0};", t);
        fce_line(m, "if (is_%s)", t);
        fce_line(m, "    %s = fl_join(cx, (const fl_str[]){%s}, %d);", t, parts, i);
        return fce_value(e->type, t, fce_no(m, "is_%s", t), true);
    }
    fce_line(m, "const fl_str %s = fl_join(cx, (const fl_str[]){%s}, %d);", t, parts, i);
    return fce_value(e->type, t, NULL, true);
}

/* ---- x in list --------------------------------------------------------------------------------------------------------------- */

static const struct fc_cond *none_is_null(struct fc_em *m, const struct fc_cv *v)
{
    return fce_or(m, v->n, fce_no(m, "%s.family", v->v));
}

static struct fc_cv found(struct fc_em *m, const char *call, const struct fc_cond *n)
{
    return fce_worth(m, &FC_BOOL_T, fce_cond(m, FC_COND_ATOM, "%s", call), n);
}

/* v, which is not null, is this element or, for an address, in this prefix. */
static const struct fc_cond *is_element(struct fc_em *m, const struct fc_cv *v, const struct fc_expr *x)
{
    struct fc_cv y = fce_expr(m, x);
    if (v->type->kind == FC_K_CIDR)
        return fce_cond(m, FC_COND_ATOM, "fl_b_same_cidr(%s, %s)", v->v, y.v);
    if (v->type->kind != FC_K_IP)
        return fce_comparison(m, fce_equal(m, v, &y), v, x, false);
    if (y.type->kind == FC_K_CIDR)
        return fce_cond(m, FC_COND_ATOM, "fl_cidr_has(&%s, &%s)", fce_bind(m, y).v, v->v);
    return fce_cond(m, FC_COND_ATOM, "fl_b_equal_ip(%s, %s)", v->v, y.v);
}

/* Element by element; addresses that the compiler knows are in `set`, if there is one. */
static struct fc_cv literal_list(struct fc_em *m, struct fc_cv v, const struct fc_expr *list, const struct fc_matcher *set)
{
    struct fc_chain any = {.m = m, .all = set ? fce_cond(m, FC_COND_ATOM, "fl_prefixes_has(&set_%s, &%s)", set->c, v.v) : NULL};
    for (const struct fc_expr *x = list->args; x; x = x->next)
        if (!set || !fc_address(x))
            fce_chain_add(&any, is_element(m, &v, x));
    const struct fc_cond *found = fce_chain_end(&any);
    return fce_worth(m, &FC_BOOL_T, found ? found : &fce_never, v.type->kind == FC_K_IP ? none_is_null(m, &v) : v.n);
}

struct fc_cv fce_in_list(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_cv v = fce_bind(m, fce_expr(m, e->a));
    if (e->i) { /* in a table: its row is there */
        struct fc_cv row = fce_table_read(m, e->b);
        return fce_worth(m, &FC_BOOL_T, fce_not(m, row.n), v.type->kind == FC_K_IP ? none_is_null(m, &v) : v.n);
    }
    const struct fc_type *lt = e->a->type, *rt = e->b->type;
    const struct fc_expr *list = fce_constant(e->b);
    if (rt->kind == FC_K_MAP) {
        struct fc_cv map = fce_expr(m, list);
        return found(m, fce_text(m, "fl_map_has(cx, %s, %s)", map.v, v.v), fce_or(m, v.n, map.n));
    }
    if (lt->kind == FC_K_IP && rt->kind == FC_K_CIDR) {
        struct fc_cv net = fce_bind(m, fce_expr(m, list));
        return found(m, fce_text(m, "fl_cidr_has(&%s, &%s)", net.v, v.v), fce_or(m, none_is_null(m, &v), net.n));
    }
    const struct fc_matcher *set = lt->kind == FC_K_IP && rt->elem->kind == FC_K_CIDR ? fc_plan_matcher(m->c, m->p, list, FC_SET_PREFIXES)
                                   : lt->kind == FC_K_CLASS                           ? fc_plan_matcher(m->c, m->p, list, FC_SET_CLASSES)
                                                                                      : NULL;
    if (set && set->kind == FC_SET_PREFIXES && list->kind == FC_E_LIST)
        return literal_list(m, v, list, set);
    if (set && set->kind == FC_SET_PREFIXES)
        return found(m, fce_text(m, "fl_prefixes_has(&set_%s, &%s)", set->c, v.v), none_is_null(m, &v));
    if (set)
        return found(m, fce_text(m, "in_%s[%s]", set->c, v.v), v.n);
    if (list->kind == FC_E_LIST)
        return literal_list(m, v, list, NULL);
    struct fc_cv l = fce_bind(m, fce_expr(m, list));
    const struct fc_cond *n = fce_or(m, v.n, l.n);
    if (lt->kind == FC_K_IP)
        return found(m, fce_text(m, "fl_b_%s(%s, &%s)", rt->elem->kind == FC_K_CIDR ? "cidrs_have" : "ips_have", l.v, v.v), fce_or(m, none_is_null(m, &v), l.n));
    if (lt->kind == FC_K_CIDR)
        return found(m, fce_text(m, "fl_b_cidrs_equal(%s, &%s)", l.v, v.v), n);
    return found(m, fce_text(m, "fl_%s_has(%s, %s)", lt->kind == FC_K_STRING ? "strs" : lt->kind == FC_K_FLOAT ? "floats" : lt->kind == FC_K_BOOL ? "bools" : "ints", l.v, v.v), n);
}

/* What is done with each element, in the loop; `t` is the result. */
static void each_element(struct fc_em *m, const struct fc_expr *e, const char *t, const char *list)
{
    if (e->i == FC_EACH_MAP) {
        struct fc_cv v = fce_expr(m, e->b);
        fce_line(m, "v_%s[i_%s] = %s;", t, t, fce_alone(m, &v));
        return;
    }
    const struct fc_cond *c = fce_true(m, e->b);
    if (e->i == FC_EACH_ANY || e->i == FC_EACH_ALL) {
        fce_line(m, "%s = %s;", t, fce_bare(m, c));
        return;
    }
    fce_line(m, "if (%s)", fce_bare(m, c));
    if (e->i == FC_EACH_COUNT)
        fce_line(m, "    %s++;", t);
    else
        fce_line(m, "    %s = (const %s *)%s.v + i_%s;", t, fce_type(m, e->sym->type), list, t);
}

struct fc_cv fce_any(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_cv l = fce_bind(m, fce_expr(m, e->a));
    const char *t = fce_temp(m), *type = fce_type(m, e->sym->type);
    const struct fc_cond *more = fce_cond(m, FC_COND_COMPARE, "i_%s < %s.n", t, l.v), *found = fce_cond(m, FC_COND_ATOM, "%s", t);
    int settled = m->nsettled;
    if (e->i == FC_EACH_MAP) {
        const char *made = fce_type(m, e->type->elem);
        fce_line(m, "struct fl_list %s = {0};", t);
        fce_line(m, "%s *v_%s = NULL;", made, t);
        fce_line(m, l.n ? "if (%s) {" : "{", l.n ? fce_bare(m, fce_not(m, l.n)) : "");
        fce_line(m, "    v_%s = (void *)fl_scratch(cx, %s.n * sizeof *v_%s);", t, l.v, t);
        fce_line(m, "    %s = (struct fl_list){v_%s, %s.n};", t, t, l.v);
        fce_line(m, "}");
    } else if (e->i == FC_EACH_FIND || e->i == FC_EACH_LAST) {
        fce_line(m, "const %s *%s = NULL;", type, t);
        more = e->i == FC_EACH_LAST ? more : fce_and(m, more, fce_not(m, found));
    } else if (e->i == FC_EACH_COUNT) {
        fce_line(m, "int64_t %s = 0;", t);
    } else {
        fce_line(m, "bool %s = %s;", t, e->i == FC_EACH_ALL ? "true" : "false");
        more = fce_and(m, more, e->i == FC_EACH_ALL ? found : fce_not(m, found));
    }
    fce_line(m, "for (uint32_t i_%s = 0; %s; i_%s++) {", t, fce_bare(m, fce_guarded(m, l.n, more)), t);
    m->depth++;
    fce_line(m, "const %s l_%s = ((const %s *)%s.v)[i_%s];", type, e->sym->name, type, l.v, t);
    each_element(m, e, t, l.v);
    m->depth--;
    m->nsettled = settled;
    fce_line(m, "}");
    if (e->i != FC_EACH_FIND && e->i != FC_EACH_LAST)
        return fce_value(e->type, t, l.n, true);
    struct fc_cv v = fce_worth(m, e->type, fce_cond(m, FC_COND_LOOSE, "*%s", t), fce_no(m, "%s", t));
    v.simple = true;
    return v;
}
