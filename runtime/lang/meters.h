/*
 * meters.h - metrics of a .flow: values by the texts of their labels, which records set, add to or observe, and a page shows.
 *
 * A struct fl_meters is one `metrics` of an output, or a counter, gauge or histogram by itself: all that has the same labels. Each
 * combination of label values is a row with a cell per value. One thread at a time changes rows (whoever has the turn to run), any number read
 * them meanwhile, without a lock: values are stored and loaded whole, what a row is called never changes, and a row that is gone is given back
 * only when nobody can see it any more (fl_meters_enter, fl_meters_leave).
 *
 * What labels look like on a page is written once, when a row is new. Rows expire when no record set them for a while. At `max` rows,
 * and for values over FL_LABEL bytes, records go to one row more whose label values are all `other`.
 */
#ifndef FL_METERS_H
#define FL_METERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "dsl/meter_size.h"

/* ---- what the .flow declares ---- */

enum fl_meter_kind { FL_COUNTER, FL_GAUGE, FL_HISTOGRAM };

/* How a label's value comes: a number isn't made a text for every record. */
enum fl_meter_label_form { FL_LABEL_TEXT, FL_LABEL_NUMBER };

struct fl_meter_label_of {
    const char *name;
    enum fl_meter_label_form form;
};

/* A value that each row has: its own labels, `direction="x"` and so on, constant and escaped, sorted by name. */
struct fl_value_of {
    const char *const *labels; /* name, value, name, value, .., NULL; NULL: none */
    uint32_t cell;             /* a histogram's first: what fell into each bucket and over the last one, then the sum */
};

struct fl_meter {
    const char *name, *help;
    enum fl_meter_kind kind;
    const struct fl_value_of *values;
    uint32_t nvalues;
    uint32_t first;            /* bit of its first value in a row's `there` */
    const double *buckets;     /* HISTOGRAM: upper bounds, ascending, without +Inf */
    const char *const *bounds; /* the same as `le` has them */
    uint32_t nbuckets;
};

struct fl_meters {
    /* given by flowc */
    const struct fl_meter *meters;
    uint32_t nmeters;
    const struct fl_meter_label_of *labels; /* sorted by name, FL_LABELS at most */
    uint32_t nlabels;
    uint32_t ncells;
    int64_t max;                      /* rows */
    int64_t expire;                   /* ns, INT64_MAX: never; set by `init` */

    /* counter that the worker reads and resets */
    uint64_t others;                  /* records that went to the row `other` */

    /* private */
    struct fl_meters_state *s;
};

/* ---- a row ---- */

struct fl_meter_row {
    _Atomic(char *) text;     /* its labels as the page has them, each with a comma behind it; NULL: there is none */
    uint32_t text_n;
    bool plain;               /* nothing in it is escaped */
    bool kept;                /* the row `other` */
    uint64_t hash;
    int64_t written;
    uint64_t nulls;           /* labels without a value */
    _Atomic uint64_t there;   /* values that were ever set */
    /* behind it: cells, label numbers, ends of labels in text */
    _Atomic double cell[];
};

/* The compiler's own words: the macros of <stdatomic.h> would be names that a .flow can't have. */
static inline void fl_cell_put(_Atomic double *cell, double v)
{
    __atomic_store(cell, &v, __ATOMIC_RELAXED);
}

static inline double fl_cell_get(const _Atomic double *cell)
{
    double v;
    __atomic_load((_Atomic double *)cell, &v, __ATOMIC_RELAXED);
    return v;
}

static inline void fl_meter_there(struct fl_meter_row *r, uint32_t bit)
{
    uint64_t there = __atomic_load_n(&r->there, __ATOMIC_RELAXED);
    if (!(there >> bit & 1))
        __atomic_store_n(&r->there, there | UINT64_C(1) << bit, __ATOMIC_RELEASE);
}

/* For generated code: value number `bit` of the row, its cell. A counter never goes down: what is less than 0 isn't added. */
static inline void fl_gauge_set(struct fl_meter_row *r, uint32_t bit, uint32_t cell, double v)
{
    fl_cell_put(&r->cell[cell], v);
    fl_meter_there(r, bit);
}

static inline void fl_counter_add(struct fl_meter_row *r, uint32_t bit, uint32_t cell, double v)
{
    if (v > 0)
        fl_cell_put(&r->cell[cell], fl_cell_get(&r->cell[cell]) + v);
    fl_meter_there(r, bit);
}

void fl_histogram_observe(struct fl_meter_row *r, uint32_t bit, uint32_t cell, const double *buckets, uint32_t nbuckets, double v);

/* The value of one label of a record. */
struct fl_meter_label {
    const char *p;   /* TEXT, decoded; NULL with n = 0 */
    uint32_t n;
    bool null;
    int64_t number;  /* NUMBER */
};

static inline struct fl_meter_label fl_label_text(fl_str decoded)
{
    return (struct fl_meter_label){.p = decoded.p, .n = decoded.n};
}

static inline struct fl_meter_label fl_label_number(int64_t v)
{
    return (struct fl_meter_label){.number = v};
}

static inline struct fl_meter_label fl_label_null(void)
{
    return (struct fl_meter_label){.null = true};
}

/* The row of these labels, a new one if there was none; it is written now. Valid until fl_meters_sweep. */
struct fl_meter_row *fl_meters_row(struct fl_meters *m, const struct fl_meter_label *labels, int64_t now);

/* ---- life ---- */

void fl_meters_open(struct fl_meters *m);
void fl_meters_close(struct fl_meters *m);
/* Take away what has expired; returns when there may be more to do (ns, as now), INT64_MAX: not before more records. */
int64_t fl_meters_sweep(struct fl_meters *m, int64_t now);

/* ---- reading, in any thread ---- */

/* Rows that are seen between these two stay where they are. At most FL_READERS at once: -1, there are more. */
#define FL_READERS 64
int fl_meters_enter(struct fl_meters *m);
void fl_meters_leave(struct fl_meters *m, int reader);
/* Rows that were ever used: numbers below this, some of them without a text. */
uint32_t fl_meters_used(const struct fl_meters *m);
const struct fl_meter_row *fl_meters_at(const struct fl_meters *m, uint32_t i);
/* Where label number i of a row ends in its text. */
uint32_t fl_meter_label_end(const struct fl_meters *m, const struct fl_meter_row *r, uint32_t i);

#endif
