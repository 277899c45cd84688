/* make.h - what the actions of parse.y call: nodes from parts. Private to parse.y and make.c. */
#ifndef FC_PARSE_MAKE_H
#define FC_PARSE_MAKE_H

#include "syntax/lexer.h"

/* ---- for the actions themselves ---- */

#define YYLLOC_DEFAULT(now, rhs, n)                                                         \
    do {                                                                                    \
        if (n)                                                                              \
            (now) = fc_span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n));                       \
        else                                                                                \
            (now) = (struct fc_span){ps->file, YYRHSLOC(rhs, 0).end, YYRHSLOC(rhs, 0).end}; \
    } while (0)

#define A (ps->p->arena)
#define NEWNODE(type, var, where)                       \
    struct fc_##type *var = fl_arena_zero(A, sizeof *var); \
    var->span = (where)
#define GOOD do { yyerrok; ps->recovering = false; } while (0)

/* ---- nodes ---- */

static const struct fc_name fc_no_name = {NULL, {0, 0, 0}};

struct fc_item *fc_item_new(struct fc_parser *ps, enum fc_item_kind kind, struct fc_span span, struct fc_name name);
struct fc_item *fc_item_param(struct fc_parser *ps, struct fc_span span, struct fc_name name, struct fc_texpr *type,
                              struct fc_text yaml, struct fc_span yaml_span, struct fc_expr *one_of);
/* `head`: select and the param's name. */
struct fc_item *fc_item_select(struct fc_parser *ps, struct fc_span span, struct fc_span head, struct fc_name name, struct fc_case *cases);
struct fc_output_part *fc_output_select(struct fc_parser *ps, struct fc_span span, struct fc_span head, struct fc_name name, struct fc_case *cases);
struct fc_enumerator *fc_enumerator_new(struct fc_parser *ps, struct fc_name name);
struct fc_texpr *fc_texpr_new(struct fc_parser *ps, enum fc_texpr_kind kind, struct fc_span span, struct fc_texpr *elem);
struct fc_stage *fc_stage_new(struct fc_parser *ps, enum fc_stage_kind kind, struct fc_span span, struct fc_span head, struct fc_name name);
/* `rules` are all that stands in its braces. */
struct fc_stage *fc_stage_join(struct fc_parser *ps, struct fc_span span, struct fc_span head, struct fc_pairing of, struct fc_expr *when,
                               struct fc_rule *rules);
struct fc_rule *fc_rule_new(struct fc_parser *ps, enum fc_rule_kind kind, struct fc_span span, struct fc_name name, struct fc_expr *when);
struct fc_stmt *fc_stmt_new(struct fc_parser *ps, enum fc_stmt_kind kind, struct fc_span span, struct fc_name name);
struct fc_stmt *fc_stmt_if(struct fc_parser *ps, struct fc_span span, struct fc_expr *cond, struct fc_stmt *body, struct fc_stmt *other);
struct fc_field *fc_field_new(struct fc_parser *ps, enum fc_field_kind kind, struct fc_span span, struct fc_name name, bool optional, struct fc_as as);
struct fc_output_part *fc_output_new(struct fc_parser *ps, enum fc_output_kind kind, struct fc_span span, struct fc_span head, struct fc_name name);
struct fc_output_part *fc_output_stage(struct fc_parser *ps, struct fc_span span, struct fc_stage *stage);
struct fc_output_part *fc_output_metrics(struct fc_parser *ps, struct fc_span span, struct fc_span head, struct fc_part *labels, struct fc_expr *expire,
                                         struct fc_expr *max, struct fc_meter *meters);
/* Of the rows of a table; row.s NULL: only their key has a name. */
void fc_metrics_each(struct fc_parser *ps, struct fc_output_part *metrics, struct fc_name key, struct fc_name row, struct fc_name table);
struct fc_meter *fc_meter_new(struct fc_parser *ps, struct fc_span span, enum fc_meter_kind kind, struct fc_name name, const char *help,
                              struct fc_expr *buckets);
/* Of one value without labels of its own. */
struct fc_serie *fc_serie_new(struct fc_parser *ps, struct fc_expr *value);
struct fc_option *fc_option_new(struct fc_parser *ps, enum fc_option_kind kind, struct fc_span span, struct fc_name name);
struct fc_check *fc_check_new(struct fc_parser *ps, enum fc_check_kind kind, struct fc_span span, struct fc_name name);
/* With a JSON object, which stands there. */
struct fc_check *fc_check_json(struct fc_parser *ps, enum fc_check_kind kind, struct fc_span span, struct fc_name name, struct fc_span json);

/* `allow NAME;` above what has this span. */
void fc_allow(struct fc_parser *ps, struct fc_name name, struct fc_span span);

/* Expressions; each refuses (once) a tree that is too high. */
struct fc_expr *fc_expr_number(struct fc_parser *ps, enum fc_expr_kind kind, struct fc_span span, struct fc_number n);
struct fc_expr *fc_expr_string(struct fc_parser *ps, struct fc_text s, struct fc_span span);
struct fc_expr *fc_expr_name(struct fc_parser *ps, struct fc_name name);
struct fc_expr *fc_expr_field(struct fc_parser *ps, struct fc_span span, struct fc_expr *e, struct fc_name name);
struct fc_expr *fc_expr_index(struct fc_parser *ps, struct fc_span span, struct fc_expr *e, struct fc_exprs keys);
struct fc_expr *fc_expr_args(struct fc_parser *ps, enum fc_expr_kind kind, struct fc_span span, struct fc_exprs args);
struct fc_expr *fc_expr_any(struct fc_parser *ps, struct fc_span span, struct fc_name name, struct fc_expr *in, struct fc_expr *each, bool maps);
struct fc_expr *fc_expr_cond(struct fc_parser *ps, struct fc_span span, struct fc_span op, struct fc_expr *c, struct fc_expr *yes, struct fc_expr *no);
struct fc_expr *fc_expr_match(struct fc_parser *ps, struct fc_span span, struct fc_expr *e, struct fc_arms arms);
struct fc_expr *fc_expr_new_record(struct fc_parser *ps, struct fc_span span, struct fc_name name, struct fc_fields fields);
struct fc_expr *fc_binary(struct fc_parser *ps, struct fc_expr *l, enum fc_op op, struct fc_span op_span, struct fc_expr *r);
/* `a or b or c ..`: term by term, then a tree that is low however many there are. */
struct fc_terms fc_term(struct fc_parser *ps, struct fc_terms l, enum fc_op op, struct fc_span op_span, struct fc_expr *r);
struct fc_expr *fc_terms_tree(struct fc_parser *ps, struct fc_terms t);
struct fc_expr *fc_unary(struct fc_parser *ps, enum fc_op op, struct fc_span op_span, struct fc_expr *e);

/* A string where a name or text is wanted: U+0000 is refused. */
const char *fc_plain(struct fc_parser *ps, struct fc_text s, struct fc_span span);
/* An integer that must fit. */
int64_t fc_integer(struct fc_parser *ps, struct fc_number n, struct fc_span span);

/* JSON: the text of an object with comments blanked out; a string or number that JSON wouldn't take is an error. */
const char *fc_json_text(struct fc_parser *ps, struct fc_span span);
void fc_json_string(struct fc_parser *ps, struct fc_span span);
void fc_json_number(struct fc_parser *ps, struct fc_span span);

/* A field of a row that fills a table: name = path. */
void fc_row_field(struct fc_parser *ps, struct fc_row *row, struct fc_span span, struct fc_name name, bool optional, struct fc_expr *path);

#endif
