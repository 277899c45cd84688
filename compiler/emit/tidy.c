/*
 * tidy.c - C that reads well: conditions without double negation, functions without a `(void)x;` that they do not need.
 *
 * While a function is written it is not known whether its last line will use a parameter, so each begins by naming those that
 * may stay unused. Here the whole text is known. fce_tidy is called once, by fc_emit.
 */
#include <ctype.h>
#include <string.h>

#include "emit/emit.h"

/* ---- conditions ------------------------------------------------------------------------------------------------ */

/* The first `what` outside of strings that stands in `depth` parentheses, or NULL. */
static const char *find(const char *p, const char *what, int depth)
{
    int at = 0;
    bool quoted = false;
    for (; *p; p++) {
        if (!quoted && at == depth && strncmp(p, what, strlen(what)) == 0)
            return p;
        if (quoted && *p == '\\' && p[1])
            p++;
        else if (*p == '"')
            quoted = !quoted;
        else if (!quoted && *p == '(')
            at++;
        else if (!quoted && *p == ')')
            at--;
    }
    return NULL;
}

/* Does the parenthesis at p[0] close at the text's very end, and hold no comma operator? */
static bool wrapped(const char *p)
{
    if (*p != '(')
        return false;
    const char *end = find(p, ")", 1);
    return end && end[1] == 0 && !find(p, ",", 1);
}

/* not a and not b .. for a or b .., where that is shorter; NULL: it is not. */
static const char *all_not(struct fc_em *m, const char *n)
{
    const char *out = "", *or;
    do {
        or = find(n, " || ", 0);
        const char *part = or ? fl_arena_strndup(m->a, n, (size_t)(or - n)) : n, *no = fce_not(m, part);
        if (no[0] == '!')
            return NULL;
        out = fce_text(m, "%s%s%s", out, *out ? " && " : "", no);
        n = or ? or + 4 : n;
    } while (or);
    return fce_text(m, "(%s)", out);
}

const char *fce_bare(struct fc_em *m, const char *c)
{
    while (wrapped(c) && c[1] != '{')
        c = fl_arena_strndup(m->a, c + 1, strlen(c) - 2);
    return c;
}

const char *fce_not(struct fc_em *m, const char *n)
{
    size_t len = strlen(n);
    if (strcmp(n, "true") == 0)
        return "false";
    if (strcmp(n, "false") == 0)
        return "true";
    if (n[0] == '!' && (wrapped(n + 1) || !strpbrk(n, " (")))
        return n + 1;
    if (len > 5 && strcmp(n + len - 5, " != 1") == 0 && !strpbrk(n, "|&("))
        return fce_text(m, "%.*s == 1", (int)(len - 5), n);
    const char *all = find(n, " || ", 0) ? all_not(m, n) : NULL;
    if (all)
        return all;
    return !strpbrk(n, " (") || wrapped(n) ? fce_text(m, "!%s", n) : fce_text(m, "!(%s)", n);
}

/* `c && ` and then, for what may only be evaluated where n is false. */
const char *fce_guarded(struct fc_em *m, const char *n, const char *then)
{
    const char *no = n ? fce_not(m, n) : NULL;
    return no ? fce_text(m, "%s && %s", find(no, " && ", 1) ? fce_bare(m, no) : no, then) : then;
}

bool fce_is_bit(const char *c)
{
    return wrapped(c) && find(c, " & ", 1) && !find(c, " && ", 1) && !find(c, " || ", 1) && !find(c, " == ", 1);
}

/* ---- parameters ------------------------------------------------------------------------------------------------ */

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Does the text use the name, other than as `(void)name`? */
static bool uses(const char *text, const char *end, const char *name, size_t n)
{
    for (const char *p = text; (p = memmem(p, (size_t)(end - p), name, n)) != NULL; p += n) {
        bool whole = !word_char(p[-1]) && !word_char(p[n]) && p[-1] != '.' && p[-1] != '>';
        bool declared = n == 1 && strncmp(p + 1, " = ", 3) == 0; /* struct rec *r = .., const uint32_t n = .. */
        if (whole && !declared && strncmp(p - 6, "(void)", 6) != 0)
            return true;
    }
    return false;
}

/* Parameters, and what a function begins with; not results that only a warning asks for. */
static bool is_parameter(const char *name, size_t n)
{
    static const char *const names[] = {"cx", "r", "f", "b", "n", "v", "o", "out"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && strncmp(names[i], name, n) == 0)
            return true;
    return false;
}

/* A line such as `    (void)cx, (void)r;`, with what is left of it. */
static bool voids(const char *line, const char *end, const char *body, const char *body_end, FILE *out)
{
    const char *p = line + strspn(line, " "), *start = p;
    bool any = false;
    while (strncmp(p, "(void)", 6) == 0) {
        size_t n = strcspn(p += 6, ",;)\n");
        if (!is_parameter(p, n))
            return false;
        p += n + (p[n] == ',') * 2;
    }
    if (p == start || *p != ';' || p + 1 != end)
        return false;
    for (p = start + 6; p < end; p += 6) {
        size_t n = strcspn(p, ",;");
        if (!uses(body, body_end, p, n)) {
            if (any)
                fprintf(out, ", ");
            else
                fwrite(line, 1, (size_t)(start - line), out);
            fprintf(out, "(void)%.*s", (int)n, p);
            any = true;
        }
        p += n;
        if (*p != ',')
            break;
        p += 2;
    }
    if (any)
        fprintf(out, ";\n");
    return true;
}

void fce_tidy(const char *text, FILE *out)
{
    const char *body = text, *body_end = text;
    for (const char *line = text; *line;) {
        const char *end = strchr(line, '\n');
        end = end ? end : line + strlen(line);
        if (strncmp(line, "{\n", 2) == 0) { /* a function's body, to the brace in the first column */
            body = line + 1;
            body_end = strstr(line, "\n}\n");
            body_end = body_end ? body_end : line + strlen(line);
        }
        if (line < body || line >= body_end || !voids(line, end, body, body_end, out))
            fwrite(line, 1, (size_t)(end - line) + (*end == '\n'), out);
        line = *end ? end + 1 : end;
    }
}
