/*
 * unescape.h - the inside of a JSON string as the text it means.
 */
#ifndef FL_JSON_UNESCAPE_H
#define FL_JSON_UNESCAPE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * The inside of a string decoded: FL_PLAIN in the arena, FL_PAD readable bytes behind. Lone surrogates become
 * U+FFFD.
 */
fl_str fl_unescape(struct fl_arena *a, fl_str raw);
/* The same to `w`, which has room for raw.n bytes and FL_PAD; returns the end. */
char *fl_unescape_to(char *w, const char *p, size_t n);

#endif
