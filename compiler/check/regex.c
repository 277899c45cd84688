/*
 * regex.c - regular expressions: constant, what POSIX has, in proportion, and compiled once to be sure.
 *
 * The C library writes repetitions out while it compiles, one inside the other: ((a{1,255}){1,255}){1,255} would take
 * gigabytes. So their length written out is found first.
 */
#include <regex.h>
#include <string.h>

#include "check/checker.h"
#include "check/ere.h"

const struct fc_expr *fck_regex(struct fc_checker *k, const struct fc_expr *e, unsigned *groups)
{
    const struct fc_expr *p = fck_behind(e);
    struct fc_ere found;
    if (e->type->kind == FC_K_ERROR)
        return NULL;
    if (p->kind != FC_E_STRING) {
        fc_report(k->d, FC_NOT_CONSTANT, e->span, "a regular expression");
        return NULL;
    }
    fc_ere_read(k->a, p->s, &found);
    *groups = found.groups;
    if (found.wrong) {
        struct fc_diag *g = fc_report(k->d, FC_BAD_REGEX, fck_inside(k, p, found.at, found.len), found.wrong);
        if (p != e)
            fc_diag_note(k->d, g, e->span, "it is used here");
        if (found.help)
            fc_diag_help(k->d, g, "%s", found.help);
        return NULL;
    }
    if (found.written > FC_ERE_MOST) {
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

/* The new text of replace: `\1` is a group, and so it has to be one of those that there are. */
void fck_replacement(struct fc_checker *k, const struct fc_expr *e, unsigned groups)
{
    const struct fc_expr *p = fck_behind(e);
    if (p->kind != FC_E_STRING)
        return;
    for (size_t i = 0; i + 1 < p->len; i++) {
        bool slash = p->s[i] == '\\', number = p->s[i + 1] >= '1' && p->s[i + 1] <= '9';
        unsigned n = (unsigned)(p->s[i + 1] - '0');
        if (slash && number && n > groups) {
            struct fc_diag *g = fc_report(k->d, FC_NO_GROUP, fck_inside(k, p, i, 2), n);
            fc_diag_help(k->d, g, groups ? "its groups are the pieces in parentheses, %u in all" : "a group is a piece in parentheses: `(..)`",
                         groups);
            return;
        }
        if (p->s[i] == '$' && number && n <= groups) {
            struct fc_diag *g = fc_report(k->d, FC_SPELLING, fck_inside(k, p, i, 2), fl_arena_printf(k->a, "$%u", n),
                                          fl_arena_printf(k->a, "\\\\%u", n));
            fc_diag_help(k->d, g, "in the new text `\\\\1` to `\\\\9` are the groups, `\\\\0` is all of the match");
            return;
        }
        i += slash;
    }
}
