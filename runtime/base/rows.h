/*
 * rows.h - the rows of dsl/stages.def as tables, for compiler and runtime, and what they allow in words. Nobody else knows
 * which kinds there are; what a row holds is in dsl/option.h.
 */
#ifndef FL_ROWS_H
#define FL_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsl/option.h"

/* In the order of stages.def. */
extern const struct fl_phase_row fl_phase_rows[];
extern const uint32_t fl_phase_nrows;
extern const struct fl_kind_row fl_kind_rows[];
extern const uint32_t fl_kind_nrows;
extern const struct fl_option_row fl_option_rows[];
extern const uint32_t fl_option_nrows;
extern const struct fl_argument_row fl_argument_rows[];
extern const uint32_t fl_argument_nrows;
extern const struct fl_implied_row fl_implied_rows[];
extern const uint32_t fl_implied_nrows;
extern const struct fl_clash_row fl_clash_rows[];
extern const uint32_t fl_clash_nrows;

/* Has each output one of its own? */
bool fl_phase_of_output(const char *phase);
/* NULL: there is none. */
const struct fl_phase_row *fl_phase_row(const char *phase);
const struct fl_kind_row *fl_kind_row(const char *phase, const char *kind);
const struct fl_option_row *fl_option_row(const char *phase, const char *kind, const char *name);
/* A kind of the original that this version doesn't have yet. */
bool fl_kind_is_later(const char *phase, const char *kind);

/* Which of the words (any case) `text` is, from 0; -1: none, or one that this build hasn't. */
int fl_word_find(const char *words, const char *text);
/* Word number i, n bytes long; NULL: there are fewer. */
const char *fl_word_at(const char *words, uint32_t i, size_t *n, bool *built);
/*
 * What the row allows, in words, as "block or drop_oldest", "auto, flow or zlib (libdeflate is not in this build)",
 * "fast, default, best or a number from 0 to 12", "a comma, a tab or a blank", "from 1s to 3600s", "not negative", "at least 1". Cut when out is too small.
 */
void fl_option_allows(const struct fl_option_row *r, char *out, size_t size);
/* Is the text what the row, a CHAR or CELL, allows? */
bool fl_option_spells(const struct fl_option_row *r, const char *text);
/* Is v, a number, bytes or ns, between the row's limits? */
static inline bool fl_option_within(const struct fl_option_row *r, int64_t v)
{
    return v >= r->of.least && v <= r->of.most;
}

#endif
