/*
 * join.h - a text that is put together piece by piece: lists of names, rows of tables, bodies of structs.
 *
 * It takes time and memory in proportion to its length; fl_arena_printf("%s..", text) would copy all of it for each piece.
 */
#ifndef FC_JOIN_H
#define FC_JOIN_H

#include <stddef.h>

struct fl_arena; /* runtime/base/arena.h */

struct fc_join {
    struct fl_arena *arena;
    char *p;
    size_t n, cap;
};

void fc_join(struct fc_join *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What was joined so far, "" if nothing; belongs to the arena and moves with the next piece. */
const char *fc_joined(const struct fc_join *j);

#endif
