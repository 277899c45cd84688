/*
 * program.c - what other files and passes ask of the outputs of a checked program.
 */
#include "check/check.h"

void fc_partition_parts(const struct fc_program *g, fc_visit_expr *visit, void *arg)
{
    for (const struct fc_output *o = g->outputs; o; o = o->next)
        for (const struct fc_part *p = o->parts; p; p = p->next)
            visit(arg, p->value);
}

void fc_header_parts(const struct fc_program *g, fc_visit_expr *visit, void *arg)
{
    for (const struct fc_output *o = g->outputs; o; o = o->next)
        if (o->header)
            fc_field_parts(o->header->fields, visit, arg);
}

unsigned fc_outputs_need(const struct fc_program *g, bool formed)
{
    unsigned needs = 0;
    for (const struct fc_output *o = g->outputs; o; o = o->next)
        if ((o->made != NULL) == formed)
            needs |= o->needs;
    return needs;
}
