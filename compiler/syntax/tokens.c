/*
 * tokens.c - between flex and bison: open brackets, and how the parser finds its way after an error.
 *
 * After a syntax error bison drops tokens until one fits behind `error`, which is `;`, `}` or SKIPPED. Two things
 * would make that go wrong: a block that follows (its inner `;` isn't the end of what was wrong), and a `;` that was
 * forgotten (the next statement would be dropped too). So while the parser recovers, a `{` and all up to its `}` is
 * read here and given as one SKIPPED, and fc_recover puts in the missing `;` and then the token after it.
 */
#include <string.h>

#include "syntax/lexer.h"
#include "syntax/parse.h"

struct fc_queue {
    int token;
    FC_YYSTYPE value;
    struct fc_span span;
};

/* Two that wait, and the last one given. */
enum { QUEUE_MAX = 2, LAST = 2 };

void fc_tokens_start(struct fc_parser *ps)
{
    ps->queue = fl_arena_zero(ps->p->arena, (QUEUE_MAX + 1) * sizeof *ps->queue);
}

/* Is the token the first on its line? Then *indent is how far to the right it stands. */
static bool first_on_line(const struct fc_parser *ps, struct fc_span span, uint32_t *indent)
{
    const char *s = ps->p->sources->v[ps->file].text;
    uint32_t at = span.start;
    while (at && (s[at - 1] == ' ' || s[at - 1] == '\t'))
        at--;
    *indent = span.start - at;
    return at == 0 || s[at - 1] == '\n';
}

static uint32_t indent_of_line(const struct fc_parser *ps, uint32_t at)
{
    const char *s = ps->p->sources->v[ps->file].text;
    while (at && s[at - 1] != '\n')
        at--;
    return (uint32_t)strspn(s + at, " \t");
}

static bool begins_item(int token)
{
    static const int all[] = {PIPELINE, USE, INCLUDE, ENUM, RECORD, SCHEMA, CONST, PARAM, REJECT, REFUSED, STATE, LET, FUNCTION, TABLE, LOOKUP, SOURCE,
                              CLASSIFY, FILTER, UPDATE, TRANSFORM, MANGLE, JOIN, AGGREGATE, SELECT, OUTPUT, TEST};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] == token)
            return true;
    return false;
}

static void watch_indentation(struct fc_parser *ps, int token, struct fc_span span)
{
    uint32_t indent;
    unsigned n = ps->nopen;
    while (n && ps->open[n - 1].kind != '{')
        n--;
    if (!n || ps->open[n - 1].json || token == '}' || !first_on_line(ps, span, &indent))
        return;
    struct fc_bracket *b = &ps->open[n - 1];
    if (indent > b->indent)
        b->deeper = true;
    else if (b->deeper && !ps->lost.open.file && token != END && (indent || begins_item(token)))
        ps->lost = (struct fc_lost){b->span, ps->behind, span};
}

void fc_tokens_end(struct fc_parser *ps)
{
    struct fc_diags *d = ps->p->diags;
    bool open = false;
    for (unsigned i = 0; i < ps->nopen; i++)
        open |= ps->open[i].kind == '{' && !ps->open[i].json;
    if (!open || !ps->lost.open.file || ps->stop)
        return;
    struct fc_span at = {ps->file, ps->lost.behind.end, ps->lost.behind.end};
    fc_diags_drop(d, at);
    struct fc_diag *g = fc_report(d, FC_SYNTAX, at, fl_arena_printf(ps->p->arena, "expected `}`, found `%s` on the next line",
                                                                    fc_source_slice(ps->p->sources, ps->lost.next)));
    fc_diag_note(d, g, ps->lost.open, "this `{` is still open");
    fc_diag_help(d, g, "by the indentation its block ends here");
}

/* Keep the stack of open brackets. A `}` of JSON becomes a token of its own. */
static int keep_brackets(struct fc_parser *ps, int token, struct fc_span span)
{
    int opener = token == '}' ? '{' : token == ')' ? '(' : token == ']' ? '[' : token == TEMPLATE_CLOSE ? TEMPLATE_OPEN : 0;
    int before = ps->before;
    ps->before = token;
    if (token == '{' || token == '(' || token == '[' || token == TEMPLATE_OPEN) {
        bool inside = false;
        for (unsigned n = ps->nopen; n && !inside && ps->open[n - 1].kind != '('; n--)
            inside = ps->open[n - 1].json;
        bool json = token == '{' && (inside || before == GIVEN || before == '=' || before == EQ || before == ARROW);
        if (ps->nopen == FC_MAX_NESTING)
            fc_too_deep(ps, span);
        else
            ps->open[ps->nopen++] = (struct fc_bracket){token, json, false, indent_of_line(ps, span.start), span};
    } else if (opener) {
        unsigned n = ps->nopen;
        while (n && ps->open[n - 1].kind != opener)
            n--;
        if (n) {
            ps->nopen = n - 1;
            if (ps->open[n - 1].json)
                return JSON_CLOSE;
        }
    } else if (token == ';') {
        while (ps->nopen && (ps->open[ps->nopen - 1].kind != '{' || ps->open[ps->nopen - 1].json))
            ps->nopen--;
    }
    return token;
}

static int from_flex(struct fc_parser *ps, FC_YYSTYPE *value, struct fc_span *span)
{
    int token = ps->stop ? END : fc_rawlex(value, span, ps->scanner);
    if (!ps->stop) {
        watch_indentation(ps, token, *span);
        ps->behind = *span;
        token = keep_brackets(ps, token, *span);
    }
    if (ps->stop) {
        *span = (struct fc_span){ps->file, ps->offset, ps->offset};
        return END;
    }
    return token;
}

/* A `{` was read: go on behind its `}`. False at the end of the file. */
static bool skip_block(struct fc_parser *ps, FC_YYSTYPE *value, struct fc_span *span)
{
    for (unsigned depth = 1; depth;) {
        int token = from_flex(ps, value, span);
        if (token == END)
            return false;
        if (token == '{')
            depth++;
        if (token == '}' || token == JSON_CLOSE)
            depth--;
    }
    return true;
}

static void wait_semicolon(struct fc_parser *ps)
{
    struct fc_span at = {ps->file, ps->prev_span.end, ps->prev_span.end};
    ps->queue[0] = (struct fc_queue){.token = ';', .span = at};
    ps->queue_at = 0;
    ps->nqueue = 1;
}

/* The `{`, `}` or `;` that ends the head of a statement; a `;` in parentheses doesn't: `for (a; b; c) {`. */
static int behind_head(struct fc_parser *ps, FC_YYSTYPE *value, struct fc_span *span)
{
    for (int depth = ps->queue[LAST].token == '(';;) {
        int token = from_flex(ps, value, span);
        depth += token == '(' ? 1 : token == ')' ? -1 : 0;
        if (token == END || token == '{' || token == '}' || (token == ';' && depth <= 0))
            return token;
    }
}

static int next_token(struct fc_parser *ps, FC_YYSTYPE *value, struct fc_span *span)
{
    if (ps->queue_at < ps->nqueue) {
        const struct fc_queue *q = &ps->queue[ps->queue_at++];
        *value = q->value;
        *span = q->span;
        return q->token;
    }
    ps->nqueue = ps->queue_at = 0;
    bool skip = ps->recovering && ps->skip_block;
    ps->skip_block = false;
    int token = skip ? '{' : ps->skip_head ? behind_head(ps, value, span) : from_flex(ps, value, span);
    ps->skip_head = false;
    while (ps->after_skip && token == ELSE) {
        do
            token = from_flex(ps, value, span);
        while (token != '{' && token != ';' && token != END);
        if (token != '{')
            break;
        token = skip_block(ps, value, span) ? from_flex(ps, value, span) : END;
    }
    if (ps->after_skip && token == ';')
        token = from_flex(ps, value, span);
    ps->after_skip = false;
    if (token == FC_YYerror) {
        ps->recovering = true;
        if (ps->swallowed)
            wait_semicolon(ps);
        ps->swallowed = false;
    }
    if (ps->recovering && token == '{') {
        ps->after_skip = true;
        token = skip_block(ps, value, span) ? SKIPPED : END;
    }
    return token;
}

int fc_yylex(FC_YYSTYPE *value, FC_YYLTYPE *span, struct fc_parser *ps)
{
    int token = next_token(ps, value, span);
    ps->prev_span = ps->queue[LAST].span;
    ps->queue[LAST] = (struct fc_queue){token, *value, *span};
    return token;
}

void fc_recover(struct fc_parser *ps, bool semicolon)
{
    struct fc_queue *last = &ps->queue[LAST];
    ps->recovering = true;
    ps->skip_block = last->token == '{' && !semicolon;
    if (!semicolon)
        return;
    ps->queue[1] = *last;
    wait_semicolon(ps);
    ps->nqueue = 2;
}

void fc_recover_head(struct fc_parser *ps)
{
    int last = ps->queue[LAST].token;
    ps->skip_head = last != '{' && last != '}' && last != ';';
}
