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

/* `YYYY-MM-DD HH:mm:ss` of other languages as a format; NULL if the text says nothing of the kind. */
static const char *translated(struct fc_checker *k, const char *s)
{
    static const struct { const char *written, *field; } all[] = {
        {"YYYY", "%Y"}, {"yyyy", "%Y"}, {"YY", "%y"}, {"yy", "%y"}, {"MM", "%m"}, {"DD", "%d"}, {"dd", "%d"}, {"HH", "%H"}, {"hh", "%H"},
        {"mm", "%M"}, {"SS", "%S"}, {"ss", "%S"}, {"SSS", "%3f"}};
    const char *out = "";
    bool any = false, hour = false;
    while (*s) {
        size_t n = 1, most = 0;
        while (s[n] == s[0])
            n++;
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            if (strlen(all[i].written) != n || strncmp(all[i].written, s, n) != 0)
                continue;
            bool minute = hour && strcmp(all[i].written, "MM") == 0;
            out = fl_arena_printf(k->a, "%s%s", out, minute ? "%M" : all[i].field);
            hour |= all[i].field[1] == 'H';
            any = true;
            most = n;
        }
        if (!most)
            out = fl_arena_printf(k->a, "%s%.*s", out, (int)n, s);
        s += n;
    }
    return any ? out : NULL;
}

void fck_format(struct fc_checker *k, const struct fc_expr *e)
{
    const struct fc_expr *text = fck_behind(e);
    if (text->kind != FC_E_STRING)
        return;
    const char *meant = strchr(text->s, '%') ? NULL : translated(k, text->s);
    if (meant) {
        struct fc_diag *g = fc_report(k->d, FC_SPELLING, text->span, text->s, meant);
        fc_diag_help(k->d, g, "the fields of strftime begin with a percent sign; this text would come out as it is");
    }
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
