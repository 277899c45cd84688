/*
 * slots.c - the fields of the record that goes out: found by their path; how much of the input is kept for them.
 */
#include <string.h>

#include "dsl/option.h"
#include "plan/parts.h"

static struct fc_slot *origin(struct fc_slot *s)
{
    return s->kind == FC_SLOT_SAME ? s->same : s;
}

struct fc_slot *fc_plan_slot(struct fc_plan *p, const struct fc_expr *e, int *rest)
{
    if (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_RECORD_NOW) {
        *rest = 0;
        return p->forms[e->sym->index];
    }
    if (e->kind != FC_E_FIELD)
        return NULL;
    struct fc_slot *s = fc_plan_slot(p, e->a, rest);
    if (!s)
        return NULL;
    if (*rest == 0 && s->kind == FC_SLOT_OBJECT)
        return origin(&s->inner[((const struct fc_member *)e->info)->index]);
    ++*rest;
    return s;
}

struct fc_in *fc_plan_below(struct fc_in *n, const struct fc_expr *e, int rest)
{
    return rest == 0 ? n : &fc_plan_below(n, e->a, rest - 1)->inner[((const struct fc_member *)e->info)->index];
}

struct fc_slot *fc_plan_form(const struct fc_plan *p, const struct fc_stage *s)
{
    for (const struct fc_made *m = p->program->made; m; m = m->next)
        if (m->stage == s)
            return p->forms[m->sym.index];
    return NULL;
}

/* What is only passed on is kept as text; after fc_plan_reads, so that what is read besides is known. */
static void pass_slots(struct fc_plan *p, struct fc_slot *s)
{
    for (int i = 0; i < s->ninner; i++) {
        struct fc_slot *m = origin(&s->inner[i]);
        if (s->whole && fc_slot_untouched(p, &s->inner[i]) && !(fc_outputs_need(p->program, true) & FL_NEEDS_CSV))
            continue; /* a part of the record's text */
        if (m->kind == FC_SLOT_OBJECT) {
            pass_slots(p, m);
        } else if (m->kind == FC_SLOT_INPUT) {
            struct fc_in *n = (struct fc_in *)m->in;
            fc_mark_way(n);
            if (n->type->kind == FC_K_RECORD || !n->value || n->late || m->text)
                n->raw = true;
            else if (fc_in_lossy(n->type))
                n->raw = true; /* read and passed on: what comes out is what came in */
            if (n->type->kind == FC_K_RECORD && fc_outputs_need(p->program, true) & FL_NEEDS_CSV)
                fc_csv_leaves(n); /* its leaves are columns */
            if (n->raw)
                fc_look_for_all(n);
        } else if (m->kind == FC_SLOT_STORED && m->in) {
            ((struct fc_in *)m->in)->raw = true;
        }
    }
}

/* When all is known that is kept: a number of such a record may be passed on by itself too. */
static void find_places(struct fc_slot *s)
{
    for (int i = 0; i < s->ninner; i++) {
        struct fc_slot *m = origin(&s->inner[i]);
        if (m->kind == FC_SLOT_OBJECT) {
            find_places(m);
        } else if (m->kind == FC_SLOT_INPUT && m->in->raw) {
            struct fc_in *n = (struct fc_in *)m->in;
            n->places = fc_only_numbers(n);
        }
    }
}

bool fc_slot_untouched(const struct fc_plan *p, const struct fc_slot *s)
{
    const struct fc_slot *o = s->kind == FC_SLOT_SAME ? s->same : s;
    return o->kind == FC_SLOT_INPUT && !o->text && !o->nonempty && o->in->parent == &p->in && strcmp(o->in->member->key, fc_slot_key(s)) == 0;
}

void fc_pass_slots(struct fc_plan *p, struct fc_slot *s)
{
    pass_slots(p, s);
    find_places(s);
}
