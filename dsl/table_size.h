/*
 * table_size.h - how many bytes a table needs when it is full: what runtime/table.c maps and `flowc check -v` prints.
 * Layout of a row: head, the key's first bytes, the value; long text keys go on in a part of their own.
 */
#ifndef FL_TABLE_SIZE_H
#define FL_TABLE_SIZE_H

#include <stddef.h>
#include <stdint.h>

#define FL_TABLE_KEY 256        /* longest text key */
#define FL_ROW_HEAD 28u
#define FL_ROW_KEY 36u          /* bytes of a text key in the row: a UUID; with the head 64 */
#define FL_ROW_REST (FL_TABLE_KEY - FL_ROW_KEY)
#define FL_TABLE_SLOTS 64u      /* of the smallest index */
#define FL_SLOT_BYTES 8u
#define FL_TABLE_PAD 64u        /* FL_PAD of text.h */

static inline size_t fl_round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static inline uint32_t fl_row_value_at(uint32_t key_size)
{
    return (uint32_t)fl_round_up(FL_ROW_HEAD + (key_size ? key_size : FL_ROW_KEY), 8);
}

static inline uint32_t fl_row_stride(uint32_t value_size, uint32_t key_size)
{
    return (uint32_t)fl_round_up(fl_row_value_at(key_size) + value_size, 8);
}

/* Slots of the index when all rows are used: at most three quarters of them taken. */
static inline size_t fl_table_slots(int64_t max)
{
    size_t slots = FL_TABLE_SLOTS;
    while (slots - slots / 4 < (size_t)max)
        slots *= 2;
    return slots;
}

/* What is mapped: two indexes, rows, rests of long keys. */
static inline size_t fl_table_mapped(int64_t max, uint32_t value_size, uint32_t key_size)
{
    size_t bytes = fl_table_slots(max) * 2 * FL_SLOT_BYTES;
    bytes += fl_round_up((size_t)max * fl_row_stride(value_size, key_size) + FL_TABLE_PAD, 4096);
    if (!key_size)
        bytes += fl_round_up((size_t)max * FL_ROW_REST + FL_TABLE_PAD, 4096);
    return fl_round_up(bytes, 4096);
}

/* What can be touched of it: the spare index is never needed in its full size. */
static inline size_t fl_table_worst(int64_t max, uint32_t value_size, uint32_t key_size)
{
    return fl_table_mapped(max, value_size, key_size) - fl_table_slots(max) / 2 * FL_SLOT_BYTES;
}

#endif
