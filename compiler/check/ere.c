/* ere.c - see ere.h: one walk over the expression, called by regex.c. */
#include "check/ere.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 200, MOST_TIMES = 32767 };

struct reader {
    struct fl_arena *a;
    struct fc_ere *e;
    const char *re, *p;
};

static bool say(struct reader *r, const char *at, size_t len, const char *wrong, const char *help)
{
    if (!r->e->wrong) {
        r->e->wrong = wrong;
        r->e->help = help;
        r->e->at = (size_t)(at - r->re);
        r->e->len = len;
    }
    return false;
}

static const char *quoted(struct reader *r, const char *at, size_t len)
{
    return fl_arena_printf(r->a, "`%.*s`", (int)len, at);
}

/* Bytes of the character at p. */
static size_t character(const char *p)
{
    size_t n = *p != 0;
    while (n && (p[n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* More than that is as good as that. */
static size_t held(size_t n)
{
    return n > FC_ERE_MOST ? FC_ERE_MOST + 1 : n;
}

/* ---- behind a backslash ---- */

static const struct escape {
    char letter;
    const char *is, *bracket; /* what to write, outside brackets and inside them; NULL: nothing does it there */
} escapes[] = {
    {'d', "a digit is `[0-9]` or `[[:digit:]]`", "0-9"},
    {'D', "what is no digit is `[^0-9]`", NULL},
    {'w', "a letter, digit or `_` is `[[:alnum:]_]`", "[:alnum:]_"},
    {'W', "what is no letter, digit or `_` is `[^[:alnum:]_]`", NULL},
    {'s', "white space is `[[:space:]]`", "[:space:]"},
    {'S', "what is no white space is `[^[:space:]]`", NULL},
    {'h', "a blank or tab is `[[:blank:]]`", "[:blank:]"},
    {'b', "the border of a word is `(^|[^[:alnum:]_])` before it and `($|[^[:alnum:]_])` behind it", NULL},
    {'B', "write what stands around it", NULL},
    {'<', "the border of a word is `(^|[^[:alnum:]_])` before it", NULL},
    {'>', "the border of a word is `($|[^[:alnum:]_])` behind it", NULL},
    {'A', "the text begins at `^`", NULL},
    {'`', "the text begins at `^`", NULL},
    {'Z', "the text ends at `$`", NULL},
    {'z', "the text ends at `$`", NULL},
    {'\'', "the text ends at `$`; a quote stands for itself without a backslash", NULL},
    {'n', "for a line end write `\\n` in the string, with one backslash", NULL},
    {'t', "for a tab write `\\t` in the string, with one backslash", NULL},
    {'r', "for a carriage return write `\\r` in the string, with one backslash", NULL},
    {'f', "for a form feed write `\\f` in the string, with one backslash", NULL},
    {'x', "for a character by its number write `\\u0041` in the string, with one backslash", NULL},
    {'u', "for a character by its number write `\\u0041` in the string, with one backslash", NULL},
    {'p', "classes of characters are `[[:alpha:]]`, `[[:upper:]]`, `[[:lower:]]`, `[[:digit:]]`, `[[:punct:]]`", NULL},
    {'P', "classes of characters are `[[:alpha:]]`, `[[:upper:]]`, `[[:lower:]]`, `[[:digit:]]`, `[[:punct:]]`", NULL},
    {'Q', "put a backslash before each of `.[]()*+?{}|^$\\` instead, or ask contains(text, \"..\")", NULL},
    {'E', "put a backslash before each of `.[]()*+?{}|^$\\` instead, or ask contains(text, \"..\")", NULL},
    {'k', "groups have no names, and nothing refers back to them", NULL},
    {'g', "nothing refers back to a group", NULL},
};

static const struct escape *escape_of(char c)
{
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (escapes[i].letter == c)
            return &escapes[i];
    return NULL;
}

/* At a backslash outside brackets. */
static bool escape(struct reader *r)
{
    const char *at = r->p, c = at[1];
    const struct escape *e = escape_of(c);
    if (!c)
        return say(r, at, 1, "nothing stands behind the last `\\`", "for a backslash itself write `\\\\\\\\` in the string");
    size_t len = 1 + character(at + 1);
    if (c >= '1' && c <= '9')
        return say(r, at, len, fl_arena_printf(r->a, "%s refers back to a group, which POSIX doesn't have", quoted(r, at, len)),
                   "write out what the group may be; groups count only in the new text of replace(..)");
    if (e || isalnum((unsigned char)c))
        return say(r, at, len, fl_arena_printf(r->a, "%s means nothing", quoted(r, at, len)),
                   e ? e->is : "a letter or digit stands for itself, without a backslash");
    r->p += len;
    return true;
}

/* ---- brackets ---- */

static const char *const classes[] = {"alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit"};

/* p at `[:`, `[.` or `[=` inside brackets; behind its end, or NULL after a message. */
static const char *class_of(struct reader *r, const char *p)
{
    const char end[] = {p[1], ']', 0}, *close = strstr(p + 2, end);
    if (!close) {
        say(r, p, 2, fl_arena_printf(r->a, "%s has no %s", quoted(r, p, 2), quoted(r, end, 2)), NULL);
        return NULL;
    }
    size_t n = (size_t)(close - p - 2);
    bool known = p[1] != ':';
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        known |= strlen(classes[i]) == n && memcmp(classes[i], p + 2, n) == 0;
    if (!known) {
        say(r, p, n + 4, fl_arena_printf(r->a, "there is no class %s", quoted(r, p, n + 4)),
            n == 4 && memcmp(p + 2, "word", 4) == 0 ? "a letter, digit or `_` is `[[:alnum:]_]`"
                : "there is alnum, alpha, blank, cntrl, digit, graph, lower, print, punct, space, upper and xdigit");
        return NULL;
    }
    return close + 2;
}

/* A backslash inside brackets is one of the characters, so `[\d]` is a backslash or d, and `[\]]` ends at its first `]`. */
static bool backslash_in(struct reader *r, const char *p)
{
    const struct escape *e = escape_of(p[1]);
    if (p[1] == ']' && p[2] == ']')
        return say(r, p, 2, "`\\` stands for itself in brackets, so `]` ends them here",
                   "a `]` stands first in its brackets: `[]..]`, `[^]..]`");
    if (!e || !isalpha((unsigned char)p[1]))
        return true;
    return say(r, p, 2, fl_arena_printf(r->a, "%s in brackets is a backslash or the letter", quoted(r, p, 2)),
               e->bracket ? fl_arena_printf(r->a, "write `%s` there", e->bracket) : e->is);
}

static bool range(struct reader *r, const char *from, const char *to)
{
    size_t len = (size_t)(to - from) + character(to);
    unsigned char a = (unsigned char)*from, b = (unsigned char)*to;
    if (a < 0x80 && b < 0x80 && a > b)
        return say(r, from, len, fl_arena_printf(r->a, "the range %s runs backwards", quoted(r, from, len)),
                   fl_arena_printf(r->a, "write `%c-%c`; a `-` itself stands first or last in its brackets", b, a));
    if (isupper(a) && islower(b))
        return say(r, from, len, fl_arena_printf(r->a, "the range %s takes `[`, `\\`, `]`, `^` and `_` too", quoted(r, from, len)),
                   "all letters are `A-Za-z` or `[:alpha:]`");
    return true;
}

static bool bracket(struct reader *r)
{
    const char *at = r->p, *p = at + 1;
    if (*p == ':' || *p == '=' || *p == '.') {
        const char end[] = {*p, ']', 0}, *close = strstr(p + 1, end);
        if (close && close > p + 1 && memchr(p, ']', (size_t)(close - p)) == NULL)
            return say(r, at, (size_t)(close + 2 - at),
                       fl_arena_printf(r->a, "%s is a set of these letters", quoted(r, at, (size_t)(close + 2 - at))),
                       fl_arena_printf(r->a, "a class of characters stands in brackets of its own: `[%.*s]`", (int)(close + 2 - at), at));
    }
    p += *p == '^';
    for (const char *first = p; *p != ']' || p == first;) {
        const char *from = p;
        if (!*p)
            return say(r, at, 1, "this `[` has no `]`", "for the character itself write `\\\\[` in the string");
        if (*p == '[' && (p[1] == ':' || p[1] == '.' || p[1] == '=')) {
            if (!(p = class_of(r, p)))
                return false;
        } else if (*p == '\\' && !backslash_in(r, p)) {
            return false;
        } else {
            p += character(p);
        }
        if (*p == '-' && p[1] && p[1] != ']' && !(p[1] == '[' && strchr(":.=", p[2]))) {
            if (!range(r, from, p + 1))
                return false;
            p += 1 + character(p + 1);
        }
    }
    r->p = p + 1;
    return true;
}

/* ---- groups ---- */

/* At `(?`, which Perl and its friends have in many forms. */
static bool question(struct reader *r)
{
    static const struct { const char *begin, *what, *help; } forms[] = {
        {"(?:", "groups that don't count", "write `(..)`"},
        {"(?=", "looking ahead", "ask two questions: `x matches \"..\" and x matches \"..\"`"},
        {"(?!", "looking ahead", "ask two questions: `x matches \"..\" and not (x matches \"..\")`"},
        {"(?<=", "looking behind", "write what stands before it as a part of the expression"},
        {"(?<!", "looking behind", "ask two questions: `x matches \"..\" and not (x matches \"..\")`"},
        {"(?P", "names of groups", "write `(..)`; in the new text of replace(..) groups are `\\\\1` to `\\\\9`"},
        {"(?<", "names of groups", "write `(..)`; in the new text of replace(..) groups are `\\\\1` to `\\\\9`"},
        {"(?'", "names of groups", "write `(..)`; in the new text of replace(..) groups are `\\\\1` to `\\\\9`"},
        {"(?>", "groups that aren't tried again", "write `(..)`"},
        {"(?|", "groups that share a number", "write `(..)`"},
        {"(?#", "comments", "write it behind a `#` on a line of the file"},
        {"(?i", "flags", "for both cases match the text in small letters: lower(x) matches \"..\""},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strncmp(r->p, forms[i].begin, strlen(forms[i].begin)) == 0)
            return say(r, r->p, strlen(forms[i].begin), fl_arena_printf(r->a, "`%s` means nothing: POSIX has no %s", forms[i].begin, forms[i].what),
                       forms[i].help);
    return say(r, r->p, 2, "`(?` means nothing: POSIX has no flags in an expression", "for a question mark write `\\\\?` in the string");
}

/* ---- repetitions ---- */

/* At `{`: the numbers in it. False after a message. */
static bool counts(struct reader *r, size_t *low, size_t *high)
{
    const char *at = r->p, *close = strchr(at, '}');
    size_t n = strspn(at + 1, "0123456789"), m = 0;
    bool more = at[1 + n] == ',';
    if (more)
        m = strspn(at + 2 + n, "0123456789");
    if (!close || at + 1 + n + more + m != close || (!n && !m))
        return say(r, at, close ? (size_t)(close + 1 - at) : 1, "`{` begins a number of times, as `{2}`, `{2,}` or `{2,5}`",
                   "for the character itself write `\\\\{` in the string");
    size_t len = (size_t)(close + 1 - at);
    if (!n)
        return say(r, at, len, fl_arena_printf(r->a, "%s lacks its smaller number", quoted(r, at, len)),
                   fl_arena_printf(r->a, "write `{0%s`", fl_arena_strndup(r->a, at + 1, len - 1)));
    *low = strtoul(at + 1, NULL, 10);
    *high = !more ? *low : m ? strtoul(at + 2 + n, NULL, 10) : *low + 1;
    if (*high < *low)
        return say(r, at, len, fl_arena_printf(r->a, "%s runs backwards", quoted(r, at, len)), "the smaller number stands first");
    if (*high > MOST_TIMES)
        return say(r, at, len, fl_arena_printf(r->a, "%s is too often", quoted(r, at, len)), "32767 times are possible");
    r->p = close + 1;
    return true;
}

static bool repeats(char c)
{
    return c == '*' || c == '+' || c == '?' || c == '{';
}

/* At the second of two repetitions, which begins where the first one does. */
static bool repeated_again(struct reader *r, const char *first)
{
    const char *p = r->p;
    size_t len = (size_t)(p - first) + 1;
    const char *both = quoted(r, first, len);
    if (*p == '?')
        return say(r, first, len, fl_arena_printf(r->a, "%s isn't lazy: POSIX takes the longest match", both),
                   p[1] && !strchr("\\[](){}*+?|^$.", p[1])
                       ? fl_arena_printf(r->a, "say what it can't run over: `[^%.*s]*` ends before the next `%.*s`", (int)character(p + 1), p + 1,
                                         (int)character(p + 1), p + 1)
                       : "say what it can't run over: `[^,]*` ends before the next `,`");
    if (*p == '+')
        return say(r, first, len, fl_arena_printf(r->a, "%s isn't possessive: POSIX takes the longest match, and always finds one", both),
                   "leave the second sign out");
    return say(r, first, len, fl_arena_printf(r->a, "%s repeats what is repeated", both),
               "leave one out; for the character itself write `\\\\` before it in the string");
}

/* All repetitions behind an item: how often at most (at least two, what has no end is once more than it has to be). */
static bool repetition(struct reader *r, size_t *most, bool *least_one)
{
    const char *first = r->p;
    size_t low = *r->p == '+', high = 2;
    if (*r->p != '{')
        r->p++;
    else if (!counts(r, &low, &high))
        return false;
    *least_one = low > 0;
    *most = high > 1 ? high : 1;
    return repeats(*r->p) ? repeated_again(r, first) : true;
}

/* ---- the whole ---- */

static bool alternatives(struct reader *r, unsigned depth, size_t *written);

/* At a repetition, with nothing before it in its branch. */
static bool nothing_before(struct reader *r)
{
    return say(r, r->p, 1, fl_arena_printf(r->a, "nothing stands before `%c` that it could repeat", *r->p),
               *r->p == '*' ? "any text is `.*`; for the character itself write `\\\\*` in the string"
                   : fl_arena_printf(r->a, "for the character itself write `\\\\%c` in the string", *r->p));
}

/* One item of a branch, without its repetitions. */
static bool item(struct reader *r, unsigned depth, size_t *one)
{
    const char *at = r->p;
    if (*at == '(' && at[1] == '?')
        return question(r);
    if (*at == '(') {
        r->e->groups++;
        r->p++;
        if (depth == MOST_GROUPS) {
            *one = FC_ERE_MOST + 1;
            r->p += strlen(r->p);
            return true;
        }
        if (!alternatives(r, depth + 1, one))
            return false;
        if (*r->p != ')')
            return say(r, at, 1, "this `(` has no `)`", "for the character itself write `\\\\(` in the string");
        r->p++;
        return true;
    }
    if (*at == '[')
        return bracket(r);
    if (*at == '\\')
        return escape(r);
    if (*at == '\b')
        return say(r, at, 1, "`\\b` in a string is a backspace", escape_of('b')->is);
    r->p += character(at);
    return true;
}

/* Up to `|`, `)` or the end. `^` behind what takes a character and `$` before it make that nothing ever matches. */
static bool branch(struct reader *r, unsigned depth, size_t *written)
{
    const char *begin = r->p, *dollar = NULL;
    bool taken = false; /* what stands before takes a character */
    while (*r->p && *r->p != '|' && *r->p != ')') {
        const char *at = r->p;
        size_t one = 1, most = 1;
        bool least_one = true;
        if (repeats(*at))
            return nothing_before(r);
        if (*at == '^' || *at == '$') {
            if (*at == '^' && taken)
                return say(r, at, 1, "`^` is where the text begins, and something stands before it", "for the character itself write `\\\\^` in the string");
            dollar = *at == '$' ? at : NULL;
            r->p++;
            if (repeats(*r->p))
                return nothing_before(r);
            continue;
        }
        if (!item(r, depth, &one))
            return false;
        if (repeats(*r->p) && !repetition(r, &most, &least_one))
            return false;
        bool takes = least_one && *at != '(';
        if (dollar && takes)
            return say(r, dollar, 1, "`$` is where the text ends, and something stands behind it",
                       "for the character itself write `\\\\$` in the string");
        taken |= takes;
        *written = held(*written + held(one * most));
    }
    if (r->p == begin && (depth || *r->p))
        return say(r, begin, 1, "an alternative is empty, so it matches everything", "what may be missing is `(..)?`");
    return true;
}

static bool alternatives(struct reader *r, unsigned depth, size_t *written)
{
    *written = 0;
    while (branch(r, depth, written)) {
        if (*r->p != '|')
            return true;
        r->p++;
        if (!*r->p || *r->p == ')' || *r->p == '|')
            return say(r, r->p - 1, 1, "an alternative is empty, so it matches everything", "what may be missing is `(..)?`");
    }
    return false;
}

void fc_ere_read(struct fl_arena *a, const char *re, struct fc_ere *found)
{
    struct reader r = {a, found, re, re};
    *found = (struct fc_ere){0};
    if (alternatives(&r, 0, &found->written) && *r.p == ')')
        say(&r, r.p, 1, "this `)` has no `(`", "for the character itself write `\\\\)` in the string");
}
