/* walk.c - see walk.h. */
#include "tree/walk.h"

/* ---- one level ---------------------------------------------------------------------------------------------- */

static void list(const struct fc_expr *e, fc_visit_expr *visit, void *arg)
{
    for (; e; e = e->next)
        visit(arg, e);
}

static void one(const struct fc_expr *e, fc_visit_expr *visit, void *arg)
{
    if (e)
        visit(arg, e);
}

void fc_field_parts(const struct fc_field *f, fc_visit_expr *visit, void *arg)
{
    for (; f; f = f->next) {
        one(f->value, visit, arg);
        fc_field_parts(f->fields, visit, arg);
    }
}

void fc_expr_parts(const struct fc_expr *e, fc_visit_expr *visit, void *arg)
{
    one(e->a, visit, arg);
    one(e->b, visit, arg);
    one(e->c, visit, arg);
    if (e->kind != FC_E_ANY) /* there it is the variable's name */
        list(e->args, visit, arg);
    for (const struct fc_arm *arm = e->arms; arm; arm = arm->next)
        visit(arg, arm->value);
    fc_field_parts(e->fields, visit, arg);
}

void fc_stmt_parts(const struct fc_stmt *s, fc_visit_expr *visit, void *arg)
{
    if (s->kind == FC_S_ASSIGN && s->target->kind == FC_E_INDEX) /* a field that is set isn't read */
        list(s->target->args, visit, arg);
    one(s->value, visit, arg);
    one(s->expire, visit, arg);
    list(s->keys, visit, arg);
    fc_field_parts(s->fields, visit, arg);
}

/* A visitor of statements that visits their expressions. */
struct within {
    fc_visit_expr *visit;
    void *arg;
};

static void statement_parts(void *arg, const struct fc_stmt *s)
{
    const struct within *w = arg;
    fc_stmt_parts(s, w->visit, w->arg);
}

/* `expire` is of params alone. */
static void metrics_parts(const struct fc_metrics *m, fc_visit_expr *visit, void *arg)
{
    one(m->expire, visit, arg);
    if (m->rows && m->rows->row)
        one(m->rows->row->value, visit, arg);
    for (const struct fc_part *l = m->labels; l; l = l->next)
        one(l->value, visit, arg);
    for (const struct fc_meter *x = m->meters; x; x = x->next)
        for (const struct fc_serie *s = x->series; s; s = s->next)
            one(s->value, visit, arg);
}

void fc_stage_parts(const struct fc_stage *s, unsigned parts, fc_visit_expr *visit, void *arg)
{
    struct within w = {visit, arg};
    for (const struct fc_rule *r = parts & FC_PART_RULES ? s->rules : NULL; r; r = r->next)
        one(r->when, visit, arg);
    if (s->join && parts & FC_PART_RULES)
        one(s->join->key, visit, arg);
    if (s->join && parts & FC_PART_START) {
        one(s->join->within, visit, arg);
        one(s->join->expire, visit, arg);
        one(s->join->late, visit, arg);
        one(s->join->max, visit, arg);
    }
    for (const struct fc_rule *r = s->join && parts & FC_PART_JOINED ? s->join->bodies : NULL; r; r = r->next)
        fc_walk_block(r->body, statement_parts, &w);
    if (parts & FC_PART_BODY)
        fc_walk_block(s->body, statement_parts, &w);
    if (parts & FC_PART_FIELDS)
        fc_field_parts(s->fields, visit, arg);
    if (parts & FC_PART_WHEN)
        one(s->when, visit, arg);
    if (s->metrics && parts & (s->metrics->rows ? FC_PART_ABSENT : FC_PART_METERS))
        metrics_parts(s->metrics, visit, arg);
    for (const struct fc_absent *m = s->mangles; m; m = m->next)
        if (parts & (m->each ? FC_PART_EACH : FC_PART_ABSENT)) {
            one(m->every, visit, arg);
            fc_walk_block(m->body, statement_parts, &w);
        }
}

void fc_test_parts(const struct fc_item *test, fc_visit_expr *visit, void *arg)
{
    for (const struct fc_check *c = test->checks; c; c = c->next) {
        one(c->expr, visit, arg);
        list(c->args, visit, arg);
    }
}

/* ---- everything --------------------------------------------------------------------------------------------- */

static void deeper(void *arg, const struct fc_expr *e)
{
    const struct within *w = arg;
    w->visit(w->arg, e);
    fc_expr_parts(e, deeper, arg);
}

void fc_walk_expr(const struct fc_expr *e, fc_visit_expr *visit, void *arg)
{
    struct within w = {visit, arg};
    if (e)
        deeper(&w, e);
}

void fc_walk_fields(const struct fc_field *f, fc_visit_expr *visit, void *arg)
{
    struct within w = {visit, arg};
    fc_field_parts(f, deeper, &w);
}

void fc_walk_exprs(const struct fc_stage *s, unsigned parts, fc_visit_expr *visit, void *arg)
{
    struct within w = {visit, arg};
    fc_stage_parts(s, parts, deeper, &w);
}

void fc_walk_block(const struct fc_stmt *s, fc_visit_stmt *visit, void *arg)
{
    for (; s; s = s->next) {
        visit(arg, s);
        fc_walk_block(s->body, visit, arg);
        fc_walk_block(s->other, visit, arg);
    }
}

void fc_walk_statements(const struct fc_stage *s, unsigned parts, fc_visit_stmt *visit, void *arg)
{
    if (parts & FC_PART_BODY)
        fc_walk_block(s->body, visit, arg);
    for (const struct fc_absent *m = s->mangles; m; m = m->next)
        if (parts & (m->each ? FC_PART_EACH : FC_PART_ABSENT))
            fc_walk_block(m->body, visit, arg);
    for (const struct fc_rule *r = s->join && parts & FC_PART_JOINED ? s->join->bodies : NULL; r; r = r->next)
        fc_walk_block(r->body, visit, arg);
}

struct tables {
    fc_visit_table *visit;
    void *arg;
};

static void writes(void *arg, const struct fc_stmt *s)
{
    const struct tables *t = arg;
    if (s->sym && s->sym->kind == FC_SYM_TABLE)
        t->visit(t->arg, s->sym, s);
}

void fc_walk_tables(const struct fc_stage *s, unsigned parts, fc_visit_table *visit, void *arg)
{
    struct tables t = {visit, arg};
    for (const struct fc_absent *m = parts & FC_PART_ABSENT ? s->mangles : NULL; m; m = m->next)
        if (!m->each)
            visit(arg, m->table_sym, NULL);
    fc_walk_statements(s, parts, writes, &t);
}
