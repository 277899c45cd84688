/*
 * join.c - records that wait for others are kept by value, so all fields are read; how much room they take.
 */
#include "dsl/hold_size.h"
#include "plan/parts.h"

void fc_plan_join(struct fc_compilation *c, struct fc_plan *p, const struct fc_stage *s)
{
    (void)c;
    p->ticks = true;
    fc_plan_emits(p, s);
}

size_t fc_packed_size(const struct fc_type *t)
{
    size_t n = 0;
    switch (t->kind) {
    case FC_K_BOOL:
        return 1;
    case FC_K_FLOAT:
        return 8;
    case FC_K_STRING:
        return 2 + FL_HELD_TEXT;
    case FC_K_IP:
        return 10 + FL_HELD_TEXT;
    case FC_K_CIDR:
        return 40;
    case FC_K_LIST:
    case FC_K_MAP:
        return 2 + 4 * FL_HELD_TEXT;
    case FC_K_RECORD:
        for (int i = 0; i < t->nmembers; i++)
            n += fc_packed_size(t->members[i].type) + t->members[i].optional;
        return n;
    default:
        return 10;
    }
}

uint32_t fc_key_size(const struct fc_type *const *keys, int n)
{
    bool text = n > 1 || keys[0]->kind == FC_K_STRING || keys[0]->kind == FC_K_CIDR;
    return text ? 0 : keys[0]->kind == FC_K_IP ? 24 : 8;
}
