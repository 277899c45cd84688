/*
 * input.c - the tree of the input: a node for each path that the schema has.
 */
#include <string.h>

#include "plan/parts.h"

/* Nested names are joined with two underscores, and the whole is `record`: a name that has these itself is marked. */
const char *fc_plain_name(struct fc_compilation *c, const char *name)
{
    if (strstr(name, "__") || (name[0] == 'f' && name[1] >= '0' && name[1] <= '9'))
        return fl_arena_printf(&c->arena, "f%zu_%s", strlen(name), name);
    return strncmp(name, "record", 6) == 0 ? fl_arena_printf(&c->arena, "%s_f", name) : name;
}

void fc_grow_input(struct fc_compilation *c, struct fc_in *n)
{
    if (n->type->kind != FC_K_RECORD)
        return;
    n->ninner = n->type->nmembers;
    n->inner = fl_arena_zero(&c->arena, sizeof *n->inner * (size_t)(n->ninner ? n->ninner : 1));
    for (int i = 0; i < n->ninner; i++) {
        struct fc_in *m = &n->inner[i];
        m->member = &n->type->members[i];
        m->type = m->member->type;
        m->parent = n;
        m->path = n->member ? fl_arena_printf(&c->arena, "%s.%s", n->path, m->member->name) : m->member->name;
        m->c = n->member ? fl_arena_printf(&c->arena, "%s__%s", n->c, fc_plain_name(c, m->member->name)) : fc_plain_name(c, m->member->name);
        fc_grow_input(c, m);
    }
}

struct fc_in *fc_plan_input(struct fc_plan *p, const struct fc_expr *e)
{
    if (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_INPUT)
        return &p->in;
    if (e->kind != FC_E_FIELD)
        return NULL;
    struct fc_in *base = fc_plan_input(p, e->a);
    return base && e->info ? &base->inner[((const struct fc_member *)e->info)->index] : NULL;
}

void fc_mark_way(struct fc_in *n)
{
    for (n = n->parent; n && n->member; n = n->parent)
        n->has = true;
}

void fc_csv_leaves(struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++) {
        struct fc_in *m = &n->inner[i];
        if (m->type->kind == FC_K_RECORD) {
            m->has = true;
            fc_csv_leaves(m);
        } else {
            m->raw = true; /* a cell is its text as it came */
        }
    }
}

/* A record that is passed on whole: every member is looked for, because some have to be there and some have defaults. */
void fc_look_for_all(struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++) {
        n->inner[i].has = true;
        fc_look_for_all(&n->inner[i]);
    }
}

/* All of them checked, none decoded. */
bool fc_only_numbers(const struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++)
        if (!fc_number_text(n->inner[i].type) || n->inner[i].raw || (n->inner[i].value && !n->inner[i].late))
            return false;
    return n->ninner > 0;
}

void fc_number_members(struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++) {
        struct fc_in *m = &n->inner[i];
        if (fc_in_live(m))
            m->bit = n->nbits++;
        fc_number_members(m);
    }
}

static bool holds_records(const struct fc_type *t)
{
    if (t->kind == FC_K_LIST)
        return t->elem->kind == FC_K_RECORD;
    for (int i = 0; t->kind == FC_K_RECORD && i < t->nmembers; i++)
        if (holds_records(t->members[i].type))
            return true;
    return false;
}

void fc_check_lists(struct fc_compilation *c, const struct fc_slot *s)
{
    for (int i = 0; i < s->ninner; i++) {
        const struct fc_slot *m = &s->inner[i];
        if (m->kind == FC_SLOT_OBJECT)
            fc_check_lists(c, m);
        else if (m->kind != FC_SLOT_INPUT && holds_records(m->type))
            fc_report(&c->diags, FC_LATER, m->field->span, "a list of records in the output that isn't passed on as it came");
    }
}
