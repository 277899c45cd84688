/*
 * update.c - tables are written.
 */
#include "emit/stages/stages.h"

void fce_update(struct fc_em *m, int i, const struct fc_stage *s)
{
    fce_stage_begin(m, i, s, "");
    fce_settle_before(m, s);
    fce_block(m, s->body);
    fce_stage_end(m);
}
