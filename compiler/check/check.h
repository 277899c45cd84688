/*
 * check.h - the checked program: what plan and emit work from.
 *
 * Everything here was found correct; expressions carry type, nullable and sym. Lists are in source order.
 * Names in lets and functions are resolved where they are declared: before a transform plain names are the source's fields.
 */
#ifndef FC_CHECK_H
#define FC_CHECK_H

#include "flowc.h"
#include "tree/sym.h"
#include "tree/walk.h"

/* A row of dsl/builtins.def; the info of a call's expression. */
struct fc_builtin { const char *name, *params, *result, *c, *doc; };
extern const struct fc_builtin fc_builtins[]; /* ended by a NULL name */

struct fc_class {
    const char *name;
    struct fc_span span;
    int index;
    struct fc_class *next;
};

struct fc_reason {
    const char *name;
    struct fc_span span;
    int index;
    struct fc_reason *next;
};

/* A stage option that the .flow sets; the value is constant text or a param. */
struct fc_set {
    const char *phase, *kind, *name;
    const char *text;
    const struct fc_sym *param;
    struct fc_set *next;
};

struct fc_choice {
    const char *phase, *kind;
    struct fc_set *sets;
    struct fc_span span;
    struct fc_choice *next;
};

struct fc_made;

/* An output: what becomes of the records that come to it. */
struct fc_output {
    const char *name;               /* NULL: it has none */
    struct fc_span span;
    int index;
    int first, nstages;             /* its own, in fc_program.stages; an only output has none: they are the pipeline's */
    const struct fc_made *made;     /* whose records it gets, NULL: records as they came */
    struct fc_choice *choices;      /* store, encode, compress, account, write, queue */
    struct fc_part *parts;          /* partition, or NULL */
    struct fc_output_part *header;  /* storeheader, or NULL */
    const struct fc_field *records; /* of it: the one that is batch.records */
    bool metrics;                   /* its records go into metrics, and there are no objects */
    unsigned needs;                 /* enum fl_needs: what the chosen kinds want to be emitted, besides what always is */
    struct fc_output *next;
};

/*
 * What a transform makes. Its symbol is what plain names below it are fields of, and what an `emit` of that form has; `index` of it is
 * the number of the form, in the order of the file.
 */
struct fc_made {
    const struct fc_stage *stage;
    struct fc_sym sym;              /* FC_SYM_RECORD_NOW, with the record's type */
    struct fc_made *next;
};

/* metrics.c: how many ns one of the unit is that a metric's name ends in; seconds where it says none. */
double fck_meter_unit(const char *name);

struct fc_program {
    const char *name, *doc, *version;
    struct fc_span span;
    const struct fc_type *input;    /* the schema */
    struct fc_made *made;           /* by transforms, first to last */
    int nmade;
    const struct fc_made *output;   /* the last one, NULL without */
    struct fc_sym *params, *lets, *functions, *tables, *lookups; /* by next */
    int nparams, nlets, nfunctions, ntables, nlookups;
    struct fc_class *classes;
    int nclasses;
    struct fc_reason *reasons;
    int nreasons;
    struct fc_stage **stages;       /* the pipeline's and then those of each output, in order of running */
    int nstages, ncommon;           /* ncommon: the pipeline's */
    struct fc_choice *choices;      /* source, decode, decompress, intake, reject */
    struct fc_output *outputs;      /* one at least */
    int noutputs;
    const struct fc_stage *templates; /* the transform that templates() stands in: it needs a lookup; NULL: none */
    const struct fc_item *tests;    /* first test item in the list of items; others follow by next */
};

/* A pass over all variants (variants.c); then each thing is reported once. False when errors are queued. */
bool fc_each_variant(struct fc_compilation *c, void (*pass)(struct fc_compilation *c));
/* Report alternatives that no variant has. */
void fc_check_taken(struct fc_compilation *c);

/* The values of all partitions. */
void fc_partition_parts(const struct fc_program *g, fc_visit_expr *visit, void *arg);
/* The same of all storeheaders. */
void fc_header_parts(const struct fc_program *g, fc_visit_expr *visit, void *arg);
/* What the chosen kinds of all outputs that get such a record want to be emitted. */
unsigned fc_outputs_need(const struct fc_program *g, bool formed);

#endif
