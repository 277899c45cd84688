/*
 * call.c - calls, match, new, templates, membership, any().
 */
#include <string.h>

#include "check/check.h"
#include "emit/emit.h"

/* ---- builtins ------------------------------------------------------------------------------------------- */

/* A builtin that gives its argument, or null if the rest is 0: there is no need to copy what has a name. */
#define SAME "($$ = $1, "

static struct fc_cv builtin(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_builtin *b = e->info;
    struct fc_cv arg[4];
    const char *n = NULL;
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
    bool nullable = b->result[1] == '?', same = nullable && arg[0].simple && strncmp(b->c, SAME, strlen(SAME)) == 0;
    const char *t = same ? arg[0].v : nullable ? fce_temp(m) : "";
    const char *out = "";
    for (const char *c = b->c + (same ? strlen(SAME) : 0); *c; c++) {
        if (c[0] == '$' && c[1] == '$') {
            out = fce_text(m, "%s%s", out, t);
            c++;
        } else if (c[0] == '$' && c[1] >= '1' && c[1] <= '9') {
            out = fce_text(m, "%s%s", out, arg[c[1] - '1'].v);
            c++;
        } else if (strncmp(c, "$names1", 7) == 0) {
            out = fce_text(m, "%s%s", out, fce_names(m, e->args->type));
            c += 6;
        } else {
            out = fce_text(m, "%s%c", out, *c);
        }
    }
    if (same)
        return fce_value(e->type, t, fce_or(m, n, fce_text(m, "!%.*s", (int)strlen(out) - 1, out)), true);
    if (!nullable)
        return fce_value(e->type, out, n, false);
    fce_zeroed(m, e->type, t, NULL);
    fce_line(m, "bool is_%s = %s;", t, fce_guarded(m, n, n ? out : fce_bare(m, out)));
    return fce_value(e->type, t, fce_text(m, "!is_%s", t), true);
}

/* ---- functions ---------------------------------------------------------------------------------------------- */

/*
 * The function's frame holds its arguments and, once computed, its lets. Null for a parameter that takes none makes the
 * whole call null.
 */
static struct fc_cv function(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_sym *f = e->sym;
    const char *t = fce_temp(m), *never = NULL;
    struct fc_cv args[16];
    int i = 0;
    const struct fc_sym *a = f->args;
    for (const struct fc_expr *x = e->args; x && a && i < 16; x = x->next, a = a->next, i++) {
        args[i] = x->type->kind == FC_K_NULL ? fce_value(a->type, "0", "true", true) : fce_bind(m, fce_expr(m, x));
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
    for (a = f->args; a && i < 16; a = a->next, i++) {
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
    if (maybe && !e->nullable)
        fce_line(m, "(void)is_%s;", t);
    return fce_value(f->type, t, maybe ? fce_text(m, "!is_%s", t) : NULL, true);
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
    return fce_value(e->type, t, fce_text(m, "!%s.p", t), true);
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

/* v, which is not null, is this pattern's value. */
static const char *pattern_test(struct fc_em *m, const struct fc_pattern *p, const struct fc_cv *v)
{
    if (p->kind == FC_P_NAME)
        return fce_text(m, "%s == %lld", v->v, (long long)p->index);
    const char *x = fce_expr(m, p->value).v;
    return v->type->kind == FC_K_STRING ? fce_text(m, "fl_str_eq(%s, %s)", v->v, x) : fce_text(m, "%s == %s", v->v, x);
}

/* C that is true when one of the arm's patterns holds; NULL: always. */
static const char *arm_test(struct fc_em *m, const struct fc_arm *a, const struct fc_cv *v)
{
    const char *test = NULL;
    bool null = false, several = false;
    for (const struct fc_pattern *p = a->patterns; p; p = p->next) {
        if (p->kind == FC_P_ANY)
            return NULL;
        if (p->kind != FC_P_NAME && p->value->kind == FC_E_NULL) {
            null = true;
            continue;
        }
        several = test != NULL;
        test = several ? fce_text(m, "%s || %s", test, pattern_test(m, p, v)) : pattern_test(m, p, v);
    }
    if (test && v->n)
        test = fce_text(m, several ? "%s && (%s)" : "%s && %s", fce_not(m, v->n), test);
    return !null ? test : !v->n ? (test ? test : "false") : test ? fce_text(m, "%s || (%s)", v->n, test) : v->n;
}

struct fc_cv fce_match(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_cv v = fce_bind(m, fce_expr(m, e->a));
    const char *t = fce_temp(m), *is = e->nullable ? fce_text(m, "is_%s", t) : NULL;
    bool first = true;
    fce_zeroed(m, e->type, t, is);
    for (const struct fc_arm *a = e->arms; a; a = a->next) {
        const char *test = arm_test(m, a, &v);
        if (!test && first) {
            fce_line(m, "{");
        } else if (!test) {
            if (a->value->type->kind == FC_K_NULL)
                break;
            fce_line(m, "} else {");
        } else {
            fce_line(m, "%sif (%s) {", first ? "" : "} else ", test);
        }
        if (a->value->type->kind == FC_K_NULL)
            fce_line(m, "    /* null */");
        arm(m, t, is, a);
        first = false;
        if (!test)
            break;
    }
    fce_line(m, "}");
    return fce_value(e->type, t, is ? fce_text(m, "!%s", is) : NULL, true);
}

/* ---- new, templates ------------------------------------------------------------------------------------------------------- */

struct fc_cv fce_new(struct fc_em *m, const struct fc_expr *e)
{
    const char *t = fce_temp(m);
    fce_zeroed(m, e->type, t, NULL);
    for (const struct fc_field *f = e->fields; f; f = f->next) {
        const struct fc_member *mem = &e->type->members[f->index];
        if (f->value->type->kind == FC_K_NULL)
            continue;
        fce_assign(m, fce_text(m, "%s.%s", t, fce_name(m, mem->name)), mem->optional ? fce_text(m, "%s.has_%s", t, mem->name) : NULL, fce_expr(m, f->value));
    }
    return fce_value(e->type, t, NULL, true);
}

struct fc_cv fce_template(struct fc_em *m, const struct fc_expr *e)
{
    const char *n = NULL, *parts = "";
    int i = 0;
    for (const struct fc_expr *x = e->args; x; x = x->next, i++) {
        struct fc_cv v = fce_bind(m, fce_expr(m, x));
        n = fce_or(m, n, v.n);
        parts = fce_text(m, "%s%s%s", parts, i ? ", " : "", v.v);
    }
    if (i == 0)
        return fce_value(e->type, fce_string(m, "", 0), NULL, true);
    const char *t = fce_temp(m);
    if (n) {
        fce_line(m, "const bool is_%s = %s;", t, fce_bare(m, fce_not(m, n)));
        fce_line(m, "fl_str %s = {0};", t);
        fce_line(m, "if (is_%s)", t);
        fce_line(m, "    %s = fl_join(cx, (const fl_str[]){%s}, %d);", t, parts, i);
        return fce_value(e->type, t, fce_text(m, "!is_%s", t), true);
    }
    fce_line(m, "const fl_str %s = fl_join(cx, (const fl_str[]){%s}, %d);", t, parts, i);
    return fce_value(e->type, t, NULL, true);
}

/* ---- x in list --------------------------------------------------------------------------------------------------------------- */

static const char *none_is_null(struct fc_em *m, struct fc_cv *v)
{
    return fce_or(m, v->n, fce_text(m, "!%s.family", v->v));
}

/* v, which is not null, is this element or, for an address, in this prefix. */
static const char *is_element(struct fc_em *m, const struct fc_cv *v, const struct fc_expr *x)
{
    struct fc_cv y = fce_expr(m, x);
    switch (v->type->kind) {
    case FC_K_STRING:
        return fce_text(m, "fl_str_eq(%s, %s)", v->v, y.v);
    case FC_K_CIDR:
        return fce_text(m, "fl_b_same_cidr(%s, %s)", v->v, y.v);
    case FC_K_IP:
        if (y.type->kind == FC_K_CIDR)
            return fce_text(m, "fl_cidr_has(&%s, &%s)", fce_bind(m, y).v, v->v);
        return fce_text(m, "fl_b_equal_ip(%s, %s)", v->v, y.v);
    default:
        return fce_text(m, "%s == %s", v->v, y.v);
    }
}

/* Element by element; addresses that the compiler knows are in `set`, if there is one. */
static struct fc_cv literal_list(struct fc_em *m, struct fc_cv v, const struct fc_expr *list, const struct fc_matcher *set)
{
    const char *out = set ? fce_text(m, "fl_prefixes_has(&set_%s, &%s)", set->c, v.v) : "";
    bool several = false;
    for (const struct fc_expr *x = list->args; x; x = x->next) {
        if (set && fc_address(x))
            continue;
        several |= *out != 0;
        out = fce_text(m, "%s%s%s", out, *out ? " || " : "", is_element(m, &v, x));
    }
    out = !*out ? "false" : several || !set ? fce_text(m, "(%s)", out) : out;
    return fce_value(&FC_BOOL_T, out, v.type->kind == FC_K_IP ? none_is_null(m, &v) : v.n, false);
}

struct fc_cv fce_in_list(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_cv v = fce_bind(m, fce_expr(m, e->a));
    const struct fc_type *lt = e->a->type, *rt = e->b->type;
    const struct fc_expr *list = e->b;
    while (list->kind == FC_E_NAME && list->sym && list->sym->kind == FC_SYM_CONST)
        list = list->sym->value;
    if (rt->kind == FC_K_MAP) {
        struct fc_cv map = fce_expr(m, list);
        return fce_value(&FC_BOOL_T, fce_text(m, "fl_map_has(cx, %s, %s)", map.v, v.v), fce_or(m, v.n, map.n), false);
    }
    if (lt->kind == FC_K_IP && rt->kind == FC_K_CIDR) {
        struct fc_cv net = fce_bind(m, fce_expr(m, list));
        return fce_value(&FC_BOOL_T, fce_text(m, "fl_cidr_has(&%s, &%s)", net.v, v.v), fce_or(m, none_is_null(m, &v), net.n), false);
    }
    const struct fc_matcher *set = lt->kind == FC_K_IP && rt->elem->kind == FC_K_CIDR ? fc_plan_matcher(m->c, m->p, list, FC_SET_PREFIXES)
                                   : lt->kind == FC_K_CLASS                           ? fc_plan_matcher(m->c, m->p, list, FC_SET_CLASSES)
                                                                                      : NULL;
    if (set && set->kind == FC_SET_PREFIXES && list->kind == FC_E_LIST)
        return literal_list(m, v, list, set);
    if (set && set->kind == FC_SET_PREFIXES)
        return fce_value(&FC_BOOL_T, fce_text(m, "fl_prefixes_has(&set_%s, &%s)", set->c, v.v), none_is_null(m, &v), false);
    if (set)
        return fce_value(&FC_BOOL_T, fce_text(m, "in_%s[%s]", set->c, v.v), v.n, false);
    if (list->kind == FC_E_LIST)
        return literal_list(m, v, list, NULL);
    struct fc_cv l = fce_bind(m, fce_expr(m, list));
    const char *n = fce_or(m, v.n, l.n);
    if (lt->kind == FC_K_IP)
        return fce_value(&FC_BOOL_T, fce_text(m, "fl_b_%s(%s, &%s)", rt->elem->kind == FC_K_CIDR ? "cidrs_have" : "ips_have", l.v, v.v), fce_or(m, none_is_null(m, &v), l.n), false);
    if (lt->kind == FC_K_CIDR)
        return fce_value(&FC_BOOL_T, fce_text(m, "fl_b_cidrs_equal(%s, &%s)", l.v, v.v), n, false);
    return fce_value(&FC_BOOL_T, fce_text(m, "fl_%s_has(%s, %s)", lt->kind == FC_K_STRING ? "strs" : lt->kind == FC_K_FLOAT ? "floats" : lt->kind == FC_K_BOOL ? "bools" : "ints", l.v, v.v), n, false);
}

struct fc_cv fce_any(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_cv l = fce_bind(m, fce_expr(m, e->a));
    const char *t = fce_temp(m), *type = fce_type(m, e->sym->type);
    int settled = m->nsettled;
    fce_line(m, "bool %s = false;", t);
    fce_line(m, "for (uint32_t i_%s = 0; %s; i_%s++) {", t, fce_guarded(m, l.n, fce_text(m, "i_%s < %s.n && !%s", t, l.v, t)), t);
    m->depth++;
    fce_line(m, "const %s l_%s = ((const %s *)%s.v)[i_%s];", type, e->sym->name, type, l.v, t);
    const char *c = fce_true(m, e->b);
    fce_line(m, "%s = %s;", t, fce_bare(m, c));
    if (!strstr(c, fce_text(m, "l_%s", e->sym->name)))
        fce_line(m, "(void)l_%s;", e->sym->name);
    m->depth--;
    m->nsettled = settled;
    fce_line(m, "}");
    return fce_value(&FC_BOOL_T, t, l.n, true);
}
