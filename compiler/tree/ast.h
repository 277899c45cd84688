/*
 * ast.h - the syntax tree of a .flow file.
 *
 * The parser builds these nodes and does nothing else: no look-up, no types, no folding. resolve/check
 * annotate them (the fields under "filled by check"); after that they are read-only and only plan reads them.
 *
 * All nodes live in the compilation's arena and are freed with it as a whole. Lists are singly linked through
 * `next`, in source order. Every node has a span. Names are NUL-terminated, interned in the arena.
 * The grammar is docs/grammar in docs/language.md; its source is compiler/syntax/parse.y.
 */
#ifndef FC_AST_H
#define FC_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "text/source.h"

struct fc_expr;
struct fc_field;
struct fc_stmt;
struct fc_decl;
struct fc_option;
struct fc_stage;
struct fc_output;
struct fc_type; /* type.h */
struct fc_sym;  /* sym.h */

struct fc_name {
    const char *s;
    struct fc_span span;
};

/* ---- types as written ------------------------------------------------------------------------------ */

enum fc_texpr_kind { FC_T_NAME, FC_T_MAP, FC_T_LIST, FC_T_RECORD };

struct fc_texpr {
    enum fc_texpr_kind kind;
    struct fc_span span;
    struct fc_name name;   /* NAME: `int`, `time`, a record's or enum's name */
    struct fc_name arg;    /* NAME with an argument, time(ms): `ms`; arg.s NULL without */
    struct fc_texpr *elem; /* MAP, LIST */
    struct fc_decl *decls; /* RECORD */
    bool optional;         /* T? */
    struct fc_texpr *next; /* in a list of types: table keys */
};

/* A member of a schema or record, a parameter of a function or lookup. */
struct fc_decl {
    struct fc_span span;
    struct fc_name name;
    bool optional;         /* name? : type */
    struct fc_texpr *type;
    const char *as;        /* the JSON key, NULL: the name */
    struct fc_span as_span;
    struct fc_expr *dflt;  /* `= default`, or NULL */
    struct fc_decl *next;
};

/* ---- expressions ------------------------------------------------------------------------------------ */

enum fc_expr_kind {
    FC_E_INT,      /* i; with k M G already multiplied in */
    FC_E_FLOAT,    /* f */
    FC_E_DURATION, /* i, nanoseconds */
    FC_E_SIZE,     /* i, bytes */
    FC_E_ADDRESS,  /* s: the text as written, an address or a prefix; not yet parsed */
    FC_E_STRING,   /* s, len: escapes undone */
    FC_E_BOOL,     /* i */
    FC_E_NULL,
    FC_E_NAME,     /* name */
    FC_E_FIELD,    /* a.name */
    FC_E_INDEX,    /* a[args] */
    FC_E_CALL,     /* name(args) */
    FC_E_ANY,      /* name(bind in a where b), name(bind in a : b) with `maps`: i says which (enum fc_each) */
    FC_E_LIST,     /* [args] */
    FC_E_MATCH,    /* match a { arms } */
    FC_E_NEW,      /* new name { fields } */
    FC_E_TEMPLATE, /* args: strings and expressions in turn */
    FC_E_COND,     /* a ? b : c */
    FC_E_BINARY,   /* a op b */
    FC_E_UNARY     /* op a: not, -, has */
};

enum fc_each { FC_EACH_ANY, FC_EACH_ALL, FC_EACH_FIND, FC_EACH_LAST, FC_EACH_COUNT, FC_EACH_MAP };

enum fc_op {
    FC_OP_OR, FC_OP_AND, FC_OP_NOT,
    FC_OP_EQ, FC_OP_NE, FC_OP_LT, FC_OP_LE, FC_OP_GT, FC_OP_GE, FC_OP_IN, FC_OP_MATCHES,
    FC_OP_COALESCE, FC_OP_ADD, FC_OP_SUB, FC_OP_MUL, FC_OP_DIV, FC_OP_MOD, FC_OP_NEG, FC_OP_HAS
};

enum fc_pattern_kind { FC_P_NAME, FC_P_LITERAL, FC_P_ANY };

struct fc_pattern {
    enum fc_pattern_kind kind;
    struct fc_span span;
    struct fc_name name;   /* NAME: an enumerator, or a class */
    struct fc_expr *value; /* LITERAL */
    int64_t index;         /* filled by check: the enumerator's or class's index */
    struct fc_pattern *next;
};

struct fc_arm {
    struct fc_span span;
    struct fc_pattern *patterns;
    struct fc_expr *value;
    struct fc_arm *next;
};

struct fc_expr {
    enum fc_expr_kind kind;
    enum fc_op op;
    struct fc_span span;
    struct fc_span op_span;
    struct fc_name name;
    int64_t i;
    double f;
    const char *s;
    uint32_t len;
    struct fc_expr *a, *b, *c;
    struct fc_expr *args;
    struct fc_arm *arms;
    struct fc_field *fields;
    struct fc_expr *next;
    bool maps;

    /* filled by check */
    const struct fc_type *type;
    bool nullable;          /* may be null where it stands (guards taken into account) */
    struct fc_sym *sym;     /* NAME, CALL, INDEX of a table */
    const void *info;       /* the operator's or builtin's row */
};

/* ---- fields of a transform, a record constructor, a header, a lookup's answer ------------------------ */

enum fc_field_kind {
    FC_F_SAME,     /* UUID; */
    FC_F_EXPR,     /* name = expr; */
    FC_F_DECLARED, /* name : type; set later, by mangle or join */
    FC_F_OBJECT,   /* name { fields } */
    FC_F_FROM,     /* name from expr { fields } */
    FC_F_SPREAD    /* ...expr; */
};

struct fc_field {
    enum fc_field_kind kind;
    struct fc_span span;
    struct fc_name name;
    bool optional;
    const char *as;         /* the key in the output, NULL: the name */
    struct fc_expr *value;  /* EXPR, FROM, SPREAD */
    struct fc_texpr *type;  /* DECLARED; EXPR with a type: `start : time(s) = Start` */
    struct fc_field *fields;/* OBJECT, FROM */
    struct fc_expr *without;/* SPREAD: fields that are left out, by next */
    struct fc_field *next;

    /* filled by check */
    const struct fc_type *ty;
    bool nullable;          /* the value may be null: left out then */
    int index;              /* which member of the record type */
    const struct fc_expr *spread; /* of a field that `...` brought: the record that it is taken from; see check/spread.c */
    bool checked;           /* its value was checked where it is written, in a function or `new` */
};

/* ---- statements ------------------------------------------------------------------------------------------ */

enum fc_stmt_kind { FC_S_LET, FC_S_ASSIGN, FC_S_FORGET, FC_S_IF, FC_S_DROP, FC_S_EMIT };

struct fc_stmt {
    enum fc_stmt_kind kind;
    struct fc_span span;
    struct fc_name name;     /* LET, FORGET: the table, DROP: the reason, EMIT: optional, s NULL without */
    struct fc_expr *target;  /* ASSIGN: NAME, INDEX or FIELD */
    struct fc_expr *value;   /* LET, ASSIGN; IF: the condition */
    struct fc_expr *expire;  /* ASSIGN, or NULL */
    struct fc_expr *keys;    /* FORGET */
    struct fc_field *fields; /* EMIT */
    struct fc_stmt *body;    /* IF: then */
    struct fc_stmt *other;   /* IF: else; `else if` is a list of one IF */
    struct fc_stmt *next;
    struct fc_sym *sym;      /* filled by check: LET's or table's symbol, DROP's reason */
};

/* ---- options: store buffered { max_flows_per_object = 6000; } --------------------------------------------- */

enum fc_option_kind { FC_O_VALUE, FC_O_STEP, FC_O_PARTITION };

struct fc_part { /* partition date = strftime(..), class; */
    struct fc_name name;
    struct fc_expr *value; /* NULL: the field or word of that name */
    struct fc_part *next;
};

enum fc_step_kind { FC_STEP_STORE, FC_STEP_ENCODE, FC_STEP_COMPRESS, FC_STEP_ACCOUNT, FC_STEP_WRITE, FC_STEP_DECODE, FC_STEP_DECOMPRESS, FC_STEP_QUEUE };

struct fc_option {
    enum fc_option_kind kind;
    struct fc_span span;
    struct fc_name name;       /* VALUE: the option; STEP: the kind, as `json` in decode json */
    enum fc_step_kind step;    /* STEP */
    struct fc_expr *value;     /* VALUE */
    struct fc_part *parts;     /* PARTITION */
    struct fc_option *options; /* STEP */
    struct fc_option *next;
};

/* ---- stages ------------------------------------------------------------------------------------------------- */

enum fc_rule_kind { FC_R_CLASS, FC_R_DROP, FC_R_KEEP, FC_R_LEG, FC_R_BOTH, FC_R_ALONE };

struct fc_rule { /* of classify, filter and join */
    enum fc_rule_kind kind;
    struct fc_span span;
    struct fc_name name;   /* the class, the reason, the leg; s NULL for keep, both */
    struct fc_expr *when;  /* NULL: otherwise; BOTH, ALONE */
    struct fc_stmt *body;  /* BOTH, ALONE */
    struct fc_sym *sym;    /* filled by check; ALONE: the leg */
    struct fc_rule *next;
};

/* join by key within d expire d late d max n; its legs and `drop REASON otherwise` are the stage's rules. */
struct fc_pairing {
    struct fc_expr *key, *within, *expire, *late, *max; /* expire, late: or NULL */
    struct fc_rule *bodies;                             /* BOTH, ALONE */
    const struct fc_sym *form;                          /* filled by check: what records are kept as */
    struct fc_sym *legs[2];
    bool remembers;                                     /* `last` is read */
    struct fc_sym *joined;                              /* the reason of records that became a leg */
    int64_t keys;                                       /* max */
};

struct fc_absent { /* absent k in table every d [or at end] { .. }, or each { .. } with each = true */
    bool each, at_end;
    struct fc_span span;
    struct fc_name var, table;
    struct fc_expr *every;
    struct fc_stmt *body;
    struct fc_sym *var_sym, *table_sym; /* filled by check */
    struct fc_absent *next;
};

/*
 * metrics expire d max n labels { a = e; } { gauge name "help" = e; gauge name "help" { b = "x" => e; } }: values by the texts of their labels.
 * A counter, gauge or histogram that stands by itself is one of these with one meter.
 */
enum fc_meter_kind { FC_M_COUNTER, FC_M_GAUGE, FC_M_HISTOGRAM };

struct fc_serie { /* direction = "x" => e */
    struct fc_span span;
    struct fc_part *labels;    /* constant texts; NULL: none of its own */
    struct fc_expr *value;
    struct fc_serie *next;
    int bit, cell;             /* filled by check: place among all values, and among the numbers of a row */
};

struct fc_meter {
    enum fc_meter_kind kind;
    struct fc_span span;
    struct fc_name name;
    const char *help;
    struct fc_expr *buckets;   /* HISTOGRAM: a list, else NULL */
    struct fc_serie *series;
    struct fc_meter *next;
};

struct fc_rows { /* each KEY, ROW in TABLE: the rows of a table that is read from outside, instead of records */
    struct fc_name key, table;
    struct fc_stmt *row;       /* let ROW = TABLE[KEY]; NULL: it isn't named */
    struct fc_sym *key_sym, *table_sym; /* filled by check */
};

struct fc_metrics {
    struct fc_rows *rows;      /* NULL: records change them */
    struct fc_part *labels;
    struct fc_expr *expire, *max; /* or NULL */
    struct fc_meter *meters;
    int64_t most;              /* filled by check: max */
    int nlabels, nvalues, ncells;
};

enum fc_stage_kind {
    FC_ST_CLASSIFY, FC_ST_FILTER, FC_ST_UPDATE, FC_ST_TRANSFORM, FC_ST_MANGLE, FC_ST_JOIN, FC_ST_AGGREGATE, FC_ST_METRICS,
    FC_STAGES /* how many */
};

struct fc_stage {
    enum fc_stage_kind kind;
    struct fc_span span;       /* the whole stage */
    struct fc_span head;       /* its first word */
    struct fc_name name;       /* TRANSFORM, AGGREGATE */
    struct fc_rule *rules;     /* CLASSIFY, FILTER, JOIN */
    struct fc_stmt *body;      /* UPDATE */
    struct fc_field *fields;   /* TRANSFORM; NULL for `transform NAME;` */
    bool whole;                /* TRANSFORM, filled by check: all that the record has goes on, undeclared fields too */
    struct fc_expr *when;      /* MANGLE, JOIN */
    struct fc_absent *mangles; /* MANGLE */
    struct fc_pairing *join;      /* JOIN */
    struct fc_metrics *metrics; /* METRICS */
    /* AGGREGATE is parsed and kept only as far as its span: a later issue. */
    struct fc_stage *next;
};

/* What stands in an output block besides stages. */
enum fc_output_kind { FC_OUT_STAGE, FC_OUT_STEP, FC_OUT_QUEUE, FC_OUT_STOREHEADER, FC_OUT_SELECT };

struct fc_output_part {
    enum fc_output_kind kind;
    struct fc_span span, head;
    struct fc_stage *stage;    /* STAGE */
    enum fc_step_kind step;    /* STEP */
    struct fc_name name;       /* STEP: its kind, as `buffered` */
    struct fc_option *options; /* STEP, QUEUE */
    struct fc_field *fields;   /* STOREHEADER */
    struct fc_select *select;  /* SELECT; loading puts an alternative's parts in its place */
    struct fc_output_part *next;
};

/* ---- tests ---------------------------------------------------------------------------------------------------- */

enum fc_check_kind { FC_C_PARAM, FC_C_GIVEN, FC_C_LOOKUP, FC_C_TABLE, FC_C_AT, FC_C_EXPECT, FC_C_EXPECT_JSON, FC_C_EXPECT_DROPPED, FC_C_EXPECT_OBJECT };

struct fc_check {
    enum fc_check_kind kind;
    struct fc_span span;
    struct fc_name name;     /* PARAM, LOOKUP, TABLE; EXPECT_DROPPED: the reason */
    const char *json;        /* GIVEN, LOOKUP, PARAM of a map, EXPECT_JSON: the JSON text as written; GIVEN STRING: the string's value */
    struct fc_span json_span; /* where it stands, byte for byte; not of a STRING */
    bool raw;                /* GIVEN STRING */
    struct fc_expr *expr;    /* PARAM, AT, EXPECT, EXPECT_JSON's left side, LOOKUP's answer when it is an expression */
    struct fc_expr *args;    /* LOOKUP; EXPECT_OBJECT: its conditions; TABLE: rows, LISTs of keys with the value in `a` or as JSON in `s` */
    const char *pattern;     /* EXPECT_OBJECT */
    struct fc_check *next;
};

/* ---- the file --------------------------------------------------------------------------------------------------- */

enum fc_item_kind {
    FC_I_PIPELINE, FC_I_USE, FC_I_INCLUDE, FC_I_ENUM, FC_I_RECORD, FC_I_SCHEMA, FC_I_CONST, FC_I_PARAM, FC_I_REJECT, FC_I_REFUSED, FC_I_STATE, FC_I_LET,
    FC_I_FUNCTION, FC_I_TABLE, FC_I_LOOKUP, FC_I_SOURCE, FC_I_STAGE, FC_I_OUTPUT, FC_I_TEST, FC_I_SELECT
};

struct fc_enumerator {
    struct fc_name name;
    int index;            /* filled by check */
    const char *as;       /* name as "wire name" */
    bool has_value;       /* name = 3 */
    int64_t value;
    struct fc_enumerator *next;
};

struct fc_item {
    enum fc_item_kind kind;
    struct fc_span span;      /* the whole item */
    struct fc_name name;      /* s NULL where it has none */
    const char *text;         /* PIPELINE: what it is; INCLUDE: the file; TEST: its title */
    struct fc_span text_span;
    const char *version;      /* PIPELINE, or NULL */
    struct fc_enumerator *enumerators;
    struct fc_name base;      /* ENUM : string; s NULL: integers */
    struct fc_decl *decls;    /* RECORD, SCHEMA; FUNCTION and LOOKUP: the parameters */
    struct fc_texpr *type;    /* PARAM, FUNCTION, TABLE, LOOKUP */
    struct fc_texpr *keys;    /* TABLE */
    struct fc_expr *value;    /* CONST, LET, PARAM's default, FUNCTION's body or what it returns */
    const char *json;         /* PARAM = json_object: the text */
    const char *yaml;         /* PARAM: its path, or NULL */
    struct fc_span yaml_span;
    struct fc_expr *one_of;   /* PARAM: a list, or NULL */
    struct fc_name secret;    /* PARAM secret file ".." : `file` or `env`; s NULL: not secret */
    const char *secret_arg;
    struct fc_stmt *lets;     /* FUNCTION: its lets */
    struct fc_expr *expire;   /* TABLE */
    struct fc_expr *max;      /* TABLE, LOOKUP */
    struct fc_name from;      /* TABLE from csv, LOOKUP from gremlin */
    struct fc_expr *query;    /* TABLE: the file; LOOKUP: a STRING or TEMPLATE, `{p}` inside a STRING is found by check */
    struct fc_expr *reload;   /* TABLE from a kind, NULL: from none */
    struct fc_expr *row_keys; /* the same: where the parts of the key are in a row; `value` and `fields`: where the value is */
    struct fc_expr *when;     /* the same, or NULL */
    struct fc_expr *cache;    /* LOOKUP */
    struct fc_expr *timeout;  /* LOOKUP, or NULL */
    struct fc_field *fields;  /* LOOKUP, TABLE: where in the answer */
    struct fc_option *options;/* SOURCE, REJECT, REFUSED, STATE */
    struct fc_stage *stage;   /* STAGE */
    struct fc_output_part *outputs; /* OUTPUT */
    struct fc_check *checks;  /* TEST */
    struct fc_select *select; /* SELECT; loading puts an alternative's items in its place */
    struct fc_sym *sym;       /* filled by check */
    struct fc_item *next;
};

struct fc_case { /* VALUE, VALUE { .. }, otherwise { .. }, VALUE, otherwise { .. } of a select */
    struct fc_span span, head;
    struct fc_pattern *values;
    bool otherwise;                /* all that no case has */
    struct fc_item *items;         /* of a select among items */
    struct fc_output_part *parts;  /* of one in an output */
    struct fc_case *next;
};

struct fc_select {
    struct fc_span span;
    struct fc_name name;           /* the param */
    struct fc_case *cases;
    const struct fc_case *taken;   /* by load: the one that stands in its place in this variant */
    struct fc_select *next;        /* of a variant, in the order in which load came to them */
};

/* One file with everything that `use` and `include` brought in, in order; of each select one alternative. */
struct fc_file {
    struct fc_item *items;
    struct fc_select *selects;
};

#endif
