/*
 * csv.c - a record as one line of csv: its leaves in their order, nothing where there is none. Called by encode.c.
 */
#include "emit/put.h"

/* Where the text is kept of a value that is read as well as passed on. */
static const char *both(struct fc_em *m, const struct fc_in *in)
{
    return fce_text(m, "%s.text_%s", fce_input(m, in->parent, false).v, in->member->name);
}

static void csv_value(struct fce_enc *k, struct fc_cv v)
{
    if (v.in && v.in->raw && !v.in->value)
        fce_put_passed(k, v.in->type, v.v);
    else
        fce_put_value(k, v);
}

static void csv_cell(struct fce_enc *k, struct fc_cv v, const struct fc_slot *s, const struct fc_in *in, bool *first)
{
    struct fc_em *m = k->m;
    if (v.type->kind == FC_K_RECORD) {
        fce_csv_leaves(k, v, first);
        return;
    }
    if (!*first) {
        fce_flush(k);
        fce_line(m, "*w++ = separator;");
        k->fixed++;
        k->separates = true;
    }
    *first = false;
    const struct fc_cond *n = v.n;
    if (n) {
        fce_flush(k);
        fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, n)));
        m->depth++;
    }
    v.n = NULL;
    if (in && in->raw && !in->value)
        fce_put_passed(k, in->type, v.v);
    else if (in && in->raw && in->type->kind != FC_K_LIST && in->type->kind != FC_K_MAP)
        fce_put_passed(k, in->type, both(m, in));
    else if (s && s->kind == FC_SLOT_CONST && s->field->value->kind == FC_E_STRING)
        fce_put_string(k, fce_string(m, s->field->value->s, s->field->value->len));
    else if (s && s->kind == FC_SLOT_CONST)
        fce_put_slot(k, s, v);
    else
        csv_value(k, v);
    if (n) {
        fce_flush(k);
        m->depth--;
        fce_line(m, "} else {");
        fce_line(m, "    w = fl_csv_missing(w, form);");
        fce_line(m, "}");
        k->missing++;
    }
}

/* A record that `emit` gives is kept apart from that of records that were received. */
static void csv_either(struct fce_enc *k, const struct fc_slot *s, bool *first)
{
    struct fc_em *m = k->m;
    bool before = *first;
    fce_flush(k);
    fce_line(m, "if (r->h.emitted) {");
    m->depth++;
    fce_csv_leaves(k, fce_slot(m, s->given, true), first);
    fce_flush(k);
    m->depth--;
    fce_line(m, "} else {");
    m->depth++;
    *first = before;
    fce_csv_leaves(k, fce_slot_now(m, fce_origin(s)), first);
    fce_flush(k);
    m->depth--;
    fce_line(m, "}");
}

void fce_csv_leaves(struct fce_enc *k, struct fc_cv v, bool *first)
{
    struct fc_em *m = k->m;
    for (int i = 0; i < v.type->nmembers; i++) {
        if (v.slot && v.slot->kind == FC_SLOT_OBJECT) {
            const struct fc_slot *field = &v.slot->inner[i], *s = fce_origin(field);
            if (field->given) {
                csv_either(k, field, first);
                continue;
            }
            struct fc_cv x = fce_slot_now(m, s);
            if (v.n)
                x.n = fce_or(m, v.n, x.n);
            if (m->p->emits && v.slot == m->form && !field->emitted) /* no emit gives it */
                x.n = fce_or(m, x.n, fce_cond(m, FC_COND_ATOM, "r->h.emitted"));
            csv_cell(k, x, s, s->kind == FC_SLOT_INPUT && !s->text ? s->in : NULL, first);
        } else {
            struct fc_cv x = fce_member(m, v, &v.type->members[i], true);
            if (v.n && (!v.in || m->p->emits))
                x.n = fce_or(m, v.n, x.n == v.n ? NULL : x.n);
            csv_cell(k, x, NULL, v.in ? &v.in->inner[i] : NULL, first);
        }
    }
}
