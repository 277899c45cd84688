/* fmt.h - `flowc fmt`: the canonical layout of a source. */
#ifndef FC_FMT_H
#define FC_FMT_H

#include "flowc.h"

/*
 * The formatted text of a source of `c`, NUL-terminated in c's arena; its syntax must be right (parse it first).
 * NULL if the result would not have the same tokens and comments: a bug, the caller says so and writes nothing.
 */
const char *fc_format(struct fc_compilation *c, uint32_t file, size_t *len);

#endif
