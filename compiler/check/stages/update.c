/*
 * update.c - what is kept about each record in tables; the record itself goes on as it came.
 */
#include "check/stages/stages.h"

void fck_update(struct fc_checker *k, struct fc_stage *s)
{
    const struct fc_fact *before = k->facts;
    k->where = FC_IN_UPDATE;
    fck_block(k, s->body);
    k->facts = before;
}
