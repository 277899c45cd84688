/*
 * type.c - C types of values; the structs of records; records copied from the input's or a table's form.
 */
#include <string.h>

#include "emit/emit.h"

const char *fce_type(struct fc_em *m, const struct fc_type *t)
{
    switch (t->kind) {
    case FC_K_BOOL:
        return "bool";
    case FC_K_FLOAT:
        return "double";
    case FC_K_STRING:
    case FC_K_MAP:
        return "fl_str";
    case FC_K_IP:
        return "fl_ip";
    case FC_K_CIDR:
        return "fl_cidr";
    case FC_K_LIST:
        return "struct fl_list";
    case FC_K_RECORD:
        return fce_text(m, "struct %s", fce_rec(m, t)->c);
    default:
        return "int64_t";
    }
}

bool fce_quoted(const struct fc_type *t)
{
    switch (t->kind) {
    case FC_K_STRING:
    case FC_K_IP:
    case FC_K_CIDR:
    case FC_K_CLASS:
        return true;
    case FC_K_ENUM:
        return t->en->text;
    default:
        return t->form == FC_FORM_RFC3339 || t->form == FC_FORM_TEXT;
    }
}

/* ns in one unit of how a time or duration is written. */
const char *fce_scale(const struct fc_type *t)
{
    return t->form == FC_FORM_S ? "1000000000" : t->form == FC_FORM_US ? "1000" : t->form == FC_FORM_MS || (t->kind == FC_K_TIME && t->form == FC_FORM_PLAIN) ? "1000000" : "1";
}

const char *fce_time_text(struct fc_em *m, const struct fc_type *t, const char *v)
{
    return t->form == FC_FORM_RFC3339 ? fce_text(m, "fl_b_text_time(cx, %s)", v) : fce_text(m, "fl_b_text_scaled(cx, %s, %s)", v, fce_scale(t));
}

const char *fce_value_type(const struct fc_type *t)
{
    static const char *const names[] = {[FC_K_BOOL] = "FL_T_BOOL", [FC_K_INT] = "FL_T_INT", [FC_K_FLOAT] = "FL_T_FLOAT", [FC_K_STRING] = "FL_T_STRING",
                                        [FC_K_IP] = "FL_T_IP", [FC_K_CIDR] = "FL_T_CIDR", [FC_K_TIME] = "FL_T_TIME", [FC_K_DURATION] = "FL_T_DURATION",
                                        [FC_K_BYTES] = "FL_T_BYTES", [FC_K_PACKETS] = "FL_T_PACKETS", [FC_K_CLASS] = "FL_T_CLASS", [FC_K_ENUM] = "FL_T_ENUM"};
    return t->kind == FC_K_LIST || t->kind == FC_K_MAP ? fce_value_type(t->elem) : names[t->kind];
}

const struct fc_rec *fce_rec(struct fc_em *m, const struct fc_type *t)
{
    struct fc_rec **last = &m->recs;
    for (; *last; last = &(*last)->next)
        if ((*last)->type->members == t->members)
            return *last;
    struct fc_rec *r = fl_arena_zero(m->a, sizeof *r);
    r->type = t;
    r->c = t->name ? fce_text(m, "rec_%s", t->name) : fce_text(m, "rec_%d", ++m->nrecs);
    for (const struct fc_rec *o = m->recs; o; o = o->next)
        if (strcmp(o->c, r->c) == 0)
            r->c = fce_text(m, "%s_%d", r->c, ++m->nrecs);
    /* inner ones first */
    struct fc_join body = {.arena = m->a};
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_member *x = &t->members[i];
        fc_join(&body, "    %s %s;\n", fce_type(m, x->type), fce_name(m, x->name));
        if (x->optional)
            fc_join(&body, "    bool has_%s;\n", x->name);
    }
    fprintf(m->types.f, "struct %s {\n%s};\n\n", r->c, body.n ? fc_joined(&body) : "    char none;\n");
    for (last = &m->recs; *last; last = &(*last)->next)
        ;
    *last = r;
    return r;
}

void fce_zeroed(struct fc_em *m, const struct fc_type *t, const char *name, const char *is)
{
    const char *c = fce_type(m, t);
    const char *zero = strcmp(c, "bool") == 0 ? "false" : strcmp(c, "int64_t") == 0 || strcmp(c, "double") == 0 ? "0" : "{0}";
    fce_line(m, "%s %s = %s;", c, name, zero);
    if (is)
        fce_line(m, "bool %s = false;", is);
}

static const char *input_c(struct fc_em *m, const struct fc_in *n)
{
    return n->member ? fce_text(m, "%s.%s", input_c(m, n->parent), fce_name(m, n->member->name)) : "r->in";
}

const char *fce_has_word(struct fc_em *m, const char *has, const struct fc_in *x)
{
    return fc_in_words(x->parent) > 1 ? fce_text(m, "%s[%d]", has, x->bit / FC_WORD) : has;
}

static const struct fc_cond *input_null(struct fc_em *m, const struct fc_in *n)
{
    if (!n->member)
        return NULL;
    const struct fc_cond *up = input_null(m, n->parent);
    if (!n->member->optional)
        return up;
    /* inside an absent record nothing is there, so the member's own bit says it all */
    return fce_not(m, fce_cond(m, FC_COND_BIT, "%s & HAS_%s", fce_has_word(m, fce_text(m, "%s.has", input_c(m, n->parent)), n), n->c));
}

/* Decoded here, from its digits. */
static const char *late_value(struct fc_em *m, const struct fc_in *n)
{
    const char *at = n->raw ? fce_text(m, "%s.text_%s.p", input_c(m, n->parent), n->member->name) : input_c(m, n);
    if (n->type->kind == FC_K_TIME || n->type->kind == FC_K_DURATION)
        return fce_text(m, "fl_scaled_at(%s, %s)", at, fce_scale(n->type));
    return fce_text(m, "fl_int_at(%s)", at);
}

struct fc_cv fce_input(struct fc_em *m, const struct fc_in *n, bool nullable)
{
    struct fc_cv v = fce_value(n->type, input_c(m, n), nullable ? input_null(m, n) : NULL, true);
    if (n->late)
        v = fce_value(n->type, late_value(m, n), v.n, false);
    if (n->type->kind == FC_K_RECORD)
        v.in = n;
    return v;
}

/* A member of a record value, whatever form the record has. */
struct fc_cv fce_member(struct fc_em *m, struct fc_cv base, const struct fc_member *mem, bool maybe_null)
{
    if (base.in)
        return fce_input(m, &base.in->inner[mem->index], maybe_null);
    if (base.slot && base.slot->kind == FC_SLOT_OBJECT)
        return fce_slot(m, &base.slot->inner[mem->index], maybe_null);
    struct fc_cv v = {.type = mem->type, .simple = base.simple};
    v.v = fce_text(m, "%s.%s", base.v, fce_name(m, mem->name));
    if (maybe_null)
        v.n = mem->optional ? fce_or(m, base.n, fce_no(m, "%s.has_%s", base.v, mem->name)) : base.n;
    return v;
}

const char *fce_record(struct fc_em *m, struct fc_cv v)
{
    if (!v.in && !(v.slot && v.slot->kind == FC_SLOT_OBJECT))
        return fce_alone(m, &v);
    const char *t = fce_temp(m);
    fce_zeroed(m, v.type, t, NULL);
    bool guard = v.n != NULL;
    if (guard) {
        fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, v.n)));
        m->depth++;
    }
    v.n = NULL;
    for (int i = 0; i < v.type->nmembers; i++) {
        const struct fc_member *mem = &v.type->members[i];
        struct fc_cv x = fce_member(m, v, mem, true);
        const char *value = x.type->kind == FC_K_RECORD ? fce_record(m, x) : x.v;
        if (x.n && mem->optional) {
            fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, x.n)));
            fce_line(m, "    %s.%s = %s;", t, fce_name(m, mem->name), value);
            fce_line(m, "    %s.has_%s = true;", t, mem->name);
            fce_line(m, "}");
        } else {
            fce_line(m, "%s.%s = %s;", t, fce_name(m, mem->name), value);
            if (mem->optional)
                fce_line(m, "%s.has_%s = true;", t, mem->name);
        }
    }
    if (guard) {
        m->depth--;
        fce_line(m, "}");
    }
    return t;
}

/* ---- values kept in tables ------------------------------------------------------------------------------------- */

bool fce_has_text(const struct fc_type *t)
{
    if (t->kind == FC_K_STRING || t->kind == FC_K_IP)
        return true;
    for (int i = 0; t->kind == FC_K_RECORD && i < t->nmembers; i++)
        if (fce_has_text(t->members[i].type))
            return true;
    return false;
}

/* Texts live in the row: struct fl_kept; everything else as it is. */
const char *fce_kept_type(struct fc_em *m, const struct fc_type *t)
{
    if (t->kind == FC_K_STRING || t->kind == FC_K_IP)
        return "struct fl_kept";
    if (!fce_has_text(t))
        return fce_type(m, t);
    struct fc_rec *r = (struct fc_rec *)fce_rec(m, t);
    if (!r->kept) {
        r->kept = true;
        struct fc_join body = {.arena = m->a};
        for (int i = 0; i < t->nmembers; i++) {
            const struct fc_member *x = &t->members[i];
            fc_join(&body, "    %s %s;\n", fce_kept_type(m, x->type), fce_name(m, x->name));
            if (x->optional)
                fc_join(&body, "    bool has_%s;\n", x->name);
        }
        fprintf(m->types.f, "struct kept_%s {\n%s};\n\n", r->c + 4, fc_joined(&body));
    }
    return fce_text(m, "struct kept_%s", r->c + 4);
}

/* C for the value that is kept at the lvalue `kept`; texts stay in the row. */
const char *fce_load(struct fc_em *m, const struct fc_type *t, const char *kept)
{
    if (t->kind == FC_K_STRING)
        return fce_text(m, "fl_text_copy(cx, fl_kept_str(&%s))", kept);
    if (t->kind == FC_K_IP)
        return fce_text(m, "fl_ip_of(fl_text_copy(cx, fl_kept_str(&%s)))", kept);
    if (!fce_has_text(t))
        return kept;
    const char *v = fce_temp(m);
    fce_zeroed(m, t, v, NULL);
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_member *x = &t->members[i];
        const char *name = fce_name(m, x->name);
        const char *value = fce_load(m, x->type, fce_text(m, "%s.%s", kept, name));
        fce_line(m, "%s.%s = %s;", v, name, value);
        if (x->optional)
            fce_line(m, "%s.has_%s = %s.has_%s;", v, x->name, kept, x->name);
    }
    return v;
}

/* Texts have room in the row: who writes it has asked. */
void fce_store(struct fc_em *m, const struct fc_type *t, const char *kept, struct fc_cv v)
{
    if (t->kind == FC_K_STRING) {
        fce_line(m, "fl_keep(&%s, fl_decoded(cx, %s));", kept, v.v);
    } else if (t->kind == FC_K_IP) {
        fce_line(m, "fl_keep(&%s, fl_decoded(cx, %s.text));", kept, v.v);
    } else if (!fce_has_text(t)) {
        fce_line(m, "%s = %s;", kept, t->kind == FC_K_RECORD ? fce_record(m, v) : v.v);
    } else {
        for (int i = 0; i < t->nmembers; i++) {
            const struct fc_member *x = &t->members[i];
            struct fc_cv mv = fce_member(m, v, x, true);
            if (x->optional)
                fce_line(m, "%s.has_%s = %s;", kept, x->name, mv.n ? fce_bare(m, fce_not(m, mv.n)) : "true");
            if (x->optional && mv.n) {
                fce_line(m, "if (%s.has_%s) {", kept, x->name);
                m->depth++;
            }
            struct fc_cv plain = mv;
            plain.n = NULL;
            fce_store(m, x->type, fce_text(m, "%s.%s", kept, fce_name(m, x->name)), plain);
            if (x->optional && mv.n) {
                m->depth--;
                fce_line(m, "}");
            }
        }
    }
}

const char *fce_names(struct fc_em *m, const struct fc_type *t)
{
    if (t->kind == FC_K_CLASS) {
        if (!m->classes_named) {
            struct fc_join names = {.arena = m->a};
            for (const struct fc_class *x = m->g->classes; x; x = x->next)
                fc_join(&names, "%s, ", fce_string(m, x->name, strlen(x->name)));
            fprintf(m->types.f, "static const fl_str class_names[] = {%s};\n\n", fc_joined(&names));
            m->classes_named = true;
        }
        return "class_names";
    }
    const char *c = fce_text(m, "names_%s", t->en->name);
    if (fc_index_seen(&m->named, m->a, t->en))
        return c;
    struct fc_join body = {.arena = m->a};
    for (const struct fc_enumerator *e = t->en->list; e; e = e->next) {
        const char *name = t->en->text && e->as ? e->as : e->name.s;
        fc_join(&body, "    %s,\n", fce_string(m, name, strlen(name)));
    }
    fprintf(m->types.f, "static const fl_str %s[] = {\n%s};\n\n", c, fc_joined(&body));
    return c;
}
