/*
 * lay.c - records that are passed on as text, laid out pretty while they are copied.
 *
 * The text of such a record has the declared members in their order (fl_reshape sees to it), so each key is a guess as in the
 * decoder: the line up to the value is a literal, and only the value's end is looked for. A guess may be wrong (a key can be
 * written with escapes, a value that nobody reads can be of another type): then fl_lay does it token by token.
 * encode.c asks for these functions; one serves all records of a type.
 */
#include <string.h>

#include "emit/emit.h"

/* A key literal is compared in place: no longer than what is readable behind the text. */
#define KEY_MAX 56

/* C of the function that lays out one value of the type. */
static const char *value_function(struct fc_em *m, const struct fc_type *t)
{
    switch (t->kind) {
    case FC_K_STRING:
    case FC_K_IP:
    case FC_K_CIDR:
        return "fl_lay_string";
    case FC_K_ENUM:
        return t->en->text ? "fl_lay_string" : "fl_lay_number";
    case FC_K_INT:
    case FC_K_TIME:
    case FC_K_DURATION:
    case FC_K_BYTES:
    case FC_K_PACKETS:
        return t->form == FC_FORM_RFC3339 || t->form == FC_FORM_TEXT ? "fl_lay_string" : "fl_lay_number";
    case FC_K_RECORD:
        return fce_text(m, "lay_%s", fce_rec_name(m, t));
    default:
        return "fl_lay";
    }
}

static void write_function(struct fc_em *m, const struct fc_type *t)
{
    fce_line(m, "static char *lay_%s(struct fl_buf *out, char *w, const char **at, unsigned level, size_t room)", fce_rec_name(m, t));
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "const size_t start = (size_t)(w - out->p);");
    fce_line(m, "const char *p = *at + 1;");
    fce_line(m, "w = FL_PUT_LIT(w, \"{\");");
    bool any = false;
    for (int i = 0; i < t->nmembers; i++) {
        const char *key = fce_escaped(m, t->members[i].key);
        if (strlen(key) > KEY_MAX)
            continue;
        any = true;
        fce_line(m, "FL_LAY_MEMBER(%s, %s);", fce_quote(m, key, strlen(key)), value_function(m, t->members[i].type));
    }
    fce_line(m, "return fl_lay(out, out->p + start, at, level, room);");
    if (any) {
        m->depth--;
        fce_line(m, "end:");
        m->depth++;
        fce_line(m, "w = FL_PUT_LIT(fl_put_line(w - 1, level), \"}\");");
        fce_line(m, "*at = p;");
        fce_line(m, "return w;");
    }
    m->depth--;
    fce_line(m, "}\n");
}

static void need_function(struct fc_em *m, const struct fc_type *t)
{
    if (fc_index_seen(&m->laid, m->a, t->members))
        return;
    for (int i = 0; i < t->nmembers; i++)
        if (t->members[i].type->kind == FC_K_RECORD)
            need_function(m, t->members[i].type);
    struct fce_capture c;
    int depth = m->depth;
    m->depth = 0;
    fce_begin(m, &c);
    write_function(m, t);
    fc_join(&m->laying, "%s", fce_end(m, &c));
    m->depth = depth;
}

/* Returns the TABs of the deepest line. */
static unsigned count(const struct fc_type *t, unsigned depth, struct fc_laid *laid)
{
    unsigned deepest = depth + 1;
    laid->fixed += depth + 2;
    laid->lines++;
    for (int i = 0; i < t->nmembers; i++) {
        laid->fixed += depth + 3;
        laid->lines++;
        if (t->members[i].type->kind == FC_K_RECORD) {
            unsigned inner = count(t->members[i].type, depth + 1, laid);
            deepest = inner > deepest ? inner : deepest;
        }
    }
    return deepest;
}

/*
 * A record of numbers whose places the decoder has kept: they are copied without looking for where they end. Returns the function's
 * name; it is called where all is as expected (`placed`), instead of the one above.
 */
const char *fce_lay_places(struct fc_em *m, const struct fc_in *n)
{
    const char *name = fce_text(m, "lay_in_%s", n->c);
    if (fc_index_seen(&m->laid, m->a, n))
        return name;
    struct fce_capture c;
    int depth = m->depth;
    m->depth = 0;
    fce_begin(m, &c);
    fce_line(m, "static char *%s(char *w, const struct in_%s *v, unsigned level)", name, n->c);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "w = FL_PUT_LIT(w, \"{\");");
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_member *x = n->inner[i].member;
        const char *key = fce_text(m, "\"%s\": ", fce_escaped(m, x->key)), *field = fce_name(m, x->name);
        if (x->optional) {
            fce_line(m, "if (%s & HAS_%s) {", fce_has_word(m, "v->has", &n->inner[i]), n->inner[i].c);
            m->depth++;
        }
        fce_line(m, "w = FL_PUT_LIT(fl_put_line(w, level + 1), %s);", fce_quote(m, key, strlen(key)));
        fce_line(m, "w = fl_put_digits(w, v->%s, v->n_%s);", field, x->name);
        fce_line(m, "*w++ = ',';");
        if (x->optional) {
            m->depth--;
            fce_line(m, "}");
        }
    }
    fce_line(m, "return FL_PUT_LIT(fl_put_line(w - 1, level), \"}\");");
    m->depth--;
    fce_line(m, "}\n");
    fc_join(&m->laying, "%s", fce_end(m, &c));
    m->depth = depth;
    return name;
}

struct fc_laid fce_lay(struct fc_em *m, const struct fc_type *record, unsigned depth)
{
    struct fc_laid laid = {.function = "fl_lay"};
    if (record->nmembers && count(record, depth, &laid) <= FCE_SHORT_LINE) {
        need_function(m, record);
        laid.function = fce_text(m, "lay_%s", fce_rec_name(m, record));
    }
    return laid;
}
