/*
 * name.c - names: what a plain name, a field, a table's entry and a map's member mean.
 */
#include <string.h>

#include "check/checker.h"

/* NAME becomes base.NAME, a field of the record that plain names mean. */
static const struct fc_type *as_field(struct fc_checker *k, struct fc_expr *e, struct fc_expr *base)
{
    e->kind = FC_E_FIELD;
    e->a = base;
    return fck_expr(k, e, NULL);
}

#define BELOW_JOIN "below a join: what it emits was never received, and has the fields of the transform only"

/* Partitions and tests say what holds for records that weren't received. */
static bool below_join(const struct fc_checker *k)
{
    return k->joined && !fck_past_emit(k) && k->where != FC_IN_TEST;
}

static const struct fc_type *symbol_value(struct fc_checker *k, struct fc_expr *e, struct fc_sym *s)
{
    e->sym = s;
    s->used++;
    switch (s->kind) {
    case FC_SYM_PARAM:
        if (k->where == FC_IN_CONSTANT) {
            fc_diag_help(k->d, fc_report(k->d, FC_NOT_CONSTANT, e->span, "the value here"),
                         "param `%s` is known at start only", s->name);
            return fck_done(e, &FC_ERROR_T, false);
        }
        /* fall through */
    case FC_SYM_CONST:
        return fck_done(e, s->type, s->optional);
    case FC_SYM_LET:
        if (!s->type) {
            if (s == k->self)
                fc_report(k->d, FC_DEPENDS_ON_ITSELF, e->span, s->name);
            else
                fc_diag_note(k->d, fc_report(k->d, FC_USED_BEFORE, e->span, s->name), s->span, "declared here");
            return fck_done(e, &FC_ERROR_T, false);
        }
        if (!fck_sees_record(k)) {
            fc_report(k->d, FC_NOT_HERE, e->span, s->name, fck_place(k));
            return fck_done(e, &FC_ERROR_T, false);
        }
        if (fck_past_emit(k) && fck_emit_without(k, NULL))
            return fck_done(e, s->type, true);
        if (below_join(k) && !s->joined) {
            fc_report(k->d, FC_NOT_HERE, e->span, s->name, BELOW_JOIN);
            return fck_done(e, &FC_ERROR_T, false);
        }
        return fck_done(e, s->type, s->optional && !fck_known(k, fck_path(k, e)));
    case FC_SYM_ARG:
    case FC_SYM_FLET:
    case FC_SYM_LOCAL:
        return fck_done(e, s->type, s->optional && !fck_known(k, fck_path(k, e)));
    case FC_SYM_OBJECT:
        return fck_done(e, s->type, false);
    default: {
        struct fc_diag *g = fc_report(k->d, FC_NOT_A_VALUE, e->span, s->name, fck_kind_text(s));
        if (s->kind == FC_SYM_TABLE)
            fc_diag_help(k->d, g, "write %s[key]", s->name);
        else if (s->kind == FC_SYM_FUNCTION || s->kind == FC_SYM_LOOKUP)
            fc_diag_help(k->d, g, "write %s(..)", s->name);
        else
            fck_suggest_deeper(k, g, s->name);
        return fck_done(e, &FC_ERROR_T, false);
    }
    }
}

static const struct fc_type *class_name(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_class *c = fc_index_find(&k->classes, e->name.s, strlen(e->name.s));
    if (!c)
        return NULL;
    struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
    s->kind = FC_SYM_CLASS;
    s->name = c->name;
    s->index = c->index;
    e->sym = s;
    return fck_done(e, &FC_CLASS_T, false);
}

static const struct fc_type *enumerator(struct fc_checker *k, struct fc_expr *e, const struct fc_type *t)
{
    const struct fc_enumerator *m = fc_index_find(&t->en->names, e->name.s, strlen(e->name.s));
    if (!m)
        return NULL;
    struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
    s->kind = FC_SYM_ENUMERATOR;
    s->name = m->name.s;
    s->index = m->index;
    s->type = t;
    e->sym = s;
    return fck_done(e, t, false);
}

static struct fc_sym *word(struct fc_checker *k, enum fc_sym_kind kind, const struct fc_type *t, const char *name)
{
    struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
    s->kind = kind;
    s->type = t;
    s->name = name;
    return s;
}

/* A field that a transform above made, and one below it didn't name. */
static bool left_out(struct fc_checker *k, struct fc_diag *g, const char *name)
{
    for (const struct fc_made *m = fck_sees_record(k) ? k->p->made : NULL; m; m = m->next) {
        const struct fc_member *f = fc_member_find(m->sym.type, name);
        if (!f || !m->next)
            continue;
        fc_diag_note(k->d, g, f->span, "transform `%s` makes it", m->stage->name.s);
        fc_diag_help(k->d, g, "`%s` leaves it out: name it there too", m->next->stage->name.s);
        return true;
    }
    return false;
}

const struct fc_type *fck_name(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    const char *n = e->name.s;
    if (e->sym) /* made by the compiler itself */
        return e->type;
    if (want && want->kind == FC_K_ENUM && !fck_find(k->local, n) && enumerator(k, e, want))
        return e->type;
    if (want && want->kind == FC_K_CLASS && !fck_find(k->local, n) && class_name(k, e))
        return e->type;
    struct fc_sym *s = fck_find(k->local, n);
    if (s)
        return symbol_value(k, e, s);
    for (struct fc_overlay *o = k->overlay; o; o = o->up)
        if (fc_member_find(o->type, n))
            return as_field(k, e, o->base);
    s = fck_global(k, n);
    if (fck_sees_record(k)) {
        if (strcmp(n, "class") == 0) {
            if (!k->classified) {
                fc_report(k->d, FC_NOT_HERE, e->span, "class", "above classify");
                return fck_done(e, &FC_ERROR_T, false);
            }
            e->sym = word(k, FC_SYM_CLASS_NOW, &FC_CLASS_T, n);
            return fck_done(e, &FC_CLASS_T, false);
        }
        if (k->where == FC_IN_TEST && strcmp(n, "record") == 0) {
            e->sym = k->record ? k->record : &k->input;
            return fck_done(e, e->sym->type ? e->sym->type : &FC_ERROR_T, false);
        }
        if (strcmp(n, "input") == 0 && k->input.type && below_join(k)) {
            fc_report(k->d, FC_NOT_HERE, e->span, n, BELOW_JOIN);
            return fck_done(e, &FC_ERROR_T, false);
        }
        if (strcmp(n, "input") == 0 && k->input.type) {
            e->sym = &k->input;
            return fck_done(e, k->input.type, false);
        }
        const struct fc_member *m = fck_current(k) ? fc_member_find(fck_current(k), n) : NULL;
        if (m && want && want->kind == FC_K_ENUM && m->type->kind == FC_K_RECORD) {
            struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_VALUE, e->span, want->name ? want->name : "the enum", n);
            fc_diag_note(k->d, g, m->span, "this field is called so");
            fck_suggest_value(k, g, n, want);
            return fck_done(e, &FC_ERROR_T, false);
        }
        if (m)
            return as_field(k, e, fck_root(k, k->record ? k->record : &k->input, e->span));
    }
    if (strcmp(n, "now") == 0 && (fck_sees_record(k) || k->where == FC_IN_ABSENT || k->where == FC_IN_ROWS || k->where == FC_IN_JOINED) && !s) {
        e->sym = word(k, FC_SYM_NOW, &FC_TIME_T, n);
        return fck_done(e, &FC_TIME_T, false);
    }
    if (s)
        return symbol_value(k, e, s);
    if (want && want->kind == FC_K_ENUM) {
        fck_suggest_value(k, fc_report(k->d, FC_UNKNOWN_VALUE, e->span, want->name ? want->name : "the enum", n), n, want);
        return fck_done(e, &FC_ERROR_T, false);
    }
    if (want && want->kind == FC_K_CLASS) {
        fck_suggest_value(k, fc_report(k->d, FC_UNKNOWN_CLASS, e->span, n), n, want);
        return fck_done(e, &FC_ERROR_T, false);
    }
    if (!fck_sees_record(k) && ((k->input.type && fc_member_find(k->input.type, n)) || strcmp(n, "class") == 0 ||
                                strcmp(n, "input") == 0)) {
        fc_report(k->d, FC_NOT_HERE, e->span, n, fck_place(k));
        return fck_done(e, &FC_ERROR_T, false);
    }
    struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_NAME, e->span, n);
    if (k->record && fck_sees_record(k) && k->input.type && fc_member_find(k->input.type, n))
        fc_diag_help(k->d, g, "the source's field is input.%s here, because a transform made another record", n);
    else if (!left_out(k, g, n))
        fck_suggest_names(k, g, n);
    return fck_done(e, &FC_ERROR_T, false);
}

/* Is it the record whose fields are the plain names here? It was checked and is there. */
static bool inside(const struct fc_checker *k, const struct fc_expr *e)
{
    const struct fc_overlay *o = k->overlay;
    while (o && o->base != e)
        o = o->up;
    return o != NULL;
}

static const struct { const char *name; const struct fc_type *type; } of_batches[] = {
    {"start", &FC_TIME_T}, {"end", &FC_TIME_T}, {"count", &FC_INT_T}, {"id", &FC_STRING_T}};

/* `batch.x`; e->a is the name `batch`. */
static const struct fc_type *of_batch(struct fc_checker *k, struct fc_expr *e)
{
    if (k->where != FC_IN_HEADER) {
        fc_report(k->d, FC_NOT_HERE, e->span, fck_text(k, e->span), "here, only in a `storeheader`");
        return fck_done(e, &FC_ERROR_T, false);
    }
    if (strcmp(e->name.s, "records") == 0) {
        fc_report(k->d, FC_NOT_HERE, e->span, "batch.records", "in an expression: it is all that a field has, as in `records = batch.records;`");
        return fck_done(e, &FC_ERROR_T, false);
    }
    for (size_t i = 0; i < sizeof of_batches / sizeof *of_batches; i++) {
        if (strcmp(e->name.s, of_batches[i].name) != 0)
            continue;
        struct fc_sym *s = fl_arena_zero(k->a, sizeof *s);
        *s = (struct fc_sym){.kind = FC_SYM_OBJECT, .name = of_batches[i].name, .type = of_batches[i].type};
        e->kind = FC_E_NAME;
        e->sym = s;
        e->a = NULL;
        return fck_done(e, s->type, false);
    }
    fc_diag_help(k->d, fc_report(k->d, FC_UNKNOWN_FIELD, e->name.span, "`batch`", e->name.s),
                 "there is batch.start, batch.end, batch.count, batch.id and batch.records");
    return fck_done(e, &FC_ERROR_T, false);
}

const struct fc_type *fck_field(struct fc_checker *k, struct fc_expr *e)
{
    /* pipeline.version and pipeline.name are the only fields of what is no record */
    if (e->a->kind == FC_E_NAME && !e->a->sym && strcmp(e->a->name.s, "pipeline") == 0 &&
        !fck_find(k->local, "pipeline") &&
        !(fck_sees_record(k) && fck_current(k) && fc_member_find(fck_current(k), "pipeline"))) {
        const char *text = strcmp(e->name.s, "version") == 0 ? k->p->version : strcmp(e->name.s, "name") == 0
            ? k->p->name : NULL;
        if (!text) {
            fc_diag_help(k->d, fc_report(k->d, FC_UNKNOWN_FIELD, e->name.span, "`pipeline`", e->name.s),
                         "there is pipeline.name and pipeline.version");
            return fck_done(e, &FC_ERROR_T, false);
        }
        e->kind = FC_E_STRING;
        e->s = text;
        e->len = (uint32_t)strlen(text);
        e->a = NULL;
        return fck_done(e, &FC_STRING_T, false);
    }
    if (e->a->kind == FC_E_NAME && !e->a->sym && strcmp(e->a->name.s, "batch") == 0 && !fck_find(k->local, "batch") &&
        !fck_global(k, "batch") &&
        !(fck_sees_record(k) && fck_current(k) && fc_member_find(fck_current(k), "batch")))
        return of_batch(k, e);
    const struct fc_type *t = inside(k, e->a) ? e->a->type : fck_expr(k, e->a, NULL);
    if (t->kind == FC_K_ERROR)
        return fck_done(e, t, false);
    if (t->kind != FC_K_RECORD) {
        struct fc_diag *g = fc_report(k->d, FC_NOT_RECORD, e->name.span, fck_type_text(k, t, false));
        if (t->kind == FC_K_MAP)
            fc_diag_help(k->d, g, "write %s[\"%s\"]", fck_text(k, e->a->span), e->name.s);
        return fck_done(e, &FC_ERROR_T, false);
    }
    const struct fc_member *m = fc_member_find(t, e->name.s);
    if (!m) {
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_FIELD, e->name.span,
                                      e->a->sym == &k->input ? "the source's record" : t->name
                                      ? fck_type_text(k, t, false)
                                      : fl_arena_printf(k->a, "`%s`", fck_text(k, e->a->span)), e->name.s);
        fck_suggest_members(k, g, t, e->name.s);
        return fck_done(e, &FC_ERROR_T, false);
    }
    e->info = m;
    bool nullable = e->a->nullable || m->optional;
    if (nullable) {
        const char *path = fck_path(k, e);
        if (path && fck_known(k, path))
            nullable = false;
    }
    bool own = k->record && e->a->sym == k->record;
    if ((fck_past_emit(k) || below_join(k)) && (own || e->a->sym == &k->input))
        nullable |= fck_emit_without(k, own ? m : NULL) != NULL; /* a record of `emit` was never received */
    return fck_done(e, m->type, nullable);
}

/* ---- tables and maps ------------------------------------------------------------------------- */

const struct fc_type *fck_index(struct fc_checker *k, struct fc_expr *e)
{
    struct fc_sym *s = e->a->kind == FC_E_NAME && !e->a->sym &&
        !fck_find(k->local, e->a->name.s) ? fck_global(k, e->a->name.s) : NULL;
    if (s && s->kind == FC_SYM_TABLE) {
        s->used++;
        e->sym = s;
        int n = 0;
        for (struct fc_expr *x = e->args; x; x = x->next, n++) {
            if (s->nkeys == 1 && s->keys[0]->kind == FC_K_CIDR && fck_expr(k, x, NULL)->kind == FC_K_IP)
                continue; /* the longest prefix that has it */
            if (n < s->nkeys && !fck_expr_as(k, x, s->keys[n], true))
                return fck_done(e, &FC_ERROR_T, false);
        }
        if (n != s->nkeys) {
            fc_report(k->d, FC_ARGUMENTS, e->span, s->name,
                      fl_arena_printf(k->a, "%d key%s", s->nkeys, s->nkeys == 1 ? "" : "s"), n);
            return fck_done(e, &FC_ERROR_T, false);
        }
        return fck_done(e, s->type, true);
    }
    const struct fc_type *t = fck_expr(k, e->a, NULL);
    if (t->kind == FC_K_ERROR)
        return fck_done(e, t, false);
    if (t->kind != FC_K_MAP && t->kind != FC_K_LIST) {
        fc_report(k->d, FC_NOT_INDEXED, e->a->span, fck_type_text(k, t, false));
        return fck_done(e, &FC_ERROR_T, false);
    }
    if (e->args->next) {
        fc_report(k->d, FC_ARGUMENTS, e->span, fck_text(k, e->a->span), t->kind == FC_K_MAP ? "1 key" : "1 number", 2);
        return fck_done(e, &FC_ERROR_T, false);
    }
    if (!fck_expr_as(k, e->args, t->kind == FC_K_MAP ? &FC_STRING_T : &FC_INT_T, true))
        return fck_done(e, &FC_ERROR_T, false);
    const char *path = fck_path(k, e);
    return fck_done(e, t->elem, !(path && fck_known(k, path)));
}

/* ---- any(x in list where cond), map(x in list : value) ---------------------------------------------------- */

/* What list can be made of: see check_elem in type.c. */
static const struct fc_type *mapped(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_type *t = fck_expr(k, e->b, NULL);
    if (t->kind == FC_K_ERROR)
        return t;
    if (t->kind == FC_K_NULL) {
        fc_report(k->d, FC_TYPE_MISMATCH, e->b->span, "a value", "`null`");
        return &FC_ERROR_T;
    }
    if (e->b->nullable) {
        fc_diag_help(k->d, fck_may_be_null(k, e->b), "elements of a list are never null; give a default with `??`");
        return &FC_ERROR_T;
    }
    if (!fck_scalar(t)) {
        fc_report(k->d, FC_LATER, e->b->span, fl_arena_printf(k->a, "a list that is made of %s", fck_type_text(k, t, false)));
        return &FC_ERROR_T;
    }
    return fc_type_list(k->a, t);
}

static bool named_each(struct fc_checker *k, struct fc_expr *e)
{
    static const char *const names[] = {[FC_EACH_ANY] = "any", [FC_EACH_ALL] = "all", [FC_EACH_FIND] = "find", [FC_EACH_LAST] = "last",
                                        [FC_EACH_COUNT] = "count", [FC_EACH_MAP] = "map"};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (strcmp(names[i], e->name.s) == 0) {
            e->i = i;
            if (e->maps == (i == FC_EACH_MAP))
                return true;
            fc_report(k->d, FC_ANY_FORM, e->span, e->name.s, e->maps ? "x in list where condition" : "x in list : value");
            return false;
        }
    struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_FUNCTION, e->name.span, e->name.s);
    fc_diag_help(k->d, g, e->maps ? "of lists there is map(x in list : value)"
                 : "of lists there are any, all, find, last and count(x in list where condition)");
    return false;
}

const struct fc_type *fck_any(struct fc_checker *k, struct fc_expr *e)
{
    if (!named_each(k, e))
        return fck_done(e, &FC_ERROR_T, false);
    const struct fc_type *t = fck_expr(k, e->a, NULL);
    if (t->kind != FC_K_LIST) {
        if (t->kind != FC_K_ERROR)
            fc_report(k->d, FC_TYPE_MISMATCH, e->a->span, "a list", fck_type_text(k, t, false));
        return fck_done(e, &FC_ERROR_T, false);
    }
    struct fc_sym *before = k->local;
    const struct fc_fact *facts = k->facts;
    const struct fc_sym *old = fck_find(k->local, e->args->name.s);
    if (old)
        fc_diag_note(k->d, fc_report(k->d, FC_DUPLICATE, e->args->name.span, e->args->name.s), old->span,
                     "first declared here, as %s", fck_kind_text(old));
    e->sym = fck_local(k, FC_SYM_LOCAL, e->args->name, t->elem, false);
    const struct fc_type *result = &FC_BOOL_T;
    if (e->i == FC_EACH_MAP)
        result = mapped(k, e);
    else
        fck_condition(k, e->b);
    k->local = before;
    k->facts = facts;
    const bool one = e->i == FC_EACH_FIND || e->i == FC_EACH_LAST;
    return fck_done(e, one ? t->elem : e->i == FC_EACH_COUNT ? &FC_INT_T : result, one || e->a->nullable);
}
