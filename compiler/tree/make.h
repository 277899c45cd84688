/*
 * make.h - small constructors for the parser, and the dump of a tree (--dump-ast).
 *
 * Every expression knows the height of what is below it, in front of the node where nobody else looks; so the parser
 * can refuse a tree that is too high for the recursive walkers that come later.
 */
#ifndef FC_AST_MAKE_H
#define FC_AST_MAKE_H

#include <stdio.h>

#include "base/arena.h"
#include "tree/ast.h"

struct fc_expr *fc_expr_new(struct fl_arena *a, enum fc_expr_kind kind, struct fc_span span);
struct fc_expr *fc_expr_unary(struct fl_arena *a, enum fc_op op, struct fc_span op_span, struct fc_expr *e);
struct fc_expr *fc_expr_binary(struct fl_arena *a, struct fc_expr *l, enum fc_op op, struct fc_span op_span, struct fc_expr *r);

/* Set the height of `e` from its children (only made by fc_expr_new) and return it. */
unsigned fc_expr_height(struct fc_expr *e);

const char *fc_op_text(enum fc_op op);
const char *fc_step_text(enum fc_step_kind kind);
const char *fc_stage_text(enum fc_stage_kind kind);

void fc_ast_dump(const struct fc_file *file, FILE *out);

/* Do two patterns, as written, stand for the same value? */
bool fc_same_pattern(const struct fc_pattern *a, const struct fc_pattern *b);

#endif
