/*
 * table.h - kinds of what fills tables: `table .. from KIND`. One is a folder of tables/ with its row, and a row in
 * program/drivers.def. When to read, the swap and what is kept at a failure are tables/fills.c's.
 */
#ifndef FL_DRIVER_TABLE_H
#define FL_DRIVER_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct fl_fill;
struct fl_runtime;

/* What was read of one row: a struct of fl_fill.row, valid during the call. */
typedef void fl_row_read(void *arg, const void *row);

struct fl_table_kind {
    const char *name;
    /* `url`: --lookups, or NULL. NULL and *error (to be freed): an option can't be; NULL without: there is nothing to read. */
    void *(*open)(struct fl_runtime *rt, const char *url, char **error);
    /*
     * Read all rows of it now, calls `row` for each; *skipped: how many lack what is required. May block until `until`. An error text (to
     * be freed), or NULL; after an error the rows are not used.
     */
    char *(*read)(void *kind, const struct fl_fill *f, fl_row_read *row, void *arg, uint64_t *skipped);
    /* From then on (fl_clock_monotonic()) every reading fails, one under way too. Any thread. */
    void (*until)(void *kind, int64_t until);
    void (*close)(void *kind);
};

#endif
