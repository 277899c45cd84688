/* diag.c - see diag.h. */
#include "text/diag.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"

enum { KEPT = 20, LONGEST_LINE = 4096 };

static const struct row {
    const char *id, *format, *explanation;
    enum fc_severity severity;
    const char *name; /* in capitals */
} rows[] = {
#define E(id, name, severity, format, explanation) {#id, format, explanation, severity, #name},
#include "dsl/errors.def"
#undef E
};

void fc_diags_init(struct fc_diags *d, struct fl_arena *arena, struct fc_sources *sources)
{
    memset(d, 0, sizeof *d);
    d->arena = arena;
    d->sources = sources;
}

static bool is_warning(const struct fc_diags *d, enum fc_error e)
{
    return rows[e].severity == FC_WARNING && !d->strict;
}

/* "E0405 unreachable_rule": the name only where `allow` takes it. */
static const char *label(struct fl_arena *a, enum fc_error e)
{
    if (rows[e].severity == FC_ERROR)
        return rows[e].id;
    char *s = fl_arena_printf(a, "%s %s", rows[e].id, rows[e].name);
    for (char *p = s + strlen(rows[e].id); *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    return s;
}

bool fc_diag_allow(struct fc_diags *d, const char *name, struct fc_span span)
{
    for (int e = 0; e < FC_ERROR_COUNT; e++)
        if (rows[e].severity != FC_ERROR && strcmp(label(d->arena, e) + strlen(rows[e].id) + 1, name) == 0) {
            struct fc_allowed *a = fl_arena_zero(d->arena, sizeof *a);
            *a = (struct fc_allowed){(enum fc_error)e, span, d->allowed};
            d->allowed = a;
            return true;
        }
    return false;
}

void fc_diag_names(struct fl_arena *a, void (*each)(void *arg, const char *name), void *arg)
{
    for (int e = 0; e < FC_ERROR_COUNT; e++)
        if (rows[e].severity != FC_ERROR)
            each(arg, label(a, e) + strlen(rows[e].id) + 1);
}

void fc_diags_strict(struct fc_diags *d)
{
    d->strict = true;
    d->errors += d->warnings;
    d->warnings = 0;
}

void fc_diags_drop(struct fc_diags *d, struct fc_span from)
{
    struct fc_diag **p = &d->first;
    d->last = NULL;
    d->errors = d->warnings = d->kept = 0;
    while (*p) {
        if ((*p)->span.file == from.file && (*p)->span.start >= from.start) {
            *p = (*p)->next;
            continue;
        }
        d->last = *p;
        *(is_warning(d, d->last->error) ? &d->warnings : &d->errors) += 1;
        d->kept++;
        p = &d->last->next;
    }
}

void fc_diags_variant(struct fc_diags *d, unsigned i)
{
    d->before[0] += d->errors;
    d->before[1] += d->warnings;
    d->errors = d->warnings = 0;
    d->variant = i;
}

void fc_diags_together(struct fc_diags *d)
{
    d->errors += d->before[0] - d->repeated[0];
    d->warnings += d->before[1] - d->repeated[1];
    memset(d->before, 0, sizeof d->before);
    memset(d->repeated, 0, sizeof d->repeated);
}

void fc_diags_sift(struct fc_diags *d, bool (*keep)(void *arg, struct fc_diag *g), void *arg)
{
    struct fc_diag **p = &d->first;
    d->last = NULL;
    while (*p) {
        if (keep(arg, *p)) {
            d->last = *p;
            p = &d->last->next;
            continue;
        }
        *(is_warning(d, (*p)->error) ? &d->warnings : &d->errors) -= 1;
        d->kept--;
        *p = (*p)->next;
    }
}

bool fc_diag_of_all(const struct fc_diag *g)
{
    switch (g->error) {
    case FC_UNUSED: case FC_NEVER_NULL: case FC_UNREACHABLE_RULE: case FC_NEVER_TRUE: case FC_ALWAYS_TRUE: case FC_OVERLAP: case FC_NEVER_READ:
        return true;
    default:
        return false;
    }
}

static bool is_allowed(const struct fc_diags *d, enum fc_error e, struct fc_span span)
{
    for (const struct fc_allowed *a = d->allowed; a; a = a->next)
        if (a->error == e && a->span.file == span.file && a->span.start <= span.start && span.end <= a->span.end)
            return true;
    return false;
}

static struct fc_diag *report(struct fc_diags *d, enum fc_error e, struct fc_span span, struct fc_span other, va_list ap)
{
    struct fc_diag *g = fl_arena_zero(d->arena, sizeof *g);
    g->error = e;
    g->span = span;
    g->other = other;
    g->text = fl_arena_vprintf(d->arena, rows[e].format, ap);
    if (is_allowed(d, e, span))
        return g;
    /* The same thing said about the same place is one error. */
    for (struct fc_diag *o = d->first; o; o = o->next)
        if (o->error == e && !memcmp(&o->span, &span, sizeof span) && strcmp(o->text, g->text) == 0) {
            if (!(o->variants >> d->variant & 1)) {
                bool warning = is_warning(d, e);
                o->variants |= UINT64_C(1) << d->variant;
                d->repeated[warning]++;
                *(warning ? &d->warnings : &d->errors) += 1;
            }
            return g;
        }
    g->variants = UINT64_C(1) << d->variant;
    if (is_warning(d, e))
        d->warnings++;
    else
        d->errors++;
    if (d->kept == KEPT && is_warning(d, e))
        return g;
    if (d->kept == KEPT) {
        /* An error takes a warning's place. */
        struct fc_diag **p = &d->first, **at = NULL;
        for (; *p; p = &(*p)->next)
            if (is_warning(d, (*p)->error))
                at = p;
        if (!at)
            return g;
        *at = (*at)->next;
        d->last = d->first;
        while (d->last && d->last->next)
            d->last = d->last->next;
        d->kept--;
    }
    if (d->last)
        d->last->next = g;
    else
        d->first = g;
    d->last = g;
    d->kept++;
    return g;
}

struct fc_diag *fc_report(struct fc_diags *d, enum fc_error e, struct fc_span span, ...)
{
    va_list ap;
    va_start(ap, span);
    struct fc_diag *g = report(d, e, span, (struct fc_span){0, 0, 0}, ap);
    va_end(ap);
    return g;
}

struct fc_diag *fc_report2(struct fc_diags *d, enum fc_error e, struct fc_span span, struct fc_span other, ...)
{
    va_list ap;
    va_start(ap, other);
    struct fc_diag *g = report(d, e, span, other, ap);
    va_end(ap);
    return g;
}

void fc_diag_help(struct fc_diags *d, struct fc_diag *g, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    g->help = fl_arena_vprintf(d->arena, fmt, ap);
    va_end(ap);
}

void fc_diag_note(struct fc_diags *d, struct fc_diag *g, struct fc_span span, const char *fmt, ...)
{
    struct fc_note *n = fl_arena_zero(d->arena, sizeof *n);
    va_list ap;
    va_start(ap, fmt);
    n->span = span;
    n->text = fl_arena_vprintf(d->arena, fmt, ap);
    va_end(ap);
    struct fc_note **p = &g->notes;
    while (*p)
        p = &(*p)->next;
    *p = n;
}

/* ---- order ---- */

static int by_place(const void *a, const void *b)
{
    const struct fc_diag *x = *(struct fc_diag *const *)a, *y = *(struct fc_diag *const *)b;
    if (x->span.file != y->span.file)
        return x->span.file < y->span.file ? -1 : 1;
    if (x->span.start != y->span.start)
        return x->span.start < y->span.start ? -1 : 1;
    if (x->span.end != y->span.end)
        return x->span.end < y->span.end ? -1 : 1;
    if (x->error != y->error)
        return x->error < y->error ? -1 : 1;
    return strcmp(x->text, y->text);
}

static struct fc_diag **sorted(struct fc_diags *d, unsigned *n)
{
    struct fc_diag **v = fl_arena_get(d->arena, (d->kept + 1) * sizeof(*v));
    *n = 0;
    for (struct fc_diag *g = d->first; g; g = g->next)
        v[(*n)++] = g;
    qsort(v, *n, sizeof *v, by_place);
    return v;
}

/* ---- text ---- */

struct printer {
    struct fc_diags *d;
    FILE *out;
    bool color;
};

static void paint(const struct printer *p, const char *code)
{
    if (p->color)
        fprintf(p->out, "\033[%sm", code);
}

/* `file:line:col-col: `; the columns are those of the span's part on its first line, the last one included. */
static void print_place(const struct printer *p, struct fc_span span)
{
    if (span.file == 0) {
        fprintf(p->out, "flowc: ");
        return;
    }
    struct fc_place a = fc_source_place(p->d->sources, span.file, span.start);
    struct fc_place b = fc_source_place(p->d->sources, span.file, span.end);
    paint(p, "1");
    fprintf(p->out, "%s:%u:%u", p->d->sources->v[span.file].path, a.line, a.col);
    if (b.line != a.line) {
        size_t len;
        const char *s = fc_source_line(p->d->sources, span.file, a.line, &len);
        b.col = 1;
        for (size_t i = 0; i < len; i++)
            b.col += (s[i] & 0xC0) != 0x80;
    }
    if (b.col > a.col + 1)
        fprintf(p->out, "-%u", b.col - 1);
    fprintf(p->out, ": ");
    paint(p, "0");
}

/* Mark the part of `span` that is on the line which begins at byte `base` and has `len` bytes. */
static void mark(char *marks, size_t base, size_t len, struct fc_span span, char with)
{
    size_t a = span.start - base, b = span.end > base + len ? len : span.end - base;
    if (b <= a)
        b = a + 1;
    for (size_t i = a; i < b; i++)
        marks[i] = with;
}

static void print_line(const struct printer *p, struct fc_span span, struct fc_span other)
{
    struct fc_sources *s = p->d->sources;
    if (span.file == 0)
        return;
    struct fc_place at = fc_source_place(s, span.file, span.start);
    size_t len;
    const char *line = fc_source_line(s, span.file, at.line, &len);
    size_t base = (size_t)(line - s->v[span.file].text);
    if (len == 0 || len > LONGEST_LINE || span.start > base + len)
        return;
    fprintf(p->out, "    %.*s\n    ", (int)len, line);
    char marks[LONGEST_LINE + 2];
    memset(marks, ' ', len + 1);
    if (other.file == span.file && other.start >= base && other.start <= base + len)
        mark(marks, base, len, other, '~');
    mark(marks, base, len, span, '^');
    size_t end = len + 1;
    while (end && marks[end - 1] == ' ')
        end--;
    paint(p, "1;32");
    for (size_t i = 0; i < end; i++) {
        if (i < len && line[i] == '\t' && marks[i] == ' ')
            fputc('\t', p->out);
        else if (i >= len || (line[i] & 0xC0) != 0x80) /* one mark for a character */
            fputc(marks[i], p->out);
    }
    paint(p, "0");
    fputc('\n', p->out);
}

static void print_text(const struct printer *p, const struct fc_diag *g)
{
    bool error = !is_warning(p->d, g->error);
    print_place(p, g->span);
    paint(p, error ? "1;31" : "1;35");
    fprintf(p->out, "%s: ", error ? "error" : "warning");
    paint(p, "0");
    fprintf(p->out, "%s [%s]\n", g->text, label(p->d->arena, g->error));
    print_line(p, g->span, g->other);
    for (const struct fc_note *n = g->notes; n; n = n->next) {
        print_place(p, n->span);
        paint(p, "1;36");
        fprintf(p->out, "note: ");
        paint(p, "0");
        fprintf(p->out, "%s\n", n->text);
    }
    if (g->help)
        fprintf(p->out, "help: %s\n", g->help);
}

static const char *plural(unsigned n)
{
    return n == 1 ? "" : "s";
}

static void print_summary(const struct printer *p)
{
    const struct fc_diags *d = p->d;
    if (d->errors + d->warnings > d->kept)
        fprintf(p->out, "flowc: note: %u more not shown\n", d->errors + d->warnings - d->kept);
    if (d->errors + d->warnings < 2)
        return;
    if (d->errors)
        fprintf(p->out, "%u error%s", d->errors, plural(d->errors));
    if (d->warnings)
        fprintf(p->out, "%s%u warning%s", d->errors ? ", " : "", d->warnings, plural(d->warnings));
    fputc('\n', p->out);
}

/* ---- JSON ---- */

static void json_string(FILE *out, const char *s)
{
    fputc('"', out);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void json_place(struct fc_sources *s, struct fc_span span, FILE *out)
{
    if (span.file == 0) {
        fprintf(out, "\"file\":null,\"line\":0,\"col\":0,\"end_line\":0,\"end_col\":0");
        return;
    }
    struct fc_place a = fc_source_place(s, span.file, span.start), b = fc_source_place(s, span.file, span.end);
    fprintf(out, "\"file\":");
    json_string(out, s->v[span.file].path);
    fprintf(out, ",\"line\":%u,\"col\":%u,\"end_line\":%u,\"end_col\":%u", a.line, a.col, b.line, b.col);
}

static void print_json(struct fc_diags *d, const struct fc_diag *g, FILE *out)
{
    fputc('{', out);
    json_place(d->sources, g->span, out);
    fprintf(out, ",\"severity\":\"%s\",\"id\":\"%s\"", is_warning(d, g->error) ? "warning" : "error", rows[g->error].id);
    if (rows[g->error].severity != FC_ERROR)
        fprintf(out, ",\"name\":\"%s\"", label(d->arena, g->error) + strlen(rows[g->error].id) + 1);
    fprintf(out, ",\"message\":");
    json_string(out, g->text);
    if (g->help) {
        fprintf(out, ",\"help\":");
        json_string(out, g->help);
    }
    fprintf(out, ",\"notes\":[");
    for (const struct fc_note *n = g->notes; n; n = n->next) {
        fputc('{', out);
        json_place(d->sources, n->span, out);
        fprintf(out, ",\"message\":");
        json_string(out, n->text);
        fprintf(out, "}%s", n->next ? "," : "");
    }
    fprintf(out, "]}\n");
}

void fc_diags_print(struct fc_diags *d, FILE *out, bool json, bool color)
{
    struct printer p = {d, out, color};
    unsigned n;
    struct fc_diag **v = sorted(d, &n);
    for (unsigned i = 0; i < n; i++) {
        if (json)
            print_json(d, v[i], out);
        else
            print_text(&p, v[i]);
    }
    if (!json)
        print_summary(&p);
}

bool fc_explain(const char *id, const char **format, const char **explanation)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcasecmp(rows[i].id, id) == 0 || (rows[i].severity != FC_ERROR && strcasecmp(rows[i].name, id) == 0)) {
            *format = rows[i].format;
            *explanation = rows[i].explanation;
            return true;
        }
    }
    return false;
}
