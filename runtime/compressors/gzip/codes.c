/*
 * codes.c - Huffman codes for a DEFLATE block, see bits.h and RFC 1951 section 3.2.7. Called by
 * flow.c once per 6 MiB.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "compressors/gzip/bits.h"

#define LONGEST 15       /* bits of a code */
#define LENGTHS 19       /* symbols of the code that lengths of codes are written in */
#define LENGTHS_LONGEST 7
#define WEIGHT 16        /* of a counted symbol against one that only may occur */
#define SYMBOL_BITS 9
#define FIXED_LITERALS 288 /* the fixed codes have two that may not occur */

/* ---- lengths ------------------------------------------------------------------------------------------------------ */

static void sort(uint32_t *key, unsigned n)
{
    static const unsigned gaps[] = {132, 57, 23, 10, 4, 1};
    for (unsigned g = 0; g < sizeof gaps / sizeof *gaps; g++)
        for (unsigned i = gaps[g]; i < n; i++) {
            uint32_t k = key[i];
            unsigned j = i;
            for (; j >= gaps[g] && key[j - gaps[g]] > k; j -= gaps[g])
                key[j] = key[j - gaps[g]];
            key[j] = k;
        }
}

/*
 * How many of n >= 2 symbols, rarest first, get a code of each length. Huffman's tree by two queues: leaves, and inner
 * nodes, which come into being in the order of their weight.
 */
static void tree(const uint32_t *key, unsigned n, unsigned *number)
{
    uint32_t weight[2 * FL_DEFLATE_LITERALS];
    uint16_t parent[2 * FL_DEFLATE_LITERALS];
    uint8_t depth[2 * FL_DEFLATE_LITERALS];
    unsigned leaf = 0, inner = n, root = 2 * n - 2;
    for (unsigned i = 0; i < n; i++)
        weight[i] = key[i] >> SYMBOL_BITS;
    for (unsigned made = n; made <= root; made++) {
        weight[made] = 0;
        for (int side = 0; side < 2; side++) {
            unsigned least = leaf < n && (inner == made || weight[leaf] <= weight[inner]) ? leaf++ : inner++;
            weight[made] += weight[least];
            parent[least] = (uint16_t)made;
        }
    }
    depth[root] = 0;
    for (unsigned i = root; i-- > 0;) {
        depth[i] = (uint8_t)(depth[parent[i]] + 1);
        if (i < n)
            number[depth[i] < LONGEST ? depth[i] : LONGEST]++;
    }
}

/* Codes cut to `longest` take more room than there is: longer codes for others make up for it. */
static void limit(unsigned *number, unsigned longest)
{
    uint32_t room = 0;
    for (unsigned i = longest + 1; i <= LONGEST; i++) {
        number[longest] += number[i];
        number[i] = 0;
    }
    for (unsigned i = 1; i <= longest; i++)
        room += (uint32_t)number[i] << (longest - i);
    for (; room > 1u << longest; room--) {
        unsigned i = longest - 1;
        while (number[i] == 0)
            i--;
        number[longest]--;
        number[i]--;
        number[i + 1] += 2;
    }
}

/* Lengths of the codes of n symbols by their counts, at least two of which aren't 0; 0: no code. */
static void code_lengths(const uint32_t *count, unsigned n, unsigned longest, uint8_t *length)
{
    uint32_t key[FL_DEFLATE_LITERALS];
    unsigned used = 0, number[LONGEST + 1] = {0};
    for (unsigned i = 0; i < n; i++)
        if (count[i])
            key[used++] = count[i] << SYMBOL_BITS | i;
    sort(key, used);
    tree(key, used, number);
    limit(number, longest);
    memset(length, 0, n);
    const uint32_t *rarest = key;
    for (unsigned l = longest; l > 0; l--)
        for (unsigned k = number[l]; k > 0; k--)
            length[*rarest++ & ((1u << SYMBOL_BITS) - 1)] = (uint8_t)l;
}

/* ---- codes -------------------------------------------------------------------------------------------------------- */

static uint32_t reversed(uint32_t code, unsigned n)
{
    uint32_t r = 0;
    for (; n > 0; n--, code >>= 1)
        r = r << 1 | (code & 1);
    return r;
}

static void codes(const uint8_t *length, unsigned n, uint32_t *code)
{
    uint32_t number[LONGEST + 1] = {0}, next[LONGEST + 1] = {0};
    for (unsigned i = 0; i < n; i++)
        number[length[i]]++;
    for (unsigned l = 2; l <= LONGEST; l++)
        next[l] = (next[l - 1] + number[l - 1]) << 1;
    for (unsigned i = 0; i < n; i++)
        code[i] = length[i] ? reversed(next[length[i]]++, length[i]) << 5 | length[i] : 0;
}

static void put(struct fl_bits *out, uint32_t code)
{
    fl_bits_put(out, code >> 5, code & 31);
    fl_bits_out(out);
}

/* ---- the header --------------------------------------------------------------------------------------------------- */

/* Runs of equal lengths as symbols 16 to 18, with their extra bits in the upper byte. */
static unsigned runs(const uint8_t *length, unsigned n, uint16_t *run)
{
    unsigned made = 0;
    for (unsigned i = 0; i < n;) {
        unsigned k = 1;
        while (i + k < n && length[i + k] == length[i] && k < 138)
            k++;
        if (length[i] == 0 && k >= 3) {
            run[made++] = (uint16_t)(k < 11 ? 17 | (k - 3) << 8 : 18 | (k - 11) << 8);
        } else if (i > 0 && length[i] == length[i - 1] && k >= 3) {
            k = k < 6 ? k : 6;
            run[made++] = (uint16_t)(16 | (k - 3) << 8);
        } else {
            k = 1;
            run[made++] = length[i];
        }
        i += k;
    }
    return made;
}

/* The codes that need no header. */
static void fixed_lengths(uint8_t *literal, uint8_t *distance)
{
    memset(literal, 8, FIXED_LITERALS);
    memset(literal + 144, 9, 112);
    memset(literal + 256, 7, 24);
    memset(distance, 5, FL_DEFLATE_DISTANCES);
}

static uint64_t coded_bits(const struct fl_symbol_counts *n, const uint8_t *literal, const uint8_t *distance)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < FL_DEFLATE_LITERALS; i++)
        bits += (uint64_t)n->literal[i] * literal[i];
    for (unsigned i = 0; i < FL_DEFLATE_DISTANCES; i++)
        bits += (uint64_t)n->distance[i] * distance[i];
    return bits;
}

static void put_header(const uint8_t *literal, const uint8_t *distance, struct fl_bits *out)
{
    static const uint8_t order[LENGTHS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    static const uint8_t extra[LENGTHS] = {[16] = 2, [17] = 3, [18] = 7};
    uint8_t all[FL_DEFLATE_LITERALS + FL_DEFLATE_DISTANCES], length[LENGTHS];
    uint16_t run[sizeof all];
    uint32_t count[LENGTHS] = {0}, code[LENGTHS];
    unsigned literals = FL_DEFLATE_LITERALS, distances = FL_DEFLATE_DISTANCES, sent = LENGTHS;
    while (literal[literals - 1] == 0)
        literals--;
    while (distance[distances - 1] == 0)
        distances--;
    memcpy(all, literal, literals);
    memcpy(all + literals, distance, distances);
    unsigned n = runs(all, literals + distances, run);
    for (unsigned i = 0; i < n; i++)
        count[run[i] & 31]++;
    code_lengths(count, LENGTHS, LENGTHS_LONGEST, length);
    codes(length, LENGTHS, code);
    while (length[order[sent - 1]] == 0)
        sent--;
    fl_bits_put(out, 4 | (literals - 257) << 3 | (distances - 1) << 8 | (sent - 4) << 13, 17);
    fl_bits_out(out);
    for (unsigned i = 0; i < sent; i++)
        put(out, (uint32_t)length[order[i]] << 5 | 3);
    for (unsigned i = 0; i < n; i++) {
        put(out, code[run[i] & 31]);
        put(out, (uint32_t)(run[i] >> 8) << 5 | extra[run[i] & 31]);
    }
}

static uint64_t bits_since(const struct fl_bits *out, const struct fl_bits *begin)
{
    return (uint64_t)(out->to - begin->to) * 8 + out->n - begin->n;
}

void fl_block_begin(struct fl_block_codes *c, const struct fl_symbol_counts *n, bool all, struct fl_bits *out)
{
    uint32_t count[FL_DEFLATE_LITERALS], code[FIXED_LITERALS];
    uint8_t literal[FIXED_LITERALS] = {0}, distance[FL_DEFLATE_DISTANCES];
    const struct fl_bits begin = *out;
    for (unsigned i = 0; i < FL_DEFLATE_LITERALS; i++)
        count[i] = n->literal[i] * WEIGHT + all;
    count[FL_DEFLATE_END] += count[FL_DEFLATE_END] == 0;
    count[0] += count[0] == 0; /* with it there are two at least, a complete code */
    code_lengths(count, FL_DEFLATE_LITERALS, LONGEST, literal);
    for (unsigned i = 0; i < FL_DEFLATE_DISTANCES; i++)
        count[i] = n->distance[i] * WEIGHT + (all || i < 2);
    code_lengths(count, FL_DEFLATE_DISTANCES, LONGEST, distance);
    put_header(literal, distance, out);
    if (!all) {
        uint64_t made = bits_since(out, &begin) + coded_bits(n, literal, distance);
        uint8_t fixed_literal[FIXED_LITERALS], fixed_distance[FL_DEFLATE_DISTANCES];
        fixed_lengths(fixed_literal, fixed_distance);
        if (3 + coded_bits(n, fixed_literal, fixed_distance) <= made) {
            memcpy(literal, fixed_literal, sizeof literal);
            memcpy(distance, fixed_distance, sizeof distance);
            *out = begin;
            fl_bits_put(out, 2, 3);
        }
    }
    codes(literal, FIXED_LITERALS, code);
    codes(distance, FL_DEFLATE_DISTANCES, c->distance);
    memcpy(c->literal, code, sizeof c->literal);
    for (unsigned l = 3; l <= FL_DEFLATE_MATCH; l++) {
        unsigned s = fl_length_symbol(l), extra = fl_length_extra(s);
        uint32_t k = code[FL_DEFLATE_END + 1 + s], bits = l == FL_DEFLATE_MATCH ? 0 : (l - 3) & ((1u << extra) - 1);
        c->length[l] = ((k >> 5 | bits << (k & 31)) << 5) + (k & 31) + extra;
    }
}
