/*
 * stages.h - how each kind of stage becomes C. A kind is a file here and a row in emit/stage.c.
 */
#ifndef FC_EMIT_STAGES_H
#define FC_EMIT_STAGES_H

#include "emit/emit.h"

/* parts.c: the function of the stage number i begins and ends; `more` is what its parameters are besides. */
void fce_stage_begin(struct fc_em *m, int i, const struct fc_stage *s, const char *more);
void fce_stage_end(struct fc_em *m);
/* Lets that read what the stage is about to write are computed before it: they see tables as they were. */
void fce_settle_before(struct fc_em *m, const struct fc_stage *s);

/* rules.c: filter and classify. */
void fce_rules(struct fc_em *m, int i, const struct fc_stage *s);
void fce_update(struct fc_em *m, int i, const struct fc_stage *s);
void fce_transform(struct fc_em *m, int i, const struct fc_stage *s);
void fce_mangle(struct fc_em *m, int i, const struct fc_stage *s);
void fce_join(struct fc_em *m, int i, const struct fc_stage *s);
int fce_join_tick(struct fc_em *m, int i, const struct fc_stage *s, int n);
void fce_metrics(struct fc_em *m, int i, const struct fc_stage *s);
/* All of each output. */
void fce_meter(struct fc_em *m);
int fce_metrics_tick(struct fc_em *m, int i, const struct fc_stage *s, int n);
/* What a table's key of `key_n` bytes at `key` is, as the local `var`. */
void fce_key_local(struct fc_em *m, const struct fc_sym *var);
int fce_mangle_tick(struct fc_em *m, int i, const struct fc_stage *s, int n);

#endif
