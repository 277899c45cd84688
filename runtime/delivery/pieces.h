/*
 * pieces.h - raw pieces of open objects that wait to be compressed, and lanes; for run/, which says by whom and when.
 */
#ifndef FL_PIECES_H
#define FL_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct fl_output;
struct fl_parcel;

/*
 * Raw pieces of objects, 128 KiB each, which their store has handed over and which wait to be compressed, oldest first;
 * and buffers for more, so that these stay with the thread that fills and compresses them.
 */
#define FL_PIECES 8
#define FL_SPARE_RAW (FL_PIECES + 1)
struct fl_piece {
    struct fl_parcel *parcel;
    struct fl_buf raw;
    bool last;
};
struct fl_pieces {
    struct fl_piece piece[FL_PIECES];
    uint32_t n, nspare;
    struct fl_buf spare[FL_SPARE_RAW];
    /* Called when more come, or when others have to be waited for: waits until what was handed over earlier, into other
     * lists, is compressed as far as it belongs to the lane. NULL: nothing waits here, all is compressed at once. */
    void (*turn)(void *arg, unsigned lane);
    void *arg;
};
/* From now on pieces go there; NULL: all are compressed at once, as at first. By whoever calls the store. */
void fl_output_into(struct fl_output *o, struct fl_pieces *pieces);
/*
 * A lane is what some of the classes' objects are compressed in, with compressors of its own. Compress those that wait there
 * and belong to it, in the order in which they were handed over; by one thread at a time for each lane.
 */
#define FL_LANES 4
void fl_output_compress(struct fl_output *o, struct fl_pieces *pieces, unsigned lane);
void fl_pieces_free(struct fl_pieces *p);

#endif
