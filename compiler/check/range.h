/*
 * range.h - sets of values, as sorted intervals.
 *
 * A value of any scalar type is a point, a number from 0 to the type's last: an int64_t moved up by 2^63, an address, the
 * index of an enumerator or class, a text's number in order of appearance (values.c makes them). A set also says whether null is in it. Sets
 * are never changed; their intervals live in the compilation's arena, are apart and sorted. Making one of n takes n log n.
 */
#ifndef FC_RANGE_H
#define FC_RANGE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

typedef unsigned __int128 fc_point;

struct fc_interval {
    fc_point lo, hi; /* both in it */
};

struct fc_range {
    const struct fc_interval *v;
    uint32_t n;
    bool null;
};

bool fc_range_empty(const struct fc_range *r);
struct fc_range fc_range_one(struct fl_arena *a, fc_point lo, fc_point hi);
/* Of intervals in any order, which may overlap; they are sorted in place. */
struct fc_range fc_range_of(struct fl_arena *a, struct fc_interval *v, uint32_t n);
struct fc_range fc_range_union(struct fl_arena *a, const struct fc_range *v, uint32_t n);
/* Of what lies from 0 to last. Null is in it when it isn't in r. */
struct fc_range fc_range_complement(struct fl_arena *a, const struct fc_range *r, fc_point last);
struct fc_range fc_range_intersection(struct fl_arena *a, const struct fc_range *v, uint32_t n, fc_point last);
/* Is all of `part` in `whole`? */
bool fc_range_within(const struct fc_range *part, const struct fc_range *whole);

#endif
