/*
 * format.c - formats of strftime: a constant one has fields that there are.
 */
#include <string.h>

#include "check/checker.h"
#include "dsl/strftime.h"

/* What is written in its place. */
static const char *instead(const char *field)
{
    switch (*field) {
    case 'c':
        return "%a %b %e %T %Y";
    case 'x':
        return "%D";
    case 'X':
        return "%T";
    case 'r':
        return "%I:%M:%S %p";
    case 'k':
        return "%H";
    case 'l':
        return "%I";
    case 'P':
        return "%p";
    case 'g':
        return "%G, all four digits";
    case 'U':
    case 'W':
        return "%G-W%V, the week of ISO 8601";
    case 'L':
        return "%3f";
    case 'N':
        return "%9f";
    default:
        return NULL;
    }
}

void fck_format(struct fc_checker *k, const struct fc_expr *e)
{
    const struct fc_expr *text = fck_behind(e);
    if (text->kind != FC_E_STRING)
        return;
    for (const char *p = text->s; (p = strchr(p, '%')); p++) {
        p++;
        if ((*p == '3' || *p == '6' || *p == '9') && p[1] == 'f')
            continue;
        if (*p && strchr(FL_TIME_FIELDS, *p))
            continue;
        int n = 1;
        while (*p && ((unsigned char)p[n] & 0xc0) == 0x80)
            n++;
        struct fc_diag *g = fc_report(k->d, FC_BAD_FORMAT, e->span, *p ? fl_arena_printf(k->a, "%%%.*s", n, p) : "%");
        if (*p && instead(p))
            fc_diag_help(k->d, g, "write %s", instead(p));
        else if (!*p)
            fc_diag_help(k->d, g, "a percent sign is %%%%");
        return;
    }
}
