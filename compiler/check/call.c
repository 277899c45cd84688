/*
 * call.c - calls of functions, lookups and builtins; match, new, templates, lists.
 */
#include <string.h>
#include <strings.h>

#include "check/checker.h"

/* ---- builtins ------------------------------------------------------------------------- */

static const struct fc_type *letter_type(char c)
{
    switch (c) {
    case 's':
    case 'r':
    case 'm':
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
    case 'L':
        return t->kind == FC_K_LIST;
    default:
        return false;
    }
}

static const char *signature(struct fc_checker *k, const struct fc_builtin *b)
{
    const char *s = "";
    for (const char *p = b->params; *p; p++) {
        const struct fc_type *t = letter_type(*p);
        const char *name = *p == 'r' ? "regular expression" : t ? t->name : *p == 'N' ? "number" : *p == 'e' ? "enum"
            : *p == 'L' ? "list" : "[string]";
        s = fl_arena_printf(k->a, "%s%s%s", s, p == b->params ? "" : ", ", name);
    }
    return fl_arena_printf(k->a, "%s(%s)", b->name, s);
}

static const char *all_signatures(struct fc_checker *k, const char *name)
{
    const char *all = "";
    for (const struct fc_builtin *b = fc_builtins; b->name; b++)
        if (strcmp(b->name, name) == 0)
            all = fl_arena_printf(k->a, "%s%s%s", all, *all ? ", " : "", signature(k, b));
    return all;
}

/* Which row takes these arguments, whose types are known? */
static const struct fc_builtin *overload(const struct fc_expr *e, int n)
{
    for (const struct fc_builtin *b = fc_builtins; b->name; b++) {
        if (strcmp(b->name, e->name.s) != 0 || strlen(b->params) != (size_t)n)
            continue;
        int i = 0;
        bool ok = true;
        for (const struct fc_expr *x = e->args; x; x = x->next, i++)
            ok &= letter_takes(b->params[i], x->type, i ? e->args->type : NULL);
        if (ok)
            return b;
    }
    return NULL;
}

/* The type of the first argument and of those that stand for the same: max(a, b). */
static const struct fc_type *like_arguments(const struct fc_builtin *b, const struct fc_expr *e)
{
    const struct fc_type *t = e->args->type;
    int i = 1;
    for (const struct fc_expr *x = e->args->next; x; x = x->next)
        if (b->params[i++] == b->params[0])
            t = fc_type_either(t, x->type);
    return t;
}

/* The arguments are checked: find the row and set the result. NULL when there is none; nothing is reported. */
static const struct fc_type *resolve_builtin(struct fc_checker *k, struct fc_expr *e)
{
    int n = 0, i = 0;
    bool nullable = false;
    for (const struct fc_expr *x = e->args; x; x = x->next, n++)
        nullable |= x->nullable;
    const struct fc_builtin *b = overload(e, n);
    if (!b)
        return NULL;
    e->info = b;
    for (struct fc_expr *x = e->args; x; x = x->next, i++)
        if (b->params[i] == 'r') {
            unsigned groups;
            if (fck_regex(k, x, &groups) && x->next)
                fck_replacement(k, x->next, groups);
        } else if (b->params[i] == 'm') {
            fck_format(k, x);
        }
    const struct fc_type *t = b->result[0] == '=' ? like_arguments(b, e) : b->result[0] == 'S'
        ? fc_type_list(k->a, &FC_STRING_T) : letter_type(b->result[0]);
    return fck_done(e, t, nullable || b->result[1] == '?');
}

static bool bare(const struct fc_expr *e)
{
    return e->kind == FC_E_INT || (e->kind == FC_E_UNARY && e->op == FC_OP_NEG && bare(e->a));
}

static const struct fc_type *call_builtin(struct fc_checker *k, struct fc_expr *e)
{
    struct fc_expr *first = e->args, *second = first ? first->next : NULL;
    bool failed = false;
    const char *types = "";
    /* a bare number takes the unit of the other one: min(Metric.ABBytes, 100), max(0, bytes) */
    bool swapped = first && second && bare(first);
    if (swapped) {
        const struct fc_type *t = fck_expr(k, second, NULL);
        fck_expr(k, first, fc_type_number(t) ? t : NULL);
    }
    for (struct fc_expr *x = e->args; x; x = x->next) {
        const struct fc_type *t = swapped && (x == first || x == second) ? x->type
            : fck_expr(k, x, x != first && fc_type_number(first->type) ? first->type : NULL);
        failed |= t->kind == FC_K_ERROR;
        types = fl_arena_printf(k->a, "%s%s%s", types, x == first ? "" : ", ", fc_type_text(k->a, t, false));
    }
    if (failed)
        return fck_done(e, &FC_ERROR_T, false);
    const struct fc_type *t = resolve_builtin(k, e);
    if (t)
        return t;
    struct fc_diag *g = fc_report(k->d, FC_NO_OVERLOAD, e->span, e->name.s, types);
    fc_diag_help(k->d, g, "there is %s", all_signatures(k, e->name.s));
    return fck_done(e, &FC_ERROR_T, false);
}

/* templates(list): its answer depends on the record at hand, so it is no row of builtins.def. */
static const struct fc_type *call_templates(struct fc_checker *k, struct fc_expr *e)
{
    struct fc_type *map = fl_arena_zero(k->a, sizeof *map);
    map->kind = FC_K_MAP;
    map->elem = &FC_STRING_T;
    if (!e->args || e->args->next) {
        fc_report(k->d, FC_ARGUMENTS, e->span, "templates", "1 argument", e->args ? 2 : 0);
        return fck_done(e, &FC_ERROR_T, false);
    }
    fck_expr(k, e->args, NULL);
    const struct fc_expr *x = e->args;
    if (x->type->kind != FC_K_ERROR && !(x->kind == FC_E_NAME && x->sym && x->sym->kind == FC_SYM_PARAM &&
                                         x->type->kind == FC_K_LIST && x->type->elem->kind == FC_K_STRING)) {
        fc_report(k->d, FC_TYPE_MISMATCH, x->span, "a param of type `[string]`", x->sym &&
                  x->sym->kind == FC_SYM_PARAM ? fck_type_text(k, x->type, false) : "what is no param");
        return fck_done(e, &FC_ERROR_T, false);
    }
    if (k->where != FC_IN_TRANSFORM) {
        fc_report(k->d, FC_NOT_HERE, e->span, "templates", "here: it is the value of a transform's field");
        return fck_done(e, &FC_ERROR_T, false);
    }
    if (k->p->templates && k->p->templates != k->stage)
        fc_report(k->d, FC_LATER, e->span, "templates() in a second transform");
    k->p->templates = k->stage;
    return fck_done(e, map, true);
}

/* ---- functions and lookups ------------------------------------------------------------------------- */

static const struct fc_type *call_symbol(struct fc_checker *k, struct fc_expr *e, struct fc_sym *s)
{
    int n = 0, want = 0;
    bool nullable = s->kind == FC_SYM_LOOKUP || s->optional;
    e->sym = s;
    s->used++;
    if (s->kind == FC_SYM_FUNCTION && s == k->self) {
        fc_report(k->d, FC_DEPENDS_ON_ITSELF, e->span, s->name);
        return fck_done(e, &FC_ERROR_T, false);
    }
    if (s->kind == FC_SYM_FUNCTION && !s->value) { /* what it may take for granted is only known where it stands */
        fc_diag_note(k->d, fc_report(k->d, FC_USED_BEFORE, e->span, s->name), s->span, "declared here");
        return fck_done(e, &FC_ERROR_T, false);
    }
    for (const struct fc_sym *a = s->args; a; a = a->next)
        want++;
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
        fc_report(k->d, FC_ARGUMENTS, e->span, s->name,
                  want ? fl_arena_printf(k->a, "%d argument%s", want, want == 1 ? "" : "s") : "no arguments", n);
    if (!fck_sees_record(k)) {
        fc_report(k->d, FC_NOT_HERE, e->span, s->name, fck_place(k));
        return fck_done(e, &FC_ERROR_T, false);
    }
    return fck_done(e, s->type, nullable);
}

/* How that is said here which other languages have a function for. */
static const char *elsewhere(const char *name)
{
    static const struct { const char *there, *here; } names[] = {
        {"concat", "texts are joined in a template, as f\"{a}/{b}\""},
        {"format", "texts are made by a template, as f\"{a}/{b}\""},   {"coalesce", "write a ?? b"},
        {"ifnull", "write a ?? b"},                                    {"isnull", "write not has x"},
        {"exists", "write has x"},                                     {"defined", "write has x"},
        {"len", "did you mean `length`?"},                             {"str", "did you mean `text`?"},
        {"string", "did you mean `text`?"},                            {"round", "did you mean `int`?"},
        {"substr", "did you mean `substring`?"},                       {"regex", "write text matches \"expression\""},
        {"cidr_match", "write address in prefix"},                     {"if", "write condition ? a : b"}};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(names[i].there, name) == 0)
            return names[i].here;
    return NULL;
}

const struct fc_type *fck_call(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    (void)want;
    struct fc_sym *s = fck_global(k, e->name.s);
    if (s && (s->kind == FC_SYM_FUNCTION || s->kind == FC_SYM_LOOKUP))
        return call_symbol(k, e, s);
    if (strcmp(e->name.s, "templates") == 0)
        return call_templates(k, e);
    for (const struct fc_builtin *b = fc_builtins; b->name; b++)
        if (strcmp(b->name, e->name.s) == 0)
            return call_builtin(k, e);
    static const char *const later[] = {"mask", "masked", "hmac", "community_id", "sum", "count", "avg", "percentile",
                                        "first", "last", "count_distinct", "collect"};
    for (unsigned i = 0; i < sizeof later / sizeof *later; i++)
        if (strcmp(later[i], e->name.s) == 0) {
            fc_report(k->d, FC_LATER, e->name.span, fl_arena_printf(k->a, "`%s`", later[i]));
            return fck_done(e, &FC_ERROR_T, false);
        }
    struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_FUNCTION, e->name.span, e->name.s);
    struct fl_suggest near;
    fl_suggest_init(&near, e->name.s);
    for (const struct fc_builtin *b = fc_builtins; b->name; b++)
        fl_suggest_try(&near, b->name);
    for (const struct fc_sym *m = k->top; m; m = m->up)
        if (m->kind == FC_SYM_FUNCTION || m->kind == FC_SYM_LOOKUP)
            fl_suggest_try(&near, m->name);
    if (elsewhere(e->name.s))
        fc_diag_help(k->d, g, "%s", elsewhere(e->name.s));
    else if (fl_suggest_best(&near))
        fc_diag_help(k->d, g, "did you mean `%s`?", fl_suggest_best(&near));
    return fck_done(e, &FC_ERROR_T, false);
}

/* ---- match ------------------------------------------------------------------------- */

/* What the arms have in common so far. */
struct arms {
    bool unsure; /* a name in an arm is wrong: what it was to take is unknown */
    const struct fc_type *result;
    const struct fc_expr *first; /* the value that gave `result` */
    bool nullable, wrong, failed;
    const struct fc_pattern *any, *null; /* the first `_`, the first `null` */
    struct fc_index taken;       /* struct fc_pattern by the value that they take: texts, numbers as bytes */
};

/* Where in `taken` the pattern's value is. */
static const char *value_of(const struct fc_pattern *p, size_t *n)
{
    bool text = p->kind == FC_P_LITERAL && p->value->kind == FC_E_STRING;
    *n = text ? p->value->len : sizeof(int64_t);
    return text ? p->value->s : (const char *)(p->kind == FC_P_NAME ? &p->index : &p->value->i);
}

/* The pattern of an arm before (or earlier in this arm) that takes the same value; p is one of them from now on. */
static const struct fc_pattern *taken(struct fc_checker *k, struct arms *m, const struct fc_pattern *p)
{
    const struct fc_pattern *same = m->any;
    if (p->kind == FC_P_ANY) {
        m->any = m->any ? m->any : p;
    } else if (p->kind == FC_P_LITERAL && p->value->kind == FC_E_NULL) {
        same = same ? same : m->null;
        m->null = m->null ? m->null : p;
    } else {
        size_t n;
        const char *value = value_of(p, &n);
        const struct fc_pattern *before = fc_index_find(&m->taken, value, n);
        if (!before)
            fc_index_put(&m->taken, k->a, value, n, p);
        same = before && (!same || before->span.start < same->span.start) ? before : same;
    }
    return same;
}

static void check_pattern(struct fc_checker *k, struct fc_expr *e, struct arms *m, struct fc_pattern *p)
{
    if (p->kind == FC_P_NAME) {
        struct fc_expr *x = fc_expr_new(k->a, FC_E_NAME, p->span);
        x->name = p->name;
        const struct fc_type *t = fck_expr(k, x, e->a->type);
        p->index = x->sym ? x->sym->index : -1;
        m->unsure |= t->kind == FC_K_ERROR;
        if (t->kind != FC_K_ERROR && (!x->sym || (x->sym->kind != FC_SYM_ENUMERATOR && x->sym->kind != FC_SYM_CLASS)))
            fc_report(k->d, FC_NOT_CONSTANT, p->span, "a pattern");
    } else if (p->kind == FC_P_LITERAL) {
        fck_expr(k, p->value, e->a->type);
        if (p->value->type->kind != FC_K_NULL && p->value->type->kind != FC_K_ERROR &&
            !fc_type_same(p->value->type, e->a->type))
            fck_mismatch(k, p->value, e->a->type);
    }
    const struct fc_pattern *q = taken(k, m, p);
    if (q)
        fc_diag_note(k->d, fc_report(k->d, FC_UNREACHABLE_ARM, p->span), q->span,
                     q->kind == FC_P_ANY ? "this one takes everything" : "this one takes the same value");
}

static void check_arm(struct fc_checker *k, struct fc_expr *e, struct fc_arm *arm, const struct fc_type *want,
                      struct arms *m)
{
    const struct fc_type *t = e->a->type;
    for (struct fc_pattern *p = arm->patterns; p; p = p->next) {
        if (t->kind != FC_K_ERROR)
            check_pattern(k, e, m, p);
    }
    const struct fc_type *at = fck_expr(k, arm->value, want ? want : m->result);
    m->nullable |= at->kind == FC_K_NULL || arm->value->nullable;
    m->wrong |= at->kind == FC_K_ERROR;
    if (at->kind == FC_K_NULL || at->kind == FC_K_ERROR)
        return;
    if (!m->result) {
        m->result = at;
        m->first = arm->value;
    } else if (!fc_type_same(m->result, at)) {
        fc_report2(k->d, FC_BRANCHES, arm->value->span, m->first->span, fck_type_text(k, m->result, false),
                   fck_type_text(k, at, false));
        m->failed = true;
    } else {
        m->result = fc_type_either(m->result, at);
    }
}

static bool takes(const struct arms *m, int64_t value)
{
    return fc_index_find(&m->taken, (const char *)&value, sizeof value) != NULL;
}

/* The values that no arm takes, for the message; empty if all are taken. */
static const char *not_covered(struct fc_checker *k, const struct fc_type *t, const struct arms *m)
{
    const char *missing = "";
    int i = 0, n = 0;
    enum { SHOWN = 5 };
    if (t->kind == FC_K_ENUM) {
        for (const struct fc_enumerator *v = t->en->list; v; v = v->next, i++)
            if (!takes(m, i) && n++ < SHOWN)
                missing = fl_arena_printf(k->a, "%s%s`%s`", missing, *missing ? ", " : "", v->name.s);
    } else if (t->kind == FC_K_CLASS) {
        for (const struct fc_class *c = k->p->classes; c; c = c->next, i++)
            if (!takes(m, i) && n++ < SHOWN)
                missing = fl_arena_printf(k->a, "%s%s`%s`", missing, *missing ? ", " : "", c->name);
    } else if (t->kind == FC_K_BOOL && (takes(m, false) || takes(m, true))) {
        missing = takes(m, false) && takes(m, true) ? "" : takes(m, false) ? "`true`" : "`false`";
    } else {
        missing = "every value";
    }
    return n > SHOWN ? fl_arena_printf(k->a, "%s and %d more", missing, n - SHOWN) : missing;
}

const struct fc_type *fck_match(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    const struct fc_type *t = fck_expr(k, e->a, NULL);
    struct arms m = {0};
    if (t->kind == FC_K_RECORD || t->kind == FC_K_LIST || t->kind == FC_K_MAP || t->kind == FC_K_FLOAT ||
        t->kind == FC_K_IP || t->kind == FC_K_CIDR || t->kind == FC_K_NULL) {
        fc_report(k->d, FC_TYPE_MISMATCH, e->a->span, "an enum, text or integer", fck_type_text(k, t, false));
        return fck_done(e, &FC_ERROR_T, false);
    }
    for (struct fc_arm *arm = e->arms; arm && !m.failed; arm = arm->next)
        check_arm(k, e, arm, want, &m);
    if (m.failed)
        return fck_done(e, &FC_ERROR_T, false);
    if (t->kind == FC_K_ERROR)
        return fck_done(e, m.result ? m.result : &FC_ERROR_T, m.nullable);
    const char *missing = m.any || m.unsure ? "" : not_covered(k, t, &m);
    if (*missing) {
        struct fc_diag *g = fc_report(k->d, FC_NOT_EXHAUSTIVE, e->a->span, missing);
        fc_diag_help(k->d, g, "add `_ => ..;` for the rest");
    }
    if (e->a->nullable && !m.any && !m.null && !m.unsure)
        m.nullable = true;
    return fck_done(e, m.result ? m.result : m.wrong ? &FC_ERROR_T : &FC_NULL_T, m.nullable);
}

/* ---- new, templates, lists ------------------------------------------------------------------------- */

void fck_same_field(struct fc_checker *k, struct fc_field *f)
{
    if (f->kind != FC_F_SAME)
        return;
    f->kind = FC_F_EXPR;
    f->value = fc_expr_new(k->a, FC_E_NAME, f->name.span);
    f->value->name = f->name;
}

static const struct fc_type *no_record(struct fc_checker *k, struct fc_expr *e)
{
    struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_TYPE, e->name.span, e->name.s);
    struct fl_suggest near;
    fl_suggest_init(&near, e->name.s);
    for (const struct fc_sym *m = k->top; m; m = m->up)
        if (m->kind == FC_SYM_RECORD)
            fl_suggest_try(&near, m->name);
    if (fl_suggest_best(&near))
        fc_diag_help(k->d, g, "did you mean `%s`?", fl_suggest_best(&near));
    else
        fc_diag_help(k->d, g, "`new` makes a record that `record NAME { .. }` declares");
    return fck_done(e, &FC_ERROR_T, false);
}

void fck_object_field(struct fc_checker *k, struct fc_field *f, const struct fc_member *m)
{
    if (f->kind != FC_F_OBJECT)
        return;
    f->kind = FC_F_EXPR;
    f->value = fc_expr_new(k->a, FC_E_NEW, f->span);
    f->value->name = f->name;
    f->value->fields = f->fields;
    f->value->type = m->type;
    f->fields = NULL;
}

/* One field of `new`; e is the whole, for repetitions. */
static void new_field(struct fc_checker *k, const struct fc_expr *e, const struct fc_type *t, struct fc_field *f)
{
    if (f->kind != FC_F_SAME && f->kind != FC_F_EXPR && f->kind != FC_F_OBJECT) {
        fc_report(k->d, FC_LATER, f->span, "this form of a field in `new`");
        return;
    }
    const struct fc_member *m = fc_member_find(t, f->name.s);
    if (!m && fck_spread_unknown(k, f, t))
        return;
    if (!m) {
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_FIELD, f->name.span, fck_type_text(k, t, false), f->name.s);
        fck_suggest_members(k, g, t, f->name.s);
        return;
    }
    for (struct fc_field *other = e->fields; other != f; other = other->next)
        if (strcmp(other->name.s, f->name.s) == 0)
            fc_report(k->d, FC_DUPLICATE, f->name.span, f->name.s);
    fck_same_field(k, f);
    fck_object_field(k, f, m);
    f->index = m->index;
    bool fits = fck_field_as(k, f, m);
    f->ty = m->type;
    if (!fits || !f->value->nullable)
        return;
    f->nullable = true;
    if (!m->optional && f->spread) {
        fck_spread_null(k, f, m, e->name.s);
    } else if (!m->optional) {
        struct fc_diag *g = fck_may_be_null(k, f->value);
        fc_diag_note(k->d, g, m->span, "`%s` is not optional in `%s`", m->name, e->name.s);
        fck_help_null(k, g, f->value);
    } else if (!f->optional && !f->spread) {
        fck_help_null(k, fc_report2(k->d, FC_OPTIONAL_NEEDED, f->name.span, f->value->span, f->name.s, f->name.s),
                      f->value);
    }
}

const struct fc_type *fck_new(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_type *t = e->type; /* of an object inside of another record: the field's */
    struct fc_sym *s = t ? NULL : fck_global(k, e->name.s);
    if (!t && (!s || s->kind != FC_SYM_RECORD))
        return no_record(k, e);
    if (s) {
        s->used++;
        t = s->type;
    }
    if (t->kind == FC_K_ERROR)
        return t;
    if (t->kind != FC_K_RECORD) {
        fc_report(k->d, FC_TYPE_MISMATCH, e->name.span, fck_type_text(k, t, false), "an object");
        return fck_done(e, &FC_ERROR_T, false);
    }
    fck_spread(k, &e->fields, false);
    for (struct fc_field *f = e->fields; f; f = f->next)
        new_field(k, e, t, f);
    for (int i = 0; i < t->nmembers; i++) {
        bool given = t->members[i].optional;
        for (struct fc_field *f = e->fields; f && !given; f = f->next)
            given = strcmp(f->name.s, t->members[i].name) == 0;
        if (!given)
            fc_report(k->d, FC_MISSING_FIELD, e->span, s ? fl_arena_printf(k->a, "new %s", e->name.s) : e->name.s,
                      fl_arena_printf(k->a, "%s : %s", t->members[i].name,
                                      fc_type_text(k->a, t->members[i].type, false)));
    }
    return fck_done(e, t, false);
}

struct fc_expr *fck_as_text(struct fc_checker *k, struct fc_expr *x)
{
    struct fc_expr *call = fc_expr_new(k->a, FC_E_CALL, x->span);
    call->name = (struct fc_name){"text", x->span};
    call->next = x->next;
    call->args = x;
    x->next = NULL;
    if (resolve_builtin(k, call))
        return call;
    x->next = call->next;
    if (x->type->kind != FC_K_ERROR)
        fc_report(k->d, FC_TYPE_MISMATCH, x->span, "a text, number, address or time", fck_type_text(k, x->type, false));
    return NULL;
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
        struct fc_expr *call = fck_as_text(k, *x);
        if (!call)
            continue;
        *x = call;
        nullable |= call->nullable;
    }
    fck_done(e, &FC_STRING_T, nullable);
    fck_fold_template(k, e);
    return e->type;
}

const struct fc_type *fck_list(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    const struct fc_type *elem = want && want->kind == FC_K_LIST ? want->elem : NULL;
    for (struct fc_expr *x = e->args; x && !elem; x = x->next)
        if (x->kind == FC_E_ADDRESS && strchr(x->s, '/'))
            elem = &FC_CIDR_T; /* one prefix among addresses: all are prefixes */
    const struct fc_expr *known = NULL; /* the first one that says what the list is of */
    for (struct fc_expr *x = e->args; x && !elem; x = x->next)
        if (!fck_bare(k, x)) {
            elem = fck_expr(k, x, NULL);
            known = x;
        }
    bool classes = elem && elem->kind == FC_K_CLASS &&
        k->p->nclasses == 0; /* a param above classify: names are checked later */
    for (struct fc_expr *x = e->args; x; x = x->next) {
        if (classes && x->kind == FC_E_NAME) {
            x->type = &FC_CLASS_T;
            continue;
        }
        const struct fc_type *t = x == known ? x->type : fck_expr(k, x, elem);
        if (t->kind == FC_K_ERROR)
            continue;
        if (x->nullable && (!elem || fc_type_same(elem, t)))
            fck_help_null(k, fck_may_be_null(k, x), x);
        if (!elem)
            elem = t;
        else if (elem->kind == FC_K_CIDR && t->kind == FC_K_IP && x->kind == FC_E_ADDRESS) {
            x->s = fl_arena_printf(k->a, "%s/%d", x->s,
                                   strchr(x->s, ':') ? 128 : 32); /* one address is a prefix of one */
            x->type = &FC_CIDR_T;
        } else if (!fc_type_same(elem, t)) {
            fck_mismatch(k, x, elem);
        } else {
            elem = fc_type_either(elem, t);
        }
    }
    if (!elem)
        elem = &FC_NULL_T;
    return fck_done(e, want && want->kind == FC_K_LIST &&
                    fc_type_same(want->elem, elem) ? want : fc_type_list(k->a, elem), false);
}
