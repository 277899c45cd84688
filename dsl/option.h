/*
 * option.h - what a row of stages.def is, for whoever reads the rows: base/rows.h has them as tables.
 *
 * The list of option types is here and nowhere else. A row names its type with what is allowed, as INT(1, 64) or
 * WORD("block drop_oldest"); FL_OF_ in front of that is the row's struct fl_option_of.
 */
#ifndef FL_OPTION_H
#define FL_OPTION_H

#include <stdint.h>

enum fl_option_type {
    FL_OPT_BOOL, FL_OPT_INT, FL_OPT_DURATION, FL_OPT_BYTES, FL_OPT_STRING, FL_OPT_SECRET, FL_OPT_URL, FL_OPT_WORD,
    FL_OPT_LEVEL, FL_OPT_CHAR, FL_OPT_CELL
};

/* The value must lie in [least, most]: a number, bytes, ns. */
struct fl_option_of {
    enum fl_option_type type;
    int64_t least, most;
    const char *words; /* allowed ones, separated by blanks: WORD, LEVEL's names, URL's schemes; `-word`: not in this build;
                          CHAR: the characters */
    const char *hint;  /* URL: what one looks like */
    const char *unset; /* URL: it has to be there to run; what to do else */
};

#define FL_ANY INT64_MAX /* no upper limit */

#define FL_OF_BOOL {FL_OPT_BOOL, 0, FL_ANY, 0, 0, 0}
#define FL_OF_INT(least, most) {FL_OPT_INT, least, most, 0, 0, 0}
#define FL_OF_BYTES(least, most) {FL_OPT_BYTES, least, most, 0, 0, 0}
/* In seconds. */
#define FL_OF_DURATION(least, most) {FL_OPT_DURATION, FL_OF_SECONDS(least), FL_OF_SECONDS(most), 0, 0, 0}
#define FL_OF_SECONDS(s) ((s) > FL_ANY / 1000000000 ? FL_ANY : (s) % (FL_ANY / 1000000000 + 1) * 1000000000)
#define FL_OF_STRING {FL_OPT_STRING, 0, FL_ANY, 0, 0, 0}
/* A STRING that is never printed. */
#define FL_OF_SECRET {FL_OPT_SECRET, 0, FL_ANY, 0, 0, 0}
#define FL_OF_URL(schemes, hint, unset) {FL_OPT_URL, 0, FL_ANY, schemes, hint, unset}
/* One of the words; its number among them is the value. */
#define FL_OF_WORD(words) {FL_OPT_WORD, 0, FL_ANY, words, 0, 0}
/* fast, default, best as FL_LEVEL_..; or a number. */
#define FL_OF_LEVEL(least, most) {FL_OPT_LEVEL, least, most, "best fast default", 0, 0}

/* One of the characters; it is the value. */
#define FL_OF_CHAR(characters) {FL_OPT_CHAR, 0, FL_ANY, characters, 0, 0}
/* At most so many bytes that can stand in a csv line without quotes. */
#define FL_OF_CELL(most) {FL_OPT_CELL, 0, most, 0, 0, 0}

enum { FL_LEVEL_BEST = -3, FL_LEVEL_FAST, FL_LEVEL_DEFAULT };

struct fl_option_row {
    const char *phase, *kind, *name;
    struct fl_option_of of;
    const char *dflt, *yaml, *doc;
};

/* What a kind can't do without. */
enum fl_needs {
    FL_NEEDS_NOTHING,
    FL_NEEDS_JSON = 1,       /* flowc: a writer of compact JSON */
    FL_NEEDS_PRETTY = 2,     /* flowc: one of JSON in lines */
    FL_NEEDS_CSV = 4,        /* flowc: one of csv lines, and their header */
    FL_NEEDS_METRICS = 8,    /* flowc: metrics, instead of objects */
    FL_NEEDS_BUCKET = 16,    /* the store's `dirname` */
    FL_NEEDS_STDOUT = 32,    /* standard output for itself */
    FL_NEEDS_LIBRARY = 64,   /* one that this build hasn't */
    FL_TAKES_HEADER = 128    /* no need: an encoder with a place for a storeheader */
};
/* What flowc emits for any pipeline, so that a configuration can choose among what needs no more. */
#define FL_ALWAYS_EMITTED (FL_NEEDS_JSON | FL_NEEDS_PRETTY)
#define FL_EMITTED (FL_ALWAYS_EMITTED | FL_NEEDS_CSV | FL_NEEDS_METRICS)

struct fl_kind_row {
    const char *phase, *kind;
    unsigned needs;
    const char *doc;
};

/* A phase of which one kind always holds. */
struct fl_phase_row {
    const char *phase, *dflt, *yaml;
};

/* What --input and --output choose. */
struct fl_argument_row {
    const char *phase, *kind;
    const char *option; /* gets the argument; NULL: the argument is `-` */
};

/* With `kind`, the other phase's default is `its`. */
struct fl_implied_row {
    const char *phase, *kind, *other, *its;
};

/* With `kind`, the option of the other phase's kind `its` can't be true. */
struct fl_clash_row {
    const char *phase, *kind, *other, *its, *option;
    const char *why;
};

/* Outputs of a pipeline. */
#define FL_OUTPUTS_MAX 16

/* The word for no kind, in any phase. */
#define FL_NONE "none"
/* The kind of a phase that has only one. */
#define FL_ONLY "_"

#endif
