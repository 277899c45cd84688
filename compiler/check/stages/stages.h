/*
 * stages.h - what the check of each kind of stage shares. A kind is a file here and a row in stage.c.
 */
#ifndef FC_CHECK_STAGES_H
#define FC_CHECK_STAGES_H

#include <string.h>

#include "check/checker.h"

/* The rules of a stage so far. */
struct fc_rules_above {
    struct fc_index conditions;  /* the first rule of each, by its text */
    const struct fc_rule *all;   /* the first one that takes everything */
};

/* rules.c: report that r is never reached; add it to those above. */
void fck_reachable(struct fc_checker *k, struct fc_rules_above *above, const struct fc_rule *r);

void fck_classify(struct fc_checker *k, struct fc_stage *s);
void fck_filter(struct fc_checker *k, struct fc_stage *s);
void fck_update(struct fc_checker *k, struct fc_stage *s);
void fck_transform(struct fc_checker *k, struct fc_stage *s);
void fck_mangle(struct fc_checker *k, struct fc_stage *s);

#endif
