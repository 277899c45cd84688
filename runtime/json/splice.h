/*
 * splice.h - an object of JSON text with some members replaced, left out or added; the others are copied as they stand.
 *
 * For records that go on as they came but for a few fields: `...input` in a transform. Called by generated code.
 */
#ifndef FL_JSON_SPLICE_H
#define FL_JSON_SPLICE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/* A member by its key: as it is, and as it stands between the quotes of JSON. */
struct fl_edit {
    const char *key;
    uint32_t key_n;
    const char *json;
    uint32_t json_n;
};

/*
 * `object` is valid and without white space outside strings. values[i] is the JSON of edits[i], n of them; one without bytes (n 0)
 * leaves the member out. What the object has is replaced at its place, and only once; what it hasn't stands behind its members, in the
 * order of `edits`. FL_RAW text in scratch, with FL_PAD readable bytes behind it.
 */
fl_str fl_json_splice(struct fl_arena *scratch, fl_str object, const struct fl_edit *edits, const fl_str *values, uint32_t n);

/* Room for values, n bytes at most, put there as base/put.h does it. */
static inline char *fl_splice_room(struct fl_arena *scratch, size_t n)
{
    return fl_arena_get(scratch, n + FL_PAD);
}

#endif
