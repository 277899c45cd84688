/*
 * rename.c - the C of a variant gets a suffix behind each name that it has at file level, so that variants stand in one file. It reads
 * the C that flowc wrote, no other: declarations begin at depth 0 with `static`, `struct`, `enum` or `#define`.
 */
#include "emit/emit.h"

#include <ctype.h>
#include <string.h>

#include "text/index.h"

enum kind { END, WORD, OTHER };

struct scan {
    const char *p;
    const char *from; /* the last token; what stands before it since the one before is blank or comment */
    size_t n;
};

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static const char *behind_quoted(const char *p)
{
    char quote = *p++;
    while (*p && *p != quote)
        p += *p == '\\' && p[1] ? 2 : 1;
    return *p ? p + 1 : p;
}

/* Blanks, comments, and the directives that hold no names. */
static const char *behind_blank(const char *p)
{
    for (;;) {
        if (p[0] == '/' && p[1] == '*') {
            const char *end = strstr(p + 2, "*/");
            p = end ? end + 2 : p + strlen(p);
        } else if (*p == '#' && strncmp(p, "#define", 7) != 0) {
            p += strcspn(p, "\n");
        } else if (isspace((unsigned char)*p)) {
            p++;
        } else {
            return p;
        }
    }
}

/* A directive's `#define` is one token, -> too. */
static enum kind next(struct scan *s)
{
    const char *p = s->from = behind_blank(s->p);
    enum kind kind = OTHER;
    if (!*p) {
        kind = END;
    } else if (*p == '#') {
        p += strlen("#define");
    } else if (isdigit((unsigned char)*p)) {
        while (in_word(*p) || *p == '.')
            p++;
    } else if (in_word(*p)) {
        kind = WORD;
        while (in_word(*p))
            p++;
    } else if (*p == '"' || *p == '\'') {
        p = behind_quoted(p);
    } else {
        p += p[0] == '-' && p[1] == '>' ? 2 : 1;
    }
    s->n = (size_t)(p - s->from);
    s->p = p;
    return kind;
}

static bool is(const struct scan *s, const char *text)
{
    return strlen(text) == s->n && memcmp(s->from, text, s->n) == 0;
}

static bool is_tag_word(const struct scan *s)
{
    return is(s, "struct") || is(s, "enum") || is(s, "union");
}

/* ---- the names ---- */

static void take(struct fc_em *m, struct fc_index *names, const char *name, size_t n)
{
    if (n && !fc_index_find(names, name, n))
        fc_index_put(names, m->a, fl_arena_strndup(m->a, name, n), n, m);
}

/* To the end of the braces or parentheses that were just opened. */
static void pass_inside(struct scan *s)
{
    for (int depth = 1; depth && next(s) != END;)
        depth += is(s, "{") || is(s, "(") ? 1 : is(s, "}") || is(s, ")") ? -1 : 0;
}

/* One declaration whose first token was read. Its name is the last word before what follows a name. */
static void take_declaration(struct fc_em *m, struct fc_index *names, struct scan *s, enum kind kind)
{
    const char *name = NULL;
    size_t n = 0;
    bool own = is(s, "static"), called = false, valued = false, tag = false;
    for (; kind != END && !is(s, ";"); kind = next(s)) {
        if (kind == WORD) {
            struct scan ahead = *s;
            next(&ahead);
            if (tag && (is(&ahead, "{") || is(&ahead, ";")))
                take(m, names, s->from, s->n);
            tag = is_tag_word(s);
            if (!called && !valued) {
                name = s->from;
                n = s->n;
            }
        } else if (is(s, "(")) {
            called |= !valued;
            pass_inside(s);
        } else if (is(s, "[")) {
            valued = true;
        } else if (is(s, "=")) {
            valued = true;
        } else if (is(s, "{")) {
            pass_inside(s);
            if (called && !valued)
                break; /* a function's body */
        }
    }
    if (own)
        take(m, names, name, n);
}

static void find_names(struct fc_em *m, struct fc_index *names, const char *text)
{
    struct scan s = {.p = text};
    for (enum kind kind = next(&s); kind != END; kind = next(&s)) {
        if (is(&s, "#define")) {
            next(&s);
            take(m, names, s.from, s.n);
            s.p += strcspn(s.p, "\n");
        } else {
            take_declaration(m, names, &s, kind);
        }
    }
}

/* ---- the text ---- */

/* A suffix that no name of the text ends in. */
static const char *free_suffix(struct fc_em *m, const char *text, const char *suffix)
{
    size_t n = strlen(suffix);
    for (const char *p = strstr(text, suffix); p; p = strstr(p + 1, suffix))
        if (!in_word(p[n]))
            return free_suffix(m, text, fce_text(m, "_%s", suffix));
    return suffix;
}

enum { DEEPEST = 256 };

/* Where members of structs stand, which keep their names: behind a dot, in the braces of a struct, and second in offsetof. */
struct place {
    bool members[DEEPEST]; /* by depth of braces */
    int depth;
    bool dot, tag, opens, offset, second;
};

static void go_on(struct place *at, const struct scan *s, bool word)
{
    if (is(s, "{") && ++at->depth < DEEPEST)
        at->members[at->depth] = at->opens;
    else if (is(s, "}"))
        at->depth--;
    at->opens = word && (at->tag || is_tag_word(s));
    at->tag = is_tag_word(s);
    at->dot = is(s, ".") || is(s, "->");
    at->offset = (at->offset && !is(s, ")")) || is(s, "offsetof");
    at->second = at->offset && (at->second || is(s, ","));
}

const char *fce_rename(struct fc_em *m, const char *text, const char *suffix, FILE *out)
{
    struct fc_index names = {0};
    struct scan s = {.p = text};
    struct place at = {.depth = 0};
    find_names(m, &names, text);
    suffix = free_suffix(m, text, suffix);
    for (;;) {
        const char *before = s.p;
        enum kind kind = next(&s);
        fwrite(before, 1, (size_t)(s.p - before), out);
        if (kind == END)
            return suffix;
        bool member = at.dot || at.second || (at.depth < DEEPEST && at.members[at.depth] && !at.tag);
        if (kind == WORD && !member && fc_index_find(&names, s.from, s.n))
            fputs(suffix, out);
        go_on(&at, &s, kind == WORD);
    }
}
