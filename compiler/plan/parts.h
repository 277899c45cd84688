/*
 * parts.h - what the files of the plan pass share. Private to compiler/plan; the plan itself is plan.h.
 *
 *   plan.c      the order of it all
 *   stage.c     the stages by kind; a file of stages/ where one needs something of its own
 *   steps.c     the list of steps
 *   asks.c      lookups that can't be asked ahead are reported
 *   ahead.c     rows of tables that are fetched for many records at once
 *   matchers.c  sets and regular expressions that are built at start
 *   slots.c     the fields of the record that goes out
 *   read.c      what is read of the input
 *   input.c     the input's tree
 *   reach.c     which declarations are needed at all
 *   silent.c    what is null when no lookup is answered
 *   dump.c      --dump-plan
 */
#ifndef FC_PLAN_PARTS_H
#define FC_PLAN_PARTS_H

#include "plan/plan.h"

/* input.c */
void fc_grow_input(struct fc_compilation *c, struct fc_in *n);
/* As a part of a C name: nested names are joined with two underscores, and the whole is `record`. */
const char *fc_plain_name(struct fc_compilation *c, const char *name);
/* The records that the field is in: whether they are there is looked at. */
void fc_mark_way(struct fc_in *n);
/* Every leaf is read as a column of csv. */
void fc_csv_leaves(struct fc_in *n);
/* A record that is passed on whole: every member is looked for, because some have to be there and some have defaults. */
void fc_look_for_all(struct fc_in *n);
/* Are its members all numbers that are checked and not decoded? */
bool fc_only_numbers(const struct fc_in *n);
/* Members that are looked for get their bits. */
void fc_number_members(struct fc_in *n);
/* Report lists of records that would have to be encoded element by element. */
void fc_check_lists(struct fc_compilation *c, const struct fc_slot *s);

/* slots.c: what is only passed on is kept as text; when it is known what is read. */
void fc_pass_slots(struct fc_plan *p, struct fc_slot *s);
/* dump.c: warns of tables that this machine has no room for. */
void fc_doubt_tables(struct fc_compilation *c);

/* reach.c: counts anew what is used, from stages, tests and templates on, not from declarations that nothing needs. */
void fc_reach(struct fc_compilation *c);

/* read.c: marks what is read of the input. */
void fc_plan_reads(struct fc_compilation *c, struct fc_plan *p);

/* matchers.c: all that the program needs. */
void fc_find_matchers(struct fc_compilation *c, struct fc_plan *p);

/* steps.c */
void fc_plan_steps(struct fc_compilation *c, struct fc_plan *p);

/* asks.c: reports lookups that are asked by what their own step writes. */
void fc_plan_asks(struct fc_compilation *c, struct fc_plan *p);

/* ahead.c: gives each step its rows. */
void fc_plan_ahead(struct fc_compilation *c, struct fc_plan *p);

/* stages/: what only this kind of stage needs, before it is known what is read. */
void fc_plan_transform(struct fc_compilation *c, struct fc_plan *p, const struct fc_stage *s);
/* The forms of records that the stage makes by `emit`. */
void fc_plan_emits(struct fc_plan *p, const struct fc_stage *s);
void fc_plan_join(struct fc_compilation *c, struct fc_plan *p, const struct fc_stage *s);
void fc_plan_metrics(struct fc_compilation *c, struct fc_plan *p, const struct fc_stage *s);
void fc_plan_mangle(struct fc_compilation *c, struct fc_plan *p, const struct fc_stage *s);

#endif
