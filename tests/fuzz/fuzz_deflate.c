/*
 * fuzz_deflate.c - our own DEFLATE (compressors/gzip/flow.c, compressors/gzip/codes.c) with any bytes, cut anyhow: zlib and libdeflate
 * give them back, no read or write outside, equal bytes give equal objects, and nothing grows by more than it may.
 *
 *   fuzz_deflate [runs [seed]]
 *
 * The engine is included, not linked: streams may begin near 4 GiB, where places in them wrap.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "compressors/gzip/flow.c"

#include <stdio.h>
#include <zlib.h>
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#include "compressors/gzip/gzip.h"

#define MOST 420000

static unsigned long run_number, seed = 1;
static uint64_t state;

static uint32_t pick(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return n ? (uint32_t)((state >> 33) * n >> 31) : 0;
}

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_deflate: %s; seed %lu, run %lu\n", what, seed, run_number);
    abort();
}

static void *memory(size_t n)
{
    void *p = malloc(n ? n : 1);
    must(p != NULL, "out of memory");
    return p;
}

/* ---- bytes to compress -------------------------------------------------------------------------------------------- */

struct bytes {
    uint8_t *p;
    size_t n;
};

static uint32_t distance(void)
{
    static const uint32_t borders[] = {1,  2,  3,  6,    7,    15,    16,    17,    63,    64,   65,
                                       72, 73, 74, 1000, 4096, 16383, 16384, 32767, 32768, 32769};
    return pick(3) ? borders[pick(sizeof borders / sizeof *borders)] : 1 + pick(pick(2) ? 300 : 40000);
}

static void records(uint8_t *p, size_t n)
{
    uint32_t noise = pick(5), id = pick(UINT32_MAX);
    for (size_t at = 0; at < n;) {
        char line[400];
        int k = snprintf(line, sizeof line, "{\"UUID\":\"%08x%0*u\",\"Network\":{\"A\":\"10.%u.0.%u\",\"B\":\"172.16.0.%u\"},%s"
                         "\"Metric\":{\"ABBytes\":%u,\"BABytes\":%u},\"Last\":%u}\n", id, (int)noise * 5, pick(1000), pick(4),
                         pick(256), pick(noise * 40 + 1), pick(4) ? "" : "\"Transport\":{\"Protocol\":\"TCP\"},", pick(1u << noise * 7),
                         pick(90000), 1795424639 + id % 100);
        size_t room = n - at < (size_t)k ? n - at : (size_t)k;
        memcpy(p + at, line, room);
        at += room;
        id = pick(3) ? id + 1 : pick(UINT32_MAX);
    }
}

/* Byte k about as often as 1.6 to the power of -k: Huffman's tree is as deep as it gets. */
static void skewed(uint8_t *p, size_t n)
{
    uint8_t first = (uint8_t)pick(256), by = (uint8_t)(1 + 2 * pick(128));
    for (size_t i = 0; i < n; i++) {
        unsigned k = 0;
        while (k < 40 && pick(1000) >= 382)
            k++;
        p[i] = (uint8_t)(first + by * k);
    }
}

/* What stood before p, at odd distances, with some bytes changed. */
static void repeats(const uint8_t *begin, uint8_t *p, size_t n)
{
    uint32_t changed = pick(3) ? 1 + pick(400) : 0, most = pick(2) ? 40 : 70000;
    for (size_t at = 0; at < n;) {
        size_t d = distance(), k = 1 + pick(most);
        if (d > (size_t)(p + at - begin))
            d = 0;
        for (; k > 0 && at < n; k--, at++)
            p[at] = d && (!changed || pick(changed)) ? *(p + at - d) : (uint8_t)pick(256);
    }
}

static void fill(const uint8_t *begin, uint8_t *p, size_t n)
{
    uint32_t kinds, base;
    switch (pick(8)) {
    case 0:
        memset(p, (int)pick(256), n);
        break;
    case 1: /* of some symbols: the fewer, the more it is like text without words */
        kinds = 1 + pick(pick(2) ? 256 : 6), base = pick(256);
        for (size_t i = 0; i < n; i++)
            p[i] = (uint8_t)(base + pick(kinds));
        break;
    case 2:
    case 3:
        records(p, n);
        break;
    case 4:
        skewed(p, n);
        break;
    case 5: /* a period */
        base = distance();
        for (size_t i = 0; i < n; i++)
            p[i] = i < base ? (uint8_t)pick(256) : p[i - base];
        break;
    case 6: /* literals only: no six bytes twice near each other */
        for (size_t i = 0; i < n; i++)
            p[i] = (uint8_t)(i % 3 ? i >> (i % 3 * 7) : pick(64));
        break;
    default:
        repeats(begin, p, n);
    }
}

static struct bytes any_bytes(void)
{
    static const uint32_t borders[] = {0, 72, 16384, 65536, 131072, 131072 + 16384, 131072 + 65536, 262144};
    struct bytes b;
    switch (pick(8)) {
    case 0: b.n = pick(MOST); break;
    case 1: b.n = borders[pick(sizeof borders / sizeof *borders)] + pick(160); break;
    case 2: b.n = pick(70000); break;
    case 3: b.n = pick(20000); break;
    default: b.n = pick(3000); break;
    }
    b.p = memory(b.n);
    uint32_t part = pick(3) ? MOST : 1 + pick(pick(2) ? 3000 : 140000);
    for (size_t at = 0, k; at < b.n; at += k) {
        k = part < b.n - at ? part : b.n - at;
        fill(b.p, b.p + at, k);
        if (part < MOST && pick(4) == 0)
            part = pick(2) ? 65536 : 1 + pick(140000);
    }
    return b;
}

/* ---- what came out ------------------------------------------------------------------------------------------------ */

/* `bits`: as inflateInit2 has it. `before`, 32 KiB, may be referred to. */
static void check_inflate(const struct fl_buf *packed, const struct bytes *plain, int bits, const uint8_t *before)
{
    uint8_t *got = memory(plain->n + 1);
    z_stream z = {0};
    must(inflateInit2(&z, bits) == Z_OK, "zlib");
    if (before)
        must(inflateSetDictionary(&z, before, WINDOW) == Z_OK, "zlib's dictionary");
    z.next_in = (Bytef *)packed->p;
    z.avail_in = (uInt)packed->n;
    z.next_out = got;
    z.avail_out = (uInt)plain->n + 1;
    if (inflate(&z, Z_FINISH) != Z_STREAM_END) {
        fprintf(stderr, "zlib: %s\n", z.msg ? z.msg : "not at its end");
        must(false, "zlib can't read it");
    }
    must(z.avail_in == 0 && z.total_out == plain->n && memcmp(got, plain->p, plain->n) == 0, "zlib reads something else");
    inflateEnd(&z);
    free(got);
}

static void check(const struct fl_buf *packed, const struct bytes *plain, unsigned suspended)
{
    /* As docs/language.md says it, and 32 bytes each time that it is laid aside. */
    size_t most = plain->n + plain->n / 1000 + 50 + 32 * suspended;
    if (packed->n > most)
        fprintf(stderr, "%zu bytes became %zu\n", plain->n, packed->n);
    must(packed->n <= most, "it grew");
    check_inflate(packed, plain, 15 + 16, NULL);
#ifdef HAVE_LIBDEFLATE
    static struct libdeflate_decompressor *d;
    if (!d)
        d = libdeflate_alloc_decompressor();
    uint8_t *got = memory(plain->n);
    size_t in = 0, n = 0;
    must(d && libdeflate_gzip_decompress_ex(d, packed->p, packed->n, got, plain->n, &in, &n) == LIBDEFLATE_SUCCESS,
         "libdeflate can't read it");
    must(in == packed->n && n == plain->n && memcmp(got, plain->p, n) == 0, "libdeflate reads something else");
    free(got);
#endif
}

/* ---- compressing -------------------------------------------------------------------------------------------------- */

/* The next piece of b from *at, in exactly so much memory. */
static void put_piece(struct fl_gzip *c, const struct bytes *b, size_t *at, uint32_t most, struct fl_buf *out)
{
    size_t n = pick(10) ? pick(most) : 0;
    n = n < b->n - *at ? n : b->n - *at;
    uint8_t *exact = memory(n);
    memcpy(exact, b->p + *at, n);
    fl_gzip_put(c, (char *)exact, n, out);
    free(exact);
    *at += n;
}

static uint32_t some_cut(size_t n)
{
    static const uint32_t cuts[] = {2, 100, 5000, 70000, 140000, 300000};
    uint32_t cut = cuts[pick(sizeof cuts / sizeof *cuts)];
    return cut < n / 2000 ? 5000 : cut;
}

static void compress_cut(struct fl_gzip *c, const struct bytes *b, struct fl_buf *out)
{
    uint32_t cut = some_cut(b->n);
    for (size_t at = 0; at < b->n;)
        put_piece(c, b, &at, cut, out);
    fl_gzip_end(c, out);
}

/* One after the other, cut in two ways, in compressors with another past: the same bytes. */
static void one(struct fl_gzip **used)
{
    struct bytes b = any_bytes();
    struct fl_buf out[2] = {{0}, {0}};
    for (unsigned i = 0; i < 2; i++) {
        if (pick(8) == 0) {
            fl_gzip_free(used[i]);
            used[i] = fl_gzip_new(FL_GZIP_AUTO, -1);
        }
        compress_cut(used[i], &b, &out[i]);
    }
    must(out[0].n == out[1].n && memcmp(out[0].p, out[1].p, out[0].n) == 0, "the same bytes give two objects");
    check(&out[0], &b, 0);
    fl_buf_free(&out[0]);
    fl_buf_free(&out[1]);
    free(b.p);
}

/* Open ones in turns through one compressor. */
static void in_turns(struct fl_gzip *c)
{
    enum { OPEN = 4 };
    struct bytes b[OPEN];
    struct fl_buf out[OPEN] = {{0}, {0}, {0}, {0}};
    struct fl_compress_mark mark[OPEN] = {{0}, {0}, {0}, {0}};
    size_t at[OPEN] = {0};
    unsigned suspended[OPEN] = {0};
    for (unsigned i = 0; i < OPEN; i++)
        b[i] = any_bytes();
    for (unsigned i = pick(OPEN), left = OPEN; left > 0; i = pick(OPEN)) {
        if (!b[i].p)
            continue;
        fl_gzip_resume(c, &mark[i]);
        for (uint32_t n = 1 + pick(4); n > 0; n--)
            put_piece(c, &b[i], &at[i], 60000, &out[i]);
        if (at[i] < b[i].n || pick(2)) {
            must(fl_gzip_suspend(c, &out[i], &mark[i]), "it can't be laid aside");
            suspended[i]++;
            continue;
        }
        fl_gzip_end(c, &out[i]);
        check(&out[i], &b[i], suspended[i]);
        fl_buf_free(&out[i]);
        free(b[i].p);
        b[i].p = NULL;
        left--;
    }
}

/* The engine by itself, with places that wrap, and input cut as compressors/gzip/gzip.c doesn't cut it. */
static void near_4_gib(void)
{
    struct bytes b = any_bytes();
    struct flow *f = fl_deflate_flow.open(-1);
    struct fl_buf out = {0};
    f->place = pick(4) ? -pick(1 + (uint32_t)b.n) : pick(UINT32_MAX);
    size_t at = 0;
    for (uint32_t cut = 1 + pick(PIECE); b.n - at > cut; at += cut, cut = 1 + pick(pick(2) ? PIECE : 20000)) {
        uint8_t *exact = memory(cut);
        memcpy(exact, b.p + at, cut);
        fl_deflate_flow.put(f, (char *)exact, cut, &out);
        free(exact);
        if (pick(20) == 0)
            fl_deflate_flow.flush(f, &out);
    }
    while (b.n - at > PIECE) {
        fl_deflate_flow.put(f, (char *)b.p + at, PIECE, &out);
        at += PIECE;
    }
    fl_deflate_flow.end(f, (char *)b.p + at, b.n - at, &out);
    fl_deflate_flow.close(f);
    check_inflate(&out, &b, -15, NULL);
    fl_buf_free(&out);
    free(b.p);
}

/* ---- codes -------------------------------------------------------------------------------------------------------- */

/* Any counts, those that make the deepest trees too: at most 2^17 together. */
static void any_counts(uint32_t *count, unsigned n)
{
    uint32_t kind = pick(4), a = 1, b = 1, room = 1u << 17;
    memset(count, 0, n * sizeof *count);
    for (uint32_t used = 1 + pick(n); used > 0; used--) {
        uint32_t c = kind == 0 ? a : kind == 1 ? 1 : kind == 2 ? 1 + pick(400) : pick(10) ? 0 : 1 + pick(10000);
        uint32_t i = pick(n), next = a + b;
        if (c > room || count[i])
            continue;
        b = a;
        a = next < 1u << 17 ? next : 1;
        count[i] = c;
        room -= c;
    }
}

/* A block of anything that its codes were made for, and of anything at all if they were made for that. */
static void codes_of_any_counts(void)
{
    static uint8_t before[WINDOW + 80000];
    static struct fl_block_codes codes;
    struct fl_symbol_counts counts;
    struct bytes b = {before + WINDOW, 0};
    bool all = pick(2);
    for (size_t i = 0; i < WINDOW; i++)
        before[i] = (uint8_t)pick(256);
    any_counts(counts.literal, FL_DEFLATE_LITERALS);
    any_counts(counts.distance, FL_DEFLATE_DISTANCES);
    uint8_t packed[90000];
    struct fl_bits out = {.to = packed};
    fl_block_begin(&codes, &counts, all, &out);
    must(out.to - packed <= 400, "the header is longer than it may be");
    for (unsigned i = 0; i < 4000; i++) {
        unsigned symbol = pick(FL_DEFLATE_LITERALS), l = 3 + pick(256), d = 1 + pick(pick(2) ? 300 : WINDOW);
        if (symbol < FL_DEFLATE_END && (all || counts.literal[symbol])) {
            put(&out, codes.literal[symbol]);
            b.p[b.n++] = (uint8_t)symbol;
        } else if (symbol > FL_DEFLATE_END && b.n < 70000
                   && (all || (counts.literal[FL_DEFLATE_END + 1 + fl_length_symbol(l)] && counts.distance[fl_distance_symbol(d)]))) {
            struct flow f = {.codes = codes};
            put_match(&f, &out, l, distance_code(&f, d));
            for (; l > 0; l--, b.n++)
                b.p[b.n] = *(b.p + b.n - d);
        }
        fl_bits_out(&out);
    }
    put(&out, codes.literal[FL_DEFLATE_END]);
    fl_bits_put(&out, 3, 10);
    put_zeros_to_byte(&out);
    struct fl_buf whole = {.p = (char *)packed, .n = (size_t)(out.to - packed)};
    check_inflate(&whole, &b, -15, before);
}

int main(int argc, char **argv)
{
    unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000;
    seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    struct fl_gzip *c[3];
    for (unsigned i = 0; i < 3; i++)
        c[i] = fl_gzip_new(FL_GZIP_AUTO, -1);
    for (; run_number < runs; run_number++) {
        state = seed * 1000003 + run_number;
        pick(0);
        switch (pick(8)) {
        case 0: in_turns(c[2]); break;
        case 1: near_4_gib(); break;
        case 2:
        case 3: codes_of_any_counts(); break;
        default: one(c);
        }
    }
    for (unsigned i = 0; i < 3; i++)
        fl_gzip_free(c[i]);
    return 0;
}
