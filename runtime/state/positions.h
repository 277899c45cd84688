/*
 * positions.h - up to where input has been stored, by file; what the journal's record holds.
 */
#ifndef FL_POSITIONS_H
#define FL_POSITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FL_POSITION_BEFORE 64

/* A place in a file: which file, and what stands in front of it. */
struct fl_position {
    uint64_t device, inode;
    uint64_t offset;             /* bytes of it that are done with */
    uint32_t before_n;
    uint8_t before[FL_POSITION_BEFORE]; /* the last before_n of them */
};

struct fl_positions;
struct fl_state;

/* What the state directory's journal says. NULL: *error says why, to be freed. */
struct fl_positions *fl_positions_open(struct fl_state *s, char **error);
/* That of the file which was read by this path. False: none is known, or p is NULL. Any thread, as for set. */
bool fl_positions_get(struct fl_positions *p, const char *path, struct fl_position *at);
/* It is on disk when this returns 0; else an errno, and what was known before holds. Of many paths the 64 that were set last are kept. */
int fl_positions_set(struct fl_positions *p, const char *path, const struct fl_position *at);
void fl_positions_free(struct fl_positions *p);

#endif
