/*
 * join.c - two records of one key, one of each leg, are looked at together; or one alone, when the other doesn't come.
 */
#include "check/stages/stages.h"

static void key(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_type *t = fck_expr(k, e, NULL);
    if (t->kind != FC_K_ERROR && (!fck_scalar(t) || t->kind == FC_K_FLOAT))
        fc_report(k->d, FC_TABLE_KEY, e->span, fck_type_text(k, t, false));
}

/* Legs, and `drop REASON otherwise`. */
static void legs(struct fc_checker *k, struct fc_stage *s)
{
    int n = 0;
    bool otherwise = false;
    for (struct fc_rule *r = s->rules; r; r = r->next) {
        if (r->kind == FC_R_DROP) {
            if (otherwise)
                fc_report(k->d, FC_DUPLICATE, r->span, "otherwise");
            otherwise = true;
            r->sym = fck_indexed(k, FC_SYM_TEXT, r->name.s, fck_reason(k, r->name));
            continue;
        }
        if (otherwise)
            fc_report(k->d, FC_ORDER, r->span, "`drop .. otherwise` stands below the legs");
        for (int i = 0; i < n && i < 2; i++)
            if (strcmp(s->join->legs[i]->name, r->name.s) == 0)
                fc_report(k->d, FC_DUPLICATE, r->name.span, r->name.s);
        if (n < 2) {
            struct fc_sym *leg = s->join->legs[n] = fl_arena_zero(k->a, sizeof *leg);
            *leg = (struct fc_sym){.kind = FC_SYM_LOCAL, .name = r->name.s, .span = r->name.span, .type = k->record->type, .index = n};
        }
        n++;
        fck_condition(k, r->when);
    }
    if (n != 2)
        fc_report(k->d, FC_JOIN, s->head, fl_arena_printf(k->a, "a join has two legs, `NAME when condition;`; here %s %d", n == 1 ? "is" : "are", n));
}

static struct fc_sym *leg_of(const struct fc_pairing *j, const char *name)
{
    for (int i = 0; i < 2; i++)
        if (j->legs[i] && strcmp(j->legs[i]->name, name) == 0)
            return j->legs[i];
    return NULL;
}

/* The names of a body: the legs that are there, and what was last emitted. */
static void body(struct fc_checker *k, struct fc_pairing *j, struct fc_rule *r)
{
    const struct fc_name last = {"last", r->span};
    struct fc_sym *emitted = fck_local(k, FC_SYM_LOCAL, last, k->record->type, true);
    for (int i = 0; i < 2; i++)
        if (j->legs[i] && (r->kind == FC_R_BOTH || r->sym == j->legs[i]))
            fck_local(k, FC_SYM_LOCAL, (struct fc_name){j->legs[i]->name, j->legs[i]->span}, k->record->type, false);
    fck_block(k, r->body);
    j->remembers |= emitted->used > 0;
    k->local = NULL;
}

static void bodies(struct fc_checker *k, struct fc_pairing *j)
{
    const struct fc_rule *both = NULL;
    k->where = FC_IN_JOINED;
    k->facts = NULL;
    for (struct fc_rule *r = j->bodies; r; r = r->next) {
        if (r->kind == FC_R_BOTH) {
            if (both)
                fc_diag_note(k->d, fc_report(k->d, FC_JOIN, r->span, "`both` stands twice"), both->span, "the first one");
            both = r;
        } else {
            r->sym = leg_of(j, r->name.s);
            if (!r->sym)
                fc_report(k->d, FC_JOIN, r->name.span, fl_arena_printf(k->a, "`%s` is no leg of this join", r->name.s));
            for (const struct fc_rule *o = j->bodies; o != r; o = o->next)
                if (o->sym && o->sym == r->sym)
                    fc_diag_note(k->d, fc_report(k->d, FC_JOIN, r->span, fl_arena_printf(k->a, "`alone %s` stands twice", r->name.s)), o->span,
                                 "the first one");
        }
        body(k, j, r);
    }
}

void fck_join(struct fc_checker *k, struct fc_stage *s)
{
    struct fc_pairing *j = s->join;
    if (!k->record) {
        fc_diag_help(k->d, fc_report(k->d, FC_JOIN, s->head, "a join needs a transform above it"), "it keeps records of that form, and emits such ones");
        return;
    }
    const struct fc_fact *before = k->facts;
    j->form = k->record;
    k->where = FC_IN_UPDATE;
    key(k, j->key);
    legs(k, s);
    k->facts = before;
    k->where = FC_IN_START;
    fck_expr_as(k, j->within, &FC_DURATION_T, false);
    if (j->expire)
        fck_expr_as(k, j->expire, &FC_DURATION_T, false);
    if (j->late)
        fck_expr_as(k, j->late, &FC_DURATION_T, false);
    if (s->when)
        fck_condition(k, s->when);
    k->where = FC_IN_CONSTANT;
    if (fck_expr_as(k, j->max, &FC_INT_T, false) && (!fck_const_int(j->max, &j->keys) || j->keys <= 0))
        fc_report(k->d, FC_TABLE_BOUND, j->max->span, "max", "");
    j->joined = fck_indexed(k, FC_SYM_TEXT, "joined", fck_reason(k, (struct fc_name){"joined", s->head}));
    bodies(k, j);
    k->facts = NULL;
    k->joined = true;
}
