/*
 * templates.c - NAME=template texts of a configuration (the original's `extend`): compiled at start, evaluated per
 * record. Generated code calls this in `init` and `run`.
 *
 * A template is the text of a Gremlin query with fields of the record in it, written as in Go's text/template:
 * `{{.Network.A}}`, with blanks, and with trim markers, `{{- .Network.A -}}`. That is the part of the language that
 * makes sense here; anything else is an error at start. The text is asked through the ordinary lookups, so equal texts
 * are asked once. `{{.Extend.NAME}}` is the value of an earlier entry.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "flowrt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lookups/lookup.h"
#include "core/runtime.h"
#include "base/suggest.h"

enum piece_kind { LITERAL, FIELD, EARLIER };

struct piece {
    enum piece_kind kind;
    uint32_t id;      /* FIELD: of the names; EARLIER: the entry */
    const char *text; /* LITERAL */
    uint32_t n;
};

struct entry {
    fl_str name; /* points into `source` */
    char *source;
    struct piece *piece;
    uint32_t npieces;
};

struct fl_templates {
    struct fl_names names;
    uint32_t lookup;
    struct entry *entry;
    uint32_t n;
    uint32_t *sorted; /* entries by name, later ones of a name last */
    struct fl_buf query, value;
};

/* ---- compiling ------------------------------------------------------------------------------------------- */

struct compile {
    struct fl_templates *t;
    uint32_t i; /* entry */
    char **error;
};

/* `at` is in the entry's source. */
__attribute__((format(printf, 3, 4))) static bool bad(struct compile *c, const char *at, const char *fmt, ...)
{
    struct fl_buf b = {0};
    const struct entry *e = &c->t->entry[c->i];
    va_list ap;
    va_start(ap, fmt);
    char *what = fl_vsaid(fmt, ap);
    va_end(ap);
    fl_buf_printf(&b, "entry %u, `%s`, column %u: %s", c->i + 1, e->source, (unsigned)(at - e->source) + 1, what);
    fl_buf_putc(&b, 0);
    free(what);
    *c->error = b.p;
    return false;
}

/* Without regard to `_`: Go's AName is written A_Name in the output. */
static bool same_name(const char *a, size_t n, const char *b)
{
    const char *end = a + n;
    for (;;) {
        while (a < end && *a == '_')
            a++;
        while (*b == '_')
            b++;
        if (a == end || !*b)
            return a == end && !*b;
        if (*a++ != *b++)
            return false;
    }
}

static bool unknown_name(struct compile *c, const char *at, size_t n)
{
    const char *const *names = c->t->names.names;
    char *want = fl_strndup(at, n);
    struct fl_suggest s;
    struct fl_buf all = {0};
    fl_suggest_init(&s, want);
    for (uint32_t i = 0; names[i]; i++) {
        fl_suggest_try(&s, names[i]);
        fl_buf_printf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    fl_buf_putc(&all, 0);
    if (fl_suggest_best(&s))
        bad(c, at, "the record has no field `%s`; did you mean `%s`?", want, fl_suggest_best(&s));
    else
        bad(c, at, "the record has no field `%s`; its fields are %s", want, all.p);
    fl_buf_free(&all);
    free(want);
    return false;
}

static bool earlier(struct compile *c, struct piece *p, const char *at, size_t n)
{
    const struct fl_templates *t = c->t;
    for (uint32_t i = c->i; i-- > 0;) {
        if (t->entry[i].name.n == n && memcmp(t->entry[i].name.p, at, n) == 0) {
            *p = (struct piece){.kind = EARLIER, .id = i};
            return true;
        }
    }
    return bad(c, at, "no earlier entry is called `%.*s`; Extend.NAME is the value of an entry above this one", (int)n,
               at);
}

/* `name` without the leading dot. */
static bool resolve(struct compile *c, struct piece *p, const char *name, size_t n)
{
    if (n > 7 && memcmp(name, "Extend.", 7) == 0)
        return earlier(c, p, name + 7, n - 7);
    for (uint32_t i = 0; c->t->names.names[i]; i++) {
        if (same_name(name, n, c->t->names.names[i])) {
            *p = (struct piece){.kind = FIELD, .id = i};
            return true;
        }
    }
    return unknown_name(c, name, n);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static struct piece *add(struct entry *e)
{
    e->piece = fl_resize(e->piece, e->npieces + 1);
    e->piece[e->npieces] = (struct piece){0};
    return &e->piece[e->npieces++];
}

/* What stands from `at`, an opening {{, to its closing }}. *end is set behind that, *trim if a marker stands there. */
static bool action(struct compile *c, const char *at, const char **end, bool *trim)
{
    const char *close = strstr(at, "}}"), *p = at + 2;
    if (!close)
        return bad(c, at, "`{{` without `}}`");
    *end = close + 2;
    if (p[0] == '-' && blank(p[1]))
        p++; /* the text before was trimmed by the caller */
    *trim = close - p >= 2 && close[-1] == '-' && blank(close[-2]);
    const char *stop = close - *trim;
    while (p < stop && blank(*p))
        p++;
    while (stop > p && blank(stop[-1]))
        stop--;
    bool good = p < stop && *p == '.';
    for (const char *q = p; good && q < stop; q++)
        good = *q == '.' ? q + 1 < stop && in_name(q[1]) && !(q[1] >= '0' && q[1] <= '9') : in_name(*q);
    if (!good)
        return bad(c, at, "`%.*s` is not supported, only fields of the record: {{.Network.A}} or {{- .Network.A -}}",
                   (int)(close + 2 - at), at);
    struct piece one;
    if (!resolve(c, &one, p + 1, (size_t)(stop - p - 1)))
        return false;
    *add(&c->t->entry[c->i]) = one;
    return true;
}

static bool compile(struct compile *c)
{
    struct entry *e = &c->t->entry[c->i];
    const char *equals = strchr(e->source, '=');
    if (!equals || equals == e->source)
        return bad(c, e->source, "expected NAME=template, as Host=G.V().Has('IPV4','{{.Network.A}}').Values('Host')");
    e->name = (fl_str){e->source, (uint32_t)(equals - e->source), FL_PLAIN};
    bool trim = false;
    for (const char *p = equals + 1; *p;) {
        const char *open = strstr(p, "{{"), *stop = open ? open : p + strlen(p), *from = p;
        while (trim && from < stop && blank(*from))
            from++;
        const char *to = stop;
        while (open && open[2] == '-' && blank(open[3]) && to > from && blank(to[-1]))
            to--;
        if (to > from)
            *add(e) = (struct piece){.kind = LITERAL, .text = from, .n = (uint32_t)(to - from)};
        p = stop;
        if (open && !action(c, open, &p, &trim))
            return false;
    }
    return true;
}

void fl_templates_free(struct fl_templates *t)
{
    if (!t)
        return;
    for (uint32_t i = 0; i < t->n; i++) {
        free(t->entry[i].source);
        free(t->entry[i].piece);
    }
    free(t->entry);
    free(t->sorted);
    fl_buf_free(&t->query);
    fl_buf_free(&t->value);
    free(t);
}

static int by_name(const struct fl_templates *t, uint32_t a, uint32_t b)
{
    fl_str x = t->entry[a].name, y = t->entry[b].name;
    int d = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return d ? d : x.n != y.n ? (x.n < y.n ? -1 : 1) : a < b ? -1 : 1;
}

static void sort(struct fl_templates *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t at = i;
        for (; at > 0 && by_name(t, t->sorted[at - 1], i) > 0; at--)
            t->sorted[at] = t->sorted[at - 1];
        t->sorted[at] = i;
    }
}

struct fl_templates *fl_templates_new(struct fl_list list, const struct fl_names *names, uint32_t lookup, char **error)
{
    struct fl_templates *t = fl_new(struct fl_templates);
    const fl_str *texts = list.v;
    *error = NULL;
    t->entry = fl_new_array(struct entry, list.n + 1);
    t->sorted = fl_new_array(uint32_t, list.n + 1);
    t->names = *names;
    t->lookup = lookup;
    for (struct compile c = {t, 0, error}; c.i < list.n; c.i++) {
        t->n = c.i + 1;
        t->entry[c.i].source = fl_strndup(texts[c.i].n ? texts[c.i].p : "", texts[c.i].n);
        if (!compile(&c)) {
            fl_templates_free(t);
            return NULL;
        }
    }
    sort(t);
    return t;
}

/* ---- evaluating ------------------------------------------------------------------------------------------------ */

enum outcome { ABSENT, PENDING, SET };

struct value {
    enum outcome outcome;
    fl_str text;
};

/* The query of an entry into t->query. Values are escaped also outside of quotes: a name is never query text. */
static enum outcome render(struct fl_cx *cx, const struct fl_rec *r, struct fl_templates *t, const struct entry *e,
                           const struct value *values)
{
    t->query.n = 0;
    for (uint32_t i = 0; i < e->npieces; i++) {
        const struct piece *p = &e->piece[i];
        switch (p->kind) {
        case LITERAL: fl_buf_put(&t->query, p->text, p->n); break;
        case FIELD:
            t->value.n = 0;
            if (!t->names.get(cx, r, p->id, &t->value))
                return ABSENT;
            if (t->value.n)
                fl_query_inside(&t->query, (fl_str){t->value.p, (uint32_t)t->value.n, FL_PLAIN});
            break;
        case EARLIER:
            if (values[p->id].outcome != SET)
                return values[p->id].outcome;
            fl_query_inside(&t->query, values[p->id].text);
            break;
        }
    }
    return SET;
}

static struct value value_of(struct fl_cx *cx, const struct fl_rec *r, struct fl_templates *t, uint32_t i,
                             const struct value *values)
{
    struct value v = {render(cx, r, t, &t->entry[i], values), FL_LIT("")};
    if (v.outcome != SET || t->query.n == 0)
        return v;
    fl_str query = {t->query.p, (uint32_t)t->query.n, FL_PLAIN};
    const void *result;
    if (!fl_lookup_get(cx, t->lookup, query, &result)) {
        result = fl_lookup_ask(cx, t->lookup, query, query);
        if (cx->pending)
            v.outcome = PENDING;
    }
    if (result) {
        const struct fl_lookup_field *f = &cx->rt->pipeline->lookups[t->lookup].fields[0];
        memcpy(&v.text, (const char *)result + f->offset, sizeof v.text);
    }
    return v;
}

/* Of entries with the same name the last that is set counts. */
static bool replaced(const struct fl_templates *t, uint32_t k, const struct value *values)
{
    fl_str name = t->entry[t->sorted[k]].name;
    for (k++; k < t->n && fl_str_eq(t->entry[t->sorted[k]].name, name); k++)
        if (values[t->sorted[k]].outcome == SET)
            return true;
    return false;
}

fl_str fl_templates_eval(struct fl_cx *cx, const struct fl_rec *r, struct fl_templates *t)
{
    fl_str none = {NULL, 0, FL_RAW};
    bool any = false, wait = false;
    struct value *values = fl_arena_get(cx->scratch, (t->n + 1) * sizeof *values);
    for (uint32_t i = 0; i < t->n; i++) {
        values[i] = value_of(cx, r, t, i, values);
        any = any || values[i].outcome == SET;
        wait = wait || values[i].outcome == PENDING;
    }
    if (wait || !any)
        return none;
    t->query.n = 0;
    for (uint32_t k = 0; k < t->n; k++) {
        uint32_t i = t->sorted[k];
        if (values[i].outcome != SET || replaced(t, k, values))
            continue;
        fl_buf_putc(&t->query, t->query.n ? ',' : '{');
        fl_query_json(&t->query, t->entry[i].name);
        fl_buf_putc(&t->query, ':');
        fl_query_json(&t->query, values[i].text);
    }
    fl_buf_putc(&t->query, '}');
    char *out = fl_arena_get(cx->scratch, t->query.n + FL_PAD);
    memcpy(out, t->query.p, t->query.n);
    memset(out + t->query.n, 0, FL_PAD);
    return (fl_str){out, (uint32_t)t->query.n, FL_RAW};
}
