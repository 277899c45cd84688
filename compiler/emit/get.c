/*
 * get.c - getters that the decoder needs besides those of json/get.h: of enums, and of lists and the records in them.
 *
 * A record in a list is read key by key, all its members, into the struct that it is everywhere else. A function is named after
 * the path in the input, since messages name it.
 */
#include <string.h>

#include "emit/emit.h"

struct writing {
    struct fc_em *m;
    struct fc_index enums; /* that have their getter */
};

/* ---- enums -------------------------------------------------------------------------------------------------------- */

static void enum_getter(struct writing *k, const struct fc_enum *en)
{
    struct fc_em *m = k->m;
    if (fc_index_seen(&k->enums, m->a, en))
        return;
    fce_line(m, "static int enum_%s(struct fl_decoder *d, int64_t *out, const char *field)", en->name);
    fce_line(m, "{");
    m->depth++;
    int i = 0;
    if (en->text) {
        fce_line(m, "fl_str s;");
        fce_line(m, "int k = fl_get_string(d, &s, field);");
        fce_line(m, "if (k != 1)");
        fce_line(m, "    return k;");
        for (const struct fc_enumerator *e = en->list; e; e = e->next, i++) {
            const char *name = e->as ? e->as : e->name.s;
            if (i == en->other)
                continue;
            fce_line(m, "if (s.n == %zu && memcmp(s.p, %s, %zu) == 0) {", strlen(name), fce_quote(m, name, strlen(name)), strlen(name));
            fce_line(m, "    *out = %d;", i);
            fce_line(m, "    return 1;");
            fce_line(m, "}");
        }
    } else {
        fce_line(m, "int64_t v;");
        fce_line(m, "int k = fl_get_digit(d, &v, field);");
        fce_line(m, "if (k != 1)");
        fce_line(m, "    return k;");
        fce_line(m, "switch (v) {");
        for (const struct fc_enumerator *e = en->list; e; e = e->next, i++) {
            if (i == en->other && !e->has_value)
                continue;
            fce_line(m, "case %lld:", (long long)e->value);
            fce_line(m, "    *out = %d;", i);
            fce_line(m, "    return 1;");
        }
        fce_line(m, "}");
    }
    if (en->other >= 0) {
        fce_line(m, "*out = %d; /* other */", en->other);
        fce_line(m, "return 1;");
    } else {
        fce_line(m, "fl_bad(d, field, \"is not a value of enum %s\");", en->name);
        fce_line(m, "return 0;");
    }
    m->depth--;
    fce_line(m, "}\n");
}

/* ---- lists --------------------------------------------------------------------------------------------------------- */

const char *fce_list_getter(struct fc_em *m, const struct fc_type *list, const char *c)
{
    switch (list->elem->kind) {
    case FC_K_STRING:
        return "fl_get_strings";
    case FC_K_IP:
        return "fl_get_ips";
    case FC_K_CIDR:
        return "fl_get_cidrs";
    case FC_K_INT:
    case FC_K_BYTES:
    case FC_K_PACKETS:
        return "fl_get_ints";
    default:
        return fce_text(m, "list_%s", c);
    }
}

/* A call that takes a value of this type to the pointer `at`, as the getters of json/get.h do. */
static const char *get(struct fc_em *m, const struct fc_type *t, const char *c, const char *at, const char *field)
{
    switch (t->kind) {
    case FC_K_BOOL:
        return fce_text(m, "fl_get_bool(d, %s, %s)", at, field);
    case FC_K_FLOAT:
        return fce_text(m, "fl_get_float(d, %s, %s)", at, field);
    case FC_K_STRING:
        return fce_text(m, "fl_get_string(d, %s, %s)", at, field);
    case FC_K_IP:
        return fce_text(m, "fl_get_ip(d, %s, %s)", at, field);
    case FC_K_CIDR:
        return fce_text(m, "fl_get_cidr(d, %s, %s)", at, field);
    case FC_K_TIME:
    case FC_K_DURATION:
        if (t->form == FC_FORM_RFC3339)
            return fce_text(m, "fl_get_rfc3339(d, %s, %s)", at, field);
        return fce_text(m, "fl_get_scaled(d, %s, %s, %s, %s)", at, fce_scale(t), t->form == FC_FORM_S ? "true" : "false", field);
    case FC_K_ENUM:
        return fce_text(m, "enum_%s(d, %s, %s)", t->en->name, at, field);
    case FC_K_MAP:
        return fce_text(m, "fl_get_json(d, %s, %s)", at, field);
    case FC_K_LIST:
        return fce_text(m, "%s(d, %s, %s)", fce_list_getter(m, t, c), at, field);
    case FC_K_RECORD:
        return fce_text(m, "element_%s(d, %s, %s)", c, at, field);
    default:
        return fce_text(m, t->form == FC_FORM_TEXT ? "fl_get_int_text(d, %s, %s)" : "fl_get_int(d, %s, %s)", at, field);
    }
}

static void needed(struct writing *k, const struct fc_type *t, const char *c, const char *path);

/* The C name of a member of the records at c: its number keeps it apart from all names of paths. */
static const char *below(struct fc_em *m, const char *c, const struct fc_member *x)
{
    return fce_text(m, "%s__%d_%s", c, x->index, x->name);
}

static void record_getter(struct writing *k, const struct fc_type *t, const char *c, const char *path)
{
    struct fc_em *m = k->m;
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_member *x = &t->members[i];
        needed(k, x->type, below(m, c, x), fce_text(m, "%s.%s", path, x->name));
    }
    fce_line(m, "static int element_%s(struct fl_decoder *d, void *out, const char *field)", c);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "struct %s *v = out;", fce_rec(m, t)->c);
    for (int i = 0; i < t->nmembers; i++)
        fce_line(m, "int has_%s = 0;", t->members[i].name);
    fce_line(m, "fl_str key;");
    fce_line(m, "int k = fl_object_begin(d, field);");
    fce_line(m, "memset(v, 0, sizeof *v);");
    fce_line(m, "if (k <= 0)");
    fce_line(m, "    return k;");
    fce_line(m, "for (k = k == 1; k == 1; k = fl_member_end(d)) {");
    m->depth++;
    fce_line(m, "int got;");
    fce_line(m, "if (fl_next_key(d, &key) < 0)");
    fce_line(m, "    return -1;");
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_member *x = &t->members[i];
        const char *where = fce_text(m, "%s.%s", path, x->name), *at = fce_text(m, "&v->%s", fce_name(m, x->name));
        fce_line(m, "%sif (FL_STR_IS(key, %s))", i ? "else " : "", fce_quote(m, x->key, strlen(x->key)));
        fce_line(m, "    got = has_%s = %s;", x->name, get(m, x->type, below(m, c, x), at, fce_quote(m, where, strlen(where))));
    }
    fce_line(m, "else");
    fce_line(m, "    got = fl_skip_value(d) ? 1 : -1;");
    fce_line(m, "if (got < 0)");
    fce_line(m, "    return -1;");
    m->depth--;
    fce_line(m, "}");
    fce_line(m, "if (k < 0)");
    fce_line(m, "    return -1;");
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_member *x = &t->members[i];
        const char *where = fce_text(m, "%s.%s", path, x->name);
        if (x->optional) {
            fce_line(m, "v->has_%s = has_%s;", x->name, x->name);
            continue;
        }
        fce_line(m, "if (!has_%s)", x->name);
        if (x->dflt)
            fce_line(m, "    v->%s = %s;", fce_name(m, x->name), fce_expr(m, fce_constant(x->dflt)).v);
        else
            fce_line(m, "    fl_bad(d, %s, \"is missing\");", fce_quote(m, where, strlen(where)));
    }
    fce_line(m, "return 1;");
    m->depth--;
    fce_line(m, "}\n");
}

static void list_getter(struct writing *k, const struct fc_type *t, const char *c, const char *path)
{
    struct fc_em *m = k->m;
    if (strncmp(fce_list_getter(m, t, c), "fl_", 3) == 0)
        return;
    const char *type = fce_type(m, t->elem);
    if (t->elem->kind == FC_K_RECORD) {
        record_getter(k, t->elem, c, fce_text(m, "%s[]", path));
    } else {
        needed(k, t->elem, c, path);
        fce_line(m, "static int element_%s(struct fl_decoder *d, void *out, const char *field)", c);
        fce_line(m, "{");
        fce_line(m, "    return %s;", get(m, t->elem, c, "out", "field"));
        fce_line(m, "}\n");
    }
    fce_line(m, "static int list_%s(struct fl_decoder *d, struct fl_list *out, const char *field)", c);
    fce_line(m, "{");
    fce_line(m, "    return fl_get_list(d, out, field, sizeof(%s), element_%s);", type, c);
    fce_line(m, "}\n");
}

static void needed(struct writing *k, const struct fc_type *t, const char *c, const char *path)
{
    if (t->kind == FC_K_ENUM)
        enum_getter(k, t->en);
    else if (t->kind == FC_K_LIST)
        list_getter(k, t, c, path);
    else if (t->kind == FC_K_RECORD)
        record_getter(k, t, c, path);
}

static void of_members(struct writing *k, const struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        if (x->type->kind != FC_K_RECORD && x->value)
            needed(k, x->type, x->c, x->path);
        of_members(k, x);
    }
}

void fce_getters(struct fc_em *m)
{
    struct writing k = {.m = m};
    of_members(&k, &m->p->in);
}
