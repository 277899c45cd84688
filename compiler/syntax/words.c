/*
 * words.c - what a token's text means: keywords, numbers with their units, escapes. Called by the lexer and for messages.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "syntax/lexer.h"
#include "text/escape.h"
#include "syntax/parse.h"

/* ---- keywords ---- */

struct word {
    int token;
    const char *spelling;
    bool reserved;
};

static const struct word words[] = {
#define R(token, spelling) {token, spelling, true},
#define W(token, spelling) {token, spelling, false},
#include "syntax/words.def"
#undef R
#undef W
};

static const struct word *find_word(const char *s, size_t len)
{
    size_t lo = 0, hi = sizeof words / sizeof *words;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = strncmp(words[mid].spelling, s, len);
        if (c == 0 && words[mid].spelling[len] == 0)
            return &words[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

int fc_word(const char *s, size_t len)
{
    const struct word *w = find_word(s, len);
    return w ? w->token : 0;
}

bool fc_is_word(const char *spelling)
{
    return find_word(spelling, strlen(spelling)) != NULL;
}

bool fc_is_reserved(const char *spelling)
{
    const struct word *w = find_word(spelling, strlen(spelling));
    return w && w->reserved;
}

/* ---- numbers ---- */

static const struct unit {
    const char *name;
    int token;
    int64_t factor;
} units[] = {
    {"", INTEGER, 1},
    {"k", INTEGER, 1000},
    {"M", INTEGER, 1000000},
    {"G", INTEGER, 1000000000},
    {"ns", DURATION, 1},
    {"us", DURATION, 1000},
    {"ms", DURATION, 1000000},
    {"s", DURATION, 1000000000},
    {"m", DURATION, 60 * INT64_C(1000000000)},
    {"h", DURATION, 3600 * INT64_C(1000000000)},
    {"d", DURATION, 86400 * INT64_C(1000000000)},
    {"B", SIZE, 1},
    {"kB", SIZE, 1000},
    {"MB", SIZE, 1000000},
    {"GB", SIZE, 1000000000},
    {"TB", SIZE, INT64_C(1000000000000)},
    {"KiB", SIZE, INT64_C(1) << 10},
    {"MiB", SIZE, INT64_C(1) << 20},
    {"GiB", SIZE, INT64_C(1) << 30},
    {"TiB", SIZE, INT64_C(1) << 40},
};

static int bad_number(struct fc_parser *ps, struct fc_span span, const char *text, size_t digits)
{
    struct fc_diag *g = fc_report(ps->p->diags, FC_BAD_NUMBER, span, text);
    const char *rest = text + digits;
    size_t fraction = *rest == '.' ? 1 + strspn(rest + 1, "0123456789") : 0;
    if (fraction && rest[fraction] != '.')
        fc_diag_help(ps->p->diags, g, "a number with a unit is whole: `1500ms`, not `1.5s`");
    else if (strcmp(rest, "K") == 0)
        fc_diag_help(ps->p->diags, g, "thousand is `k`");
    else if (strcmp(rest, "KB") == 0)
        fc_diag_help(ps->p->diags, g, "`kB` is 1000 bytes, `KiB` is 1024");
    else if (strcmp(rest, "sec") == 0 || strcmp(rest, "min") == 0)
        fc_diag_help(ps->p->diags, g, "units of time are ns, us, ms, s, m, h and d");
    else
        fc_diag_help(ps->p->diags, g, "units are k M G, B kB MB GB TB KiB MiB GiB TiB, and ns us ms s m h d");
    return INTEGER;
}

/* s is NUL-terminated. Out of range is not said here: JSON may have such numbers. */
int fc_read_number(struct fc_parser *ps, struct fc_span span, const char *s, size_t len, struct fc_number *out)
{
    memset(out, 0, sizeof *out);
    size_t digits = strspn(s, "0123456789");
    errno = 0;
    long long n = strtoll(s, NULL, 10);
    out->big = errno == ERANGE;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(s + digits, units[i].name) != 0)
            continue;
        if (out->big || __builtin_mul_overflow((int64_t)n, units[i].factor, &out->i)) {
            out->big = true;
            out->i = 0;
        }
        return units[i].token;
    }
    char *end;
    out->f = strtod(s, &end);
    if (end == s + len && strspn(s, "0123456789.eE+-") == len)
        return FLOAT;
    out->f = 0;
    out->big = false;
    return bad_number(ps, span, s, digits);
}

/* ---- escapes ---- */

/* `span` is the token; s is inside it, behind the quote except in a template. */
const char *fc_undo_escapes(struct fc_parser *ps, struct fc_span span, const char *s, size_t len, bool in_template, uint32_t *out_len)
{
    char *text = fl_arena_get(ps->p->arena, len + 1), *o = text;
    uint32_t base = span.start + (in_template ? 0 : 1);
    const char *end = s + len;
    for (const char *p = s; p < end;) {
        if (*p != '\\') {
            if (in_template && (*p == '{' || *p == '}'))
                p++; /* doubled */
            *o++ = *p++;
            continue;
        }
        const char *at = p++;
        size_t n = fc_unescape(at, end, &o);
        if (n > 0) {
            p = at + n;
        } else {
            size_t shown = p < end ? 2 : 1;
            while (p < end && *p == 'u' && shown < 6 && at + shown < end && isxdigit((unsigned char)at[shown]))
                shown++;
            while (at + shown < end && (at[shown] & 0xC0) == 0x80)
                shown++; /* not half of a character */
            struct fc_span bad = {span.file, base + (uint32_t)(at - s), base + (uint32_t)(at - s) + (uint32_t)shown};
            struct fc_diag *g = fc_report(ps->p->diags, FC_BAD_ESCAPE, bad, fl_arena_strndup(ps->p->arena, at, shown));
            if (in_template && p < end && (*p == '{' || *p == '}'))
                fc_diag_help(ps->p->diags, g, "in a template a brace is written twice: `%c%c`", *p, *p);
            else if (p < end && *p == 'u')
                fc_diag_help(ps->p->diags, g, "`\\u` takes four hexadecimal digits; characters over U+FFFF are a pair of surrogates");
            else if (p < end && strchr("dDwWsS", *p))
                fc_diag_help(ps->p->diags, g, "in a regular expression write `%s`",
                             *p == 'd' ? "[0-9]` or `[[:digit:]]" : *p == 'D' ? "[^0-9]` or `[^[:digit:]]" : *p == 'w' ? "[[:alnum:]_]"
                             : *p == 'W' ? "[^[:alnum:]_]" : *p == 's' ? "[[:space:]]" : "[^[:space:]]");
            else
                fc_diag_help(ps->p->diags, g, "for a backslash write `\\\\`");
            if (p < end)
                p++;
        }
    }
    *o = 0;
    *out_len = (uint32_t)(o - text);
    return text;
}

/* ---- the limit of nesting ---- */

void fc_too_deep(struct fc_parser *ps, struct fc_span span)
{
    if (!ps->stop)
        fc_report(ps->p->diags, FC_TOO_DEEP, span, FC_MAX_NESTING);
    ps->stop = true;
}
