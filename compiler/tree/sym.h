/*
 * sym.h - names that a .flow file declares, and the scopes they live in.
 *
 * Fields of records are not symbols: they are found through the record's type. One fc_sym per declaration, in the
 * compilation's arena; check fills it, plan and emit read it.
 */
#ifndef FC_SYM_H
#define FC_SYM_H

#include "tree/ast.h"
#include "tree/type.h"

enum fc_sym_kind {
    FC_SYM_CONST,    /* value */
    FC_SYM_PARAM,    /* known at start */
    FC_SYM_LET,      /* top level: per record, computed at most once */
    FC_SYM_FUNCTION,
    FC_SYM_TABLE,
    FC_SYM_LOOKUP,
    FC_SYM_ENUM,
    FC_SYM_RECORD,
    FC_SYM_ARG,      /* parameter of a function or lookup */
    FC_SYM_FLET,     /* let of a function: lazy */
    FC_SYM_LOCAL,    /* let of a statement block, the variable of any() or absent: computed at its place */
    FC_SYM_INPUT,    /* the source's record: `input` */
    FC_SYM_RECORD_NOW, /* the current record after a transform; written as plain field names, `record` in tests */
    FC_SYM_CLASS_NOW, /* `class` */
    FC_SYM_NOW,
    FC_SYM_ENUMERATOR, /* index in type's enum */
    FC_SYM_CLASS,      /* a class name; index */
    FC_SYM_TEXT,       /* a constant text: pipeline.version */
    FC_SYM_OBJECT      /* tests, storeheader: a member of the object: name */
};

struct fc_sym {
    enum fc_sym_kind kind;
    const char *name;
    struct fc_span span;       /* of the name where it is declared */
    const struct fc_item *item;
    const struct fc_type *type;
    bool optional;             /* its value may be null */
    struct fc_expr *value;     /* CONST, LET, FLET, LOCAL, FUNCTION's body, PARAM's default */
    struct fc_sym *args;       /* FUNCTION, LOOKUP: parameters, linked by next */
    struct fc_sym *lets;       /* FUNCTION */
    struct fc_sym *owner;      /* ARG, FLET: the function */
    const struct fc_type **keys; /* TABLE */
    int nkeys;
    int64_t expire, max;       /* TABLE; LOOKUP: cache, max */
    const struct fc_type *row; /* TABLE that is filled: what is found of a row, key parts, value, what was given */
    int64_t timeout;           /* LOOKUP */
    int64_t index;
    unsigned used;
    bool walking, walked;      /* plan: cycle check and memo */
    bool always;               /* plan: read by what no option switches off */
    bool asks;                 /* plan: its value may ask a lookup */
    bool covered;              /* check: a lookup in it that is late has a default */
    bool joined;               /* LET: declared below a join */
    bool after_transform;      /* LET: plain names in it are the transform's fields */
    unsigned long long reads;  /* plan: tables read, a bit by index (the last bit stands for all from 63 on) */
    unsigned long long reads_here; /* plan: the same without those that lets of the file read for it */
    struct fc_sym *next;       /* in its list */
    struct fc_sym *up;         /* in the scope */
};

#endif
