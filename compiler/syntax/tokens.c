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
        bool json = token == '{' && (inside || before == GIVEN || before == '=' || before == EQ);
        if (ps->nopen == FC_MAX_NESTING)
            fc_too_deep(ps, span);
        else
            ps->open[ps->nopen++] = (struct fc_bracket){token, json, span};
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
    if (!ps->stop)
        token = keep_brackets(ps, token, *span);
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
    int token = skip ? '{' : from_flex(ps, value, span);
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
