/*
 * given.c - the records that tests give: JSON was checked by the parser, its keys and what is missing are looked at here, against the
 * schema and what the pipeline reads of it. Runs over the checked program.
 */
#include <string.h>

#include "check/checker.h"
#include "text/escape.h"
#include "tree/walk.h"

struct key {
    const char *name;
    const char *at;
    size_t n; /* as written, with quotes and escapes */
    const struct key *up;
};

struct given {
    struct fc_checker *k;
    const struct fc_check *c;
    struct fc_index *read; /* members of records that some expression reads, by their address */
};

static const char *blank(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

/* p at a `"`; behind its end. */
static const char *behind_string(const char *p)
{
    for (p++; *p != '"'; p++)
        p += *p == '\\';
    return p + 1;
}

static struct fc_span place(const struct given *g, const char *at, size_t n)
{
    uint32_t start = g->c->json_span.start + (uint32_t)(at - g->c->json);
    return (struct fc_span){g->c->json_span.file, start, start + (uint32_t)n};
}

/* The key between the quotes at p and before `end`; the parser has seen that it is JSON. */
static const char *key_name(const struct given *g, const char *p, const char *end)
{
    char *name = fl_arena_get(g->k->a, (size_t)(end - p)), *o = name;
    for (p++, end--; p < end;) {
        size_t n = *p == '\\' ? fc_unescape(p, end, &o) : 0;
        if (n == 0) {
            *o++ = *p;
            n = 1;
        }
        p += n;
    }
    *o = 0;
    return name;
}

static bool is_given(const struct key *keys, const char *name)
{
    for (; keys; keys = keys->up)
        if (strcmp(keys->name, name) == 0)
            return true;
    return false;
}

/* A key that the record hasn't: said when one that it has, and that isn't given, is near. */
static void unknown(const struct given *g, const struct fc_type *t, const struct key *keys, const struct key *now)
{
    struct fl_suggest near;
    fl_suggest_init(&near, now->name);
    for (int i = 0; i < t->nmembers; i++)
        if (!is_given(keys, t->members[i].key))
            fl_suggest_try(&near, t->members[i].key);
    if (fl_suggest_best(&near))
        fc_diag_help(g->k->d, fc_report(g->k->d, FC_GIVEN_UNKNOWN, place(g, now->at, now->n), now->name), "did you mean `%s`?",
                     fl_suggest_best(&near));
}

static const char *value(const struct given *g, const struct fc_type *t, const char *p);

static const struct fc_type *type_of_key(const struct fc_type *t, const char *name)
{
    if (t && t->kind == FC_K_MAP)
        return t->elem;
    for (int i = 0; t && t->kind == FC_K_RECORD && i < t->nmembers; i++)
        if (strcmp(t->members[i].key, name) == 0)
            return t->members[i].type;
    return NULL;
}

static void lacking(const struct given *g, const struct fc_type *t, const struct key *keys, const char *at)
{
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_member *m = &t->members[i];
        if (m->optional || m->dflt || is_given(keys, m->key) || !fc_index_find(g->read, (const char *)&m, sizeof m))
            continue;
        struct fc_diag *d = fc_report(g->k->d, FC_GIVEN_LACKS, place(g, at, 1), m->key);
        fc_diag_note(g->k->d, d, m->span, "the field");
        return;
    }
}

/* p behind `{`. */
static const char *object(const struct given *g, const struct fc_type *t, const char *p)
{
    const char *open = p - 1;
    const struct key *keys = NULL;
    for (p = blank(p); *p == '"';) {
        const char *end = behind_string(p);
        struct key *now = fl_arena_zero(g->k->a, sizeof *now);
        *now = (struct key){key_name(g, p, end), p, (size_t)(end - p), keys};
        if (is_given(keys, now->name))
            fc_report(g->k->d, FC_GIVEN_TWICE, place(g, p, (size_t)(end - p)), now->name);
        keys = now;
        p = blank(value(g, type_of_key(t, now->name), blank(blank(end) + 1)));
        if (*p == ',')
            p = blank(p + 1);
    }
    if (t && t->kind == FC_K_RECORD) {
        for (const struct key *now = keys; now; now = now->up)
            if (!type_of_key(t, now->name))
                unknown(g, t, keys, now);
        lacking(g, t, keys, open);
    }
    return p + (*p == '}');
}

static const char *value(const struct given *g, const struct fc_type *t, const char *p)
{
    if (*p == '{')
        return object(g, t, p + 1);
    if (*p == '"')
        return behind_string(p);
    if (*p != '[')
        return p + strcspn(p, ",]} \t\r\n");
    for (p = blank(p + 1); *p && *p != ']'; p = blank(p)) {
        p = blank(value(g, t && t->kind == FC_K_LIST ? t->elem : NULL, p));
        if (*p == ',')
            p++;
    }
    return p + (*p == ']');
}

static void see(void *arg, const struct fc_expr *e)
{
    struct given *g = arg;
    const struct fc_member *m = e->kind == FC_E_FIELD ? e->info : NULL;
    if (!m)
        return;
    const struct fc_member **name = fl_arena_get(g->k->a, sizeof *name);
    *name = m;
    fc_index_put(g->read, g->k->a, (const char *)name, sizeof *name, m);
}

static void see_all_of(void *arg, const struct fc_expr *e)
{
    fc_walk_expr(e, see, arg);
}

static void see_all(struct given *g, const struct fc_item *items)
{
    for (int i = 0; i < g->k->p->nstages; i++)
        fc_walk_exprs(g->k->p->stages[i], FC_PART_ALL, see, g);
    for (const struct fc_item *it = items; it; it = it->next) {
        fc_walk_expr(it->kind == FC_I_LET || it->kind == FC_I_FUNCTION ? it->value : NULL, see, g);
        for (const struct fc_stmt *l = it->lets; l; l = l->next)
            fc_walk_expr(l->value, see, g);
    }
    fc_partition_parts(g->k->p, see_all_of, g);
}

void fck_given(struct fc_checker *k, const struct fc_item *items)
{
    struct fc_index read = {0};
    struct given g = {k, NULL, &read};
    see_all(&g, items);
    for (const struct fc_item *it = items; it; it = it->next) {
        if (it->kind != FC_I_TEST)
            continue;
        for (g.c = it->checks; g.c; g.c = g.c->next)
            if (g.c->json && !g.c->raw)
                value(&g, g.c->kind == FC_C_GIVEN ? k->input.type : NULL, blank(g.c->json));
    }
}
