/*
 * checker.h - what the files of the check pass share. Private to compiler/check.
 *
 *   check.c      order of things: declarations first, then items as they stand
 *   stage.c      the stages by kind, each in a file of stages/
 *   option.c     options of stages
 *   output.c     outputs, partition; program.c what is asked about them
 *   test.c       test blocks
 *   decl.c       tables, lets, functions, lookups
 *   param.c      params: what they may be, their defaults and allowed values
 *   statement.c  the statements of update and mangle
 *   type.c       types, records, enums, schema
 *   expr.c       expressions: literals, and the way to the other kinds
 *   name.c       names, fields, tables' entries, any()
 *   operator.c   arithmetic, comparison, logic, `??`, `?:`
 *   call.c       calls, match, new, templates, lists
 *   spread.c     `...record` among fields
 *   regex.c      regular expressions; ere.c reads them
 *   format.c     formats of times
 *   fold.c       constants
 *   facts.c      what is known to be present where
 *   scope.c      names and where they are known
 *   say.c        what messages are made of
 *   builtins.c   the builtin functions
 *   config.c     keys, environment and secrets; given.c what tests give
 *   doubts.c     tables, partitions, csv and texts that can't be meant
 *   values.c     what can't be meant, over the checked program; logic.c and range.c reason for it
 */
#ifndef FC_CHECKER_H
#define FC_CHECKER_H

#include "base/arena.h"
#include "text/index.h"
#include "tree/make.h"
#include "check/check.h"
#include "base/suggest.h"

/* A value that is known to be there: `in.Network.A`, `finish`; or that an assignment has made unknown again. */
struct fc_fact {
    const char *path;
    bool there;
    const struct fc_fact *next;
};

/* The plain names inside `from EXPR { .. }` and of a record that a test or answer looks into. */
struct fc_overlay {
    const struct fc_type *type;
    struct fc_expr *base;
    struct fc_overlay *up;
};

enum fc_where {
    FC_IN_CONSTANT, FC_IN_LET, FC_IN_FUNCTION, FC_IN_LOOKUP, FC_IN_CLASSIFY, FC_IN_FILTER, FC_IN_UPDATE,
        FC_IN_TRANSFORM, FC_IN_EACH,
    FC_IN_ABSENT, FC_IN_ROWS /* of metrics */, FC_IN_JOINED, FC_IN_START, FC_IN_WHEN, FC_IN_OPTION, FC_IN_PARTITION /* and metrics */, FC_IN_TEST, FC_IN_OBJECT,
        FC_IN_HEADER
};

struct fc_checker {
    struct fc_compilation *c;
    struct fl_arena *a;
    struct fc_diags *d;
    struct fc_program *p;
    struct fc_sym *top;    /* names of the file */
    struct fc_index names; /* the same by name */
    struct fc_index classes, reasons; /* struct fc_class, struct fc_reason */
    struct fc_reason *last_reason;
    struct fc_sym *local;  /* names of the function, block or any() */
    struct fc_overlay *overlay;
    const struct fc_fact *facts;
    enum fc_where where;
    bool classified;       /* `class` is known */
    bool several;          /* outputs */
    struct fc_output *out; /* the one at hand, NULL: outside of them */
    bool joined;           /* below a join: what it emits was never received */
    struct fc_span schema;       /* where the input is declared */
    struct fc_sym input;         /* stands for the source's record */
    struct fc_sym *record;       /* what plain names are fields of below a transform; NULL: of the input */
    struct fc_stage *stage; /* the transform at hand */
    const struct fc_sym *self;   /* the let or function whose value is being checked */
};

/* decl.c */
int64_t fck_positive(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want, const char *what);
/* Does it say where something is in an answer; can it be found in one: scalars, and lists of them and of records? */
bool fck_answer_path(const struct fc_expr *e);
bool fck_answer_scalar(const struct fc_type *t);
bool fck_answer_type(const struct fc_type *t);
/* fill.c */
void fck_fill(struct fc_checker *k, struct fc_item *table);
bool fck_may_write(struct fc_checker *k, const struct fc_sym *table, struct fc_span span);
void fck_test_table(struct fc_checker *k, struct fc_check *c);
/* scope.c */
/* The table of this name; NULL after a message. */
struct fc_sym *fck_find_table(struct fc_checker *k, struct fc_name name);
struct fc_sym *fck_define(struct fc_checker *k, enum fc_sym_kind kind, struct fc_name name, const struct fc_item *item);
struct fc_sym *fck_find(struct fc_sym *scope, const char *name);
/* Of the names of the file. */
struct fc_sym *fck_global(const struct fc_checker *k, const char *name);
const char *fck_kind_text(const struct fc_sym *s);
/* A local name, gone when k->local is set back. */
struct fc_sym *fck_local(struct fc_checker *k, enum fc_sym_kind kind, struct fc_name name, const struct fc_type *type,
                         bool optional);
/* Is there a record at hand? And the one whose fields plain names are. */
bool fck_sees_record(const struct fc_checker *k);
const struct fc_type *fck_current(const struct fc_checker *k);
struct fc_expr *fck_root(struct fc_checker *k, struct fc_sym *root, struct fc_span span);
/* The number of a reason, a new one if it was not there. */
int fck_reason(struct fc_checker *k, struct fc_name name);
/* What a class or reason is in the tree: its number. */
struct fc_sym *fck_indexed(struct fc_checker *k, enum fc_sym_kind kind, const char *name, int index);

/* say.c */
const char *fck_text(struct fc_checker *k, struct fc_span span);
/* The part of a string literal that stands for `len` bytes of its value from the byte `at`; all of it if it is no literal. */
struct fc_span fck_inside(struct fc_checker *k, const struct fc_expr *text, size_t at, size_t len);
const char *fck_type_text(struct fc_checker *k, const struct fc_type *t, bool optional);
/* Where we are, for messages: `in an option`. */
const char *fck_place(const struct fc_checker *k);
/* Does text() take it (besides a string)? */
bool fck_has_text(const struct fc_type *t);
/* Report that e's type is not `want`. */
void fck_mismatch(struct fc_checker *k, const struct fc_expr *e, const struct fc_type *want);
/* Report that e may be null and must not; say why it may be and what to do. */
struct fc_diag *fck_may_be_null(struct fc_checker *k, const struct fc_expr *e);
void fck_help_null(struct fc_checker *k, struct fc_diag *g, const struct fc_expr *e);
void fck_suggest_names(struct fc_checker *k, struct fc_diag *g, const char *name);
void fck_suggest_members(struct fc_checker *k, struct fc_diag *g, const struct fc_type *record, const char *name);
/* Where fields of this name are deeper inside; false: nowhere. */
bool fck_suggest_deeper(struct fc_checker *k, struct fc_diag *g, const char *name);
/* The near one of the enum's or the classes' names, or all of them. */
void fck_suggest_value(struct fc_checker *k, struct fc_diag *g, const char *name, const struct fc_type *t);

/* facts.c */
enum fc_outcome { FC_WHEN_TRUE, FC_WHEN_FALSE, FC_WHEN_NOT_TRUE, FC_WHEN_NOT_FALSE };
const char *fck_path(struct fc_checker *k, const struct fc_expr *e);
bool fck_known(const struct fc_checker *k, const char *path);
/* Add what holds when `e` came out so. */
void fck_assume(struct fc_checker *k, const struct fc_expr *e, enum fc_outcome outcome);
/* `target` was given a value that is there, or one that may be null. */
void fck_assigned(struct fc_checker *k, const struct fc_expr *target, bool there);
/* What holds where two ways meet: the facts of both. */
const struct fc_fact *fck_meet(struct fc_checker *k, const struct fc_fact *a, const struct fc_fact *b);
/* Do records that `emit` made come here too? */
static inline bool fck_past_emit(const struct fc_checker *k)
{
    return k->where == FC_IN_PARTITION || (k->several && k->out);
}
/* An `emit` so far whose records may lack this field of the current form, or, for NULL, what is not of it. */
const struct fc_stmt *fck_emit_without(const struct fc_checker *k, const struct fc_member *m);

/* type.c */
const struct fc_type *fck_type(struct fc_checker *k, struct fc_texpr *t, bool *optional);
/* m, the next member of r, has its name, key and place: report it if there is one of that name or key already. */
void fck_new_member(struct fc_checker *k, struct fc_type *r, const struct fc_member *m);
/* The member's type is known: report it if r has too many fields with it. */
void fck_count_leaves(struct fc_checker *k, struct fc_type *r, const struct fc_member *m);
void fck_declare_types(struct fc_checker *k, struct fc_item *items);

/* decl.c */
void fck_declare_values(struct fc_checker *k, struct fc_item *items);
void fck_let(struct fc_checker *k, struct fc_item *it);
void fck_function(struct fc_checker *k, struct fc_item *it);
/* The value of a let inside a function or block; its name is not yet defined. */
const struct fc_type *fck_local_value(struct fc_checker *k, struct fc_stmt *let);
/* The same, and from here on its name. */
void fck_local_let(struct fc_checker *k, struct fc_stmt *let);
void fck_lookup(struct fc_checker *k, struct fc_item *it);

/* select.c */
void fck_selects(struct fc_checker *k);
/* The first one that goes by this param, or NULL. */
const struct fc_select *fck_select_by(const struct fc_checker *k, const char *param);

/* param.c */
void fck_param(struct fc_checker *k, struct fc_item *it);
void fck_test_param(struct fc_checker *k, const struct fc_item *test, struct fc_check *c);
static inline bool fck_scalar(const struct fc_type *t)
{
    return t->kind != FC_K_RECORD && t->kind != FC_K_LIST && t->kind != FC_K_MAP && t->kind != FC_K_NULL;
}

/* What is known about an expression now; returns the type. */
static inline const struct fc_type *fck_done(struct fc_expr *e, const struct fc_type *t, bool nullable)
{
    e->type = t;
    e->nullable = nullable;
    return t;
}

/* expr.c */
/* Check `e`; `want` is the type that the place asks for, or NULL. Never NULL; FC_ERROR_T after a message. */
const struct fc_type *fck_expr(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want);
/* The same, and report unless the value fits a place of this type; `what` names the place for the null message. */
bool fck_expr_as(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want, bool optional);
void fck_condition(struct fc_checker *k, struct fc_expr *e);

/* name.c */
const struct fc_type *fck_name(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want);
const struct fc_type *fck_field(struct fc_checker *k, struct fc_expr *e);
const struct fc_type *fck_index(struct fc_checker *k, struct fc_expr *e);
const struct fc_type *fck_any(struct fc_checker *k, struct fc_expr *e);

/* operator.c */
const struct fc_type *fck_binary(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want);
const struct fc_type *fck_unary(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want);
/* Does e get its unit or its enum from what stands beside it: a bare number, a name that is nothing else? */
bool fck_bare(struct fc_checker *k, const struct fc_expr *e);
const struct fc_type *fck_cond(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want);

/* call.c */
const struct fc_type *fck_call(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want);
const struct fc_type *fck_match(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want);
const struct fc_type *fck_new(struct fc_checker *k, struct fc_expr *e);
/* `UUID;` in a record is `UUID = UUID;`. */
void fck_same_field(struct fc_checker *k, struct fc_field *f);
/* `Network { A = a; }` in `new` and `emit` is a record of the type that the field m has. */
void fck_object_field(struct fc_checker *k, struct fc_field *f, const struct fc_member *m);
/* text(x) for an x that is checked; NULL after a message. Takes x's place in its list. */
struct fc_expr *fck_as_text(struct fc_checker *k, struct fc_expr *x);
const struct fc_type *fck_template(struct fc_checker *k, struct fc_expr *e);
const struct fc_type *fck_list(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want);

/* spread.c */
/* Every `...record` in the list becomes fields; `declares`: also what the record has and `new` gives no value. */
void fck_spread(struct fc_checker *k, struct fc_field **fields, bool declares);
/* The type of the field's value, whether it is written there or came with `...`; as fck_expr. */
const struct fc_type *fck_field_value(struct fc_checker *k, struct fc_field *f, const struct fc_type *want);
/* The same, and report unless it has the type of member m; null is left to the caller. */
bool fck_field_as(struct fc_checker *k, struct fc_field *f, const struct fc_member *m);
/* Report that a field that came with `...` may be null, and m of this record not. */
void fck_spread_null(struct fc_checker *k, const struct fc_field *f, const struct fc_member *m, const char *record);
/* Report, once for all fields of a `...`, one that the record t hasn't; false: the field didn't come so. */
bool fck_spread_unknown(struct fc_checker *k, const struct fc_field *f, const struct fc_type *t);

/* statement.c */
void fck_block(struct fc_checker *k, struct fc_stmt *body);

/* header.c */
void fck_header(struct fc_checker *k, struct fc_output_part *p);
/* The output's encoder is known: has it a place for the storeheader? */
void fck_header_encoded(struct fc_checker *k);

/* stages/transform.c */
/* `name = expr;`: fills the field's type and whether it may be null. */
void fck_value_field(struct fc_checker *k, struct fc_field *f);

/* stage.c */
struct fc_stage_check {
    /* Of the stage that stands here; names below it mean what it leaves them. NULL: parsed, but for a later version. */
    void (*check)(struct fc_checker *k, struct fc_stage *s);
};
extern const struct fc_stage_check fc_stage_checks[]; /* by kind */
void fck_stage(struct fc_checker *k, struct fc_stage *s);

/* regex.c */
/* Report what is no constant regular expression, or one too large; the constant behind e with its groups, or NULL. */
const struct fc_expr *fck_regex(struct fc_checker *k, const struct fc_expr *e, unsigned *groups);
/* The new text of replace: its `\1` are among the groups. */
void fck_replacement(struct fc_checker *k, const struct fc_expr *e, unsigned groups);

/* format.c */
/* Report what a constant format of strftime asks for that there isn't. */
void fck_format(struct fc_checker *k, const struct fc_expr *e);

/* option.c */
void fck_source(struct fc_checker *k, struct fc_item *it);
void fck_reject(struct fc_checker *k, struct fc_item *it); /* and refused */
/* The kind of a phase and its options, at the end of the list; NULL after a message. */
struct fc_choice *fck_choose(struct fc_checker *k, struct fc_choice **last, const char *phase, struct fc_name kind, struct fc_span span,
                             struct fc_option *options);
/* "s3, file, stdout": those that this flowc has. */
const char *fck_kinds_of(struct fc_checker *k, const char *phase);

/* output.c */
void fck_output(struct fc_checker *k, struct fc_item *it);

/* config.c */
/* No two under one key or one name in the environment. */
void fck_config(struct fc_checker *k, const struct fc_item *items);
/* Said of a constant, or of one in a list, that is an address with a password in it. */
void fck_no_password(struct fc_checker *k, const struct fc_expr *e);
/* No secret goes into a record; over the checked program. */
void fck_secrets(struct fc_checker *k);

/* doubts.c */
void fck_doubts(struct fc_checker *k, const struct fc_item *items);
/* A text with `${name}` in it, which stays so; of an option, or of what is computed per record. */
void fck_no_template(struct fc_checker *k, const struct fc_expr *e, bool option);

/* given.c */
/* What a test gives: keys, and the fields that the pipeline reads. */
void fck_given(struct fc_checker *k, const struct fc_item *items);

/* test.c */
void fck_test(struct fc_checker *k, struct fc_item *it);

/* fold.c */
/* The constant behind names of consts. */
const struct fc_expr *fck_behind(const struct fc_expr *e);
/* Replace constant arithmetic below e by its value. */
void fck_fold(struct fc_checker *k, struct fc_expr *e);
/* A template of constant texts is one. One that is too long is reported, and has the type of what is wrong then. */
void fck_fold_template(struct fc_checker *k, struct fc_expr *e);
const struct fc_type *fck_constant_text(struct fc_checker *k, struct fc_expr *e);
/* The value of a constant integral expression (any unit). */
void fck_no_nul(struct fc_checker *k, const struct fc_expr *e); /* said of a constant that goes on as YAML, which ends at one */
bool fck_const_int(const struct fc_expr *e, int64_t *value);
/* Is a constant number, floats too, zero? False if it is no constant. */
bool fck_const_zero(const struct fc_expr *e, bool *zero);

#endif
