/*
 * want.c - waves of lookups: what a stage will ask, asked before it for all records of the batch.
 *
 * Each expression that may ask gets a function that can unwind, so that what is independent is asked in one wave. It walks
 * the way to its expression as the stage itself does: through the guards around it and the lets before it. So a record
 * asks what it needs, and what a guard promises holds.
 */
#include <string.h>

#include "emit/emit.h"
#include "tree/walk.h"

struct way {
    const struct way *up;
    const struct fc_stmt *block, *at; /* statements: the lets before `at` */
    bool into, other;                 /* and into its body, or its else */
    const struct fc_expr *record;     /* fields: of this record, if it is there */
};

struct wants {
    struct fc_em *m;
    int stage, n;
    const char *calls;
};

static void want_begin(struct wants *w)
{
    struct fc_em *m = w->m;
    fce_function_begin(m, FC_CX_RECORD, "return;");
    m->class_ = "r->h.class_";
    fce_line(m, "static void want_%d_%d(struct fl_cx *cx, struct rec *r)", w->stage + 1, ++w->n);
    fce_line(m, "{");
    m->depth++;
}

static void want_end(struct wants *w)
{
    w->m->depth--;
    fce_line(w->m, "}\n");
    w->calls = fce_text(w->m, "%s    want_%d_%d(cx, r);\n    waiting += cx->pending;\n    cx->pending = 0;\n", w->calls, w->stage + 1, w->n);
}

static void lets_before(struct fc_em *m, const struct fc_stmt *s, const struct fc_stmt *end)
{
    for (; s && s != end; s = s->next)
        if (s->kind == FC_S_LET)
            fce_block_let(m, s);
}

static void go(struct fc_em *m, const struct way *way)
{
    if (!way)
        return;
    go(m, way->up);
    if (way->record) {
        struct fc_cv v = fce_expr(m, way->record);
        const struct fc_cond *n = way->record->nullable ? v.n : NULL;
        if (!fc_plan_input(m->p, way->record))
            fce_from(m, way->record, v);
        if (n) {
            fce_line(m, "if (%s)", fce_bare(m, n));
            fce_line(m, "    return;");
        }
        return;
    }
    lets_before(m, way->block, way->at);
    if (way->into) {
        const struct fc_cond *c = fce_true(m, way->at->value);
        fce_line(m, "if (%s)", fce_bare(m, way->other ? c : fce_not(m, c)));
        fce_line(m, "    return;");
    }
}

static void want_let(struct wants *w, const struct fc_sym *l)
{
    w->calls = fce_text(w->m, "%s    if (!r->is_%s)\n        let_%s(cx, r);\n    waiting += cx->pending;\n    cx->pending = 0;\n", w->calls, l->name, l->name);
}

static void want(struct wants *w, const struct way *way, const struct fc_expr *e)
{
    struct fc_em *m = w->m;
    if (!fc_depends_on(e).asks)
        return;
    if (!way && e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_LET) { /* a let is such a function already */
        want_let(w, e->sym);
        return;
    }
    want_begin(w);
    go(m, way);
    struct fc_cv v = fce_expr(m, e);
    if (v.n)
        v = fce_bind(m, v);
    fce_line(m, "(void)(%s);", v.n ? fce_bare(m, v.n) : v.type->kind == FC_K_RECORD ? "r" : fce_alone(m, &v));
    want_end(w);
}

/* Conditions of the rules from `r` on as they are tried: none is asked behind one that holds. `last`: behind it nobody asks. */
static void try_rules(struct fc_em *m, const struct fc_rule *r, const struct fc_rule *end, const struct fc_rule *last, const char *leave)
{
    for (; r != end && r->when; r = r == last ? end : r->next) {
        const char *c = fce_bare(m, fce_true(m, r->when));
        if (r == last) {
            fce_line(m, "(void)(%s);", c);
        } else {
            fce_line(m, "if (%s)", c);
            fce_line(m, "    %s", leave);
        }
    }
}

static void want_rules(struct wants *w, const struct fc_rule *rules)
{
    struct fc_em *m = w->m;
    const struct fc_rule *last = NULL;
    for (const struct fc_rule *r = rules; r; r = r->next)
        if (r->when && fc_depends_on(r->when).asks)
            last = r;
    if (!last)
        return;
    int parts = 0;
    if (fce_rules_end(rules))
        for (const struct fc_rule *r = rules, *end; r && r != last->next; r = end) {
            end = fce_rules_end(r);
            fce_function_begin(m, FC_CX_RECORD, "return true;");
            m->class_ = "r->h.class_";
            fce_line(m, "FL_APART static bool want_%d_%d_%d(struct fl_cx *cx, struct rec *r)", w->stage + 1, w->n + 1, ++parts);
            fce_line(m, "{");
            m->depth++;
            try_rules(m, r, end, last, "return true;");
            fce_line(m, "return false;");
            m->depth--;
            fce_line(m, "}\n");
        }
    want_begin(w);
    if (!parts)
        try_rules(m, rules, NULL, last, "return;");
    for (int n = 1; n <= parts; n++) {
        fce_line(m, "if (want_%d_%d_%d(cx, r))", w->stage + 1, w->n, n);
        fce_line(m, "    return;");
    }
    want_end(w);
}

static void want_fields(struct wants *w, const struct way *way, const struct fc_field *f)
{
    const struct fc_expr *asked = NULL; /* a record that several fields are taken from is asked for once */
    for (; f; f = f->next) {
        if (f->value && !(f->spread && !f->checked && f->spread == asked))
            want(w, way, f->value);
        asked = f->spread;
        struct way inner = {.up = way, .record = f->kind == FC_F_FROM ? f->value : NULL};
        want_fields(w, inner.record ? &inner : way, f->fields);
    }
}

static void want_block(struct wants *w, const struct way *up, const struct fc_stmt *block)
{
    for (const struct fc_stmt *s = block; s; s = s->next) {
        struct way way = {.up = up, .block = block, .at = s};
        if (s->value)
            want(w, &way, s->value);
        if (s->expire)
            want(w, &way, s->expire);
        for (const struct fc_expr *x = s->keys; x; x = x->next)
            want(w, &way, x);
        if (s->kind == FC_S_ASSIGN && s->target->kind == FC_E_INDEX)
            for (const struct fc_expr *x = s->target->args; x; x = x->next)
                want(w, &way, x);
        want_fields(w, &way, s->fields);
        way.into = true;
        want_block(w, &way, s->body);
        way.other = true;
        want_block(w, &way, s->other);
    }
}

static void visit_want(void *arg, const struct fc_expr *e)
{
    want(arg, NULL, e);
}

static void want_all(struct wants *w, const char *who)
{
    struct fc_em *m = w->m;
    fce_line(m, "/* Ask what %s needs of a record; returns how much is not answered yet. */", who);
    fce_line(m, "static uint32_t want_%d(struct fl_cx *cx, struct rec *r)", w->stage + 1);
    fce_line(m, "{");
    fce_line(m, "    uint32_t waiting = 0;");
    fce_paste(m, w->calls);
    fce_line(m, "    return waiting;");
    fce_line(m, "}\n");
}

void fce_wants(struct fc_em *m, int i, const struct fc_stage *s)
{
    struct wants w = {m, i, 0, ""};
    for (const struct fc_sym *l = m->g->lets; l; l = l->next)
        if (l->asks && fc_settles(l, fc_stage_tables(s).writes))
            want_let(&w, l);
    want_rules(&w, s->rules);
    if (s->join)
        want(&w, NULL, s->join->key);
    want_block(&w, NULL, s->body);
    want_fields(&w, NULL, s->fields);
    for (const struct fc_absent *a = s->mangles; a; a = a->next)
        if (a->each)
            want_block(&w, NULL, a->body);
    fc_stage_parts(s, FC_PART_METERS, visit_want, &w);
    want_all(&w, fce_text(m, "stage %d", i + 1));
}

void fce_wants_partition(struct fc_em *m, const struct fc_plan_step *wave)
{
    struct wants w = {m, wave->first, 0, ""};
    for (const struct fc_part *p = wave->output->parts; p; p = p->next)
        want(&w, NULL, p->value);
    want_all(&w, fce_of_output(m, "the partition", wave->of));
}
