/*
 * transform.c - the fields that a transform makes get their slots: written as they came, constant, or computed and stored.
 */
#include <string.h>

#include "plan/parts.h"
#include "tree/walk.h"

static bool is_path(const struct fc_expr *e, const struct fc_slot *s, const struct fc_sym *form)
{
    for (; s->parent; s = s->parent, e = e->a)
        if (e->kind != FC_E_FIELD || ((const struct fc_member *)e->info)->index != s - s->parent->inner)
            return false;
    return e->kind == FC_E_NAME && e->sym == form;
}

/* Does any mangle set the field, or one inside of it, or give it to the records that it makes? */
struct setting {
    const struct fc_slot *slot;
    const struct fc_member *member;
    const struct fc_sym *form;
    bool set, below, given;
};

static void visit_set(void *arg, const struct fc_stmt *s)
{
    struct setting *k = arg;
    for (const struct fc_expr *e = s->kind == FC_S_ASSIGN ? s->target : NULL; e && e->kind == FC_E_FIELD; e = e->a)
        if (is_path(e, k->slot, k->form))
            *(e == s->target ? &k->set : &k->below) = true;
    for (const struct fc_field *f = s->kind == FC_S_EMIT && s->sym == k->form ? s->fields : NULL; f; f = f->next)
        if (f->kind == FC_F_EXPR && strcmp(f->name.s, k->member->name) == 0)
            k->given = true;
}

static struct setting setting_of(const struct fc_program *g, const struct fc_sym *form, const struct fc_slot *s, const struct fc_member *m)
{
    struct setting k = {s, m, form, false, false, false};
    for (int i = 0; i < g->nstages; i++)
        fc_walk_statements(g->stages[i], FC_PART_ALL, visit_set, &k);
    return k;
}

static bool constant(const struct fc_expr *e)
{
    return (e->kind == FC_E_STRING && !memchr(e->s, 0, e->len)) || (e->kind == FC_E_INT && fc_type_integral(e->type)) || e->kind == FC_E_BOOL || e->kind == FC_E_SIZE;
}

/* The x of nonempty(x) or text(x), or NULL. */
static const struct fc_expr *in_builtin(const struct fc_expr *e, const char *name)
{
    const struct fc_builtin *b = e->kind == FC_E_CALL && !e->sym ? e->info : NULL;
    return b && strcmp(b->name, name) == 0 ? e->args : NULL;
}

/* The input that a field's value comes from. */
static struct fc_in *source_of(struct fc_plan *p, const struct fc_expr *e, const struct fc_type *t)
{
    int rest = 0;
    struct fc_in *n = fc_plan_input(p, e);
    const struct fc_slot *s = n ? NULL : fc_plan_slot(p, e, &rest);
    if (s && s->kind == FC_SLOT_INPUT && !s->text && !s->nonempty)
        n = fc_plan_below((struct fc_in *)s->in, e, rest);
    return n && fc_type_same(n->type, t) && n->type->form == t->form ? n : NULL;
}

/* The field of the transform above that a field's value is. */
static struct fc_slot *same_as(struct fc_plan *p, const struct fc_expr *e, const struct fc_type *t)
{
    int rest;
    struct fc_slot *s = fc_plan_slot(p, e, &rest);
    if (!s || !s->parent || rest || !fc_type_same(s->type, t) || s->type->form != t->form)
        return NULL;
    for (const struct fc_slot *up = s->parent; up->parent; up = up->parent)
        if (up->field->kind == FC_F_FROM && up->field->value->nullable)
            return NULL; /* whether it is there is the object's to say */
    return s;
}

/* The input that e is the decimal text of: what its digits say. */
static struct fc_in *digits_of(struct fc_plan *p, const struct fc_expr *e)
{
    const struct fc_expr *number = in_builtin(e, "text");
    struct fc_in *n = number ? fc_plan_input(p, number) : NULL;
    bool whole = n && (n->type->kind == FC_K_INT || n->type->kind == FC_K_BYTES || n->type->kind == FC_K_PACKETS);
    return whole && fc_number_text(n->type) ? n : NULL;
}

static const char *slot_name(struct fc_compilation *c, const struct fc_slot *s)
{
    const char *name = fc_plain_name(c, s->field->name.s);
    return s->parent && s->parent->c ? fl_arena_printf(&c->arena, "%s__%s", s->parent->c, name) : name;
}

/* What `emit` gives for a record. */
static struct fc_slot *given_of(struct fc_compilation *c, const struct fc_slot *s)
{
    struct fc_slot *g = fl_arena_zero(&c->arena, sizeof *g);
    *g = (struct fc_slot){.kind = FC_SLOT_STORED, .field = s->field, .type = s->type, .parent = s->parent, .optional = true, .emitted = true};
    g->c = fl_arena_printf(&c->arena, "f0_%s", s->c); /* no field is called so, see fc_plain_name */
    return g;
}

static void make_slots(struct fc_compilation *c, struct fc_plan *p, struct fc_slot *parent, const struct fc_field *fields, const struct fc_type *record, const struct fc_sym *form)
{
    parent->kind = FC_SLOT_OBJECT;
    parent->type = record;
    parent->ninner = record->nmembers;
    parent->inner = fl_arena_zero(&c->arena, sizeof *parent->inner * (size_t)(record->nmembers ? record->nmembers : 1));
    for (const struct fc_field *f = fields; f; f = f->next) {
        struct fc_slot *s = &parent->inner[f->index];
        const struct fc_member *m = &record->members[f->index];
        s->field = f;
        s->type = m->type;
        s->parent = parent;
        s->optional = f->optional;
        s->c = slot_name(c, s);
        struct setting k = setting_of(p->program, form, s, m);
        s->emitted = k.given && !parent->parent;
        bool changed = k.set || k.below, apart = s->emitted && m->type->kind == FC_K_RECORD, fixed = (!s->emitted || apart) && !changed;
        s->kind = FC_SLOT_STORED;
        if (f->kind == FC_F_OBJECT || f->kind == FC_F_FROM) {
            make_slots(c, p, s, f->fields, m->type, form);
        } else if (f->kind == FC_F_EXPR && fixed && (s->same = same_as(p, f->value, m->type))) {
            s->kind = FC_SLOT_SAME;
        } else if (f->kind == FC_F_EXPR && fixed) {
            const struct fc_expr *text = in_builtin(f->value, "nonempty");
            s->in = source_of(p, text ? text : f->value, m->type);
            s->nonempty = s->in && text;
            if (!s->in && (s->in = digits_of(p, f->value)))
                s->text = true;
            if (s->in) {
                s->kind = FC_SLOT_INPUT;
            } else if (constant(f->value) && m->type->form == FC_FORM_PLAIN) {
                s->kind = FC_SLOT_CONST;
            } else if (f->value->kind == FC_E_NAME && f->value->sym && f->value->sym->kind == FC_SYM_LET) {
                s->kind = FC_SLOT_LET;
                s->let = f->value->sym;
            }
        } else if (f->kind == FC_F_EXPR && !changed && fc_number_text(m->type)) {
            s->in = source_of(p, f->value, m->type);
        }
        if (apart && s->kind != FC_SLOT_STORED)
            s->given = given_of(c, s);
    }
}

void fc_plan_transform(struct fc_compilation *c, struct fc_plan *p, const struct fc_stage *s)
{
    const struct fc_made *m = p->program->made;
    while (m->stage != s)
        m = m->next;
    p->forms[m->sym.index]->type = m->sym.type;
    p->forms[m->sym.index]->whole = s->whole;
    make_slots(c, p, p->forms[m->sym.index], s->fields, m->sym.type, &m->sym);
}
