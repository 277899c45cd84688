/*
 * stages.h - what the check of each kind of stage shares. A kind is a file here and a row in stage.c.
 */
#ifndef FC_CHECK_STAGES_H
#define FC_CHECK_STAGES_H

#include <string.h>

#include "check/checker.h"

void fck_classify(struct fc_checker *k, struct fc_stage *s);
void fck_filter(struct fc_checker *k, struct fc_stage *s);
void fck_update(struct fc_checker *k, struct fc_stage *s);
void fck_transform(struct fc_checker *k, struct fc_stage *s);
void fck_mangle(struct fc_checker *k, struct fc_stage *s);
void fck_join(struct fc_checker *k, struct fc_stage *s);
void fck_metrics(struct fc_checker *k, struct fc_stage *s);

#endif
