/*
 * emit.h - what the files that write C share. Private to emit/.
 *
 * Text is collected in sections (constants, types, functions) and joined last, so order is no worry. An expression becomes
 * a struct fc_cv: C text for its value and for whether it is null; statements that have to come before are written at once
 * into the function at hand. The text of a value may only be evaluated where the text for null is false.
 *
 *   writer.c   lines, texts, names, constants, places; below all
 *   condition.c  conditions as trees, and their C
 *   type.c     structs of records; records copied between their forms
 *   expr.c     expressions, truth of conditions
 *   slot.c     the fields of the records that transforms make
 *   call.c     calls: functions, lookups, builtins; match, new, templates, in
 *   decode.c   the decoder of the input record
 *   get.c      getters of enums, of lists and the records in them
 *   keys.c     its members by their keys
 *   whole.c    its declared members, where it is passed on whole
 *   encode.c   the output record as JSON
 *   csv.c      as csv
 *   splice.c   as it came, with some fields changed
 *   encoders.c the functions that write it; put.h is what these share
 *   header.c   storeheader
 *   lay.c      records that are passed on as text, pretty
 *   let.c      lets, functions, the record's struct
 *   stage.c    the stages by kind, each in a file of stages/
 *   run.c      the plan's steps
 *   pack.c     records that joins keep
 *   statement.c  statements of stages
 *   want.c     waves of lookups
 *   state.c    tables and lookups
 *   fill.c     tables that are filled from outside
 *   test.c     test blocks
 *   desc.c     params, stage choices, init, the descriptor
 *   select.c   which values of params a variant is for
 *   rename.c   the C of one variant among others
 *   emit.c     the file; above all
 */
#ifndef FC_EMIT_H
#define FC_EMIT_H

#include <stdio.h>

#include "text/join.h"
#include "tree/make.h"
#include "plan/plan.h"

struct fc_section {
    char *text;
    size_t size;
    FILE *f;
};

struct fc_rec { /* a record type that has a C struct */
    const struct fc_type *type;
    const char *c;
    bool kept, put;
    struct fc_rec *next;
};

enum fc_context {
    FC_CX_NONE,     /* no record: init, tick, tests' keys */
    FC_CX_DECODE,   /* struct fl_decoder *d: defaults */
    FC_CX_RECORD,   /* struct rec *r */
    FC_CX_FUNCTION  /* struct rec *r and the function's frame *f */
};

/* A condition, or another expression with an operator in it. Printed by condition.c. */
enum fc_cond_op {
    FC_COND_TRUE,
    FC_COND_FALSE,
    FC_COND_ATOM,    /* text: a name, a call, or something in parentheses */
    FC_COND_COMPARE, /* text: a < b */
    FC_COND_BIT,     /* text: a & BIT, any number when true */
    FC_COND_LOOSE,   /* text: a + b, a ? b : c; in parentheses wherever it is not alone */
    FC_COND_ONE,     /* text == 1 */
    FC_COND_NOT_ONE, /* text != 1 */
    FC_COND_NOT,     /* not a */
    FC_COND_AND,     /* a and b */
    FC_COND_OR
};

struct fc_cv;

struct fc_cond {
    enum fc_cond_op op;
    const char *text;
    const struct fc_cond *a, *b;
    const struct fc_cv *value;  /* among.c: it says whether this is `with`, or differs from it; NULL: something else */
    const struct fc_expr *with;
    bool differs;
};

struct fc_cv {
    const char *v;             /* the value: may stand beside any operator */
    const struct fc_cond *c;   /* what v was printed from; NULL: a name, a call or a literal */
    const struct fc_cond *n;   /* true when null; NULL: never */
    const struct fc_type *type;
    const char *text;          /* a constant text: its C literal */
    const struct fc_in *in;    /* a record of the input: v is its struct */
    const struct fc_slot *slot;/* an object of the transform */
    bool simple;               /* a name or literal: may be written twice */
};

static inline struct fc_cv fce_value(const struct fc_type *t, const char *v, const struct fc_cond *n, bool simple)
{
    return (struct fc_cv){.v = v, .n = n, .type = t, .simple = simple};
}

struct fc_em {
    struct fc_compilation *c;
    struct fl_arena *a;
    struct fc_plan *p;
    const struct fc_program *g;
    const struct fc_emit_options *options;
    struct fc_section consts, types, funcs;
    FILE *out;             /* where statements go */
    int depth;             /* indentation */
    int temps;
    enum fc_context cx;
    bool known;            /* lookups are answered: no unwinding */
    bool made;             /* the record may be one of `emit`: what was received is not there */
    const struct fc_slot *form; /* of the records that go out here */
    bool either;           /* the same, and of a record that `emit` gives it is looked at which of the two it is */
    const char *unwind;    /* statement that leaves the function when a lookup is pending */
    const char *class_;    /* C for the class of emitted records */
    const struct fc_pairing *join; /* whose block it is */
    int joining;           /* and its number */
    struct fc_rec *recs;
    struct fc_index named;    /* enums whose names are in an array */
    bool classes_named;
    struct fc_index skipped;  /* records that have a function that skips them, by their members */
    int nsites; /* places whose values' lengths the decoder guesses */
    struct fc_index laid;     /* records that have a function that lays their text out */
    struct fc_join laying;    /* such functions, to be written before the next encoder */
    int nrecs, nplaces;
    struct fc_section places;
    struct fc_from { const struct fc_expr *e; struct fc_cv v; } from[8]; /* records whose fields are the plain names here */
    int nfrom;
    const struct fc_sym *settled[64]; /* lets that are surely computed at this place */
    int nsettled;
};

/* What a name of a const stands for. */
static inline const struct fc_expr *fce_constant(const struct fc_expr *e)
{
    while (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_CONST)
        e = e->sym->value;
    return e;
}

/* writer.c */
#define FCE_WIDE 110 /* what is long goes on in the next line from this column on */
void fce_section(struct fc_section *s);
const char *fce_taken(struct fc_em *m, struct fc_section *s); /* its text; the section is closed */
void fce_line(struct fc_em *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *fce_text(struct fc_em *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Statements go to a text of their own until fce_end returns it. */
struct fce_capture { struct fc_section s; FILE *before; };
void fce_begin(struct fc_em *m, struct fce_capture *k);
const char *fce_end(struct fc_em *m, struct fce_capture *k);
void fce_paste(struct fc_em *m, const char *text);
/* A list of any length, with commas and, where a line gets long, on several. */
struct fce_items { struct fc_section s; size_t column, indent, n; };
void fce_items_begin(struct fc_em *m, struct fce_items *l);
void fce_item(struct fce_items *l, const char *text);
const char *fce_items_end(struct fc_em *m, struct fce_items *l);
const char *fce_temp(struct fc_em *m);
void fce_function_begin(struct fc_em *m, enum fc_context cx, const char *unwind); /* unwind NULL: lookups are answered */
void fce_pending(struct fc_em *m);
const char *fce_name(struct fc_em *m, const char *name);     /* as a C member or variable */
const char *fce_rec_name(struct fc_em *m, const struct fc_type *t); /* for names of functions; makes no struct */
const char *fce_let_function(struct fc_em *m, const struct fc_sym *l); /* the C function that computes this let */
const char *fce_string(struct fc_em *m, const char *s, size_t n); /* C for a constant fl_str */
/* rename.c: the text of a variant with a suffix behind each name of file level; returns the suffix, which may be longer than what was asked for. */
const char *fce_rename(struct fc_em *m, const char *text, const char *suffix, FILE *out);
const char *fce_quote(struct fc_em *m, const char *s, size_t n);  /* a C string literal */
const char *fce_escaped(struct fc_em *m, const char *s);         /* for between the quotes of JSON */
const char *fce_base_name(const char *path);
const char *fce_comment(struct fc_em *m, const char *s);      /* the user's words inside of a comment */
const char *fce_where(struct fc_em *m, struct fc_span span);  /* secadvisor.flow:12, for a comment */
void fce_place(struct fc_em *m, struct fc_span span);         /* line directive or nothing */
/* `name`, or with the output's number where there are several. */
const char *fce_of_output(struct fc_em *m, const char *name, const struct fc_output *o);
void fce_reach(struct fc_em *m, struct fc_span span);         /* coverage, tests only */

/* condition.c */
extern const struct fc_cond fce_always, fce_never;
const struct fc_cond *fce_cond(struct fc_em *m, enum fc_cond_op leaf, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const struct fc_cond *fce_no(struct fc_em *m, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* not this atom */
const struct fc_cond *fce_not(struct fc_em *m, const struct fc_cond *c);
const struct fc_cond *fce_and(struct fc_em *m, const struct fc_cond *a, const struct fc_cond *b); /* NULL: the other one */
const struct fc_cond *fce_or(struct fc_em *m, const struct fc_cond *a, const struct fc_cond *b);  /* NULL: the other one */
const struct fc_cond *fce_guarded(struct fc_em *m, const struct fc_cond *n, const struct fc_cond *then); /* then, only where n is false */
bool fce_same(const struct fc_cond *a, const struct fc_cond *b);
const char *fce_bare(struct fc_em *m, const struct fc_cond *c);    /* C where nothing is beside it: if (..) */
const char *fce_asked(struct fc_em *m, const struct fc_cond *c);   /* C that may stand before ? : */
const char *fce_operand(struct fc_em *m, const struct fc_cond *c); /* C that may stand beside any operator */
/*
 * The C of a row of dsl/ops.def or builtins.def: $1.. are the arguments, $$ is where the result goes, $names1 the names of the first
 * one's values; a `!` before it: the contrary.
 */
struct fce_row_args {
    const char *v[4];
    int n;
    const char *result, *names;
};
const struct fc_cond *fce_row(struct fc_em *m, const char *c, const struct fc_type *type, const struct fce_row_args *args);
static inline bool fce_is_null(const struct fc_cond *n) { return n && n->op == FC_COND_TRUE; } /* always */

/* type.c */
const char *fce_type(struct fc_em *m, const struct fc_type *t);
const char *fce_value_type(const struct fc_type *t);          /* FL_T_STRING */
const char *fce_scale(const struct fc_type *t);
bool fce_quoted(const struct fc_type *t); /* a string in JSON */
const char *fce_time_text(struct fc_em *m, const struct fc_type *t, const char *v); /* a time or duration in its form, as a text */
const struct fc_rec *fce_rec(struct fc_em *m, const struct fc_type *t);
void fce_zeroed(struct fc_em *m, const struct fc_type *t, const char *name, const char *is); /* declare both; is may be NULL */
/* C for the word of the presence set `has` that has the bit HAS_x: one of many where the record has more than 64 members that are read. */
const char *fce_has_word(struct fc_em *m, const char *has, const struct fc_in *x);
struct fc_cv fce_input(struct fc_em *m, const struct fc_in *n, bool nullable);
struct fc_cv fce_member(struct fc_em *m, struct fc_cv base, const struct fc_member *mem, bool maybe_null);
const char *fce_record(struct fc_em *m, struct fc_cv v);       /* as a struct rec_X value */
const char *fce_kept_type(struct fc_em *m, const struct fc_type *t);
const char *fce_load(struct fc_em *m, const struct fc_type *t, const char *kept);
void fce_store(struct fc_em *m, const struct fc_type *t, const char *kept, struct fc_cv v);
bool fce_has_text(const struct fc_type *t);
const char *fce_names(struct fc_em *m, const struct fc_type *t);   /* array of enumerators' or classes' names */

/* expr.c */
struct fc_cv fce_expr(struct fc_em *m, const struct fc_expr *e);
struct fc_cv fce_bind(struct fc_em *m, struct fc_cv v);        /* into a temporary unless simple */
struct fc_cv fce_apart(struct fc_em *m, struct fc_cv v);
struct fc_cv fce_worth(struct fc_em *m, const struct fc_type *t, const struct fc_cond *c, const struct fc_cond *n); /* the value that c says */
const char *fce_alone(struct fc_em *m, const struct fc_cv *v); /* the value where nothing is beside it */
const struct fc_cond *fce_true(struct fc_em *m, const struct fc_expr *e);
const struct fc_cond *fce_false(struct fc_em *m, const struct fc_expr *e);
const struct fc_cond *fce_equal(struct fc_em *m, const struct fc_cv *l, const struct fc_cv *r); /* texts or numbers, neither null */
/* Compute the record that the field was taken from with `...`, once; undone by m->nfrom = what it was. */
void fce_spread(struct fc_em *m, const struct fc_field *f);
/* The record of `from e { .. }`, computed once: v holds it where it is not null. Undone by m->nfrom = what it was. */
void fce_from(struct fc_em *m, const struct fc_expr *e, struct fc_cv v);
void fce_assign(struct fc_em *m, const char *t, const char *is, struct fc_cv v); /* t = v; is = true when not null */
bool fce_settle(struct fc_em *m, const struct fc_sym *let); /* true: the let has to be computed here */

/* slot.c */
struct fc_cv fce_slot(struct fc_em *m, const struct fc_slot *s, bool nullable);
/* Does the transform keep whether an object `from` a record is there? */
bool fce_presence(struct fc_em *m, const struct fc_slot *s);
/* What is stored of the slot in the record `r`, and whether it is there. */
const char *fce_stored(struct fc_em *m, const char *r, const struct fc_slot *s);
const char *fce_stored_is(struct fc_em *m, const char *r, const struct fc_slot *s);
/* The struct in the record that holds what is stored of the form. */
const char *fce_form(struct fc_em *m, const struct fc_slot *form);
/* A record that `emit` gives, of a record that may be one of these; a copy. */
struct fc_cv fce_given_or_made(struct fc_em *m, const struct fc_slot *s);

/* among.c */
#define FCE_MANY_EQUAL 16 /* comparisons of one value that are one search */
/* A chain of conditions in their order: of `and` when `both`, else of `or`. NULL: it has none. */
struct fc_chain {
    struct fc_em *m;
    bool both;
    const struct fc_cond *all;  /* may be given: the first */
    const struct fc_cond **run; /* comparisons of one value, held back */
    size_t n, cap, joined;
};
/* c, noted as what says whether v, which is not null, is `with` (or differs from it), if that is a constant that can be searched for. */
const struct fc_cond *fce_comparison(struct fc_em *m, const struct fc_cond *c, const struct fc_cv *v, const struct fc_expr *with, bool differs);
void fce_chain_add(struct fc_chain *k, const struct fc_cond *term);
/* A term whose statements `text` run only when it is needed. */
void fce_chain_then(struct fc_chain *k, const char *text, const struct fc_cond *term);
const struct fc_cond *fce_chain_end(struct fc_chain *k);
/* Constants, in the order in which they are added, and the places where they stand when they are sorted. */
struct fc_places {
    struct fc_em *m;
    const struct fc_type *type;
    struct fc_constant { const char *s; size_t len; int64_t i; size_t order; } *v;
    size_t n, cap;
    size_t *of;
};
/* NULL: `number`. False: it isn't a constant that can be searched for. */
bool fce_places_add(struct fc_places *s, const struct fc_expr *e, int64_t number);
/* Sorts them: C for the place of the value, -1: it is none of them. After this `of` is there. */
const char *fce_places(struct fc_places *s, const char *value);

/* call.c */
struct fc_cv fce_call(struct fc_em *m, const struct fc_expr *e);
struct fc_cv fce_match(struct fc_em *m, const struct fc_expr *e);
struct fc_cv fce_new(struct fc_em *m, const struct fc_expr *e);
struct fc_cv fce_template(struct fc_em *m, const struct fc_expr *e);
struct fc_cv fce_in_list(struct fc_em *m, const struct fc_expr *e);
struct fc_cv fce_any(struct fc_em *m, const struct fc_expr *e);

/* decode.c */
void fce_decoder(struct fc_em *m);
const char *fce_json_value(struct fc_em *m, const struct fc_expr *e, const struct fc_type *t); /* whole.c: a constant as JSON */
/* get.c */
void fce_getters(struct fc_em *m);
/* The function that takes a list of this type, which is at the path whose C name is c. */
const char *fce_list_getter(struct fc_em *m, const struct fc_type *list, const char *c);
/* keys.c */
/* C that goes to value_X where `key` is the key of the record's member X. `whole`: it notes whether that is in the declared order. */
void fce_keys(struct fc_em *m, const struct fc_in *n, bool whole);
/* whole.c: form_X of the record and of those in it; a member's default as JSON text, or NULL. */
void fce_whole_form(struct fc_em *m, const struct fc_in *n);
const char *fce_json_default(struct fc_em *m, const struct fc_member *x);
/* encode.c */
void fce_encoders(struct fc_em *m);
/* What the function (json, pretty, csv) that writes records of this form, or, for NULL, as they came, is called, or its columns. */
const char *fce_writer(struct fc_em *m, const char *name, const struct fc_made *made);
/* The output's functions, for the descriptor. */
const char *fce_writers(struct fc_em *m, const struct fc_output *o);
/* What has to be emitted for the form of this output and all others of it; 0 when one of those stands above. */
unsigned fce_writers_of(struct fc_em *m, const struct fc_output *o);
/* The form of the output's records, NULL: as they came. */
static inline const struct fc_slot *fce_form_of(const struct fc_em *m, const struct fc_output *o)
{
    return o->made ? m->p->forms[o->made->sym.index] : NULL;
}
/* A value that is there, as compact JSON, appended to `out`. */
void fce_put_json(struct fc_em *m, struct fc_cv v);

/* header.c */
void fce_header(struct fc_em *m, const struct fc_output *o);
#define FCE_SHORT_LINE 13 /* TABs of a line below `level`, which is at most 2: fl_put_line puts 15 */
/* lay.c */
struct fc_laid {
    const char *function;
    size_t fixed, lines;  /* what the layout adds to the text: fixed + lines * level bytes at most */
};
struct fc_laid fce_lay(struct fc_em *m, const struct fc_type *record, unsigned depth);
const char *fce_lay_places(struct fc_em *m, const struct fc_in *n);
/* let.c */
void fce_lets(struct fc_em *m);
void fce_functions(struct fc_em *m);
/* stage.c */
struct fc_stage_emit {
    /* The function that does stage number i with a record. */
    void (*write)(struct fc_em *m, int i, const struct fc_stage *s);
    /* Its part of `tick`; n are there before it, it returns how many are there then. NULL: it has none. */
    int (*tick)(struct fc_em *m, int i, const struct fc_stage *s, int n);
    bool batch; /* the function gets the batch too */
};
extern const struct fc_stage_emit fc_stage_emits[]; /* by kind */
void fce_stages(struct fc_em *m);
#define FCE_RULES 200 /* in one function; more of a stage become several */
/* The rule behind the last one that stands in a function with this one; NULL: there is none. */
static inline const struct fc_rule *fce_rules_end(const struct fc_rule *r)
{
    for (int n = 0; r && n < FCE_RULES; n++)
        r = r->next;
    return r;
}
/* run.c */
void fce_steps(struct fc_em *m);
/* pack.c */
void fce_packers(struct fc_em *m, int n, const struct fc_pairing *j); /* of join number n */
void fce_join_emitted(struct fc_em *m, const struct fc_slot *form);
/* stages/join.c */
void fce_join_init(struct fc_em *m, int i, const struct fc_pairing *j);
/* statement.c */
void fce_block(struct fc_em *m, const struct fc_stmt *s);
void fce_block_let(struct fc_em *m, const struct fc_stmt *s);
/* Put v under the key at p, of n bytes, unless a text is too long. */
void fce_table_put(struct fc_em *m, const struct fc_sym *t, const char *table, const char *p, const char *n, const char *expire, const char *class_,
                   struct fc_cv v);
const struct fc_cond *fce_fits(struct fc_em *m, const struct fc_type *t, struct fc_cv v); /* have its texts room in a row? NULL: always */
/* want.c */
void fce_wants(struct fc_em *m, int i, const struct fc_stage *s);
void fce_wants_partition(struct fc_em *m, const struct fc_plan_step *wave); /* as if it were one more stage */
/* state.c */
void fce_tables(struct fc_em *m);
void fce_lookups(struct fc_em *m);
void fce_ahead(struct fc_em *m, const struct fc_plan_step *step);
struct fc_cv fce_table_read(struct fc_em *m, const struct fc_expr *e);
const char *fce_lookup_arg(struct fc_em *m, const struct fc_sym *a, struct fc_cv v);
struct fc_cv fce_lookup(struct fc_em *m, const struct fc_expr *e);
void fce_key_of(struct fc_em *m, struct fc_cv *keys, int n, const char **p, const char **len);
void fce_key(struct fc_em *m, const struct fc_expr *keys, const char **p, const char **n);
/* The same of keys that are bound and not null. */
void fce_key_of(struct fc_em *m, struct fc_cv *keys, int n, const char **p, const char **len);
const char *fce_path_text(struct fc_em *m, const struct fc_expr *e); /* a path in an answer, as the runtime reads it */
/* fill.c */
void fce_fills(struct fc_em *m);
int fce_fill_rows(struct fc_em *m); /* the descriptor's; how many */
void fce_fills_wanted(struct fc_em *m); /* in init */
int fce_fill_number(struct fc_em *m, const struct fc_sym *table);
const char *fce_fill_preset(struct fc_em *m, const struct fc_sym *table, const struct fc_expr *rows); /* a test's rows as JSON */
/* test.c */
void fce_tests(struct fc_em *m);
void fce_template_names(struct fc_em *m);
/* desc.c */
const char *fce_yaml(struct fc_em *m, const struct fc_expr *e); /* a constant as YAML in one line */
void fce_descriptor(struct fc_em *m);
/* What all variants have in theirs: name, doc, version, file. */
void fce_described(struct fc_em *m);
/* select.c: a select by this param that takes no other values than those of its alternatives, or NULL; these, as C, NULL behind them. */
const struct fc_select *fce_closed_select(struct fc_em *m, const struct fc_sym *param);
const char *fce_case_values(struct fc_em *m, const struct fc_select *s);
/* What is taken in the variant at hand, as the array `when` with this suffix. Returns how many. */
int fce_when(struct fc_em *m, const char *suffix);
void fce_statics(struct fc_em *m);

#endif
