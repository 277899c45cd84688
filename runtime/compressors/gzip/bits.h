/*
 * bits.h - what flow.c writes DEFLATE (RFC 1951) with: bits, and the codes of a block with dynamic
 * Huffman codes, made by codes.c. Internal to compression.
 */
#ifndef FL_DEFLATE_BITS_H
#define FL_DEFLATE_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* ---- eight bytes in the order of the machine-independent formats ------------------------------------------------- */

static inline uint64_t fl_load64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static inline void fl_store64(void *p, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(p, &v, 8);
}

/* ---- bits --------------------------------------------------------------------------------------------------------- */

/* Less than 8 bits stand in `held` between two calls of fl_bits_out; up to 56 may be put in before the next one. */
struct fl_bits {
    uint64_t held;
    unsigned n;
    uint8_t *to; /* 8 bytes are written there, whatever is held */
};

static inline void fl_bits_put(struct fl_bits *b, uint64_t bits, unsigned n)
{
    b->held |= bits << b->n;
    b->n += n;
}

static inline void fl_bits_out(struct fl_bits *b)
{
    fl_store64(b->to, b->held);
    b->to += b->n >> 3;
    b->held >>= b->n & ~7u;
    b->n &= 7;
}

/* ---- codes -------------------------------------------------------------------------------------------------------- */

enum {
    FL_DEFLATE_LITERALS = 286, /* bytes, the end of a block, lengths */
    FL_DEFLATE_END = 256,
    FL_DEFLATE_DISTANCES = 30,
    FL_DEFLATE_MATCH = 258,    /* the longest */
};

/* How often each symbol occurs in what the codes are made from; together less than 2^18. */
struct fl_symbol_counts {
    uint32_t literal[FL_DEFLATE_LITERALS], distance[FL_DEFLATE_DISTANCES];
};

/* A code in the order in which its bits are written, above its length in 5 bits. */
struct fl_block_codes {
    uint32_t literal[FL_DEFLATE_END + 1];
    uint32_t length[FL_DEFLATE_MATCH + 1]; /* of matches of so many bytes, extra bits included */
    uint32_t distance[FL_DEFLATE_DISTANCES];
};

/*
 * Make the codes of a block from counts, and write its header (at most 400 bytes), which says that it isn't the last
 * one. `all`: symbols that were not counted get a code too, since they may occur behind what was counted. Otherwise
 * nothing does, and DEFLATE's fixed codes are taken where these are shorter with the header.
 */
void fl_block_begin(struct fl_block_codes *c, const struct fl_symbol_counts *n, bool all, struct fl_bits *out);

/* The symbol of a match's length, less FL_DEFLATE_END + 1. */
static inline unsigned fl_length_symbol(unsigned length)
{
    unsigned l = length - 3;
    if (l < 8)
        return l;
    if (l == 255)
        return 28;
    unsigned top = 31 - (unsigned)__builtin_clz(l);
    return 4 * (top - 1) + (l >> (top - 2) & 3);
}

static inline unsigned fl_length_extra(unsigned symbol)
{
    return symbol < 8 || symbol == 28 ? 0 : symbol / 4 - 1;
}

/* The symbol of a distance. */
static inline unsigned fl_distance_symbol(unsigned distance)
{
    unsigned d = distance - 1;
    if (d < 4)
        return d;
    unsigned top = 31 - (unsigned)__builtin_clz(d);
    return 2 * top + (d >> (top - 1) & 1);
}

static inline unsigned fl_distance_extra(unsigned symbol)
{
    return symbol < 4 ? 0 : symbol / 2 - 1;
}

#endif
