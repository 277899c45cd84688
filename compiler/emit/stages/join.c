/*
 * join.c - records of two legs wait for each other in a hold (runtime/lang/hold.h), as values in compact form.
 *
 * Join number N has: pack_N and unpack_N (emit/pack.c), a record to that form and back; both_N and alone_N_1, alone_N_2, what the blocks emit;
 * due_N, which does the latter for all whose time is over; join_N, a record that comes.
 */
#include "emit/stages/stages.h"

/* ---- what the blocks emit ----------------------------------------------------------------------------------------- */

static void body(struct fc_em *m, int n, const struct fc_pairing *j, const struct fc_rule *r)
{
    const char *type = fce_type(m, j->form->type);
    bool both = r->kind == FC_R_BOTH;
    fce_function_begin(m, FC_CX_NONE, NULL);
    m->class_ = "class_";
    m->join = j;
    m->joining = n;
    fce_line(m, "/* %s */", fce_where(m, r->span));
    const char *name = both ? fce_text(m, "both_%d", n) : fce_text(m, "alone_%d_%lld", n, (long long)r->sym->index + 1);
    fce_line(m, "static void %s(struct fl_cx *cx, struct fl_batch *b, struct fl_held *held, uint16_t class_, const %s *leg_1, const %s *leg_2)", name, type, type);
    fce_line(m, "{");
    m->depth++;
    for (int i = 0; i < 2; i++)
        if (both || r->sym->index == i)
            fce_line(m, "const %s l_%s = *leg_%d;", type, j->legs[i]->name, i + 1);
    if (j->remembers) {
        fce_zeroed(m, j->form->type, "l_last", NULL);
        fce_line(m, "const char *last = fl_hold_read(cx, &hold_%d, held, FL_HELD_LAST);", n);
        fce_line(m, "const bool is_l_last = last != NULL;");
        fce_line(m, "if (last)");
        fce_line(m, "    unpack_%d(cx, last, &l_last);", n);
    }
    fce_block(m, r->body);
    m->join = NULL;
    m->depth--;
    fce_line(m, "}\n");
}

static void due(struct fc_em *m, int n, const struct fc_pairing *j)
{
    fce_line(m, "/* Those that have waited for the other leg long enough. */");
    fce_line(m, "static void due_%d(struct fl_cx *cx, struct fl_batch *b, uint32_t most)", n);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "for (struct fl_held *held; most && (held = fl_hold_due(&hold_%d, cx->ending ? INT64_MAX : cx->now)); most--) {", n);
    m->depth++;
    fce_zeroed(m, j->form->type, "v", NULL);
    fce_line(m, "unpack_%d(cx, fl_hold_read(cx, &hold_%d, held, held->leg), &v);", n, n);
    for (const struct fc_rule *r = j->bodies; r; r = r->next)
        if (r->kind == FC_R_ALONE) {
            fce_line(m, "if (held->leg == FL_LEG_%lld)", (long long)r->sym->index + 1);
            fce_line(m, "    alone_%d_%lld(cx, b, held, held->class_[held->leg], &v, &v);", n, (long long)r->sym->index + 1);
        }
    m->depth--;
    fce_line(m, "}");
    m->depth--;
    fce_line(m, "}\n");
}

/* ---- a record that comes ------------------------------------------------------------------------------------------- */

static void leg_of(struct fc_em *m, const struct fc_rule *rules)
{
    int leg = 0;
    fce_line(m, "int leg = -1;");
    for (const struct fc_rule *r = rules; r; r = r->next) {
        if (r->kind != FC_R_LEG)
            continue;
        int settled = m->nsettled;
        fce_line(m, leg++ ? "if (leg < 0) {" : "{");
        m->depth++;
        fce_place(m, r->span);
        fce_line(m, "if (%s) {", fce_bare(m, fce_true(m, r->when)));
        m->depth++;
        fce_reach(m, r->span);
        fce_line(m, "leg = FL_LEG_%d;", leg);
        m->depth--;
        fce_line(m, "}");
        m->depth--;
        m->nsettled = settled;
        fce_line(m, "}");
    }
}

static void no_leg(struct fc_em *m, const struct fc_rule *rules, const char *when)
{
    const struct fc_rule *r = rules;
    while (r && r->kind != FC_R_DROP)
        r = r->next;
    fce_line(m, "if (%s) {", when);
    if (r)
        fce_line(m, "    fl_drop(cx, &r->h, %lld); /* %s */", (long long)r->sym->index, r->name.s);
    fce_line(m, "    return;");
    fce_line(m, "}");
}

void fce_join(struct fc_em *m, int i, const struct fc_stage *s)
{
    const struct fc_pairing *j = s->join;
    const char *type = fce_type(m, j->form->type), *p, *len;
    const int n = i + 1;
    const struct fc_slot *form = m->p->forms[j->form->index];
    const struct fc_rule *both = j->bodies;
    while (both && both->kind != FC_R_BOTH)
        both = both->next;
    fce_line(m, "/* %s */", fce_where(m, s->head));
    fce_line(m, "static struct fl_hold hold_%d = FL_HOLD(\"join %d\", %lld, %zu, %u);\n", n, n, (long long)j->keys, fc_packed_size(j->form->type),
             fc_key_size(&j->key->type, 1));
    if (fc_plan_behind(m->p, i))
        fprintf(m->types.f, "static void behind_%d(struct fl_cx *cx, struct fl_batch *b, uint32_t from);\n\n", n);
    fce_packers(m, n, j);
    for (const struct fc_rule *r = j->bodies; r; r = r->next)
        body(m, n, j, r);
    due(m, n, j);
    fce_stage_begin(m, i, s, ", struct fl_batch *b");
    leg_of(m, s->rules);
    no_leg(m, s->rules, "leg < 0");
    struct fc_cv key = fce_bind(m, fce_expr(m, j->key));
    if (key.n)
        no_leg(m, s->rules, fce_bare(m, key.n));
    fce_key_of(m, &key, 1, &p, &len);
    fce_line(m, "struct fl_held *held = fl_hold_put(&hold_%d, %s, %s, cx->now);", n, p, len);
    const char *v = fce_record(m, (struct fc_cv){.v = fce_text(m, "r->%s", fce_form(m, form)), .type = j->form->type, .slot = form, .simple = true});
    fce_line(m, "pack_%d(&hold_%d.packed, &%s);", n, n, v);
    fce_line(m, "fl_drop(cx, &r->h, %lld); /* joined */", (long long)j->joined->index);
    fce_line(m, "if (!held || !fl_hold_keep(&hold_%d, held, leg, cx->now, r->h.class_) || !fl_hold_meets(&hold_%d, held, leg, cx->now))", n, n);
    fce_line(m, "    return;");
    if (both) {
        fce_line(m, "%s other = {0};", type);
        fce_line(m, "unpack_%d(cx, fl_hold_read(cx, &hold_%d, held, FL_LEG_2 - leg), &other);", n, n);
        fce_line(m, "both_%d(cx, b, held, r->h.class_, leg == FL_LEG_1 ? &%s : &other, leg == FL_LEG_1 ? &other : &%s);", n, v, v);
    }
    fce_stage_end(m);
}

int fce_join_tick(struct fc_em *m, int i, const struct fc_stage *s, int n)
{
    if (s->when) {
        fce_line(m, "if (join_%d_on) {", i + 1);
        m->depth++;
    }
    fce_line(m, "const uint32_t from_%d = b->n;", i + 1);
    fce_line(m, "due_%d(cx, b, FL_DUE_AT_ONCE);", i + 1);
    if (fc_plan_behind(m->p, i))
        fce_line(m, "behind_%d(cx, b, from_%d);", i + 1, i + 1);
    fce_line(m, "const int64_t due_%d_next = cx->ending && fl_hold_next(&hold_%d) != INT64_MAX ? cx->now : fl_hold_next(&hold_%d);", i + 1, i + 1, i + 1);
    fce_line(m, "next = due_%d_next < next ? due_%d_next : next;", i + 1, i + 1);
    if (s->when) {
        m->depth--;
        fce_line(m, "}");
    }
    return n;
}

/* In `init`: how long it waits and keeps. */
void fce_join_init(struct fc_em *m, int i, const struct fc_pairing *j)
{
    struct fc_cv within = fce_expr(m, j->within), late = {0}, expire = {0};
    if (j->late)
        late = fce_expr(m, j->late);
    if (j->expire)
        expire = fce_expr(m, j->expire);
    fce_line(m, "fl_hold_times(&hold_%d, %s, %s, %s);", i + 1, fce_alone(m, &within), j->late ? fce_alone(m, &late) : "0",
             j->expire ? fce_alone(m, &expire) : "0");
}
