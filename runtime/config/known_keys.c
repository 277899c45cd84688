/* known_keys.c - the rows of known_keys.def as a table; see known_keys.h. */
#include "config/known_keys.h"

#include <stddef.h>

const struct fl_key_row fl_key_rows[] = {
#define KEY(path, type, use, doc) { path, FL_KEY_##type, FL_KEY_##use, doc },
#include "config/known_keys.def"
};
const uint32_t fl_key_nrows = sizeof fl_key_rows / sizeof *fl_key_rows;
