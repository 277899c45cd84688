/*
 * regex.c - regular expressions: constant, compiled once to be sure, and in proportion.
 *
 * The C library writes repetitions out while it compiles, one inside the other: ((a{1,255}){1,255}){1,255} would take
 * gigabytes. So their length written out is found first.
 */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "check/checker.h"

enum { MOST_WRITTEN_OUT = 1 << 16 };

/* More than that is as good as that. */
static size_t held(size_t n)
{
    return n > MOST_WRITTEN_OUT ? MOST_WRITTEN_OUT + 1 : n;
}

/* p at `[`; returns what is behind the bracket expression. */
static const char *behind_bracket(const char *p)
{
    p += p[1] == '^' ? 2 : 1;
    p += *p == ']';
    for (; *p && *p != ']'; p++) {
        if (*p == '[' && (p[1] == ':' || p[1] == '.' || p[1] == '=')) {
            const char end[] = {p[1], ']', 0}, *at = strstr(p + 2, end);
            if (!at)
                return p + strlen(p);
            p = at + 1;
        }
    }
    return p + (*p == ']');
}

/* How often, at most, the repetition at *p says; *p moves behind it. What has no end is counted as once more than it has to be. */
static size_t times(const char **p)
{
    size_t most = 1;
    for (;; ++*p) {
        if (**p == '{') {
            char *end;
            size_t low = strtoul(*p + 1, &end, 10), high = low;
            if (*end == ',')
                high = end[1] == '}' ? low + 1 : strtoul(end + 1, &end, 10);
            const char *close = strchr(*p, '}');
            if (!close)
                return most;
            most = held(most * held(high > 1 ? high : 1));
            *p = close;
        } else if (**p != '*' && **p != '+' && **p != '?') {
            return most;
        }
    }
}

/* Characters of the expression up to `)` or its end, repetitions written out. Groups are nested 200 deep at most: more is too much. */
static size_t written_out(const char **p, unsigned depth)
{
    size_t all = 0;
    while (**p && **p != ')') {
        size_t one = 1;
        if (**p == '(') {
            ++*p;
            one = depth < 200 ? written_out(p, depth + 1) : MOST_WRITTEN_OUT + 1;
            if (**p == ')')
                ++*p;
        } else if (**p == '[') {
            *p = behind_bracket(*p);
        } else {
            *p += **p == '\\' && (*p)[1] ? 2 : 1;
        }
        all = held(all + held(one * times(p)));
        if (all > MOST_WRITTEN_OUT)
            return all;
    }
    return all;
}

const struct fc_expr *fck_regex(struct fc_checker *k, const struct fc_expr *e)
{
    const struct fc_expr *p = e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_CONST ? e->sym->value : e;
    if (e->type->kind == FC_K_ERROR)
        return NULL;
    if (p->kind != FC_E_STRING) {
        fc_report(k->d, FC_NOT_CONSTANT, e->span, "a regular expression");
        return NULL;
    }
    const char *at = p->s;
    size_t n = 0;
    for (; *at && n <= MOST_WRITTEN_OUT; at += *at == ')') /* a `)` without `(` is said below */
        n += written_out(&at, 0);
    if (n > MOST_WRITTEN_OUT) {
        fc_report(k->d, FC_TOO_MUCH, e->span, "characters in a regular expression whose repetitions are written out", "65536");
        return NULL;
    }
    regex_t re;
    char why[200];
    int err = regcomp(&re, p->s, REG_EXTENDED | REG_NOSUB);
    if (err) {
        regerror(err, &re, why, sizeof why);
        fc_report(k->d, FC_BAD_REGEX, e->span, why);
        return NULL;
    }
    regfree(&re);
    return p;
}
