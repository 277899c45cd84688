/*
 * parse_api.h - from texts to a tree.
 *
 * Reentrant flex, pure bison: no globals; two compilations in one process work. A syntax error is queued and the
 * parser goes on at the next item, statement or field (recovery at `;` and `}`), so one run shows several.
 * Nesting deeper than 200 is an error (E0003).
 */
#ifndef FC_PARSE_API_H
#define FC_PARSE_API_H

#include "tree/ast.h"
#include "text/diag.h"

struct fl_arena;

struct fc_parse {
    struct fl_arena *arena;
    struct fc_sources *sources;
    struct fc_diags *diags;
};

/* Parse one source. Returns its items in order, an empty file gives NULL. `use` and `include` are items, not yet followed. */
struct fc_item *fc_parse_source(struct fc_parse *p, uint32_t file);

#endif
