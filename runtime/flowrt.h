/*
 * flowrt.h - the contract between generated pipelines and the runtime (libflowrt).
 *
 * Generated C includes this header and nothing else. The only symbol that it exports is
 * `const struct fl_pipeline fl_pipeline`, the descriptor at the end of this file.
 *
 * ABI history
 *   1  2026-11-23  first
 *   2  2026-11-30  fl_pipeline.outputs: how records become objects is said by output, of which there may be several
 */
#ifndef FLOWRT_H
#define FLOWRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/address.h"
#include "base/arena.h"
#include "lang/builtins.h"
#include "json/once.h"
#include "json/pretty.h"
#include "json/splice.h"
#include "json/walk.h"
#include "json/write.h"
#include "dsl/ops.h"
#include "lang/meters.h"
#include "lang/table.h"
#include "base/text.h"

#define FL_APART __attribute__((noinline)) /* a part of what would be too long as one function */

#define FL_ABI 4
#define FL_MAGIC 0x776f6c66u /* "flow" */

struct fl_runtime; /* core/runtime.h: not for generated code */
struct fl_batch;
struct json_t;

/*
 * What generated code is called with. Used by one thread at a time; lives as long as the process.
 * `scratch` is reset after each batch: what is made there must not be kept.
 */
struct fl_cx {
    struct fl_arena *scratch;
    int64_t now;         /* wall clock at the start of the batch, ns since 1970 UTC; virtual in tests */
    bool html;           /* the encoder's: `<`, `>` and `&` in computed texts are escaped, as Go's does */
    bool silent;         /* in run and tick: every lookup is null, so nothing needs to be asked */
    uint32_t pending;    /* > 0: a lookup has no answer yet; whoever sees it unwinds, to be called again after the wave */
    uint32_t at;         /* the record's place in the batch, where it may emit others */
    bool ending;         /* in tick: no record comes any more; who waits for one waits no longer */
    bool wave;           /* questions are gathered for the whole batch; elsewhere they are asked one by one */
    struct fl_runtime *rt;
    uint64_t *dropped;   /* by reason, index as in fl_pipeline.reasons */
    uint64_t overflows;  /* arithmetic that went over 64 bits and was held at the limit */
    uint64_t *reached;   /* tests only: rule coverage, else NULL */
};

/* Head of every record; generated record structs begin with it. */
struct fl_rec {
    const char *raw;     /* the flow as it was received, NULL in an emitted record */
    uint32_t raw_n;
    uint16_t class_;     /* index in fl_pipeline.classes */
    uint8_t state;       /* enum fl_rec_state */
    uint8_t emitted;     /* made by `emit`, not received */
    uint8_t spaced;      /* raw holds white space outside strings */
    uint8_t form;        /* generated code's: of an emitted one that has not the output's form, which it has */
    uint16_t reason;     /* why it was dropped */
    uint32_t behind;     /* an emitted one: cx->at of the record that caused it */
};

enum fl_rec_state { FL_LIVE, FL_DROPPED, FL_MALFORMED };

/* The records of one message, in order; emitted ones are added at the end, the runtime brings them behind those that caused them. */
struct fl_batch {
    struct fl_rec **rec;
    uint32_t n, cap;
};

/* A new, zeroed record at the end of the batch; lives in scratch. */
struct fl_rec *fl_batch_add(struct fl_cx *cx, struct fl_batch *b);

static inline void fl_drop(struct fl_cx *cx, struct fl_rec *r, uint16_t reason)
{
    r->state = FL_DROPPED;
    r->reason = reason;
    cx->dropped[reason]++;
}

/* ---- lists ------------------------------------------------------------------------------------------- */

/* n elements of the C type of the element's language type (see fl_value_type), owned by whoever made it. */
struct fl_list {
    const void *v;
    uint32_t n;
};

#include "lang/record.h"
#include "lang/hold.h"

/* ---- functions ------------------------------------------------------------------------------------------ */

/* A call's arguments and lets, of which only the flags in front are zeroed. */
#define FL_FRAME(type, name) \
    type name;               \
    memset(&(name), 0, offsetof(type, flags_end))

/* ---- parameters ---------------------------------------------------------------------------------------- */

/* Language types as values, and the C type that holds each. */
enum fl_value_type {
    FL_T_BOOL,     /* bool */
    FL_T_INT,      /* int64_t */
    FL_T_FLOAT,    /* double */
    FL_T_STRING,   /* fl_str */
    FL_T_IP,       /* fl_ip */
    FL_T_CIDR,     /* fl_cidr */
    FL_T_TIME,     /* int64_t, ns */
    FL_T_DURATION, /* int64_t, ns; a bare number in YAML is seconds, as in the original's files */
    FL_T_BYTES,    /* int64_t */
    FL_T_PACKETS,  /* int64_t */
    FL_T_CLASS,    /* int64_t, index of the class; -1: a name that no class has (harmless, as in the original) */
    FL_T_ENUM,     /* int64_t, index; names in fl_param.names */
    FL_T_RECORD    /* in lists of lookups: the struct of fl_lookup_field.of */
};

enum fl_shape { FL_ONE, FL_LIST_OF, FL_MAP_OF };

/* One param of the .flow. The runtime fills *value before fl_pipeline.init is called; it never changes then. */
struct fl_param {
    const char *name;
    const char *yaml;            /* full dotted path, lower case, as `pipeline.filter.excluded_tags`; NULL: only by --set NAME= and environment */
    enum fl_value_type type;
    enum fl_shape shape;         /* FL_LIST_OF: struct fl_list; FL_MAP_OF: fl_str with a JSON object (string values) */
    const char *dflt;            /* YAML text, as `[10.0.0.0/8, 172.16.0.0/12]` or `60s`; NULL: has to be given */
    const char *const *one_of;   /* values that are allowed (of each element), as YAML texts without quotes, NULL-terminated; or NULL */
    const char *const *names;    /* enumerators for FL_T_ENUM, NULL-terminated; or NULL */
    const char *secret_file;     /* read from this file when not set otherwise; never printed */
    const char *secret_env;
    bool secret;
    bool decides;                /* its value decides what is dropped: a default that holds is named in the log at start */
    const char *doc;
    void *value;
};

/* ---- stages chosen in the .flow -------------------------------------------------------------------------- */

struct fl_option_set {
    const char *name;             /* an option of dsl/stages.def */
    const char *text;             /* its value as YAML text; NULL: the param's */
    const struct fl_param *param;
};

struct fl_stage_choice {
    const char *phase;            /* source, decode, decompress, store, encode, compress, write, queue, reject, transform, ... */
    const char *kind;             /* skydive, buffered, json, ... ; "" where there is only one */
    const struct fl_option_set *options;
    uint32_t noptions;
};

/* ---- lookups ------------------------------------------------------------------------------------------------ */

struct fl_lookup_field {
    const char *name;             /* as in tests: lookup node("x") = { "Type": "veth" } */
    const char *path;             /* in the answer's first node: `Metadata.K8s.Name`, `Metadata.List[0].Kind` */
    enum fl_value_type type;
    enum fl_shape shape;
    bool optional;                /* a required one that is missing makes the whole answer null */
    uint32_t offset;              /* of the value in the result struct */
    uint32_t has_offset;          /* of a bool that says it is there; only for optional ones */
    const struct fl_lookup *of;   /* FL_T_RECORD: its fields, whose paths are keys, and size; an element that lacks one is left out */
};

struct fl_lookup {
    const char *name;
    const char *from;             /* "gremlin" */
    int64_t cache;                /* ns an answer (null too) is kept */
    int64_t max;                  /* entries */
    int64_t timeout;              /* ns a batch waits at most */
    uint32_t size;                /* of the result struct; 0: declared, but the pipeline never asks it */
    const struct fl_lookup_field *fields;
    uint32_t nfields;
    bool first_value;             /* the answer is a list of plain values; field 0 gets the first (templates) */
};

/* A table that is filled from outside, and read again and again. */
struct fl_fill {
    struct fl_table *table;
    const char *from, *query;     /* "gremlin", what is asked */
    int64_t reload;               /* ns */
    bool keeps;                   /* rows stay until they expire; else until the next reading */
    const struct fl_lookup *row;  /* what is found for a row: key parts `[0]`.., and the value or its members */
    void (*put)(struct fl_cx *cx, struct fl_table *t, const void *row); /* a struct of `row` becomes a row of the table */
    const bool *wanted;           /* NULL: always. Decided when params are known */
};

/*
 * Is the answer to `key` of lookup number `lookup` known? True: *result is the result struct, or NULL for null;
 * it stays valid to the end of the batch. False: render the query and call fl_lookup_ask.
 * `key` is any text that is one-to-one with the arguments.
 */
bool fl_lookup_get(struct fl_cx *cx, uint32_t lookup, fl_str key, const void **result);

/*
 * Ask. In a wave: sets cx->pending and returns NULL; the same key may be asked any number of times. Elsewhere, where the
 * waves could not foresee that it is needed, because tables or fields that decide it change meanwhile: waits, returns the answer.
 */
const void *fl_lookup_ask(struct fl_cx *cx, uint32_t lookup, fl_str key, fl_str query);

/* Wait until all that was asked is answered or late; then everything asked is known (late: null, counted, not cached). */
void fl_lookup_wait(struct fl_cx *cx);

/* Append a value to a query: as a quoted, escaped literal, or escaped for the inside of quotes, or of quotes that are a regular expression. */
void fl_query_quoted(struct fl_buf *q, fl_str s);
void fl_query_inside(struct fl_buf *q, fl_str s);
void fl_query_regex(struct fl_buf *q, fl_str s);

/* ---- templates(list): NAME={{.Path}} texts compiled at start ---------------------------------------------------- */

/* Appends the text of name number `id` of the record; returns false if a record on the way is absent. */
typedef bool fl_name_fn(struct fl_cx *cx, const struct fl_rec *r, uint32_t id, struct fl_buf *out);

struct fl_names {
    const char *const *names;     /* "Network.A", ...; NULL-terminated; matched without regard to `_` */
    fl_name_fn *get;
};

struct fl_templates;
/* Compile `list` (of fl_str `NAME=template`). On a bad one: NULL and a message in *error (to be freed with free). */
struct fl_templates *fl_templates_new(struct fl_list list, const struct fl_names *names, uint32_t lookup, char **error);
void fl_templates_free(struct fl_templates *t); /* NULL is fine */
/*
 * The JSON object of all names as FL_RAW text in scratch; {NULL} if none is set. In a wave it may leave cx->pending set.
 * A template whose names are absent is left out; an error or an empty answer gives "".
 */
fl_str fl_templates_eval(struct fl_cx *cx, const struct fl_rec *r, struct fl_templates *t);

/* ---- tests in the .flow file ------------------------------------------------------------------------------------------ */

enum fl_step_kind {
    FL_STEP_GIVEN,          /* text: a JSON record or a raw line */
    FL_STEP_LOOKUP,         /* call: appends the key; number: the lookup; text: the answer, a JSON object by field names, or null */
    FL_STEP_AT,             /* number: ns since the test began */
    FL_STEP_EXPECT,         /* call */
    FL_STEP_EXPECT_JSON,    /* text: JSON; path: `record.Context` */
    FL_STEP_EXPECT_DROPPED, /* number: the reason */
    FL_STEP_TABLE,          /* number: of fl_pipeline.fills; text: a list of objects by names of its row */
    FL_STEP_EXPECT_OBJECT   /* text: the pattern; object: called with each that matches */
};

enum fl_truth { FL_NO, FL_YES, FL_NULL };

struct fl_test_object {
    fl_str key, content_type, content_encoding, class_;
    int64_t count, bytes;   /* records; bytes as written */
};

struct fl_test_step {
    enum fl_step_kind kind;
    uint32_t line;
    const char *source;     /* the step as written, for messages */
    const char *text, *path;
    int64_t number;
    enum fl_truth (*expect)(struct fl_cx *cx, const struct fl_rec *last);
    void (*key)(struct fl_cx *cx, struct fl_buf *out);
    enum fl_truth (*object)(struct fl_cx *cx, const struct fl_test_object *o);
    const char *const *names; /* what `expect` reads, for the message: names and their values as JSON by `show` */
    void (*show)(struct fl_cx *cx, const struct fl_rec *last, uint32_t i, struct fl_buf *out);
};

struct fl_test {
    const char *title;
    const char *file;          /* an included one perhaps; steps stand in it too */
    uint32_t line;
    const struct fl_test_step *steps;
    uint32_t nsteps;
    const char *const *params; /* NAME=VALUE as --set takes it, up to NULL; NULL: all have their defaults */
};

struct fl_place {           /* of rules, for coverage */
    const char *file;
    uint32_t line;
    const char *text;
};

/* ---- the descriptor --------------------------------------------------------------------------------------------------------- */

/* The records of one object: what a storeheader can say of them. */
struct fl_bundle {
    int64_t start, end;     /* ns since 1970: when the one before was sealed, and this one; end is 0 in front of the records */
    int64_t count;          /* records; 0 in front of them */
    fl_str id;              /* its name, without prefix and ending; empty in front of the records */
};

/*
 * How the records that one output takes become objects. Outputs are told apart by their number in fl_pipeline.outputs. Each gets all
 * records that the pipeline's stages let through.
 */
struct fl_output_of {
    const char *name;                       /* NULL: it is the only one and has none in the .flow */
    const struct fl_stage_choice *stages;   uint32_t nstages; /* store, encode, compress, account, write, queue */
    /*
     * The output's own stages over records that are live; NULL: it has none. What they drop is dropped for this output only: state is
     * set back before the next one. Asks and awaits lookups. No record is added.
     */
    void (*run)(struct fl_cx *cx, struct fl_batch *b);
    /* The record's partition path such as `date=2026-11-23/class=internal`, NULL: none was declared. */
    void (*partition)(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out);
    /* One record as compact JSON. */
    void (*json)(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out);
    /* As JSON in Go's MarshalIndent form with TABs, `level` (1 or 2) containers around it. */
    void (*pretty)(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out, unsigned level);
    /* As a csv line without its line end; NULL when not compiled in. */
    void (*csv)(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out, const struct fl_csv *form);
    /* storeheader: members, each with a comma behind it, in front of the records' own (`records`) or behind; NULL: there is none. */
    void (*header)(struct fl_cx *cx, const struct fl_bundle *o, bool behind, struct fl_buf *out);
    const char *records;
    const fl_str *columns;                  uint32_t ncolumns; /* their names, from left to right */
    /* Of an output that is metrics: what one record does to them, and all of them; NULL: it is none. */
    void (*meter)(struct fl_cx *cx, const struct fl_rec *r);
    struct fl_meters *const *meters;        uint32_t nmeters;
};

/* An alternative of a `select`: the param's value is one of `values`, or with `others`, those of the other alternatives, none of these. */
struct fl_when {
    const char *param;
    const char *const *values;
    const char *const *others; /* NULL: no `otherwise` */
    const char *test;          /* a value for tests, NULL: there is none */
};

/* A combination of alternatives, in the order in which they stand; of all variants one at most fits the params' values. */
struct fl_variant {
    const struct fl_pipeline *pipeline;
    const struct fl_when *when;             uint32_t nwhen;
};

struct fl_pipeline {
    uint32_t magic, abi;
    const char *name, *doc, *version, *file;
    uint32_t record_size;
    const struct fl_param *params;          uint32_t nparams;
    const struct fl_stage_choice *stages;   uint32_t nstages; /* source, decode, decompress, intake, reject */
    const char *const *classes;             uint32_t nclasses;
    const char *const *reasons;             uint32_t nreasons;
    const struct fl_lookup *lookups;        uint32_t nlookups;
    struct fl_table *const *tables;         uint32_t ntables;

    /* Params are known: build what depends on them. An error text (to be freed) or NULL. */
    char *(*init)(struct fl_cx *cx);
    /* Decode the flow object that d->p stands at into a zeroed record, and say where its text is. json/scan.h says how it fails. */
    bool (*decode)(struct fl_decoder *d, struct fl_rec *r);
    /* All stages up to mangle over a batch. Asks and awaits lookups; sets class_, state and reason. */
    void (*run)(struct fl_cx *cx, struct fl_batch *b);
    /*
     * `absent .. every`: called at least at the times that it returns (ns, wall clock; INT64_MAX: never), and with cx->ending at the end
     * of the input; adds emitted records.
     */
    int64_t (*tick)(struct fl_cx *cx, struct fl_batch *b);
    const struct fl_output_of *outputs;     uint32_t noutputs; /* one at least */

    const struct fl_fill *fills;            uint32_t nfills;

    const struct fl_test *tests;            uint32_t ntests;
    const struct fl_place *places;          uint32_t nplaces;

    /* Of a file with `select`: one of these is the pipeline; the descriptor itself has only name, doc, version and file. */
    const struct fl_variant *variants;      uint32_t nvariants;
};

extern const struct fl_pipeline fl_pipeline;

#endif
