/*
 * fmt.c - the layout of a source.
 *
 * Works on tokens, not on the tree, so comments and everything else survive. Which tokens share a line is the
 * writer's decision and stays; the rest is made canonical:
 *  - a line that begins a statement, or ends a block, is indented by 4 blanks for each open brace;
 *  - a line that goes on with a statement, or hangs behind a `{` that has something after it, moves with the line it
 *    belongs to;
 *  - between two tokens there is one blank or none, as `gap` says; two or more blanks are an alignment and stay
 *    wherever a blank belongs;
 *  - at most one empty line, none behind `{` and before `}`; no blanks at the end of a line.
 * Formatting twice gives the same as once. At the end the result is compared with the source, blanks aside.
 */
#include "verbs/fmt.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "syntax/lexer.h"
#include "syntax/parse.h"

int fc_rawlex_init_extra(struct fc_parser *extra, void **scanner);
struct yy_buffer_state *fc_raw_scan_bytes(const char *s, int len, void *scanner);
int fc_rawlex_destroy(void *scanner);

enum { INDENT = 4 };

struct token {
    int kind;
    uint32_t start, end;
    bool type_angle; /* `<` or `>` of map<T> */
    bool operand;    /* what ends here is a value: a `-` behind it is binary, a `[` an index */
    bool json;       /* inside a JSON object */
};

struct tokens {
    struct token *v;
    size_t n, cap;
};

struct fmt {
    struct fc_compilation *c;
    const char *text;
    struct tokens tokens;
    char *out;
    size_t n, cap;
    size_t depth;      /* open braces */
    long shift;        /* how far the last line of canonical indentation moved */
    bool hanging[FC_MAX_NESTING + 1];
};

static void put(struct fmt *f, const char *s, size_t n)
{
    if (f->n + n + 1 > f->cap) {
        size_t cap = (f->n + n + 1) * 2;
        char *p = fl_arena_get(&f->c->arena, cap);
        if (f->n)
            memcpy(p, f->out, f->n);
        f->out = p;
        f->cap = cap;
    }
    memcpy(f->out + f->n, s, n);
    f->n += n;
    f->out[f->n] = 0;
}

static void blanks(struct fmt *f, size_t n)
{
    while (n--)
        put(f, " ", 1);
}

/* ---- reading ---- */

static void add_token(struct fmt *f, int kind, struct fc_span span)
{
    struct tokens *t = &f->tokens;
    fl_arena_grow(&f->c->arena, t->v, t->n, t->cap);
    t->v[t->n++] = (struct token){.kind = kind, .start = span.start, .end = span.end};
}

/* All tokens; a template is one. */
static bool read_tokens(struct fmt *f, struct fc_parse *p, uint32_t file)
{
    const struct fc_source *src = &f->c->sources.v[file];
    struct fc_parser *ps = fl_arena_zero(p->arena, sizeof *ps);
    ps->p = p;
    ps->file = file;
    if (fc_rawlex_init_extra(ps, &ps->scanner) != 0)
        return false;
    if (!fc_raw_scan_bytes(src->text, (int)src->len, ps->scanner)) {
        fc_rawlex_destroy(ps->scanner);
        return false;
    }
    FC_YYSTYPE value;
    struct fc_span span;
    unsigned templates = 0;
    for (int kind; (kind = fc_rawlex(&value, &span, ps->scanner)) != END;) {
        if (kind == TEMPLATE_END)
            templates--;
        if (templates)
            f->tokens.v[f->tokens.n - 1].end = span.end;
        else if (kind == TEMPLATE_END)
            f->tokens.v[f->tokens.n - 1].end = span.end;
        else
            add_token(f, kind, span);
        if (kind == TEMPLATE_BEGIN)
            templates++;
    }
    fc_rawlex_destroy(ps->scanner);
    return true;
}

static bool reserved(const struct fmt *f, const struct token *t)
{
    return t->end - t->start < 16 && fc_is_reserved(fc_source_slice(&f->c->sources, (struct fc_span){f->c->main_source, t->start, t->end}));
}

static bool is_name(const struct fmt *f, const struct token *t)
{
    return isalpha((unsigned char)f->text[t->start]) || f->text[t->start] == '_';
}

/* Fill in the flags. */
static void mark_tokens(struct fmt *f)
{
    struct token *v = f->tokens.v;
    unsigned angles = 0, json = 0;
    for (size_t i = 0; i < f->tokens.n; i++) {
        struct token *t = &v[i], *prev = i ? t - 1 : NULL;
        bool map = prev && prev->end - prev->start == 3 && memcmp(f->text + prev->start, "map", 3) == 0;
        if (t->kind == '<' && map) {
            t->type_angle = true;
            angles++;
        } else if (t->kind == '>' && angles) {
            t->type_angle = true;
            angles--;
        } else if (t->kind == ';') {
            angles = 0;
        }
        if (t->kind == '{' && (json || (prev && (prev->kind == GIVEN || prev->kind == '=' || prev->kind == EQ))))
            json++;
        t->json = json > 0;
        if (t->kind == '}' && json)
            json--;
        if (t->kind == TEMPLATE_BEGIN || t->kind == STRING)
            t->operand = true;
        else if (is_name(f, t))
            t->operand = !reserved(f, t) || t->kind == TRUE || t->kind == FALSE || t->kind == NUL || (prev && prev->kind == '.');
        else
            t->operand = t->kind == ')' || t->kind == ']' || t->kind == '}' || t->kind == ADDRESS ||
                         isdigit((unsigned char)f->text[t->start]);
    }
}

/* ---- spaces inside a line ---- */

static bool question_is_condition(const struct fmt *f, const struct token *q, const struct token *next, bool blank_before)
{
    (void)q;
    if (!next || strchr(";:={,)]>", next->kind < 256 && next->kind > 0 ? next->kind : ';'))
        return next && next->kind > 256 && next->kind != AS && next->kind != FROM && (!is_name(f, next) || next->kind == NAME || blank_before);
    return true;
}

/* A blank between a and b? `had`: the source has one. */
static bool gap(const struct fmt *f, const struct token *a, const struct token *b, const struct token *after_b, const struct token *before_a, bool had)
{
    int x = a->kind, y = b->kind;
    if (y == ';' || y == ',' || y == ')' || y == ']' || x == '(' || x == '[' || x == '.' || y == '.' || x == SPREAD)
        return false;
    if (x == '{' && y == '}')
        return false;
    if (x == '{' || y == '{' || y == '}' || x == '}' || x == ',' || x == ';')
        return true;
    if (a->type_angle && x == '<')
        return false;
    if (b->type_angle)
        return false;
    if (b->json && y == ':')
        return false;
    if (y == '?')
        return question_is_condition(f, b, after_b, had);
    if (x == '-' && !(before_a && before_a->operand))
        return false;
    if (x == '-' && before_a->kind == '}' && after_b && (after_b->kind == '{' || after_b->kind == ',')) /* an alternative of select */
        return false;
    if (y == '(' || y == '[') {
        if (x == NAME || x == ')' || x == ']')
            return false;
        if (is_name(f, a))
            return a->operand ? had : true;
    }
    return true;
}

/* ---- lines ---- */

static size_t column_of(const struct fmt *f, uint32_t offset)
{
    uint32_t line = offset;
    while (line > 0 && f->text[line - 1] != '\n')
        line--;
    size_t col = 0;
    for (; line < offset; line++)
        col = f->text[line] == '\t' ? (col / INDENT + 1) * INDENT : col + 1;
    return col;
}

/* Begin a line at which `offset` of the source stands. `canonical`: a statement or comment begins, or a block ends. */
static void indent(struct fmt *f, uint32_t offset, bool canonical, size_t depth)
{
    long was = (long)column_of(f, offset), least = (long)(depth * INDENT), now = least;
    if (canonical) {
        f->shift = now - was;
    } else {
        now = was + f->shift;
        if (now < least)
            now = least;
    }
    blanks(f, (size_t)now);
}

static void newline(struct fmt *f)
{
    while (f->n && f->out[f->n - 1] == ' ')
        f->n--;
    if (f->n)
        put(f, "\n", 1);
}

/* What stands between two tokens: comments and line ends. Returns whether the next token begins a line. */
static bool between(struct fmt *f, uint32_t start, uint32_t end, const struct token *prev, const struct token *next, bool starts_statement)
{
    unsigned lines = 0;
    bool any = false;
    for (uint32_t p = start; p < end; p++) {
        if (f->text[p] == '\n') {
            lines++;
        } else if (f->text[p] == '#') {
            uint32_t e = p;
            while (e < end && f->text[e] != '\n')
                e++;
            uint32_t last = e;
            while (isspace((unsigned char)f->text[last - 1]))
                last--;
            if (lines == 0 && prev) {
                uint32_t b = p;
                while (b > start && f->text[b - 1] == ' ')
                    b--;
                blanks(f, p - b ? p - b : 1);
            } else {
                newline(f);
                if (lines > 1 && f->n && !(prev && prev->kind == '{' && !any))
                    put(f, "\n", 1);
                bool hanging = f->depth && f->hanging[f->depth < FC_MAX_NESTING ? f->depth : FC_MAX_NESTING];
                long shift = f->shift;
                indent(f, p, starts_statement && !hanging, f->depth);
                if (!(starts_statement && !hanging))
                    f->shift = shift;
            }
            put(f, f->text + p, last - p);
            lines = 0;
            any = true;
            p = e - 1;
        }
    }
    if (!any && lines == 0)
        return prev == NULL;
    newline(f);
    bool open = prev && prev->kind == '{' && !any, close = next && next->kind == '}';
    if (lines > 1 && next && !open && !close && f->n)
        put(f, "\n", 1);
    return true;
}

static size_t space_before(const struct fmt *f, uint32_t start, uint32_t end)
{
    size_t n = 0;
    for (; start < end; start++)
        n += f->text[start] == ' ';
    return n;
}

/* Behind a `}`: does t begin something, or go on with what the block is a part of? */
static bool begins(const struct fmt *f, const struct token *t)
{
    static const int goes_on[] = {AND, OR, IN, MATCHES, CACHE, EXPIRE, HAVING, TOP, YAML, ONE, FROM, SECRET, AS, MAX, EVERY};
    for (size_t i = 0; i < sizeof goes_on / sizeof *goes_on; i++)
        if (t->kind == goes_on[i])
            return false;
    return is_name(f, t) || t->operand || t->kind == '}' || t->kind == '{' || t->kind == SPREAD || t->kind == UNDERSCORE;
}

static void write_tokens(struct fmt *f, size_t len)
{
    struct token *v = f->tokens.v;
    for (size_t i = 0; i < f->tokens.n; i++) {
        struct token *t = &v[i], *prev = i ? t - 1 : NULL;
        struct token *next = i + 1 < f->tokens.n ? t + 1 : NULL;
        bool starts = !prev || prev->kind == ';' || prev->kind == '{' || (prev->kind == '}' && begins(f, t));
        if (prev && prev->json && !(prev->kind == '}' && !t->json))
            starts = prev->kind == '{' || prev->kind == ',';
        if (t->kind == ELSE)
            starts = true;
        bool fresh = between(f, prev ? prev->end : 0, t->start, prev, t, starts);
        size_t d = f->depth;
        if (t->kind == '}' && d)
            d--;
        if (fresh) {
            bool hanging = f->depth && f->hanging[f->depth];
            indent(f, t->start, t->kind == '}' || (starts && !hanging), d);
        } else if (prev && gap(f, prev, t, next, i > 1 ? prev - 1 : NULL, t->start > prev->end)) {
            size_t had = space_before(f, prev->end, t->start);
            blanks(f, had > 1 ? had : 1);
        }
        put(f, f->text + t->start, t->end - t->start);
        if (t->kind == '}') {
            f->depth = d;
        } else if (t->kind == '{' && f->depth < FC_MAX_NESTING) {
            uint32_t e = t->end;
            while (f->text[e] == ' ' || f->text[e] == '\t' || f->text[e] == '\r')
                e++;
            f->hanging[++f->depth] = f->text[e] != '\n' && f->text[e] != '#';
        }
    }
    uint32_t last = f->tokens.n ? v[f->tokens.n - 1].end : 0;
    between(f, last, (uint32_t)len, f->tokens.n ? &v[f->tokens.n - 1] : NULL, NULL, true);
    newline(f);
    if (f->n && f->out[f->n - 1] != '\n')
        put(f, "\n", 1);
    while (f->n > 1 && f->out[f->n - 1] == '\n' && f->out[f->n - 2] == '\n')
        f->out[--f->n] = 0;
}

/* ---- the proof ---- */

static bool same_but_blanks(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (isspace((unsigned char)*a))
            a++;
        while (isspace((unsigned char)*b))
            b++;
        if (*a != *b)
            return false;
        if (!*a)
            return true;
    }
}

static bool same_tokens(const struct fmt *a, const struct fmt *b)
{
    if (a->tokens.n != b->tokens.n)
        return false;
    for (size_t i = 0; i < a->tokens.n; i++) {
        const struct token *x = &a->tokens.v[i], *y = &b->tokens.v[i];
        if (x->kind != y->kind || x->end - x->start != y->end - y->start || memcmp(a->text + x->start, b->text + y->start, x->end - x->start) != 0)
            return false;
    }
    return true;
}

const char *fc_format(struct fc_compilation *c, uint32_t file, size_t *len)
{
    struct fmt f = {.c = c, .text = c->sources.v[file].text};
    struct fc_parse p = {&c->arena, &c->sources, &c->diags};
    c->main_source = file;
    put(&f, "", 0);
    if (!read_tokens(&f, &p, file))
        return NULL;
    mark_tokens(&f);
    write_tokens(&f, c->sources.v[file].len);

    uint32_t again = fc_source_text(&c->sources, "<formatted>", f.out, f.n, (struct fc_span){0, 0, 0});
    struct fmt g = {.c = c, .text = c->sources.v[again].text};
    f.text = c->sources.v[file].text;
    const char *text = f.text;
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    if (!read_tokens(&g, &p, again) || !same_tokens(&f, &g) || !same_but_blanks(text, f.out))
        return NULL;
    *len = f.n;
    return f.out;
}
