/*
 * state.c - tables and lookups: their rows for the runtime, keys, reads; the query of a lookup.
 */
#include <string.h>
#include <strings.h>

#include "emit/emit.h"

/* ---- keys ------------------------------------------------------------------------------------------------- */

static bool fixed_key(const struct fc_type *t)
{
    return t->kind != FC_K_STRING && t->kind != FC_K_IP && t->kind != FC_K_CIDR;
}

static const char *key_text(struct fc_em *m, const struct fc_cv *v)
{
    return v->type->kind == FC_K_CIDR ? fce_text(m, "fl_b_text_cidr(cx, %s)", v->v) : v->v;
}

static void key_part(struct fc_em *m, const char *key, const struct fc_cv *v)
{
    if (v->type->kind == FC_K_IP)
        fce_line(m, "fl_key_ip(&%s, %s);", key, v->v);
    else if (fixed_key(v->type))
        fce_line(m, "fl_key_int(&%s, %s);", key, v->v);
    else
        fce_line(m, "fl_key_text(&%s, %s);", key, key_text(m, v));
}

/* *p and *n get C for the key's bytes; the keys have to be bound and not null. */
void fce_key_of(struct fc_em *m, struct fc_cv *keys, int n, const char **p, const char **len)
{
    const char *t = fce_temp(m);
    if (n == 1 && fixed_key(keys[0].type)) {
        fce_line(m, "const int64_t key_%s = %s;", t, keys[0].v);
        *p = fce_text(m, "&key_%s", t);
        *len = "sizeof(int64_t)";
    } else if (n == 1 && keys[0].type->kind == FC_K_IP) {
        fce_line(m, "const struct fl_ip_key key_%s = fl_ip_key(%s);", t, keys[0].v);
        *p = fce_text(m, "&key_%s", t);
        *len = fce_text(m, "fl_ip_key_size(&key_%s)", t);
    } else if (n == 1) {
        fce_line(m, "const fl_str key_%s = %s;", t, key_text(m, &keys[0]));
        *p = fce_text(m, "key_%s.p", t);
        *len = fce_text(m, "key_%s.n", t);
    } else {
        fce_line(m, "struct fl_key key_%s;", t);
        fce_line(m, "key_%s.n = key_%s.none = 0;", t, t);
        for (int i = 0; i < n; i++)
            key_part(m, fce_text(m, "key_%s", t), &keys[i]);
        *p = fce_text(m, "key_%s.s", t);
        *len = fce_text(m, "fl_key_size(&key_%s)", t);
    }
}

void fce_key(struct fc_em *m, const struct fc_expr *keys, const char **p, const char **n)
{
    struct fc_cv v[8];
    int i = 0;
    for (const struct fc_expr *x = keys; x && i < 8; x = x->next, i++)
        v[i] = fce_bind(m, fce_expr(m, x));
    fce_key_of(m, v, i, p, n);
}

/* ---- tables ---------------------------------------------------------------------------------------------------- */

void fce_tables(struct fc_em *m)
{
    bool any = false;
    for (const struct fc_sym *t = m->g->tables; t; t = t->next) {
        if (!t->used)
            continue;
        if (!any)
            fce_line(m, "/* ---- tables ---- */\n");
        any = true;
        fce_line(m, "/* %s */", fce_where(m, t->span));
        const char *key = t->nkeys > 1 ? "0" : t->keys[0]->kind == FC_K_IP ? "sizeof(struct fl_ip_key)" : fixed_key(t->keys[0]) ? "sizeof(int64_t)" : "0";
        if (t->nkeys == 1 && t->keys[0]->kind == FC_K_CIDR)
            fce_line(m, "static struct fl_table table_%s = FL_TABLE_OF_PREFIXES(%s, %lld, sizeof(%s), %s);", t->name, fce_quote(m, t->name, strlen(t->name)),
                     (long long)t->max, fce_kept_type(m, t->type), fc_plan_walked(m->g, t) ? "true" : "false");
        else
            fce_line(m, "static struct fl_table table_%s = FL_TABLE(%s, %lld, sizeof(%s), %s, %s);", t->name, fce_quote(m, t->name, strlen(t->name)), (long long)t->max,
                 fce_kept_type(m, t->type), key, fc_plan_walked(m->g, t) ? "true" : "false");
    }
    if (any)
        fputc('\n', m->out);
}

struct fc_cv fce_table_read(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_sym *s = e->sym;
    struct fc_cv keys[8];
    const struct fc_cond *never = NULL;
    const char *p, *n;
    int i = 0;
    for (const struct fc_expr *x = e->args; x && i < 8; x = x->next, i++) {
        keys[i] = fce_bind(m, fce_expr(m, x));
        never = fce_or(m, never, keys[i].n);
    }
    const char *t = fce_temp(m), *kept = fce_kept_type(m, s->type);
    fce_zeroed(m, s->type, t, fce_text(m, "is_%s", t));
    fce_line(m, never ? "if (%s) {" : "{", never ? fce_bare(m, fce_not(m, never)) : "");
    m->depth++;
    if (i == 1 && keys[0].type->kind == FC_K_IP && s->keys[0]->kind == FC_K_CIDR) {
        fce_line(m, "const %s *row = fl_table_match(&table_%s, &%s, cx->now);", kept, s->name, keys[0].v);
    } else {
        fce_key_of(m, keys, i, &p, &n);
        fce_line(m, "const %s *row = fl_table_get(&table_%s, %s, %s, cx->now);", kept, s->name, p, n);
    }
    fce_line(m, "if (row) {");
    m->depth++;
    const char *v = fce_load(m, s->type, "(*row)");
    fce_line(m, "%s = %s;", t, v);
    fce_line(m, "is_%s = true;", t);
    m->depth--;
    fce_line(m, "}");
    m->depth--;
    fce_line(m, "}");
    return (struct fc_cv){.v = t, .n = e->nullable ? fce_no(m, "is_%s", t) : NULL, .type = s->type, .simple = true};
}

/* One table's rows for the records at hand: first the index for all, then the rows for all. */
static void fetch_ahead(struct fc_em *m, const struct fc_ahead *a)
{
    struct fc_cv keys[8];
    const struct fc_cond *never = NULL;
    const char *p, *n, *t = a->table->name;
    int nkeys = 0;
    fce_line(m, "if (fl_table_far(&table_%s)) {", t);
    m->depth++;
    fce_line(m, "uint32_t hash[FL_AHEAD], count = 0;");
    fce_line(m, "for (uint32_t i = from; i < end; i++) {");
    m->depth++;
    fce_line(m, "struct rec *r = (struct rec *)b->rec[i];");
    fce_line(m, "if (r->h.state != FL_LIVE)");
    fce_line(m, "    continue;");
    for (const struct fc_expr *x = a->keys; x && nkeys < 8; x = x->next, nkeys++) {
        keys[nkeys] = fce_bind(m, fce_expr(m, x));
        never = fce_or(m, never, keys[nkeys].n);
    }
    if (never) {
        fce_line(m, "if (%s)", fce_bare(m, never));
        fce_line(m, "    continue;");
    }
    fce_key_of(m, keys, nkeys, &p, &n);
    fce_line(m, "hash[count++] = fl_table_hash(&table_%s, %s, %s);", t, p, n);
    m->depth--;
    fce_line(m, "}");
    fce_line(m, "fl_table_fetch(&table_%s, hash, count);", t);
    if (a->written)
        fce_line(m, "fl_table_fetch_order(&table_%s, hash, count);", t);
    m->depth--;
    fce_line(m, "}");
}

void fce_ahead(struct fc_em *m, const struct fc_plan_step *step)
{
    if (!step->ahead)
        return;
    fce_function_begin(m, FC_CX_RECORD, NULL);
    fce_line(m, "/* Large tables: the rows of the next records are fetched together. */");
    fce_line(m, "static void ahead_%d(struct fl_cx *cx, const struct fl_batch *b, uint32_t from, uint32_t n)", step->first + 1);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "const uint32_t end = n - from < FL_AHEAD ? n : from + FL_AHEAD;");
    for (const struct fc_ahead *a = step->ahead; a; a = a->next)
        fetch_ahead(m, a);
    m->depth--;
    fce_line(m, "}\n");
}

/* ---- lookups ------------------------------------------------------------------------------------------------------- */

/* A parameter that takes null has a second one: is it there? */
const char *fce_lookup_arg(struct fc_em *m, const struct fc_sym *a, struct fc_cv v)
{
    if (!a->optional)
        return v.v;
    if (!v.n)
        return fce_text(m, "%s, true", v.v);
    if (fce_is_null(v.n))
        return fce_text(m, "(%s){0}, false", fce_type(m, a->type));
    return fce_text(m, "%s, %s", v.v, fce_bare(m, fce_not(m, v.n)));
}

struct fc_cv fce_lookup(struct fc_em *m, const struct fc_expr *e)
{
    const struct fc_sym *s = e->sym;
    const char *args = "", *t = fce_temp(m);
    const struct fc_cond *never = NULL;
    const struct fc_sym *a = s->args;
    for (const struct fc_expr *x = e->args; x && a; x = x->next, a = a->next) {
        struct fc_cv v = x->type->kind == FC_K_NULL ? (struct fc_cv){.v = "0", .n = &fce_always, .type = a->type} : fce_bind(m, fce_expr(m, x));
        if (x->type->kind == FC_K_NULL)
            v.v = fce_text(m, "(%s){0}", fce_type(m, a->type));
        if (!a->optional)
            never = fce_or(m, never, v.n);
        args = fce_text(m, "%s, %s", args, fce_lookup_arg(m, a, v));
    }
    const char *type = fce_rec(m, s->type)->c;
    if (never)
        fce_line(m, "const struct %s *%s = %s ? lookup_%s(cx%s) : NULL;", type, t, fce_asked(m, fce_not(m, never)), s->name, args);
    else
        fce_line(m, "const struct %s *%s = lookup_%s(cx%s);", type, t, s->name, args);
    fce_pending(m);
    struct fc_cv v = fce_worth(m, s->type, fce_cond(m, FC_COND_LOOSE, "*%s", t), fce_no(m, "%s", t));
    v.simple = true;
    return v;
}

static const char *value_text(struct fc_em *m, const struct fc_sym *a)
{
    const char *c = fce_text(m, "a_%s", a->name);
    struct fc_cv v = {.v = c, .type = a->type};
    if (a->type->kind == FC_K_ENUM || a->type->kind == FC_K_CLASS)
        return fce_text(m, "%s[%s]", fce_names(m, a->type), c);
    if (a->type->kind == FC_K_BOOL || a->type->kind == FC_K_FLOAT)
        return fce_text(m, "fl_b_text_%s(cx, %s)", a->type->kind == FC_K_BOOL ? "bool" : "float", c);
    if (a->type->kind == FC_K_TIME || a->type->kind == FC_K_DURATION)
        return fce_time_text(m, a->type, c);
    if (a->type->kind == FC_K_IP)
        return fce_text(m, "fl_decoded(cx, %s.text)", c);
    return fixed_key(a->type) ? fce_text(m, "fl_b_text_int(cx, %s)", c) : key_text(m, &v);
}

static const char *arg_text(struct fc_em *m, const struct fc_sym *a)
{
    const char *text = value_text(m, a);
    return a->optional ? fce_text(m, "has_%s ? %s : FL_STR(\"\")", a->name, text) : text; /* null is an empty text */
}

/* Does `Regex(` stand before the quote at p? */
static bool opens_regex(const char *query, const char *p)
{
    static const char word[] = "Regex(";
    while (p > query && p[-1] == ' ')
        p--;
    return (size_t)(p - query) >= sizeof word - 1 && strncasecmp(p - (sizeof word - 1), word, sizeof word - 1) == 0;
}

/* The query with its parameters: {p} is a quoted literal, or only its escaped text where the query has quotes around it. */
static void query(struct fc_em *m, const struct fc_sym *s)
{
    const char *p = s->item->query->s;
    const char *query = p;
    bool regex = false;
    char quote = 0;
    while (*p) {
        const char *start = p;
        while (*p && *p != '{') {
            if (*p == '\\' && p[1])
                p++;
            else if (quote && *p == quote)
                quote = 0;
            else if (!quote && (*p == '"' || *p == '\'')) {
                quote = *p;
                regex = opens_regex(query, p);
            }
            p++;
        }
        const char *end = *p ? strchr(p, '}') : NULL;
        if (*p && !end)
            p += strlen(p);
        if (p != start)
            fce_line(m, "fl_buf_put(&q, %s, %zu);", fce_quote(m, start, (size_t)(p - start)), (size_t)(p - start));
        if (!*p)
            break;
        for (const struct fc_sym *a = s->args; a; a = a->next)
            if (strlen(a->name) == (size_t)(end - p - 1) && strncmp(a->name, p + 1, (size_t)(end - p - 1)) == 0)
                fce_line(m, "fl_query_%s(&q, %s);", !quote ? "quoted" : regex ? "regex" : "inside", arg_text(m, a));
        p = end + 1;
    }
}

const char *fce_path_text(struct fc_em *m, const struct fc_expr *e)
{
    if (e->kind == FC_E_BINARY)
        return fce_text(m, "%s|%s", fce_path_text(m, e->a), fce_path_text(m, e->b));
    if (e->kind == FC_E_ANY)
        return fce_text(m, "%s[%s%s=\"%s\"]", fce_path_text(m, e->a), strcmp(e->name.s, "last") == 0 ? "-" : "", e->b->a->name.s, e->b->b->s);
    if (e->kind == FC_E_FIELD)
        return fce_text(m, "%s.%s", fce_path_text(m, e->a), e->name.s);
    if (e->kind == FC_E_INDEX)
        return fce_text(m, "%s[%s%lld]", fce_path_text(m, e->a), e->args->kind == FC_E_INT ? "" : "-",
                        (long long)(e->args->kind == FC_E_INT ? e->args : e->args->a)->i);
    return e->name.s;
}

/* A row of the fields of an answer. `of`: the row of a record in a list, or NULL. */
static void answer_field(struct fc_em *m, const struct fc_member *x, const char *path, const char *type, const char *of)
{
    fce_line(m, "    {%s, %s, %s, %s, %s, offsetof(struct %s, %s), %s, %s},", fce_quote(m, x->name, strlen(x->name)), fce_quote(m, path, strlen(path)),
             of ? "FL_T_RECORD" : fce_value_type(x->type), x->type->kind == FC_K_LIST ? "FL_LIST_OF" : "FL_ONE", x->optional ? "true" : "false", type,
             fce_name(m, x->name), x->optional ? fce_text(m, "offsetof(struct %s, has_%s)", type, x->name) : "0", of ? fce_text(m, "&%s", of) : "NULL");
}

/* The row of the records in a list, or NULL: its name is made of that of the answer's field. */
static const char *record_row(struct fc_em *m, const struct fc_type *list, const char *name)
{
    if (list->kind != FC_K_LIST || list->elem->kind != FC_K_RECORD)
        return NULL;
    const struct fc_type *t = list->elem;
    const char *type = fce_rec(m, t)->c, **of = fl_arena_get(m->a, sizeof *of * (size_t)t->nmembers);
    for (int i = 0; i < t->nmembers; i++)
        of[i] = record_row(m, t->members[i].type, fce_text(m, "%s__%s", name, t->members[i].name));
    fce_line(m, "static const struct fl_lookup_field fields_%s[] = {", name);
    for (int i = 0; i < t->nmembers; i++)
        answer_field(m, &t->members[i], t->members[i].key, type, of[i]);
    fce_line(m, "};");
    fce_line(m, "static const struct fl_lookup %s = {.name = %s, .size = sizeof(struct %s), .fields = fields_%s, .nfields = %d};", name,
             fce_quote(m, name, strlen(name)), type, name, t->nmembers);
    return name;
}

static void one_lookup(struct fc_em *m, const struct fc_sym *s)
{
    const char *type = fce_rec(m, s->type)->c, *params = "", **of = fl_arena_get(m->a, sizeof *of * (size_t)(s->type->nmembers + 1));
    for (const struct fc_sym *a = s->args; a; a = a->next)
        params = fce_text(m, a->optional ? "%s, %s a_%s, bool has_%s" : "%s, %s a_%s", params, fce_type(m, a->type), a->name, a->name);
    for (const struct fc_field *f = s->item->fields; f; f = f->next)
        of[f->index] = record_row(m, s->type->members[f->index].type, fce_text(m, "%s__%s", s->name, f->name.s));
    fce_line(m, "static const struct fl_lookup_field fields_%s[] = {", s->name);
    for (const struct fc_field *f = s->item->fields; f; f = f->next)
        answer_field(m, &s->type->members[f->index], fce_path_text(m, f->value), type, of[f->index]);
    fce_line(m, "};\n");
    fce_line(m, "static void key_%s(struct fl_cx *cx, struct fl_key *key%s)", s->name, params);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "key->n = 0;");
    for (const struct fc_sym *a = s->args; a; a = a->next) {
        if (a->optional)
            fce_line(m, "fl_key_int(key, has_%s);", a->name);
        if (a->type->kind == FC_K_FLOAT)
            fce_line(m, "fl_key_text(key, fl_b_text_float(cx, a_%s));", a->name);
        else if (fixed_key(a->type))
            fce_line(m, "fl_key_int(key, a_%s);", a->name);
        else if (a->type->kind == FC_K_CIDR)
            fce_line(m, "fl_key_cidr(key, &a_%s);", a->name);
        else
            fce_line(m, a->type->kind == FC_K_IP ? "fl_key_text(key, fl_decoded(cx, a_%s.text));" : "fl_key_text(key, a_%s);", a->name);
    }
    m->depth--;
    fce_line(m, "}\n");
    fce_line(m, "/* %s */", fce_where(m, s->span));
    fce_line(m, "static const struct %s *lookup_%s(struct fl_cx *cx%s)", type, s->name, params);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "if (cx->silent)");
    fce_line(m, "    return NULL;");
    fce_line(m, "const void *answer;");
    fce_line(m, "struct fl_key key;");
    const char *args = "";
    for (const struct fc_sym *a = s->args; a; a = a->next)
        args = fce_text(m, a->optional ? "%s, a_%s, has_%s" : "%s, a_%s", args, a->name, a->name);
    fce_line(m, "key_%s(cx, &key%s);", s->name, args);
    fce_line(m, "if (fl_lookup_get(cx, %lld, fl_key_str(&key), &answer))", (long long)s->index);
    fce_line(m, "    return answer;");
    fce_line(m, "struct fl_buf q = {0};");
    query(m, s);
    fce_line(m, "answer = fl_lookup_ask(cx, %lld, fl_key_str(&key), (fl_str){q.p, (uint32_t)q.n, FL_PLAIN});", (long long)s->index);
    fce_line(m, "fl_buf_free(&q);");
    fce_line(m, "return answer;");
    m->depth--;
    fce_line(m, "}\n");
}

void fce_lookups(struct fc_em *m)
{
    bool any = false;
    for (const struct fc_sym *s = m->g->lookups; s; s = s->next) {
        if (!s->used)
            continue;
        if (!any)
            fce_line(m, "/* ---- lookups ---- */\n");
        any = true;
        one_lookup(m, s);
    }
}
