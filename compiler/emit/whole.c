/*
 * whole.c - the declared members of a record that is passed on whole, with their defaults as JSON: what runtime/lang/record.h calls its form.
 * Called by decode.c.
 */
#include <string.h>

#include "emit/emit.h"

const char *fce_json_value(struct fc_em *m, const struct fc_expr *e, const struct fc_type *t)
{
    e = fce_constant(e);
    if (e->kind == FC_E_STRING || e->kind == FC_E_ADDRESS)
        return fce_text(m, "\"%s\"", fce_escaped(m, e->s));
    if (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_ENUMERATOR) {
        int i = 0;
        for (const struct fc_enumerator *x = t->en->list; x; x = x->next, i++)
            if (i == e->sym->index)
                return t->en->text ? fce_text(m, "\"%s\"", fce_escaped(m, x->as ? x->as : x->name.s)) : fce_text(m, "%lld", (long long)x->value);
    }
    if (e->kind == FC_E_LIST) {
        struct fc_join list = {.arena = m->a};
        fc_join(&list, "[");
        for (const struct fc_expr *x = e->args; x; x = x->next)
            fc_join(&list, "%s%s", x == e->args ? "" : ",", fce_json_value(m, x, t->elem));
        fc_join(&list, "]");
        return fc_joined(&list);
    }
    if (e->kind == FC_E_BOOL)
        return e->i ? "true" : "false";
    if (e->kind == FC_E_FLOAT)
        return fce_text(m, "%.17g", e->f);
    if (t->form == FC_FORM_RFC3339) /* the only constant time is 0 */
        return "\"1970-01-01T00:00:00Z\"";
    if (t->kind == FC_K_TIME || t->kind == FC_K_DURATION) {
        int64_t scale = t->form == FC_FORM_S ? 1000000000 : t->form == FC_FORM_MS ? 1000000 : t->form == FC_FORM_US ? 1000 : 1;
        if (t->form == FC_FORM_S && e->i % scale)
            return fce_text(m, "%.17g", (double)e->i / 1e9);
        return fce_text(m, "%lld", (long long)(e->i / scale));
    }
    return fce_text(m, t->form == FC_FORM_TEXT ? "\"%lld\"" : "%lld", (long long)e->i);
}

const char *fce_json_default(struct fc_em *m, const struct fc_member *x)
{
    return x->dflt ? fce_json_value(m, x->dflt, x->type) : NULL;
}

void fce_whole_form(struct fc_em *m, const struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++)
        if (n->inner[i].type->kind == FC_K_RECORD)
            fce_whole_form(m, &n->inner[i]);
    fce_line(m, "static const struct fl_form form_%s = {(const struct fl_form_member[]){", n->c);
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_member *x = n->inner[i].member;
        const char *dflt = fce_json_default(m, x);
        const char *key = fce_escaped(m, x->key);
        fce_line(m, "    {%s, %zu, %s, %zu, %s, %s},", fce_quote(m, x->key, strlen(x->key)), strlen(x->key), fce_quote(m, key, strlen(key)), strlen(key), dflt ? fce_quote(m, dflt, strlen(dflt)) : "NULL",
                 n->inner[i].type->kind == FC_K_RECORD ? fce_text(m, "&form_%s", n->inner[i].c) : "NULL");
    }
    fce_line(m, "}, %d};\n", n->ninner);
}
