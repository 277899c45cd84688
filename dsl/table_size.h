/*
 * table_size.h - how many bytes a table needs when it is full: what runtime/lang/table.c maps and `flowc check -v` prints.
 * Layout of a row: head, the key's first bytes, the value, and when it was written if anybody asks for that; long text
 * keys go on in a part of their own. The index is made of buckets of a cache line each.
 */
#ifndef FL_TABLE_SIZE_H
#define FL_TABLE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FL_TABLE_KEY 256        /* longest text key */
#define FL_ROW_HEAD 20u
#define FL_ROW_KEY 36u          /* bytes of a text key in the row: a UUID; with the head and a number as value 64 */
#define FL_ROW_REST (FL_TABLE_KEY - FL_ROW_KEY)
#define FL_BUCKET_BYTES 64u
#define FL_BUCKET_ROWS 7u       /* rows that fit into a bucket; those over go to a further one */
#define FL_BUCKET_LOAD 5u       /* rows per bucket at which the index grows */
#define FL_TABLE_BUCKETS 8u     /* of the smallest index */
#define FL_TABLE_PAD 64u        /* FL_PAD of text.h */
#define FL_HUGE_PAGE ((size_t)2 << 20)

static inline size_t fl_round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static inline uint32_t fl_row_value_at(uint32_t key_size)
{
    return (uint32_t)fl_round_up(FL_ROW_HEAD + (key_size ? key_size : FL_ROW_KEY), 8);
}

static inline uint32_t fl_row_written_at(uint32_t value_size, uint32_t key_size)
{
    return (uint32_t)fl_round_up(fl_row_value_at(key_size) + value_size, 8);
}

/* `walked`: rows know when they were written, for `absent`. */
static inline uint32_t fl_row_stride(uint32_t value_size, uint32_t key_size, bool walked)
{
    return fl_row_written_at(value_size, key_size) + (walked ? 8 : 0);
}

/* Buckets of the index when all rows are used. */
static inline size_t fl_table_buckets(int64_t max)
{
    size_t buckets = FL_TABLE_BUCKETS;
    while (buckets * FL_BUCKET_LOAD < (size_t)max)
        buckets *= 2;
    return buckets;
}

/* The parts of the mapping, in this order. Only full buckets have a further one, so it takes 8 rows to need one. */
enum { FL_PART_INDEX, FL_PART_FURTHER, FL_PART_ROWS, FL_PART_REST, FL_PARTS };

static inline size_t fl_table_part(int part, int64_t max, uint32_t value_size, uint32_t key_size, bool walked)
{
    size_t n = (size_t)max;
    size_t bytes = part == FL_PART_INDEX     ? fl_table_buckets(max) * FL_BUCKET_BYTES
                   : part == FL_PART_FURTHER ? (n / (FL_BUCKET_ROWS + 1) + 2) * FL_BUCKET_BYTES
                   : part == FL_PART_ROWS    ? n * fl_row_stride(value_size, key_size, walked) + FL_TABLE_PAD
                   : key_size                ? 0
                                             : n * FL_ROW_REST + FL_TABLE_PAD;
    return fl_round_up(bytes, bytes > FL_HUGE_PAGE ? FL_HUGE_PAGE : FL_BUCKET_BYTES);
}

/* What can be touched. */
static inline size_t fl_table_worst(int64_t max, uint32_t value_size, uint32_t key_size, bool walked)
{
    size_t bytes = 0;
    for (int i = 0; i < FL_PARTS; i++)
        bytes += fl_table_part(i, max, value_size, key_size, walked);
    return bytes;
}

#endif
