/*
 * lexer.h - what lexer, parser and the makers of syntax errors share. Private to syntax/ and verbs/fmt.c. Each calls those below it:
 * source.c, parse.y, errors.c, tokens.c, lex.l, words.c.
 *
 * The parser doesn't call flex but fc_yylex (tokens.c), which stands between: it keeps the open brackets, skips whole
 * blocks while the parser recovers from an error, and puts in a `;` that was forgotten at a line's end.
 */
#ifndef FC_LEXER_H
#define FC_LEXER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "tree/ast.h"
#include "syntax/parse_api.h"

#define FC_MAX_NESTING 200

struct fc_text { /* a string's value */
    const char *s;
    uint32_t len;
};

struct fc_number {
    int64_t i;
    double f;
    bool big; /* doesn't fit: an error, except in JSON */
};

struct fc_as {
    const char *s;
    struct fc_span span;
};

struct fc_types { struct fc_texpr *first, *last; };
struct fc_decls { struct fc_decl *first, *last; };
struct fc_enumerators { struct fc_enumerator *first, *last; };
struct fc_exprs { struct fc_expr *first, *last; };
struct fc_row { struct fc_expr *keys, *value; struct { struct fc_field *first, *last; } fields; };
struct fc_arms { struct fc_arm *first, *last; };
struct fc_patterns { struct fc_pattern *first, *last; };
struct fc_fields { struct fc_field *first, *last; };
struct fc_stmts { struct fc_stmt *first, *last; };
struct fc_rules { struct fc_rule *first, *last; };
struct fc_absents { struct fc_absent *first, *last; };
struct fc_options { struct fc_option *first, *last; };
struct fc_parts { struct fc_part *first, *last; };
struct fc_meters { struct fc_meter *first, *last; };
struct fc_series { struct fc_serie *first, *last; };
struct fc_outputs { struct fc_output_part *first, *last; };
struct fc_checks { struct fc_check *first, *last; };
struct fc_items { struct fc_item *first, *last; };
struct fc_cases { struct fc_case *first, *last; };
struct fc_terms { struct fc_expr *e; unsigned n; }; /* n terms; e: the tree of operators so far, each the left side of the next */

#define FC_APPEND(list, node)               \
    do {                                    \
        if ((node) != NULL) {               \
            if ((list).last)                \
                (list).last->next = (node); \
            else                            \
                (list).first = (node);      \
            (list).last = (node);           \
        }                                   \
    } while (0)

/* An open template: which quote ends it, how many braces are open inside the `{` it is in. */
struct fc_open_template {
    char quote;
    unsigned braces;
    struct fc_span span;
};

struct fc_bracket {
    int kind;  /* '(' '[' '{' or TEMPLATE_OPEN */
    bool json; /* a `{` of JSON, which can't hold a `;` */
    bool deeper; /* a line in it is indented by more than its own */
    uint32_t indent; /* of its line */
    struct fc_span span;
};

/* Where, by the indentation, a block ends whose `}` may be missing. */
struct fc_lost {
    struct fc_span open, behind, next; /* its `{`, the last token in it, the first one of the line behind it */
};

struct fc_queue;

struct fc_parser {
    struct fc_parse *p;
    uint32_t file;
    void *scanner;
    uint32_t offset;                 /* where flex stands */
    struct fc_open_template templates[FC_MAX_NESTING];
    unsigned ntemplates;

    struct fc_bracket open[FC_MAX_NESTING + 1];
    unsigned nopen;
    int before;                      /* the last token of flex */
    struct fc_span behind;           /* and where it stands */
    struct fc_span prev_span;        /* the token before the last one given to the parser */
    bool recovering;                 /* an error was reported, the parser looks for `;` or `}` */
    bool skip_block;                 /* the token that was wrong is a `{` */
    bool skip_head;                  /* a statement that the language hasn't: skip up to its block or `;` */
    bool after_skip;                 /* a block was skipped: a `;` right after it belongs to it */
    bool swallowed;                  /* an open string took the `;` of its line with it */
    bool odd_blank;                  /* a character that only looks like a blank was reported */
    struct fc_lost lost;             /* the first one; open.file 0: none */
    bool stop;                       /* give up on this source: from now on all is end of file */
    struct fc_queue *queue;          /* tokens to give before asking flex again (tokens.c) */
    unsigned nqueue, queue_at;
    struct fc_items items;
};

const char *fc_undo_escapes(struct fc_parser *ps, struct fc_span span, const char *s, size_t len, bool in_template, uint32_t *out_len);
int fc_word(const char *s, size_t len);           /* the keyword's token, or 0 */
bool fc_is_reserved(const char *spelling);
bool fc_is_word(const char *spelling);            /* soft or reserved */
int fc_read_number(struct fc_parser *ps, struct fc_span span, const char *s, size_t len, struct fc_number *out);

void fc_tokens_start(struct fc_parser *ps);
/* All was read: if a `}` is missing and the indentation says where, this is the only error from there on. */
void fc_tokens_end(struct fc_parser *ps);
/* An error was reported at the last token. With `semicolon` the parser gets a `;` and then that token again. */
void fc_recover(struct fc_parser *ps, bool semicolon);

/* What was read last belongs to a statement that there isn't: it is skipped with its block, if it has one. */
void fc_recover_head(struct fc_parser *ps);

/* A syntax error: `expected` has the token names as parse.y spells them. */
void fc_syntax_error(struct fc_parser *ps, const char *found, struct fc_span span, const char *const *expected, int n);
void fc_too_deep(struct fc_parser *ps, struct fc_span span);

#endif
