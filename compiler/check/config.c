/*
 * config.c - what a program takes of the configuration: no two params, and no param and an option, under one key or one name in
 * the environment; no passwords in it, and secrets only where they stay secret.
 */
#include <ctype.h>
#include <string.h>

#include "base/rows.h"
#include "check/checker.h"
#include "text/index.h"
#include "tree/walk.h"

static const char *whole_path(struct fc_checker *k, const struct fc_item *it)
{
    if (!it->yaml)
        return NULL;
    return *it->yaml == '.' ? it->yaml + 1 : fl_arena_printf(k->a, "pipeline.%s", it->yaml);
}

/* Without SKYDIVE_ before it. */
static char environment_char(char c)
{
    return c == '.' || c == '-' ? '_' : (char)toupper((unsigned char)c);
}

static const char *environment(struct fc_checker *k, const char *key)
{
    char *name = fl_arena_printf(k->a, "SKYDIVE_%s", key);
    for (char *p = name + strlen("SKYDIVE_"); *p; p++)
        *p = environment_char(*p);
    return name;
}

static bool same_environment(const char *a, const char *b)
{
    while (*a && environment_char(*a) == environment_char(*b))
        a++, b++;
    return environment_char(*a) == environment_char(*b);
}

/* Is `path` the section that `below` stands in? */
static bool section_of(const char *path, const char *below)
{
    size_t n = strlen(path);
    return strncmp(path, below, n) == 0 && below[n] == '.';
}

/* Params by what they take: their keys, the sections that those lie in, their names in the environment. */
struct taken {
    struct fc_index keys, sections, names;
};

/* The param whose key is a section that path lies in, or NULL. */
static const struct fc_item *above(const struct fc_index *keys, const char *path)
{
    const struct fc_item *found = NULL;
    for (const char *dot = strchr(path, '.'); dot && !found; dot = strchr(dot + 1, '.'))
        found = fc_index_find(keys, path, (size_t)(dot - path));
    return found;
}

static void take(struct fc_checker *k, struct taken *t, const struct fc_item *it)
{
    const char *path = whole_path(k, it), *name = environment(k, path ? path : it->name.s);
    if (path && !fc_index_find(&t->keys, path, strlen(path)))
        fc_index_put(&t->keys, k->a, path, strlen(path), it);
    for (const char *dot = path ? strchr(path, '.') : NULL; dot; dot = strchr(dot + 1, '.'))
        if (!fc_index_find(&t->sections, path, (size_t)(dot - path)))
            fc_index_put(&t->sections, k->a, path, (size_t)(dot - path), it);
    if (!fc_index_find(&t->names, name, strlen(name)))
        fc_index_put(&t->names, k->a, name, strlen(name), it);
}

static void two_params(struct fc_checker *k, const struct taken *t, const struct fc_item *it)
{
    const char *path = whole_path(k, it), *name = environment(k, path ? path : it->name.s), *what = NULL;
    struct fc_span at = it->yaml ? it->yaml_span : it->name.span;
    const struct fc_item *first = NULL;
    if (path && (first = fc_index_find(&t->keys, path, strlen(path))))
        what = "is the key of another param";
    else if (path && (first = above(&t->keys, path)))
        what = "lies below the key of another param, which is a value and no section";
    else if (path && (first = fc_index_find(&t->sections, path, strlen(path))))
        what = "is a part of the path of another param's key, so a section and no value";
    else if (!(first = fc_index_find(&t->names, name, strlen(name))))
        return;
    struct fc_diag *g = what ? fc_report(k->d, FC_SAME_PATH, at, fl_arena_printf(k->a, "`%s`", path), what)
                             : fc_report(k->d, FC_SAME_PATH, at, fl_arena_printf(k->a, "`%s`", name), "is the name of another param in the environment too");
    fc_diag_note(k->d, g, first->yaml ? first->yaml_span : first->name.span, "the other param");
    fc_diag_help(k->d, g, "give one of them another path; `.` and `-` in it are `_` in the environment");
}

/* Options of all kinds: the configuration can choose another kind than the .flow. */
static bool param_and_option(struct fc_checker *k, const struct fc_item *it)
{
    const char *path = whole_path(k, it), *name = path ? path : it->name.s, *what = NULL;
    struct fc_span at = path ? it->yaml_span : it->name.span;
    if (path && (strcmp(path, "outputs") == 0 || section_of("outputs", path))) {
        fc_diag_help(k->d, fc_report(k->d, FC_SAME_PATH, at, fl_arena_printf(k->a, "`%s`", path), "stands where outputs have their keys"), "give the param another path");
        return true;
    }
    for (uint32_t i = 0; i < fl_option_nrows + fl_phase_nrows; i++) {
        const struct fl_option_row *row = i < fl_option_nrows ? &fl_option_rows[i] : NULL;
        const char *other = row ? row->yaml : fl_phase_rows[i - fl_option_nrows].yaml;
        if (!other)
            continue;
        bool same = path && strcmp(path, other) == 0;
        if (same && !row && fck_select_by(k, it->name.s))
            continue; /* encode.type says which alternative: with it, which kind */
        if (same)
            what = "is the key of an option";
        else if (path && section_of(path, other))
            what = fl_arena_printf(k->a, "is a section, not a value: the option's key `%s` lies below it", other);
        else if (path && section_of(other, path))
            what = fl_arena_printf(k->a, "lies below the option's key `%s`, which is a value and no section", other);
        else if (same_environment(name, other))
            what = fl_arena_printf(k->a, "has the same name in the environment as the option `%s`", other);
        else
            continue;
        struct fc_diag *g = fc_report(k->d, FC_SAME_PATH, at, fl_arena_printf(k->a, "`%s`", path ? path : it->name.s), what);
        if (row && same)
            fc_diag_help(k->d, g, "what the configuration says there is `%s` of %s%s%s; give the param another path", row->name, row->phase,
                         strcmp(row->kind, FL_ONLY) == 0 ? "" : " ", strcmp(row->kind, FL_ONLY) == 0 ? "" : row->kind);
        else
            fc_diag_help(k->d, g, "give the param another path");
        return true;
    }
    return false;
}

/* Names with dots between them, perhaps one in front. */
static bool is_path(const char *s)
{
    s += *s == '.';
    for (;;) {
        size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
        if (!n || !s[n])
            return n;
        if (s[n] != '.')
            return false;
        s += n + 1;
    }
}

void fck_config(struct fc_checker *k, const struct fc_item *items)
{
    struct taken taken = {0};
    for (const struct fc_item *it = items; it; it = it->next) {
        if (it->kind != FC_I_PARAM || it->secret.s)
            continue;
        if (it->yaml && !is_path(it->yaml)) {
            struct fc_diag *g = fc_report(k->d, FC_YAML_PATH, it->yaml_span, fck_text(k, it->yaml_span));
            fc_diag_help(k->d, g, "write names with dots between them, as `yaml \"classify.local_nets\"`");
            continue;
        }
        if (!param_and_option(k, it))
            two_params(k, &taken, it);
        take(k, &taken, it);
    }
}

/* user:password@ in a URL, or before a host; `at` is where it begins. */
static bool has_password(const char *s, size_t *at, size_t *len)
{
    const char *scheme = strstr(s, "://"), *begin = scheme ? scheme + 3 : s;
    size_t n = strcspn(begin, "/?# \t");
    const char *end = memrchr(begin, '@', n), *colon = end ? memchr(begin, ':', (size_t)(end - begin)) : NULL;
    if (!colon || colon == begin || colon + 1 == end || (!scheme && strchr(begin, ' ')))
        return false;
    *at = (size_t)(begin - s);
    *len = (size_t)(end - begin);
    return true;
}

void fck_no_password(struct fc_checker *k, const struct fc_expr *e)
{
    size_t at, len;
    e = fck_behind(e);
    for (const struct fc_expr *x = e->kind == FC_E_LIST ? e->args : NULL; x; x = x->next)
        fck_no_password(k, x);
    if (e->kind != FC_E_STRING || !has_password(e->s, &at, &len))
        return;
    struct fc_diag *g = fc_report(k->d, FC_SECRET, fck_inside(k, e, at, len), "a user and a password stand in this address");
    fc_diag_help(k->d, g, "leave them out; s3 has access_key, and secret_key or secret_key_file; else a param with `secret file` or `secret env`");
}

/* ---- secrets that would come out ---- */

struct search {
    struct fc_checker *k;
    const struct fc_expr *found;
    struct fc_index *tables; /* those that a secret was written to */
    struct fc_index seen;    /* lets and functions */
};

static void find_secret(void *arg, const struct fc_expr *e)
{
    struct search *s = arg;
    if (s->found || (e->kind == FC_E_BINARY && e->op >= FC_OP_EQ && e->op <= FC_OP_MATCHES))
        return; /* what is compared doesn't come out */
    if (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_PARAM && e->sym->item && e->sym->item->secret.s)
        s->found = e;
    else
        fc_expr_parts(e, find_secret, s);
    const struct fc_sym *sym = e->sym;
    if (s->found || !sym)
        return;
    bool behind = sym->kind == FC_SYM_LET || sym->kind == FC_SYM_FLET || sym->kind == FC_SYM_LOCAL || sym->kind == FC_SYM_FUNCTION;
    if (behind && sym->value && !fc_index_seen(&s->seen, s->k->a, sym))
        find_secret(s, sym->value);
    if (s->found || (sym->kind == FC_SYM_TABLE && fc_index_find(s->tables, sym->name, strlen(sym->name))))
        s->found = e; /* here it is named */
}

struct kept {
    struct fc_checker *k;
    struct fc_index *tables;
    bool more;
};

/* A table that a secret is written to; one may come from another. */
static void keep_secret(void *arg, const struct fc_stmt *s)
{
    struct kept *x = arg;
    if (s->kind != FC_S_ASSIGN || s->target->kind != FC_E_INDEX || !s->target->sym)
        return;
    const char *name = s->target->sym->name;
    struct search in = {.k = x->k, .tables = x->tables};
    if (!fc_index_find(x->tables, name, strlen(name)))
        find_secret(&in, s->value);
    if (!in.found)
        return;
    fc_index_put(x->tables, x->k->a, name, strlen(name), s->target->sym);
    x->more = true;
}

struct no_secret {
    struct fc_checker *k;
    struct fc_index tables;
};

static void no_secret(void *arg, const struct fc_expr *e)
{
    struct no_secret *n = arg;
    struct fc_checker *k = n->k;
    struct search s = {.k = k, .tables = &n->tables};
    find_secret(&s, e);
    if (s.found)
        fc_diag_help(k->d, fc_report(k->d, FC_SECRET_OUT, s.found->span, fck_text(k, s.found->span)),
                     "leave it out, or compare it: `field == %s`", fck_text(k, s.found->span));
}

static void set_or_emitted(void *arg, const struct fc_stmt *s)
{
    if (s->kind == FC_S_ASSIGN && s->target->kind != FC_E_INDEX)
        no_secret(arg, s->value);
    fc_field_parts(s->fields, no_secret, arg);
}

void fck_secrets(struct fc_checker *k)
{
    struct no_secret n = {.k = k};
    struct kept kept = {k, &n.tables, true};
    while (kept.more) {
        kept.more = false;
        for (int i = 0; i < k->p->nstages; i++)
            fc_walk_statements(k->p->stages[i], FC_PART_ALL, keep_secret, &kept);
    }
    for (int i = 0; i < k->p->nstages; i++) {
        fc_field_parts(k->p->stages[i]->fields, no_secret, &n);
        fc_walk_statements(k->p->stages[i], FC_PART_ALL, set_or_emitted, &n);
    }
    fc_partition_parts(k->p, no_secret, &n);
    fc_header_parts(k->p, no_secret, &n);
}
