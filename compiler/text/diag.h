/*
 * diag.h - the queue of diagnostics. The only module that prints errors.
 *
 * Ids, severities, formats and the long explanations are rows of dsl/errors.def:
 *     E(id, NAME, severity, "format", "explanation")
 * A warning, and a doubt (an error that the writer may overrule), can be allowed in a part of the source, by the row's NAME in small letters.
 * A diagnostic is queued, never printed at once; compilation goes on to the end of the pass. At most 20 are
 * kept (a note says how many more). Printing sorts them by place and removes exact repetitions.
 *
 * Text form (the contract, compared whole by tests/compile):
 *     edge.flow:12:21-22: error: cannot compare `bytes` with `duration` [E0231]      (of what can be allowed [W0114 unused])
 *         when bytes_in > 5s => bulk;
 *              ~~~~~~~~   ^^
 *     edge.flow:3:1-25: note: pipeline `edge` uses this classify block
 * `^` marks the culprit, `~` the second span if it is on the same line. Tabs of the source line are kept in the
 * caret line. JSON form (--diagnostics=json): one object per line {file,line,col,end_line,end_col,severity,id,name,message,notes:[..]}.
 */
#ifndef FC_DIAG_H
#define FC_DIAG_H

#include <stdarg.h>
#include <stdio.h>

#include "text/source.h"

enum fc_severity { FC_ERROR, FC_DOUBT, FC_WARNING };

enum fc_error {
#define E(id, name, severity, format, explanation) FC_##name,
#include "dsl/errors.def"
#undef E
    FC_ERROR_COUNT
};

struct fc_note {
    struct fc_span span; /* file 0: no place */
    const char *text;
    struct fc_note *next;
};

struct fc_diag {
    enum fc_error error;
    struct fc_span span;  /* culprit */
    struct fc_span other; /* the other side, or file 0 */
    const char *text;
    const char *help;     /* "did you mean `x`?" and the like, or NULL; printed as a last line `help: ...` */
    struct fc_note *notes;
    uint64_t variants;    /* in which it was said, a bit each */
    bool located;         /* it has its notes about them */
    struct fc_diag *next;
};

/* `allow NAME;` above a statement. */
struct fc_allowed {
    enum fc_error error;
    struct fc_span span; /* the statement */
    struct fc_allowed *next;
};

struct fc_diags {
    struct fl_arena *arena;
    struct fc_sources *sources;
    struct fc_diag *first, *last;
    unsigned errors, warnings; /* all, also those not kept */
    unsigned kept;
    struct fc_allowed *allowed;
    bool strict; /* warnings are errors */
    unsigned variant;                   /* at hand, 0 to 63; errors and warnings are its own meanwhile */
    unsigned before[2], repeated[2];    /* errors, warnings: of the variants before, and how many of all were said of one before */
};

void fc_diags_init(struct fc_diags *d, struct fl_arena *arena, struct fc_sources *sources);

/* Queue one; the arguments are those of the row's format. Returns it (for help and notes), never NULL. */
struct fc_diag *fc_report(struct fc_diags *d, enum fc_error e, struct fc_span span, ...);
/* The same with a second span on it. */
struct fc_diag *fc_report2(struct fc_diags *d, enum fc_error e, struct fc_span span, struct fc_span other, ...);
void fc_diag_help(struct fc_diags *d, struct fc_diag *g, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void fc_diag_note(struct fc_diags *d, struct fc_diag *g, struct fc_span span, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* What is reported of this name inside the span from now on is dropped. False: nothing that can be allowed is called so. */
bool fc_diag_allow(struct fc_diags *d, const char *name, struct fc_span span);
/* The names that can be allowed, for suggestions. */
void fc_diag_names(struct fl_arena *a, void (*each)(void *arg, const char *name), void *arg);
/* Forget what was reported from this place to the end of its file. */
void fc_diags_drop(struct fc_diags *d, struct fc_span from);
/* From now on each warning is an error, also those that are queued. */
void fc_diags_strict(struct fc_diags *d);

/* Print the queue to `out`; json: one object per line. */
void fc_diags_print(struct fc_diags *d, FILE *out, bool json, bool color);

/*
 * A file with `select` is checked once per variant. Begin with variant i, from 0; what was said of one before is the same
 * diagnostic. At the end errors and warnings are those of all, each once.
 */
void fc_diags_variant(struct fc_diags *d, unsigned i);
void fc_diags_together(struct fc_diags *d);
/* Only those stay for which `keep` is true; it may add notes. */
void fc_diags_sift(struct fc_diags *d, bool (*keep)(void *arg, struct fc_diag *g), void *arg);
/* Is it about what nothing uses, or what is always so? True of a text then only where it is in all variants that have the text. */
bool fc_diag_of_all(const struct fc_diag *g);

/* The row of an id such as "E0231" (any case), or of a name that can be allowed; returns false if there is none. Strings live for ever. */
bool fc_explain(const char *id, const char **format, const char **explanation);

#endif
