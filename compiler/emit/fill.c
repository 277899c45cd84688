/*
 * fill.c - tables that are filled from outside: what is found of a row, how it becomes a row of the table; rows of tests.
 */
#include <string.h>

#include "emit/emit.h"

static bool filled(const struct fc_sym *t)
{
    return t->used && t->row;
}

/* Where a value is in a row. `at`: its member in the struct, `has`: the bool that says it was found, or NULL. */
static void part(struct fc_em *m, const char *name, const char *path, const struct fc_type *t, const char *type, const char *at, const char *has)
{
    fce_line(m, "    {%s, %s, %s, FL_ONE, %s, offsetof(struct %s, %s), %s, NULL},", fce_quote(m, name, strlen(name)), fce_quote(m, path, strlen(path)),
             fce_value_type(t), has ? "true" : "false", type, at, has ? fce_text(m, "offsetof(struct %s, %s)", type, has) : "0");
}

static void parts(struct fc_em *m, const struct fc_sym *t)
{
    const char *type = fce_rec(m, t->row)->c;
    int n = 0;
    fce_line(m, "static const struct fl_lookup_field fields_of_table_%s[] = {", t->name);
    for (const struct fc_expr *e = t->item->row_keys; e; e = e->next, n++)
        part(m, fce_text(m, "[%d]", n), fce_path_text(m, e), t->keys[n], type, fce_text(m, "key%d", n), NULL);
    if (t->item->value) {
        part(m, "[value]", fce_path_text(m, t->item->value), t->type, type, "value", NULL);
        n++;
    }
    for (const struct fc_field *f = t->item->fields; f; f = f->next, n++) {
        const struct fc_member *x = &t->type->members[f->index];
        const char *has = x->optional ? fce_text(m, "value.has_%s", x->name) : x->dflt ? fce_text(m, "given%d", x->index) : NULL;
        part(m, x->name, fce_path_text(m, f->value), x->type, type, fce_text(m, "value.%s", fce_name(m, x->name)), has);
    }
    fce_line(m, "};");
    fce_line(m, "static const struct fl_lookup row_of_table_%s = {.name = %s, .size = sizeof(struct %s), .fields = fields_of_table_%s, .nfields = %d};\n", t->name,
             fce_quote(m, t->name, strlen(t->name)), type, t->name, n);
}

static void put(struct fc_em *m, const struct fc_sym *t)
{
    struct fc_cv keys[8];
    const char *p, *n, *type = fce_rec(m, t->row)->c;
    fce_function_begin(m, FC_CX_NONE, NULL);
    fce_line(m, "static void fill_%s(struct fl_cx *cx, struct fl_table *t, const void *found)", t->name);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "struct %s v = *(const struct %s *)found;", type, type);
    for (int i = 0; i < t->type->nmembers; i++)
        if (t->type->members[i].dflt) {
            fce_line(m, "if (!v.given%d)", i);
            fce_line(m, "    v.value.%s = %s;", fce_name(m, t->type->members[i].name), fce_expr(m, fce_constant(t->type->members[i].dflt)).v);
        }
    if (t->type->kind != FC_K_RECORD && !t->item->value)
        fce_line(m, "v.value = true;");
    for (int i = 0; i < t->nkeys && i < 8; i++)
        keys[i] = fce_value(t->keys[i], fce_text(m, "v.key%d", i), NULL, true);
    fce_key_of(m, keys, t->nkeys, &p, &n);
    const char *expire = t->item->expire ? fce_expr(m, t->item->expire).v : "INT64_MAX";
    fce_table_put(m, t, "t", p, n, expire, "0", fce_value(t->type, "v.value", NULL, true));
    m->depth--;
    fce_line(m, "}\n");
    if (t->item->when)
        fce_line(m, "static bool fill_%s_on;\n", t->name);
}

void fce_fills(struct fc_em *m)
{
    for (const struct fc_sym *t = m->g->tables; t; t = t->next)
        if (filled(t)) {
            fce_line(m, "/* %s: how it is filled */", fce_where(m, t->span));
            parts(m, t);
            put(m, t);
        }
}

void fce_fills_wanted(struct fc_em *m)
{
    for (const struct fc_sym *t = m->g->tables; t; t = t->next)
        if (filled(t) && t->item->when)
            fce_line(m, "fill_%s_on = %s;", t->name, fce_bare(m, fce_true(m, t->item->when)));
}

static int64_t constant(const struct fc_expr *e)
{
    return fce_constant(e)->i;
}

int fce_fill_rows(struct fc_em *m)
{
    int n = 0;
    for (const struct fc_sym *t = m->g->tables; t; t = t->next) {
        if (!filled(t))
            continue;
        if (n++ == 0)
            fce_line(m, "static const struct fl_fill fills[] = {");
        const struct fc_expr *q = t->item->query;
        fce_line(m, "    {.table = &table_%s, .from = \"%s\", .query = %s, .reload = INT64_C(%lld), .keeps = %s,", t->name, t->item->from.s, fce_quote(m, q->s, q->len),
                 (long long)constant(t->item->reload), t->item->expire ? "true" : "false");
        fce_line(m, "     .row = &row_of_table_%s, .put = fill_%s%s},", t->name, t->name, t->item->when ? fce_text(m, ", .wanted = &fill_%s_on", t->name) : "");
    }
    if (n)
        fce_line(m, "};\n");
    return n;
}

int fce_fill_number(struct fc_em *m, const struct fc_sym *table)
{
    int n = 0;
    for (const struct fc_sym *t = m->g->tables; t && t != table; t = t->next)
        n += filled(t);
    return n;
}

const char *fce_fill_preset(struct fc_em *m, const struct fc_sym *table, const struct fc_expr *rows)
{
    struct fc_join all = {.arena = m->a};
    fc_join(&all, "[");
    for (const struct fc_expr *row = rows; row; row = row->next) {
        int n = 0;
        fc_join(&all, row == rows ? "{" : ",{");
        for (const struct fc_expr *e = row->args; e; e = e->next, n++)
            fc_join(&all, "%s\"[%d]\":%s", n ? "," : "", n, fce_json_value(m, e, table->keys[n]));
        if (row->a)
            fc_join(&all, ",\"[value]\":%s}", fce_json_value(m, row->a, table->type));
        else
            fc_join(&all, "%s%s", strspn(row->s + 1, " \t\r\n}") == strlen(row->s + 1) ? "" : ",", row->s + 1);
    }
    fc_join(&all, "]");
    return fc_joined(&all);
}
