/*
 * splice.c - records that go out as they came but for some fields, `...input` in a transform: only these fields are written, and put into
 * the record's text (runtime/json/splice.h).
 */
#include <string.h>

#include "emit/put.h"

/* The fields of the input that the form hasn't any more, and those that it has otherwise or besides. */
struct edits {
    struct fc_join rows;
    int n;
};

static void edit(struct fc_em *m, struct edits *e, const char *key)
{
    const char *json = fce_escaped(m, key);
    fc_join(&e->rows, "    {%s, %zu, %s, %zu},\n", fce_quote(m, key, strlen(key)), strlen(key), fce_quote(m, json, strlen(json)), strlen(json));
    e->n++;
}

static bool has_key(const struct fc_slot *form, const char *key)
{
    for (int i = 0; i < form->ninner; i++)
        if (strcmp(fc_slot_key(&form->inner[i]), key) == 0)
            return true;
    return false;
}

/* The text of a field, between w as it is now and as it is then. */
static void value(struct fce_enc *k, const struct fc_slot *s, int at)
{
    struct fc_em *m = k->m;
    struct fc_cv v = fce_slot_now(m, s);
    const struct fc_cond *null = fce_slot_absent(m, s, v);
    if (null) {
        fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, null)));
        m->depth++;
    }
    v.n = NULL;
    fce_line(m, "values[%d].p = w;", at);
    fce_put_slot(k, s, v);
    fce_flush(k);
    fce_line(m, "values[%d].n = (uint32_t)(w - values[%d].p);", at, at);
    if (s->kind == FC_SLOT_OBJECT && s->optional && s->field->kind == FC_F_OBJECT) {
        fce_line(m, "if (values[%d].n == 2) /* {} */", at);
        fce_line(m, "    values[%d].n = 0;", at);
    }
    if (null) {
        m->depth--;
        fce_line(m, "}");
    }
}

void fce_splice(struct fc_em *m, const char *name, const struct fc_slot *form)
{
    struct fce_enc k = {.m = m, .form = FCE_JSON, .depth = 1, .literal = {.arena = m->a}, .need = {{.arena = m->a}, 0}, .texts = {{.arena = m->a}, 0}};
    struct edits e = {{.arena = m->a}, 0};
    struct fce_capture c;
    m->depth++;
    fce_begin(m, &c);
    for (int i = 0; i < form->ninner; i++) {
        const struct fc_slot *s = &form->inner[i];
        if (fc_slot_untouched(m->p, s))
            continue;
        value(&k, fce_origin(s), e.n);
        edit(m, &e, fc_slot_key(s));
    }
    const char *body = fce_end(m, &c);
    m->depth--;
    for (int i = 0; i < m->p->in.ninner; i++)
        if (!has_key(form, m->p->in.inner[i].member->key))
            edit(m, &e, m->p->in.inner[i].member->key);
    if (e.n)
        fce_line(m, "static const struct fl_edit edits_of_%s[] = {\n%s};\n", name, fc_joined(&e.rows));
    fce_line(m, "/* The record's text with what has changed in it. */");
    fce_line(m, "static fl_str %s(struct fl_cx *cx, const struct fl_rec *h)", name);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "fl_str raw = {h->raw, h->raw_n, FL_RAW};");
    fce_line(m, "if (h->spaced)");
    fce_line(m, "    raw = fl_compact(cx->scratch, raw);");
    if (e.n) {
        fce_line(m, "const struct rec *r = (const struct rec *)h;");
        fce_line(m, "fl_str values[%d] = {{0}};", e.n);
        fce_line(m, "char *w = fl_splice_room(cx->scratch, %s);", fce_room(&k));
        fce_paste(m, body);
        fce_line(m, "return fl_json_splice(cx->scratch, raw, edits_of_%s, values, %d);", name, e.n);
    } else {
        fce_line(m, "return raw;");
    }
    m->depth--;
    fce_line(m, "}\n");
}
