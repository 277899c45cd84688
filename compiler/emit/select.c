/*
 * select.c - which values of params a variant is for, as the runtime asks at start.
 */
#include "emit/emit.h"

#include <string.h>

static const char *case_value(struct fc_em *m, const struct fc_pattern *v)
{
    if (v->kind == FC_P_NAME)
        return v->name.s;
    const struct fc_expr *e = v->value;
    return e->kind == FC_E_STRING ? e->s : e->kind == FC_E_BOOL ? (e->i ? "true" : "false") : fce_text(m, "%lld", (long long)e->i);
}

static const char *quoted(struct fc_em *m, const char *s)
{
    return s ? fce_quote(m, s, strlen(s)) : "NULL";
}

static void join_values(struct fc_em *m, struct fc_join *list, const struct fc_case *x)
{
    for (const struct fc_pattern *v = x->values; v; v = v->next)
        fc_join(list, "%s, ", quoted(m, case_value(m, v)));
}

const char *fce_case_values(struct fc_em *m, const struct fc_select *s)
{
    struct fc_join list = {.arena = m->a};
    for (const struct fc_case *x = s->cases; x; x = x->next)
        join_values(m, &list, x);
    fc_join(&list, "NULL");
    return fc_joined(&list);
}

const struct fc_select *fce_closed_select(struct fc_em *m, const struct fc_sym *param)
{
    for (const struct fc_select *s = m->c->file.selects; s; s = s->next) {
        bool other = strcmp(s->name.s, param->name) != 0;
        for (const struct fc_case *x = s->cases; x; x = x->next)
            other |= x->otherwise;
        if (!other)
            return s;
    }
    return NULL;
}

static bool has_case(struct fc_em *m, const struct fc_select *s, const char *value)
{
    for (const struct fc_case *x = s->cases; x; x = x->next)
        for (const struct fc_pattern *v = x->values; v; v = v->next)
            if (strcmp(case_value(m, v), value) == 0)
                return true;
    return false;
}

/* A value for which `otherwise` holds. NULL: there is none. */
static const char *other_value(struct fc_em *m, const struct fc_select *s)
{
    const struct fc_sym *p = m->g->params;
    while (strcmp(p->name, s->name.s) != 0)
        p = p->next;
    if (p->type->kind == FC_K_BOOL)
        return !has_case(m, s, "false") ? "false" : !has_case(m, s, "true") ? "true" : NULL;
    if (p->type->kind == FC_K_ENUM) {
        for (const struct fc_enumerator *e = p->type->en->list; e; e = e->next)
            if (!has_case(m, s, e->name.s))
                return e->name.s;
        return NULL;
    }
    const char *value = p->type->kind == FC_K_INT ? "0" : "";
    for (int i = 1; has_case(m, s, value); i++)
        value = fce_text(m, p->type->kind == FC_K_INT ? "%d" : "other%d", i);
    return value;
}

int fce_when(struct fc_em *m, const char *suffix)
{
    int n = 0;
    fce_line(m, "static const struct fl_when when%s[] = {", suffix);
    for (const struct fc_select *s = m->c->file.selects; s; s = s->next, n++) {
        const struct fc_pattern *v = s->taken->values;
        struct fc_join values = {.arena = m->a}, others = values;
        join_values(m, &values, s->taken);
        for (const struct fc_case *x = s->cases; x; x = x->next)
            if (x != s->taken)
                join_values(m, &others, x);
        fce_line(m, "    {%s, (const char *const[]){%sNULL}, %s, %s},", quoted(m, s->name.s), fc_joined(&values),
                 s->taken->otherwise ? fce_text(m, "(const char *const[]){%sNULL}", fc_joined(&others)) : "NULL",
                 quoted(m, v ? case_value(m, v) : other_value(m, s)));
    }
    fce_line(m, "};");
    return n;
}
