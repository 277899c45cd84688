/*
 * depend.h - what a value depends on: lookups and tables, through lets and functions.
 *
 * Lookups are asked for a whole batch before the stages that need them, so plan has to know which expressions may ask;
 * tables are read and written record by record, so it has to know which stages they bind together.
 */
#ifndef FC_DEPEND_H
#define FC_DEPEND_H

#include "check/check.h"

struct fc_depends {
    bool asks;                /* may ask a lookup */
    unsigned long long reads; /* tables, a bit by index; the last bit stands for all from 63 on */
    unsigned long long reads_here; /* the same without lets of the file: those are computed before their tables are written */
};

/* Cheap after fc_depend_check, which fills the memo in the symbols. */
struct fc_depends fc_depends_on(const struct fc_expr *e);

/* A bit for a table. */
unsigned long long fc_table_bit(const struct fc_sym *table);

/* Of what a stage does with each record. */
struct fc_stage_tables {
    unsigned long long reads, reads_here; /* as in fc_depends */
    unsigned long long writes;
};
struct fc_stage_tables fc_stage_tables(const struct fc_stage *s);

/* Report conditions that a late lookup would change. */
void fc_depend_check(struct fc_compilation *c, struct fc_program *p);

#endif
