/*
 * passed.h - values that are only passed on: any JSON, checked, and kept as it came; for generated decoders.
 */
#ifndef FL_JSON_PASSED_H
#define FL_JSON_PASSED_H

#include "json/get.h"

/* Valid JSON without white space outside strings: the same text, or a copy in scratch. */
fl_str fl_compact(struct fl_arena *scratch, fl_str json);

/* Any value as compact JSON text (a copy only if it has white space). Returns as the getters of json/get.h. */
int fl_get_json(struct fl_decoder *d, fl_str *out, const char *field);
/* The same, and d->repeated is set where a key may come twice in it. */
int fl_get_passed_json(struct fl_decoder *d, fl_str *out, const char *field);

/* Such a value as a text: the inside of a string, or the JSON of anything else. */
static inline fl_str fl_passed_text(fl_str json)
{
    return json.n && *json.p == '"' ? (fl_str){json.p + 1, json.n - 2, FL_RAW} : (fl_str){json.p, json.n, FL_PLAIN};
}

#endif
