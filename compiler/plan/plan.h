/*
 * plan.h - where specialisation is decided: what is read of the input, how it is kept, what the output is made of.
 *
 * plan reads the checked program and writes nothing but the plan; emit reads the plan and expressions, never names or scopes.
 * `--dump-plan` prints it.
 */
#ifndef FC_PLAN_H
#define FC_PLAN_H

#include "check/check.h"
#include "check/depend.h"

/*
 * One path of the input. What is not marked is skipped (checked as JSON, not for its type).
 *   value  decoded: its value is looked into or computed with
 *   late   with value, a number: read only by what an option can switch off; checked at once, decoded where it is read
 *   raw    kept as its JSON text: it is only passed on
 *   has    only whether it is there
 *   places with raw, a record of nothing but numbers: where each of them is, so that it can be laid out without looking for them again
 */
struct fc_in {
    const struct fc_member *member; /* NULL for the whole record */
    const struct fc_type *type;
    struct fc_in *parent;
    struct fc_in *inner;            /* members of a record, by index */
    int ninner;
    const char *path;               /* Network.A */
    const char *c;                  /* Network_A: part of C names */
    bool value, late, raw, has, places;
    int bit;                        /* live members: place in the record's presence set */
    int nbits;                      /* a record: how many of its members are live */
};

/* A presence set is one word, or as many as it takes. */
enum { FC_WORD = 64 };

static inline int fc_in_words(const struct fc_in *record)
{
    return record->nbits <= FC_WORD ? 1 : (record->nbits + FC_WORD - 1) / FC_WORD;
}

static inline bool fc_in_live(const struct fc_in *n)
{
    return n->value || n->raw || n->has;
}

/*
 * A field of the transform.
 *   constant  its text is part of the literal fragments of the encoder
 *   input     the input's value is written as it came; nothing is copied. `nonempty`: decoded, and null if it is empty;
 *             `text`: the digits of a number, as a text
 *   let       the let's value is written
 *   stored    computed by the transform stage, or set by mangle. With `in`: a copy of a number of the input that only `emit`
 *             sets otherwise, so where nothing was emitted the number's text is written as it came; and if no one reads the field
 *             (fc_slot_text), nothing is stored then
 *   object    has fields of its own
 *   same      a field that a transform above made, as it is
 */
enum fc_slot_kind { FC_SLOT_CONST, FC_SLOT_INPUT, FC_SLOT_LET, FC_SLOT_STORED, FC_SLOT_OBJECT, FC_SLOT_SAME };

struct fc_slot {
    enum fc_slot_kind kind;
    const struct fc_field *field;
    const struct fc_type *type;
    struct fc_slot *parent;
    struct fc_slot *inner;          /* OBJECT */
    int ninner;
    const struct fc_in *in;         /* INPUT; STORED: or NULL */
    bool nonempty, text;            /* INPUT */
    const struct fc_sym *let;       /* LET */
    struct fc_slot *same;           /* SAME: never one that is SAME itself */
    struct fc_slot *given;          /* a record that `emit` gives and that is kept otherwise in received records: STORED, what it gave; or NULL */
    const char *c;                  /* Network_A_Name */
    bool optional;                  /* may be absent */
    bool emitted;                   /* some `emit` gives it, or, of a form itself, makes one */
    bool read;                      /* as a field of the record */
    bool whole;                     /* a form: the text of the record goes out, with what other fields change in it */
};

/* A set of prefixes or classes that a condition looks in, built once at start. */
enum fc_set_kind { FC_SET_PREFIXES, FC_SET_CLASSES };
struct fc_matcher {
    enum fc_set_kind kind;
    const struct fc_expr *list;     /* a list literal; NULL: param */
    const struct fc_sym *param;
    const char *c;
    struct fc_matcher *next;
};

struct fc_regexp {
    const char *pattern;
    int index;
    struct fc_regexp *next;
};

/* Rows of a table that are fetched for many records at once. */
struct fc_ahead {
    const struct fc_sym *table;
    const struct fc_expr *keys;
    bool written;                   /* not only read */
    struct fc_ahead *next;
};

/*
 * What `run` does, one step after the other, for all records of a batch.
 *   each   stages that run record by record
 *   hold   a join: records of its legs stay here; what it emits goes on to the next steps, by tick too
 *   wave   what has to be asked before the next step: by its stages, or by the output's partition
 *   route  what goes on goes to an output, which has its fields, partition, encoders and choices
 */
enum fc_plan_step_kind { FC_EACH, FC_HOLD, FC_WAVE, FC_ROUTE };

struct fc_plan_step {
    enum fc_plan_step_kind kind;
    int first, n;                   /* in program->stages; none: it is the output's */
    const struct fc_stage *on;      /* EACH, WAVE: a mangle or join that an option may switch off, or NULL */
    unsigned long long writes;      /* EACH: tables; WAVE: those of the step behind it */
    struct fc_ahead *ahead;         /* EACH */
    const struct fc_output *output; /* ROUTE, and its WAVE */
    const struct fc_output *of;     /* whose own stages these are; NULL: the pipeline's */
    struct fc_plan_step *next;
};

struct fc_plan;

/* Has it something to do before its records are written: stages of its own, or a wave for its partition? */
bool fc_output_runs(const struct fc_plan *p, const struct fc_output *o);

/* What a kind of stage needs of the plan; a row by kind in stage.c. */
struct fc_stage_plan {
    void (*plan)(struct fc_compilation *c, struct fc_plan *p, const struct fc_stage *s); /* NULL: nothing of its own */
    bool alone;                     /* works on the whole batch: no other stage is in its step */
    bool drops;                     /* its rules drop records */
    bool classifies;                /* its rules give the class */
    bool makes;                     /* its fields are a new record */
    bool holds;                     /* its records wait; alone */
    bool takes;                     /* of what comes out: done with each record that goes to the output, also with those that were made */
};
extern const struct fc_stage_plan fc_stage_plans[];

struct fc_plan {
    const struct fc_program *program;
    struct fc_in in;                /* the whole record */
    bool pass;                      /* no transform: the record goes on as it came */
    struct fc_slot out;             /* the last transform's fields */
    struct fc_slot **forms;         /* those of each transform, by number; the last is &out */
    struct fc_matcher *matchers;
    struct fc_regexp *regexps;
    int nregexps;
    struct fc_plan_step *steps;
    bool *asks;                     /* by stage */
    bool emits;                     /* mangle or join makes records */
    bool ticks;                     /* absent .. every, join */
};

/* Types whose value does not say all that was written: escapes, an enum's `other`, fractions, digits of a float, host bits, leading zeros, zones. */
static inline bool fc_in_lossy(const struct fc_type *t)
{
    bool text = t->kind == FC_K_STRING || t->kind == FC_K_IP || t->kind == FC_K_CIDR || t->kind == FC_K_LIST;
    return text || (t->kind == FC_K_ENUM && t->en->other >= 0) || t->kind == FC_K_FLOAT || t->form == FC_FORM_RFC3339 || t->form == FC_FORM_TEXT ||
           ((t->kind == FC_K_TIME || t->kind == FC_K_DURATION) && t->form == FC_FORM_S);
}

/* Is the let computed before a stage that writes these tables? It sees them as they were. */
static inline bool fc_settles(const struct fc_sym *let, unsigned long long writes)
{
    return let->used && (let->reads_here & writes);
}

/* May the wave compute the let from tables that change before the record itself runs? Then it is computed again. */
static inline bool fc_guessed(const struct fc_sym *let, const struct fc_plan_step *step)
{
    return let->used && step->kind == FC_WAVE && (let->reads & step->writes);
}
bool fc_tried(const struct fc_plan *p, const struct fc_sym *let);

static inline bool fc_slot_text(const struct fc_slot *s)
{
    return s->kind == FC_SLOT_STORED && s->in && !s->read;
}

/* Is it a number whose text is written faster than its value, and says the same? */
static inline bool fc_number_text(const struct fc_type *t)
{
    bool number = t->kind == FC_K_INT || t->kind == FC_K_BYTES || t->kind == FC_K_PACKETS || t->kind == FC_K_TIME || t->kind == FC_K_DURATION;
    return number && !fc_in_lossy(t);
}

/* Bytes of a record in compact form that are reckoned with: runtime/lang/hold.h. */
size_t fc_packed_size(const struct fc_type *t);
/* The size of a table's key of these types in fl_table's terms: 0 is text. */
uint32_t fc_key_size(const struct fc_type *const *keys, int n);

/* Are there steps, besides the way to the output, behind the hold that is stage number i? */
bool fc_plan_behind(const struct fc_plan *p, int i);

/* silent.c: does it ask lookups, and is it null and of no other effect when none is answered? */
bool fc_silent_null(const struct fc_expr *e);

/* ahead.c: does anything ask when a table's rows were written? */
bool fc_plan_walked(const struct fc_program *g, const struct fc_sym *table);

/* The input path that an expression is, or NULL. */
struct fc_in *fc_plan_input(struct fc_plan *p, const struct fc_expr *e);
/*
 * The slot that a path below a transform's record is; *rest is how many fields of it are below the slot (in its value). One that is
 * SAME is that of the transform above.
 */
struct fc_slot *fc_plan_slot(struct fc_plan *p, const struct fc_expr *e, int *rest);
/* The member of n that the last `rest` fields of the path e lead to. */
struct fc_in *fc_plan_below(struct fc_in *n, const struct fc_expr *e, int rest);
/* The slots of the form that this stage makes; NULL: it makes none. */
struct fc_slot *fc_plan_form(const struct fc_plan *p, const struct fc_stage *s);
/* The field of the form that the slot is, or is in. */
static inline const struct fc_slot *fc_slot_field(const struct fc_slot *s)
{
    while (s->parent && s->parent->parent)
        s = s->parent;
    return s;
}
/* Of a form that is whole: is the field as it is in the record's text? */
bool fc_slot_untouched(const struct fc_plan *p, const struct fc_slot *s);
static inline const char *fc_slot_key(const struct fc_slot *s)
{
    return s->field->as ? s->field->as : s->field->name.s;
}
/* The form that the slot is in. */
static inline const struct fc_slot *fc_slot_form(const struct fc_slot *s)
{
    while (s->parent)
        s = s->parent;
    return s;
}
/* The address or prefix that e is, or names; NULL if it isn't known to the compiler. */
const struct fc_expr *fc_address(const struct fc_expr *e);
/* Of a list of addresses it takes the constants; the others are compared one by one. NULL: nothing to be built. */
const struct fc_matcher *fc_plan_matcher(struct fc_compilation *c, struct fc_plan *p, const struct fc_expr *list, enum fc_set_kind kind);
int fc_plan_regexp(struct fc_compilation *c, struct fc_plan *p, const char *pattern);

#endif
