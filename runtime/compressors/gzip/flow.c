/*
 * flow.c - DEFLATE of our own, see deflate.h: levels fast, default and 1 to 3. It is made for what pipelines
 * write, records of the same shape one after the other: it needs a sixth of the time of zlib's level 1 for them, and
 * seven eighths of the bytes.
 *
 *  - Most of a record stands in the one before, at the same distance. So 64 bytes are compared at once with those at
 *    the last distance: the mask of what is equal tells how far a value differs and where the common text goes on.
 *    Where it doesn't, or where more than one byte differs (a time that stands further up in the record, too), a hash table of
 *    six bytes is asked.
 *  - Codes are made from a sample, the first 64 KiB of each 6 MiB, and used for what follows: matches are
 *    written as they are found, there is no second pass. Text that comes out much longer than the sample gets codes of
 *    its own at once.
 *
 * What it costs is the number of its instructions, four in each cycle, more than wrong guesses: so the code of a distance
 * is made once for all matches at it.
 *
 * Everything depends on the bytes only, on any machine: what is remembered is forgotten at the end of a stream.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdlib.h>

#if defined(__SSE2__) && !defined(FL_PLAIN_C)
#include <emmintrin.h>
#define EQUAL_SSE2 1
#elif defined(__ARM_NEON) && defined(__aarch64__) && !defined(FL_PLAIN_C)
#include <arm_neon.h>
#define EQUAL_NEON 1
#endif

#include "base/memory.h"
#include "compressors/gzip/deflate.h"
#include "compressors/gzip/bits.h"

#define PIECE 131072
#define WINDOW 32768    /* DEFLATE's longest distance */
#define HISTORY 16384   /* so much of a piece is kept for the next one, and so much of that is joined to it */
#define STEP 65536      /* input between two looks at the room for output and at the codes */
#define ROOM (2 * STEP + 8192) /* output of one: at most 15 bits a byte, a match as long as a piece, a header */
#define STORED 5        /* more bytes than this and the input's has it stored instead */
#define SAMPLED 96      /* every so many steps codes are made anew: 6 MiB */
#define LOOK 72         /* bytes that have to follow a place where a match is looked for */
#define SHORTEST 6      /* bytes of a match */
#define HASH_BITS 13
#define AHEAD 20        /* so many bytes may differ before the text goes on at the last distance */
#define ONWARDS 24      /* so many places are looked up before the last distance is tried again */
#define FEW 2           /* differing bytes that are not worth a look into the table */
#define LONGER 24       /* a longer match in place of one at the last distance sets that distance */

struct match {
    uint32_t literals, length, distance; /* `literals` bytes before it are in none */
};

struct flow;
struct text;
/* Finds and writes matches from p on, which is in t; returns the place behind what is written. */
typedef const uint8_t *writer(struct flow *f, const struct text *t, const uint8_t *p, const uint8_t *stop, bool last);

struct flow {
    writer *write;
    struct fl_bits bits;
    struct fl_block_codes codes;
    bool begun;             /* a block is open */
    unsigned steps;         /* to the next sample */
    size_t sample_in, sample_out;
    uint32_t distance;      /* the last one; 0: none */
    uint32_t table[1 << HASH_BITS]; /* position in the stream, modulo 2^32; what is found is compared */
    uint32_t place;         /* position of joined[0] */
    size_t held, done;      /* bytes in it; so many of them are written */
    uint8_t joined[2 * HISTORY];
    struct match matches[(STEP + LOOK) / SHORTEST + 2]; /* of a sample */
    size_t nmatches;
};

/* Input in one piece: what is before p is history. */
struct text {
    const uint8_t *base, *end;
    uint32_t place; /* of base */
};

/* ---- comparing ---------------------------------------------------------------------------------------------------- */

/* Bit i: a[i] == b[i], for 64 bytes. */
static inline uint64_t equal64(const uint8_t *a, const uint8_t *b)
{
#if defined(EQUAL_SSE2)
    uint64_t mask = 0;
#pragma GCC unroll 4 /* gcc 12 -O2 doesn't by itself, and shifts by a variable */
    for (int i = 0; i < 4; i++) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(a + 16 * i));
        __m128i y = _mm_loadu_si128((const __m128i *)(const void *)(b + 16 * i));
        mask |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, y)) << (16 * i);
    }
    return mask;
#elif defined(EQUAL_NEON)
    const uint8x16_t bit = vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    uint8x16_t m[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        m[i] = vandq_u8(vceqq_u8(vld1q_u8(a + 16 * i), vld1q_u8(b + 16 * i)), bit);
    uint8x16_t sum = vpaddq_u8(vpaddq_u8(m[0], m[1]), vpaddq_u8(m[2], m[3]));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)), 0);
#else
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t mask = 0;
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        uint64_t x = fl_load64(a + 8 * i) ^ fl_load64(b + 8 * i);
        uint64_t zero = ~(((x & low) + low) | x | low) >> 7; /* 1 in each byte that is equal */
        mask |= (zero * UINT64_C(0x0102040810204080) >> 56) << (8 * i);
    }
    return mask;
#endif
}

/* How many bytes from p are as those from q, at most to `end`; nothing behind it is read. */
static inline size_t equal_length(const uint8_t *p, const uint8_t *q, const uint8_t *end)
{
    const uint8_t *begin = p;
    for (; end - p >= 64; p += 64, q += 64) {
        uint64_t differ = ~equal64(p, q);
        if (differ)
            return (size_t)(p - begin) + (size_t)__builtin_ctzll(differ);
    }
    while (p < end && *p == *q)
        p++, q++;
    return (size_t)(p - begin);
}

/* As equal64 where fewer bytes are left before `end`. */
static uint64_t equal_few(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
    uint64_t mask = 0;
    for (unsigned i = 0; a + i < end; i++)
        mask |= (uint64_t)(a[i] == b[i]) << i;
    return mask;
}

static inline uint64_t first_bytes(const uint8_t *p)
{
    return fl_load64(p) << (64 - 8 * SHORTEST);
}

static inline uint32_t hash(const uint8_t *p)
{
    return (uint32_t)(first_bytes(p) * UINT64_C(0x9e3779b185ebca87) >> (64 - HASH_BITS));
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static inline void put(struct fl_bits *out, uint32_t code)
{
    fl_bits_put(out, code >> 5, code & 31);
}

static inline void put_literals(const struct flow *f, struct fl_bits *out, const uint8_t *p, size_t n)
{
    for (; n >= 3; n -= 3, p += 3) {
        put(out, f->codes.literal[p[0]]);
        put(out, f->codes.literal[p[1]]);
        put(out, f->codes.literal[p[2]]);
        fl_bits_out(out);
    }
    for (; n > 0; n--)
        put(out, f->codes.literal[*p++]);
    fl_bits_out(out);
}

/* The next part of a match that is longer than one may be; what is left isn't too short. */
static inline unsigned part_of(size_t length)
{
    return length <= FL_DEFLATE_MATCH ? (unsigned)length : length < FL_DEFLATE_MATCH + 3 ? 255 : FL_DEFLATE_MATCH;
}

/* The code of a distance, with its extra bits. */
struct code {
    uint64_t bits;
    unsigned n;
};

static inline struct code distance_code(const struct flow *f, uint32_t distance)
{
    unsigned symbol = fl_distance_symbol(distance), extra = fl_distance_extra(symbol);
    uint32_t code = f->codes.distance[symbol];
    uint64_t rest = (distance - 1) & ((1u << extra) - 1);
    return (struct code){code >> 5 | rest << (code & 31), (code & 31) + extra};
}

static inline void put_part(const struct flow *f, struct fl_bits *out, size_t length, struct code distance)
{
    put(out, f->codes.length[length]);
    fl_bits_put(out, distance.bits, distance.n);
    fl_bits_out(out);
}

static inline void put_match(const struct flow *f, struct fl_bits *out, size_t length, struct code distance)
{
    for (; __builtin_expect(length > FL_DEFLATE_MATCH, 0); length -= part_of(length))
        put_part(f, out, part_of(length), distance);
    put_part(f, out, length, distance);
}

/* ---- finding ------------------------------------------------------------------------------------------------------ */

/* Is p in the table? It is from now on. */
static inline bool look_up(struct flow *f, const struct text *t, const uint8_t *p, uint32_t *distance)
{
    uint32_t reach = (uint32_t)(p - t->base), *slot = &f->table[hash(p)];
    *distance = t->place + reach - *slot;
    *slot = t->place + reach;
    return *distance - 1 < (reach < WINDOW ? reach : WINDOW) && first_bytes(p) == first_bytes(p - *distance);
}

/* Bit i: equal from i on, for SHORTEST bytes. Farther than AHEAD the table is likelier to find what is longer. */
static inline uint64_t runs(uint64_t equal)
{
    uint64_t two = equal & equal >> 1;
    return two & two >> 2 & two >> 4 & ((1u << AHEAD) - 1);
}

/*
 * Matches that begin in [p, stop): written, or kept in `matches` when `sample` is set. Returns the place behind the last
 * one; *literals is where the bytes begin that are in none. At least LOOK bytes follow `stop`, 8 if it is a sample.
 */
static inline __attribute__((always_inline)) const uint8_t *find(struct flow *f, const struct text *t, const uint8_t *p,
                                                                 const uint8_t *stop, bool sample,
                                                                 const uint8_t **literals)
{
    const uint8_t *from = p, *end = t->end;
    struct fl_bits out = f->bits;
    uint32_t last = f->distance;
    size_t n = 0;
    struct code code = {0, 0}, last_code = {0, 0}; /* a sample's codes are made from what is found */
    if (!sample && last)
        last_code = distance_code(f, last);
    while (p < stop) {
        uint64_t equal = 0, run;
        if (last - 1 < (size_t)(p - t->base))
            equal = sample && end - p < 64 ? equal_few(p, p - last, end) : equal64(p, p - last);
        run = runs(equal);
        uint32_t distance = 0;
        size_t length;
        if (run) {
            unsigned differ = (unsigned)__builtin_ctzll(run);
            if (differ >= FEW && look_up(f, t, p, &distance)) {
                length = equal_length(p, p - distance, end);
                if (!sample)
                    code = distance_code(f, distance);
                last_code = length > LONGER ? code : last_code;
                last = length > LONGER ? distance : last;
            } else {
                uint64_t ends = ~(equal >> differ) & UINT64_MAX >> differ;
                distance = last;
                code = last_code;
                length = ends ? (unsigned)__builtin_ctzll(ends)
                              : 64 - differ + equal_length(p + 64, p + 64 - last, end);
                p += differ;
            }
        } else {
            const uint8_t *again = stop - p > ONWARDS ? p + ONWARDS : stop;
            while (p < again && !look_up(f, t, p, &distance))
                p++;
            if (p == again)
                continue;
            length = equal_length(p, p - distance, end);
            for (; p > from && p - distance > t->base && p[-1] == *(p - distance - 1); p--)
                length++;
            last = distance;
            if (!sample)
                code = last_code = distance_code(f, distance);
        }
        if (!sample || end - p >= 8)
            f->table[hash(p)] = t->place + (uint32_t)(p - t->base);
        if (sample) {
            f->matches[n++] = (struct match){(uint32_t)(p - from), (uint32_t)length, distance};
        } else {
            put_literals(f, &out, from, (size_t)(p - from));
            put_match(f, &out, length, code);
        }
        p += length;
        from = p;
    }
    f->bits = out;
    f->distance = last;
    f->nmatches = n;
    *literals = from;
    return p;
}

static void count_bytes(uint32_t count[4][256], const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        count[i & 3][p[i]]++;
}

/* The codes for `matches` of [p, end) and what follows, unless nothing does. */
static void make_codes(struct flow *f, const uint8_t *p, const uint8_t *end, bool last)
{
    struct fl_symbol_counts counts = {{0}, {0}};
    uint32_t bytes[4][256] = {{0}}; /* four, so that equal bytes one after the other don't wait for each other */
    for (size_t i = 0; i < f->nmatches; i++) {
        const struct match *m = &f->matches[i];
        count_bytes(bytes, p, m->literals);
        p += m->literals + m->length;
        for (unsigned left = m->length, part; left; left -= part) {
            part = part_of(left);
            counts.literal[FL_DEFLATE_END + 1 + fl_length_symbol(part)]++;
            counts.distance[fl_distance_symbol(m->distance)]++;
        }
    }
    count_bytes(bytes, p, (size_t)(end - p));
    for (unsigned i = 0; i < 256; i++)
        counts.literal[i] = bytes[0][i] + bytes[1][i] + bytes[2][i] + bytes[3][i];
    if (f->begun)
        put(&f->bits, f->codes.literal[FL_DEFLATE_END]);
    f->begun = true;
    fl_block_begin(&f->codes, &counts, !last, &f->bits);
}

static inline __attribute__((always_inline)) const uint8_t *find_and_write(struct flow *f, const struct text *t,
                                                                           const uint8_t *p, const uint8_t *stop,
                                                                           bool last)
{
    const uint8_t *literals, *next = find(f, t, p, stop, false, &literals);
    next = last ? t->end : next;
    put_literals(f, &f->bits, literals, (size_t)(next - literals));
    return next;
}

static const uint8_t *write_found(struct flow *f, const struct text *t, const uint8_t *p, const uint8_t *stop, bool last)
{
    return find_and_write(f, t, p, stop, last);
}

#if defined(EQUAL_SSE2) && defined(__x86_64__)
/* The same in fewer instructions, where the processor has these: shifts by any register, and no moves before compares. */
static __attribute__((target("avx2,bmi,bmi2"))) const uint8_t *write_found_avx2(struct flow *f, const struct text *t,
                                                                                const uint8_t *p, const uint8_t *stop,
                                                                                bool last)
{
    return find_and_write(f, t, p, stop, last);
}

static writer *choose_writer(void)
{
    bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    return has ? write_found_avx2 : write_found;
}
#else
static writer *choose_writer(void)
{
    return write_found;
}
#endif

static __attribute__((noinline)) const uint8_t *write_sample(struct flow *f, const struct text *t, const uint8_t *p,
                                                             const uint8_t *stop, bool last)
{
    const uint8_t *literals, *next;
    if (last) /* the whole of a small object, maybe */
        stop = t->end - p > 8 ? t->end - 8 : p;
    next = find(f, t, p, stop, true, &literals);
    next = last ? t->end : next;
    make_codes(f, p, next, last);
    for (size_t i = 0; i < f->nmatches; i++) {
        const struct match *m = &f->matches[i];
        put_literals(f, &f->bits, p, m->literals);
        put_match(f, &f->bits, m->length, distance_code(f, m->distance));
        p += m->literals + m->length;
    }
    put_literals(f, &f->bits, literals, (size_t)(next - literals));
    return next;
}

/* ---- steps -------------------------------------------------------------------------------------------------------- */

static void begin_output(struct flow *f, size_t room, struct fl_buf *out)
{
    f->bits.to = (uint8_t *)fl_buf_room(out, room);
}

static void end_output(struct flow *f, struct fl_buf *out)
{
    out->n = (size_t)((char *)f->bits.to - out->p);
}

static void put_zeros_to_byte(struct fl_bits *out)
{
    out->n = (out->n + 7) & ~7u;
    fl_bits_out(out);
}

/* [p, end) as it is. */
static void put_stored(struct fl_bits *out, const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        size_t n = end - p < 65535 ? (size_t)(end - p) : 65535;
        fl_bits_put(out, 0, 3);
        put_zeros_to_byte(out);
        fl_bits_put(out, n | (n ^ 0xffff) << 16, 32);
        fl_bits_out(out);
        memcpy(out->to, p, n);
        out->to += n;
        p += n;
    }
}

/*
 * One step. What would come out longer than it is, is stored: with whatever codes the bytes before it left, nothing grows
 * by more than 12 bytes, the end of a block and two headers.
 */
static const uint8_t *step(struct flow *f, const struct text *t, const uint8_t *p, const uint8_t *stop, bool last,
                           struct fl_buf *out)
{
    size_t before = out->n;
    const uint8_t *from = p;
    const struct fl_bits begin = f->bits;
    uint32_t end = f->begun ? f->codes.literal[FL_DEFLATE_END] : 0;
    begin_output(f, ROOM, out);
    if (f->steps == 0) {
        f->steps = SAMPLED;
        p = write_sample(f, t, p, stop, last);
        end_output(f, out);
        f->sample_in = (size_t)(p - from);
        f->sample_out = out->n - before;
    } else {
        p = f->write(f, t, p, stop, last);
        end_output(f, out);
        if ((out->n - before) * f->sample_in > (size_t)(p - from) * f->sample_out / 2 * 3)
            f->steps = 1;
    }
    f->steps--;
    if (out->n - before > (size_t)(p - from) + STORED) {
        out->n = before;
        f->bits = begin;
        begin_output(f, ROOM, out);
        put(&f->bits, end);
        put_stored(&f->bits, from, p);
        end_output(f, out);
        f->begun = false;
        f->steps = 0;
    }
    return p;
}

/* Returns how far it came: some bytes at the end wait for what follows, unless nothing does. */
static const uint8_t *take(struct flow *f, const struct text *t, const uint8_t *p, bool last, struct fl_buf *out)
{
    const uint8_t *stop = (size_t)(t->end - p) > LOOK ? t->end - LOOK : p;
    while (p < stop || (last && p < t->end)) {
        bool end = stop - p <= STEP;
        p = step(f, t, p, end ? stop : p + STEP, last && end, out);
    }
    return p;
}

/* ---- streams ------------------------------------------------------------------------------------------------------ */

static void forget(struct flow *f)
{
    memset(f->table, 0, sizeof f->table);
    f->begun = false;
    f->steps = 0;
    f->distance = 0;
    f->held = f->done = 0;
    f->place = 0;
}

static void *flow_open(int level)
{
    (void)level;
    struct flow *f = fl_new(struct flow);
    f->write = choose_writer();
    return f;
}

/* The last HISTORY bytes are kept, and what isn't written yet, which are the last of them. */
static void keep(struct flow *f, const uint8_t *from, size_t n, uint32_t place, const uint8_t *done)
{
    size_t over = n > HISTORY ? n - HISTORY : 0;
    memmove(f->joined, from + over, n - over);
    f->held = n - over;
    f->place = place + (uint32_t)over;
    f->done = (size_t)(done - from) - over;
}

/* The next n bytes; `last`: nothing waits then, and the block ends. */
static void add(struct flow *f, const uint8_t *p, size_t n, bool last, struct fl_buf *out)
{
    const uint8_t *next = p;
    uint32_t place = f->place + (uint32_t)f->held; /* of p */
    if (f->held || n <= HISTORY) {
        size_t k = n < HISTORY ? n : HISTORY;
        memcpy(f->joined + f->held, p, k);
        struct text t = {f->joined, f->joined + f->held + k, f->place};
        const uint8_t *at = take(f, &t, f->joined + f->done, last && k == n, out);
        if (k == n) {
            keep(f, f->joined, f->held + k, f->place, at);
            return;
        }
        next = p + k - (t.end - at);
    }
    struct text t = {p, p + n, place};
    next = take(f, &t, next, last, out);
    keep(f, p, n, place, next);
}

static void flow_put(void *state, const char *p, size_t n, struct fl_buf *out)
{
    add(state, (const uint8_t *)p, n, false, out);
}

/* To a byte's border: the end of the block, if one is open, and then an empty one of `n` bits. */
static void finish(struct flow *f, uint64_t bits, unsigned n, struct fl_buf *out)
{
    begin_output(f, 64, out);
    if (f->begun)
        put(&f->bits, f->codes.literal[FL_DEFLATE_END]);
    fl_bits_put(&f->bits, bits, n);
    put_zeros_to_byte(&f->bits);
}

static void flow_flush(void *state, struct fl_buf *out)
{
    struct flow *f = state;
    add(f, f->joined, 0, true, out);
    finish(f, 0, 3, out); /* stored: its length begins at a byte's border */
    fl_bits_put(&f->bits, UINT64_C(0xffff0000), 32);
    fl_bits_out(&f->bits);
    end_output(f, out);
    forget(f);
}

static void flow_end(void *state, const char *p, size_t n, struct fl_buf *out)
{
    struct flow *f = state;
    add(f, (const uint8_t *)p, n, true, out);
    finish(f, 3, 10, out); /* the last one, with fixed codes: nothing but its end */
    end_output(f, out);
    forget(f);
}

const struct fl_deflate fl_deflate_flow = {
    .name = "flow",
    .piece = PIECE,
    .open = flow_open,
    .put = flow_put,
    .flush = flow_flush,
    .end = flow_end,
    .close = free,
};
