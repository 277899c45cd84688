/*
 * numbers.h - whole numbers of n bytes, 8 at most, the lowest byte first: how files of the state directory have them.
 */
#ifndef FL_STATE_NUMBERS_H
#define FL_STATE_NUMBERS_H

#include <stdint.h>

static inline uint64_t fl_number_at(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static inline void fl_number_put(uint8_t *p, unsigned n, uint64_t v)
{
    for (unsigned i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

#endif
