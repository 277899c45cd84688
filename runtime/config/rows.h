/*
 * rows.h - the rows of dsl/stages.def: options.c, kinds.c.
 */
#ifndef FL_CONFIG_ROWS_H
#define FL_CONFIG_ROWS_H

#include <stdint.h>

enum fl_option_type {
    FL_OPT_BOOL, FL_OPT_INT, FL_OPT_STRING, FL_OPT_DURATION, FL_OPT_BYTES, FL_OPT_LIST, FL_OPT_CIDRS, FL_OPT_SECRET,
    FL_OPT_LEVEL, FL_OPT_LIBRARY
};

struct fl_option_row {
    const char *phase, *kind, *name;
    enum fl_option_type type;
    const char *dflt, *yaml, *doc;
};

struct fl_kind_row {
    const char *phase, *kind, *doc;
};

extern const struct fl_option_row fl_option_rows[];
extern const uint32_t fl_option_nrows;
extern const struct fl_kind_row fl_kind_rows[];
extern const uint32_t fl_kind_nrows;

#endif
