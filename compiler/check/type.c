/*
 * type.c - types as written, enums, records, the schema, and the classes that a classify declares.
 */
#include <string.h>
#include <strings.h>

#include "check/checker.h"

static const struct fc_type *with_form(struct fc_checker *k, const struct fc_texpr *t, const struct fc_type *base)
{
    static const struct { const char *name; enum fc_form form; } forms[] = {
        {"ns", FC_FORM_NS}, {"us", FC_FORM_US}, {"ms", FC_FORM_MS}, {"s", FC_FORM_S}, {"rfc3339", FC_FORM_RFC3339},
        {"text", FC_FORM_TEXT}};
    for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
        bool fits = forms[i].form == FC_FORM_TEXT ? base->kind == FC_K_INT : base->kind == FC_K_TIME ||
            (base->kind == FC_K_DURATION && forms[i].form != FC_FORM_RFC3339);
        if (strcmp(forms[i].name, t->arg.s) == 0 && fits) {
            struct fc_type *n = fl_arena_zero(k->a, sizeof *n);
            *n = *base;
            n->form = forms[i].form;
            return n;
        }
    }
    struct fc_diag *g = fc_report(k->d, FC_BAD_FORM, t->arg.span, fck_type_text(k, base, false), t->arg.s);
    if (base->kind == FC_K_TIME || base->kind == FC_K_DURATION)
        fc_diag_help(k->d, g, base->kind == FC_K_TIME ? "one of ns, us, ms, s, rfc3339" : "one of ns, us, ms, s");
    else if (base->kind == FC_K_INT)
        fc_diag_help(k->d, g, "int(text) is an integer in quotes");
    return base;
}

struct nearest {
    struct fl_suggest s;
};

static void try_name(void *arg, const char *name)
{
    fl_suggest_try(&((struct nearest *)arg)->s, name);
}

/* What a type of other languages and databases is called here. */
static const char *elsewhere(const char *name)
{
    static const struct { const char *there, *here; } names[] = {
        {"integer", "int"}, {"number", "int"}, {"long", "int"}, {"int64", "int"}, {"uint64", "int"}, {"int32", "int"},
        {"boolean", "bool"}, {"str", "string"},
        {"text", "string"}, {"varchar", "string"}, {"double", "float"}, {"real", "float"}, {"address", "ip"},
        {"ipaddr", "ip"}, {"inet", "ip"}, {"ipv4", "ip"},
        {"ipv6", "ip"}, {"prefix", "cidr"}, {"network", "cidr"}, {"subnet", "cidr"}, {"timestamp", "time"},
        {"datetime", "time"}, {"date", "time"},
        {"interval", "duration"}, {"timespan", "duration"}, {"size", "bytes"}};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(names[i].there, name) == 0)
            return names[i].here;
    return NULL;
}

static const struct fc_type *named(struct fc_checker *k, struct fc_texpr *t)
{
    const struct fc_type *base = fc_type_named(t->name.s);
    struct fc_sym *s = base ? NULL : fck_global(k, t->name.s);
    if (s && (s->kind == FC_SYM_ENUM || s->kind == FC_SYM_RECORD)) {
        s->used++;
        base = s->type;
    }
    if (!base) {
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_TYPE, t->name.span, t->name.s);
        struct nearest n;
        fl_suggest_init(&n.s, t->name.s);
        fc_type_names(try_name, &n);
        for (struct fc_sym *m = k->top; m; m = m->up)
            if (m->kind == FC_SYM_ENUM || m->kind == FC_SYM_RECORD)
                fl_suggest_try(&n.s, m->name);
        for (const struct fc_item *it = k->c->file.items; it && !s; it = it->next)
            if ((it->kind == FC_I_ENUM || it->kind == FC_I_RECORD) && strcmp(it->name.s, t->name.s) == 0) {
                fc_diag_note(k->d, g, it->name.span, "it is declared further down; types are declared above their use");
                return &FC_ERROR_T;
            }
        const char *meant = elsewhere(t->name.s) ? elsewhere(t->name.s) : fl_suggest_best(&n.s);
        if (meant)
            fc_diag_help(k->d, g, "did you mean `%s`?", meant);
        return &FC_ERROR_T;
    }
    return t->arg.s ? with_form(k, t, base) : base;
}

void fck_new_member(struct fc_checker *k, struct fc_type *r, const struct fc_member *m)
{
    const struct fc_member *name = fc_index_find(&r->names, m->name, strlen(m->name));
    const struct fc_member *key = fc_index_find(&r->keys, m->key, strlen(m->key));
    if (name)
        fc_diag_note(k->d, fc_report(k->d, FC_DUPLICATE, m->span, m->name), name->span, "first declared here");
    else
        fc_index_put(&r->names, k->a, m->name, strlen(m->name), m);
    if (!key)
        fc_index_put(&r->keys, k->a, m->key, strlen(m->key), m);
    else if (key != name)
        fc_diag_note(k->d, fc_report(k->d, FC_SAME_KEY, m->span, m->name, key->name,
                                     fl_arena_printf(k->a, "key `%s`", m->key)), key->span, "the other one");
}

/* A record is laid out, compared and written leaf by leaf. */
enum { MOST_LEAVES = 16384 };

void fck_count_leaves(struct fc_checker *k, struct fc_type *r, const struct fc_member *m)
{
    int n = m->type->kind == FC_K_RECORD ? m->type->leaves : 1;
    if (n <= MOST_LEAVES && r->leaves <= MOST_LEAVES && r->leaves + n > MOST_LEAVES)
        fc_report(k->d, FC_TOO_MUCH, m->span, "fields in a record, those of its records counted in", "16384");
    r->leaves = r->leaves + n > MOST_LEAVES ? MOST_LEAVES + 1 : r->leaves + n;
}

static void fill_record(struct fc_checker *k, struct fc_type *r, struct fc_decl *decls)
{
    int n = 0;
    for (struct fc_decl *d = decls; d; d = d->next)
        n++;
    r->members = fl_arena_zero(k->a, sizeof *r->members * (size_t)(n ? n : 1));
    n = 0;
    for (struct fc_decl *d = decls; d; d = d->next) {
        struct fc_member *m = &r->members[n];
        bool optional = false;
        m->name = d->name.s;
        m->key = d->as ? d->as : d->name.s;
        m->span = d->name.span;
        fck_new_member(k, r, m);
        m->type = fck_type(k, d->type, &optional);
        m->optional = d->optional || optional;
        m->dflt = d->dflt;
        m->index = n;
        if (d->dflt) {
            enum fc_where where = k->where;
            k->where = FC_IN_CONSTANT;
            fck_expr_as(k, d->dflt, m->type, false);
            fck_no_nul(k, d->dflt);
            k->where = where;
            m->optional = false;
        }
        fck_count_leaves(k, r, m);
        r->nmembers = ++n; /* a member's default may not name later ones anyway */
    }
}

/* What a list or map holds: scalars that are read from JSON. */
static void check_elem(struct fc_checker *k, const struct fc_texpr *t, const struct fc_type *n)
{
    enum fc_kind e = n->elem->kind;
    bool ok = e == FC_K_ERROR || e == FC_K_STRING || e == FC_K_INT || e == FC_K_BYTES || e == FC_K_PACKETS ||
        e == FC_K_BOOL || e == FC_K_FLOAT;
    if (t->kind == FC_T_LIST)
        ok |= e != FC_K_LIST && e != FC_K_MAP;
    ok &= n->elem->form == FC_FORM_PLAIN && !t->elem->optional;
    if (!ok)
        fc_report(k->d, FC_LATER, t->span, fl_arena_printf(k->a, "`%s`", fc_source_slice(&k->c->sources, t->span)));
}

const struct fc_type *fck_type(struct fc_checker *k, struct fc_texpr *t, bool *optional)
{
    if (optional)
        *optional = t->optional;
    struct fc_type *n;
    switch (t->kind) {
    case FC_T_NAME:
        return named(k, t);
    case FC_T_LIST:
    case FC_T_MAP:
        n = fl_arena_zero(k->a, sizeof *n);
        n->kind = t->kind == FC_T_LIST ? FC_K_LIST : FC_K_MAP;
        n->elem = fck_type(k, t->elem, NULL);
        check_elem(k, t, n);
        return n;
    case FC_T_RECORD:
        n = fl_arena_zero(k->a, sizeof *n);
        n->kind = FC_K_RECORD;
        fill_record(k, n, t->decls);
        return n;
    }
    return &FC_ERROR_T;
}

/* `wires` has the enumerators by what is written in the input: their names or, as bytes, their numbers. */
static void new_enumerator(struct fc_checker *k, struct fc_enum *en, struct fc_index *wires, struct fc_enumerator *m)
{
    const char *name = m->name.s, *text = m->as ? m->as : name, *wire = en->text ? text : (const char *)&m->value;
    size_t n = en->text ? strlen(text) : sizeof m->value;
    const struct fc_enumerator *o = fc_index_find(&en->names, name, strlen(name));
    if (o)
        fc_diag_note(k->d, fc_report(k->d, FC_DUPLICATE, m->name.span, name), o->name.span, "first declared here");
    else
        fc_index_put(&en->names, k->a, name, strlen(name), m);
    if (!en->text && !m->has_value)
        return;
    const struct fc_enumerator *same = fc_index_find(wires, wire, n);
    if (!same)
        fc_index_put(wires, k->a, wire, n, m);
    else if (same != o)
        fc_diag_note(k->d, fc_report(k->d, FC_SAME_KEY, m->name.span, name, same->name.s,
                                     en->text ? fl_arena_printf(k->a, "name `%s` on the wire", text)
                                              : fl_arena_printf(k->a, "number %lld", (long long)m->value)),
                     same->name.span, "the other one");
}

static void declare_enum(struct fc_checker *k, struct fc_item *it)
{
    struct fc_enum *en = fl_arena_zero(k->a, sizeof *en);
    struct fc_index wires = {0};
    struct fc_type *t = fl_arena_zero(k->a, sizeof *t);
    en->name = it->name.s;
    en->list = it->enumerators;
    en->other = -1;
    en->text = it->base.s != NULL;
    if (it->base.s && strcmp(it->base.s, "string") != 0)
        fc_report(k->d, FC_BAD_ENUM, it->base.span, it->name.s, "its base is `string`, or left out for integers");
    for (struct fc_enumerator *m = it->enumerators; m; m = m->next, en->n++) {
        if (strcmp(m->name.s, "other") == 0)
            en->other = en->n;
        else if (!en->text && !m->has_value)
            fc_report(k->d, FC_BAD_ENUM, m->name.span, it->name.s,
                      fl_arena_printf(k->a, "`%s` has no number", m->name.s));
        if (en->text && m->has_value)
            fc_report(k->d, FC_BAD_ENUM, m->name.span, it->name.s,
                      fl_arena_printf(k->a, "`%s` has a number, but names are on the wire", m->name.s));
        m->index = en->n;
        new_enumerator(k, en, &wires, m);
    }
    t->kind = FC_K_ENUM;
    t->name = it->name.s;
    t->en = en;
    it->sym = fck_define(k, FC_SYM_ENUM, it->name, it);
    it->sym->type = t;
}

/* A class is what classify finds; no input has one. */
static void no_class(struct fc_checker *k, const struct fc_type *t)
{
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_type *m = t->members[i].type;
        if (m->kind == FC_K_CLASS || ((m->kind == FC_K_LIST || m->kind == FC_K_MAP) && m->elem->kind == FC_K_CLASS))
            fc_report(k->d, FC_NOT_HERE, t->members[i].span, "class", "in a schema: it is what classify finds");
        else if (m->kind == FC_K_RECORD || (m->kind == FC_K_LIST && m->elem->kind == FC_K_RECORD))
            no_class(k, m->kind == FC_K_LIST ? m->elem : m);
    }
}

static void declare_record(struct fc_checker *k, struct fc_item *it)
{
    struct fc_type *t = fl_arena_zero(k->a, sizeof *t);
    t->kind = FC_K_RECORD;
    t->name = it->name.s;
    fill_record(k, t, it->decls);
    it->sym = fck_define(k, FC_SYM_RECORD, it->name, it); /* after its members: a record cannot hold itself */
    it->sym->type = t;
    if (it->kind == FC_I_SCHEMA) {
        if (k->p->input)
            fc_diag_note(k->d, fc_report(k->d, FC_DUPLICATE, it->name.span, "schema"), k->schema, "the other one");
        k->schema = it->name.span;
        no_class(k, t);
        k->p->input = t;
        k->input.type = t;
        it->sym->used++;
    }
}

/* The number of a record's class has 16 bits, and so has that of the reason why it was dropped. */
enum { MOST_CLASSES = 65535 };

static void declare_classes(struct fc_checker *k, const struct fc_rule *rules)
{
    struct fc_class **last = &k->p->classes;
    for (const struct fc_rule *r = rules; r; r = r->next) {
        if (fc_index_find(&k->classes, r->name.s, strlen(r->name.s)))
            continue;
        struct fc_class *c = *last = fl_arena_zero(k->a, sizeof *c);
        c->name = r->name.s;
        c->span = r->name.span;
        c->index = k->p->nclasses++;
        fc_index_put(&k->classes, k->a, c->name, strlen(c->name), c);
        if (k->p->nclasses == MOST_CLASSES + 1)
            fc_report(k->d, FC_TOO_MUCH, c->span, "classes", "65535");
        last = &c->next;
    }
}

void fck_declare_types(struct fc_checker *k, struct fc_item *items)
{
    for (struct fc_item *it = items; it; it = it->next) {
        if (it->kind == FC_I_ENUM)
            declare_enum(k, it);
        else if (it->kind == FC_I_RECORD || it->kind == FC_I_SCHEMA)
            declare_record(k, it);
        else if (it->kind == FC_I_STAGE && it->stage->kind == FC_ST_CLASSIFY && !k->p->classes)
            declare_classes(k, it->stage->rules);
    }
    if (!k->p->classes) {
        struct fc_class *c = k->p->classes = fl_arena_zero(k->a, sizeof *c);
        c->name = "all";
        k->p->nclasses = 1;
        fc_index_put(&k->classes, k->a, c->name, strlen(c->name), c);
    }
}

