/*
 * meter_size.h - how large the rows of `metrics` get: what runtime/lang/meters.c allocates, and what `flowc check -v` prints as the worst
 * case.
 */
#ifndef FL_METER_SIZE_H
#define FL_METER_SIZE_H

#include <stdint.h>

#define FL_LABEL 256u  /* bytes of a label's value; longer ones go to `other` */
#define FL_LABELS 32u  /* labels of one `metrics` */
#define FL_VALUES 64u  /* values of one `metrics` */
#define FL_METER_HEAD 64u
#define FL_METER_INDEX 80u /* a row's part of the index, which doubles, and of the list of those that went */

/* Bytes of a row without its text. */
static inline uint32_t fl_meter_stride(uint32_t ncells, uint32_t nlabels)
{
    uint32_t n = FL_METER_HEAD + 8 * ncells + 8 * nlabels + 4 * nlabels;
    return (n + 63u) & ~63u;
}

/* Bytes of `max` rows and the row `other`, their texts and the index: names are the bytes of the labels' names. */
static inline uint64_t fl_meter_worst(int64_t max, uint32_t ncells, uint32_t nlabels, uint32_t names)
{
    uint64_t text = names + nlabels * (UINT64_C(2) * FL_LABEL + 4) + 32, rows = (uint64_t)max + 1;
    return rows * (fl_meter_stride(ncells, nlabels) + text + FL_METER_INDEX);
}

#endif
