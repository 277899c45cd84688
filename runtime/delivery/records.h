/*
 * records.h - an output whose sink takes records instead of objects (drivers/record_sink.h).
 */
#ifndef FL_RECORDS_H
#define FL_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"

struct fl_batch;
struct fl_cx;
struct fl_records;
struct fl_runtime;

/* Is the kind that holds for `write` one that takes records? Then there is neither a store nor an output. */
bool fl_records_wanted(const struct fl_runtime *rt, uint32_t output);
struct fl_records *fl_records_new(struct fl_runtime *rt, uint32_t output, char **error);
/* Before the first record; error text to be freed, or NULL. */
char *fl_records_check(struct fl_records *r);
/* The live records of a batch from number `from` on; they are written then. In the turn to run. */
void fl_records_add(struct fl_records *r, struct fl_cx *cx, const struct fl_batch *b, uint32_t from);
/* Returns when it wants to be called next at the latest, mono time. In the turn to run. */
int64_t fl_records_tick(struct fl_records *r, struct fl_time now);
/* No more records come. False: what was to be written then could not be; it is in the log. */
bool fl_records_end(struct fl_records *r);
/* Does it go on being of use, so that the program doesn't end with its input? */
bool fl_records_last(struct fl_records *r);
void fl_records_free(struct fl_records *r);

#endif
