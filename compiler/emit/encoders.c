/*
 * encoders.c - the functions that write a record, as JSON, pretty and as csv. What is in them comes from encode.c and csv.c.
 */
#include <string.h>

#include "dsl/option.h"
#include "emit/put.h"

static void signature(struct fc_em *m, const char *name, enum fce_encoding form)
{
    fce_line(m, "static void %s(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out%s)", name, form == FCE_PRETTY ? ", unsigned level" : form == FCE_CSV ? ", const struct fl_csv *form" : "");
}

const char *fce_writer(struct fc_em *m, const char *name, const struct fc_made *made)
{
    if (!made)
        return m->p->pass ? name : fce_text(m, "%s_input", name);
    const struct fc_slot *form = m->p->forms[made->sym.index];
    return form == &m->p->out ? name : fce_text(m, "%s_%s", name, form->type->name);
}

unsigned fce_writers_of(struct fc_em *m, const struct fc_output *o)
{
    unsigned needs = 0;
    for (const struct fc_output *x = m->g->outputs; x != o; x = x->next)
        if (x->made == o->made)
            return 0;
    for (const struct fc_output *x = o; x; x = x->next)
        if (x->made == o->made)
            needs |= x->needs;
    return needs | FL_ALWAYS_EMITTED;
}

const char *fce_writers(struct fc_em *m, const struct fc_output *o)
{
    const char *json = fce_writer(m, "json", o->made), *pretty = fce_writer(m, "pretty", o->made);
    const char *csv = fce_writer(m, "csv", o->made), *names = fce_writer(m, "columns", o->made);
    if (!(o->needs & FL_NEEDS_CSV))
        return fce_text(m, ".json = %s, .pretty = %s,", json, pretty);
    return fce_text(m, ".json = %s, .pretty = %s, .csv = %s, .columns = %s, .ncolumns = sizeof %s / sizeof *%s,", json, pretty, csv, names, names, names);
}

static const char *emitted_name(struct fc_em *m, const char *name, const struct fc_slot *made)
{
    return made == &m->p->out ? fce_text(m, "%s_emitted", name) : fce_text(m, "%s_emitted_%s", name, made->type->name);
}

/* Records of `emit` have functions of their own, those of each form. */
static void if_emitted(struct fc_em *m, const char *kind, enum fce_encoding form)
{
    for (int i = 0; i < m->g->nmade; i++) {
        const struct fc_slot *made = m->p->forms[i];
        if (!made->emitted)
            continue;
        if (made == &m->p->out)
            fce_line(m, "if (h->emitted) {");
        else
            fce_line(m, "if (h->form == %d) {", i + 1);
        fce_line(m, "    %s(cx, h, out%s);", emitted_name(m, kind, made), form == FCE_PRETTY ? ", level" : "");
        fce_line(m, "    return;");
        fce_line(m, "}");
    }
}

static void writer(struct fc_em *m, const char *name, enum fce_encoding form, const struct fc_slot *made, bool emitted)
{
    struct fce_enc k = {.m = m, .form = form, .emitted = emitted, .literal = {.arena = m->a}, .need = {{.arena = m->a}, 0}, .texts = {{.arena = m->a}, 0}};
    struct fce_capture c;
    m->depth++;
    fce_begin(m, &c);
    if (form == FCE_CSV) {
        bool first = true;
        struct fc_cv all = !made ? fce_input(m, &m->p->in, false) : (struct fc_cv){.v = "", .type = made->type, .slot = made};
        fce_csv_leaves(&k, all, &first);
    } else {
        fce_members_open(&k, "{");
        struct fce_members o = fce_put_slots(&k, made);
        fce_members_close(&k, &o, "}");
    }
    fce_flush(&k);
    const char *body = fce_end(m, &c);
    m->depth--;
    fce_paste(m, fc_joined(&m->laying));
    m->laying.n = 0;
    signature(m, name, form);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "const struct rec *r = (const struct rec *)h;");
    if (form != FCE_CSV && !emitted)
        if_emitted(m, form == FCE_JSON ? "json" : "pretty", form);
    const char *most = fce_room(&k);
    if (k.separates)
        fce_line(m, "const char separator = form->separator;");
    if (k.lays)
        fce_line(m, "const size_t room = %s;", most);
    fce_line(m, "char *w = fl_buf_room(out, %s);", k.lays ? "room" : most);
    fce_paste(m, body);
    fce_line(m, "out->n = (size_t)(w - out->p);");
    m->depth--;
    fce_line(m, "}\n");
}

void fce_put_json(struct fc_em *m, struct fc_cv v)
{
    struct fce_enc k = {.m = m, .form = FCE_JSON, .literal = {.arena = m->a}, .need = {{.arena = m->a}, 0}, .texts = {{.arena = m->a}, 0}};
    struct fce_capture c;
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "const %s v = %s;", fce_type(m, v.type), v.v);
    fce_begin(m, &c);
    fce_put_value(&k, (struct fc_cv){.v = "v", .type = v.type, .simple = true});
    fce_flush(&k);
    const char *body = fce_end(m, &c);
    fce_line(m, "char *w = fl_buf_room(out, %s);", fce_room(&k));
    fce_paste(m, body);
    fce_line(m, "out->n = (size_t)(w - out->p);");
    m->depth--;
    fce_line(m, "}");
}

/* Records that go on as they came. */
static void pass_on(struct fc_em *m)
{
    signature(m, fce_writer(m, "json", NULL), FCE_JSON);
    fce_line(m, "{");
    fce_line(m, "    if (h->spaced)");
    fce_line(m, "        fl_json_compact(out, h->raw, h->raw_n);");
    fce_line(m, "    else");
    fce_line(m, "        fl_buf_put(out, h->raw, h->raw_n);");
    fce_line(m, "}\n");
    signature(m, fce_writer(m, "pretty", NULL), FCE_PRETTY);
    fce_line(m, "{");
    fce_line(m, "    fl_str raw = {h->raw, h->raw_n, FL_RAW};");
    fce_line(m, "    if (h->spaced)");
    fce_line(m, "        raw = fl_compact(cx->scratch, raw);");
    fce_line(m, "    fl_json_pretty(out, raw.p, raw.n, level);");
    fce_line(m, "}\n");
}

/* One of them: `put` writes s, which `spliced` makes. */
static void whole_as(struct fc_em *m, const struct fc_output *o, const char *what, enum fce_encoding form, const char *spliced, const char *put)
{
    signature(m, fce_writer(m, what, o->made), form);
    fce_line(m, "{");
    m->depth++;
    if_emitted(m, what, form);
    fce_line(m, "const fl_str s = %s(cx, h);", spliced);
    fce_line(m, "%s", put);
    m->depth--;
    fce_line(m, "}\n");
}

/* Those that go on as they came but for some fields. */
static void whole(struct fc_em *m, const struct fc_output *o)
{
    const char *spliced = fce_writer(m, "spliced", o->made);
    fce_splice(m, spliced, m->form);
    whole_as(m, o, "json", FCE_JSON, spliced, "fl_buf_put(out, s.p, s.n);");
    whole_as(m, o, "pretty", FCE_PRETTY, spliced, "fl_json_pretty(out, s.p, s.n, level);");
}

void fce_encoders(struct fc_em *m)
{
    m->cx = FC_CX_RECORD;
    m->known = true;
    fce_line(m, "/* ---- encode ---- */\n");
    for (int i = 0; i < m->g->nmade; i++) {
        const struct fc_slot *made = m->p->forms[i];
        if (!made->emitted)
            continue;
        writer(m, emitted_name(m, "json", made), FCE_JSON, made, true);
        writer(m, emitted_name(m, "pretty", made), FCE_PRETTY, made, true);
    }
    for (const struct fc_output *o = m->g->outputs; o; o = o->next) {
        unsigned needs = fce_writers_of(m, o);
        m->form = fce_form_of(m, o);
        if (needs && !o->made) {
            pass_on(m);
        } else if (needs && m->form->whole) {
            whole(m, o);
        } else if (needs) {
            writer(m, fce_writer(m, "json", o->made), FCE_JSON, m->form, false);
            writer(m, fce_writer(m, "pretty", o->made), FCE_PRETTY, m->form, false);
        }
        if (needs & FL_NEEDS_CSV)
            writer(m, fce_writer(m, "csv", o->made), FCE_CSV, m->form, false);
    }
}
