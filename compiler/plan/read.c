/*
 * read.c - which fields of the input are read, and where; called by plan.c before it decides how they are kept.
 *
 * First what always runs is followed: stages, partitions and tests, from there through lets and functions. What is left then is read
 * only by code that an option can switch off: a mangle with `when`, names that templates may use, and fields that `emit` sets.
 * A number of that kind is late: the decoder checks it and keeps where its digits are.
 */
#include "dsl/option.h"
#include "plan/parts.h"
#include "tree/walk.h"

struct reader {
    struct fc_compilation *c;
    struct fc_plan *p;
    bool late;                      /* the second time: all of it is followed */
};

static void mark_value(struct reader *y, struct fc_in *n)
{
    if (n->type->kind == FC_K_RECORD) {
        n->has = true;
        for (int i = 0; i < n->ninner; i++)
            mark_value(y, &n->inner[i]);
    } else if (y->late) {
        n->late = true;
    } else {
        n->value = true;
    }
}

/* ---- expressions ------------------------------------------------------------------------------------------------ */

static void read_expr(struct reader *y, const struct fc_expr *e);

/* A path below the transform's record: what it stands for is read. */
static void read_slot(struct reader *y, struct fc_slot *s, const struct fc_expr *e, int rest, bool within)
{
    s->read = true;
    if (fc_slot_field(s)->given && !within) { /* it may be that of an emitted record: then all of it is looked at */
        read_slot(y, (struct fc_slot *)fc_slot_field(s), e, 0, true);
        return;
    }
    if (s->kind == FC_SLOT_INPUT && !s->text) {
        struct fc_in *n = fc_plan_below((struct fc_in *)s->in, e, rest);
        mark_value(y, n);
        fc_mark_way(n);
    } else if (s->kind == FC_SLOT_INPUT) {
        ((struct fc_in *)s->in)->raw = true; /* its digits */
        fc_mark_way((struct fc_in *)s->in);
    } else if (s->kind == FC_SLOT_OBJECT && rest == 0) {
        for (int i = 0; i < s->ninner; i++)
            read_slot(y, s->inner[i].kind == FC_SLOT_SAME ? s->inner[i].same : &s->inner[i], e, 0, true);
    }
}

static void read_has(struct reader *y, const struct fc_expr *e)
{
    struct fc_in *n = fc_plan_input(y->p, e);
    if (!n) {
        read_expr(y, e);
        return;
    }
    n->has = true;
    fc_mark_way(n);
}

/* A let or function that is used: what it reads, once. Its `always` says that it was followed the first time. */
static void read_symbol(struct reader *y, struct fc_sym *s)
{
    if (y->late || s->always || (s->kind != FC_SYM_LET && s->kind != FC_SYM_FLET && s->kind != FC_SYM_FUNCTION))
        return;
    s->always = true;
    read_expr(y, s->value);
}

struct skipping {
    struct reader *y;
    const struct fc_expr *not;
};

static void visit_part(void *arg, const struct fc_expr *e)
{
    const struct skipping *k = arg;
    if (e != k->not)
        read_expr(k->y, e);
}

static void read_expr(struct reader *y, const struct fc_expr *e)
{
    int rest;
    struct fc_in *n = fc_plan_input(y->p, e);
    if (n) {
        mark_value(y, n);
        fc_mark_way(n);
        return;
    }
    struct fc_slot *s = y->p->pass ? NULL : fc_plan_slot(y->p, e, &rest);
    if (s) {
        read_slot(y, s, e, rest, false);
        return;
    }
    if (e->kind == FC_E_UNARY && e->op == FC_OP_HAS) {
        read_has(y, e->a);
        return;
    }
    if (e->sym)
        read_symbol(y, (struct fc_sym *)e->sym);
    struct skipping k = {y, e->kind == FC_E_INDEX && e->sym ? e->a : NULL}; /* a table's name is no value */
    fc_expr_parts(e, visit_part, &k);
}

static void visit_root(void *arg, const struct fc_expr *e)
{
    read_expr(arg, e);
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

/* What the transform computes. A field that only `emit` sets is written as its text: its value is for templates. */
static void read_slots(struct reader *y, struct fc_slot *s)
{
    for (int i = 0; i < s->ninner; i++) {
        struct fc_slot *m = &s->inner[i];
        if (m->kind == FC_SLOT_OBJECT) {
            if (m->field->value)
                read_has(y, m->field->value);
            read_slots(y, m);
        } else if (m->text) {
            ((struct fc_in *)m->in)->late = true;
        } else if (m->kind != FC_SLOT_SAME && (m->kind != FC_SLOT_INPUT || m->nonempty) && m->field->value && (y->late || !fc_slot_text(m))) {
            read_expr(y, m->field->value);
        }
    }
}

/* Fields are read as slots; what a mangle with `when` does only the second time. */
static void read_stage(struct reader *y, const struct fc_stage *s)
{
    unsigned parts = FC_PART_RULES | FC_PART_BODY | FC_PART_WHEN | FC_PART_METERS;
    if (y->late || !s->when)
        parts |= FC_PART_EACH | FC_PART_ABSENT | FC_PART_JOINED;
    if (s->join)
        read_slot(y, y->p->forms[s->join->form->index], NULL, 0, true); /* the record is kept */
    fc_stage_parts(s, parts, visit_root, y);
}

/* The second time declarations are read by themselves, for some are only named by templates. */
static void read_declarations(struct reader *y)
{
    const struct fc_program *g = y->p->program;
    for (struct fc_sym *l = g->lets; l; l = l->next)
        if (l->used && (y->late || l->reads_here)) /* those that read tables are computed before these are written */
            y->late ? read_expr(y, l->value) : read_symbol(y, l);
    for (const struct fc_sym *f = y->late ? g->functions : NULL; f; f = f->next) {
        if (!f->used)
            continue;
        for (const struct fc_sym *l = f->lets; l; l = l->next)
            read_expr(y, l->value);
        read_expr(y, f->value);
    }
}

static void read_all(struct reader *y)
{
    const struct fc_program *g = y->p->program;
    read_declarations(y);
    for (int i = 0; i < g->nstages; i++)
        read_stage(y, g->stages[i]);
    fc_partition_parts(g, visit_root, y);
    for (const struct fc_item *it = y->c->tests ? g->tests : NULL; it; it = it->next)
        for (const struct fc_check *c = it->kind == FC_I_TEST ? it->checks : NULL; c; c = c->next)
            if (c->kind == FC_C_EXPECT)
                read_expr(y, c->expr);
    for (int i = 0; i < g->nmade; i++)
        read_slots(y, y->p->forms[i]);
}

/* Values of fields that `emit` sets but which are read besides: they are stored for all records. */
static void read_stored(struct reader *y, struct fc_slot *s)
{
    for (int i = 0; i < s->ninner; i++) {
        struct fc_slot *m = &s->inner[i];
        read_stored(y, m);
        if (m->kind == FC_SLOT_STORED && m->in && m->read)
            mark_value(y, (struct fc_in *)m->in);
    }
}

/* Every field is a column of csv. */
static void read_columns(struct fc_slot *s)
{
    s->read = true;
    for (int i = 0; i < s->ninner; i++)
        read_columns(s->inner[i].kind == FC_SLOT_SAME ? s->inner[i].same : &s->inner[i]);
}

static void settle(struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++)
        settle(&n->inner[i]);
    n->late &= !n->value;
    n->value |= n->late;
    n->late &= fc_number_text(n->type);
}

void fc_plan_reads(struct fc_compilation *c, struct fc_plan *p)
{
    struct reader y = {.c = c, .p = p};
    for (const struct fc_output *o = c->program->outputs; o; o = o->next)
        if (o->made && o->needs & FL_NEEDS_CSV)
            read_columns(p->forms[o->made->sym.index]);
    read_all(&y);
    y.late = true;
    read_all(&y);
    y.late = false;
    for (int i = 0; i < c->program->nmade; i++)
        read_stored(&y, p->forms[i]);
    settle(&p->in);
}
