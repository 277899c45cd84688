/* json.c - decode json: each document is a record, or a list of them; the intake can do that by itself. */
#include "drivers/decoder.h"

extern const struct fl_decode_kind fl_decode_json;
const struct fl_decode_kind fl_decode_json = {
    .name = "json",
    .expected = "expected a record, which begins with `{`, or a list of records",
    .bare = true,
};
