/*
 * type.h - the language's types.
 *
 * Scalars without a wire form are const singletons and may be compared by pointer; all others are made in the
 * compilation's arena and compared with fc_type_same. Null is not part of a type: an expression and a member carry
 * `nullable`/`optional` beside it.
 */
#ifndef FC_TYPE_H
#define FC_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "text/index.h"
#include "tree/ast.h"

struct fl_arena;

enum fc_kind {
    FC_K_ERROR, /* something wrong was reported; agrees with everything, so that one mistake gives one message */
    FC_K_NULL,  /* the literal null */
    FC_K_BOOL, FC_K_INT, FC_K_FLOAT, FC_K_STRING, FC_K_IP, FC_K_CIDR, FC_K_TIME, FC_K_DURATION, FC_K_BYTES, FC_K_PACKETS,
    FC_K_CLASS, FC_K_ENUM, FC_K_RECORD, FC_K_LIST, FC_K_MAP
};

/* How a value is written in JSON. Plain is said by a declaration, or by nothing at all: fc_type_either. */
enum fc_form { FC_FORM_PLAIN, FC_FORM_NS, FC_FORM_US, FC_FORM_MS, FC_FORM_S, FC_FORM_RFC3339, FC_FORM_TEXT };

struct fc_member {
    const char *name;
    const char *key;            /* in JSON */
    const struct fc_type *type;
    bool optional;
    struct fc_expr *dflt;       /* value when absent, or NULL */
    struct fc_span span;
    int index;
};

struct fc_enum {
    const char *name;
    bool text;                  /* names on the wire, else integers */
    struct fc_enumerator *list;
    struct fc_index names;      /* struct fc_enumerator */
    int n;
    int other;                  /* index of `other`, or -1 */
};

struct fc_type {
    enum fc_kind kind;
    enum fc_form form;
    const char *name;           /* for messages and C identifiers; NULL: anonymous */
    const struct fc_type *elem; /* LIST, MAP */
    struct fc_member *members;  /* RECORD */
    int nmembers;
    int leaves;                 /* of a record: its scalars, lists and maps, those of inner records too */
    struct fc_index names, keys; /* of the members: struct fc_member */
    const struct fc_enum *en;   /* ENUM */
};

extern const struct fc_type FC_ERROR_T, FC_NULL_T, FC_BOOL_T, FC_INT_T, FC_FLOAT_T, FC_STRING_T, FC_IP_T, FC_CIDR_T, FC_TIME_T, FC_DURATION_T,
    FC_BYTES_T, FC_PACKETS_T, FC_CLASS_T;

/* The type that a name such as `int` declares, or NULL. */
const struct fc_type *fc_type_named(const char *name);
/* Calls `each` with the name of every scalar type: for suggestions. */
void fc_type_names(void (*each)(void *arg, const char *name), void *arg);
bool fc_type_same(const struct fc_type *a, const struct fc_type *b);
/*
 * Of two of the same type, where a value may be either, or is made of both: the first, unless only the second has a wire form that a
 * declaration gave it. `now`, constants, and what is computed of other types have none.
 */
const struct fc_type *fc_type_either(const struct fc_type *a, const struct fc_type *b);
/* For messages: `[cidr]`, `time(ms)`, `Counters`. */
const char *fc_type_text(struct fl_arena *a, const struct fc_type *t, bool optional);
const struct fc_member *fc_member_find(const struct fc_type *record, const char *name);
const struct fc_type *fc_type_list(struct fl_arena *a, const struct fc_type *elem);
/* int, bytes, packets, time, duration: an int64_t in C. */
bool fc_type_integral(const struct fc_type *t);
/* A number with or without a unit: integral except time, and float. */
bool fc_type_number(const struct fc_type *t);

/*
 * The operator table (dsl/ops.def): NULL when there is no such operation.
 * `c` is the C spelling with $1 and $2; a row whose result may be null (division) assigns to $$ and is a bool.
 */
struct fc_operator {
    enum fc_op op;
    enum fc_kind left, right, result;
    bool nullable;
    const char *c;
};
const struct fc_operator *fc_operator_find(enum fc_op op, const struct fc_type *left, const struct fc_type *right);

#endif
