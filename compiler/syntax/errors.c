/*
 * errors.c - what a syntax error says.
 *
 * bison gives the tokens that could have come (exact, thanks to LAC). Here they become a few words: the soft keywords
 * fold into "a name", the starts of an expression into "an expression", operators are left out where the thing could
 * also have ended. A `;` that is missing at a line's end is reported there. Some mistakes have a help line.
 */
#include <string.h>

#include "syntax/habits.h"
#include "syntax/parse.h"
#include "base/suggest.h"

struct expected {
    const char *const *v;
    int n;
};

static bool has(struct expected e, const char *name)
{
    for (int i = 0; i < e.n; i++)
        if (strcmp(e.v[i], name) == 0)
            return true;
    return false;
}

static bool is_one_of(const char *name, const char *const *set)
{
    for (; *set; set++)
        if (strcmp(name, *set) == 0)
            return true;
    return false;
}

static const char *const operators[] = {
    "==", "!=", "'<'", "<=", "'>'", ">=", "in", "matches", "??", "'+'", "'-'", "'*'", "'/'", "'%'", "or", "and", "'?'", "'.'", "'['", "'('", NULL};
static const char *const expression_starts[] = {
    "number", "fraction", "duration", "size", "address", "string", "true", "false", "null", "template", "'('", "'['",
    "match", "new", "'-'", "not", "has", "name", NULL};
static const char *const type_starts[] = {"name", "'['", "'{'", NULL};
static const char *const pattern_starts[] = {
    "name", "number", "fraction", "duration", "size", "address", "string", "true", "false", "null", "'-'", "_", NULL};
static const char *const json_starts[] = {"'{'", "'['", "string", "number", "fraction", "'-'", "true", "false", "null", NULL};
static const char *const template_parts[] = {"end of template", "template text", "{ in template", NULL};

/* What a set of tokens is called, and which tokens it stands for. */
struct group {
    const char *text;
    const char *const *tokens; /* NULL: all that are expected */
};

static struct group group_of(struct expected e)
{
    if (has(e, "name") && has(e, "has") && has(e, "number"))
        return (struct group){"an expression", expression_starts};
    if (has(e, "_"))
        return (struct group){"a value or `_`", pattern_starts};
    if (has(e, "pipeline") && !has(e, "name"))
        return (struct group){"a declaration or a stage", NULL};
    if (has(e, "queue") && has(e, "metrics") && !has(e, "name"))
        return (struct group){"a part of the output (`store`, `encode`, `compress`, `write`, ..)", NULL};
    if (has(e, "classify") && !has(e, "name"))
        return (struct group){"a stage", NULL};
    if (has(e, "template text"))
        return (struct group){"the end of the template", template_parts};
    if (has(e, "name") && has(e, "'['") && has(e, "'{'") && !has(e, "string") && !has(e, "in"))
        return (struct group){"a type", type_starts};
    if (has(e, "match") && has(e, "fraction")) /* behind `has` */
        return (struct group){"a value", expression_starts};
    if (has(e, "string") && has(e, "fraction"))
        return (struct group){"a JSON value", json_starts};
    return (struct group){NULL, NULL};
}

static const char *spell(struct fl_arena *a, const char *name)
{
    if (strcmp(name, "name") == 0)
        return "a name";
    if (strcmp(name, "string") == 0)
        return "a string";
    if (strcmp(name, "template") == 0)
        return "a template";
    if (strcmp(name, "number") == 0)
        return "a number";
    if (strcmp(name, "end of file") == 0)
        return "the end of the file";
    if (strcmp(name, "} in template") == 0 || strcmp(name, "} of JSON") == 0)
        return "`}`";
    if (*name == '\'')
        return fl_arena_printf(a, "`%c`", name[1]);
    return fl_arena_printf(a, "`%s`", name);
}

static const char *join(struct fl_arena *a, const char *const *v, int n)
{
    const char *s = v[0];
    for (int i = 1; i < n; i++)
        s = fl_arena_printf(a, "%s%s %s", s, i == n - 1 ? " or" : ",", v[i]);
    return s;
}

/* "`;`", "a name or `}`", "an expression". NULL when there is nothing helpful to say. */
static const char *describe_expected(struct fc_parser *ps, struct expected e)
{
    enum { SHOWN = 6 };
    struct fl_arena *a = ps->p->arena;
    const char *shown[SHOWN];
    int n = 0;
    bool any_name = has(e, "name") && has(e, "and") && has(e, "let");
    bool name = has(e, "name");
    bool after = has(e, "'+'") && !has(e, "has");
    bool after_type = has(e, "'<'") && has(e, "'('") && !after;
    struct group g = group_of(e);
    if (g.text) {
        shown[n++] = g.text;
        if (!g.tokens)
            return shown[0];
    } else if (name) {
        shown[n++] = "a name";
    }
    /* First punctuation, then words, then the brace that would end it all. */
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < e.n && n < SHOWN; i++) {
            const char *t = e.v[i];
            bool word = fc_is_word(t), brace = strcmp(t, "'}'") == 0 || strcmp(t, "} of JSON") == 0;
            if (round != (brace ? 2 : word ? 1 : 0) || strcmp(t, "name") == 0 || strcmp(t, "skipped block") == 0)
                continue;
            if ((g.tokens && is_one_of(t, g.tokens)) || (after && is_one_of(t, operators)))
                continue;
            if (word && ((name && !fc_is_reserved(t)) || any_name))
                continue;
            if (after_type && (strcmp(t, "'<'") == 0 || strcmp(t, "'('") == 0))
                continue;
            if (strcmp(t, "'?'") == 0 && e.n > 1)
                continue;
            shown[n++] = spell(a, t);
        }
    }
    if (n == 0)
        return after ? "an operator" : NULL;
    return join(a, shown, n);
}

static const char *describe_found(struct fc_parser *ps, const char *found, struct fc_span span, bool name_expected)
{
    struct fl_arena *a = ps->p->arena;
    if (strcmp(found, "end of file") == 0)
        return "the end of the file";
    if (strcmp(found, "string") == 0)
        return "a string";
    if (strcmp(found, "template") == 0)
        return "a template";
    if (strcmp(found, "template text") == 0 || strcmp(found, "end of template") == 0)
        return "the end of the template's braces";
    const char *text = fc_source_slice(ps->p->sources, span);
    if (name_expected && fc_is_reserved(found))
        return fl_arena_printf(a, "the reserved word `%s`", text);
    return fl_arena_printf(a, "`%s`", text);
}

static bool starts_its_line(struct fc_parser *ps, struct fc_span span)
{
    if (ps->prev_span.file == 0)
        return false;
    const char *text = ps->p->sources->v[span.file].text;
    return memchr(text + ps->prev_span.end, '\n', span.start - ps->prev_span.end) != NULL;
}

/* The near keyword among those that could stand here. */
static void suggest_word(struct fc_parser *ps, struct fc_diag *g, const char *text, struct expected e)
{
    struct fl_suggest s;
    fl_suggest_init(&s, text);
    for (int i = 0; i < e.n; i++)
        if (fc_is_word(e.v[i]) && strcmp(e.v[i], text) != 0)
            fl_suggest_try(&s, e.v[i]);
    if (fl_suggest_best(&s))
        fc_diag_help(ps->p->diags, g, "did you mean `%s`?", fl_suggest_best(&s));
}

/* Where in the grammar we are, as far as habits of other languages matter. */
static enum fc_habit_place place_of(struct expected e)
{
    if (has(e, "==") || (has(e, "'+'") && !has(e, "has")))
        return FC_AT_OPERATOR;
    if (has(e, "pipeline") && !has(e, "name"))
        return FC_AT_TOP;
    if (has(e, "_") || has(e, "=>"))
        return FC_AT_PATTERN;
    if (has(e, "when") && !has(e, "name"))
        return FC_AT_WHEN;
    return has(e, "has") && has(e, "number") ? FC_AT_OPERAND : FC_AT_STATEMENT;
}

static void add_help(struct fc_parser *ps, struct fc_diag *g, const char *found, struct fc_span span, struct expected e)
{
    struct fc_diags *d = ps->p->diags;
    bool in_expression = has(e, "==") || (has(e, "'+'") && !has(e, "has"));
    bool name = strcmp(found, "name") == 0 || fc_is_word(found);
    if (strcmp(found, "end of file") == 0 && ps->nopen) {
        struct fc_bracket b = ps->open[ps->nopen - 1];
        fc_diag_note(d, g, b.span, "this `%c` is still open", b.kind == TEMPLATE_OPEN ? '{' : b.kind);
    } else if (strcmp(found, "','") == 0 && has(e, "';'")) {
        fc_diag_help(d, g, "in braces each one ends in `;`");
    } else if (strcmp(found, "if") == 0 && has(e, "match")) {
        fc_diag_help(d, g, "in an expression write `condition ? a : b`");
    } else if (strcmp(found, "'='") == 0 && in_expression) {
        fc_diag_help(d, g, "two values are compared with `==`");
    } else if (!has(e, "==") && has(e, "'+'") && !has(e, "has") &&
               is_one_of(found, (const char *const[]){"==", "!=", "'<'", "<=", "'>'", ">=", "in", "matches", NULL})) {
        fc_diag_help(d, g, "comparisons don't chain: write `a < b and b < c`");
    } else if (name && has(e, "name") && fc_is_reserved(found) && !has(e, "let")) {
        fc_diag_help(d, g, "reserved words can't be names; a field called so is reached as `input.%s`", found);
    } else if (name && (!in_expression || has(e, "expire") || has(e, "when") || has(e, "yaml"))) {
        suggest_word(ps, g, fc_source_slice(ps->p->sources, span), e);
    }
}

void fc_syntax_error(struct fc_parser *ps, const char *found, struct fc_span span, const char *const *expected, int n)
{
    struct expected e = {expected, n};
    struct fc_diags *d = ps->p->diags;
    bool line_end = has(e, "';'") && starts_its_line(ps, span) && strcmp(found, "'}'") != 0 && strcmp(found, "end of file") != 0;
    if (ps->stop)
        return;
    fc_recover(ps, line_end && strcmp(found, "'{'") != 0);
    if ((strcmp(found, "and") == 0 && has(e, "or")) || (strcmp(found, "or") == 0 && has(e, "and"))) {
        struct fc_diag *g = fc_report(d, FC_MIXED_LOGIC, span);
        fc_diag_help(d, g, "write `(a and b) or c` or `a and (b or c)`");
        return;
    }
    bool before = false;
    const char *habit = line_end ? NULL : fc_habit(ps, place_of(e), span, &before);
    if (habit && before) {
        const char *word = fc_source_slice(ps->p->sources, ps->prev_span);
        struct fc_diag *w = fc_report(d, FC_SYNTAX, ps->prev_span, fl_arena_printf(ps->p->arena, "`%s` means nothing here", word));
        fc_diag_help(d, w, "%s", habit);
        fc_recover_head(ps);
        return;
    }
    const char *want = describe_expected(ps, e);
    const char *got = describe_found(ps, found, span, has(e, "name"));
    struct fc_diag *g;
    if (!want) {
        g = fc_report(d, FC_SYNTAX, span, fl_arena_printf(ps->p->arena, "unexpected %s", got));
    } else if (line_end || (has(e, "';'") && strcmp(found, "'}'") == 0) || strcmp(found, "end of file") == 0) {
        struct fc_span at = {span.file, ps->prev_span.end, ps->prev_span.end};
        g = fc_report(d, FC_SYNTAX, at, fl_arena_printf(ps->p->arena, "expected %s, found %s%s", want, got, line_end ? " on the next line" : ""));
    } else {
        g = fc_report(d, FC_SYNTAX, span, fl_arena_printf(ps->p->arena, "expected %s, found %s", want, got));
    }
    if (habit && strcmp(found, "end of file") != 0)
        fc_diag_help(d, g, "%s", habit);
    else
        add_help(ps, g, found, span, e);
}
