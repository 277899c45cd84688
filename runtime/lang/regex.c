/*
 * regex.c - regular expressions of the language (POSIX extended): matches and replace. See builtins.h.
 *
 * An expression that is one bracket such as [^A-Za-z0-9.-], the usual one for cleaning names, is done here with a
 * table; all others by the C library under the C.UTF-8 locale, so that characters are UTF-8 whatever the process's
 * locale is.
 */
#include <locale.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "lang/builtins.h"
#include "flowrt.h"

#define GROUPS 10

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif

struct fl_regex {
    bool bracket;       /* `set`, `others` and `many` say it all, but for groups */
    bool others;        /* characters that aren't ASCII match */
    bool many;          /* [..]+ */
    bool set[128];
    regex_t re;
    locale_t locale;
};

/* ---- one bracket ----------------------------------------------------------------------------- */

/* p behind `[`; returns the byte behind `]`, NULL if it is more than ASCII characters and ranges. */
static const char *parse_bracket(const char *p, bool *set, bool *negated)
{
    *negated = *p == '^';
    p += *negated;
    const char *first = p;
    for (; *p != ']' || p == first; p++) {
        unsigned char from = (unsigned char)*p, to = from;
        if (from == 0 || from >= 0x80 || (from == '[' && strchr(":.=", p[1])))
            return NULL;
        if (from == '-' && p != first && p[1] != ']')
            return NULL;
        if (p[1] == '-' && p[2] != ']') {
            to = (unsigned char)p[2];
            if (to < from || to >= 0x80 || to == '[' || to == '-')
                return NULL;
            p += 2;
        }
        for (unsigned c = from; c <= to; c++)
            set[c] = true;
    }
    return p + 1;
}

static bool is_bracket(struct fl_regex *re, const char *pattern)
{
    bool negated;
    if (*pattern != '[')
        return false;
    const char *p = parse_bracket(pattern + 1, re->set, &negated);
    if (!p)
        return false;
    re->many = *p == '+';
    if (p[re->many])
        return false;
    re->others = negated;
    for (unsigned c = 0; c < 128; c++)
        re->set[c] ^= negated;
    return true;
}

/* Length of the character at p (a UTF-8 sequence is one); *in: does it match? */
static inline uint32_t character(const struct fl_regex *re, const char *p, const char *end, bool *in)
{
    uint32_t n = 1;
    if ((unsigned char)*p < 0x80) {
        *in = re->set[(unsigned char)*p];
        return n;
    }
    *in = re->others;
    while (p + n < end && ((unsigned char)p[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* Text with every match replaced by `with`; with w NULL only its length is counted. */
static size_t bracket_replace(const struct fl_regex *re, fl_str s, fl_str with, char *w)
{
    const char *p = s.p, *end = s.p + s.n;
    size_t total = 0;
    bool before = false;
    while (p < end) {
        bool in;
        uint32_t n = character(re, p, end, &in);
        bool joined = in && before && re->many;
        const char *from = in ? with.p : p;
        size_t length = joined ? 0 : in ? with.n : n;
        if (w && length)
            memcpy(w + total, from, length);
        total += length;
        before = in;
        p += n;
    }
    return total;
}

static bool bracket_matches(const struct fl_regex *re, fl_str s)
{
    bool in = false;
    for (const char *p = s.p, *end = s.p + s.n; p < end && !in;)
        p += character(re, p, end, &in);
    return in;
}

/* ---- compiling ------------------------------------------------------------------------------- */

struct fl_regex *fl_regex_new(const char *pattern, char **error)
{
    struct fl_regex *re = fl_new(struct fl_regex);
    re->locale = newlocale(LC_CTYPE_MASK | LC_COLLATE_MASK, "C.UTF-8", (locale_t)0);
    if (!re->locale)
        re->locale = newlocale(LC_CTYPE_MASK | LC_COLLATE_MASK, "C", (locale_t)0); /* then characters are bytes */
    locale_t before = uselocale(re->locale);
    int r = regcomp(&re->re, pattern, REG_EXTENDED);
    uselocale(before);
    if (r == 0) {
        re->bracket = is_bracket(re, pattern);
        return re;
    }
    char why[200];
    regerror(r, &re->re, why, sizeof why);
    *error = fl_said("bad regular expression \"%s\": %s", pattern, why);
    freelocale(re->locale);
    free(re);
    return NULL;
}

void fl_regex_free(struct fl_regex *re)
{
    if (!re)
        return;
    regfree(&re->re);
    freelocale(re->locale);
    free(re);
}

#ifndef REG_STARTEND
#error "regexec needs REG_STARTEND: texts have no end mark"
#endif

/* The first match from byte `from` on. Of what is asked, `groups` places in m, much of the time is spent on more than none. */
static bool search(const struct fl_regex *re, fl_str s, size_t from, regmatch_t *m, size_t groups)
{
    const char *p = s.n ? s.p : "";
#ifdef ASAN
    char *copy = fl_alloc_zero((size_t)s.n + 1); /* its regexec wants an end mark nevertheless */
    p = memcpy(copy, p, s.n);
#endif
    m[0].rm_so = (regoff_t)from;
    m[0].rm_eo = (regoff_t)s.n;
    locale_t before = uselocale(re->locale);
    int r = regexec(&re->re, p, groups, m, REG_STARTEND | (from ? REG_NOTBOL : 0));
    uselocale(before);
#ifdef ASAN
    free(copy);
#endif
    return r == 0;
}

bool fl_regex_matches(const struct fl_regex *re, fl_str s)
{
    regmatch_t range; /* where to search: none is given back */
    if (s.n == 0)
        s.p = "";
    return re->bracket ? bracket_matches(re, s) : search(re, s, 0, &range, 0);
}

/* ---- replace --------------------------------------------------------------------------------- */

/* `with` with the groups of a match put in; with w NULL only the length is counted. */
static size_t expand(fl_str s, const regmatch_t *m, fl_str with, char *w)
{
    size_t total = 0;
    for (uint32_t i = 0; i < with.n; i++) {
        const char *from = with.p + i;
        size_t n = 1;
        if (*from == '\\' && i + 1 < with.n) {
            char c = with.p[++i];
            from = with.p + i;
            if (c >= '0' && c <= '9') {
                const regmatch_t *g = &m[c - '0'];
                from = g->rm_so >= 0 ? s.p + g->rm_so : NULL;
                n = from ? (size_t)(g->rm_eo - g->rm_so) : 0;
            }
        }
        if (w && n)
            memcpy(w + total, from, n);
        total += n;
    }
    return total;
}

/* Groups that `with` names, the whole match among them. */
static size_t groups_of(fl_str with)
{
    size_t groups = 1;
    for (uint32_t i = 0; i + 1 < with.n; i++)
        if (with.p[i] == '\\') {
            char c = with.p[++i];
            size_t n = c >= '0' && c <= '9' ? (size_t)(c - '0') + 1 : 0;
            groups = n > groups ? n : groups;
        }
    return groups;
}

struct found {
    regmatch_t m[GROUPS];
};

/* All matches from left to right, in scratch. An empty match right behind the one before doesn't count. */
static uint32_t find_all(struct fl_cx *cx, const struct fl_regex *re, fl_str s, size_t groups, struct found **out)
{
    uint32_t n = 0, cap = 0;
    struct found *v = NULL, one;
    size_t from = 0;
    while (from <= s.n && search(re, s, from, one.m, groups)) {
        size_t so = (size_t)one.m[0].rm_so, eo = (size_t)one.m[0].rm_eo;
        bool empty = so == eo;
        if (!(empty && n && so == (size_t)v[n - 1].m[0].rm_eo)) {
            if (n == cap) {
                cap = cap ? cap * 2 : 8;
                struct found *more = fl_arena_get(cx->scratch, cap * sizeof *more);
                if (n)
                    memcpy(more, v, n * sizeof *v);
                v = more;
            }
            v[n++] = one;
        }
        from = eo;
        if (empty)
            for (from++; from < s.n && ((unsigned char)s.p[from] & 0xc0) == 0x80; from++)
                ;
    }
    *out = v;
    return n;
}

fl_str fl_b_replace(struct fl_cx *cx, fl_str s, const struct fl_regex *re, fl_str with)
{
    if (s.n == 0)
        s = FL_LIT("");
    if (re->bracket && !(with.n && memchr(with.p, '\\', with.n))) {
        if (!bracket_matches(re, s))
            return s;
        char *w = fl_scratch(cx, bracket_replace(re, s, with, NULL));
        return (fl_str){w, (uint32_t)bracket_replace(re, s, with, w), FL_PLAIN};
    }
    struct found *v;
    uint32_t n = find_all(cx, re, s, groups_of(with), &v);
    if (n == 0)
        return s;
    size_t total = s.n;
    for (uint32_t i = 0; i < n; i++)
        total += expand(s, v[i].m, with, NULL) - (size_t)(v[i].m[0].rm_eo - v[i].m[0].rm_so);
    char *p = fl_scratch(cx, total), *w = p;
    size_t done = 0;
    for (uint32_t i = 0; i <= n; i++) {
        size_t to = i < n ? (size_t)v[i].m[0].rm_so : s.n;
        if (to > done)
            memcpy(w, s.p + done, to - done);
        w += to - done;
        if (i == n)
            break;
        w += expand(s, v[i].m, with, w);
        done = (size_t)v[i].m[0].rm_eo;
    }
    return (fl_str){p, (uint32_t)(w - p), FL_PLAIN};
}
