/*
 * fill.c - tables that are filled from outside: where the parts of a row are in what is read, and what tests put in.
 */
#include <string.h>

#include "check/checker.h"

static void wrong(struct fc_checker *k, const struct fc_item *it, struct fc_span span, const char *what)
{
    fc_report(k->d, FC_TABLE_FILL, span, it->name.s, what);
}

static void path(struct fc_checker *k, const struct fc_item *it, const struct fc_expr *e)
{
    if (!fck_answer_path(e))
        wrong(k, it, e->span, "a part of a row is a path such as Metadata.Name, or Metadata.IPV4[0]");
}

static void keys(struct fc_checker *k, struct fc_item *it)
{
    const struct fc_sym *s = it->sym;
    const struct fc_texpr *t = it->keys;
    int n = 0;
    for (const struct fc_expr *e = it->row_keys; e; e = e->next, n++)
        path(k, it, e);
    if (n != s->nkeys)
        wrong(k, it, it->row_keys ? it->row_keys->span : it->name.span,
              fl_arena_printf(k->a, "its key has %d part%s: write `key PATH%s;`", s->nkeys, s->nkeys == 1 ? "" : "s",
                              s->nkeys == 1 ? "" : ", PATH"));
    for (int i = 0; i < s->nkeys; i++, t = t->next)
        if (!fck_answer_scalar(s->keys[i]))
            wrong(k, it, t->span, fl_arena_printf(k->a, "its key cannot be %s: no answer has that", fck_type_text(k, s->keys[i], false)));
}

static void fields(struct fc_checker *k, struct fc_item *it, const struct fc_type *value)
{
    for (struct fc_field *f = it->fields; f; f = f->next) {
        const struct fc_member *m = value->kind == FC_K_RECORD ? fc_member_find(value, f->name.s) : NULL;
        path(k, it, f->value);
        if (!m) {
            wrong(k, it, f->name.span, value->kind == FC_K_RECORD ? fl_arena_printf(k->a, "its rows have no field `%s`", f->name.s)
                                                                  : "its rows have no fields: write `value PATH;`");
            continue;
        }
        f->index = m->index;
        for (const struct fc_field *o = it->fields; o != f; o = o->next)
            if (strcmp(o->name.s, f->name.s) == 0)
                fc_report(k->d, FC_DUPLICATE, f->name.span, f->name.s);
        if (m->type->kind == FC_K_LIST || !fck_answer_scalar(m->type))
            wrong(k, it, f->span, fl_arena_printf(k->a, "`%s` cannot be %s: no answer has that", f->name.s, fck_type_text(k, m->type, false)));
    }
    for (int i = 0; value->kind == FC_K_RECORD && i < value->nmembers; i++) {
        bool given = false;
        for (const struct fc_field *f = it->fields; f; f = f->next)
            given |= strcmp(f->name.s, value->members[i].name) == 0;
        if (!given)
            wrong(k, it, it->name.span, fl_arena_printf(k->a, "nothing says where `%s` is in a row", value->members[i].name));
    }
}

static struct fc_member *member(struct fc_checker *k, struct fc_type *t, const char *name, const struct fc_type *type)
{
    struct fc_member *m = &t->members[t->nmembers];
    *m = (struct fc_member){.name = name, .key = name, .type = type, .index = t->nmembers++};
    fc_index_put(&t->names, k->a, name, strlen(name), m);
    return m;
}

/* What is found of a row: key0, .., value, and for members with a default given0, .. */
static const struct fc_type *found(struct fc_checker *k, const struct fc_sym *s)
{
    struct fc_type *t = fl_arena_zero(k->a, sizeof *t);
    t->kind = FC_K_RECORD;
    t->members = fl_arena_zero(k->a, sizeof *t->members * (size_t)(s->nkeys + 1 + s->type->nmembers));
    for (int i = 0; i < s->nkeys; i++)
        member(k, t, fl_arena_printf(k->a, "key%d", i), s->keys[i]);
    member(k, t, "value", s->type);
    for (int i = 0; i < s->type->nmembers; i++)
        if (s->type->members[i].dflt)
            member(k, t, fl_arena_printf(k->a, "given%d", i), &FC_BOOL_T);
    return t;
}

void fck_fill(struct fc_checker *k, struct fc_item *it)
{
    struct fc_sym *s = it->sym;
    if (!it->from.s || !s->keys)
        return;
    if (s->type->kind != FC_K_RECORD && it->value)
        path(k, it, it->value);
    else if (s->type->kind != FC_K_RECORD && s->type->kind != FC_K_BOOL && s->type->kind != FC_K_ERROR)
        wrong(k, it, it->name.span, "nothing says where the value is in a row: write `value PATH;`");
    else if (it->value)
        wrong(k, it, it->value->span, "its rows have fields: write `FIELD = PATH;` for each");
    if (s->type->kind != FC_K_RECORD && !fck_answer_scalar(s->type))
        wrong(k, it, it->type->span, fl_arena_printf(k->a, "its value cannot be %s: no answer has that", fck_type_text(k, s->type, false)));
    keys(k, it);
    fields(k, it, s->type);
    fck_positive(k, it->reload, &FC_DURATION_T, "reload");
    k->where = FC_IN_WHEN; /* params and constants */
    if (it->expire)
        fck_expr_as(k, it->expire, &FC_DURATION_T, false);
    if (it->when)
        fck_condition(k, it->when);
    s->row = found(k, s);
}

bool fck_may_write(struct fc_checker *k, const struct fc_sym *table, struct fc_span span)
{
    if (!table->item->from.s)
        return true;
    fc_diag_note(k->d, fc_report(k->d, FC_TABLE_FILLED, span, table->name), table->span, "declared here");
    return false;
}

/* ---- tests ---- */

static void test_row(struct fc_checker *k, const struct fc_sym *s, struct fc_expr *row)
{
    int n = 0;
    for (struct fc_expr *e = row->args; e; e = e->next, n++)
        if (n < s->nkeys && fck_expr_as(k, e, s->keys[n], false) && fck_behind(e)->kind > FC_E_BOOL)
            fc_report(k->d, FC_NOT_CONSTANT, e->span, "a key of a table in a test");
    if (n != s->nkeys)
        fc_report(k->d, FC_ARGUMENTS, row->span, s->name, fl_arena_printf(k->a, "%d key%s", s->nkeys, s->nkeys == 1 ? "" : "s"), n);
    if (row->s && s->type->kind != FC_K_RECORD)
        fc_report(k->d, FC_TYPE_MISMATCH, row->op_span, fck_type_text(k, s->type, false), "a JSON object");
    else if (row->a && s->type->kind == FC_K_RECORD)
        fc_report(k->d, FC_TEST_JSON, row->a->span, "a row of this table is a JSON object by the names of its fields");
    else if (row->a && fck_expr_as(k, row->a, s->type, false) && fck_behind(row->a)->kind > FC_E_BOOL)
        fc_report(k->d, FC_NOT_CONSTANT, row->a->span, "a value of a table in a test");
}

void fck_test_table(struct fc_checker *k, struct fc_check *c)
{
    const struct fc_sym *s = fck_find_table(k, c->name);
    k->where = FC_IN_CONSTANT;
    if (s && !s->row) {
        struct fc_diag *g = fc_report(k->d, FC_TEST_JSON, c->name.span, "only a table that is filled `from` somewhere is filled by a test");
        fc_diag_note(k->d, g, s->span, "declared here");
        return;
    }
    for (struct fc_expr *row = s ? c->args : NULL; row; row = row->next)
        test_row(k, s, row);
}
