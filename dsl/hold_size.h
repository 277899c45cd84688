/*
 * hold_size.h - how many bytes a join needs when it is full: what runtime/lang/hold.c maps and `flowc check -v` prints.
 * A row of its table per key, and a pool of cells for the records that keys keep: two legs' and the last one that was emitted.
 */
#ifndef FL_HOLD_SIZE_H
#define FL_HOLD_SIZE_H

#include "dsl/table_size.h"

#define FL_HELD_BYTES 88u      /* of a key, in its row */
#define FL_HELD_RECORDS 3      /* of a key */
#define FL_CELL 64u
#define FL_CELL_ROOM 60u       /* bytes of a record in a cell */
#define FL_HELD_TEXT 32u       /* bytes of a text that are reckoned with; where texts are longer, fewer keys find room */

/* Cells of the pool, `record` bytes a record; a small one takes a long record too. */
static inline size_t fl_hold_cells(int64_t max, size_t record)
{
    size_t cells = (size_t)max * FL_HELD_RECORDS * ((record + FL_CELL_ROOM - 1) / FL_CELL_ROOM);
    return cells < 16384 ? 16384 : cells < UINT32_MAX ? cells : UINT32_MAX - 1;
}

static inline size_t fl_hold_worst(int64_t max, size_t record, uint32_t key_size)
{
    return fl_table_worst(max, FL_HELD_BYTES, key_size, false) + fl_hold_cells(max, record) * FL_CELL;
}

#endif
