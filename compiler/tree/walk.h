/*
 * walk.h - what the nodes of the tree hold: the only place that knows all members of a stage, a statement, a field, an expression.
 *
 * The `_parts` functions visit what a node holds itself and leave it to the visitor to go on. The `fc_walk` functions visit everything
 * below, in source order: an expression before its parts, a statement before those inside it. Nothing is followed: a let is a name.
 */
#ifndef FC_WALK_H
#define FC_WALK_H

#include "tree/sym.h"

typedef void fc_visit_expr(void *arg, const struct fc_expr *e);
typedef void fc_visit_stmt(void *arg, const struct fc_stmt *s);
/* `by` writes the table; NULL: `absent` goes through it. */
typedef void fc_visit_table(void *arg, struct fc_sym *table, const struct fc_stmt *by);

/* What of a stage is meant. */
enum fc_stage_part {
    FC_PART_RULES = 1,
    FC_PART_BODY = 2,
    FC_PART_FIELDS = 4,
    FC_PART_WHEN = 8,
    FC_PART_EACH = 16,   /* of mangle */
    FC_PART_ABSENT = 32, /* of mangle, and of metrics of rows */
    FC_PART_JOINED = 64, /* of join: what is done with legs */
    FC_PART_START = 128, /* of join: what is known at start */
    FC_PART_METERS = 256, /* of metrics */
    FC_PART_RECORD = FC_PART_RULES | FC_PART_BODY | FC_PART_FIELDS | FC_PART_EACH | FC_PART_METERS, /* what is done with each record */
    FC_PART_ALL = 511
};

/* ---- one level ---- */

void fc_expr_parts(const struct fc_expr *e, fc_visit_expr *visit, void *arg);
/* The values of fields, also of those inside objects. */
void fc_field_parts(const struct fc_field *f, fc_visit_expr *visit, void *arg);
/* Of one statement, without the statements inside it. */
void fc_stmt_parts(const struct fc_stmt *s, fc_visit_expr *visit, void *arg);
/* The outermost expressions of a stage. */
void fc_stage_parts(const struct fc_stage *s, unsigned parts, fc_visit_expr *visit, void *arg);
/* Of all checks of a test. */
void fc_test_parts(const struct fc_item *test, fc_visit_expr *visit, void *arg);

/* ---- everything ---- */

void fc_walk_expr(const struct fc_expr *e, fc_visit_expr *visit, void *arg);
void fc_walk_fields(const struct fc_field *f, fc_visit_expr *visit, void *arg);
void fc_walk_block(const struct fc_stmt *s, fc_visit_stmt *visit, void *arg);
/* Of a stage. */
void fc_walk_exprs(const struct fc_stage *s, unsigned parts, fc_visit_expr *visit, void *arg);
void fc_walk_statements(const struct fc_stage *s, unsigned parts, fc_visit_stmt *visit, void *arg);
void fc_walk_tables(const struct fc_stage *s, unsigned parts, fc_visit_table *visit, void *arg);

#endif
