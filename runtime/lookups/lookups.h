/*
 * lookups.h - the life of all lookups of a pipeline; flowrt.h says what emitted C calls. In the turn to run.
 */
#ifndef FL_LOOKUPS_H
#define FL_LOOKUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct fl_lookups;
struct fl_runtime;

/* `file_or_url` is --lookups, or NULL. Without one and with --input every lookup is null and not counted. */
struct fl_lookups *fl_lookups_new(struct fl_runtime *rt, const char *file_or_url, char **error);
void fl_lookups_free(struct fl_lookups *l);
/* Is every lookup null? l may be NULL. */
bool fl_lookups_silent(const struct fl_lookups *l);
/* The process is to stop: from mono time `until` on no answer is waited for; null instead. Any thread. */
void fl_lookups_until(struct fl_lookups *l, int64_t until);
/* Between batches: drop what is too old or too much; results given out before are invalid then. */
void fl_lookups_batch_end(struct fl_lookups *l);
/* Tests: answer `key` of lookup `n` with a JSON object by field names, or "null". */
char *fl_lookups_preset(struct fl_lookups *l, uint32_t n, fl_str key, const char *json);

#endif
