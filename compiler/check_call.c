/*
 * check_call.c - calls of functions, lookups and builtins; match, new, templates, lists.
 */
#include <regex.h>
#include <string.h>

#include "checker.h"

const struct fc_builtin fc_builtins[] = {
#define B(name, params, result, c, doc) {#name, params, result, c, doc},
#include "builtins.def"
#undef B
    {NULL, NULL, NULL, NULL, NULL}};

static const struct fc_type *done(struct fc_expr *e, const struct fc_type *t, bool nullable)
{
    e->type = t;
    e->nullable = nullable;
    return t;
}

/* ---- builtins ------------------------------------------------------------------------------------------- */

static const struct fc_type *letter_type(char c)
{
    switch (c) {
    case 's':
    case 'r':
        return &FC_STRING_T;
    case 'i':
        return &FC_INT_T;
    case 'f':
        return &FC_FLOAT_T;
    case 'b':
        return &FC_BOOL_T;
    case 'a':
        return &FC_IP_T;
    case 'c':
        return &FC_CIDR_T;
    case 't':
        return &FC_TIME_T;
    case 'd':
        return &FC_DURATION_T;
    case 'y':
        return &FC_BYTES_T;
    case 'p':
        return &FC_PACKETS_T;
    case 'k':
        return &FC_CLASS_T;
    default:
        return NULL;
    }
}

static bool letter_takes(char c, const struct fc_type *t, const struct fc_type *first)
{
    const struct fc_type *l = letter_type(c);
    if (t->kind == FC_K_ERROR)
        return true;
    if (l)
        return l->kind == t->kind;
    switch (c) {
    case 'N':
        return fc_type_number(t) && (!first || fc_type_same(first, t));
    case 'e':
        return t->kind == FC_K_ENUM;
    case 'S':
        return t->kind == FC_K_LIST && t->elem->kind == FC_K_STRING;
    default:
        return false;
    }
}

static const char *signature(struct fc_checker *k, const struct fc_builtin *b)
{
    const char *s = "";
    for (const char *p = b->params; *p; p++) {
        const struct fc_type *t = letter_type(*p);
        const char *name = *p == 'r' ? "regular expression" : t ? t->name : *p == 'N' ? "number" : *p == 'e' ? "enum" : "[string]";
        s = fl_arena_printf(k->a, "%s%s%s", s, p == b->params ? "" : ", ", name);
    }
    return fl_arena_printf(k->a, "%s(%s)", b->name, s);
}

static void check_regex(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_expr *p = e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_CONST ? e->sym->value : e;
    if (p->kind != FC_E_STRING) {
        fc_report(k->d, FC_NOT_CONSTANT, e->span, "a regular expression");
        return;
    }
    regex_t re;
    char why[200];
    int err = regcomp(&re, p->s, REG_EXTENDED | REG_NOSUB);
    if (err) {
        regerror(err, &re, why, sizeof why);
        fc_report(k->d, FC_BAD_REGEX, e->span, why);
    } else {
        regfree(&re);
    }
}

static const struct fc_type *call_builtin(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_builtin *best = NULL;
    int n = 0;
    bool nullable = false, failed = false;
    const char *types = "";
    for (struct fc_expr *x = e->args; x; x = x->next, n++) {
        /* the second number takes the unit of the first: min(Metric.ABBytes, 100) */
        const struct fc_type *t = fck_expr(k, x, n && fc_type_number(e->args->type) ? e->args->type : NULL);
        failed |= t->kind == FC_K_ERROR;
        nullable |= x->nullable;
        types = fl_arena_printf(k->a, "%s%s%s", types, n ? ", " : "", fc_type_text(k->a, t, false));
    }
    if (failed)
        return done(e, &FC_ERROR_T, false);
    for (const struct fc_builtin *b = fc_builtins; b->name && !best; b++) {
        if (strcmp(b->name, e->name.s) != 0 || strlen(b->params) != (size_t)n)
            continue;
        int i = 0;
        bool ok = true;
        for (struct fc_expr *x = e->args; x; x = x->next, i++)
            ok &= letter_takes(b->params[i], x->type, i ? e->args->type : NULL);
        if (ok)
            best = b;
    }
    if (!best) {
        struct fc_diag *g = fc_report(k->d, FC_NO_OVERLOAD, e->span, e->name.s, types);
        const char *all = "";
        for (const struct fc_builtin *b = fc_builtins; b->name; b++)
            if (strcmp(b->name, e->name.s) == 0)
                all = fl_arena_printf(k->a, "%s%s%s", all, *all ? ", " : "", signature(k, b));
        fc_diag_help(k->d, g, "there is %s", all);
        return done(e, &FC_ERROR_T, false);
    }
    e->info = best;
    int i = 0;
    for (struct fc_expr *x = e->args; x; x = x->next, i++)
        if (best->params[i] == 'r')
            check_regex(k, x);
    const struct fc_type *t = best->result[0] == '=' ? e->args->type : best->result[0] == 'S' ? fc_type_list(k->a, &FC_STRING_T) : letter_type(best->result[0]);
    return done(e, t, nullable || best->result[1] == '?');
}

/* templates(list): its answer depends on the record at hand, so it is no row of builtins.def. */
static const struct fc_type *call_templates(struct fc_checker *k, struct fc_expr *e)
{
    struct fc_type *map = fl_arena_zero(k->a, sizeof *map);
    map->kind = FC_K_MAP;
    map->elem = &FC_STRING_T;
    if (!e->args || e->args->next) {
        fc_report(k->d, FC_ARGUMENTS, e->span, "templates", "1 argument", e->args ? 2 : 0);
        return done(e, &FC_ERROR_T, false);
    }
    fck_expr(k, e->args, NULL);
    const struct fc_expr *x = e->args;
    if (x->type->kind != FC_K_ERROR && !(x->kind == FC_E_NAME && x->sym && x->sym->kind == FC_SYM_PARAM && x->type->kind == FC_K_LIST && x->type->elem->kind == FC_K_STRING)) {
        fc_report(k->d, FC_TYPE_MISMATCH, x->span, "a param of type `[string]`", fck_type_text(k, x->type, false));
        return done(e, &FC_ERROR_T, false);
    }
    if (k->where != FC_IN_TRANSFORM) {
        fc_report(k->d, FC_NOT_HERE, e->span, "templates", "anything but a field of a transform");
        return done(e, &FC_ERROR_T, false);
    }
    k->p->templates = true;
    return done(e, map, true);
}

/* ---- functions and lookups ------------------------------------------------------------------------------------- */

static const struct fc_type *call_symbol(struct fc_checker *k, struct fc_expr *e, struct fc_sym *s)
{
    int n = 0, want = 0;
    bool nullable = s->kind == FC_SYM_LOOKUP || s->optional;
    for (const struct fc_sym *a = s->args; a; a = a->next)
        want++;
    e->sym = s;
    s->used++;
    const struct fc_sym *a = s->args;
    for (struct fc_expr *x = e->args; x; x = x->next, n++) {
        if (!a) {
            fck_expr(k, x, NULL);
            continue;
        }
        /* null for a parameter that takes none makes the call null */
        if (fck_expr_as(k, x, a->type, true) && x->nullable && !a->optional)
            nullable = true;
        a = a->next;
    }
    if (n != want)
        fc_report(k->d, FC_ARGUMENTS, e->span, s->name, fl_arena_printf(k->a, "%d argument%s", want, want == 1 ? "" : "s"), n);
    if (k->where == FC_IN_CONSTANT || k->where == FC_IN_WHEN || k->where == FC_IN_LOOKUP || k->where == FC_IN_ABSENT) {
        fc_report(k->d, FC_NOT_HERE, e->span, s->name, "a place where there is no record");
        return done(e, &FC_ERROR_T, false);
    }
    return done(e, s->type, nullable);
}

const struct fc_type *fck_call(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    (void)want;
    struct fc_sym *s = fck_find(k->top, e->name.s);
    if (s && (s->kind == FC_SYM_FUNCTION || s->kind == FC_SYM_LOOKUP))
        return call_symbol(k, e, s);
    if (strcmp(e->name.s, "templates") == 0)
        return call_templates(k, e);
    for (const struct fc_builtin *b = fc_builtins; b->name; b++)
        if (strcmp(b->name, e->name.s) == 0)
            return call_builtin(k, e);
    static const char *const later[] = {"mask", "masked", "hmac", "community_id", "sum", "count", "avg", "percentile", "first", "last", "count_distinct", "collect"};
    for (unsigned i = 0; i < sizeof later / sizeof *later; i++)
        if (strcmp(later[i], e->name.s) == 0) {
            fc_report(k->d, FC_LATER, e->name.span, fl_arena_printf(k->a, "`%s`", later[i]));
            return done(e, &FC_ERROR_T, false);
        }
    struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_FUNCTION, e->name.span, e->name.s);
    struct fc_suggest near;
    fc_suggest_init(&near, e->name.s);
    for (const struct fc_builtin *b = fc_builtins; b->name; b++)
        fc_suggest_try(&near, b->name);
    for (const struct fc_sym *m = k->top; m; m = m->up)
        if (m->kind == FC_SYM_FUNCTION || m->kind == FC_SYM_LOOKUP)
            fc_suggest_try(&near, m->name);
    if (fc_suggest_best(&near))
        fc_diag_help(k->d, g, "did you mean `%s`?", fc_suggest_best(&near));
    return done(e, &FC_ERROR_T, false);
}

/* ---- match ---------------------------------------------------------------------------------------------------------- */

static bool literal_equal(const struct fc_expr *a, const struct fc_expr *b)
{
    if (a->kind == FC_E_STRING)
        return b->kind == FC_E_STRING && a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
    return a->i == b->i && (a->kind == FC_E_NULL) == (b->kind == FC_E_NULL);
}

/* Does a pattern of an arm before (or earlier in this arm) take the same value? */
static bool taken(const struct fc_expr *e, const struct fc_pattern *p)
{
    for (const struct fc_arm *arm = e->arms; arm; arm = arm->next)
        for (const struct fc_pattern *q = arm->patterns; q; q = q->next) {
            if (q == p)
                return false;
            if (q->kind == FC_P_ANY)
                return true;
            if (q->kind == p->kind && q->kind == FC_P_NAME && q->index == p->index)
                return true;
            if (q->kind == p->kind && q->kind == FC_P_LITERAL && literal_equal(q->value, p->value))
                return true;
        }
    return false;
}

static void check_pattern(struct fc_checker *k, struct fc_expr *e, struct fc_pattern *p)
{
    if (p->kind == FC_P_NAME) {
        struct fc_expr *x = fc_expr_new(k->a, FC_E_NAME, p->span);
        x->name = p->name;
        const struct fc_type *t = fck_expr(k, x, e->a->type);
        p->index = x->sym ? x->sym->index : -1;
        if (t->kind != FC_K_ERROR && (!x->sym || (x->sym->kind != FC_SYM_ENUMERATOR && x->sym->kind != FC_SYM_CLASS)))
            fc_report(k->d, FC_NOT_CONSTANT, p->span, "a pattern");
    } else if (p->kind == FC_P_LITERAL) {
        fck_expr(k, p->value, e->a->type);
        if (p->value->type->kind != FC_K_NULL && p->value->type->kind != FC_K_ERROR && !fc_type_same(p->value->type, e->a->type))
            fck_mismatch(k, p->value, e->a->type);
    }
    if (taken(e, p))
        fc_report(k->d, FC_UNREACHABLE_ARM, p->span);
}

const struct fc_type *fck_match(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    const struct fc_type *t = fck_expr(k, e->a, NULL), *result = NULL;
    bool any = false, nullable = false, takes_null = false;
    if (t->kind == FC_K_RECORD || t->kind == FC_K_LIST || t->kind == FC_K_MAP || t->kind == FC_K_FLOAT || t->kind == FC_K_IP || t->kind == FC_K_CIDR) {
        fc_report(k->d, FC_TYPE_MISMATCH, e->a->span, "an enum, text or integer", fck_type_text(k, t, false));
        return done(e, &FC_ERROR_T, false);
    }
    const char *missing = "";
    unsigned long long seen[4] = {0};
    for (struct fc_arm *arm = e->arms; arm; arm = arm->next) {
        for (struct fc_pattern *p = arm->patterns; p; p = p->next) {
            check_pattern(k, e, p);
            any |= p->kind == FC_P_ANY;
            takes_null |= p->kind == FC_P_LITERAL && p->value->kind == FC_E_NULL;
            if (p->kind == FC_P_NAME && p->index >= 0 && p->index < 256)
                seen[p->index / 64] |= 1ull << (p->index % 64);
            if (p->kind == FC_P_LITERAL && t->kind == FC_K_BOOL && p->value->kind == FC_E_BOOL)
                seen[0] |= 1ull << p->value->i;
        }
        const struct fc_type *at = fck_expr(k, arm->value, want ? want : result);
        if (at->kind == FC_K_NULL || arm->value->nullable)
            nullable = true;
        if (at->kind == FC_K_NULL || at->kind == FC_K_ERROR)
            continue;
        if (!result)
            result = at;
        else if (!fc_type_same(result, at)) {
            fc_report2(k->d, FC_BRANCHES, arm->value->span, e->arms->value->span, fck_type_text(k, result, false), fck_type_text(k, at, false));
            return done(e, &FC_ERROR_T, false);
        }
    }
    if (t->kind == FC_K_ERROR)
        return done(e, result ? result : &FC_ERROR_T, nullable);
    if (!any && t->kind == FC_K_ENUM) {
        int i = 0;
        for (const struct fc_enumerator *m = t->en->list; m; m = m->next, i++)
            if (i < 256 && !(seen[i / 64] >> (i % 64) & 1))
                missing = fl_arena_printf(k->a, "%s%s`%s`", missing, *missing ? ", " : "", m->name.s);
    } else if (!any && t->kind == FC_K_CLASS) {
        int i = 0;
        for (const struct fc_class *c = k->p->classes; c; c = c->next, i++)
            if (i < 256 && !(seen[i / 64] >> (i % 64) & 1))
                missing = fl_arena_printf(k->a, "%s%s`%s`", missing, *missing ? ", " : "", c->name);
    } else if (!any && !(t->kind == FC_K_BOOL && seen[0] == 3)) {
        missing = "everything";
    }
    if (*missing) {
        struct fc_diag *g = fc_report(k->d, FC_NOT_EXHAUSTIVE, e->span, missing);
        fc_diag_help(k->d, g, "add `_ => ..;` for the rest");
    }
    if (e->a->nullable && !any && !takes_null)
        nullable = true;
    return done(e, result ? result : &FC_NULL_T, nullable);
}

/* ---- new, templates, lists ----------------------------------------------------------------------------------------------- */

const struct fc_type *fck_new(struct fc_checker *k, struct fc_expr *e)
{
    struct fc_sym *s = fck_find(k->top, e->name.s);
    if (!s || s->kind != FC_SYM_RECORD) {
        fc_report(k->d, FC_UNKNOWN_TYPE, e->name.span, e->name.s);
        return done(e, &FC_ERROR_T, false);
    }
    s->used++;
    const struct fc_type *t = s->type;
    for (struct fc_field *f = e->fields; f; f = f->next) {
        if (f->kind == FC_F_SPREAD || f->kind == FC_F_OBJECT || f->kind == FC_F_FROM || f->kind == FC_F_DECLARED) {
            fc_report(k->d, FC_LATER, f->span, "this form of a field in `new`");
            continue;
        }
        const struct fc_member *m = fc_member_find(t, f->name.s);
        if (!m) {
            struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_FIELD, f->name.span, fck_type_text(k, t, false), f->name.s);
            fck_suggest_members(k, g, t, f->name.s);
            continue;
        }
        for (struct fc_field *other = e->fields; other != f; other = other->next)
            if (strcmp(other->name.s, f->name.s) == 0)
                fc_report(k->d, FC_DUPLICATE, f->name.span, f->name.s);
        if (f->kind == FC_F_SAME) {
            f->kind = FC_F_EXPR;
            f->value = fc_expr_new(k->a, FC_E_NAME, f->name.span);
            f->value->name = f->name;
        }
        f->index = m->index;
        f->ty = m->type;
        if (fck_expr_as(k, f->value, m->type, true) && (f->value->nullable || f->value->type->kind == FC_K_NULL)) {
            f->nullable = true;
            if (!m->optional)
                fc_report(k->d, FC_MAY_BE_NULL, f->value->span, fl_arena_printf(k->a, "`%s`", fck_text(k, f->value->span)));
            else if (!f->optional)
                fc_report(k->d, FC_OPTIONAL_NEEDED, f->name.span, f->name.s, f->name.s);
        }
    }
    for (int i = 0; i < t->nmembers; i++) {
        bool given = t->members[i].optional;
        for (struct fc_field *f = e->fields; f && !given; f = f->next)
            given = f->kind == FC_F_EXPR && strcmp(f->name.s, t->members[i].name) == 0;
        if (!given)
            fc_report(k->d, FC_MISSING_FIELD, e->span, t->members[i].name, e->name.s);
    }
    return done(e, t, false);
}

const struct fc_type *fck_template(struct fc_checker *k, struct fc_expr *e)
{
    bool nullable = false;
    for (struct fc_expr **x = &e->args; *x; x = &(*x)->next) {
        const struct fc_type *t = fck_expr(k, *x, NULL);
        if (t->kind == FC_K_ERROR || t->kind == FC_K_STRING) {
            nullable |= (*x)->nullable;
            continue;
        }
        /* scalars stand in a template as text(..) would give them */
        struct fc_expr *call = fc_expr_new(k->a, FC_E_CALL, (*x)->span);
        call->name = (struct fc_name){"text", (*x)->span};
        call->args = *x;
        call->next = (*x)->next;
        (*x)->next = NULL;
        *x = call;
        fck_expr(k, call, NULL);
        nullable |= call->nullable;
    }
    return done(e, &FC_STRING_T, nullable);
}

const struct fc_type *fck_list(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    const struct fc_type *elem = want && want->kind == FC_K_LIST ? want->elem : NULL;
    bool classes = elem && elem->kind == FC_K_CLASS && k->p->nclasses == 0; /* a param above classify: names are checked later */
    for (struct fc_expr *x = e->args; x; x = x->next) {
        if (classes && x->kind == FC_E_NAME) {
            x->type = &FC_CLASS_T;
            continue;
        }
        const struct fc_type *t = fck_expr(k, x, elem);
        if (t->kind == FC_K_ERROR)
            continue;
        if (x->nullable)
            fc_report(k->d, FC_MAY_BE_NULL, x->span, fl_arena_printf(k->a, "`%s`", fck_text(k, x->span)));
        if (!elem)
            elem = t;
        else if (elem->kind == FC_K_CIDR && t->kind == FC_K_IP && x->kind == FC_E_ADDRESS) {
            x->s = fl_arena_printf(k->a, "%s/%d", x->s, strchr(x->s, ':') ? 128 : 32); /* one address is a prefix of one */
            x->type = &FC_CIDR_T;
        } else if (!fc_type_same(elem, t)) {
            fck_mismatch(k, x, elem);
        }
    }
    if (!elem)
        elem = &FC_NULL_T;
    return done(e, want && want->kind == FC_K_LIST && fc_type_same(want->elem, elem) ? want : fc_type_list(k->a, elem), false);
}
