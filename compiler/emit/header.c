/*
 * header.c - storeheader: a function that writes its members, each with a comma behind it, those in front of the records or
 * those behind. What is known only when the object is sealed stands behind, whatever its place in the .flow.
 */
#include <string.h>

#include "emit/emit.h"
#include "tree/walk.h"

static void visit(void *arg, const struct fc_expr *e)
{
    if (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_OBJECT && strcmp(e->sym->name, "start") != 0)
        *(bool *)arg = true;
}

/* Is it known only at the end? */
static bool at_seal(const struct fc_field *f)
{
    bool late = false;
    if (f->kind == FC_F_OBJECT)
        fc_walk_fields(f->fields, visit, &late);
    else
        fc_walk_expr(f->value, visit, &late);
    return late;
}

static void put(struct fc_em *m, const char *text)
{
    fce_line(m, "fl_buf_puts(out, %s);", fce_quote(m, text, strlen(text)));
}

static void member(struct fc_em *m, const struct fc_field *f)
{
    const char *key = fce_text(m, "\"%s\":", fce_escaped(m, f->as ? f->as : f->name.s));
    if (f->kind == FC_F_OBJECT) {
        put(m, fce_text(m, "%s{", key));
        for (const struct fc_field *x = f->fields; x; x = x->next)
            member(m, x);
        fce_line(m, "fl_header_close(out);");
        return;
    }
    struct fc_cv v = fce_expr(m, f->value);
    if (v.n) {
        fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, v.n)));
        m->depth++;
    }
    put(m, key);
    fce_put_json(m, v);
    put(m, ",");
    if (v.n) {
        m->depth--;
        fce_line(m, "}");
    }
}

/* The configured members, without those that are declared. */
static void configured(struct fc_em *m, const struct fc_field *spread)
{
    struct fc_join names = {.arena = m->a};
    for (const struct fc_field *f = spread->next; f; f = f->next) {
        const char *key = f->as ? f->as : f->name.s;
        fc_join(&names, "FL_LIT(%s), ", fce_quote(m, key, strlen(key)));
    }
    fce_line(m, "static const fl_str declared[] = {%s};", fc_joined(&names));
    fce_line(m, "fl_header_map(cx, out, %s, declared, sizeof declared / sizeof *declared);", fce_expr(m, spread->value).v);
}

void fce_header(struct fc_em *m, const struct fc_output *o)
{
    bool front = true;
    fce_function_begin(m, FC_CX_NONE, NULL);
    fce_line(m, "static void %s(struct fl_cx *cx, const struct fl_bundle *o, bool behind, struct fl_buf *out)", fce_of_output(m, "header", o));
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "(void)cx;");
    fce_line(m, "(void)o;");
    fce_line(m, "if (!behind) {");
    m->depth++;
    for (const struct fc_field *f = o->header->fields; f; f = f->next) {
        if (f == o->records)
            front = false;
        else if (f->kind == FC_F_SPREAD)
            configured(m, f);
        else if (front && !at_seal(f))
            member(m, f);
    }
    m->depth--;
    fce_line(m, "} else {");
    m->depth++;
    front = true;
    for (const struct fc_field *f = o->header->fields; f; f = f->next) {
        if (f == o->records)
            front = false;
        else if (f->kind != FC_F_SPREAD && (!front || at_seal(f)))
            member(m, f);
    }
    m->depth--;
    fce_line(m, "}");
    m->depth--;
    fce_line(m, "}\n");
}
