/*
 * decl.c - declarations of values: consts, tables, lets, functions, lookups; param.c has what params may be.
 */
#include <string.h>

#include "base/rows.h"
#include "check/checker.h"

enum { MOST_KEYS = 8, MOST_ARGS = 16 };

struct list {
    struct fc_sym *last;
};

static void append(struct fc_sym **first, struct list *l, int *n, struct fc_sym *s)
{
    s->index = (*n)++;
    *(l->last ? &l->last->next : first) = s;
    l->last = s;
}

static bool plain_record(const struct fc_type *t)
{
    if (t->kind != FC_K_RECORD)
        return fck_scalar(t);
    for (int i = 0; i < t->nmembers; i++)
        if (!plain_record(t->members[i].type))
            return false;
    return true;
}

int64_t fck_positive(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want, const char *what)
{
    int64_t v = 0;
    k->where = FC_IN_CONSTANT;
    if (!e || !fck_expr_as(k, e, want, false))
        return 1;
    if (!fck_const_int(e, &v) || v <= 0)
        fc_report(k->d, FC_TABLE_BOUND, e->span, what, want->kind == FC_K_DURATION ? " duration" : "");
    return v;
}

static void declare_table(struct fc_checker *k, struct list *tables, struct fc_item *it)
{
    struct fc_sym *s = it->sym = fck_define(k, FC_SYM_TABLE, it->name, it);
    bool optional = false;
    append(&k->p->tables, tables, &k->p->ntables, s);
    s->type = fck_type(k, it->type, &optional);
    if (it->from.s && !fl_kind_row("table", it->from.s)) {
        fc_report(k->d, FC_LATER, it->from.span, "a table from a file");
        return;
    }
    if (optional || !plain_record(s->type))
        fc_diag_help(k->d, fc_report(k->d, FC_TABLE_VALUE, it->type->span, fck_type_text(k, s->type, optional)),
                     optional ? "an entry that is not there reads as null; `forget` removes one"
                     : "it holds scalars, and records of them");
    int n = 0;
    for (struct fc_texpr *t = it->keys; t; t = t->next)
        n++;
    s->keys = fl_arena_zero(k->a, sizeof *s->keys * (size_t)n);
    if (n > MOST_KEYS)
        fc_report(k->d, FC_TABLE_KEY, it->name.span, fl_arena_printf(k->a, "of more than %d parts", MOST_KEYS));
    for (struct fc_texpr *t = it->keys; t; t = t->next) {
        const struct fc_type *kt = fck_type(k, t, &optional);
        if (optional || !fck_scalar(kt) || kt->kind == FC_K_FLOAT)
            fc_report(k->d, FC_TABLE_KEY, t->span, fck_type_text(k, kt, optional));
        s->keys[s->nkeys++] = kt;
    }
    if (!it->from.s)
        s->expire = fck_positive(k, it->expire, &FC_DURATION_T, "expire");
    if (it->from.s && !it->max)
        fc_report(k->d, FC_TABLE_FILL, it->name.span, s->name, "it needs `max N`: how many rows it has at most");
    s->max = fck_positive(k, it->max, &FC_INT_T, "max");
}

static void declare_args(struct fc_checker *k, struct fc_sym *s, struct fc_decl *decls)
{
    struct fc_sym **last = &s->args;
    int i = 0;
    for (struct fc_decl *d = decls; d; d = d->next) {
        struct fc_sym *a = fl_arena_zero(k->a, sizeof *a);
        for (struct fc_sym *o = s->args; o; o = o->next)
            if (strcmp(o->name, d->name.s) == 0)
                fc_diag_note(k->d, fc_report(k->d, FC_DUPLICATE, d->name.span, d->name.s), o->span,
                             "first declared here");
        a->kind = FC_SYM_ARG;
        a->name = d->name.s;
        a->span = d->name.span;
        a->owner = s;
        a->index = i++;
        a->type = fck_type(k, d->type, &a->optional);
        *last = a;
        last = &a->next;
    }
    if (i > MOST_ARGS)
        fc_report(k->d, FC_ARGUMENTS, s->span, s->name, fl_arena_printf(k->a, "at most %d arguments", MOST_ARGS), i);
}

/* A plain name that is a field of the source too would have two meanings. */
static void shadows(struct fc_checker *k, struct fc_name name)
{
    if (!k->input.type || !fc_member_find(k->input.type, name.s))
        return;
    struct fc_diag *g = fc_report(k->d, FC_SHADOWS, name.span, name.s, "a field of the source");
    fc_diag_note(k->d, g, fc_member_find(k->input.type, name.s)->span, "the field");
    fc_diag_help(k->d, g, "rename one of them; a field under another name is written NAME : type as \"%s\"", name.s);
}

void fck_declare_values(struct fc_checker *k, struct fc_item *items)
{
    struct list params = {NULL}, tables = {NULL}, functions = {NULL}, lookups = {NULL}, lets = {NULL};
    for (struct fc_item *it = items; it; it = it->next) {
        k->where = FC_IN_CONSTANT;
        switch (it->kind) {
        case FC_I_CONST:
            if (fck_expr(k, it->value, NULL)->kind == FC_K_NULL)
                fc_report(k->d, FC_TYPE_MISMATCH, it->value->span, "a value", "`null`");
            it->sym = fck_define(k, FC_SYM_CONST, it->name, it);
            it->sym->value = it->value;
            it->sym->type = it->value->type;
            break;
        case FC_I_PARAM:
            it->sym = fck_define(k, FC_SYM_PARAM, it->name, it);
            append(&k->p->params, &params, &k->p->nparams, it->sym);
            it->sym->type = fck_type(k, it->type, &it->sym->optional);
            break;
        case FC_I_TABLE:
            declare_table(k, &tables, it);
            break;
        case FC_I_FUNCTION:
        case FC_I_LOOKUP: {
            bool f = it->kind == FC_I_FUNCTION;
            struct fc_sym *s = it->sym = fck_define(k, f ? FC_SYM_FUNCTION : FC_SYM_LOOKUP, it->name, it);
            append(f ? &k->p->functions : &k->p->lookups, f ? &functions : &lookups, f ? &k->p->nfunctions : &k->p->nlookups, s);
            declare_args(k, s, it->decls);
            s->type = fck_type(k, it->type, &s->optional);
            break;
        }
        case FC_I_LET:
            it->sym = fck_define(k, FC_SYM_LET, it->name, it); /* its type comes where it stands */
            append(&k->p->lets, &lets, &k->p->nlets, it->sym);
            break;
        default:
            continue;
        }
        if (it->kind != FC_I_FUNCTION && it->kind != FC_I_LOOKUP)
            shadows(k, it->name);
    }
}

void fck_let(struct fc_checker *k, struct fc_item *it)
{
    struct fc_sym *s = it->sym;
    k->where = FC_IN_LET;
    k->self = s;
    const struct fc_type *t = fck_expr(k, it->value, NULL);
    k->self = NULL;
    if (t->kind == FC_K_NULL) {
        fc_report(k->d, FC_TYPE_MISMATCH, it->value->span, "a value", "`null`");
        t = &FC_ERROR_T;
    }
    s->value = it->value;
    s->type = t;
    s->optional = it->value->nullable;
    s->after_transform = k->record != NULL;
    s->joined = k->joined;
}

const struct fc_type *fck_local_value(struct fc_checker *k, struct fc_stmt *let)
{
    const struct fc_type *t = fck_expr(k, let->value, NULL);
    const struct fc_sym *old = fck_find(k->local, let->name.s);
    if (old)
        fc_diag_note(k->d, fc_report(k->d, FC_DUPLICATE, let->name.span, let->name.s), old->span,
                     "first declared here, as %s", fck_kind_text(old));
    if (t->kind != FC_K_NULL)
        return t;
    fc_report(k->d, FC_TYPE_MISMATCH, let->value->span, "a value", "`null`");
    return &FC_ERROR_T;
}

/* A parameter or let that nothing asks for is most often a mistake in the body or query. */
static void unused_inside(struct fc_checker *k, const struct fc_sym *s)
{
    for (const struct fc_sym *a = s->args; a && !k->d->errors; a = a->next)
        if (!a->used)
            fc_report(k->d, FC_UNUSED, a->span, "parameter", a->name);
    for (const struct fc_sym *l = s->lets; l && !k->d->errors; l = l->next)
        if (!l->used)
            fc_report(k->d, FC_UNUSED, l->span, "let", l->name);
}

void fck_function(struct fc_checker *k, struct fc_item *it)
{
    struct fc_sym *s = it->sym;
    k->where = FC_IN_FUNCTION;
    k->local = NULL;
    k->self = s;
    for (struct fc_sym *a = s->args; a; a = a->next) {
        a->up = k->local;
        k->local = a;
    }
    struct fc_sym **last = &s->lets;
    int i = 0;
    for (struct fc_stmt *st = it->lets; st; st = st->next) {
        const struct fc_type *t = fck_local_value(k, st);
        struct fc_sym *l = st->sym = fck_local(k, FC_SYM_FLET, st->name, t, st->value->nullable);
        l->value = st->value;
        l->owner = s;
        l->index = i++;
        *last = l;
        last = &l->next;
    }
    const struct fc_type *t = fck_expr(k, it->value, s->type);
    if (t->kind != FC_K_NULL && t->kind != FC_K_ERROR && !fc_type_same(t, s->type))
        fck_mismatch(k, it->value, s->type);
    else if (!s->optional && (it->value->nullable || t->kind == FC_K_NULL) && t->kind != FC_K_ERROR) {
        fc_diag_help(k->d, fck_may_be_null(k, it->value), "declare the result as `%s`, or give a default with `??`",
                     fc_type_text(k->a, s->type, true));
    }
    s->value = it->value;
    unused_inside(k, s);
    k->local = NULL;
    k->self = NULL;
}

/* ---- lookups ------------------------------------------------------------------------- */

static bool is_number(const struct fc_expr *e)
{
    return e->kind == FC_E_INT || (e->kind == FC_E_UNARY && e->op == FC_OP_NEG && e->a->kind == FC_E_INT);
}

/* find(x in PATH where x.NAME == "text"): which of the objects in a list. */
static bool selects(const struct fc_expr *e)
{
    const struct fc_expr *c = e->b;
    return !e->maps && (strcmp(e->name.s, "find") == 0 || strcmp(e->name.s, "last") == 0) && c->kind == FC_E_BINARY && c->op == FC_OP_EQ &&
        c->a->kind == FC_E_FIELD && c->a->a->kind == FC_E_NAME && e->args && strcmp(c->a->a->name.s, e->args->name.s) == 0 &&
        c->b->kind == FC_E_STRING && strlen(c->b->s) == c->b->len && !strpbrk(c->b->s, "\"|");
}

bool fck_answer_path(const struct fc_expr *e)
{
    switch (e->kind) {
    case FC_E_INDEX:
        return fck_answer_path(e->a) && e->args && !e->args->next && is_number(e->args);
    case FC_E_FIELD:
        return fck_answer_path(e->a);
    case FC_E_ANY:
        return selects(e) && fck_answer_path(e->a);
    case FC_E_BINARY:
        return e->op == FC_OP_COALESCE && fck_answer_path(e->a) && fck_answer_path(e->b);
    default:
        return e->kind == FC_E_NAME;
    }
}

bool fck_answer_scalar(const struct fc_type *t)
{
    switch (t->kind) {
    case FC_K_ERROR:
    case FC_K_STRING:
    case FC_K_BOOL:
    case FC_K_FLOAT:
    case FC_K_IP:
    case FC_K_CIDR:
    case FC_K_BYTES:
    case FC_K_PACKETS:
        return true;
    default:
        return t->kind == FC_K_INT && t->form == FC_FORM_PLAIN;
    }
}

/* What can be found in an answer: scalars, and lists of them and of records of such. */
bool fck_answer_type(const struct fc_type *t)
{
    if (t->kind != FC_K_LIST || fck_answer_scalar(t->elem))
        return fck_answer_scalar(t->kind == FC_K_LIST ? t->elem : t);
    for (int i = 0; t->elem->kind == FC_K_RECORD && i < t->elem->nmembers; i++)
        if (!fck_answer_type(t->elem->members[i].type) || t->elem->members[i].dflt)
            return false;
    return t->elem->kind == FC_K_RECORD;
}

static void check_query(struct fc_checker *k, struct fc_item *it)
{
    if (it->query->kind != FC_E_STRING) {
        fc_report(k->d, FC_LATER, it->query->span, "a template as query; write {p} in a plain string: it");
        return;
    }
    const char *p = it->query->s;
    while ((p = strchr(p, '{'))) {
        const char *end = strchr(p, '}');
        if (!end)
            break;
        const char *name = fl_arena_strndup(k->a, p + 1, (size_t)(end - p - 1));
        bool found = false;
        struct fl_suggest near;
        fl_suggest_init(&near, name);
        for (struct fc_sym *a = it->sym->args; a; a = a->next) {
            found |= strcmp(a->name, name) == 0;
            if (strcmp(a->name, name) == 0)
                a->used++;
            fl_suggest_try(&near, a->name);
        }
        if (!found) {
            struct fc_diag *g = fc_report(k->d, FC_QUERY_NAME, it->query->span, name);
            if (fl_suggest_best(&near))
                fc_diag_help(k->d, g, "did you mean `%s`?", fl_suggest_best(&near));
        }
        p = end;
    }
}

void fck_lookup(struct fc_checker *k, struct fc_item *it)
{
    struct fc_sym *s = it->sym;
    k->where = FC_IN_CONSTANT;
    if (!fl_kind_row("lookup", it->from.s))
        fc_report(k->d, FC_UNKNOWN_KIND, it->from.span, "lookup from", it->from.s);
    s->expire = fck_positive(k, it->cache, &FC_DURATION_T, "cache");
    s->max = fck_positive(k, it->max, &FC_INT_T, "max");
    s->timeout = it->timeout ? fck_positive(k, it->timeout, &FC_DURATION_T, "timeout") : 5 * INT64_C(1000000000);
    for (struct fc_sym *a = s->args; a; a = a->next)
        if (!fck_scalar(a->type) || a->type->kind == FC_K_FLOAT)
            fc_report(k->d, FC_ANSWER_FIELD, a->span, s->name,
                      fl_arena_printf(k->a, "parameter `%s` cannot be %s", a->name, fck_type_text(k, a->type, false)));
    check_query(k, it);
    unused_inside(k, s);
    if (s->type->kind != FC_K_RECORD) {
        if (s->type->kind != FC_K_ERROR)
            fc_report(k->d, FC_ANSWER_FIELD, it->type->span, s->name,
                      "its result has to be a record, as { Name : string; }");
        return;
    }
    for (struct fc_field *f = it->fields; f; f = f->next) {
        const struct fc_member *m = fc_member_find(s->type, f->name.s);
        if (!m) {
            fc_report(k->d, FC_ANSWER_FIELD, f->name.span, s->name,
                      fl_arena_printf(k->a, "its result has no field `%s`", f->name.s));
            continue;
        }
        if (f->kind != FC_F_EXPR || !fck_answer_path(f->value))
            fc_report(k->d, FC_ANSWER_FIELD, f->span, s->name,
                      fl_arena_printf(k->a, "`%s` needs a path such as Metadata.Name", f->name.s));
        if (f->optional != m->optional)
            fc_report(k->d, FC_ANSWER_FIELD, f->span, s->name,
                      fl_arena_printf(k->a, m->optional ? "`%s` is optional in the result: write `%s? = ..`"
                                      : "`%s` is not optional in the result: write `%s = ..`", f->name.s, f->name.s));
        if (!fck_answer_type(m->type))
            fc_report(k->d, FC_ANSWER_FIELD, f->span, s->name,
                      fl_arena_printf(k->a, "`%s` cannot be %s", f->name.s, fck_type_text(k, m->type, false)));
        f->index = m->index;
    }
    for (int i = 0; i < s->type->nmembers; i++) {
        bool given = false;
        for (struct fc_field *f = it->fields; f; f = f->next)
            given |= strcmp(f->name.s, s->type->members[i].name) == 0;
        if (!given)
            fc_report(k->d, FC_ANSWER_FIELD, it->span, s->name,
                      fl_arena_printf(k->a, "nothing says where `%s` is in the answer", s->type->members[i].name));
    }
}
