/*
 * scope.c - names and where they are known: those of the file, of a function or block, classes and reasons; is there a record at hand?
 */
#include <string.h>

#include "check/checker.h"

struct fc_sym *fck_find(struct fc_sym *scope, const char *name)
{
    for (struct fc_sym *s = scope; s; s = s->up)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

struct fc_sym *fck_global(const struct fc_checker *k, const char *name)
{
    return (struct fc_sym *)fc_index_find(&k->names, name, strlen(name));
}

const char *fck_kind_text(const struct fc_sym *s)
{
    static const char *const text[] = {"a const", "a param", "a let", "a function", "a table", "a lookup", "an enum",
                                       "a record type", "a parameter",
                                       "a let", "a let", "a record", "a record", "a class", "the time",
                                       "an enumerator", "a class", "a text", "a field"};
    return text[s->kind];
}

struct fc_sym *fck_define(struct fc_checker *k, enum fc_sym_kind kind, struct fc_name name, const struct fc_item *item)
{
    struct fc_sym *old = fck_global(k, name.s);
    if (old) {
        struct fc_diag *g = fc_report(k->d, FC_DUPLICATE, name.span, name.s);
        fc_diag_note(k->d, g, old->span, "first declared here, as %s", fck_kind_text(old));
    }
    if (kind == FC_SYM_FUNCTION || kind == FC_SYM_LOOKUP)
        for (const struct fc_builtin *b = fc_builtins; b->name; b++)
            if (strcmp(b->name, name.s) == 0) {
                fc_report(k->d, FC_SHADOWS, name.span, name.s, "a builtin function");
                break;
            }
    struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
    s->kind = kind;
    s->name = name.s;
    s->span = name.span;
    s->item = item;
    s->up = k->top;
    k->top = s;
    fc_index_put(&k->names, k->a, s->name, strlen(s->name), s);
    return s;
}

struct fc_sym *fck_local(struct fc_checker *k, enum fc_sym_kind kind, struct fc_name name, const struct fc_type *type,
                         bool optional)
{
    struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
    s->kind = kind;
    s->name = name.s;
    s->span = name.span;
    s->type = type;
    s->optional = optional;
    s->up = k->local;
    k->local = s;
    return s;
}

struct fc_expr *fck_root(struct fc_checker *k, struct fc_sym *root, struct fc_span span)
{
    struct fc_expr *e = fc_expr_new(k->a, FC_E_NAME, span);
    e->name = (struct fc_name){root->name, span};
    e->sym = root;
    e->type = root->type;
    return e;
}

bool fck_sees_record(const struct fc_checker *k)
{
    return k->where != FC_IN_CONSTANT && k->where != FC_IN_LOOKUP && k->where != FC_IN_WHEN &&
        k->where != FC_IN_OPTION && k->where != FC_IN_OBJECT && k->where != FC_IN_HEADER &&
           k->where != FC_IN_ABSENT && k->where != FC_IN_ROWS && k->where != FC_IN_JOINED && k->where != FC_IN_START;
}

const struct fc_type *fck_current(const struct fc_checker *k)
{
    return k->record ? k->record->type : k->input.type;
}

/* A record's reason has 16 bits. */
enum { MOST_REASONS = 65535 };

/* The number of a reason, a new one if it was not there. */
int fck_reason(struct fc_checker *k, struct fc_name name)
{
    const struct fc_reason *known = fc_index_find(&k->reasons, name.s, strlen(name.s));
    if (known)
        return known->index;
    struct fc_reason *r = fl_arena_zero(k->a, sizeof *r);
    r->name = name.s;
    r->span = name.span;
    r->index = k->p->nreasons++;
    *(k->last_reason ? &k->last_reason->next : &k->p->reasons) = r;
    k->last_reason = r;
    fc_index_put(&k->reasons, k->a, r->name, strlen(r->name), r);
    if (k->p->nreasons == MOST_REASONS + 1)
        fc_report(k->d, FC_TOO_MUCH, r->span, "reasons", "65535");
    return r->index;
}

struct fc_sym *fck_indexed(struct fc_checker *k, enum fc_sym_kind kind, const char *name, int index)
{
    struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
    s->kind = kind;
    s->name = name;
    s->index = index;
    return s;
}

struct fc_sym *fck_find_table(struct fc_checker *k, struct fc_name name)
{
    struct fc_sym *s = fck_global(k, name.s);
    if (s && s->kind == FC_SYM_TABLE) {
        s->used++;
        return s;
    }
    struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_NAME, name.span, name.s);
    struct fl_suggest near;
    fl_suggest_init(&near, name.s);
    for (struct fc_sym *m = k->p->tables; m; m = m->next)
        fl_suggest_try(&near, m->name);
    if (fl_suggest_best(&near))
        fc_diag_help(k->d, g, "did you mean table `%s`?", fl_suggest_best(&near));
    else
        fc_diag_help(k->d, g, "a table of this name is expected");
    return NULL;
}
